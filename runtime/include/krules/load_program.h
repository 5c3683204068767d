#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "krules/ast.h"
#include "krules/check.h"
#include "krules/diagnostic.h"
#include "krules/program.h"
#include "krules/source.h"

namespace krules {

/// Rule files read into one program.
struct LoadedProgram {
  /// With Trees::kWhereCyclesMayBe and no may_have_cycles: without the heads and bodies of rules.
  std::vector<ast::Module> modules;
  bool may_have_cycles = true;
  std::shared_ptr<const Program> program;  ///< null when a diagnostic is an error
  /// In the order in which a person reads the files; those about no file come first.
  std::vector<Diagnostic> diagnostics;
};

/// Which syntax trees are still there when a program is loaded.
enum class Trees : uint8_t {
  kAll,
  kWhereCyclesMayBe,
  kAllWithTests,  ///< and the program has its tests (compiled_test.h)
};

/// Parses and compiles; everything that is wrong is reported in one go.
LoadedProgram load_program(const std::vector<SourcePtr>& sources, const CompileOptions& options,
                           Trees trees = Trees::kAll);

/// check_program() of what was loaded with `compile_options`, with loops tried out on the real engine. The
/// program is used while this runs.
CheckResult check_loaded(const LoadedProgram& loaded, const CompileOptions& compile_options,
                         CheckOptions options);

bool has_errors(const std::vector<Diagnostic>& diagnostics);

}  // namespace krules
