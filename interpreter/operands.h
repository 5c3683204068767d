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

inline Value payload_field(const FieldNode& node, Frame& frame) {
  const MapRep* map = frame.payload_map;
  if (map != nullptr && node.hint < map->size) [[likely]] {
    const MapRep::Entry& entry = map->begin()[node.hint];
    if (entry.key == node.field) [[likely]]
      return entry.value;
  }
  return find_payload_field(node, frame);
}

inline Value subject_property(const FieldNode& node, Frame& frame) {
  const PropertySet& properties = frame.subject->properties;
  if (node.hint < properties.size()) [[likely]] {
    const PropertySlot& slot = properties.begin()[node.hint];
    if (slot.name == node.field) [[likely]]
      return slot.value;
  }
  return find_property(node, frame);
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
