#pragma once

#include <string>
#include <string_view>

namespace krules {

/// The text with a replacement character (U+FFFD) for each byte that is not well-formed UTF-8: for names of
/// files, which may have any bytes, where they are shown.
std::string as_utf8(std::string_view text);

}  // namespace krules
