#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "krules/ast.h"
#include "krules/diagnostic.h"

namespace krules {

/// Why findings of this code cannot be allowed, as a clause ("a cascade that never ends is an error"); empty
/// where they can.
std::string_view why_never_allowed(std::string_view code);

/// Whether comments that are wrong or that nothing needs are findings themselves. They can only be told where
/// everything was looked for.
enum class AllowanceFindings : uint8_t { kLeftOut, kAdded };

/// `diagnostics` without those that a comment above their declaration allows:
///
///     # krules: allow K0404, K0409 "the shop's own system waits for this one"
///     ## Tells the shop.
///     rule tell_shop on order.paid { emit paid }
///
/// A diagnostic belongs to the declaration that its primary place lies in. Errors stay.
std::vector<Diagnostic> apply_allowances(const std::vector<ast::Module>& modules,
                                         std::vector<Diagnostic> diagnostics, AllowanceFindings findings);

}  // namespace krules
