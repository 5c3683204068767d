#include <algorithm>

#include "glob_meet.h"
#include "lower.h"

/// Rules with the middleware around them, and gates.
///
/// A middleware is looked at once for each rule that it may wrap, and what it does becomes ways of that rule:
/// the rule's conditions hold when it runs, and why the rule fails is known. What it reads behind `next` may
/// be what the rule wrote, and what the rule reads may be what it wrote, so that both are unknown to each
/// other.
namespace krules::check {

namespace {

/// Reasons to fail that are told apart.
constexpr size_t kMostFailures = 4;

bool meet(const std::vector<NamePattern>& some, const std::vector<NamePattern>& others) {
  if (some.empty() || others.empty()) return true;
  return std::any_of(some.begin(), some.end(), [&](const NamePattern& one) {
    return std::any_of(others.begin(), others.end(),
                       [&](const NamePattern& other) { return globs_meet(one.text, other.text); });
  });
}

bool meet(const std::vector<CompiledTrigger>& some, const std::vector<CompiledTrigger>& others) {
  return std::any_of(some.begin(), some.end(), [&](const CompiledTrigger& one) {
    return std::any_of(others.begin(), others.end(), [&](const CompiledTrigger& other) {
      return meet(one.types, other.types) && meet(one.properties, other.properties) &&
             meet(one.subjects, other.subjects);
    });
  });
}

RunState::Written as_foreign(const Effect& effect) {
  RunState::Written written{effect, false, true, true};
  written.effect.after = written.effect.before;
  return written;
}

void add_write(std::vector<RunState::Written>& writes, const Effect& effect) {
  const bool known = std::any_of(writes.begin(), writes.end(), [&](const RunState::Written& each) {
    return each.effect.kind == effect.kind && each.effect.subject == effect.subject &&
           each.effect.name == effect.name && each.effect.extended == effect.extended;
  });
  if (!known) writes.push_back(as_foreign(effect));
}

}  // namespace

TermId trigger_term(TermPool& terms, const std::vector<CompiledTrigger>& triggers) {
  constexpr size_t kMostTests = 4;
  const auto any_of = [&](const std::vector<NamePattern>& patterns, Op leaf) {
    const TermId name = terms.leaf(leaf);
    TermId fits = terms.truth(false);
    for (const NamePattern& pattern : patterns) {
      const TermId text = terms.text_constant(pattern.text);
      const Op op = pattern.exact != nullptr ? Op::kEqual : Op::kMatches;
      fits = terms.apply(Op::kOr, {fits, terms.apply(op, {name, text})});
    }
    return fits;
  };
  TermId fits = terms.truth(false);
  for (const CompiledTrigger& trigger : triggers) {
    if (trigger.types.size() + trigger.properties.size() + trigger.subjects.size() > kMostTests)
      return terms.truth(true);
    TermId one = any_of(trigger.types, Op::kEvent);
    if (!trigger.properties.empty())
      one = terms.apply(Op::kAnd, {one, any_of(trigger.properties, Op::kProperty)});
    if (!trigger.subjects.empty()) one = terms.apply(Op::kAnd, {one, any_of(trigger.subjects, Op::kSubject)});
    fits = terms.apply(Op::kOr, {fits, one});
  }
  return fits;
}

TermId meta_after(Model& model, const Effect& effect, TermId meta, TermId context) {
  // What wraps rules may set more, and so may rules that the same event fired before.
  if (effect.kind != Effect::Kind::kEmit || effect.is_reply || model.sets_meta ||
      !model.program->wrappers().empty())
    return 0;
  TermPool& terms = model.terms;
  std::vector<TermId> entries;
  for (const char* name : {"traceparent", "tracestate"}) {
    const TermId key = terms.text_constant(name);
    entries.push_back(key);
    entries.push_back(terms.apply(Op::kField, {meta, key}));
  }
  if (terms.op(context) == Op::kMap) {
    for (const TermId each : terms.args(context)) entries.push_back(each);
    return terms.apply(Op::kMap, entries);
  }
  return terms.apply(Op::kCall, {terms.text_constant("overlay"), terms.apply(Op::kMap, entries), context});
}

void Lowering::add_foreign(RunState& state, const std::vector<RunState::Written>& writes) {
  state.written.insert(state.written.end(), writes.begin(), writes.end());
  ++state.changes;
}

void Lowering::add_foreign(RunState& state, const Middleware& middleware) const {
  add_foreign(state, middleware.writes);
  state.meta_unsure |= middleware.sets_meta;
  state.all_unsure |= middleware.writes_anything;
  ++state.changes;
}

void Lowering::add_head(uint32_t number, RunState& state) {
  for (const ast::HeadClause& clause : model_.rules[number].head()) {
    if (const auto* let = std::get_if<ast::Let>(&clause)) {
      state.locals.push_back({let->name, 0, false, let->value.get()});
    } else {
      const ast::Expr& condition = *std::get<ast::When>(clause).condition;
      state.when.push_back({term(condition, state), true});
      settle(condition, true, state);
    }
  }
}

void Lowering::prepare_middleware() {
  for (uint32_t number = model_.rule_count; number < model_.rules.size(); ++number) {
    if (!model_.rules[number].is_middleware()) continue;
    Middleware made{.number = number};
    Inside fails;
    fails.failures.emplace_back();
    inside_ = &fails;
    unit_ = number;
    event_ = terms_.leaf(Op::kEvent);
    too_many_ = false;
    RunState state;
    state.subject = terms_.leaf(Op::kSubject);
    add_head(number, state);
    for (const RunState& end : block(model_.rules[number].body(), {state})) {
      for (const Effect& effect : end.settled) add_write(made.writes, effect);
      for (const RunState::Written& written : end.written) add_write(made.writes, written.effect);
      made.sets_meta |= end.meta_unsure;
    }
    if (too_many_) made.writes_anything = made.sets_meta = true;
    inside_ = nullptr;
    middleware_.push_back(std::move(made));
  }
}

std::vector<const Lowering::Middleware*> Lowering::middleware_around(uint32_t rule) const {
  std::vector<const Middleware*> around;
  if (rule >= model_.rule_count) return around;
  for (const Middleware& each : middleware_) {
    if (meet(model_.rules[each.number].compiled->triggers, model_.rules[rule].compiled->triggers))
      around.push_back(&each);
  }
  return around;
}

// More reasons than can be told apart are one that always holds.
void Lowering::add_failure(std::vector<Way>& failures, const RunState& end, const Way& always) const {
  if (failures.size() == 1 && failures.front() == always) return;
  failures.push_back(end.when);
  if (failures.size() > kMostFailures || end.when == always) failures.assign(1, always);
}

// A rule for events of one type knows it: `"{event}_failed"` is a name then.
TermId Lowering::event_of(uint32_t rule) const {
  const auto& triggers = model_.rules[rule].compiled->triggers;
  const bool is_known = triggers.size() == 1 && triggers.front().types.size() == 1 &&
                        triggers.front().types.front().exact != nullptr;
  return is_known ? terms_.text_constant(triggers.front().types.front().text) : terms_.leaf(Op::kEvent);
}

void Lowering::rule(uint32_t number) {
  RuleModel& rule = model_.rules[number];
  rule.first_path = static_cast<uint32_t>(model_.paths.size());
  if (rule.is_middleware()) return;
  unit_ = number;
  event_ = event_of(number);
  RunState head;
  head.subject = terms_.leaf(Op::kSubject);
  add_head(number, head);
  const std::vector<const Middleware*> around = middleware_around(number);
  RunState body = head;
  for (const Middleware* each : around) add_foreign(body, *each);
  Inside inside;
  too_many_ = false;
  const States ends = block(rule.body(), {body});
  if (too_many_) {
    too_many_ = false;
    body.all_unsure = true;
    ++body.changes;
    forget_lazy(rule.body(), body);
    RunState scope = body;
    coarse_block(number, rule.body(), body, scope);
    if (!around.empty()) add_failure(inside.failures, head, head.when);
  } else {
    for (const RunState& end : ends) {
      inside.sets_meta |= end.meta_unsure;
      if (end.flow != RunState::Flow::kFailed) {
        finish(number, RunState(end), false);
      } else if (!around.empty()) {
        add_failure(inside.failures, end, head.when);
      }
    }
    if (!around.empty() && may_fail(rule.body(), body)) add_failure(inside.failures, head, head.when);
  }
  rule.own_paths = static_cast<uint32_t>(model_.paths.size()) - rule.first_path;
  for (uint32_t path = rule.first_path; path < model_.paths.size() && !around.empty(); ++path) {
    for (const Effect& effect : model_.paths[path].effects) {
      if (effect.kind != Effect::Kind::kEmit) add_write(inside.writes, effect);
    }
  }
  // From the innermost one outwards.
  for (size_t i = around.size(); i-- > 0;) {
    RunState before;
    before.subject = head.subject;
    before.when = head.when;
    for (size_t k = 0; k < i; ++k) add_foreign(before, *around[k]);
    middleware(number, *around[i], before, inside);
  }
  rule.path_count = static_cast<uint32_t>(model_.paths.size()) - rule.first_path;
}

void Lowering::middleware(uint32_t rule, const Middleware& middleware, const RunState& head, Inside& inside) {
  const RuleModel& wrapper = model_.rules[middleware.number];
  unit_ = middleware.number;
  RunState state = head;
  if (const TermId fits = trigger_term(terms_, wrapper.compiled->triggers); !terms_.is_const(fits))
    state.when.push_back({fits, true});
  add_head(middleware.number, state);
  inside_ = &inside;
  too_many_ = false;
  const States ends = block(wrapper.body(), {state});
  std::vector<Way> failures = inside.failures;  // where it does not apply
  if (too_many_) {
    too_many_ = false;
    state.all_unsure = true;
    ++state.changes;
    forget_lazy(wrapper.body(), state);
    RunState scope = state;
    coarse_block(rule, wrapper.body(), state, scope);
    failures.assign(1, head.when);
  } else {
    for (const RunState& end : ends) {
      if (end.flow == RunState::Flow::kFailed) add_failure(failures, end, head.when);
      if (end.has_effects()) finish(rule, RunState(end), false);
    }
    if (may_fail(wrapper.body(), state)) add_failure(failures, head, head.when);
  }
  inside_ = nullptr;
  inside.failures = std::move(failures);
  inside.writes.insert(inside.writes.end(), middleware.writes.begin(), middleware.writes.end());
  inside.sets_meta |= middleware.sets_meta;
  inside.writes_anything |= middleware.writes_anything;
}

void Lowering::next(RunState state, States& after) const {
  for (RunState::Written& written : state.written) {
    if (written.foreign) continue;
    written.effect.makes_event = written.any_unmuted && !written.effect.extended;
    state.settled.push_back(written.effect);
    written = as_foreign(written.effect);
  }
  if (inside_ == nullptr) {
    after.push_back(std::move(state));
    return;
  }
  add_foreign(state, inside_->writes);
  state.meta_unsure |= inside_->sets_meta;
  state.all_unsure |= inside_->writes_anything;
  ++state.changes;
  for (const Way& way : inside_->failures) {
    RunState& failed = after.emplace_back(state);
    failed.when.insert(failed.when.end(), way.begin(), way.end());
    failed.flow = RunState::Flow::kFailed;
    failed.next_failed = true;
  }
  after.push_back(std::move(state));
}

}  // namespace krules::check
