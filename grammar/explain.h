#pragma once

#include <string_view>

#include "state.h"

namespace krules::grammar {

/// Where in a file something is missing; decides which slips are looked for.
enum class Place : uint8_t {
  kDeclaration,
  kName,
  kTrigger,       ///< behind a rule's name
  kHead,          ///< where the body of a rule should begin
  kWrapperHead,   ///< where the body of middleware or a gate should begin
  kOpenDeclared,  ///< where a module or a test should begin
  kPattern,
  kStatement,
  kStep,  ///< a step of a test
  kTarget,
  kSubjectTarget,  ///< at `set subject.x`
  kDataTarget,     ///< at `set payload.x`
  kAssign,
  kEmitType,
  kLatePayload,  ///< at a payload behind the clauses of an `emit`
  kBlock,
  kExpression,  ///< a whole expression, an `if` may stand here
  kOperand,     ///< an operand, where an `if` needs parentheses
  kThen,
  kElse,
  kMapEntry,
  kClose,          ///< a closing bracket, or a comma before it
  kString,         ///< the closing quote
  kInterpolation,  ///< the `}` of an interpolation
  kLogLevel,
  kFnBody,
  kEnd,
  kOther,
};

/// What a rule of the grammar says where it must match and does not: "expected {what}, found ...".
struct Expected {
  std::string_view what;
  Place place = Place::kOther;
  std::string_view help = {};
};

/// The error for what stands at `offset` instead of `expected`.
SyntaxError explain(const Context& context, uint32_t offset, const Expected& expected);

}  // namespace krules::grammar
