#include <algorithm>
#include <array>
#include <bit>

#include "krules/text_tests.h"
#include "make_nodes.h"
#include "operands.h"

namespace krules {

namespace {

constexpr uint32_t kArgumentsInside = 8;

Value native_call(const Node& node, Frame& frame) {
  const auto& self = static_cast<const NativeCallNode&>(node);
  alignas(Value) std::byte inside[kArgumentsInside * sizeof(Value)];  // not filled before it is needed
  Value* arguments = self.count <= kArgumentsInside ? reinterpret_cast<Value*>(inside)
                                                    : frame.arena->allocate_array<Value>(self.count);
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

// Whether `text`, which lies inside its value, begins with `part`, which does, too: the words are held
// against each other, and of the last of them the bytes of `part` alone.
bool begins_with_inside(const Value& text, const Value& part) {
  using Words = std::array<uint64_t, 2>;
  constexpr unsigned kInFirst = 6;  // bytes of text in the first word, above the kind and the size
  const auto a = std::bit_cast<Words>(text);
  const auto b = std::bit_cast<Words>(part);
  const auto size = static_cast<uint8_t>(b[0] >> 8);
  if (static_cast<uint8_t>(a[0] >> 8) < size) return false;
  if (size == 0) return true;
  const uint64_t first = (a[0] ^ b[0]) >> 16;
  if (size <= kInFirst) return first << (64 - 8 * size) == 0;
  return first == 0 && (a[1] ^ b[1]) << (64 - 8 * (size - kInFirst)) == 0;
}

// The usual case: a short text at hand, and one that the rule has written down. `Begins`: `starts_with`, of a
// short text.
template <Shape S, bool Begins>
Truth predicate_with_constant(const Node& node, Frame& frame) {
  const auto& self = static_cast<const NativeCallNode&>(node);
  Value text;
  if (!at_hand<S>(*self.arguments[0], frame, text) || !text.is(ValueKind::kString) || text.has_memory()) {
    return string_predicate(node, frame);
  }
  const Value& other = static_cast<const ConstNode&>(*self.arguments[1]).value;
  if constexpr (Begins) {
    return begins_with_inside(text, other) ? Truth::kTrue : Truth::kFalse;
  } else {
    return self.spec->string_predicate(text.text(), other.text()) ? Truth::kTrue : Truth::kFalse;
  }
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

bool text_begins_with(std::string_view text, std::string_view part) {
  return text.starts_with(part);
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
  const bool begins = call.spec->string_predicate == text_begins_with &&
                      !static_cast<const ConstNode&>(other).value.has_memory();
  switch (shape_of(*call.arguments[0])) {
    case Shape::kPayloadField:
      return begins ? predicate_with_constant<Shape::kPayloadField, true>
                    : predicate_with_constant<Shape::kPayloadField, false>;
    case Shape::kProperty:
      return begins ? predicate_with_constant<Shape::kProperty, true>
                    : predicate_with_constant<Shape::kProperty, false>;
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
