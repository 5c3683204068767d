#pragma once

#include <string>
#include <string_view>

namespace krules {

/// The bytes in base64, with padding.
std::string base64_text(std::string_view bytes);

}  // namespace krules
