#pragma once

#include <string_view>
#include <vector>

namespace krules::library {

/// A module that comes with krules: "retry", and the text of its file.
struct ModuleText {
  std::string_view name;
  std::string_view text;
};

/// In the order of their names.
const std::vector<ModuleText>& module_texts();

}  // namespace krules::library
