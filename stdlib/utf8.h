#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

/// Text as the functions count it: in code points. A byte that belongs to none counts as one of its own and
/// is given back as it was, so that no function fails on it.
namespace krules::library {

/// The code point at `*at`, which is moved behind it. Precondition: *at < end.
uint32_t next_code_point(const char*& at, const char* end);
/// The code point that ends at `*at`, which is moved to its beginning. Precondition: begin < *at.
uint32_t previous_code_point(const char* begin, const char*& at);
/// Writes at most four bytes; returns the place behind them.
char* put_code_point(char* to, uint32_t code_point);
/// How many bytes put_code_point() writes.
size_t code_point_bytes(uint32_t code_point);

size_t count_code_points(std::string_view text);
/// The offset of the `index`th code point; text.size() when there are fewer.
size_t offset_of_code_point(std::string_view text, size_t index);

/// The one character that is this one in lower (upper) case; itself where there is none, or where it would be
/// several (upper("ß") is "ß").
uint32_t to_lower(uint32_t code_point);
uint32_t to_upper(uint32_t code_point);
/// White space of every script, line ends included.
bool is_space(uint32_t code_point);

}  // namespace krules::library
