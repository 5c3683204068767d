#include "counted.h"

#include "krules/compiled_test.h"

namespace krules {

namespace {

struct CountedNode : Node {
  const Node* condition = nullptr;
  mutable uint64_t counts[3] = {};  // by Truth
};
struct CountedBody : StmtNode {
  const StmtNode* body = nullptr;
  mutable uint64_t runs = 0;
  mutable uint64_t failed = 0;
};

Truth count_condition(const Node& node, Frame& frame) {
  const auto& self = static_cast<const CountedNode&>(node);
  const Truth truth = self.condition->truth(*self.condition, frame);
  ++self.counts[static_cast<size_t>(truth)];
  return truth;
}

Flow count_body(const StmtNode& statement, Frame& frame) {
  const auto& self = static_cast<const CountedBody&>(statement);
  ++self.runs;
  const Flow flow = self.body->run(*self.body, frame);
  if (flow == Flow::kFail) ++self.failed;
  return flow;
}

}  // namespace

const Node* counted(const Node& condition, Span span, Arena& arena) {
  auto* node = new (arena.allocate(sizeof(CountedNode), alignof(CountedNode))) CountedNode();
  node->span = span;
  node->source = condition.source;
  node->flags = condition.flags;
  node->condition = &condition;
  node->truth = count_condition;
  node->eval = value_of_truth;
  return node;
}

const Node& uncounted(const Node& condition) {
  if (condition.truth != count_condition) return condition;
  return *static_cast<const CountedNode&>(condition).condition;
}

const StmtNode* counted(const StmtNode& body, Arena& arena) {
  auto* node = new (arena.allocate(sizeof(CountedBody), alignof(CountedBody))) CountedBody();
  node->span = body.span;
  node->source = body.source;
  node->body = &body;
  node->run = count_body;
  return node;
}

UnitCounts counts_of(const CompiledRule& unit) {
  UnitCounts counts;
  const auto& body = static_cast<const CountedBody&>(*unit.body);
  counts.runs = body.runs;
  counts.failed = body.failed;
  for (const CompiledRule::HeadStep& step : unit.whens) {
    const auto& when = static_cast<const CountedNode&>(*step.condition);
    const auto count = [&](Truth truth) { return when.counts[static_cast<size_t>(truth)]; };
    counts.whens.push_back(
        {when.source, when.span, count(Truth::kTrue), count(Truth::kFalse), count(Truth::kError)});
  }
  return counts;
}

}  // namespace krules
