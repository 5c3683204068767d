#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <deque>
#include <map>

#include "activity.h"
#include "measure_parts.h"
#include "prover.h"

/// Reasons to stop: a value that is handed on from event to event, one way, and not past a bound.
namespace krules::check {

namespace {

constexpr size_t kMostCandidates = 6;
constexpr size_t kMostStarts = 4;

}  // namespace

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
    const double mine = up ? move.before.high : move.before.low;
    const bool is_farther = up ? mine > bound : mine < bound;
    if (i == strict.front() || is_farther) bound = mine;
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

}  // namespace krules::check
