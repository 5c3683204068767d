#include "explore.h"

#include <algorithm>
#include <functional>
#include <set>

#include "glob_meet.h"
#include "syntax_walk.h"

namespace krules::check {

Explorer::Explorer(Model& model, const EventGraph& graph, const Writers& writers, Facts& facts)
    : model_(model),
      terms_(model.terms),
      graph_(graph),
      writers_(writers),
      facts_(facts),
      matters_(model.rules.size(), 0) {}

namespace {

bool is_built_in(std::string_view type) {
  return type == kPropertyChangedType || type == kPropertyDeletedType || type == kSubjectDeletedType;
}

bool has_delay(const ast::Block& block) {
  bool found = false;
  for (const ast::Stmt& stmt : block.statements) {
    if (const auto* emit = std::get_if<ast::Emit>(&stmt.node)) found |= emit->clauses.after != nullptr;
    found |= std::holds_alternative<ast::CallAction>(stmt.node);
    for_each_block(stmt, [&](const ast::Block& inner) { found |= has_delay(inner); });
  }
  return found;
}

}  // namespace

// What is known of the ways through a rule must be all that there is to know.
bool Explorer::can_be_followed(uint32_t rule) const {
  const RuleModel& model = model_.rules[rule];
  if (has_delay(model.syntax->body)) return false;
  for (uint32_t path = model.first_path; path < model.first_path + model.path_count; ++path) {
    if (model_.paths[path].coarse) return false;
    for (const Effect& effect : model_.paths[path].effects) {
      if (effect.in_loop) return false;
    }
  }
  return true;
}

// The component's rules, and whatever makes events that these wait for, or writes what these read.
bool Explorer::find_rules(const Component& component) {
  for (const uint32_t rule : rules_) matters_[rule] = 0;
  rules_.clear();
  bool small = true;
  const auto add = [&](uint32_t rule) {
    if (matters_[rule] != 0 || !small) return;
    matters_[rule] = 1;
    rules_.push_back(rule);
    small = rules_.size() <= kMostRules && can_be_followed(rule);
  };
  for (const uint32_t rule : component.rules) add(rule);
  std::set<std::pair<TermId, bool>> read;
  const auto look = [&](TermId term) {
    std::vector<TermId> open = {term};
    while (!open.empty() && small) {
      const TermId id = open.back();
      open.pop_back();
      if (!terms_[id].local) continue;
      const Op op = terms_.op(id);
      if (op == Op::kProps) small = false;
      if (op == Op::kRead || op == Op::kReadExt) {
        const TermId name = terms_.arg(id, 1);
        if (!terms_.is_const(name)) {
          small = false;
        } else if (read.insert({name, op == Op::kReadExt}).second) {
          writers_.for_each(name, op == Op::kReadExt,
                            [&](const Site& site) { add(model_.paths[site.path].rule); });
        }
      }
      for (const TermId arg : terms_.args(id)) open.push_back(arg);
    }
  };
  for (size_t i = 0; i < rules_.size() && small; ++i) {
    const RuleModel& rule = model_.rules[rules_[i]];
    for (const uint32_t made : graph_.waited_by(rules_[i])) {
      for (const Site& site : graph_.classes()[made].sites) add(model_.paths[site.path].rule);
    }
    for (uint32_t path = rule.first_path; path < rule.first_path + rule.path_count; ++path) {
      for (const Literal& literal : model_.paths[path].when) look(literal.term);
      for (const TermId term : model_.paths[path].computed) look(term);
      for (const Effect& effect : model_.paths[path].effects) {
        for (const TermId term :
             {effect.subject, effect.name, effect.payload, effect.before, effect.after, effect.context})
          look(term);
      }
    }
  }
  std::sort(rules_.begin(), rules_.end());
  return small;
}

uint32_t Explorer::waiting_for(const std::string& type) const {
  for (const uint32_t rule : rules_) {
    for (const CompiledTrigger& trigger : model_.rules[rule].compiled->triggers) {
      for (const NamePattern& each : trigger.types) {
        if (each.text == type) return rule;
      }
    }
  }
  return rules_.front();
}

std::optional<uint64_t> Explorer::explore(const Component& component) {
  // What wraps rules may skip them, and makes events of its own.
  if (component.too_large || !model_.program->wrappers().empty() || !find_rules(component))
    return std::nullopt;
  steps_ = 0;
  most_events_ = 0;
  longest_ = {};
  // One input of each type that is waited for by name, one of any other that fits a pattern.
  std::set<std::string> exact;
  std::set<std::string> globs;
  for (const uint32_t rule : rules_) {
    for (const CompiledTrigger& trigger : model_.rules[rule].compiled->triggers) {
      for (const NamePattern& type : trigger.types) {
        if (is_built_in(type.text)) continue;
        (type.exact != nullptr ? exact : globs).insert(type.text);
      }
    }
  }
  if (exact.size() + globs.size() > kMostTypes) return std::nullopt;
  const auto begin = [&](TermId name, const std::string& pattern, std::vector<Literal> literals) {
    Event input;
    input.name = name;
    input.subject = terms_.leaf(Op::kSubject);
    input.payload = terms_.leaf(Op::kPayload);
    input.context = terms_.null();
    input.before = input.after = terms_.null();
    input.meta = model_.sets_meta ? terms_.opaque() : terms_.leaf(Op::kMeta);
    for (const uint32_t rule : rules_) {
      const auto& triggers = model_.rules[rule].compiled->triggers;
      const bool fits = std::any_of(triggers.begin(), triggers.end(), [&](const CompiledTrigger& trigger) {
        return std::any_of(trigger.types.begin(), trigger.types.end(), [&](const NamePattern& type) {
          return !is_built_in(type.text) && globs_meet(type.text, pattern);
        });
      });
      if (fits) input.rules.push_back(rule);
    }
    input_type_ = pattern;
    return explore_from(std::move(input), std::move(literals));
  };
  for (const std::string& type : exact) {
    facts_.forget_runs();
    if (facts_.comes_from_outside(type)) {
      facts_.set_input(type);
    } else {
      facts_.set_rule(0, waiting_for(type));  // with what the program itself sends
    }
    if (!begin(terms_.text_constant(type), type, {})) return std::nullopt;
  }
  facts_.forget_runs();
  for (const std::string& pattern : globs) {
    const TermId name = terms_.leaf(Op::kEvent);
    std::vector<Literal> literals = {
        {terms_.apply(Op::kMatches, {name, terms_.text_constant(pattern)}), true}};
    for (const std::string& type : exact)
      literals.push_back({terms_.apply(Op::kEqual, {name, terms_.text_constant(type)}), false});
    for (const std::string_view type : {kPropertyChangedType, kPropertyDeletedType, kSubjectDeletedType})
      literals.push_back({terms_.apply(Op::kEqual, {name, terms_.text_constant(type)}), false});
    if (!begin(name, pattern, std::move(literals))) return std::nullopt;
  }
  return most_events_;
}

bool Explorer::explore_from(Event input, std::vector<Literal> literals) {
  open_.clear();
  State& first = open_.emplace_back();
  first.queue.push_back(std::move(input));
  first.literals = std::move(literals);
  while (!open_.empty()) {
    State state = std::move(open_.back());
    open_.pop_back();
    if (!step(state)) return false;
  }
  return true;
}

// One rule of one event. False: this leads too far.
bool Explorer::step(State& state) {
  while (state.now < state.queue.size() && state.next == state.queue[state.now].rules.size()) {
    ++state.now;
    state.next = 0;
  }
  most_events_ = std::max<uint64_t>(most_events_, state.queue.size());
  if (state.now == state.queue.size()) return true;
  if (state.now >= kLong && state.now > longest_.events + kLong)
    longest_ = {input_type_, state.literals, state.now};
  if (++steps_ > kMostSteps || state.queue.size() > kMostEvents || state.literals.size() > kMostLiterals)
    return false;
  const uint32_t rule = state.queue[state.now].rules[state.next++];
  return run_rule(state, rule);
}

// False: it can never hold beside the others.
bool Explorer::add(std::vector<Literal>& literals, Literal literal, const TermPool& terms) {
  if (terms.is_const(literal.term)) {
    const Value& value = terms.value(literal.term);
    return (value.is_null() || value.is(ValueKind::kBool)) && value.is_true() == literal.truth;
  }
  for (const Literal& known : literals) {
    if (known.term == literal.term) return known.truth == literal.truth;
  }
  literals.push_back(literal);
  return true;
}

bool Explorer::is_possible(const std::vector<Literal>& literals) {
  return !facts_.solver().is_contradiction(literals);
}

bool Explorer::run_rule(State& state, uint32_t rule) {
  const RuleModel& model = model_.rules[rule];
  const Event event = state.queue[state.now];
  const TermId trigger = trigger_of(rule, event);
  // Where the rule does nothing, each way through it was not open, or failed.
  std::vector<Literal> nothing = state.literals;
  bool may_do_nothing = true;
  for (uint32_t path = model.first_path; path < model.first_path + model.path_count; ++path) {
    const RulePath& way = model_.paths[path];
    if (way.effects.empty()) continue;
    std::unordered_map<TermId, TermId> known;
    std::vector<Literal> own;
    bool open = add(own, {trigger, true}, terms_);
    for (size_t i = 0; i < way.when.size() && open; ++i)
      open = add(own, {placed(way.when[i].term, state, event, known), way.when[i].truth}, terms_);
    std::vector<Literal> literals = state.literals;
    bool asks = false;
    for (size_t i = 0; i < own.size() && open; ++i) {
      const size_t before = literals.size();
      open = add(literals, own[i], terms_);
      asks |= literals.size() != before;
    }
    if (open && asks) open = is_possible(literals);
    if (!open) continue;
    // Whether this way is taken to its end where its conditions hold.
    bool sure = !way.is_unsure;
    for (size_t i = 0; i < own.size() && sure; ++i) sure = cannot_fail(own[i].term, state.literals);
    for (size_t i = 0; i < way.computed.size() && sure; ++i)
      sure = cannot_fail(placed(way.computed[i], state, event, known), literals);
    for (size_t i = 0; i < way.effects.size() && sure; ++i) {
      const Effect& effect = way.effects[i];
      for (const TermId term : {effect.subject, effect.name, effect.payload, effect.after, effect.context}) {
        if (sure) sure = cannot_fail(placed(term, state, event, known), literals);
      }
      const TermId subject = placed(effect.subject, state, event, known);
      const bool named = terms_.op(subject) == Op::kSubject || !terms_.text(subject).empty();
      const TermId name = placed(effect.name, state, event, known);
      sure = sure && named && (effect.kind == Effect::Kind::kDeleteSubject || !terms_.text(name).empty());
    }
    if (sure) {
      TermId all = terms_.truth(true);
      for (const Literal& each : own)
        all = terms_.apply(Op::kAnd, {all, each.truth ? each.term : terms_.apply(Op::kNot, {each.term})});
      may_do_nothing = may_do_nothing && add(nothing, {all, false}, terms_);
    }
    if (!run_path(state, path, std::move(literals))) return false;
  }
  if (!may_do_nothing) return true;
  if (nothing.size() != state.literals.size() && !is_possible(nothing)) return true;
  state.literals = std::move(nothing);
  open_.push_back(std::move(state));
  return true;
}

// What is written by large choices is told apart first: that keeps terms small.
bool Explorer::run_path(const State& state, uint32_t path, std::vector<Literal> literals) {
  const Event event = state.queue[state.now];
  State now = state;
  now.literals = std::move(literals);
  for (const Effect& effect : model_.paths[path].effects) {
    if (effect.kind != Effect::Kind::kChange) continue;
    std::unordered_map<TermId, TermId> known;
    const TermId after = placed(effect.after, now, event, known);
    if (size_of(after) <= kLargeSize) continue;
    const TermId choice = open_choice(after);
    const bool is_asked = std::any_of(now.literals.begin(), now.literals.end(),
                                      [&](const Literal& literal) { return literal.term == choice; });
    if (choice == 0 || terms_.is_const(choice) || is_asked) continue;
    if (++steps_ > kMostSteps) return false;
    for (const bool truth : {true, false}) {
      std::vector<Literal> one = now.literals;
      if (!add(one, {choice, truth}, terms_) || !is_possible(one)) continue;
      if (!run_path(state, path, std::move(one))) return false;
    }
    return true;
  }
  return take_effects(now, path);
}

// Opens a state for each way in which the effects may come out.
bool Explorer::take_effects(const State& state, uint32_t path) {
  const Event event = state.queue[state.now];
  const RulePath& way = model_.paths[path];
  std::vector<uint32_t> order(way.effects.size());
  for (uint32_t i = 0; i < order.size(); ++i) order[i] = i;
  std::stable_sort(order.begin(), order.end(),
                   [&](uint32_t a, uint32_t b) { return way.effects[a].place < way.effects[b].place; });
  std::unordered_map<TermId, TermId> known;
  std::vector<State> ends = {state};
  for (const uint32_t i : order) {
    const Effect& effect = way.effects[i];
    Event made;
    made.subject = placed(effect.subject, state, event, known);
    made.name = placed(effect.name, state, event, known);
    made.context = placed(effect.context, state, event, known);
    made.meta = terms_.opaque();
    if (effect.kind == Effect::Kind::kEmit) {
      made.payload = placed(effect.payload, state, event, known);
      made.before = made.after = terms_.null();
      if (const TermId meta = meta_after(model_, effect, made.meta, made.context); meta != 0)
        made.meta = meta;
      made.context = terms_.null();
      made.rules = listeners(path, i, EventClass::Kind::kPlain);
      if (made.rules.empty()) continue;
      for (State& end : ends) end.queue.push_back(made);
      continue;
    }
    Written written{Written::Kind::kValue, effect.extended, made.subject, made.name, terms_.null()};
    if (effect.kind == Effect::Kind::kDeleteSubject) {
      written.kind = Written::Kind::kSubjectGone;
      if (!effect.extended) {
        if (!listeners(path, i, EventClass::Kind::kDeleted).empty()) return false;
        made.kind = EventClass::Kind::kSubjectDeleted;
        made.rules = listeners(path, i, made.kind);
        made.before = made.after = terms_.null();
        made.payload = terms_.opaque();
      }
    } else {
      made.before = placed(effect.before, state, event, known);
      made.after = placed(effect.after, state, event, known);
      made.payload = terms_.opaque();
      written.value = made.after;
      made.kind = EventClass::Kind::kChanged;
      if (effect.kind == Effect::Kind::kDelete) {
        written.kind = Written::Kind::kNothing;
        made.kind = EventClass::Kind::kDeleted;
      }
      if (effect.makes_event) made.rules = listeners(path, i, made.kind);
    }
    std::vector<State> after;
    for (State& end : ends) {
      if (made.rules.empty()) {
        end.written.push_back(written);
        after.push_back(std::move(end));
        continue;
      }
      const bool changes = made.kind == EventClass::Kind::kChanged;
      TermId equal = 0;
      Presence there = Presence::kOpen;
      if (changes) {
        // From nothing to null is a change, too.
        equal = terms_.apply(Op::kEqual, {made.after, made.before});
        there = presence(state, made.subject, made.name, effect.extended);
      } else if (effect.kind == Effect::Kind::kDeleteSubject) {
        there = presence(end, made.subject);
      } else {
        there =
            effect.sets_first ? Presence::kThere : presence(end, made.subject, made.name, effect.extended);
      }
      for (const bool happens : {true, false}) {
        const bool never = changes ? !happens && there == Presence::kAbsent
                                   : there == (happens ? Presence::kAbsent : Presence::kThere);
        if (never) continue;
        State one = end;
        if (changes && there != Presence::kAbsent) {
          Literal literal{equal, !happens};
          if (happens && there == Presence::kOpen) {
            const TermId is_null = terms_.apply(Op::kEqual, {made.after, terms_.null()});
            if (is_null != terms_.truth(false))
              literal = {terms_.apply(Op::kOr, {terms_.apply(Op::kNot, {equal}), is_null}), true};
          }
          const size_t before = one.literals.size();
          if (!add(one.literals, literal, terms_)) continue;
          if (one.literals.size() != before && !is_possible(one.literals)) continue;
        }
        if (happens) {
          one.queue.push_back(made);
          one.written.push_back(written);
        } else if (!changes) {
          one.written.push_back(written);  // an equal value leaves what is there
        }
        after.push_back(std::move(one));
      }
    }
    ends = std::move(after);
  }
  for (State& end : ends) open_.push_back(std::move(end));
  return open_.size() <= kMostSteps;
}

}  // namespace krules::check
