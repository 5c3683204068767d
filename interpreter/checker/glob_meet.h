#pragma once

#include <string>
#include <string_view>

#include "term.h"

namespace krules::check {

/// Whether some text fits both patterns (`*` any run of characters, `?` one, of however many bytes).
bool globs_meet(std::string_view a, std::string_view b);

/// Whether every text that fits `part` fits `all`. May say no where it is so.
bool glob_covers(std::string_view all, std::string_view part);

/// The shape of the texts that a term can be: a pattern, `*` where nothing is known. (A constant text with
/// `*` in it gives a pattern that fits more.)
std::string shape_of(const TermPool& terms, TermId term);

}  // namespace krules::check
