#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace krules {

/// A half-open range of byte offsets within one Source.
struct Span {
  uint32_t begin = 0;
  uint32_t end = 0;
};

/// A place as a person counts it: both 1-based, columns in Unicode code points.
struct LineColumn {
  uint32_t line = 1;
  uint32_t column = 1;
};

/// The text of one rule file. Immutable once built; every Span of its syntax tree points into text().
/// A leading byte order mark is dropped, line ends are kept as they are.
class Source {
 public:
  /// `name` is what messages show, usually the path as the user gave it; as_utf8() of it is kept.
  Source(std::string name, std::string text);

  const std::string& name() const { return name_; }
  std::string_view text() const { return text_; }
  std::string_view text(Span span) const { return text().substr(span.begin, span.end - span.begin); }

  /// Offsets past the end count as the end.
  LineColumn position(uint32_t offset) const;
  /// The offset within its line in UTF-16 units, as editors count (0-based).
  uint32_t utf16_column(uint32_t offset) const;
  /// `line` is 1-based; without its line end ("\n" or "\r\n").
  std::string_view line(uint32_t line) const;
  uint32_t line_count() const { return static_cast<uint32_t>(line_starts_.size()); }
  /// Where `line` (1-based) begins.
  uint32_t line_start(uint32_t line) const;

 private:
  std::string name_;
  std::string text_;
  std::vector<uint32_t> line_starts_;
};

using SourcePtr = std::shared_ptr<const Source>;

/// A span together with the file it lies in. `source` may be null for what no file declares (built-in
/// things).
struct Location {
  SourcePtr source;
  Span span;
};

}  // namespace krules
