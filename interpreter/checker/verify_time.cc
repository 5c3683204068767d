#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "verifier.h"

/// Steps that only what comes later can take: a time that comes, a count with a bound on it.
namespace krules::check {

namespace {

bool is_in(const std::vector<uint32_t>& circle, uint32_t path) {
  return std::binary_search(circle.begin(), circle.end(), path);
}

}  // namespace

std::vector<uint32_t> Verifier::links_inside(uint32_t component, const Circle& circle) const {
  std::vector<uint32_t> found;
  for (const uint32_t number : parts_[component].links) {
    const Link& link = links_[number];
    if (link.state == State::kOpen && is_in(circle, link.from) && is_in(circle, link.to))
      found.push_back(number);
  }
  return found;
}

// Each link that the step takes away must lie on a circle of which `doubt` finds nothing, and begin or end at
// a path that `ends`: that is not taken for ever by what goes round there.
std::string Verifier::in_circles(const ProofRemoval& step,
                                 const std::function<std::string(const Circle&)>& doubt,
                                 const std::function<bool(uint32_t, const Circle&)>& ends) {
  const Part& part = parts_[step.component];
  std::vector<uint32_t> rest;
  for (const uint32_t i : step.removed) rest.push_back(part.links[i]);
  std::sort(rest.begin(), rest.end());
  std::vector<uint32_t> removed;
  for (Circle circle : circles(step.component)) {
    std::sort(circle.begin(), circle.end());
    bool is_first = true;
    for (const uint32_t number : links_inside(step.component, circle)) {
      if (!std::binary_search(rest.begin(), rest.end(), number)) continue;
      if (is_first) {
        if (std::string found = doubt(circle); !found.empty()) return found;
        is_first = false;
      }
      const Link& link = links_[number];
      if (!ends(link.from, circle) && !ends(link.to, circle))
        return fmt::format("nothing ends the way from `{}` to `{}`",
                           model_.rules[model_.paths[link.from].rule].compiled->name,
                           model_.rules[model_.paths[link.to].rule].compiled->name);
      removed.push_back(number);
    }
  }
  if (removed.size() != rest.size()) return "it takes away what goes round no more";
  for (const uint32_t number : removed) links_[number].state = State::kAside;
  return {};
}

// ---------------------------------------------------------------- a time that comes

// The same whenever the circle comes round.
bool Verifier::stands_on(TermId term, uint32_t component, const Circle& circle) const {
  if (terms_.is_const(term) || terms_.op(term) == Op::kParam) return true;
  const auto args = terms_.args(term);
  switch (terms_.op(term)) {
    case Op::kRead:
    case Op::kReadExt:
      return terms_.op(args[0]) == Op::kSubject && terms_.is_const(args[1]) &&
             is_left_alone(args[1], terms_.op(term) == Op::kReadExt, island_of(circle.front()));
    case Op::kField: {
      if (terms_.op(args[0]) != Op::kPayload || !terms_.is_const(args[1])) return false;
      const TermId field = args[1];
      const auto& links = parts_[component].links;
      return std::all_of(links.begin(), links.end(), [&](uint32_t number) {
        const Link& link = links_[number];
        if (link.state != State::kOpen || !is_in(circle, link.to)) return true;
        const TermId payload = effect_of({link.from, link.effect}).payload;
        return link.kind == EventClass::Kind::kPlain && terms_.apply(Op::kField, {payload, field}) == term;
      });
    }
    case Op::kAdd:
    case Op::kSubtract:
    case Op::kMultiply:
    case Op::kCoalesce:
      return std::all_of(args.begin(), args.end(),
                         [&](TermId arg) { return stands_on(arg, component, circle); });
    default:
      return false;
  }
}

// Whether the path is taken only while `now() < T`, or `now() - T < D`, of times that stand.
bool Verifier::waits_for_time(uint32_t path, uint32_t component, const Circle& circle) const {
  std::vector<Literal> open = model_.paths[path].when;
  while (!open.empty()) {
    const Literal literal = open.back();
    open.pop_back();
    const std::vector<TermId> args(terms_.args(literal.term).begin(), terms_.args(literal.term).end());
    const Op op = terms_.op(literal.term);
    if (op == Op::kNot) open.push_back({args[0], !literal.truth});
    if ((op == Op::kAnd && literal.truth) || (op == Op::kOr && !literal.truth)) {
      for (const TermId arg : args) open.push_back({arg, literal.truth});
    }
    if (op != Op::kLess && op != Op::kLessEqual) continue;
    TermId sooner = args[literal.truth ? 0 : 1];
    if (!stands_on(args[literal.truth ? 1 : 0], component, circle)) continue;
    if (terms_.op(sooner) == Op::kSubtract && stands_on(terms_.arg(sooner, 1), component, circle))
      sooner = terms_.arg(sooner, 0);
    if (terms_.op(sooner) == Op::kNow) return true;
  }
  return false;
}

// Where each delay on the circle is a time above nothing, and subjects are finitely many, time goes on past
// whatever stands.
std::string Verifier::confirm_time(const ProofRemoval& step) {
  const auto doubt = [&](const Circle& circle) -> std::string {
    for (const uint32_t number : links_inside(step.component, circle)) {
      const Link& link = links_[number];
      if (!link.delayed) continue;
      const Effect& effect = effect_of({link.from, link.effect});
      const bool takes_time = !effect.is_reply && terms_.is_const(effect.delay) &&
                              terms_.value(effect.delay).is(ValueKind::kDuration) &&
                              terms_.value(effect.delay).as_microseconds() > 0;
      if (!takes_time)
        return fmt::format("what `{}` brings later may come at once",
                           model_.rules[model_.paths[link.from].rule].compiled->name);
    }
    return subjects_are_finite(island_of(circle.front())) ? "" : "it may go on to ever new subjects";
  };
  return in_circles(step, doubt, [&](uint32_t path, const Circle& circle) {
    return waits_for_time(path, step.component, circle);
  });
}

// ---------------------------------------------------------------- a count with a bound on it

// Whether the path makes its subject's number greater by one at least, whenever it is taken.
bool Verifier::raises(uint32_t path, TermId name) {
  const TermId own = terms_.leaf(Op::kSubject);
  const TermId before = terms_.read(own, name);
  for (const Effect& effect : model_.paths[path].effects) {
    if (effect.kind != Effect::Kind::kChange || effect.in_loop || effect.extended || effect.name != name ||
        effect.subject != own || effect.before != before)
      continue;
    Walk walk(*this, path);
    const TermId from = walk.at(effect.before, 0);
    const TermId to = walk.at(effect.after, 0);
    std::vector<Literal> literals = walk.literals();
    // From what is no number: once.
    const TermId zero = terms_.number(0);
    literals.push_back({terms_.apply(Op::kOr, {terms_.apply(Op::kLessEqual, {from, zero}),
                                               terms_.apply(Op::kLess, {zero, from})}),
                        true});
    if (!cases_.values(from, literals).is_whole() || !cases_.values(to, literals).is_whole()) continue;
    literals.push_back({terms_.apply(Op::kLessEqual, {to, from}), true});
    if (cases_.is_impossible(literals)) return true;
  }
  return false;
}

// Whether nothing that runs again and again makes it smaller, or no number.
bool Verifier::is_only_raised(TermId name, uint32_t island) {
  const std::vector<Site> sites = active_writers(name, false, island);
  return std::all_of(sites.begin(), sites.end(), [&](const Site& site) {
    const Effect& effect = effect_of(site);
    if (effect.kind != Effect::Kind::kChange || effect.name != name) return false;
    Walk walk(*this, site.path);
    const TermId before = walk.at(effect.before, 0);
    const TermId after = walk.at(effect.after, 0);
    std::vector<Literal> literals = walk.literals();
    if (!cases_.values(after, literals).is_number()) return false;
    literals.push_back({terms_.apply(Op::kLess, {after, before}), true});
    return cases_.is_impossible(literals);
  });
}

// A path that asks for the number to be small, and is on no way round without a raise of it, is not taken for
// ever: the number goes past any bound.
std::string Verifier::confirm_counted(const ProofRemoval& step) {
  const TermId own = terms_.leaf(Op::kSubject);
  const TermId name = terms_.text_constant(step.property);
  const TermId read = terms_.read(own, name);
  std::vector<uint32_t> raising;
  std::vector<uint32_t> around;  // on ways round without a raise
  const auto doubt = [&](const Circle& circle) -> std::string {
    const std::vector<uint32_t> links = links_inside(step.component, circle);
    for (const uint32_t number : links) {
      if (effect_of({links_[number].from, links_[number].effect}).subject != own)
        return "it goes on to other subjects";
    }
    if (!is_only_raised(name, island_of(circle.front())))
      return fmt::format("`{}` may be set lower", step.property);
    raising.clear();
    std::copy_if(circle.begin(), circle.end(), std::back_inserter(raising),
                 [&](uint32_t path) { return raises(path, name); });
    around = circle;
    std::erase_if(around, [&](uint32_t path) { return is_in(raising, path); });
    // What leads to nothing, or is come to from nothing, is on no way round.
    for (size_t before = around.size() + 1; before != around.size();) {
      before = around.size();
      std::erase_if(around, [&](uint32_t path) {
        const auto leads = [&](bool out) {
          return std::any_of(links.begin(), links.end(), [&](uint32_t number) {
            const Link& link = links_[number];
            return (out ? link.from : link.to) == path && is_in(around, out ? link.to : link.from);
          });
        };
        return !leads(true) || !leads(false);
      });
    }
    return {};
  };
  return in_circles(step, doubt, [&](uint32_t path, const Circle&) {
    if (is_in(around, path)) return false;
    Walk walk(*this, path);
    const Region region = cases_.values(walk.at(read, 0), walk.literals());
    return region.is_number() && std::isfinite(region.high);
  });
}

}  // namespace krules::check
