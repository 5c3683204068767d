#pragma once

#include <vector>

#include "krules/ast.h"

namespace krules::check {

/// A first look at a program, before anything is known of its values: whether rules can set each other off in
/// a circle as far as names tell. False means that no rule can come back to itself in a cascade, so that
/// every cascade ends. What names do not tell counts as possible: computed names may be any that fits their
/// written parts, subjects and conditions are not looked at. Of every circle that EventGraph has, this says
/// true. Takes time in proportion to the program; where it would take more, the answer is true.
bool may_have_circle(const std::vector<ast::Module>& modules);

}  // namespace krules::check
