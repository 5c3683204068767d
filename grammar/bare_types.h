#pragma once

#include "context.h"

namespace krules::grammar {

/// What a bare run of letters, digits and `_ . : - / @ * ?` is used as.
enum class RunUse : uint8_t { kEventPattern, kSubjectPattern, kProperty, kDeclaredType, kExpectedType };

/// Reports what is wrong with an emitted type: a glob, a bad end, a word of the language.
void check_emitted_type(Context& context, Span run);
/// The same for a pattern in the head of a rule or a declaration.
void check_pattern_run(Context& context, Span run, RunUse use);

}  // namespace krules::grammar
