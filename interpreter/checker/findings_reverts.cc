#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <vector>

#include "chain.h"
#include "finding_parts.h"
#include "krules/check_codes.h"

/// Writes that their own cascade takes back: one rule writes a property, and what follows from that sets it
/// to what it was before.
namespace krules::check {

namespace {

constexpr size_t kMostLinks = 3;
constexpr size_t kMostTries = 60;  // for each write

/// Only the chain's own runs write anything: what is told is meant as a hint, not as a proof.
class Undisturbed final : public Between {
 public:
  bool is_left_alone(TermId /*name*/, bool /*extended*/) const override { return true; }
  bool is_ours(TermId /*name*/, bool /*extended*/) const override { return true; }
  bool only_moves(TermId /*name*/, bool /*up*/) const override { return false; }
  ValueSet written(TermId /*name*/, bool /*extended*/) const override { return ValueSet::nothing(); }
};

class Reverts {
 public:
  explicit Reverts(FindingSearch& search) : search_(search), terms_(search.model.terms) {}

  void find() {
    for (uint32_t path = 0; path < search_.model.paths.size(); ++path) {
      if (search_.model.paths[path].coarse || search_.graph.made_on(path).empty()) continue;
      const size_t count = search_.model.paths[path].effects.size();
      for (uint32_t effect = 0; effect < count; ++effect) {
        const Effect& write = search_.model.paths[path].effects[effect];
        if (write.kind != Effect::Kind::kChange || write.in_loop || !terms_.is_const(write.name)) continue;
        if (!can_be_taken_back({path, effect})) continue;
        tries_ = 0;
        std::vector<Link> way;
        follow({path, effect}, path, way);
      }
    }
  }

 private:
  const Effect& effect_of(const Site& site) const {
    return search_.model.paths[site.path].effects[site.effect];
  }
  uint32_t rule_of(uint32_t path) const { return search_.model.paths[path].rule; }

  bool mentions(TermId term, TermId part) const {
    if (term == part) return true;
    const auto args = terms_.args(term);
    return std::any_of(args.begin(), args.end(), [&](TermId arg) { return mentions(arg, part); });
  }

  bool asks_what_was(const Site& site) const {
    const auto& when = search_.model.paths[site.path].when;
    return std::any_of(when.begin(), when.end(), [&](const Literal& literal) {
      return mentions(literal.term, effect_of(site).before);
    });
  }

  // Rules that write a property, and those of them that write no constant; two of each are enough.
  struct RulesOf {
    std::set<uint32_t> all;
    std::set<uint32_t> computed;
  };

  const RulesOf& rules_of(const Effect& write) {
    const auto made = writers_.try_emplace({write.name, write.extended});
    RulesOf& writing = made.first->second;
    if (!made.second) return writing;
    search_.writers.for_each(write.name, write.extended, [&](const Site& other) {
      const Effect& late = effect_of(other);
      if (late.kind != Effect::Kind::kChange || late.name != write.name || late.in_loop) return;
      const auto add = [&](std::set<uint32_t>& rules) {
        if (rules.size() < 2) rules.insert(rule_of(other.path));
      };
      add(writing.all);
      if (!terms_.is_const(late.after)) add(writing.computed);
    });
    return writing;
  }

  // Whether another rule writes the property to something that can be what it was.
  bool can_be_taken_back(const Site& site) {
    const RulesOf& rules = rules_of(effect_of(site));
    const std::set<uint32_t>& able = asks_what_was(site) ? rules.all : rules.computed;
    return able.size() > 1 || (able.size() == 1 && *able.begin() != rule_of(site.path));
  }

  void follow(const Site& first, uint32_t path, std::vector<Link>& way) {
    if (search_.model.paths[first.path].is_beside()) return;
    for (const EventGraph::Made& made : search_.graph.made_on(path)) {
      const EventGraph::Class& events = search_.graph.classes()[made.event];
      if (events.delayed) continue;
      for (const uint32_t rule : events.rules) {
        // A circle is told as such.
        if (rule == rule_of(first.path) ||
            std::any_of(way.begin(), way.end(), [&](const Link& link) { return rule_of(link.to) == rule; }))
          continue;
        const RuleModel& target = search_.model.rules[rule];
        for (uint32_t to = target.first_path; to < target.first_path + target.own_paths; ++to) {
          if (++tries_ > kMostTries) return;
          way.push_back({path, made.effect, to, events.kind});
          look_at(first, way);
          if (way.size() < kMostLinks) follow(first, to, way);
          way.pop_back();
        }
      }
    }
  }

  void look_at(const Site& first, const std::vector<Link>& way) {
    const Effect write = effect_of(first);
    const uint32_t last = way.back().to;
    const auto& effects = search_.model.paths[last].effects;
    for (uint32_t i = 0; i < effects.size(); ++i) {
      const Effect& late = effects[i];
      if (late.kind != Effect::Kind::kChange || late.name != write.name || late.extended != write.extended ||
          late.in_loop)
        continue;
      if (terms_.is_const(late.after) && !asks_what_was(first)) continue;
      const std::pair<uint32_t, uint32_t> rules{rule_of(first.path), rule_of(last)};
      if (told_.count(rules) != 0 || !is_taken_back(write, effects[i], way)) continue;
      told_.insert(rules);
      tell(first, {last, i}, way);
      return;
    }
  }

  // Always, where the cascade comes this way and the write was a change.
  bool is_taken_back(const Effect write, const Effect late, const std::vector<Link>& way) {
    Chain chain(search_.model, search_.facts, undisturbed_, way.front().from);
    for (const Link& link : way) chain.add(link);
    const size_t end = way.size();
    if (chain.at(late.subject, end) != chain.at(write.subject, 0)) return false;
    std::vector<Literal> literals = chain.literals();
    const TermId was = chain.at(write.before, 0);
    literals.push_back({terms_.apply(Op::kEqual, {chain.at(write.after, 0), was}), false});
    Solver& solver = search_.facts.solver();
    if (solver.is_contradiction(literals)) return false;
    literals.push_back({terms_.apply(Op::kEqual, {chain.at(late.after, end), was}), false});
    return solver.is_contradiction(literals);
  }

  void tell(const Site& first, const Site& last, const std::vector<Link>& way) {
    const uint32_t early = rule_of(first.path);
    const uint32_t late = rule_of(last.path);
    const std::string name =
        fmt::format("`{}{}`", effect_of(first).extended ? "ext." : "", terms_.text(effect_of(first).name));
    Diagnostic& made = search_.warn(
        check_codes::kRevertedWrite, search_.place(late, effect_of(last).span),
        fmt::format("what `{}` writes to {} is taken back by `{}` in the same cascade",
                    search_.name_of(early), name, search_.name_of(late)),
        "a cascade is committed as one: nobody outside sees the value between; leave one of the writes out, "
        "or let a later event make the second one");
    made.primary.text = fmt::format("sets {} to what it was", name);
    made.related.push_back({search_.place(early, effect_of(first).span), "the first write"});
    for (size_t i = 0; i + 1 < way.size(); ++i) {
      const uint32_t rule = rule_of(way[i].to);
      made.related.push_back({search_.model.rules[rule].compiled->where,
                              fmt::format("follows from it, by `{}`", search_.name_of(rule))});
    }
  }

  FindingSearch& search_;
  TermPool& terms_;
  Undisturbed undisturbed_;
  std::set<std::pair<uint32_t, uint32_t>> told_;
  std::map<std::pair<TermId, bool>, RulesOf> writers_;
  size_t tries_ = 0;
};

}  // namespace

void find_reverts(FindingSearch& search) {
  Reverts(search).find();
}

}  // namespace krules::check
