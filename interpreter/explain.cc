#include "krules/explain.h"

#include "counted.h"
#include "make_nodes.h"
#include "program_impl.h"

namespace krules {

namespace {

constexpr size_t kMostParts = 8;
constexpr uint64_t kSteps = 100'000;

/// Goes down to what decided. Everything is evaluated in the order in which it was evaluated before, so that
/// chance gives the same again.
class Explainer {
 public:
  Explainer(Frame& frame, WhenExplanation& explanation) : frame_(frame), explanation_(explanation) {}

  /// `node` did not come out as `wanted`.
  void explain(const Node& condition, bool wanted) {
    const Node& node = uncounted(condition);
    explanation_.decided = node.span;
    go(node, wanted);
  }

 private:
  void go(const Node& node, bool wanted) {
    switch (node.kind) {
      case NodeKind::kNot:
        go(*static_cast<const UnaryNode&>(node).operand, !wanted);
        return;
      case NodeKind::kAnd:
      case NodeKind::kOr: {
        // One side decides an `and` that is false and an `or` that is true; else all of them do.
        const bool one_decides = (node.kind == NodeKind::kAnd) == wanted;
        const Truth good = wanted ? Truth::kTrue : Truth::kFalse;
        for (const Node* side : static_cast<const ListNode&>(node)) {
          if (!one_decides) {
            go(*side, wanted);
            continue;
          }
          const uint32_t entropy = frame_.entropy_used;
          if (side->truth(*side, frame_) == good) continue;
          frame_.entropy_used = entropy;
          if (explanation_.decided.begin == node.span.begin && explanation_.decided.end == node.span.end)
            explanation_.decided = side->span;
          go(*side, wanted);
          return;
        }
        return;
      }
      case NodeKind::kEqual:
      case NodeKind::kIn:
      case NodeKind::kCompare: {
        const auto& binary = static_cast<const BinaryNode&>(node);
        add(*binary.left);
        add(*binary.right);
        return;
      }
      case NodeKind::kMatchesConstant:
        add(*static_cast<const UnaryNode&>(node).operand);
        return;
      case NodeKind::kCall: {
        const auto& call = static_cast<const NativeCallNode&>(node);
        for (uint32_t i = 0; i < call.count; ++i) {
          if (call.arguments[i] != nullptr) add(*call.arguments[i]);
        }
        return;
      }
      default:
        add(node);
    }
  }

  void add(const Node& node) {
    if (explanation_.parts.size() == kMostParts) return;
    if (node.kind == NodeKind::kConst) {
      const auto& constant = static_cast<const ConstNode&>(node);
      if (constant.literal || is_container(constant.value)) return;
    }
    const Value value = node.eval(node, frame_);
    if (!value.is(ValueKind::kLambda)) explanation_.parts.push_back({node.span, value});
  }

  Frame& frame_;
  WhenExplanation& explanation_;
};

}  // namespace

WhenResult explain_whens(const CompiledRule& rule, Frame& frame, WhenExplanation& explanation) {
  begin_rule_frame(rule, frame);
  for (const CompiledRule::HeadStep& when : rule.whens) {
    const Node& condition = *when.condition;
    const uint32_t entropy_before = frame.entropy_used;
    const Truth truth = condition.truth(condition, frame);
    if (truth == Truth::kTrue) continue;
    // The rule does not run: of the frame nothing is needed any more but the failure.
    const Value failure = frame.failure;
    frame.entropy_used = entropy_before;
    frame.steps_left = kSteps;
    explanation.source = condition.source;
    explanation.when = condition.span;
    explanation.parts.clear();
    Explainer(frame, explanation).explain(condition, true);
    frame.failure = failure;
    return truth == Truth::kFalse ? WhenResult::kDoesNotHold : WhenResult::kError;
  }
  return WhenResult::kHolds;
}

}  // namespace krules
