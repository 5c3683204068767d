#include "krules/source.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "krules/as_utf8.h"
#include "utf8.h"

namespace krules {

namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

}  // namespace

Source::Source(std::string name, std::string text) : name_(as_utf8(name)), text_(std::move(text)) {
  if (text_.starts_with(kByteOrderMark)) text_.erase(0, kByteOrderMark.size());
  line_starts_.push_back(0);
  const char* const begin = text_.data();
  const char* const end = begin + text_.size();
  for (const char* at = begin; at < end;) {
    const void* newline = std::memchr(at, '\n', static_cast<size_t>(end - at));
    if (newline == nullptr) break;
    at = static_cast<const char*>(newline) + 1;
    line_starts_.push_back(static_cast<uint32_t>(at - begin));
  }
}

LineColumn Source::position(uint32_t offset) const {
  offset = std::min(offset, static_cast<uint32_t>(text_.size()));
  const auto after = std::upper_bound(line_starts_.begin(), line_starts_.end(), offset);
  const auto line = static_cast<uint32_t>(after - line_starts_.begin());
  LineColumn result{line, 1};
  uint32_t at = line_starts_[line - 1];
  while (at < offset) {
    at +=
        static_cast<uint32_t>(std::max<size_t>(1, grammar::utf8_length(std::string_view(text_).substr(at))));
    if (at <= offset) ++result.column;
  }
  return result;
}

uint32_t Source::utf16_column(uint32_t offset) const {
  offset = std::min(offset, static_cast<uint32_t>(text_.size()));
  uint32_t at = line_start(position(offset).line);
  uint32_t units = 0;
  while (at < offset) {
    const size_t length = grammar::utf8_length(std::string_view(text_).substr(at));
    at += static_cast<uint32_t>(std::max<size_t>(1, length));
    if (at <= offset) units += length == 4 ? 2 : 1;
  }
  return units;
}

std::string_view Source::line(uint32_t line) const {
  if (line == 0 || line > line_count()) return {};
  const uint32_t begin = line_starts_[line - 1];
  const uint32_t end = line < line_count() ? line_starts_[line] : static_cast<uint32_t>(text_.size());
  std::string_view result = text().substr(begin, end - begin);
  if (result.ends_with('\n')) result.remove_suffix(1);
  if (result.ends_with('\r')) result.remove_suffix(1);
  return result;
}

uint32_t Source::line_start(uint32_t line) const {
  if (line == 0) return 0;
  return line > line_count() ? static_cast<uint32_t>(text_.size()) : line_starts_[line - 1];
}

}  // namespace krules
