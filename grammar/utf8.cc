#include "utf8.h"

#include <array>
#include <cstring>

#include "krules/as_utf8.h"

namespace krules::grammar {

namespace {

unsigned char byte_at(std::string_view text, size_t i) {
  return static_cast<unsigned char>(text[i]);
}

bool is_continuation(std::string_view text, size_t i) {
  return i < text.size() && (byte_at(text, i) & 0xC0U) == 0x80U;
}

struct Range {
  char32_t first;
  char32_t last;
};

bool in_ranges(char32_t c, const Range* begin, const Range* end) {
  for (const Range* range = begin; range != end; ++range) {
    if (c >= range->first && c <= range->last) return true;
  }
  return false;
}

constexpr auto kZeroWidth = std::to_array<Range>({
    {0x0300, 0x036F},
    {0x0483, 0x0489},
    {0x0591, 0x05BD},
    {0x0610, 0x061A},
    {0x064B, 0x065F},
    {0x1AB0, 0x1AFF},
    {0x1DC0, 0x1DFF},
    {0x200B, 0x200F},
    {0x20D0, 0x20FF},
    {0xFE00, 0xFE0F},
    {0xFE20, 0xFE2F},
    {0xFEFF, 0xFEFF},
});
constexpr auto kDoubleWidth = std::to_array<Range>({
    {0x1100, 0x115F},
    {0x2E80, 0x303E},
    {0x3041, 0x33FF},
    {0x3400, 0x4DBF},
    {0x4E00, 0x9FFF},
    {0xA000, 0xA4CF},
    {0xAC00, 0xD7A3},
    {0xF900, 0xFAFF},
    {0xFE30, 0xFE4F},
    {0xFF00, 0xFF60},
    {0xFFE0, 0xFFE6},
    {0x1F300, 0x1F64F},
    {0x1F680, 0x1F6FF},
    {0x1F900, 0x1F9FF},
    {0x20000, 0x3FFFD},
});

}  // namespace

size_t utf8_length(std::string_view text) {
  if (text.empty()) return 0;
  const unsigned char lead = byte_at(text, 0);
  if (lead < 0x80) return 1;
  if (lead < 0xC2) return 0;
  if (!is_continuation(text, 1)) return 0;
  if (lead < 0xE0) return 2;
  const unsigned char second = byte_at(text, 1);
  if (lead < 0xF0) {
    if (lead == 0xE0 && second < 0xA0) return 0;
    if (lead == 0xED && second > 0x9F) return 0;
    return is_continuation(text, 2) ? 3 : 0;
  }
  if (lead > 0xF4 || (lead == 0xF0 && second < 0x90) || (lead == 0xF4 && second > 0x8F)) return 0;
  return is_continuation(text, 2) && is_continuation(text, 3) ? 4 : 0;
}

size_t first_invalid_utf8(std::string_view text, size_t from) {
  size_t i = from;
  while (i < text.size()) {
    uint64_t eight = 0;
    if (i + sizeof(eight) <= text.size()) {
      std::memcpy(&eight, text.data() + i, sizeof(eight));
      if ((eight & 0x8080808080808080ULL) == 0) {
        i += sizeof(eight);
        continue;
      }
    }
    const size_t length = utf8_length(text.substr(i));
    if (length == 0) return i;
    i += length;
  }
  return std::string_view::npos;
}

char32_t decode_utf8(std::string_view text) {
  const unsigned char lead = byte_at(text, 0);
  const auto low = [&](size_t i) { return static_cast<char32_t>(byte_at(text, i) & 0x3FU); };
  switch (utf8_length(text)) {
    case 2:
      return (static_cast<char32_t>(lead & 0x1FU) << 6U) | low(1);
    case 3:
      return (static_cast<char32_t>(lead & 0x0FU) << 12U) | (low(1) << 6U) | low(2);
    case 4:
      return (static_cast<char32_t>(lead & 0x07U) << 18U) | (low(1) << 12U) | (low(2) << 6U) | low(3);
    default:
      return lead;
  }
}

void append_utf8(std::string& out, char32_t c) {
  const auto tail = [](char32_t bits) { return static_cast<char>(0x80U | (bits & 0x3FU)); };
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0U | (c >> 6U));
    out += tail(c);
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0U | (c >> 12U));
    out += tail(c >> 6U);
    out += tail(c);
  } else {
    out += static_cast<char>(0xF0U | (c >> 18U));
    out += tail(c >> 12U);
    out += tail(c >> 6U);
    out += tail(c);
  }
}

unsigned display_width(char32_t c) {
  if (c < 0x300) return 1;
  if (in_ranges(c, kZeroWidth.data(), kZeroWidth.data() + kZeroWidth.size())) return 0;
  if (in_ranges(c, kDoubleWidth.data(), kDoubleWidth.data() + kDoubleWidth.size())) return 2;
  return 1;
}

}  // namespace krules::grammar

namespace krules {

std::string as_utf8(std::string_view text) {
  std::string out;
  size_t from = 0;
  for (size_t bad = 0; (bad = grammar::first_invalid_utf8(text, from)) != std::string_view::npos;
       from = bad + 1)
    out.append(text.substr(from, bad - from)).append("\xEF\xBF\xBD");
  return out.append(text.substr(from));
}

}  // namespace krules
