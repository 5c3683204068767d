#pragma once

#include <vector>

#include "krules/program.h"

namespace krules {

/// compile() for who does not need the rules' heads and bodies any more: what a rule was made of is given back
/// as soon as the rule is compiled, while it is at hand, and the memory serves what comes next.
CompileResult compile_and_release(std::vector<ast::Module>& modules, const CompileOptions& options);

}  // namespace krules
