#pragma once

#include <atomic>
#include <vector>

#include "krules/program.h"

namespace krules {

/// compile() for who does not need the rules' heads and bodies any more: what a rule was made of is given
/// back as soon as the rule is compiled, while it is at hand, and the memory serves what comes next. Until
/// `may_release` becomes true, which another thread may decide while it reads the modules, all of it stays.
CompileResult compile_and_release(std::vector<ast::Module>& modules, const std::atomic<bool>& may_release,
                                  const CompileOptions& options);

}  // namespace krules
