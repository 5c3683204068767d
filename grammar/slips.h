#pragma once

#include <optional>

#include "explain.h"

namespace krules::grammar {

/// A common slip that explains why `expected` is not at `offset`: what authors write who have another
/// language, or an older habit, in mind. Nothing where no known slip fits.
std::optional<Diagnostic> find_slip(const Context& context, uint32_t offset, const Expected& expected);

/// Words and signs of other languages: find_slip asks here, too.
std::optional<Diagnostic> find_slip_of_habits(const Context& context, uint32_t offset,
                                              const Expected& expected);

/// The slips of middleware, gates, modules, outside calls and tests: find_slip asks here first.
std::optional<Diagnostic> find_slip_of_parts(const Context& context, uint32_t offset,
                                             const Expected& expected);

}  // namespace krules::grammar
