#include "utf8.h"

#include <algorithm>
#include <iterator>
#include <span>

namespace krules::library {

namespace {

// Above every code point: a byte that belongs to none.
constexpr uint32_t kStrayByte = 0x110000;

struct CaseRange {
  uint32_t first;
  uint32_t last;
  uint32_t step;
  int32_t delta;
};

#include "case_table.inc"

uint32_t look_up(std::span<const CaseRange> ranges, uint32_t code_point) {
  auto after = std::upper_bound(ranges.begin(), ranges.end(), code_point,
                                [](uint32_t c, const CaseRange& range) { return c < range.first; });
  if (after == ranges.begin()) return code_point;
  const CaseRange& range = *std::prev(after);
  if (code_point > range.last || (code_point - range.first) % range.step != 0) return code_point;
  return code_point + static_cast<uint32_t>(range.delta);
}

bool is_continuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

}  // namespace

uint32_t next_code_point(const char*& at, const char* end) {
  const auto lead = static_cast<unsigned char>(*at);
  if (lead < 0x80) {
    ++at;
    return lead;
  }
  const int length = lead >= 0xF0 && lead < 0xF8 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
  if (length == 1 || lead >= 0xF8 || end - at < length) {
    ++at;
    return kStrayByte + lead;
  }
  uint32_t code_point = lead & (0x7Fu >> length);
  for (int i = 1; i < length; ++i) {
    if (!is_continuation(at[i])) {
      ++at;
      return kStrayByte + lead;
    }
    code_point = code_point << 6 | (static_cast<unsigned char>(at[i]) & 0x3F);
  }
  at += length;
  return code_point;
}

uint32_t previous_code_point(const char* begin, const char*& at) {
  const char* end = at;
  const char* start = end - 1;
  while (start > begin && end - start < 4 && is_continuation(*start)) --start;
  const char* after = start;
  const uint32_t code_point = next_code_point(after, end);
  if (after == end) {
    at = start;
    return code_point;
  }
  at = end - 1;
  return kStrayByte + static_cast<unsigned char>(*at);
}

size_t code_point_bytes(uint32_t code_point) {
  if (code_point < 0x80 || code_point >= kStrayByte) return 1;
  return code_point < 0x800 ? 2 : code_point < 0x10000 ? 3 : 4;
}

char* put_code_point(char* to, uint32_t code_point) {
  if (code_point < 0x80) {
    *to++ = static_cast<char>(code_point);
  } else if (code_point >= kStrayByte) {
    *to++ = static_cast<char>(code_point - kStrayByte);
  } else if (code_point < 0x800) {
    *to++ = static_cast<char>(0xC0 | code_point >> 6);
    *to++ = static_cast<char>(0x80 | (code_point & 0x3F));
  } else if (code_point < 0x10000) {
    *to++ = static_cast<char>(0xE0 | code_point >> 12);
    *to++ = static_cast<char>(0x80 | (code_point >> 6 & 0x3F));
    *to++ = static_cast<char>(0x80 | (code_point & 0x3F));
  } else {
    *to++ = static_cast<char>(0xF0 | code_point >> 18);
    *to++ = static_cast<char>(0x80 | (code_point >> 12 & 0x3F));
    *to++ = static_cast<char>(0x80 | (code_point >> 6 & 0x3F));
    *to++ = static_cast<char>(0x80 | (code_point & 0x3F));
  }
  return to;
}

size_t count_code_points(std::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return !is_continuation(c); }));
}

size_t offset_of_code_point(std::string_view text, size_t index) {
  for (size_t at = 0; at < text.size(); ++at) {
    if (is_continuation(text[at])) continue;
    if (index == 0) return at;
    --index;
  }
  return text.size();
}

uint32_t to_lower(uint32_t code_point) {
  if (code_point < 0x80) return code_point >= 'A' && code_point <= 'Z' ? code_point + 32 : code_point;
  return look_up(kToLower, code_point);
}

uint32_t to_upper(uint32_t code_point) {
  if (code_point < 0x80) return code_point >= 'a' && code_point <= 'z' ? code_point - 32 : code_point;
  return look_up(kToUpper, code_point);
}

bool is_space(uint32_t code_point) {
  if (code_point < 0x80) return code_point == ' ' || (code_point >= '\t' && code_point <= '\r');
  return code_point == 0x85 || code_point == 0xA0 || code_point == 0x1680 ||
         (code_point >= 0x2000 && code_point <= 0x200A) || code_point == 0x2028 || code_point == 0x2029 ||
         code_point == 0x202F || code_point == 0x205F || code_point == 0x3000 || code_point == 0xFEFF;
}

}  // namespace krules::library
