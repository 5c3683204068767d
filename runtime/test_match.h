#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "krules/value.h"

namespace krules {

/// Whether `got` has what a test asks for: of a map each field that `wanted` names (one that is absent reads
/// as null), in lists each item in its place, everything else equal.
bool fits(const Value& wanted, const Value& got);

/// Where `got` differs: "`total` is 12, not 10", a few at most.
std::vector<std::string> differences(const Value& wanted, const Value& got);

/// A value in a message: JSON, cut where it is long.
std::string shown_value(const Value& value);

/// "once", "twice", "3 times".
std::string how_often(uint64_t count);
/// Behind what was found, where `times` says how much was wanted (-1: it does not).
std::string instead_of(int64_t wanted);

/// How many letters two texts have in common at their beginnings.
size_t common_beginning(std::string_view a, std::string_view b);

}  // namespace krules
