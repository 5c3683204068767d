#include "krules/json.h"
#include "make_nodes.h"
#include "operands.h"

namespace krules {

namespace {

// `and` and `or` do not depend on the order of their sides: the winning outcome wins over an error before it.
// An error that ends the rule for good is no outcome of a condition and goes straight through.
template <Truth Winner>
[[gnu::noinline]] Truth after_error(const ListNode& self, uint32_t next, Frame& frame) {
  const Value first = frame.failure;
  if (first.as_error().fatal) return Truth::kError;
  for (uint32_t i = next; i < self.count; ++i) {
    const Truth truth = self.items[i]->truth(*self.items[i], frame);
    if (truth == Winner) return Winner;
    if (truth == Truth::kError && frame.failure.as_error().fatal) return Truth::kError;
  }
  frame.failure = first;
  return Truth::kError;
}

template <Truth Winner>
Truth chain(const Node& node, Frame& frame) {
  constexpr Truth kLoser = Winner == Truth::kFalse ? Truth::kTrue : Truth::kFalse;
  const auto& self = static_cast<const ListNode&>(node);
  const Node* const* const last = self.items + self.count - 1;
  for (const Node* const* item = self.items; item != last; ++item) {
    const Truth truth = (*item)->truth(**item, frame);
    if (truth == kLoser) [[likely]]
      continue;
    if (truth == Winner) return Winner;
    return after_error<Winner>(self, static_cast<uint32_t>(item - self.items) + 1, frame);
  }
  return (*last)->truth(**last, frame);
}

// The usual `a and b`, `a or b`.
template <Truth Winner>
Truth pair(const Node& node, Frame& frame) {
  const auto& self = static_cast<const ListNode&>(node);
  const Truth truth = self.items[0]->truth(*self.items[0], frame);
  if (truth == Winner) return Winner;
  if (truth == Truth::kError) [[unlikely]]
    return after_error<Winner>(self, 1, frame);
  return self.items[1]->truth(*self.items[1], frame);
}

Truth negation(const Node& node, Frame& frame) {
  const auto& self = static_cast<const UnaryNode&>(node);
  const Truth truth = self.operand->truth(*self.operand, frame);
  if (truth == Truth::kError) return truth;
  return truth == Truth::kTrue ? Truth::kFalse : Truth::kTrue;
}

Value coalesce(const Node& node, Frame& frame) {
  const auto& self = static_cast<const BinaryNode&>(node);
  const Value left = self.left->eval(*self.left, frame);
  return left.is_null() ? self.right->eval(*self.right, frame) : left;
}

Value if_value(const Node& node, Frame& frame) {
  const auto& self = static_cast<const IfNode&>(node);
  const Truth truth = self.condition->truth(*self.condition, frame);
  if (truth == Truth::kError) return frame.failure;
  const Node& chosen = truth == Truth::kTrue ? *self.then_value : *self.else_value;
  return chosen.eval(chosen, frame);
}

Truth if_truth(const Node& node, Frame& frame) {
  const auto& self = static_cast<const IfNode&>(node);
  const Truth truth = self.condition->truth(*self.condition, frame);
  if (truth == Truth::kError) return truth;
  const Node& chosen = truth == Truth::kTrue ? *self.then_value : *self.else_value;
  return chosen.truth(chosen, frame);
}

Value match_value(const Node& node, Frame& frame) {
  const auto& self = static_cast<const MatchNode&>(node);
  const Value value = self.value->eval(*self.value, frame);
  if (value.is_error()) return value;
  for (uint32_t i = 0; i < self.count; ++i) {
    const MatchNode::Arm& arm = self.arms[i];
    bool fits = arm.count == 0;
    for (uint32_t p = 0; p < arm.count && !fits; ++p) fits = equal_values(value, arm.patterns[p]);
    if (fits) return arm.value->eval(*arm.value, frame);
  }
  frame.scratch = "no arm of the `match` fits ";
  if (value.is(ValueKind::kString)) {
    append_json_string(frame.scratch, value.text());
  } else {
    append_display(frame.scratch, value);
  }
  return make_error(frame, node, error_kind::kNoMatch, frame.scratch);
}

}  // namespace

TruthFunction and_function(uint32_t count) {
  return count == 2 ? pair<Truth::kFalse> : chain<Truth::kFalse>;
}
TruthFunction or_function(uint32_t count) {
  return count == 2 ? pair<Truth::kTrue> : chain<Truth::kTrue>;
}
TruthFunction not_function() {
  return negation;
}
EvalFunction coalesce_function() {
  return coalesce;
}
EvalFunction if_function() {
  return if_value;
}
TruthFunction if_truth_function() {
  return if_truth;
}
EvalFunction match_function() {
  return match_value;
}

}  // namespace krules
