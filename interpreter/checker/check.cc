#include "krules/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "certificate.h"
#include "event_graph.h"
#include "explore.h"
#include "facts.h"
#include "findings.h"
#include "krules/check_codes.h"
#include "model.h"
#include "name_graph.h"
#include "prover.h"
#include "report.h"
#include "seeds.h"

namespace krules {

namespace {

using namespace check;

/// One check of a program from its model to its findings.
class Checker {
 public:
  Checker(const std::vector<ast::Module>& modules, const Program& program, const CheckOptions& options)
      : modules_(modules), program_(program), options_(options) {}

  CheckResult check();

 private:
  using Loop = std::optional<std::pair<ReplaySeed, ReplayOutcome>>;
  std::vector<Loop> find_loops(Prover& prover, LoopSearch& search, Explorer& explorer);
  void judge(Component& component, Prover& prover, Loop loop);
  uint64_t with_branches(const Component& component, uint64_t turns) const;
  void tell_bound(const Component& component, const Cycle& cycle);
  void judge_in_time(const Component& component, Prover& prover, LoopSearch& search);
  void note_needed(const Component& component);
  void tell_needless_allowances();
  bool allows(uint32_t unit) const { return model_.rules[unit].allow_cycle().has_value(); }
  bool allows_itself(const Component& component) const;
  Component without_allowed(const Component& component) const;

  const std::vector<ast::Module>& modules_;
  const Program& program_;
  const CheckOptions& options_;
  Model model_;
  CheckResult result_;
  std::vector<char> needed_;  // by unit: `allow cycle` has a meaning there
  uint32_t certain_ = 0;      // so many replays of loops
  uint32_t perpetual_ = 0;    // and of what goes on from timer to timer
};

/// Of one that is too large to be looked at link by link.
bool Checker::allows_itself(const Component& component) const {
  return std::any_of(component.rules.begin(), component.rules.end(),
                     [&](uint32_t rule) { return allows(rule); });
}

/// With those ways round alone that nothing allows. A rule allows those that it lies on; a gate or a
/// middleware those that are made of its own events alone: what a rule makes of these is for the rule to
/// answer for.
Component Checker::without_allowed(const Component& component) const {
  Component rest = component;
  for (Link& link : rest.links) {
    if (allows(model_.paths[link.from].rule) || allows(model_.paths[link.to].rule)) link.alive = false;
  }
  std::map<uint32_t, size_t> circle_of;
  const auto circles = Prover::circles_of(rest);
  for (size_t i = 0; i < circles.size(); ++i) {
    for (const uint32_t path : circles[i]) circle_of.emplace(path, i);
  }
  std::set<size_t> open;
  const auto circle = [&](const Link& link) -> std::optional<size_t> {
    const auto from = circle_of.find(link.from);
    const auto to = circle_of.find(link.to);
    if (!link.alive || from == circle_of.end() || to == circle_of.end() || from->second != to->second)
      return std::nullopt;
    return from->second;
  };
  for (const Link& link : rest.links) {
    const auto of = circle(link);
    if (of.has_value() && !allows(model_.paths[link.from].unit)) open.insert(*of);
  }
  for (Link& link : rest.links) {
    const auto of = circle(link);
    link.alive = of.has_value() && open.count(*of) != 0;
  }
  return rest;
}

// For each component that is not proved to end an input that loops; where there is none, every cascade is
// gone through, which may prove others, too.
std::vector<Checker::Loop> Checker::find_loops(Prover& prover, LoopSearch& search, Explorer& explorer) {
  std::vector<Component>& components = prover.components();
  std::vector<Loop> loops(components.size());
  bool explored = false;
  for (size_t i = 0; i < components.size(); ++i) {
    if (components[i].proven) continue;
    loops[i] = search.find(components[i]);
    if (loops[i].has_value()) continue;
    if (const auto events = explorer.explore(components[i]); events.has_value()) {
      prover.accept_explored(components[i], *events);
      explored = true;
    } else if (const Explorer::LongRun& run = explorer.longest(); run.events > 0) {
      loops[i] = search.find_along(components[i], run.type, run.holds);
    }
  }
  if (explored) prover.run();
  return loops;
}

void Checker::judge(Component& component, Prover& prover, Loop loop) {
  Cycle cycle;
  cycle.rules = component.rules;
  if (component.proven) {
    cycle.verdict = Verdict::kEnds;
    for (const ProofStep& step : component.steps) {
      if (std::find(cycle.reasons.begin(), cycle.reasons.end(), step.text) == cycle.reasons.end())
        cycle.reasons.push_back(step.text);
      if (step.kind == ProofStep::Kind::kClimb) cycle.bound = step.times;
      if (step.times.has_value() && step.kind == ProofStep::Kind::kMeasure)
        cycle.bound = std::max(cycle.bound.value_or(0), with_branches(component, *step.times));
    }
    tell_bound(component, cycle);
    result_.cycles.push_back(std::move(cycle));
    return;
  }
  // What is told of is what nothing allows.
  const Component rest = without_allowed(component);
  const std::vector<uint32_t> open = prover.shortest_circle(rest);
  const bool is_allowed = open.empty() && (!component.too_large || allows_itself(component));
  const std::vector<uint32_t> way = open.empty() ? prover.shortest_circle(component) : open;
  cycle.steps = steps_of(model_, component, way);
  if (loop.has_value()) {
    cycle.verdict = Verdict::kCertain;
    cycle.replay = std::move(loop->first);
    cycle.outcome = std::move(loop->second);
    ++certain_;
  } else {
    cycle.missing = prover.missing_fact(component);
    if (cycle.missing.empty()) cycle.missing = missing_bound(model_, component, way);
  }
  cycle.allowed = cycle.verdict == Verdict::kPossible && is_allowed;
  if (!cycle.allowed) result_.diagnostics.push_back(describe(model_, cycle, component, way, certain_));
  result_.cycles.push_back(std::move(cycle));
}

// So many turns, each of which may make several of the next.
uint64_t Checker::with_branches(const Component& component, uint64_t turns) const {
  std::map<uint32_t, std::set<std::pair<uint32_t, uint32_t>>> next;
  for (const Link& link : component.links) next[link.from].insert({link.effect, model_.paths[link.to].rule});
  size_t most = 1;
  for (const auto& [path, events] : next) most = std::max(most, events.size());
  if (most == 1) return turns;
  constexpr uint64_t kMany = 1'000'000'000'000;
  uint64_t sum = 0;
  uint64_t level = 1;
  for (uint64_t turn = 0; turn <= turns && sum < kMany; ++turn, level *= most) sum += level;
  return sum;
}

void Checker::tell_bound(const Component& component, const Cycle& cycle) {
  std::string hangs_on;
  for (const ProofStep& step : component.steps) {
    if (!step.formula.empty()) hangs_on = step.formula;
  }
  const bool too_many = cycle.bound.has_value() && *cycle.bound > options_.max_cascade;
  if (!too_many && hangs_on.empty()) return;
  const uint32_t rule = component.rules.front();
  Diagnostic& diagnostic = result_.diagnostics.emplace_back();
  diagnostic.code = check_codes::kBeyondFuse;
  diagnostic.severity = Severity::kWarning;
  diagnostic.message =
      too_many
          ? fmt::format(
                "this cascade ends, but only after up to {} firings, and a cascade is undone after {} events",
                *cycle.bound, options_.max_cascade)
          : fmt::format(
                "this cascade ends after `{}` turns, which may be more than the {} events after which "
                "a cascade is undone",
                hangs_on, options_.max_cascade);
  diagnostic.primary.where = model_.rules[rule].compiled->where;
  diagnostic.primary.text = fmt::format("`{}` is part of it", model_.rules[rule].compiled->name);
  diagnostic.helps.push_back(fmt::format("because {}", cycle.reasons.front()));
  diagnostic.helps.push_back("a lower bound, or a higher `--max-cascade`, lets it run to its end");
}

void Checker::note_needed(const Component& component) {
  for (const uint32_t rule : component.rules) needed_[rule] = 1;
  for (const uint32_t path : component.paths) needed_[model_.paths[path].unit] = 1;
}

/// What goes on for ever, but takes its time. Circles without a delay were judged before.
void Checker::judge_in_time(const Component& component, Prover& prover, LoopSearch& search) {
  if (component.proven) return;
  const std::vector<uint32_t> open = prover.shortest_delayed_circle(without_allowed(component));
  const bool is_allowed = open.empty() && (!component.too_large || allows_itself(component));
  const std::vector<uint32_t> way = open.empty() ? prover.shortest_delayed_circle(component) : open;
  const bool told = std::any_of(result_.cycles.begin(), result_.cycles.end(), [&](const Cycle& cycle) {
    return cycle.verdict != Verdict::kEnds && cycle.verdict != Verdict::kPerpetual &&
           std::any_of(cycle.rules.begin(), cycle.rules.end(), [&](uint32_t rule) {
             return std::binary_search(component.rules.begin(), component.rules.end(), rule);
           });
  });
  if ((way.empty() && !component.too_large) || told) return;
  Cycle cycle;
  cycle.verdict = Verdict::kPerpetual;
  cycle.rules = component.rules;
  cycle.steps = steps_of(model_, component, way);
  note_needed(component);
  if (auto run = search.find_in_time(component)) {
    cycle.grows = search.grows(run->first);
    cycle.replay = std::move(run->first);
    cycle.outcome = std::move(run->second);
    ++perpetual_;
  }
  cycle.allowed = !cycle.grows && is_allowed;
  if (!cycle.allowed)
    result_.diagnostics.push_back(describe_perpetual(model_, cycle, component, way, perpetual_));
  result_.cycles.push_back(std::move(cycle));
}

void Checker::tell_needless_allowances() {
  for (uint32_t number = 0; number < model_.rules.size(); ++number) {
    const RuleModel& rule = model_.rules[number];
    if (!rule.allow_cycle().has_value() || needed_[number] != 0) continue;
    // What a module allows is for some of its uses.
    if (rule.is_of_module()) continue;
    Diagnostic& diagnostic = result_.diagnostics.emplace_back();
    diagnostic.code = check_codes::kNeedlessAllowance;
    diagnostic.severity = Severity::kWarning;
    diagnostic.message =
        fmt::format("the {} `{}` allows a cycle that is not there", word_of(rule), rule.compiled->name);
    diagnostic.primary.where = place_of(model_, number, rule.allow_cycle_span());
    diagnostic.helps.push_back("every cascade through it is proved to end: leave `allow cycle` out");
  }
}

CheckResult Checker::check() {
  build_model(modules_, program_, *options_.functions, model_);
  const EventGraph graph(model_);
  const Writers writers(model_);
  Facts facts(model_, graph, writers);
  Prover prover(model_, graph, writers, facts, Scope::kCascade);
  prover.run();
  LoopSearch search(model_, graph, writers, facts, prover, options_);
  Explorer explorer(model_, graph, writers, facts);
  std::vector<Loop> loops = find_loops(prover, search, explorer);
  for (size_t i = 0; i < loops.size(); ++i) judge(prover.components()[i], prover, std::move(loops[i]));
  needed_.assign(model_.rules.size(), 0);
  for (size_t i = 0; i < prover.components().size(); ++i) {
    if (result_.cycles[i].verdict != Verdict::kEnds) note_needed(prover.components()[i]);
  }
  std::optional<Prover> in_time;
  if (graph.has_delays()) {
    in_time.emplace(model_, graph, writers, facts, Scope::kTime);
    in_time->run();
    LoopSearch timers(model_, graph, writers, facts, *in_time, options_);
    for (const Component& component : in_time->components()) judge_in_time(component, *in_time, timers);
  }
  tell_needless_allowances();
  if (options_.findings) add_findings(model_, graph, writers, facts, modules_, program_, result_.diagnostics);
  if (!options_.picture) return std::move(result_);
  result_.certificate = write_certificate(model_, prover.components(), in_time ? &*in_time : nullptr);
  result_.graph = draw_graph(model_, graph, prover.components(), result_.cycles);
  result_.summary.rules = model_.rule_count;
  result_.summary.events = result_.graph.events.size();
  summarise(model_, graph, prover.components(), result_.summary);
  return std::move(result_);
}

}  // namespace

std::string EventClass::label() const {
  switch (kind) {
    case Kind::kPlain:
      return name;
    case Kind::kChanged:
      return "changed " + name;
    case Kind::kDeleted:
      return "deleted " + name;
    case Kind::kSubjectDeleted:
      return "subject deleted";
  }
  return name;
}

namespace {

/// A cycle that is allowed where there is none is worth a word.
bool allows_cycles(const std::vector<ast::Module>& modules) {
  return std::any_of(modules.begin(), modules.end(), [](const ast::Module& module) {
    return std::any_of(module.declarations.begin(), module.declarations.end(),
                       [](const ast::Declaration& declaration) {
                         const auto* rule = std::get_if<ast::Rule>(&declaration.node);
                         return rule != nullptr && rule->allow_cycle.has_value();
                       });
  });
}

}  // namespace

bool may_have_cycles(const std::vector<ast::Module>& modules) {
  return allows_cycles(modules) || may_have_circle(modules);
}

CheckResult check_program(const std::vector<ast::Module>& modules, const Program& program,
                          const CheckOptions& options) {
  const bool only_loops = !options.findings && !options.picture;
  if (only_loops && !may_have_cycles(modules)) return {};
  return Checker(modules, program, options).check();
}

}  // namespace krules
