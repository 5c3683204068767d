#include <algorithm>

#include "compiler.h"

namespace krules {

namespace {

// What an equality compares, where that is known before any rule runs.
bool source_of(const Node& node, EqualityGuard& guard) {
  switch (node.kind) {
    case NodeKind::kPayloadField:
      guard.source = EqualityGuard::Source::kPayloadField;
      guard.field = static_cast<const FieldNode&>(node).field;
      return true;
    case NodeKind::kPropertyName:
      guard.source = EqualityGuard::Source::kProperty;
      return true;
    case NodeKind::kNew:
      guard.source = EqualityGuard::Source::kNewValue;
      return true;
    case NodeKind::kOld:
      guard.source = EqualityGuard::Source::kOldValue;
      return true;
    case NodeKind::kSubjectName:
      guard.source = EqualityGuard::Source::kSubjectName;
      return true;
    case NodeKind::kLazyLocal:
      return source_of(*static_cast<const LocalNode&>(node).init, guard);
    default:
      return false;
  }
}

bool add_values(const Node& constant, bool as_list, EqualityGuard& guard) {
  if (constant.kind != NodeKind::kConst) return false;
  const Value& value = static_cast<const ConstNode&>(constant).value;
  if (!as_list) {
    guard.values.push_back(value);
  } else if (value.is(ValueKind::kList)) {
    const auto items = value.as_list().items();
    guard.values.insert(guard.values.end(), items.begin(), items.end());
  } else {
    return false;
  }
  // Absent fields read as null: nothing to look up.
  return std::none_of(guard.values.begin(), guard.values.end(),
                      [](const Value& each) { return each.is_null(); });
}

bool guard_of(const Node& node, EqualityGuard& guard) {
  if (node.kind == NodeKind::kEqual || node.kind == NodeKind::kIn) {
    const auto& binary = static_cast<const BinaryNode&>(node);
    return source_of(*binary.left, guard) && add_values(*binary.right, node.kind == NodeKind::kIn, guard);
  }
  if (node.kind != NodeKind::kOr) return false;
  bool first = true;
  for (const Node* side : static_cast<const ListNode&>(node)) {
    EqualityGuard one;
    if (!guard_of(*side, one)) return false;
    if (first) {
      guard = std::move(one);
    } else if (one.source == guard.source && one.field == guard.field) {
      guard.values.insert(guard.values.end(), one.values.begin(), one.values.end());
    } else {
      return false;
    }
    first = false;
  }
  return true;
}

void add_guards(const Node& condition, std::vector<EqualityGuard>& guards) {
  if (condition.kind == NodeKind::kAnd) {
    for (const Node* side : static_cast<const ListNode&>(condition)) add_guards(*side, guards);
    return;
  }
  EqualityGuard guard;
  if (guard_of(condition, guard)) guards.push_back(std::move(guard));
}

}  // namespace

// A guard that does not hold makes its conjunct false, and false wins over anything else in an `and`.
std::vector<EqualityGuard> guards_of(std::span<const CompiledRule::HeadStep> whens) {
  std::vector<EqualityGuard> guards;
  for (const CompiledRule::HeadStep& when : whens) add_guards(*when.condition, guards);
  return guards;
}

}  // namespace krules
