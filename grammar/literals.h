#pragma once

#include "context.h"

namespace krules::grammar {

/// The value of a number or duration as written (`12`, `1_000`, `1.5e-3`, `1h30m`). Reports an error and
/// gives a value to go on with where it is malformed or does not fit. Where a minus stands before it
/// (`negated`), 9223372036854775808 is allowed and given as the least integer.
ast::Expr::Node parse_number(Context& context, Span span, bool negated = false);

/// Throws where a number or a text stands where `word` needs a duration: `after 5`, `every "5m"`.
void check_duration(Context& context, const ast::Expr& value, std::string_view word);

/// Appends what the escape at `span` stands for (`\n`, `\u{1F600}`), or reports an error.
void parse_escape(Context& context, Span span, std::string& out);

}  // namespace krules::grammar
