#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "krules/expand.h"
#include "krules/function_table.h"

namespace krules {

struct StandardFunctionOptions {
  /// The environment variables that env() may read. Their values are taken when the functions are added and
  /// stay as they are. env() of any other name is an error.
  std::vector<std::string> environment;
};

/// Adds every built-in function to `functions`. What the functions share (compiled regular expressions, time
/// zones) belongs to that table and ends with it; it may be used from several threads. A name that is taken
/// already keeps its first meaning, so that an embedder can put a function of its own in the place of a
/// built-in one.
void add_standard_functions(FunctionTable& functions, const StandardFunctionOptions& options = {});

/// The modules that come with krules: `std.retry` and its like, written in krules.
ModuleLibrary standard_modules();

/// "round(x: number [, digits: int]) -> int|float".
std::string function_signature(const FunctionSpec& spec);

/// Every function, a line each under the name of its category; ends in a line end.
std::string describe_functions(const FunctionTable& functions);

/// The signature, the summary and the example of one function; empty when there is none of that name.
std::optional<std::string> describe_function(const FunctionTable& functions, std::string_view name);

/// Every module, a line each; ends in a line end.
std::string describe_modules(const ModuleLibrary& library);

/// How one module is used, with its parameters, and its text; empty when there is none of that name.
std::optional<std::string> describe_module(const ModuleLibrary& library, std::string_view name);

}  // namespace krules
