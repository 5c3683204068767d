#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "krules/ast.h"
#include "krules/diagnostic.h"
#include "krules/source.h"

namespace krules {

/// Modules that come with the program's host rather than with its files: `use std.retry`.
struct ModuleLibrary {
  std::vector<std::string> names;  ///< "std.retry"
  /// The text of one, whose first gate, middleware or module is meant; null when there is none of that name.
  std::function<SourcePtr(std::string_view name)> find;
};

/// What became of the uses of a program.
struct Expansion {
  std::vector<Diagnostic> diagnostics;  ///< what is wrong with the uses
  std::vector<Location> uses;  ///< by the place of a module: the `use` that put it in, no source for files
};

/// Puts in the place of every `use` what it stands for: a module behind `modules` for each, in which the
/// parameters are `const`s of the name `USE.PARAMETER`, and gates and middleware have the patterns of the
/// `use`. Everything that is declared inside is called `USE.NAME`. What is only there to be used is taken
/// out, so that what is left can be compiled as it is.
Expansion expand_uses(std::vector<ast::Module>& modules, const ModuleLibrary& library);

}  // namespace krules
