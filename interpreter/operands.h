#pragma once

#include "nodes.h"

/// Reading the operands that most conditions are made of without a call: payload fields, properties,
/// constants.
namespace krules {

/// Where a node's value comes from, as far as evaluation functions are made for it.
enum class Shape : uint8_t { kGeneral, kConst, kPayloadField, kProperty };
inline constexpr size_t kShapeCount = 4;

inline Shape shape_of(const Node& node) {
  switch (node.kind) {
    case NodeKind::kConst:
      return Shape::kConst;
    case NodeKind::kPayloadField:
      return Shape::kPayloadField;
    case NodeKind::kProperty:
      return Shape::kProperty;
    default:
      return Shape::kGeneral;
  }
}

/// The look-up where the hint does not hold.
Value find_payload_field(const FieldNode& node, Frame& frame);
Value find_property(const FieldNode& node, Frame& frame);

/// Reads what is at hand where the last look-up found it. False where it is not: then nothing has been done.
template <Shape S>
inline bool at_hand(const Node& node, Frame& frame, Value& value) {
  static_assert(S != Shape::kGeneral);
  if constexpr (S == Shape::kConst) {
    value = static_cast<const ConstNode&>(node).value;
    return true;
  } else if constexpr (S == Shape::kPayloadField) {
    const auto& self = static_cast<const FieldNode&>(node);
    const uintptr_t place = frame.payload_begin + self.hint;
    if (place >= frame.payload_end) [[unlikely]]
      return false;
    const auto& entry = *reinterpret_cast<const MapRep::Entry*>(place);
    if (entry.key != self.field) [[unlikely]]
      return false;
    value = entry.value;
    return true;
  } else {
    const auto& self = static_cast<const FieldNode&>(node);
    const PropertySet& properties = frame.subject->properties;
    if (self.hint >= properties.size()) [[unlikely]]
      return false;
    const PropertySlot& slot = properties.begin()[self.hint];
    if (slot.name != self.field) [[unlikely]]
      return false;
    value = slot.value;
    return true;
  }
}

inline Value payload_field(const FieldNode& node, Frame& frame) {
  Value value;
  return at_hand<Shape::kPayloadField>(node, frame, value) ? value : find_payload_field(node, frame);
}

inline Value subject_property(const FieldNode& node, Frame& frame) {
  Value value;
  return at_hand<Shape::kProperty>(node, frame, value) ? value : find_property(node, frame);
}

/// How far operands() came.
enum class Operands : uint8_t { kBoth, kNone, kLeftAlone, kRightAlone };

/// Both operands of an operator. What is at hand is read last, so that nothing need be kept while the other
/// is evaluated: it is no error and no act, and nobody sees the order. Where it is not at hand after all, the
/// operator goes on in a call that is its last act, and so needs little stack or none.
template <Shape L, Shape R>
inline Operands operands(const BinaryNode& node, Frame& frame, Value& left, Value& right) {
  if constexpr (L != Shape::kGeneral && R != Shape::kGeneral) {
    const bool there = at_hand<L>(*node.left, frame, left) && at_hand<R>(*node.right, frame, right);
    return there ? Operands::kBoth : Operands::kNone;
  } else if constexpr (R != Shape::kGeneral) {
    left = node.left->eval(*node.left, frame);
    return at_hand<R>(*node.right, frame, right) ? Operands::kBoth : Operands::kLeftAlone;
  } else if constexpr (L != Shape::kGeneral) {
    right = node.right->eval(*node.right, frame);
    return at_hand<L>(*node.left, frame, left) ? Operands::kBoth : Operands::kRightAlone;
  } else {
    left = node.left->eval(*node.left, frame);
    right = node.right->eval(*node.right, frame);
    return Operands::kBoth;
  }
}

/// Goes on where operands() did not come to both. `Slowly` takes any two values.
template <auto Slowly>
[[gnu::noinline]] auto after_left(const BinaryNode& node, Value left, Frame& frame) {
  return Slowly(node, left, node.right->eval(*node.right, frame), frame);
}
template <auto Slowly>
[[gnu::noinline]] auto after_right(const BinaryNode& node, Value right, Frame& frame) {
  return Slowly(node, node.left->eval(*node.left, frame), right, frame);
}
template <auto Slowly>
[[gnu::noinline]] auto from_the_start(const BinaryNode& node, Frame& frame) {
  const Value left = node.left->eval(*node.left, frame);
  return Slowly(node, left, node.right->eval(*node.right, frame), frame);
}
template <auto Slowly>
inline auto complete_slowly(Operands had, const BinaryNode& node, Value left, Value right, Frame& frame) {
  if (had == Operands::kLeftAlone) return after_left<Slowly>(node, left, frame);
  if (had == Operands::kRightAlone) return after_right<Slowly>(node, right, frame);
  return from_the_start<Slowly>(node, frame);
}

/// Equality of two values that are no errors.
inline bool equal_values(const Value& left, const Value& right) {
  if (left.same_bits(right)) return true;
  if (left.kind() != right.kind()) {
    return left.is_number() && right.is_number() && compare_numbers(left, right) == 0;
  }
  switch (left.kind()) {
    case ValueKind::kNull:
    case ValueKind::kBool:
    case ValueKind::kInt:
    case ValueKind::kDuration:
    case ValueKind::kTimestamp:
      return false;
    case ValueKind::kString:
      return left.has_memory() && right.has_memory() && left.text() == right.text();
    default:
      return equal(left, right);
  }
}

}  // namespace krules
