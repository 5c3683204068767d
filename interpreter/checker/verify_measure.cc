#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "verifier.h"

/// Steps about a value that is handed on from run to run.
namespace krules::check {

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

// Whether `term` may be above (`up`) or below a bound.
bool Verifier::may_pass(TermId term, double bound, bool up, std::vector<Literal> literals) {
  const bool is_whole = bound == std::floor(bound) && std::abs(bound) < Region::kExact;
  const TermId end =
      is_whole ? terms_.number(static_cast<int64_t>(bound)) : terms_.constant(Value::floating(bound));
  literals.push_back({terms_.apply(Op::kLess, {up ? end : term, up ? term : end}), true});
  return !cases_.is_impossible(literals);
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
    if (step.has_bound && may_pass(mine, step.bound + more_of(link.from), step.up, literals))
      return fmt::format("it may go past {}", step.bound);
  }
  for (const uint32_t number : removed) {
    if (links_[number].state == State::kOpen) links_[number].state = State::kAside;
  }
  return {};
}

}  // namespace krules::check
