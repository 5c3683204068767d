#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace krules::cli {

/// The values of secrets: from `files` (`NAME=FILE` each) without the line end at their end, read each time
/// they are needed, else from the environment. Throws what is reported as wrong usage.
std::function<std::optional<std::string>(std::string_view)> secrets_of_process(
    const std::vector<std::string>& files);

}  // namespace krules::cli
