#pragma once

#include <string>
#include <string_view>

namespace krules::grammar {

/// Appends `text` as a JSON string with its quotes; bytes that are not UTF-8 become U+FFFD.
void append_json(std::string& out, std::string_view text);

}  // namespace krules::grammar
