#include <algorithm>
#include <cmath>
#include <utility>

#include "activity.h"
#include "prover.h"

/// What ends because time goes on: `now() < subject.due`, asked again after each delay.
namespace krules::check {

namespace {

bool is_inside(const Link& link, const std::vector<uint32_t>& circle) {
  return link.alive && std::binary_search(circle.begin(), circle.end(), link.from) &&
         std::binary_search(circle.begin(), circle.end(), link.to);
}

}  // namespace

// A time, or a span of it, that is the same whenever the circle comes round: a constant, a property that
// nothing writes meanwhile, a field that is handed on as it is.
bool Prover::stands(TermId term, const std::vector<uint32_t>& circle, const Component& component) {
  if (terms_.is_const(term)) return true;
  const Op op = terms_.op(term);
  if (op == Op::kParam) return true;
  if (op == Op::kRead || op == Op::kReadExt)
    return terms_.op(terms_.arg(term, 0)) == Op::kSubject && terms_.is_const(terms_.arg(term, 1)) &&
           activity_->is_left_alone(terms_.arg(term, 1), op == Op::kReadExt);
  if (op == Op::kField && terms_.op(terms_.arg(term, 0)) == Op::kPayload) {
    return std::all_of(component.links.begin(), component.links.end(), [&](const Link& link) {
      if (!link.alive || !std::binary_search(circle.begin(), circle.end(), link.to)) return true;
      const Effect& effect = model_.paths[link.from].effects[link.effect];
      return link.kind == EventClass::Kind::kPlain &&
             terms_.apply(Op::kField, {effect.payload, terms_.arg(term, 1)}) == term;
    });
  }
  if (op != Op::kAdd && op != Op::kSubtract && op != Op::kMultiply && op != Op::kCoalesce) return false;
  const std::vector<TermId> args(terms_.args(term).begin(), terms_.args(term).end());
  return std::all_of(args.begin(), args.end(), [&](TermId arg) { return stands(arg, circle, component); });
}

// Whether the path is only taken before a time that stands.
bool Prover::asks_for_time(uint32_t path, const std::vector<uint32_t>& circle, const Component& component) {
  std::vector<Literal> open = model_.paths[path].when;
  while (!open.empty()) {
    const Literal literal = open.back();
    open.pop_back();
    const Op op = terms_.op(literal.term);
    if (op == Op::kNot) open.push_back({terms_.arg(literal.term, 0), !literal.truth});
    if ((op == Op::kAnd && literal.truth) || (op == Op::kOr && !literal.truth)) {
      for (const TermId side : terms_.args(literal.term)) open.push_back({side, literal.truth});
    }
    if (op != Op::kLess && op != Op::kLessEqual) continue;
    const TermId less = terms_.arg(literal.term, literal.truth ? 0 : 1);
    const TermId more = terms_.arg(literal.term, literal.truth ? 1 : 0);
    // now() < T, or now() - T < D.
    const bool is_now = terms_.op(less) == Op::kNow;
    const bool is_since = terms_.op(less) == Op::kSubtract && terms_.op(terms_.arg(less, 0)) == Op::kNow;
    if (!is_now && !is_since) continue;
    if (is_since && !stands(terms_.arg(less, 1), circle, component)) continue;
    if (stands(more, circle, component)) return true;
  }
  return false;
}

// Whether the path raises a number of its subject's by one at least, whenever it is taken.
bool Prover::raises(uint32_t path, TermId name) {
  const TermId own = terms_.leaf(Op::kSubject);
  const TermId read = terms_.read(own, name);
  const auto& effects = model_.paths[path].effects;
  return std::any_of(effects.begin(), effects.end(), [&](const Effect& effect) {
    if (effect.kind != Effect::Kind::kChange || effect.in_loop || effect.name != name ||
        effect.subject != own || effect.before != read)
      return false;
    std::vector<Literal> literals = conditions(path);
    literals.push_back({terms_.apply(Op::kCall, {terms_.text_constant("is number"), effect.before}), true});
    const ValueSet delta =
        facts_.solver().values(terms_.apply(Op::kSubtract, {effect.after, effect.before}), literals);
    return delta.is_whole() && delta.low >= 1;
  });
}

// A number that only grows, and is asked for to be small on each way round on which it grows, wherever on it:
// `attempts`, raised when a call is made and looked at when it failed.
bool Prover::count_is_bounded(Component& component, const std::vector<uint32_t>& circle) {
  const TermId own = terms_.leaf(Op::kSubject);
  const bool one_subject = std::all_of(component.links.begin(), component.links.end(), [&](const Link& link) {
    return !is_inside(link, circle) || model_.paths[link.from].effects[link.effect].subject == own;
  });
  if (!one_subject) return false;
  for (const auto& [name, extended] : written_on_circles(component)) {
    if (extended || !activity_->only_moves(name, true)) continue;
    std::vector<uint32_t> rest;
    for (const uint32_t path : circle) {
      if (!raises(path, name)) rest.push_back(path);
    }
    if (rest.size() == circle.size()) continue;
    Component without = component;
    for (Link& link : without.links) link.alive = is_inside(link, circle) && is_inside(link, rest);
    std::vector<uint32_t> around;  // on ways round without a raise
    for (const auto& each : circles_of(without)) around.insert(around.end(), each.begin(), each.end());
    const TermId read = terms_.read(own, name);
    std::vector<uint32_t> bounded;
    for (const uint32_t path : circle) {
      if (std::find(around.begin(), around.end(), path) != around.end()) continue;
      const ValueSet set = facts_.solver().values(read, conditions(path));
      if (set.is_number() && std::isfinite(set.high)) bounded.push_back(path);
    }
    ProofStep step{.kind = ProofStep::Kind::kCounted, .property = name};
    step.text = "it is counted, and the count has a bound";
    if (remove_ways(component, circle, bounded, std::move(step))) return true;
  }
  return false;
}

// Each way round that takes a delay brings the time on by no less than the shortest of them, and one that
// takes none is told of by itself.
bool Prover::time_comes(Component& component, const std::vector<uint32_t>& circle) {
  const bool passes = std::all_of(component.links.begin(), component.links.end(), [&](const Link& link) {
    if (!is_inside(link, circle) || !link.delayed) return true;
    const Effect& effect = model_.paths[link.from].effects[link.effect];
    return !effect.is_reply && terms_.is_const(effect.delay) &&
           terms_.value(effect.delay).is(ValueKind::kDuration) &&
           terms_.value(effect.delay).as_microseconds() > 0;
  });
  if (!passes || !subjects_are_finite(component)) return false;
  std::vector<uint32_t> waiting;
  for (const uint32_t path : circle) {
    if (asks_for_time(path, circle, component)) waiting.push_back(path);
  }
  return remove_ways(component, circle, waiting,
                     {.kind = ProofStep::Kind::kTime, .text = "it waits for a time that comes"});
}

// Takes out what leads from or to the paths on a circle.
bool Prover::remove_ways(Component& component, const std::vector<uint32_t>& circle,
                         const std::vector<uint32_t>& paths, ProofStep step) {
  for (uint32_t i = 0; i < component.links.size(); ++i) {
    const Link& link = component.links[i];
    if (is_inside(link, circle) && (std::binary_search(paths.begin(), paths.end(), link.from) ||
                                    std::binary_search(paths.begin(), paths.end(), link.to)))
      step.removed.push_back(i);
  }
  return remove(component, std::move(step));
}

bool Prover::time_passes(Component& component) {
  if (scope_ != Scope::kTime) return false;
  const std::vector<std::vector<uint32_t>> circles = circles_of(component);
  return std::any_of(circles.begin(), circles.end(),
                     [&](const auto& circle) { return count_is_bounded(component, circle); }) ||
         std::any_of(circles.begin(), circles.end(),
                     [&](const auto& circle) { return time_comes(component, circle); });
}

}  // namespace krules::check
