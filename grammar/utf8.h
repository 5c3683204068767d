#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace krules::grammar {

/// The length in bytes of the well-formed UTF-8 sequence that `text` begins with; 0 where it does not begin
/// with one.
size_t utf8_length(std::string_view text);

/// The offset of the first byte of `text` that is not well-formed UTF-8, at or after `from`; npos when all is
/// well.
size_t first_invalid_utf8(std::string_view text, size_t from = 0);

/// The code point at the beginning of well-formed `text`.
char32_t decode_utf8(std::string_view text);

/// Appends `code_point` to `out`. Precondition: a Unicode scalar value.
void append_utf8(std::string& out, char32_t code_point);

/// How many columns of a terminal the code point takes: 0, 1 or 2.
unsigned display_width(char32_t code_point);

}  // namespace krules::grammar
