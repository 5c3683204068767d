#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "krules/source.h"

namespace krules {

enum class Severity : uint8_t { kError, kWarning, kNote };

/// One underlined place of a diagnostic, with what to say about it (may be empty).
struct Label {
  Location where;
  std::string text;
};

/// Something to tell the author of a rule file. A diagnostic is data: rendering for the terminal, JSON and
/// editors all start from here. `code` is stable ("K0103"); docs/errors.md lists them all.
struct Diagnostic {
  std::string code;
  Severity severity = Severity::kError;
  /// One sentence, lower case, no full stop: "unknown function `lowr`".
  std::string message;
  Label primary;
  std::vector<Label> related;
  /// How to mend it, one entry a suggestion: "did you mean `lower`?".
  std::vector<std::string> helps;
};

enum class Colour : uint8_t { kNever, kAlways };

/// The text that a terminal shows: severity[code], file:line:column, the lines with their spans underlined,
/// helps. Ends in a line end.
std::string render_text(const Diagnostic& diagnostic, Colour colour = Colour::kNever);

/// One JSON object without a line end: code, severity, message, file, line, column, end_line, end_column
/// (1-based, code points), related[], helps[].
std::string render_json(const Diagnostic& diagnostic);

/// The nearest of `candidates` to `word` by edit distance, or empty where none is near enough to suggest.
std::string_view nearest_name(std::string_view word, const std::vector<std::string_view>& candidates);

}  // namespace krules
