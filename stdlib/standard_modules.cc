#include <algorithm>

#include "krules/parser.h"
#include "krules/stdlib.h"
#include "modules.h"

namespace krules {

namespace {

constexpr std::string_view kPrefix = "std.";

SourcePtr source_of(std::string_view name) {
  if (!name.starts_with(kPrefix)) return nullptr;
  name.remove_prefix(kPrefix.size());
  const auto& texts = library::module_texts();
  const auto found =
      std::find_if(texts.begin(), texts.end(), [&](const auto& each) { return each.name == name; });
  if (found == texts.end()) return nullptr;
  return std::make_shared<Source>("std/" + std::string(name) + ".krules", std::string(found->text));
}

}  // namespace

ModuleLibrary standard_modules() {
  ModuleLibrary library;
  for (const library::ModuleText& each : library::module_texts())
    library.names.push_back(std::string(kPrefix) + std::string(each.name));
  library.find = source_of;
  return library;
}

}  // namespace krules
