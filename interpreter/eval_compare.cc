#include <fmt/format.h>

#include <array>

#include "make_nodes.h"
#include "operands.h"

namespace krules {

namespace {

using ast::BinaryOp;

Truth as_truth(bool holds) {
  return holds ? Truth::kTrue : Truth::kFalse;
}

std::string_view sign_of(BinaryOp op) {
  switch (op) {
    case BinaryOp::kLess:
      return "<";
    case BinaryOp::kLessEqual:
      return "<=";
    case BinaryOp::kGreater:
      return ">";
    default:
      return ">=";
  }
}

template <BinaryOp Op, class T>
constexpr bool holds(const T& a, const T& b) {
  if constexpr (Op == BinaryOp::kLess) {
    return a < b;
  } else if constexpr (Op == BinaryOp::kLessEqual) {
    return a <= b;
  } else if constexpr (Op == BinaryOp::kGreater) {
    return a > b;
  } else {
    return a >= b;
  }
}

bool holds(BinaryOp op, int order) {
  switch (op) {
    case BinaryOp::kLess:
      return order < 0;
    case BinaryOp::kLessEqual:
      return order <= 0;
    case BinaryOp::kGreater:
      return order > 0;
    default:
      return order >= 0;
  }
}

// An int that a float holds exactly.
bool fits_float(int64_t value) {
  constexpr int64_t kLimit = int64_t{1} << 53;
  return value >= -kLimit && value <= kLimit;
}

[[gnu::noinline]] Truth order_slowly(const BinaryNode& node, Value left, Value right, Frame& frame) {
  const BinaryOp op = node.op;
  if (left.is_error() || right.is_error()) {
    frame.failure = left.is_error() ? left : right;
    return Truth::kError;
  }
  if (left.kind() == right.kind()) {
    if (left.is(ValueKind::kDuration) || left.is(ValueKind::kTimestamp)) {
      const int64_t a = left.as_microseconds();
      const int64_t b = right.as_microseconds();
      return as_truth(holds(op, a < b ? -1 : a > b ? 1 : 0));
    }
    if (left.is(ValueKind::kString)) return as_truth(holds(op, left.text().compare(right.text())));
  }
  if (left.is_number() && right.is_number()) return as_truth(holds(op, compare_numbers(left, right)));
  std::string message = fmt::format("`{}` does not compare {} with {}", sign_of(op), kind_name(left.kind()),
                                    kind_name(right.kind()));
  if (left.is_null() || right.is_null()) message += ": give a value for null with `?? 0`";
  frame.failure = make_error(frame, node, error_kind::kKind, message);
  return Truth::kError;
}

template <BinaryOp Op, Shape L, Shape R>
Truth order(const Node& node, Frame& frame) {
  const auto& self = static_cast<const BinaryNode&>(node);
  Value left;
  Value right;
  if (const Operands had = operands<L, R>(self, frame, left, right); had != Operands::kBoth) [[unlikely]] {
    return complete_slowly<order_slowly>(had, self, left, right, frame);
  }
  if (left.is(ValueKind::kInt)) {
    if (right.is(ValueKind::kInt)) return as_truth(holds<Op>(left.as_int(), right.as_int()));
    if (right.is(ValueKind::kFloat) && fits_float(left.as_int())) {
      return as_truth(holds<Op>(static_cast<double>(left.as_int()), right.as_float()));
    }
  } else if (left.is(ValueKind::kFloat)) {
    if (right.is(ValueKind::kFloat)) return as_truth(holds<Op>(left.as_float(), right.as_float()));
    if (right.is(ValueKind::kInt) && fits_float(right.as_int())) {
      return as_truth(holds<Op>(left.as_float(), static_cast<double>(right.as_int())));
    }
  }
  return order_slowly(self, left, right, frame);
}

[[gnu::noinline]] Truth equality_slowly(const BinaryNode& node, Value left, Value right, Frame& frame) {
  const bool negated = node.op == BinaryOp::kNotEqual;
  if (left.is_error() || right.is_error()) {
    frame.failure = left.is_error() ? left : right;
    return Truth::kError;
  }
  if (is_container(left) && left.kind() == right.kind()) {
    const Value error = pay_for_walk(frame, node.span, node.source, left);
    if (error.is_error()) {
      frame.failure = error;
      return Truth::kError;
    }
  }
  return as_truth(equal_values(left, right) != negated);
}

template <BinaryOp Op, Shape L, Shape R>
Truth equality(const Node& node, Frame& frame) {
  constexpr bool kNegated = Op == BinaryOp::kNotEqual;
  const auto& self = static_cast<const BinaryNode&>(node);
  Value left;
  Value right;
  if (const Operands had = operands<L, R>(self, frame, left, right); had != Operands::kBoth) [[unlikely]] {
    return complete_slowly<equality_slowly>(had, self, left, right, frame);
  }
  if (left.is(ValueKind::kInt) && right.is(ValueKind::kInt)) {
    return as_truth((left.as_int() == right.as_int()) != kNegated);
  }
  if (left.is(ValueKind::kString) && left.same_bits(right)) return as_truth(!kNegated);
  return equality_slowly(self, left, right, frame);
}

// `x == null`, `x != null`.
template <BinaryOp Op>
Truth equals_null(const Node& node, Frame& frame) {
  const Node& operand_node = *static_cast<const BinaryNode&>(node).left;
  const Value value = operand_node.eval(operand_node, frame);
  if (value.is_error()) [[unlikely]] {
    frame.failure = value;
    return Truth::kError;
  }
  return as_truth(value.is_null() != (Op == BinaryOp::kNotEqual));
}

// Two different strings of which one lies inside its value are different.
template <BinaryOp Op, Shape L>
Truth equals_short_text(const Node& node, Frame& frame) {
  constexpr bool kNegated = Op == BinaryOp::kNotEqual;
  const auto& self = static_cast<const BinaryNode&>(node);
  Value left;
  if constexpr (L == Shape::kGeneral) {
    left = self.left->eval(*self.left, frame);
    if (left.is_error()) [[unlikely]] {
      frame.failure = left;
      return Truth::kError;
    }
  } else if (!at_hand<L>(*self.left, frame, left)) [[unlikely]] {
    return equals_short_text<Op, Shape::kGeneral>(node, frame);
  }
  return as_truth(left.same_bits(static_cast<const ConstNode&>(*self.right).value) != kNegated);
}

template <BinaryOp Op, Shape L, Shape R>
constexpr TruthFunction one() {
  if constexpr (Op == BinaryOp::kEqual || Op == BinaryOp::kNotEqual) {
    return equality<Op, L, R>;
  } else {
    return order<Op, L, R>;
  }
}

template <BinaryOp Op, Shape L>
constexpr std::array<TruthFunction, kShapeCount> row() {
  return {one<Op, L, Shape::kGeneral>(), one<Op, L, Shape::kConst>(), one<Op, L, Shape::kPayloadField>(),
          one<Op, L, Shape::kProperty>()};
}

template <BinaryOp Op>
TruthFunction by_shape(Shape left, Shape right) {
  static constexpr std::array<std::array<TruthFunction, kShapeCount>, kShapeCount> kTable = {
      row<Op, Shape::kGeneral>(), row<Op, Shape::kConst>(), row<Op, Shape::kPayloadField>(),
      row<Op, Shape::kProperty>()};
  return kTable[static_cast<size_t>(left)][static_cast<size_t>(right)];
}

template <BinaryOp Op>
TruthFunction equality_by_shape(const Node& left, const Node& right) {
  if (right.kind == NodeKind::kConst) {
    const Value& value = static_cast<const ConstNode&>(right).value;
    if (value.is_null()) return equals_null<Op>;
    if (value.is(ValueKind::kString) && !value.has_memory()) {
      switch (shape_of(left)) {
        case Shape::kPayloadField:
          return equals_short_text<Op, Shape::kPayloadField>;
        case Shape::kProperty:
          return equals_short_text<Op, Shape::kProperty>;
        default:
          return equals_short_text<Op, Shape::kGeneral>;
      }
    }
  }
  return by_shape<Op>(shape_of(left), shape_of(right));
}

template <bool Negated>
Truth membership(const Node& node, Frame& frame) {
  const auto& self = static_cast<const BinaryNode&>(node);
  const Value item = self.left->eval(*self.left, frame);
  const Value container = self.right->eval(*self.right, frame);
  if (item.is_error() || container.is_error()) [[unlikely]] {
    frame.failure = item.is_error() ? item : container;
    return Truth::kError;
  }
  const Truth found = contains(node, item, container, frame);
  if (!Negated || found == Truth::kError) return found;
  return as_truth(found == Truth::kFalse);
}

[[gnu::noinline]] Truth over_budget(const Node& node, Frame& frame) {
  frame.failure = with_place(frame, node, budget_error(frame));
  return Truth::kError;
}

// A constant list of short strings, the usual `x in ["a", "b"]`.
template <bool Negated, Shape L>
Truth one_of_short_texts(const Node& node, Frame& frame) {
  const auto& self = static_cast<const BinaryNode&>(node);
  Value item;
  if constexpr (L == Shape::kGeneral) {
    item = self.left->eval(*self.left, frame);
    if (item.is_error()) [[unlikely]] {
      frame.failure = item;
      return Truth::kError;
    }
  } else if (!at_hand<L>(*self.left, frame, item)) [[unlikely]] {
    return one_of_short_texts<Negated, Shape::kGeneral>(node, frame);
  }
  const ListRep& list = static_cast<const ConstNode&>(*self.right).value.as_list();
  if (!take_steps(frame, list.size / 8)) [[unlikely]]
    return over_budget(node, frame);
  for (const Value& text : list.items()) {
    if (item.same_bits(text)) return as_truth(!Negated);
  }
  return as_truth(Negated);
}

bool is_list_of_short_texts(const Node& node) {
  if (node.kind != NodeKind::kConst) return false;
  const Value& value = static_cast<const ConstNode&>(node).value;
  if (!value.is(ValueKind::kList)) return false;
  for (const Value& item : value.as_list().items()) {
    if (!item.is(ValueKind::kString) || item.has_memory()) return false;
  }
  return true;
}

template <bool Negated>
TruthFunction membership_function(const Node& left, const Node& right) {
  if (!is_list_of_short_texts(right)) return membership<Negated>;
  switch (shape_of(left)) {
    case Shape::kPayloadField:
      return one_of_short_texts<Negated, Shape::kPayloadField>;
    case Shape::kProperty:
      return one_of_short_texts<Negated, Shape::kProperty>;
    default:
      return one_of_short_texts<Negated, Shape::kGeneral>;
  }
}

Truth matches_text(const Node& node, const Value& text, const Glob& glob, Frame& frame) {
  if (text.is_null()) return Truth::kFalse;
  if (!text.is(ValueKind::kString)) {
    frame.failure = text.is_error()
                        ? text
                        : make_error(frame, node, error_kind::kKind,
                                     fmt::format("`matches` takes a string, got {}", kind_name(text.kind())));
    return Truth::kError;
  }
  const uint64_t worst = static_cast<uint64_t>(text.text().size()) * (glob.pattern().size() + 1) / 256;
  if (!take_steps(frame, worst)) {
    frame.failure = with_place(frame, node, budget_error(frame));
    return Truth::kError;
  }
  return as_truth(glob.matches(text.text()));
}

Truth matches_constant(const Node& node, Frame& frame) {
  const auto& self = static_cast<const GlobNode&>(node);
  return matches_text(node, self.operand->eval(*self.operand, frame), *self.glob, frame);
}

Truth event_matches(const Node& node, Frame& frame) {
  const auto& self = static_cast<const EventGlobNode&>(node);
  const Symbol* type = frame.event->type;
  EventGlobNode::Outcome& outcome = self.outcomes[type->number % EventGlobNode::kOutcomes];
  if (outcome.type == type) [[likely]]
    return as_truth(outcome.matches);
  const Truth truth = matches_text(node, Value::string_view(type->text()), *self.glob, frame);
  if (truth != Truth::kError && type->interned()) outcome = {type, truth == Truth::kTrue};
  return truth;
}

Truth matches(const Node& node, Frame& frame) {
  const auto& self = static_cast<const BinaryNode&>(node);
  const Value text = self.left->eval(*self.left, frame);
  const Value pattern = self.right->eval(*self.right, frame);
  if (text.is_error() || pattern.is(ValueKind::kString)) {
    return matches_text(node, text, text.is_error() ? Glob() : Glob(pattern.text()), frame);
  }
  frame.failure = pattern.is_error() ? pattern
                                     : make_error(frame, node, error_kind::kKind,
                                                  fmt::format("`matches` takes a pattern (a string), got {}",
                                                              kind_name(pattern.kind())));
  return Truth::kError;
}

}  // namespace

Truth contains(const Node& node, Value item, Value container, Frame& frame) {
  uint64_t steps = 0;
  bool found = false;
  switch (container.kind()) {
    case ValueKind::kNull:
      break;
    case ValueKind::kList:
      for (const Value& each : container.as_list().items()) {
        ++steps;
        if (is_container(item) && each.kind() == item.kind()) {
          const Value error = pay_for_walk(frame, node.span, node.source, item);
          if (error.is_error()) {
            frame.failure = error;
            return Truth::kError;
          }
        }
        if (equal_values(each, item)) {
          found = true;
          break;
        }
      }
      break;
    case ValueKind::kMap:
      found = item.is(ValueKind::kString) && container.as_map().find(item.text()) != nullptr;
      break;
    case ValueKind::kString:
      if (item.is(ValueKind::kString)) {
        steps = container.text().size() / 4;
        found = container.text().find(item.text()) != std::string_view::npos;
        break;
      }
      if (item.is_null()) break;
      frame.failure =
          make_error(frame, node, error_kind::kKind,
                     fmt::format("`in` looks for a string in a string, got {}", kind_name(item.kind())));
      return Truth::kError;
    default:
      frame.failure = make_error(
          frame, node, error_kind::kKind,
          fmt::format("`in` takes a list, a map or a string, got {}", kind_name(container.kind())));
      return Truth::kError;
  }
  if (!take_steps(frame, steps / 8)) {
    frame.failure = with_place(frame, node, budget_error(frame));
    return Truth::kError;
  }
  return as_truth(found);
}

TruthFunction comparison_function(BinaryOp op, const Node& left, const Node& right) {
  const Shape l = shape_of(left);
  const Shape r = shape_of(right);
  switch (op) {
    case BinaryOp::kEqual:
      return equality_by_shape<BinaryOp::kEqual>(left, right);
    case BinaryOp::kNotEqual:
      return equality_by_shape<BinaryOp::kNotEqual>(left, right);
    case BinaryOp::kLess:
      return by_shape<BinaryOp::kLess>(l, r);
    case BinaryOp::kLessEqual:
      return by_shape<BinaryOp::kLessEqual>(l, r);
    case BinaryOp::kGreater:
      return by_shape<BinaryOp::kGreater>(l, r);
    case BinaryOp::kGreaterEqual:
      return by_shape<BinaryOp::kGreaterEqual>(l, r);
    case BinaryOp::kIn:
      return membership_function<false>(left, right);
    default:
      return membership_function<true>(left, right);
  }
}

TruthFunction matches_constant_function() {
  return matches_constant;
}
TruthFunction event_matches_function() {
  return event_matches;
}
TruthFunction matches_function() {
  return matches;
}

}  // namespace krules
