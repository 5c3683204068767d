#pragma once

#include "state.h"

namespace krules::grammar {

/// Reports a failed statement and finds where the next one begins. Throws on where this body cannot go on.
uint32_t recover_statement(State& state, const SyntaxError& error, const State::Mark& mark, uint32_t begin);

/// The same for a step of a test.
uint32_t recover_step(State& state, const SyntaxError& error, const State::Mark& mark, uint32_t begin);

/// Reports a failed declaration and finds where the next one begins, or the end of the file or of the
/// module around it.
uint32_t recover_declaration(State& state, const SyntaxError& error, const State::Mark& mark, uint32_t begin);

/// Whether a declaration begins at `offset` for certain: its word stands first on a line that is not
/// indented.
bool begins_declaration(const Context& context, uint32_t offset);

/// Whether the `on` at `offset` is the head of a rule: a body follows it, before anything that begins with a
/// word of its own.
bool begins_unnamed_rule(const Context& context, uint32_t offset);

}  // namespace krules::grammar
