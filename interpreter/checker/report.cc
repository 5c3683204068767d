#include "report.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "glob_meet.h"
#include "krules/check_codes.h"

namespace krules::check {

namespace {

using namespace check_codes;

std::string text_of(const Model& model, uint32_t rule, Span span) {
  const std::string_view text = (*model.modules)[model.rules[rule].source].source->text(span);
  std::string line;
  for (const char c : text) {
    const bool blank = c == '\n' || c == '\r' || c == '\t' || c == ' ';
    if (blank && (line.empty() || line.back() == ' ')) continue;
    line += blank ? ' ' : c;
  }
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

EventClass event_of(EventClass::Kind kind, std::string name) {
  return {kind, std::move(name), false};
}

// What fires the rule of this path when the link's event comes, in words.
std::string what_fires(const Model& model, const Link& link) {
  const Effect& effect = model.paths[link.from].effects[link.effect];
  const std::string name = shape_of(model.terms, effect.name);
  switch (link.kind) {
    case EventClass::Kind::kPlain:
      return fmt::format("`{}`", name);
    case EventClass::Kind::kChanged:
      return name == "*" ? "the change of a property" : fmt::format("the change of `{}`", name);
    case EventClass::Kind::kDeleted:
      return name == "*" ? "the deletion of a property" : fmt::format("the deletion of `{}`", name);
    case EventClass::Kind::kSubjectDeleted:
      return "the end of a subject";
  }
  return name;
}

Span head_of(const Model& model, uint32_t rule) {
  const RuleModel& unit = model.rules[rule];
  return unit.triggers().empty() ? unit.head_span() : unit.triggers().front().span;
}

}  // namespace

std::string_view word_of(const RuleModel& unit) {
  return unit.is_gate() ? "gate" : unit.is_middleware() ? "middleware" : "rule";
}

Location place_of(const Model& model, uint32_t rule, Span span) {
  return {(*model.modules)[model.rules[rule].source].source, span};
}

std::string label_of(const Model& model, const Link& link) {
  const Effect& effect = model.paths[link.from].effects[link.effect];
  return event_of(link.kind, shape_of(model.terms, effect.name)).label();
}

std::vector<CycleStep> steps_of(const Model& model, const Component& component,
                                const std::vector<uint32_t>& links) {
  std::vector<CycleStep> steps;
  for (const uint32_t i : links) {
    const Link& link = component.links[i];
    const uint32_t rule = model.paths[link.from].rule;
    CycleStep step;
    step.rule = rule;
    step.event = label_of(model, link);
    step.head = place_of(model, rule, head_of(model, rule));
    step.cause =
        place_of(model, model.paths[link.from].unit, model.paths[link.from].effects[link.effect].span);
    steps.push_back(std::move(step));
  }
  return steps;
}

std::string missing_bound(const Model& model, const Component& component,
                          const std::vector<uint32_t>& links) {
  const TermPool& terms = model.terms;
  for (const uint32_t i : links) {
    for (const Effect& effect : model.paths[component.links[i].from].effects) {
      if (effect.kind != Effect::Kind::kChange) continue;
      const Op op = terms.op(effect.after);
      if (op != Op::kAdd && op != Op::kSubtract) continue;
      const TermId step = terms.arg(effect.after, 1);
      if (terms.is_const(step))
        return fmt::format("a bound that every rule keeps, such as `when {} {} ...`, ",
                           terms.show(effect.before), op == Op::kAdd ? "<" : ">");
    }
  }
  return {};
}

namespace {

/// From the first rule round to it again: what fires it, what it makes.
void tell_way(const Model& model, const Component& component, const std::vector<uint32_t>& links,
              Diagnostic& diagnostic) {
  for (size_t i = 0; i < links.size(); ++i) {
    const Link& link = component.links[links[i]];
    const Link& before = component.links[links[i == 0 ? links.size() - 1 : i - 1]];
    const uint32_t rule = model.paths[link.from].rule;
    const bool last = i + 1 == links.size();
    Label head;
    head.where = place_of(model, rule, head_of(model, rule));
    head.text = fmt::format("{} fires `{}` ...", what_fires(model, before), model.rules[rule].compiled->name);
    diagnostic.related.push_back(std::move(head));
    Label cause;
    const RulePath& path = model.paths[link.from];
    cause.where = place_of(model, path.unit, model.paths[link.from].effects[link.effect].span);
    const std::string made = link.kind == EventClass::Kind::kPlain ? "emits" : "makes";
    const std::string who = path.is_beside() ? fmt::format("and the middleware `{}` around it",
                                                           model.rules[path.unit].compiled->name)
                                             : "which";
    cause.text = fmt::format("... {} {} {}{}", who, made, what_fires(model, link),
                             last ? ", and so it goes round" : " ...");
    if (last) {
      diagnostic.primary = std::move(cause);
    } else {
      diagnostic.related.push_back(std::move(cause));
    }
  }
}

}  // namespace

Diagnostic describe_perpetual(const Model& model, const Cycle& cycle, const Component& component,
                              const std::vector<uint32_t>& links, uint32_t number) {
  Diagnostic diagnostic;
  diagnostic.code = kPerpetual;
  diagnostic.severity = cycle.grows ? Severity::kError : Severity::kWarning;
  diagnostic.message = cycle.grows    ? "this sets more and more timers, for ever"
                       : cycle.replay ? "this goes on for ever, with time in between"
                                      : "this may go on for ever, with time in between";
  if (links.empty()) {
    const uint32_t rule = component.rules.front();
    diagnostic.primary = {place_of(model, rule, head_of(model, rule)),
                          fmt::format("{} rules set each other off", component.rules.size())};
    return diagnostic;
  }
  tell_way(model, component, links, diagnostic);
  std::string period;
  for (const uint32_t i : links) {
    const Effect& effect = model.paths[component.links[i].from].effects[component.links[i].effect];
    if (!effect.delayed) continue;
    if (!period.empty()) period += " + ";
    period += effect.is_reply ? "the time of the call" : model.terms.show(effect.delay);
  }
  if (cycle.replay)
    diagnostic.helps.push_back(fmt::format(
        "replay: krules replay .krules-check/K0303-{}.json (when {} timers had fired, {} waiting)", number,
        cycle.outcome.fired,
        cycle.outcome.waiting == 1 ? "another one was"
                                   : fmt::format("{} others were", cycle.outcome.waiting)));
  diagnostic.helps.push_back(fmt::format("once begun, it comes again every {}", period));
  if (cycle.grows) {
    diagnostic.helps.push_back("a `key` behind `after` makes it one timer, which the next one replaces");
    return diagnostic;
  }
  diagnostic.helps.push_back(
      "a `when` on what the event carries (`payload.tries < 5`) ends it; for what is due again and again "
      "there "
      "are `every` and `at`");
  diagnostic.helps.push_back(
      "if it is meant to go on, say so: `allow cycle \"why\"` in the head of one of the rules");
  return diagnostic;
}

Diagnostic describe(const Model& model, const Cycle& cycle, const Component& component,
                    const std::vector<uint32_t>& links, uint32_t number) {
  const bool certain = cycle.verdict == Verdict::kCertain;
  Diagnostic diagnostic;
  diagnostic.code = certain ? kCertainLoop : kPossibleCycle;
  diagnostic.severity = certain ? Severity::kError : Severity::kWarning;
  diagnostic.message = certain ? "this cascade never ends" : "this cascade may never end";
  if (links.empty()) {
    const uint32_t rule = component.rules.front();
    diagnostic.primary = {place_of(model, rule, head_of(model, rule)),
                          fmt::format("{} rules set each other off", component.rules.size())};
    return diagnostic;
  }
  tell_way(model, component, links, diagnostic);
  if (certain) {
    const char* how = cycle.outcome.end == ReplayOutcome::End::kRepeats
                          ? "after {} events the whole state is the same as {} events before"
                          : "it was stopped after {} events";
    diagnostic.helps.push_back(
        fmt::format("replay: krules replay .krules-check/K0301-{}.json", number) + " (" +
        fmt::format(fmt::runtime(how), cycle.outcome.events, cycle.outcome.period) + ")");
  } else if (!cycle.missing.empty()) {
    diagnostic.helps.push_back(cycle.missing + " would prove that it ends");
  }
  const Link& closing = component.links[links.back()];
  const uint32_t last_rule = model.paths[closing.from].unit;
  const Effect& effect = model.paths[closing.from].effects[closing.effect];
  if (closing.kind == EventClass::Kind::kChanged) {
    const std::string statement = text_of(model, last_rule, effect.span);
    const std::string name = shape_of(model.terms, effect.name);
    if (statement.starts_with("set ") && statement.size() < 60 && statement.find('{') == std::string::npos)
      diagnostic.helps.push_back(fmt::format("`{} muted` makes no event", statement));
    const auto& triggers = model.rules[model.paths[closing.to].rule].compiled->triggers;
    const bool any = std::any_of(triggers.begin(), triggers.end(),
                                 [](const auto& each) { return each.properties.empty(); });
    if (any && name.find('*') == std::string::npos) {
      diagnostic.helps.push_back(fmt::format("`when property != \"{}\"` leaves this change out", name));
      if (statement.starts_with("set ") && statement.size() < 60)
        diagnostic.helps.push_back(
            fmt::format("`set ext.{}` keeps it as metadata, without events", statement.substr(4)));
    }
  } else {
    diagnostic.helps.push_back("a `when` that becomes false on the way round ends it");
  }
  if (!certain)
    diagnostic.helps.push_back(
        "if you know why it ends, say so: `allow cycle \"why\"` in the head of one of the rules");
  return diagnostic;
}

CascadeGraph draw_graph(const Model& model, const EventGraph& graph, const std::vector<Component>& components,
                        const std::vector<Cycle>& told) {
  CascadeGraph drawn;
  std::vector<uint32_t> cycle_of(model.rules.size(), CascadeGraph::kNone);
  uint32_t cycles = 0;
  for (const Component& component : components) {
    for (const uint32_t rule : component.rules) cycle_of[rule] = cycles;
    ++cycles;
  }
  // Behind them those that take time.
  for (; cycles < told.size(); ++cycles) {
    for (const uint32_t rule : told[cycles].rules) {
      if (cycle_of[rule] == CascadeGraph::kNone || told[cycle_of[rule]].verdict == Verdict::kEnds)
        cycle_of[rule] = cycles;
    }
  }
  // What a middleware does belongs to the circle of the rule that it is around.
  for (const RulePath& path : model.paths) {
    if (path.is_beside() && cycle_of[path.rule] != CascadeGraph::kNone)
      cycle_of[path.unit] = cycle_of[path.rule];
  }
  for (uint32_t number = 0; number < model.rules.size(); ++number) {
    const RuleModel& rule = model.rules[number];
    CascadeGraph::Rule& made = drawn.rules.emplace_back();
    made.name = rule.compiled->name;
    made.role = rule.is_gate()         ? CascadeGraph::Role::kGate
                : rule.is_middleware() ? CascadeGraph::Role::kMiddleware
                                       : CascadeGraph::Role::kRule;
    made.where = rule.compiled->where;
    made.cycle = cycle_of[number];
    for (const ast::HeadClause& clause : rule.head()) {
      if (const auto* when = std::get_if<ast::When>(&clause))
        made.guards.push_back(text_of(model, number, when->condition->span));
    }
  }
  std::map<std::pair<EventClass::Kind, std::string>, uint32_t> known;
  const auto event = [&](EventClass::Kind kind, const std::string& name) {
    const auto [place, is_new] = known.try_emplace({kind, name}, static_cast<uint32_t>(drawn.events.size()));
    if (is_new) drawn.events.push_back(event_of(kind, name));
    return place->second;
  };
  std::set<std::pair<uint32_t, uint32_t>> reactions;
  std::map<std::pair<uint32_t, uint32_t>, bool> taken;  // event and rule: whether some link is alive
  for (const Component& component : components) {
    for (const Link& link : component.links) {
      const Effect& effect = model.paths[link.from].effects[link.effect];
      bool& alive = taken[{event(link.kind, shape_of(model.terms, effect.name)), model.paths[link.to].rule}];
      alive |= link.alive || component.proven;
    }
  }
  std::set<std::tuple<uint32_t, uint32_t, uint32_t>> emissions;
  std::set<std::pair<uint32_t, uint32_t>> wrappings;
  for (const EventGraph::Class& made : graph.classes()) {
    const uint32_t number = event(made.kind, made.name);
    for (const Site& site : made.sites) {
      const RulePath& path = model.paths[site.path];
      const Effect& effect = path.effects[site.effect];
      if (path.is_beside() && wrappings.insert({path.rule, path.unit}).second)
        drawn.wrappings.push_back({path.rule, path.unit});
      if (!emissions.insert({path.unit, number, effect.span.begin}).second) continue;
      const std::string delay = effect.is_reply  ? "reply"
                                : effect.delayed ? model.terms.show(effect.delay)
                                                 : std::string();
      drawn.emissions.push_back(
          {path.unit, number, place_of(model, path.unit, effect.span), {}, CascadeGraph::kNone, delay});
    }
    for (const uint32_t rule : made.rules) {
      if (!reactions.insert({number, rule}).second) continue;
      drawn.reactions.push_back({number, rule, false, CascadeGraph::kNone});
    }
  }
  for (CascadeGraph::Reaction& reaction : drawn.reactions) {
    if (const auto found = taken.find({reaction.event, reaction.rule}); found != taken.end())
      reaction.refuted = !found->second;
  }
  // What comes from outside: what rules wait for and nothing makes, and what is declared.
  std::set<std::string> declared;
  for (const ast::Module& module : *model.modules) {
    for (const ast::Declaration& declaration : module.declarations) {
      if (const auto* input = std::get_if<ast::Input>(&declaration.node)) declared.insert(input->type.text);
    }
  }
  const size_t own_events = drawn.events.size();
  for (uint32_t number = 0; number < model.rules.size(); ++number) {
    for (const CompiledTrigger& trigger : model.rules[number].compiled->triggers) {
      for (const NamePattern& type : trigger.types) {
        if (type.text == kPropertyChangedType || type.text == kPropertyDeletedType ||
            type.text == kSubjectDeletedType) {
          const auto kind = type.text == kPropertyChangedType   ? EventClass::Kind::kChanged
                            : type.text == kPropertyDeletedType ? EventClass::Kind::kDeleted
                                                                : EventClass::Kind::kSubjectDeleted;
          for (const NamePattern& property : trigger.properties) {
            if (known.count({kind, property.text}) != 0 || property.exact == nullptr) continue;
            if (reactions.insert({event(kind, property.text), number}).second)
              drawn.reactions.push_back({event(kind, property.text), number, false, CascadeGraph::kNone});
          }
          continue;
        }
        const bool is_new = known.count({EventClass::Kind::kPlain, type.text}) == 0;
        if (type.exact == nullptr && !is_new) continue;
        const uint32_t number_of = event(EventClass::Kind::kPlain, type.text);
        if (number_of >= own_events || declared.count(type.text) != 0)
          drawn.events[number_of].external = true;
        if (number_of >= own_events && reactions.insert({number_of, number}).second)
          drawn.reactions.push_back({number_of, number, false, CascadeGraph::kNone});
      }
    }
  }
  // Circles: what leads from one rule of a component to another one.
  std::vector<std::set<uint32_t>> makers(drawn.events.size());
  for (const CascadeGraph::Emission& emission : drawn.emissions) {
    if (cycle_of[emission.rule] != CascadeGraph::kNone)
      makers[emission.event].insert(cycle_of[emission.rule]);
  }
  for (CascadeGraph::Reaction& reaction : drawn.reactions) {
    const uint32_t cycle = cycle_of[reaction.rule];
    if (cycle != CascadeGraph::kNone && !reaction.refuted && makers[reaction.event].count(cycle) != 0)
      reaction.cycle = cycle;
  }
  std::set<std::pair<uint32_t, uint32_t>> led_on;  // event and cycle
  for (const CascadeGraph::Reaction& reaction : drawn.reactions) {
    if (reaction.cycle != CascadeGraph::kNone) led_on.emplace(reaction.event, reaction.cycle);
  }
  std::set<std::pair<uint32_t, uint32_t>> emitters;  // rule and cycle
  for (CascadeGraph::Emission& emission : drawn.emissions) {
    const uint32_t cycle = cycle_of[emission.rule];
    if (cycle == CascadeGraph::kNone || led_on.count({emission.event, cycle}) == 0) continue;
    emission.cycle = cycle;
    emitters.emplace(emission.rule, cycle);
  }
  for (CascadeGraph::Wrapping& each : drawn.wrappings) {
    const uint32_t cycle = cycle_of[each.rule];
    if (cycle != CascadeGraph::kNone && emitters.count({each.middleware, cycle}) != 0) each.cycle = cycle;
  }
  return drawn;
}

void summarise(const Model& model, const EventGraph& graph, const std::vector<Component>& components,
               CheckSummary& summary) {
  constexpr uint64_t kMany = 1'000'000'000;
  std::vector<uint32_t> component_of(model.rules.size(), UINT32_MAX);
  for (uint32_t i = 0; i < components.size(); ++i) {
    if (Prover::is_circular(components[i])) return;
    for (const uint32_t rule : components[i].rules) component_of[rule] = i;
  }
  if (!components.empty()) return;  // how often a measure lets its rules fire is told by the measure
  // Without circles: from the last rules to the first.
  const auto count = static_cast<uint32_t>(graph.classes().size());
  std::vector<std::vector<uint32_t>> next(count);
  for (uint32_t made = 0; made < count; ++made) {
    for (const uint32_t rule : graph.classes()[made].rules) {
      for (const uint32_t more : graph.made_by(rule)) {
        if (!graph.classes()[more].delayed) next[made].push_back(more);
      }
    }
  }
  std::vector<uint64_t> fires(count, 0);
  std::vector<uint32_t> depth(count, 0);
  std::vector<uint32_t> onward(count, UINT32_MAX);
  bool counted = true;
  const auto fires_of = [&](const std::vector<uint32_t>& rules, uint32_t& deepest, uint32_t& way) {
    uint64_t sum = 0;
    for (const uint32_t rule : rules) {
      const auto most = most_of_run<uint64_t>(model, rule, [&](uint32_t path) {
        uint64_t on_path = 0;
        for (const EventGraph::Made& made : graph.made_on(path)) {
          if (graph.classes()[made.event].delayed) continue;
          on_path = std::min(kMany, on_path + fires[made.event]);
          if (fires[made.event] > 0 && model.paths[path].effects[made.effect].in_loop) counted = false;
          if (depth[made.event] + 1 > deepest) deepest = depth[made.event] + 1, way = made.event;
        }
        return on_path;
      });
      sum = std::min(kMany, sum + 1 + most);
    }
    return sum;
  };
  for (const auto& one : strong_components(
           count, [&](uint32_t i) -> const auto& { return next[i]; })) {
    for (const uint32_t made : one)
      fires[made] = fires_of(graph.classes()[made].rules, depth[made], onward[made]);
  }
  // One input fires the rules that wait for its type.
  std::map<std::string, std::vector<uint32_t>> by_type;
  for (uint32_t rule = 0; rule < model.rules.size(); ++rule) {
    for (const CompiledTrigger& trigger : model.rules[rule].compiled->triggers) {
      for (const NamePattern& type : trigger.types) {
        const bool built_in = type.text == kPropertyChangedType || type.text == kPropertyDeletedType ||
                              type.text == kSubjectDeletedType;
        if (!built_in && type.exact != nullptr) by_type[type.text].push_back(rule);
      }
    }
  }
  uint64_t most = 0;
  uint32_t deepest_of_all = 0;
  for (const auto& [type, rules] : by_type) {
    uint32_t deepest = 0;
    uint32_t way = UINT32_MAX;
    const uint64_t sum = fires_of(rules, deepest, way);
    if (sum < most || (sum == most && deepest <= deepest_of_all)) continue;
    most = sum;
    deepest_of_all = deepest;
    summary.longest_path = type;
    for (int shown = 0; way != UINT32_MAX && shown < 12; ++shown) {
      const EventGraph::Class& made = graph.classes()[way];
      summary.longest_path += " -> " + event_of(made.kind, made.name).label();
      way = onward[way];
    }
  }
  if (counted) summary.longest = most;
}

}  // namespace krules::check
