#pragma once

#include <string>
#include <string_view>

#include "context.h"

namespace krules::grammar {

// What stands at an offset of text that did not parse, for messages.

/// The word that begins at `offset`, or empty.
std::string_view word_at(const Context& context, uint32_t offset);
/// The word that ends before `offset` on the same line, or empty.
std::string_view word_before(const Context& context, uint32_t offset);
/// The end of a name with postfixes (`subject("u").tier`) that begins at `offset`, brackets and strings
/// balanced.
uint32_t end_of_path(const Context& context, uint32_t offset);
/// The begin of the plain path (`payload.a.b`) that ends at `offset`.
uint32_t path_that_ends(const Context& context, uint32_t offset);
/// `name`, `a.b` or `subject("u").x`, followed by an assignment operator.
bool is_assignment(const Context& context, uint32_t offset);

/// Whether `offset`, in the head of a rule, is behind its `when`.
bool is_in_condition(const Context& context, uint32_t offset);

/// How `subject("u").a.b` is written as a target: `a.b`, and ` on "u"` where a subject is named.
struct Mend {
  std::string target;
  std::string clause;
};
Mend mend_of(const Context& context, uint32_t offset);

}  // namespace krules::grammar
