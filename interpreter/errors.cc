#include <fmt/format.h>

#include "nodes.h"

namespace krules {

namespace {

constexpr std::string_view kBudgetMessage = "the rule used up its budget of steps";

Value new_error(Arena& arena, const ErrorRep& rep) {
  return Value::error(new (arena.allocate(sizeof(ErrorRep), alignof(ErrorRep))) ErrorRep(rep));
}

enum class Walk : uint8_t { kDone, kTooDeep, kNoSteps };

Walk walk(Frame& frame, const Value& value, int depth) {
  if (value.is(ValueKind::kString)) {
    return !value.has_memory() || take_steps(frame, text_steps(value.text().size())) ? Walk::kDone
                                                                                     : Walk::kNoSteps;
  }
  if (!is_container(value)) return Walk::kDone;
  if (depth == 0) return Walk::kTooDeep;
  if (value.is(ValueKind::kList)) {
    if (!take_steps(frame, value.as_list().size / 8 + 1)) return Walk::kNoSteps;
    for (const Value& item : value.as_list().items()) {
      if (!item.has_memory()) continue;
      if (const Walk result = walk(frame, item, depth - 1); result != Walk::kDone) return result;
    }
  } else {
    if (!take_steps(frame, value.as_map().size / 8 + 1)) return Walk::kNoSteps;
    for (const MapRep::Entry& entry : value.as_map().entries()) {
      if (!entry.value.has_memory()) continue;
      if (const Walk result = walk(frame, entry.value, depth - 1); result != Walk::kDone) return result;
    }
  }
  return Walk::kDone;
}

}  // namespace

Value pay_for_walk(Frame& frame, Span span, uint32_t source, const Value& value) {
  switch (walk(frame, value, kMaxValueDepth)) {
    case Walk::kDone:
      return Value::null();
    case Walk::kNoSteps:
      break;
    case Walk::kTooDeep:
      return new_error(*frame.arena, {.kind = error_kind::kValue,
                                      .message = "lists and maps nest too deep",
                                      .span = span,
                                      .source = source,
                                      .fatal = false});
  }
  return make_fatal_error(frame, span, source, error_kind::kBudget, kBudgetMessage);
}

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
  return make_fatal_error(frame, {}, kNoSource, error_kind::kBudget, kBudgetMessage);
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
