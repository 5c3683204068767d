#pragma once

#include <optional>

#include "explain.h"

namespace krules::grammar {

/// A common slip that explains why `expected` is not at `offset`: what authors write who have another
/// language, or an older habit, in mind. Nothing where no known slip fits.
std::optional<Diagnostic> find_slip(const Context& context, uint32_t offset, const Expected& expected);

/// Text tools for messages about what stands at an offset.
std::string_view word_at(const Context& context, uint32_t offset);
/// The end of a name with postfixes (`subject("u").tier`) that begins at `offset`, brackets and strings
/// balanced.
uint32_t end_of_path(const Context& context, uint32_t offset);
uint32_t skip_blanks(const Context& context, uint32_t offset);

}  // namespace krules::grammar
