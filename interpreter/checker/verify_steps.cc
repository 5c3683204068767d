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

}  // namespace

/// The places that a value was followed through on the way here, and whether something new was made since.
struct Verifier::Flow {
  struct Place {
    TermId term;
    uint32_t rule;
    bool made_since;
  };
  std::vector<Place> way;
  int left = 3000;
};

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
    (cases_.is_impossible(walk.literals()) ? closed : rest).push_back(number);
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
    if (link.to != site.path || link.state == State::kClosed || active_[link.from] == 0) continue;
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
    const bool rising = literal.truth == up;
    TermId mine = terms_.arg(literal.term, rising ? 0 : 1);
    const TermId bound = terms_.arg(literal.term, rising ? 1 : 0);
    if (terms_.op(mine) == Op::kCoalesce) mine = terms_.arg(mine, 0);
    if (mine == before && is_standing(bound, island)) return true;
  }
  return false;
}

std::string Verifier::confirm_climb(const ProofRemoval& step) {
  const uint32_t island = island_of(links_[parts_[step.component].links.front()].from);
  const TermId name = terms_.text_constant(step.property);
  if (!subjects_are_finite(island)) return "it may go on to ever new subjects";
  std::vector<Site> ending;
  bool bound_is_right = !step.has_bound;
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
      literals.push_back({terms_.apply(Op::kEqual, {after, before}), false});
      if (cases_.is_impossible(literals)) return true;
      const Region from = cases_.values(before, literals);
      const bool bounded = std::isfinite(step.up ? from.high : from.low);
      Flow flow;
      if (!bounded && !has_standing_bound(site, step.up) &&
          !is_finite(effect.after, model_.paths[site.path].rule, flow))
        ends = false;
      if (step.has_bound && bounded && !bound_is_right) {
        const TermId bound = terms_.constant(Value::floating(step.bound));
        literals.push_back(
            {terms_.apply(Op::kLess, {step.up ? bound : before, step.up ? before : bound}), true});
        bound_is_right = cases_.is_impossible(literals);
      }
      return true;
    });
    if (!one_way)
      return fmt::format("`{}` may set `{}` {}", rule, step.property, step.up ? "lower" : "higher");
    if (ends) ending.push_back(site);
  }
  if (!bound_is_right) return fmt::format("`{}` may go past {}", step.property, step.bound);
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
        results[i].insert(terms_.null());
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
          if (effect.kind != Effect::Kind::kDeleteSubject && effect.name == name)
            literals.push_back({terms_.apply(Op::kEqual, {before, values[from]}), true});
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
    const bool again = std::any_of(moves[i].begin(), moves[i].end(),
                                   [&](const auto& move) { return group[move.first] == group[move.second]; });
    if (!again) ending.push_back(sites[i]);
  }
  return confirm_changes(step, ending);
}

// ---------------------------------------------------------------- values handed on

// How far apart the sides of comparisons are, and what two sides come to together.
void Verifier::add_distances(std::vector<TermId>& found) {
  std::vector<TermId> open = found;
  std::vector<TermId> sides;
  while (!open.empty() && sides.size() < 12) {
    const TermId term = open.back();
    open.pop_back();
    const std::vector<TermId> args(terms_.args(term).begin(), terms_.args(term).end());
    const Op op = terms_.op(term);
    if (op != Op::kLess && op != Op::kLessEqual) {
      open.insert(open.end(), args.begin(), args.end());
      continue;
    }
    if (!terms_.is_const(args[0]) && !terms_.is_const(args[1]))
      found.push_back(terms_.apply(Op::kSubtract, {args[1], args[0]}));
    for (const TermId side : args) {
      if (!terms_.is_const(side)) sides.push_back(side);
    }
  }
  for (const TermId a : sides) {
    for (const TermId b : sides) {
      if (a != b) found.push_back(terms_.apply(Op::kAdd, {a, b}));
    }
  }
}

std::string Verifier::confirm_measure(const ProofRemoval& step) {
  const Part& part = parts_[step.component];
  // The values, found again among what the paths reckon with.
  std::vector<TermId> value(model_.paths.size(), 0);
  std::vector<char> has_value(model_.paths.size(), 0);
  std::map<std::string, TermId> found;
  for (const ProofRemoval::Measured& measured : step.values) {
    if (measured.path >= model_.paths.size()) return "it is about a way that is not there";
    std::vector<TermId> open;
    for (const Literal& literal : model_.paths[measured.path].when) open.push_back(literal.term);
    for (const Effect& effect : model_.paths[measured.path].effects) {
      for (const TermId term : {effect.payload, effect.context, effect.after, effect.before})
        open.push_back(term);
    }
    add_distances(open);
    while (!open.empty()) {
      const TermId term = open.back();
      open.pop_back();
      if (!terms_.is_const(term)) found.try_emplace(terms_.show(term), term);
      for (const TermId arg : terms_.args(term)) open.push_back(arg);
    }
  }
  for (const ProofRemoval::Measured& measured : step.values) {
    const auto known = found.find(measured.value);
    if (known == found.end())
      return fmt::format("`{}` is nothing that is looked at on the way", measured.value);
    value[measured.path] = measured.more == 0
                               ? known->second
                               : terms_.apply(Op::kAdd, {known->second, terms_.number(measured.more)});
    has_value[measured.path] = 1;
  }
  std::vector<uint32_t> removed;
  for (const uint32_t i : step.removed) removed.push_back(part.links[i]);
  const std::vector<uint32_t> group = group_by_circle(step.component);
  std::set<uint32_t> groups;
  for (const uint32_t number : removed) {
    if (group[links_[number].from] == group[links_[number].to]) groups.insert(group[links_[number].from]);
  }
  groups.erase(0);
  const auto more_of = [&](uint32_t path) {
    const auto of = std::find_if(step.values.begin(), step.values.end(),
                                 [&](const ProofRemoval::Measured& each) { return each.path == path; });
    return of == step.values.end() ? 0.0 : static_cast<double>(of->more);
  };
  bool bound_is_right = !step.has_bound;
  for (const uint32_t number : part.links) {
    const Link& link = links_[number];
    if (link.state != State::kOpen || group[link.from] != group[link.to] ||
        groups.count(group[link.from]) == 0)
      continue;
    const bool strict = std::find(removed.begin(), removed.end(), number) != removed.end();
    const std::string& from = model_.rules[model_.paths[link.from].rule].compiled->name;
    const std::string& to = model_.rules[model_.paths[link.to].rule].compiled->name;
    if (has_value[link.from] == 0 || has_value[link.to] == 0)
      return fmt::format("nothing is said of the way from `{}` to `{}`", from, to);
    Walk walk(*this, link.from);
    const TermId mine = walk.at(value[link.from], 0);
    walk.follow(link);
    const TermId theirs = walk.at(value[link.to], 1);
    const std::vector<Literal>& literals = walk.literals();
    if (mine == theirs && !strict) continue;
    if (cases_.is_impossible(literals)) continue;
    if (!cases_.values(mine, literals).is_number() || !cases_.values(theirs, literals).is_number())
      return fmt::format("from `{}` to `{}` it may be no number", from, to);
    std::vector<Literal> back = literals;
    const TermId less = step.up ? theirs : mine;
    const TermId more = step.up ? mine : theirs;
    back.push_back({terms_.apply(strict ? Op::kLessEqual : Op::kLess, {less, more}), true});
    if (!cases_.is_impossible(back))
      return fmt::format("from `{}` to `{}` it may {}", from, to, step.up ? "shrink" : "grow");
    if (!strict) continue;
    const Region bounds = cases_.values(mine, literals);
    if (!std::isfinite(step.up ? bounds.high : bounds.low)) return "it has no bound";
    if (!bound_is_right) {
      const TermId bound = terms_.constant(Value::floating(step.bound + more_of(link.from)));
      std::vector<Literal> past = literals;
      past.push_back({terms_.apply(Op::kLess, {step.up ? bound : mine, step.up ? mine : bound}), true});
      bound_is_right = cases_.is_impossible(past);
    }
  }
  if (!bound_is_right) return fmt::format("it may go past {}", step.bound);
  for (const uint32_t number : removed) {
    if (links_[number].state == State::kOpen) links_[number].state = State::kAside;
  }
  return {};
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

// ---------------------------------------------------------------- subjects

bool Verifier::is_finite(TermId term, uint32_t rule, Flow& flow) {
  if (--flow.left < 0) return false;
  if (!terms_[term].local) return true;
  const Op op = terms_.op(term);
  if (op == Op::kNow) return scope_ == Scope::kCascade;
  const std::vector<TermId> args(terms_.args(term).begin(), terms_.args(term).end());
  if (op == Op::kEqual || op == Op::kLess || op == Op::kLessEqual || op == Op::kIn || op == Op::kMatches ||
      op == Op::kNot || op == Op::kHas)
    return true;
  const bool chooses = op == Op::kCall && (terms_.is_text(args[0], "min") || terms_.is_text(args[0], "max") ||
                                           terms_.is_text(args[0], "clamp"));
  if (op == Op::kIf || op == Op::kCoalesce || op == Op::kList || op == Op::kMap || op == Op::kAnd ||
      op == Op::kOr || chooses)
    return std::all_of(args.begin(), args.end(), [&](TermId arg) { return is_finite(arg, rule, flow); });
  const bool handed = op == Op::kSubject || op == Op::kNew || op == Op::kOld || op == Op::kPayload;
  const bool field = op == Op::kField && terms_.op(args[0]) == Op::kPayload;
  const bool read = (op == Op::kRead || op == Op::kReadExt) && terms_.is_const(args[1]);
  if (op == Op::kField && !field) return is_finite(args[0], rule, flow);
  if (!handed && !field && !read) {
    if (is_local(op)) return false;
    // Something new, of finitely many things only where it does not come back to itself.
    std::vector<Flow::Place> before = flow.way;
    for (Flow::Place& place : flow.way) place.made_since = true;
    const bool finite =
        std::all_of(args.begin(), args.end(), [&](TermId arg) { return is_finite(arg, rule, flow); });
    flow.way = std::move(before);
    return finite;
  }
  const uint32_t at = read ? UINT32_MAX : rule;
  for (const Flow::Place& place : flow.way) {
    const bool same =
        place.rule == at &&
        (read ? terms_.op(place.term) == op && terms_.arg(place.term, 1) == args[1] : place.term == term);
    if (same) return !place.made_since;
  }
  flow.way.push_back({term, at, false});
  bool finite = true;
  if (read) {
    writers_.for_each(args[1], op == Op::kReadExt, [&](const Site& site) {
      if (!finite || active_[site.path] == 0) return;
      const Effect& effect = effect_of(site);
      if (effect.kind == Effect::Kind::kChange)
        finite = is_finite(effect.after, model_.paths[site.path].rule, flow);
    });
  } else {
    for (const uint32_t made : graph_.waited_by(rule)) {
      const EventGraph::Class& events = graph_.classes()[made];
      for (const Site& site : events.sites) {
        if (!finite || active_[site.path] == 0) continue;
        const Effect& effect = effect_of(site);
        TermId sent = terms_.null();
        const bool plain = events.kind == EventClass::Kind::kPlain;
        if (op == Op::kSubject) sent = effect.subject;
        if (op == Op::kNew && events.kind == EventClass::Kind::kChanged) sent = effect.after;
        if (op == Op::kOld && !plain) sent = effect.before;
        if (op == Op::kPayload && plain) sent = effect.payload;
        if (field && plain) sent = terms_.apply(Op::kField, {effect.payload, args[1]});
        finite = is_finite(sent, model_.paths[site.path].rule, flow);
      }
    }
  }
  flow.way.pop_back();
  return finite;
}

// What holds for each subject proves nothing of a cascade that goes on to ever new ones.
bool Verifier::subjects_are_finite(uint32_t island) {
  for (uint32_t path = 0; path < model_.paths.size(); ++path) {
    if (active_[path] == 0 || island_of(path) != island) continue;
    for (const Effect& effect : model_.paths[path].effects) {
      Flow flow;
      if (!is_finite(effect.subject, model_.paths[path].rule, flow)) return false;
    }
  }
  return true;
}

}  // namespace krules::check
