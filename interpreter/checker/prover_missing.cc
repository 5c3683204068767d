#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "activity.h"
#include "prover.h"

/// What would have to be known for a proof: tried out, so that what is told is true.
namespace krules::check {

namespace {

constexpr size_t kMostPlaces = 8;
constexpr size_t kMostLinks = 60;

}  // namespace

std::vector<TermId> Prover::asked_on_circles(const Component& component) const {
  std::vector<TermId> found;
  std::set<std::pair<Op, TermId>> known;
  for (const std::vector<uint32_t>& circle : circles_of(component)) {
    for (const uint32_t path : circle) {
      std::vector<TermId> open;
      for (const Literal& literal : model_.paths[path].when) open.push_back(literal.term);
      for (const Effect& effect : model_.paths[path].effects) {
        open.push_back(effect.subject);
        open.push_back(effect.payload);
        open.push_back(effect.after);
      }
      while (!open.empty() && found.size() < kMostPlaces) {
        const TermId term = open.back();
        open.pop_back();
        const Op op = terms_.op(term);
        const bool field = op == Op::kField && terms_.op(terms_.arg(term, 0)) == Op::kPayload;
        if ((field || op == Op::kRead || op == Op::kReadExt) && terms_.is_const(terms_.arg(term, 1)) &&
            known.insert({op, terms_.arg(term, 1)}).second)
          found.push_back(term);
        for (const TermId arg : terms_.args(term)) open.push_back(arg);
      }
    }
  }
  return found;
}

// Leaves the component as it was.
bool Prover::is_proven_assuming(Component& component, TermId term, const ValueSet& set) {
  const Component before = component;
  const auto number = static_cast<uint32_t>(&component - components_.data());
  facts_.assume(term, set);
  activity_->renew(components_, number);
  bool proven = circles_of(component).empty();
  while (!proven && improve(component)) {
    proven = circles_of(component).empty();
    activity_->renew(components_, number);
  }
  facts_.stop_assuming();
  component = before;
  activity_->renew(components_, number);
  return proven;
}

std::string Prover::missing_fact(Component& component) {
  if (component.too_large || component.links.size() > kMostLinks) return {};
  ValueSet whole = ValueSet::of_kinds(ValueSet::kInt);
  ValueSet positive = whole;
  positive.raise_low(1, false);
  const std::vector<TermId> places = asked_on_circles(component);
  for (const TermId place : places) {
    if (!is_proven_assuming(component, place, whole)) continue;
    const std::string shown = terms_.show(place);
    if (terms_.op(place) != Op::kField) return fmt::format("an int in `{}`, always,", shown);
    return fmt::format("an int in `{}` (an `input` declaration with `{}: int` says it)", shown,
                       terms_.text(terms_.arg(place, 1)));
  }
  for (const TermId place : places) {
    if (is_proven_assuming(component, place, positive))
      return fmt::format("`{} > 0`, with ints,", terms_.show(place));
  }
  return {};
}

}  // namespace krules::check
