#pragma once

#include <string_view>

namespace krules {

/// The FunctionSpec::string_predicate of `starts_with`. The interpreter knows it: held against a short
/// constant it is done in place, without a call.
bool text_begins_with(std::string_view text, std::string_view part);

}  // namespace krules
