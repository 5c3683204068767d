#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <map>
#include <set>

#include "activity.h"
#include "measure_parts.h"
#include "prover.h"

/// Reasons to stop: what only moves one way, and not past a bound.
namespace krules::check {

namespace {

constexpr size_t kMostWriters = 48;
constexpr size_t kMostValues = 16;
/// Among the values of a property: nothing is there, which reads as null does.
constexpr TermId kAbsent = UINT32_MAX;

// All values of a small set, as constants; false where they cannot be listed.
bool list_values(TermPool& terms, const ValueSet& set, std::vector<TermId>& values) {
  if (set.may_be(ValueSet::kDuration | ValueSet::kTimestamp | ValueSet::kList | ValueSet::kMap)) return false;
  if (set.may_be(ValueSet::kNull)) values.push_back(terms.null());
  if (set.may_be(ValueSet::kTrue)) values.push_back(terms.truth(true));
  if (set.may_be(ValueSet::kFalse)) values.push_back(terms.truth(false));
  if (set.may_be(ValueSet::kString)) {
    if (!set.strings_listed) return false;
    values.insert(values.end(), set.strings.begin(), set.strings.end());
  }
  if (set.may_be(ValueSet::kNumber)) {
    if (set.low == set.high && set.low == std::floor(set.low)) {
      values.push_back(terms.number(static_cast<int64_t>(set.low)));
    } else if ((set.kinds & ValueSet::kFloat) == 0 && set.high - set.low < kMostValues) {
      for (double value = set.low; value <= set.high; value += 1)
        values.push_back(terms.number(static_cast<int64_t>(value)));
    } else {
      return false;
    }
  }
  return values.size() <= kMostValues;
}

}  // namespace

// The properties that paths on circles write.
std::vector<std::pair<TermId, bool>> Prover::written_on_circles(const Component& component) const {
  std::set<std::pair<TermId, bool>> names;
  for (const auto& circle : circles_of(component)) {
    for (const uint32_t path : circle) {
      for (const Effect& effect : model_.paths[path].effects) {
        if (effect.kind != Effect::Kind::kEmit && terms_.is_const(effect.name))
          names.insert({effect.name, effect.extended});
      }
    }
  }
  return {names.begin(), names.end()};
}

// Calls visit(context) for each way in which the site can be come to, while it gives true. A path on a circle
// is come to, from some time on, by its own links alone.
template <class Visit>
bool Prover::in_all_contexts(const Component& component, const Site& site, const Visit& visit) {
  const Effect& effect = model_.paths[site.path].effects[site.effect];
  bool has_links = false;
  for (const Link& link : component.links) {
    if (!link.taken || link.to != site.path || !activity_->is_active(link.from)) continue;
    has_links = true;
    Chain chain(model_, facts_, *activity_, link.from);
    chain.add(link);
    const TermId before = chain.at(effect.before, 1);
    const TermId after = chain.at(effect.after, 1);
    if (chain.is_contradiction()) continue;
    if (!visit(Context{chain.literals(), before, after, chain, 1})) return false;
  }
  if (has_links) return true;
  Chain chain(model_, facts_, *activity_, site.path);
  return visit(Context{chain.literals(), chain.at(effect.before, 0), chain.at(effect.after, 0), chain, 0});
}

bool Prover::always_changes(const Component& component, const Site& site) {
  const Effect& effect = model_.paths[site.path].effects[site.effect];
  if (effect.in_loop) return false;
  return in_all_contexts(component, site, [&](const Context& context) {
    std::vector<Literal> literals = context.literals;
    if (effect.kind == Effect::Kind::kDelete) {
      literals.push_back({terms_.apply(Op::kHas, {context.before}), false});
    } else {
      literals.push_back({terms_.apply(Op::kEqual, {context.after, context.before}), true});
    }
    return facts_.solver().is_contradiction(literals);
  });
}

// The changes that these sites make end: so do the events of them, and the paths that cannot run without.
bool Prover::remove_changes(Component& component, const std::vector<Site>& sites, ProofStep step) {
  for (const Site& site : sites) {
    const bool whole_path = always_changes(component, site);
    for (uint32_t i = 0; i < component.links.size(); ++i) {
      const Link& link = component.links[i];
      const bool own_event = link.from == site.path && link.effect == site.effect;
      if (link.taken && (own_event || (whole_path && (link.from == site.path || link.to == site.path))))
        step.closed.push_back(i);
    }
  }
  return remove(component, std::move(step));
}

bool Prover::climb(Component& component) {
  bool finite = false;
  bool asked = false;
  for (const auto& [name, extended] : written_on_circles(component)) {
    if (!asked) {
      finite = subjects_are_finite(component);
      asked = true;
    }
    if (!finite) return false;
    if (walk_values(component, name, extended)) return true;
    if (climb_on(component, name, extended, true)) return true;
    if (climb_on(component, name, extended, false)) return true;
  }
  return false;
}

bool Prover::climb_on(Component& component, TermId name, bool extended, bool up) {
  const std::vector<Site> sites = activity_->writers(name, extended);
  if (sites.empty() || sites.size() > kMostWriters) return false;
  Solver& solver = facts_.solver();
  std::vector<Site> ending;
  bool has_bound = false;
  bool is_far = false;  // from where it may be, in steps that do not get longer
  ProofStep step{.kind = ProofStep::Kind::kClimb, .property = name, .extended = extended, .up = up};
  for (const Site& site : sites) {
    const Effect& effect = model_.paths[site.path].effects[site.effect];
    if (effect.kind != Effect::Kind::kChange || effect.name != name) return false;
    bool ends = true;
    const bool one_way = in_all_contexts(component, site, [&](const Context& context) {
      std::vector<Literal> literals = context.literals;
      if (!solver.values(context.after, literals).is_number() &&
          !facts_.values_on(site.path, effect.after).is_number())
        return false;
      literals.push_back(
          {terms_.apply(Op::kCall, {terms_.text_constant("is number"), context.before}), true});
      std::vector<Literal> back = literals;
      back.push_back(up ? Literal{terms_.apply(Op::kLess, {context.after, context.before}), true}
                        : Literal{terms_.apply(Op::kLess, {context.before, context.after}), true});
      if (!solver.is_contradiction(back)) return false;
      literals.push_back({terms_.apply(Op::kEqual, {context.after, context.before}), false});
      // From something that is no number to a number: once for each subject.
      if (!ends || solver.is_contradiction(literals)) return true;
      const ValueSet delta =
          solver.values(terms_.apply(Op::kSubtract, {context.after, context.before}), literals);
      // A change that goes up is an end in itself, there are so many numbers; by how much tells how soon.
      const bool countable = up ? goes_up(delta) : goes_down(delta);
      const ValueSet from = solver.values(context.before, literals);
      const double size = countable ? (up ? delta.low : -delta.high) : 0;
      const double bound = up ? from.high : from.low;
      const double start = up ? from.low : from.high;
      if (!std::isfinite(bound)) {
        ends = is_bounded(component, context, site.path, literals, up) ||
               is_finite(effect.after, site.path, component);
        return true;
      }
      const bool is_farther = up ? bound > step.bound : bound < step.bound;
      if (!has_bound || is_farther) step.bound = bound;
      has_bound = true;
      step.step = step.step == 0 ? size : std::min(step.step, size);
      if (!std::isfinite(start) && size > 0 && std::isfinite(up ? delta.high : delta.low)) is_far = true;
      if (std::isfinite(start) && size > 0) {
        const auto times =
            static_cast<uint64_t>(std::min(1e15, std::floor(std::abs(bound - start) / size) + 1));
        step.times = std::max(step.times.value_or(0), times);
      }
      return true;
    });
    if (!one_way) return false;
    if (ends) ending.push_back(site);
  }
  if (ending.empty()) return false;
  const std::string shown = fmt::format("{}{}", extended ? "ext." : "", terms_.text(name));
  step.text = step.step == 0
                  ? fmt::format("`{}` is set once", shown)
                  : fmt::format("`{}` only {}, and not once it is {} {}", shown, up ? "grows" : "shrinks",
                                up ? "above" : "below", number_text(step.bound));
  if (step.step > 0) {
    const std::string times = times_text(shown, up, step.bound, step.step);
    step.text += fmt::format(": at most `{}` times for each subject", times);
    if (is_far && !facts_.is_given(name, extended)) {
      step.formula = times;
      step.times.reset();
    }
  }
  return remove_changes(component, ending, std::move(step));
}

// A bound that is no number but stands still: another property that nothing writes meanwhile, a parameter.
bool Prover::is_bounded(const Component& /*component*/, const Context& context, uint32_t path,
                        const std::vector<Literal>& literals, bool up) {
  std::vector<TermId> candidates;
  const auto stands = [&](const auto& self, TermId term) -> bool {
    if (terms_.is_const(term)) return true;
    const Op op = terms_.op(term);
    if (op == Op::kRead || op == Op::kReadExt) {
      return terms_.op(terms_.arg(term, 0)) == Op::kSubject && terms_.is_const(terms_.arg(term, 1)) &&
             activity_->is_left_alone(terms_.arg(term, 1), op == Op::kReadExt);
    }
    if (op == Op::kParam) return true;
    if (is_local(op) || op == Op::kCall || op == Op::kField) return false;
    const auto args = terms_.args(term);
    return std::all_of(args.begin(), args.end(), [&](TermId arg) { return self(self, arg); });
  };
  const auto look = [&](const auto& self, TermId term) -> void {
    if (terms_.is_const(term)) return;
    if (terms_.op(term) == Op::kRead || terms_.op(term) == Op::kParam || terms_.op(term) == Op::kReadExt ||
        terms_.op(term) == Op::kCoalesce) {
      if (stands(stands, term)) candidates.push_back(term);
    }
    if (is_local(terms_.op(term))) return;
    const std::vector<TermId> args(terms_.args(term).begin(), terms_.args(term).end());
    for (const TermId arg : args) self(self, arg);
  };
  for (const Literal& literal : model_.paths[path].when) look(look, literal.term);
  return std::any_of(candidates.begin(), candidates.end(), [&](TermId candidate) {
    const TermId there = context.chain.at(candidate, context.run);
    const ValueSet gap =
        facts_.solver().values(terms_.apply(Op::kSubtract, {context.before, there}), literals);
    return std::isfinite(up ? gap.high : gap.low);
  });
}

// Properties on circles that whatever writes them only raises, or only lowers.
void Prover::note_moves(const Component& component) {
  for (const auto& written : written_on_circles(component)) {
    if (written.second) continue;  // extended
    const TermId name = written.first;
    const std::vector<Site> sites = activity_->writers(name, false);
    if (sites.size() > kMostWriters) continue;
    for (const bool up : {true, false}) {
      const bool one_way = std::all_of(sites.begin(), sites.end(), [&](const Site& site) {
        const Effect& effect = model_.paths[site.path].effects[site.effect];
        if (effect.kind != Effect::Kind::kChange || effect.name != name) return false;
        std::vector<Literal> literals = conditions(site.path);
        if (!facts_.solver().values(effect.after, literals).is_number()) return false;
        literals.push_back(
            {terms_.apply(Op::kLess, {up ? effect.after : effect.before, up ? effect.before : effect.after}),
             true});
        return facts_.solver().is_contradiction(literals);
      });
      if (one_way) activity_->note_moves(name, up);
    }
  }
}

bool Prover::walk_values(Component& component, TermId name, bool extended) {
  const std::vector<Site> sites = activity_->writers(name, extended);
  if (sites.empty() || sites.size() > kMostWriters) return false;
  Solver& solver = facts_.solver();
  std::vector<std::vector<TermId>> results;
  std::vector<TermId> values;
  for (const Site& site : sites) {
    const Effect& effect = model_.paths[site.path].effects[site.effect];
    std::vector<TermId>& result = results.emplace_back();
    if (effect.kind == Effect::Kind::kChange) {
      ValueSet all = ValueSet::nothing();
      in_all_contexts(component, site, [&](const Context& context) {
        all.join(solver.values(context.after, context.literals));
        return true;
      });
      if (!list_values(terms_, all, result)) return false;
    } else {
      result.push_back(kAbsent);
    }
    values.insert(values.end(), result.begin(), result.end());
  }
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  if (values.size() > kMostValues) return false;
  struct Step {
    uint32_t from;
    uint32_t to;
    size_t site;
  };
  std::vector<Step> steps;
  std::vector<char> again(sites.size(), 0);
  const auto told = [&](TermId value) { return value == kAbsent ? terms_.null() : value; };
  const auto index = [&](TermId value) {
    return static_cast<uint32_t>(std::lower_bound(values.begin(), values.end(), value) - values.begin());
  };
  for (size_t i = 0; i < sites.size(); ++i) {
    const Effect& effect = model_.paths[sites[i].path].effects[sites[i].effect];
    if (effect.sets_first) again[i] = 1;          // from nothing to nothing, with an event
    std::vector<std::pair<TermId, TermId>> open;  // steps that no context was seen to allow yet
    for (const TermId to : results[i]) {
      for (const TermId from : values) {
        if (from != to) open.emplace_back(from, to);
      }
    }
    in_all_contexts(component, sites[i], [&](const Context& context) {
      std::vector<Literal> both = context.literals;
      const size_t known = both.size();
      std::erase_if(open, [&](const auto& change) {
        const auto [from, to] = change;
        both.resize(known);
        if (effect.kind != Effect::Kind::kDeleteSubject && !effect.sets_first)
          both.push_back({terms_.apply(Op::kEqual, {context.before, told(from)}), true});
        if (effect.kind == Effect::Kind::kChange)
          both.push_back({terms_.apply(Op::kEqual, {context.after, to}), true});
        if (solver.is_contradiction(both)) return false;
        steps.push_back({index(from), index(to), i});
        return true;
      });
      return !open.empty();
    });
  }
  std::vector<std::vector<uint32_t>> next(values.size());
  for (const Step& each : steps) next[each.from].push_back(each.to);
  std::vector<uint32_t> group(values.size());
  uint32_t count = 0;
  for (const auto& one : strong_components(
           static_cast<uint32_t>(values.size()), [&](uint32_t i) -> const auto& { return next[i]; })) {
    for (const uint32_t i : one) group[i] = count;
    ++count;
  }
  for (const Step& each : steps) {
    if (group[each.from] == group[each.to]) again[each.site] = 1;
  }
  std::vector<Site> ending;
  for (size_t i = 0; i < sites.size(); ++i) {
    if (again[i] == 0) ending.push_back(sites[i]);
  }
  if (ending.empty()) return false;
  ProofStep step{.kind = ProofStep::Kind::kChain, .property = name, .extended = extended};
  const std::string shown = fmt::format("{}{}", extended ? "ext." : "", terms_.text(name));
  step.text = values.size() == 1
                  ? fmt::format("`{}` is only ever set to {}, which is no change the second time", shown,
                                terms_.show(told(values.front())))
                  : fmt::format("`{}` does not go back to a value that it had", shown);
  return remove_changes(component, ending, std::move(step));
}

}  // namespace krules::check
