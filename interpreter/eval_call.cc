#include <algorithm>

#include "make_nodes.h"
#include "operands.h"

namespace krules {

namespace {

constexpr uint32_t kArgumentsInside = 8;

Value native_call(const Node& node, Frame& frame) {
  const auto& self = static_cast<const NativeCallNode&>(node);
  Value inside[kArgumentsInside];
  Value* arguments = self.count <= kArgumentsInside ? inside : frame.arena->allocate_array<Value>(self.count);
  for (uint32_t i = 0; i < self.count; ++i) {
    const Node* argument = self.arguments[i];
    arguments[i] = argument != nullptr ? argument->eval(*argument, frame) : Value::missing();
    if (arguments[i].is_error()) return arguments[i];
  }
  if (self.spec->null_is_false && self.count != 0 && arguments[0].is_null()) return Value::boolean(false);
  CallContext context(frame);
  const Value result = self.spec->function(context, {arguments, self.count}, self.spec->user_data);
  return result.is_error() ? with_place(frame, node, result) : result;
}

Truth string_predicate(const Node& node, Frame& frame) {
  const auto& self = static_cast<const NativeCallNode&>(node);
  const Value text = self.arguments[0]->eval(*self.arguments[0], frame);
  const Value other = self.arguments[1]->eval(*self.arguments[1], frame);
  if (text.is(ValueKind::kString) && other.is(ValueKind::kString)) [[likely]] {
    if (text.has_memory() && !take_steps(frame, text_steps(text.text().size()))) {
      frame.failure = with_place(frame, node, budget_error(frame));
      return Truth::kError;
    }
    return self.spec->string_predicate(text.text(), other.text()) ? Truth::kTrue : Truth::kFalse;
  }
  if (text.is_error() || other.is_error()) {
    frame.failure = text.is_error() ? text : other;
    return Truth::kError;
  }
  Value arguments[kArgumentsInside];
  std::fill(arguments, arguments + kArgumentsInside, Value::missing());
  arguments[0] = text;
  arguments[1] = other;
  if (self.spec->null_is_false && text.is_null()) return Truth::kFalse;
  CallContext context(frame);
  const Value result = self.spec->function(context, {arguments, self.count}, self.spec->user_data);
  if (result.is_error()) {
    frame.failure = with_place(frame, node, result);
    return Truth::kError;
  }
  return result.is_true() ? Truth::kTrue : Truth::kFalse;
}

// The usual case: a short text at hand, and one that the rule has written down.
template <Shape S>
Truth predicate_with_constant(const Node& node, Frame& frame) {
  const auto& self = static_cast<const NativeCallNode&>(node);
  Value text;
  if (!at_hand<S>(*self.arguments[0], frame, text) || !text.is(ValueKind::kString) || text.has_memory()) {
    return string_predicate(node, frame);
  }
  const Value& other = static_cast<const ConstNode&>(*self.arguments[1]).value;
  return self.spec->string_predicate(text.text(), other.text()) ? Truth::kTrue : Truth::kFalse;
}

Value fn_call(const Node& node, Frame& frame) {
  const auto& self = static_cast<const FnCallNode&>(node);
  if (!take_steps(frame, 1)) return with_place(frame, node, budget_error(frame));
  const CompiledFn& fn = *self.fn;
  Value inside[kArgumentsInside];
  Value* locals =
      fn.local_count <= kArgumentsInside ? inside : frame.arena->allocate_array<Value>(fn.local_count);
  for (uint32_t i = 0; i < fn.parameter_count; ++i) {
    locals[i] = self.arguments[i]->eval(*self.arguments[i], frame);
    if (locals[i].is_error()) return locals[i];
  }
  Value* const callers = frame.locals;
  frame.locals = locals;
  const Value result = fn.body->eval(*fn.body, frame);
  frame.locals = callers;
  return result;
}

// The function that gets it evaluates the body while the locals around it are still in place.
Value lambda(const Node& node, Frame&) {
  return Value::lambda(static_cast<const LambdaNode*>(&node));
}

}  // namespace

Value CallContext::invoke(const Value& lambda_value, std::span<const Value> arguments) {
  const auto& self = *static_cast<const LambdaNode*>(lambda_value.as_lambda());
  if (!take_steps(frame_, 1)) return with_place(frame_, self, budget_error(frame_));
  for (uint32_t i = 0; i < self.count; ++i) {
    frame_.locals[self.first_slot + i] = i < arguments.size() ? arguments[i] : Value::null();
  }
  return self.body->eval(*self.body, frame_);
}

EvalFunction native_call_function() {
  return native_call;
}
TruthFunction string_predicate_function(const NativeCallNode& call) {
  const Node& other = *call.arguments[1];
  if (shape_of(other) != Shape::kConst ||
      !static_cast<const ConstNode&>(other).value.is(ValueKind::kString)) {
    return string_predicate;
  }
  switch (shape_of(*call.arguments[0])) {
    case Shape::kPayloadField:
      return predicate_with_constant<Shape::kPayloadField>;
    case Shape::kProperty:
      return predicate_with_constant<Shape::kProperty>;
    default:
      return string_predicate;
  }
}
EvalFunction fn_call_function() {
  return fn_call;
}
EvalFunction lambda_function() {
  return lambda;
}

}  // namespace krules
