#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <map>
#include <set>

#include "activity.h"
#include "prover.h"

/// Reasons to stop: what only moves one way, and not past a bound.
namespace krules::check {

namespace {

constexpr size_t kMostWriters = 48;
constexpr size_t kMostValues = 16;
constexpr size_t kMostCandidates = 6;
constexpr size_t kMostStarts = 4;

std::string number_text(double value) {
  return fmt::format("{}", value);
}

// How often something can move by `step` from where it is to `bound` and past it, for people.
std::string times_text(const std::string& name, bool up, double bound, double step) {
  const bool whole = step == 1 && bound == std::floor(bound);
  const double end = whole ? bound + (up ? 1 : -1) : bound;
  std::string distance = up ? fmt::format("{} - {}", end, name) : fmt::format("{} - {}", name, end);
  if (!up && end == 0) distance = name;
  if (step == 1) return distance;
  return distance == name ? fmt::format("{} / {}", name, step) : fmt::format("({}) / {}", distance, step);
}

bool goes_up(const ValueSet& delta) {
  return delta.is_whole() ? delta.low >= 1 : delta.low > 0;
}
bool goes_down(const ValueSet& delta) {
  return delta.is_whole() ? delta.high <= -1 : delta.high < 0;
}

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

/// Places that a value was followed through.
struct Prover::FlowVisit {
  std::map<std::pair<TermId, uint32_t>, bool>
      places;  // (term, rule): whether something was made of it on the way
  const Component* component;
};

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
    if (!link.alive || link.to != site.path) continue;
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
      if (link.alive && (own_event || (whole_path && (link.from == site.path || link.to == site.path))))
        step.removed.push_back(i);
    }
  }
  std::sort(step.removed.begin(), step.removed.end());
  step.removed.erase(std::unique(step.removed.begin(), step.removed.end()), step.removed.end());
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
        FlowVisit visit{{}, &component};
        ends = is_bounded(component, context, site.path, literals, up) ||
               is_finite(effect.after, site.path, false, visit);
        return true;
      }
      step.step = step.step == 0 ? size : std::min(step.step, size);
      step.bound = bound;
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
    const bool changes = effect.kind == Effect::Kind::kChange;
    ValueSet all = ValueSet::nothing();
    in_all_contexts(component, site, [&](const Context& context) {
      all.join(solver.values(changes ? context.after : terms_.null(), context.literals));
      return true;
    });
    if (!list_values(terms_, all, result)) return false;
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
  const auto index = [&](TermId value) {
    return static_cast<uint32_t>(std::lower_bound(values.begin(), values.end(), value) - values.begin());
  };
  for (size_t i = 0; i < sites.size(); ++i) {
    const Effect& effect = model_.paths[sites[i].path].effects[sites[i].effect];
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
        if (effect.kind != Effect::Kind::kDeleteSubject)
          both.push_back({terms_.apply(Op::kEqual, {context.before, from}), true});
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
  std::vector<char> again(sites.size(), 0);
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
                                terms_.show(values.front()))
                  : fmt::format("`{}` does not go back to a value that it had", shown);
  return remove_changes(component, ending, std::move(step));
}

// What a path reckons with that may be handed on and shrink or grow: values, the distance that a condition
// asks for, sums of what is asked for.
std::vector<TermId> Prover::measurable(uint32_t path) {
  std::vector<TermId> found;
  std::vector<TermId> asked;
  const auto add = [](std::vector<TermId>& list, TermId term) {
    if (std::find(list.begin(), list.end(), term) == list.end()) list.push_back(term);
  };
  const auto is_value = [&](TermId id) {
    const Op op = terms_.op(id);
    const bool field =
        op == Op::kField &&
        (terms_.op(terms_.arg(id, 0)) == Op::kPayload || terms_.op(terms_.arg(id, 0)) == Op::kMeta ||
         terms_.op(terms_.arg(id, 0)) == Op::kExtra) &&
        terms_.is_const(terms_.arg(id, 1));
    const bool length = op == Op::kCall && terms_.is_text(terms_.arg(id, 0), "len");
    return op == Op::kNew || op == Op::kOld || field || length || op == Op::kRead || op == Op::kCoalesce;
  };
  const auto look = [&](TermId term) {
    std::vector<TermId> open = {term};
    while (!open.empty()) {
      const TermId id = open.back();
      open.pop_back();
      if (is_value(id)) add(found, id);
      for (const TermId arg : terms_.args(id)) open.push_back(arg);
    }
  };
  for (const Literal& literal : model_.paths[path].when) look(literal.term);
  for (const Effect& effect : model_.paths[path].effects) {
    if (effect.kind == Effect::Kind::kEmit) {
      look(effect.payload);
      look(effect.context);
    }
    if (effect.kind == Effect::Kind::kChange) look(effect.after);
  }
  if (found.size() > kMostCandidates) found.resize(kMostCandidates);
  std::vector<TermId> open;
  for (const Literal& literal : model_.paths[path].when) open.push_back(literal.term);
  while (!open.empty()) {
    const TermId id = open.back();
    open.pop_back();
    const Op op = terms_.op(id);
    if (op == Op::kLess || op == Op::kLessEqual) {
      const TermId low = terms_.arg(id, 0);
      const TermId high = terms_.arg(id, 1);
      if (!terms_.is_const(low) && !terms_.is_const(high)) {
        add(found, terms_.apply(Op::kSubtract, {high, low}));
      } else {
        const TermId one = terms_.is_const(low) ? high : low;
        if (is_value(one)) add(asked, one);
      }
      continue;
    }
    for (const TermId arg : terms_.args(id)) open.push_back(arg);
  }
  std::sort(asked.begin(), asked.end());
  if (asked.size() == 2) add(found, terms_.apply(Op::kAdd, {asked[0], asked[1]}));
  return found;
}

bool Prover::measure(Component& component) {
  for (const std::vector<uint32_t>& circle : circles_of(component)) {
    // What counts may be asked for in one place alone.
    for (size_t i = 0; i < std::min(circle.size(), kMostStarts); ++i) {
      const uint32_t start = circle[i];
      for (const TermId value : measurable(start)) {
        if (measure_from(component, circle, start, value, false)) return true;
        if (measure_from(component, circle, start, value, true)) return true;
      }
    }
  }
  return false;
}

// What a link does to the value: how far against the direction at most (negative: so far along it), and the
// bound of the value before.
struct Prover::Move {
  uint32_t link;
  uint32_t from;
  uint32_t to;
  double against;
  bool is_whole;
  ValueSet before;
};

// `theirs` is the value at the next run; nothing where it may be no number, or be moved any far back.
std::optional<Prover::Move> Prover::move_of(Chain& chain, TermId mine, TermId theirs, bool up) {
  if (theirs == mine) return Move{0, 0, 0, 0, true, {}};
  Solver& solver = facts_.solver();
  const std::vector<Literal>& literals = chain.literals();
  const ValueSet before = solver.values(mine, literals);
  const ValueSet after = solver.values(theirs, literals);
  if (!before.is_number() || !after.is_number()) return std::nullopt;
  const ValueSet delta = solver.values(terms_.apply(Op::kSubtract, {theirs, mine}), literals);
  const bool strict = up ? goes_up(delta) : goes_down(delta);
  const double against = up ? -delta.low : delta.high;
  const bool whole = before.is_whole() && after.is_whole();
  std::vector<Literal> back = literals;
  back.push_back({terms_.apply(Op::kLess, {up ? theirs : mine, up ? mine : theirs}), true});
  if (solver.is_contradiction(back)) return Move{0, 0, 0, strict ? against : 0, whole, before};
  if (!whole || !std::isfinite(against)) return std::nullopt;
  return Move{0, 0, 0, against, true, before};
}

// What to add to the values, by path, so that no link moves against the direction and `strict` moves along
// it; nothing where there is no such thing.
std::optional<std::map<uint32_t, double>> Prover::levels(const std::vector<Move>& moves, size_t strict) {
  std::map<uint32_t, double> level;
  for (const Move& move : moves) level[move.from] = level[move.to] = 0;
  for (size_t round = 0; round <= level.size(); ++round) {
    bool moved = false;
    for (size_t i = 0; i < moves.size(); ++i) {
      const double least = level[moves[i].to] + moves[i].against + (i == strict ? 1 : 0);
      if (least <= level[moves[i].from]) continue;
      level[moves[i].from] = least;
      moved = true;
    }
    if (!moved) return level;
  }
  return std::nullopt;
}

bool Prover::measure_from(Component& component, const std::vector<uint32_t>& circle, uint32_t start,
                          TermId value, bool up) {
  std::map<uint32_t, TermId> chosen = {{start, value}};
  std::deque<uint32_t> queue = {start};
  std::vector<Move> moves;
  const auto in_circle = [&](uint32_t path) {
    return std::binary_search(circle.begin(), circle.end(), path);
  };
  while (!queue.empty()) {
    const uint32_t path = queue.front();
    queue.pop_front();
    for (uint32_t i = 0; i < component.links.size(); ++i) {
      const Link& link = component.links[i];
      if (!link.alive || link.from != path || !in_circle(link.to)) continue;
      Chain chain(model_, facts_, *activity_, path);
      chain.add(link);
      const TermId mine = chain.at(chosen.at(path), 0);
      const auto known = chosen.find(link.to);
      std::vector<TermId> candidates;
      if (known != chosen.end()) {
        candidates = {known->second};
      } else {
        // The same there before all, which may only be handed on.
        candidates = measurable(link.to);
        std::erase(candidates, chosen.at(path));
        candidates.insert(candidates.begin(), chosen.at(path));
      }
      const auto same = std::find_if(candidates.begin(), candidates.end(),
                                     [&](TermId each) { return chain.at(each, 1) == mine; });
      if (same != candidates.end()) std::iter_swap(candidates.begin(), same);
      // The first that does not go back; else the first that does not go back far.
      std::optional<Move> best;
      TermId taken = 0;
      for (const TermId candidate : candidates) {
        const std::optional<Move> move = move_of(chain, mine, chain.at(candidate, 1), up);
        if (!move.has_value() || (best.has_value() && move->against > 0)) continue;
        best = move;
        taken = candidate;
        if (move->against <= 0) break;
      }
      if (!best.has_value()) return false;
      moves.push_back({i, path, link.to, best->against, best->is_whole, best->before});
      if (known == chosen.end()) {
        chosen.emplace(link.to, taken);
        queue.push_back(link.to);
      }
    }
  }
  const auto is_bounded = [&](const Move& move) {
    return move.before.is_number() && std::isfinite(up ? move.before.high : move.before.low);
  };
  // As it is, or with something added on some ways where it also goes back.
  std::map<uint32_t, double> level;
  std::vector<size_t> strict;
  if (std::all_of(moves.begin(), moves.end(), [](const Move& move) { return move.against <= 0; })) {
    for (size_t i = 0; i < moves.size(); ++i) {
      if (moves[i].against < 0 && is_bounded(moves[i])) strict.push_back(i);
    }
  } else {
    if (!std::all_of(moves.begin(), moves.end(), [](const Move& move) { return move.is_whole; }))
      return false;
    for (size_t i = 0; i < moves.size() && strict.empty(); ++i) {
      if (!is_bounded(moves[i])) continue;
      const auto found = levels(moves, i);
      if (!found.has_value()) continue;
      level = *found;
      strict.push_back(i);
    }
  }
  if (strict.empty()) return false;
  double bound = 0;
  double step_size = ValueSet::kInfinity;
  double length = 0;    // of the way to the bound; infinite where it may be of any length
  bool is_even = true;  // steps do not get longer
  ProofStep step{.kind = ProofStep::Kind::kMeasure, .up = up};
  for (const size_t i : strict) {
    const Move& move = moves[i];
    step.removed.push_back(move.link);
    bound = up ? move.before.high : move.before.low;
    step_size = std::min(step_size, level.empty() ? -move.against : 1);
    length = std::max(length, move.before.high - move.before.low);
    is_even = is_even && level.empty();
  }
  double most = 0;
  for (const auto& [path, more] : level) most = std::max(most, more);
  step.bound = bound;
  for (const auto& [path, term] : chosen) {
    const double more = level.empty() ? 0 : level.at(path);
    step.measure.push_back({path, term, static_cast<int64_t>(up ? -more : more)});
  }
  step.text = fmt::format("`{}` {} from event to event, and not past {}", terms_.show(value),
                          up ? "grows" : "shrinks", number_text(bound));
  if (!level.empty())
    step.text = fmt::format("`{}` {} each time round, and not past {}", terms_.show(value),
                            up ? "grows" : "shrinks", number_text(bound));
  if (step_size > 0 && std::isfinite(step_size)) {
    if (std::isfinite(length)) {
      step.times = static_cast<uint64_t>(std::min(1e15, std::floor((length + most) / step_size) + 1));
    } else if (is_even) {
      step.formula = times_text(terms_.show(value), up, bound, step_size);
    }
  }
  return remove(component, std::move(step));
}

// Whether only finitely many values can ever come out of a term, in a cascade that takes the component's
// links: what is handed on as it is cannot get more; what is made of itself can.
bool Prover::is_finite(TermId term, uint32_t path, bool made, FlowVisit& visit) {
  if (!terms_[term].local) return true;
  const uint32_t rule = model_.paths[path].rule;
  const auto enter = [&](bool& seen) {
    const auto [place, is_new] = visit.places.try_emplace({term, rule}, made);
    seen = !is_new;
    // Round again: harmless unless something new was made on the way.
    return is_new || !made;
  };
  const auto from_links = [&](auto&& value_of) {
    for (const Link& link : visit.component->links) {
      if (!link.alive || model_.paths[link.to].rule != rule) continue;
      const TermId sent = value_of(link, model_.paths[link.from].effects[link.effect]);
      if (!is_finite(sent, link.from, made, visit)) return false;
    }
    return true;
  };
  bool seen = false;
  switch (terms_.op(term)) {
    case Op::kFresh:
    case Op::kOpaque:
      return false;
    case Op::kEvent:
    case Op::kProperty:
      return true;
    case Op::kSubject:
      if (!enter(seen)) return false;
      return seen || from_links([](const Link&, const Effect& effect) { return effect.subject; });
    case Op::kNew:
      if (!enter(seen)) return false;
      return seen || from_links([&](const Link& link, const Effect& effect) {
               return link.kind == EventClass::Kind::kChanged ? effect.after : terms_.null();
             });
    case Op::kOld:
      if (!enter(seen)) return false;
      return seen || from_links([&](const Link& link, const Effect& effect) {
               return link.kind == EventClass::Kind::kPlain ? terms_.null() : effect.before;
             });
    case Op::kPayload:
      if (!enter(seen)) return false;
      return seen || from_links([&](const Link& link, const Effect& effect) {
               return link.kind == EventClass::Kind::kPlain ? effect.payload : terms_.null();
             });
    case Op::kExtra:
      if (!enter(seen)) return false;
      return seen || from_links([&](const Link& link, const Effect& effect) {
               return link.kind != EventClass::Kind::kPlain || effect.is_reply ? effect.context
                                                                               : terms_.null();
             });
    case Op::kMeta:
      // What is handed on beside `with` is the trace, as it is.
      if (model_.sets_meta || !model_.program->wrappers().empty() || !enter(seen)) return false;
      return seen || from_links([&](const Link& link, const Effect& effect) {
               return link.kind == EventClass::Kind::kPlain ? effect.context : terms_.null();
             });
    case Op::kProps:
      return false;
    case Op::kNow:
      return scope_ == Scope::kCascade;
    case Op::kField: {
      const TermId object = terms_.arg(term, 0);
      if (terms_.op(object) != Op::kPayload) return is_finite(object, path, made, visit);
      if (!enter(seen)) return false;
      return seen || from_links([&](const Link& link, const Effect& effect) {
               return link.kind == EventClass::Kind::kPlain
                          ? terms_.apply(Op::kField, {effect.payload, terms_.arg(term, 1)})
                          : terms_.null();
             });
    }
    case Op::kRead:
    case Op::kReadExt: {
      const TermId name = terms_.arg(term, 1);
      if (!terms_.is_const(name)) return false;
      if (!enter(seen)) return false;
      if (seen) return true;
      for (const Site& site : activity_->writers(name, terms_.op(term) == Op::kReadExt)) {
        const Effect& effect = model_.paths[site.path].effects[site.effect];
        if (effect.kind == Effect::Kind::kChange && !is_finite(effect.after, site.path, made, visit))
          return false;
      }
      return true;
    }
    case Op::kMap:
    case Op::kList:
    case Op::kIf:
    case Op::kCoalesce:
    case Op::kAnd:
    case Op::kOr:
      break;
    case Op::kCall:
      if (terms_.text(terms_.arg(term, 0)) == "element")
        return is_finite(terms_.arg(term, 1), path, made, visit);
      if (const std::string_view name = terms_.text(terms_.arg(term, 0));
          name != "overlay" && name != "min" && name != "max" && name != "clamp")
        made = true;
      break;
    case Op::kNot:
    case Op::kEqual:
    case Op::kLess:
    case Op::kLessEqual:
    case Op::kIn:
    case Op::kMatches:
    case Op::kHas:
      return true;
    default:
      made = true;
      break;
  }
  const std::vector<TermId> args(terms_.args(term).begin(), terms_.args(term).end());
  return std::all_of(args.begin(), args.end(), [&](TermId arg) { return is_finite(arg, path, made, visit); });
}

// A cascade that goes round may also go on to ever new subjects: then what holds for each of them proves
// nothing.
bool Prover::subjects_are_finite(const Component& component) {
  for (const auto& circle : circles_of(component)) {
    for (const uint32_t path : circle) {
      for (const Effect& effect : model_.paths[path].effects) {
        FlowVisit visit{{}, &component};
        if (!is_finite(effect.subject, path, false, visit)) return false;
      }
    }
  }
  return true;
}

}  // namespace krules::check
