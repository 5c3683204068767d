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

template <Shape S>
inline Value operand(const Node& node, Frame& frame) {
  if constexpr (S == Shape::kConst) {
    return static_cast<const ConstNode&>(node).value;
  } else if constexpr (S == Shape::kPayloadField) {
    return payload_field(static_cast<const FieldNode&>(node), frame);
  } else if constexpr (S == Shape::kProperty) {
    return subject_property(static_cast<const FieldNode&>(node), frame);
  } else {
    return node.eval(node, frame);
  }
}

/// Both operands of an operator. False where they were to be at hand and are not: the operator then goes the
/// general way, in a call that is its last act. So an operator whose operands are at hand needs no stack at
/// all.
template <Shape L, Shape R>
inline bool operands(const BinaryNode& node, Frame& frame, Value& left, Value& right) {
  if constexpr (L != Shape::kGeneral && R != Shape::kGeneral) {
    return at_hand<L>(*node.left, frame, left) && at_hand<R>(*node.right, frame, right);
  } else {
    left = operand<L>(*node.left, frame);
    right = operand<R>(*node.right, frame);
    return true;
  }
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
