#include "krules/compiled_test.h"
#include "nodes.h"

namespace krules {

Value evaluate(const Node& node, Frame& frame) {
  return node.eval(node, frame);
}

Value evaluate_condition(const Node& node, Frame& frame) {
  return value_of_truth(node, frame);
}

namespace {

/// Adds the parts of `claim` that are not as `wanted`.
void look_at(const TestClaim& claim, bool wanted, Frame& frame, std::vector<FailedClaim>& failed) {
  const Value came = evaluate_condition(*claim.node, frame);
  if (!came.is_error() && came.is_true() == wanted) return;
  if (claim.kind == TestClaim::Kind::kPlain) {
    FailedClaim& one = failed.emplace_back();
    one.span = claim.span;
    one.wanted = wanted;
    if (came.is_error()) one.error = came;
    for (const ShownValue& shown : claim.values) {
      const Value value = evaluate(*shown.node, frame);
      if (!value.is_error()) one.values.emplace_back(shown.span, value);
    }
    return;
  }
  const bool of_parts = claim.kind == TestClaim::Kind::kNot ? !wanted : wanted;
  for (const TestClaim& part : claim.parts) look_at(part, of_parts, frame, failed);
}

}  // namespace

std::vector<FailedClaim> why_not(const TestClaim& claim, Frame& frame) {
  std::vector<FailedClaim> failed;
  look_at(claim, true, frame, failed);
  return failed;
}

}  // namespace krules
