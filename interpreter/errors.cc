#include <fmt/format.h>

#include "nodes.h"

namespace krules {

namespace {

Value new_error(Arena& arena, const ErrorRep& rep) {
  return Value::error(new (arena.allocate(sizeof(ErrorRep), alignof(ErrorRep))) ErrorRep(rep));
}

}  // namespace

Value make_error(Frame& frame, const Node& at, std::string_view kind, std::string_view message) {
  return new_error(*frame.arena, {.kind = kind,
                                  .message = frame.arena->copy(message),
                                  .span = at.span,
                                  .source = at.source,
                                  .fatal = false});
}

Value make_fatal_error(Frame& frame, Span span, uint32_t source, std::string_view kind,
                       std::string_view message) {
  return new_error(
      *frame.arena,
      {.kind = kind, .message = frame.arena->copy(message), .span = span, .source = source, .fatal = true});
}

Value with_place(Frame& frame, const Node& at, const Value& error) {
  if (!error.is_error() || error.as_error().source != kNoSource) return error;
  ErrorRep placed = error.as_error();
  placed.span = at.span;
  placed.source = at.source;
  return new_error(*frame.arena, placed);
}

Value budget_error(Frame& frame) {
  return make_fatal_error(frame, {}, kNoSource, error_kind::kBudget, "the rule used up its budget of steps");
}

Truth truth_of_value(const Node& node, Frame& frame) {
  const Value value = node.eval(node, frame);
  switch (value.kind()) {
    case ValueKind::kBool:
      return value.as_bool() ? Truth::kTrue : Truth::kFalse;
    case ValueKind::kNull:
      return Truth::kFalse;
    case ValueKind::kError:
      frame.failure = value;
      return Truth::kError;
    default:
      frame.failure = make_error(frame, node, error_kind::kKind,
                                 fmt::format("a condition takes a bool, got {}", kind_name(value.kind())));
      return Truth::kError;
  }
}

Value value_of_truth(const Node& node, Frame& frame) {
  const Truth truth = node.truth(node, frame);
  return truth == Truth::kError ? frame.failure : Value::boolean(truth == Truth::kTrue);
}

}  // namespace krules
