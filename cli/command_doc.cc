#include <fmt/format.h>

#include <cstdio>
#include <memory>

#include "command.h"
#include "krules/diagnostic.h"
#include "krules/stdlib.h"
#include "options.h"
#include "store_access.h"

namespace krules::cli {

namespace {

constexpr const char* kExamples = R"(Exit status: 1 when there is no such function or module.

Examples:
  krules doc                 # every function, a line each
  krules doc starts_with
  krules doc std             # every module that comes with krules, a line each
  krules doc std.retry       # its parameters and its text
)";

ExitStatus describe_modules_named(const std::string& name) {
  const ModuleLibrary library = standard_modules();
  if (name == "std" || name == "std.") {
    fmt::print("{}", describe_modules(library));
    return finish_output(ExitStatus::kOk);
  }
  if (const auto text = describe_module(library, name)) {
    fmt::print("{}", *text);
    return finish_output(ExitStatus::kOk);
  }
  const std::vector<std::string_view> names(library.names.begin(), library.names.end());
  const std::string_view near = nearest_name(name, names);
  return complain(ExitStatus::kNo, fmt::format("there is no module `{}`; {}", name,
                                               near.empty() ? "`krules doc std` lists them all"
                                                            : fmt::format("did you mean `{}`?", near)));
}

ExitStatus describe(const std::string& name) {
  if (name == "std" || name.starts_with("std.")) return describe_modules_named(name);
  FunctionTable functions;
  add_standard_functions(functions);
  if (name.empty()) {
    fmt::print("{}", describe_functions(functions));
    return finish_output(ExitStatus::kOk);
  }
  if (const auto text = describe_function(functions, name)) {
    fmt::print("{}", *text);
    return finish_output(ExitStatus::kOk);
  }
  std::vector<std::string_view> names;
  for (const FunctionSpec* spec : functions.all()) names.push_back(spec->name);
  for (const ActionSpec& action : functions.actions()) names.push_back(action.name);
  const std::string_view near = nearest_name(name, names);
  return complain(ExitStatus::kNo, fmt::format("there is no function `{}`; {}", name,
                                               near.empty() ? "`krules doc` lists them all"
                                                            : fmt::format("did you mean `{}`?", near)));
}

}  // namespace

Action declare_doc(CLI::App& app) {
  auto name = std::make_shared<std::string>();
  add_text(app, "NAME", "NAME", *name, "a function, or a module such as std.retry (default: all functions)")
      ->option_text("[NAME]");
  app.footer(kExamples);
  return [name] { return describe(*name); };
}

}  // namespace krules::cli
