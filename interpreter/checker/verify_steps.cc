#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "verifier.h"
#include "verify_rehearsal.h"

/// The steps of a proof, each confirmed by itself.
namespace krules::check {

namespace {

constexpr size_t kMostWays = 200;
constexpr size_t kMostValues = 20;
constexpr int kLongestWay = 4;
/// Stands for a property that is not there, beside its values.
constexpr TermId kNothing = UINT32_MAX;

}  // namespace

std::string Verifier::confirm(const ProofRemoval& step) {
  const size_t count = parts_[step.component].links.size();
  if (step.removed.empty()) return "it takes nothing away";
  for (const uint32_t i : step.removed) {
    if (i >= count) return "it takes away a link that is not there";
  }
  switch (step.kind) {
    case ProofRemoval::Kind::kRefuted:
      return confirm_refuted(step);
    case ProofRemoval::Kind::kClimb:
      return confirm_climb(step);
    case ProofRemoval::Kind::kValues:
      return confirm_values(step);
    case ProofRemoval::Kind::kMeasure:
      return confirm_measure(step);
    case ProofRemoval::Kind::kExplored:
      // Only cascades are gone through.
      return scope_ == Scope::kCascade ? confirm_explored(step) : "it leaves delays out";
    case ProofRemoval::Kind::kCounted:
      return confirm_counted(step);
    case ProofRemoval::Kind::kTime:
      return confirm_time(step);
  }
  return "it is of no known kind";
}

// ---------------------------------------------------------------- conditions

std::string Verifier::confirm_refuted(const ProofRemoval& step) {
  const Part& part = parts_[step.component];
  std::vector<uint32_t> rest;
  std::vector<uint32_t> closed;
  for (const uint32_t i : step.removed) {
    const uint32_t number = part.links[i];
    Walk walk(*this, links_[number].from);
    walk.follow(links_[number]);
    const bool ends = active_[links_[number].from] == 0 || active_[links_[number].to] == 0;
    (ends || cases_.is_impossible(walk.literals()) ? closed : rest).push_back(number);
  }
  // The others must be on no way round of some links in a row.
  using Way = std::vector<uint32_t>;
  std::vector<Way> ways;
  if (!rest.empty()) {
    const std::vector<uint32_t> group = group_by_circle(step.component);
    for (const uint32_t number : part.links) {
      const Link& link = links_[number];
      const bool gone = std::find(closed.begin(), closed.end(), number) != closed.end();
      if (link.state == State::kOpen && !gone && group[link.from] != 0 && group[link.from] == group[link.to])
        ways.push_back({number});
    }
  }
  for (int length = 2; !rest.empty(); ++length) {
    if (length > kLongestWay || ways.size() > kMostWays)
      return "the conditions along the way round do not contradict each other";
    std::vector<std::vector<uint32_t>> next(ways.size());
    std::vector<Way> longer;
    std::vector<std::pair<uint32_t, uint32_t>> ends;
    for (uint32_t a = 0; a < ways.size(); ++a) {
      for (uint32_t b = 0; b < ways.size(); ++b) {
        if (!std::equal(ways[a].begin() + 1, ways[a].end(), ways[b].begin(), ways[b].end() - 1)) continue;
        if (links_[ways[a].back()].to != links_[ways[b].back()].from) continue;
        Way both = ways[a];
        both.push_back(ways[b].back());
        Walk walk(*this, links_[both.front()].from);
        for (const uint32_t number : both) walk.follow(links_[number]);
        if (cases_.is_impossible(walk.literals())) continue;
        next[a].push_back(b);
        longer.push_back(std::move(both));
        ends.emplace_back(a, b);
      }
    }
    std::vector<char> round(ways.size(), 0);
    std::set<uint32_t> kept;
    for (const auto& one : strong_components(
             static_cast<uint32_t>(ways.size()), [&](uint32_t i) -> const auto& { return next[i]; })) {
      const auto& own = next[one.front()];
      if (one.size() == 1 && std::find(own.begin(), own.end(), one.front()) == own.end()) continue;
      for (const uint32_t i : one) {
        round[i] = 1;
        kept.insert(ways[i].begin(), ways[i].end());
      }
    }
    if (std::none_of(rest.begin(), rest.end(), [&](uint32_t number) { return kept.count(number) != 0; }))
      break;
    std::vector<Way> going_on;
    for (size_t i = 0; i < longer.size(); ++i) {
      if (round[ends[i].first] != 0 && round[ends[i].second] != 0) going_on.push_back(std::move(longer[i]));
    }
    ways = std::move(going_on);
  }
  for (const uint32_t number : closed) links_[number].state = State::kClosed;
  for (const uint32_t number : rest) {
    if (links_[number].state == State::kOpen) links_[number].state = State::kAside;
  }
  return {};
}

// ---------------------------------------------------------------- changes of properties

std::vector<Site> Verifier::active_writers(TermId name, bool extended, uint32_t island) const {
  std::vector<Site> found;
  writers_.for_each(name, extended, [&](const Site& site) {
    if (active_[site.path] != 0 && (island_of(site.path) == island || by_clock_[site.path] != 0))
      found.push_back(site);
  });
  return found;
}

bool Verifier::is_left_alone(TermId name, bool extended, uint32_t island) const {
  return active_writers(name, extended, island).empty();
}

bool Verifier::in_all_ways(const Site& site, const Visit& visit) {
  bool has_ways = false;
  for (const Link& link : links_) {
    if (link.to != site.path || !is_taken(link) || active_[link.from] == 0) continue;
    has_ways = true;
    Walk walk(*this, link.from);
    walk.follow(link);
    if (!visit(walk, 1)) return false;
  }
  if (has_ways && entered_[site.path] == 0) return true;
  Walk walk(*this, site.path);
  return visit(walk, 0);
}

bool Verifier::always_changes(const Site& site) {
  const Effect& effect = effect_of(site);
  if (effect.in_loop || effect.kind == Effect::Kind::kDeleteSubject) return false;
  return in_all_ways(site, [&](Walk& walk, size_t run) {
    const TermId after = walk.at(effect.after, run);
    const TermId before = walk.at(effect.before, run);
    std::vector<Literal> literals = walk.literals();
    if (effect.kind == Effect::Kind::kDelete) {
      literals.push_back({terms_.apply(Op::kHas, {before}), false});
    } else {
      literals.push_back({terms_.apply(Op::kEqual, {after, before}), true});
    }
    return cases_.is_impossible(literals);
  });
}

// The events of these changes end, and the runs that always make such a change.
std::string Verifier::confirm_changes(const ProofRemoval& step, const std::vector<Site>& ending) {
  const Part& part = parts_[step.component];
  std::vector<char> whole(model_.paths.size(), 0);
  for (const Site& site : ending) {
    if (whole[site.path] == 0 && always_changes(site)) whole[site.path] = 1;
  }
  for (const uint32_t i : step.removed) {
    const Link& link = links_[part.links[i]];
    if (active_[link.from] == 0 || active_[link.to] == 0) continue;
    const bool own_event = std::any_of(ending.begin(), ending.end(), [&](const Site& site) {
      return link.from == site.path && link.effect == site.effect;
    });
    if (!own_event && whole[link.from] == 0 && whole[link.to] == 0)
      return fmt::format("`{}` may set off `{}` without such a change",
                         model_.rules[model_.paths[link.from].rule].compiled->name,
                         model_.rules[model_.paths[link.to].rule].compiled->name);
  }
  for (const uint32_t i : step.removed) links_[part.links[i]].state = State::kClosed;
  return {};
}

// A parameter, or what nothing that runs again and again writes.
bool Verifier::is_standing(TermId term, uint32_t island) const {
  if (terms_.is_const(term)) return terms_.value(term).is_number();
  const Op op = terms_.op(term);
  if (op == Op::kParam) return true;
  if (op == Op::kRead || op == Op::kReadExt) {
    return terms_.op(terms_.arg(term, 0)) == Op::kSubject && terms_.is_const(terms_.arg(term, 1)) &&
           is_left_alone(terms_.arg(term, 1), op == Op::kReadExt, island);
  }
  if (op != Op::kCoalesce && op != Op::kAdd && op != Op::kSubtract && op != Op::kMultiply) return false;
  const auto args = terms_.args(term);
  return std::all_of(args.begin(), args.end(), [&](TermId arg) { return is_standing(arg, island); });
}

// Whether a side of a comparison is `mine` with something added that stands, or that less `mine`: then it
// goes with it, or against it.
bool Verifier::goes_with(TermId side, TermId mine, uint32_t island, bool& along) const {
  const Op op = terms_.op(side);
  if (side == mine) return true;
  const auto args = terms_.args(side);
  if (op == Op::kCoalesce) return args[0] == mine;
  if (op != Op::kAdd && op != Op::kSubtract) return false;
  if (is_standing(args[1], island)) return goes_with(args[0], mine, island, along);
  if (!is_standing(args[0], island)) return false;
  if (op == Op::kSubtract) along = !along;
  return goes_with(args[1], mine, island, along);
}

bool Verifier::has_standing_bound(const Site& site, bool up) {
  const uint32_t island = island_of(site.path);
  const TermId before = effect_of(site).before;
  std::vector<Literal> open = model_.paths[site.path].when;
  while (!open.empty()) {
    const Literal literal = open.back();
    open.pop_back();
    const Op op = terms_.op(literal.term);
    if (op == Op::kNot) open.push_back({terms_.arg(literal.term, 0), !literal.truth});
    if ((op == Op::kAnd && literal.truth) || (op == Op::kOr && !literal.truth)) {
      for (const TermId side : terms_.args(literal.term)) open.push_back({side, literal.truth});
    }
    if (op != Op::kLess && op != Op::kLessEqual) continue;
    const TermId low = terms_.arg(literal.term, literal.truth ? 0 : 1);
    const TermId high = terms_.arg(literal.term, literal.truth ? 1 : 0);
    bool along = true;
    if (is_standing(high, island) && goes_with(low, before, island, along) && along == up) return true;
    along = true;
    if (is_standing(low, island) && goes_with(high, before, island, along) && along != up) return true;
  }
  return false;
}

std::string Verifier::confirm_climb(const ProofRemoval& step) {
  const uint32_t island = island_of(links_[parts_[step.component].links.front()].from);
  const TermId name = terms_.text_constant(step.property);
  if (!subjects_are_finite(island)) return "it may go on to ever new subjects";
  std::vector<Site> ending;
  bool passes = false;
  bool is_bounded = false;
  for (const Site& site : active_writers(name, step.extended, island)) {
    const Effect& effect = effect_of(site);
    const std::string& rule = model_.rules[model_.paths[site.path].rule].compiled->name;
    if (effect.kind != Effect::Kind::kChange || effect.name != name)
      return fmt::format("`{}` may delete `{}`, or write it by a computed name", rule, step.property);
    bool ends = true;
    const bool one_way = in_all_ways(site, [&](Walk& walk, size_t run) {
      const TermId before = walk.at(effect.before, run);
      const TermId after = walk.at(effect.after, run);
      std::vector<Literal> literals = walk.literals();
      literals.push_back({terms_.apply(Op::kEqual, {after, before}), false});
      if (cases_.is_impossible(literals)) return true;
      const Region set = cases_.values(after, literals);
      if (set.kinds != 0 && !set.is_number()) return false;
      // From what is no number to a number: once for each subject.
      const TermId zero = terms_.number(0);
      literals.push_back({terms_.apply(Op::kOr, {terms_.apply(Op::kLessEqual, {before, zero}),
                                                 terms_.apply(Op::kLess, {zero, before})}),
                          true});
      std::vector<Literal> back = literals;
      back.push_back({terms_.apply(Op::kLess, {step.up ? after : before, step.up ? before : after}), true});
      if (!cases_.is_impossible(back)) return false;
      if (cases_.is_impossible(literals)) return true;
      const Region from = cases_.values(before, literals);
      const bool bounded = std::isfinite(step.up ? from.high : from.low);
      if (!bounded && !has_standing_bound(site, step.up) &&
          !is_one_of_few(effect.after, model_.paths[site.path].rule))
        ends = false;
      is_bounded = is_bounded || bounded;
      passes = passes || (step.has_bound && bounded && may_pass(before, step.bound, step.up, literals));
      return true;
    });
    if (!one_way)
      return fmt::format("`{}` may set `{}` {}", rule, step.property, step.up ? "lower" : "higher");
    if (ends) ending.push_back(site);
  }
  if (step.has_bound && (passes || !is_bounded))
    return fmt::format("`{}` may go past {}", step.property, step.bound);
  return confirm_changes(step, ending);
}

namespace {

// All of a small set as constants; false where it is not small.
bool list_all(TermPool& terms, const Region& set, std::set<TermId>& values) {
  if (set.may_be(Region::kDuration | Region::kTimestamp | Region::kList | Region::kMap)) return false;
  if (set.may_be(Region::kNull)) values.insert(terms.null());
  if (set.may_be(Region::kTrue)) values.insert(terms.truth(true));
  if (set.may_be(Region::kFalse)) values.insert(terms.truth(false));
  if (set.may_be(Region::kText)) {
    if (!set.listed) return false;
    values.insert(set.texts.begin(), set.texts.end());
  }
  if (set.may_be(Region::kInt | Region::kFloat)) {
    if (set.low == set.high && set.low == std::floor(set.low)) {
      values.insert(terms.number(static_cast<int64_t>(set.low)));
    } else if (!set.may_be(Region::kFloat) && set.high - set.low < static_cast<double>(kMostValues)) {
      for (double each = set.low; each <= set.high; each += 1)
        values.insert(terms.number(static_cast<int64_t>(each)));
    } else {
      return false;
    }
  }
  return values.size() <= kMostValues;
}

}  // namespace

std::string Verifier::confirm_values(const ProofRemoval& step) {
  const uint32_t island = island_of(links_[parts_[step.component].links.front()].from);
  const TermId name = terms_.text_constant(step.property);
  if (!subjects_are_finite(island)) return "it may go on to ever new subjects";
  const std::vector<Site> sites = active_writers(name, step.extended, island);
  std::vector<std::set<TermId>> results(sites.size());
  std::set<TermId> all;
  for (size_t i = 0; i < sites.size(); ++i) {
    const Effect& effect = effect_of(sites[i]);
    const bool listed = in_all_ways(sites[i], [&](Walk& walk, size_t run) {
      if (effect.kind != Effect::Kind::kChange) {
        results[i].insert(kNothing);
        return true;
      }
      const TermId after = walk.at(effect.after, run);
      return list_all(terms_, cases_.values(after, walk.literals()), results[i]);
    });
    if (!listed) return fmt::format("`{}` may get values that are not known", step.property);
    all.insert(results[i].begin(), results[i].end());
  }
  const std::vector<TermId> values(all.begin(), all.end());
  std::vector<std::vector<uint32_t>> next(values.size());
  std::vector<std::vector<std::pair<uint32_t, uint32_t>>> moves(sites.size());
  for (size_t i = 0; i < sites.size(); ++i) {
    const Effect& effect = effect_of(sites[i]);
    for (uint32_t from = 0; from < values.size(); ++from) {
      for (uint32_t to = 0; to < values.size(); ++to) {
        if (from == to || results[i].count(values[to]) == 0) continue;
        const bool never = in_all_ways(sites[i], [&](Walk& walk, size_t run) {
          const TermId before = walk.at(effect.before, run);
          const TermId after = walk.at(effect.after, run);
          std::vector<Literal> literals = walk.literals();
          const TermId found = values[from] == kNothing ? terms_.null() : values[from];
          if (effect.kind != Effect::Kind::kDeleteSubject && effect.name == name)
            literals.push_back({terms_.apply(Op::kEqual, {before, found}), true});
          if (effect.kind == Effect::Kind::kChange)
            literals.push_back({terms_.apply(Op::kEqual, {after, values[to]}), true});
          return cases_.is_impossible(literals);
        });
        if (never) continue;
        next[from].push_back(to);
        moves[i].emplace_back(from, to);
      }
    }
  }
  std::vector<uint32_t> group(values.size());
  uint32_t count = 0;
  for (const auto& one : strong_components(
           static_cast<uint32_t>(values.size()), [&](uint32_t i) -> const auto& { return next[i]; })) {
    for (const uint32_t i : one) group[i] = count;
    ++count;
  }
  std::vector<Site> ending;
  for (size_t i = 0; i < sites.size(); ++i) {
    // What a run sets and deletes is deleted each time.
    if (effect_of(sites[i]).sets_first) continue;
    const bool again = std::any_of(moves[i].begin(), moves[i].end(),
                                   [&](const auto& move) { return group[move.first] == group[move.second]; });
    if (!again) ending.push_back(sites[i]);
  }
  return confirm_changes(step, ending);
}

// ---------------------------------------------------------------- cascades gone through

std::string Verifier::confirm_explored(const ProofRemoval& step) {
  const Part& part = parts_[step.component];
  std::set<uint32_t> rules;
  for (uint32_t rule = 0; rule < owner_.size(); ++rule) {
    if (owner_[rule] == step.component) rules.insert(rule);
  }
  std::string doubt =
      Rehearsal(model_, graph_, writers_, known_, cases_).confirm({rules.begin(), rules.end()}, step.events);
  known_.forget_runs();
  if (!doubt.empty()) return doubt;
  for (const uint32_t number : part.links) links_[number].state = State::kClosed;
  return {};
}

}  // namespace krules::check
