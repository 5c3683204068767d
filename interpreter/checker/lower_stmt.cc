#include <algorithm>

#include "lower.h"
#include "syntax_walk.h"

/// Statements as effects, and the ways through a rule.
namespace krules::check {

namespace {

/// Ways through one rule that are looked at one by one.
constexpr size_t kMostPaths = 40;

bool is_same_place(const RunState::Written& written, const Effect& effect) {
  return written.effect.subject == effect.subject && written.effect.name == effect.name &&
         written.effect.extended == effect.extended && written.effect.kind != Effect::Kind::kDeleteSubject;
}

}  // namespace

bool RunState::has_effects() const {
  return !emitted.empty() || !settled.empty() ||
         std::any_of(written.begin(), written.end(), [](const Written& each) { return !each.foreign; });
}

bool RunState::has_lazy() const {
  return std::any_of(locals.begin(), locals.end(), [](const Local& each) { return each.lazy != nullptr; });
}

// Several writes of one property are one change, from the first value to the last.
void Lowering::write(RunState& state, Effect effect, bool unmuted) {
  effect.in_loop = state.in_loop;
  effect.place = ++state.places;
  ++state.changes;
  const auto known = std::find_if(state.written.begin(), state.written.end(),
                                  [&](const RunState::Written& each) { return is_same_place(each, effect); });
  RunState::Written written{effect, unmuted, false};
  const bool unknown = std::any_of(state.written.begin(), state.written.end(), [&](const auto& each) {
    return each.foreign && each.effect.extended == effect.extended &&
           may_be_same(each.effect.subject, effect.subject) && may_be_same(each.effect.name, effect.name);
  });
  if (unknown) written.effect.before = terms_.opaque();
  if (known != state.written.end() && known->foreign) {
    state.written.erase(known);
  } else if (known != state.written.end()) {
    written.effect.before = known->effect.before;
    written.any_unmuted |= known->any_unmuted;
    if (effect.kind == Effect::Kind::kDelete &&
        (known->effect.kind == Effect::Kind::kChange || known->effect.sets_first)) {
      // The event tells what was set where nothing was there before.
      written.effect.sets_first = true;
      written.effect.before = terms_.opaque();
    }
    if (!unmuted) {
      written.effect.context = known->effect.context;
      if (known->any_unmuted) {
        written.effect.span = known->effect.span;
        written.effect.place = known->effect.place;
      }
    }
    state.written.erase(known);
  }
  state.written.push_back(written);
}

void Lowering::set(const ast::Stmt& stmt, const ast::Set& node, RunState& state) {
  if (node.target.kind == ast::Target::Kind::kMeta) {
    state.way_unsure = true;
    state.meta_unsure = true;
    ++state.changes;
    model_.sets_meta = true;
    return;
  }
  Effect effect{.kind = Effect::Kind::kChange, .span = stmt.span};
  effect.extended = node.target.kind == ast::Target::Kind::kExtended;
  effect.subject = node.clauses.on != nullptr ? term(*node.clauses.on, state) : state.subject;
  effect.name = term(*node.target.name, state);
  effect.context = node.clauses.with != nullptr ? term(*node.clauses.with, state) : terms_.null();
  const TermId now = read(effect.subject, effect.name, effect.extended, state);
  effect.before = effect.extended ? terms_.read_extended(effect.subject, effect.name)
                                  : terms_.read(effect.subject, effect.name);
  TermId current = now;
  for (const std::string& step : node.target.path) {
    current = terms_.apply(Op::kField, {current, terms_.text_constant(step)});
  }
  if (node.from != nullptr) current = terms_.apply(Op::kCoalesce, {current, maybe(*node.from, state)});
  const TermId value =
      node.op == ast::AssignOp::kIfNull ? maybe(*node.value, state) : term(*node.value, state);
  TermId after = value;
  switch (node.op) {
    case ast::AssignOp::kAssign:
      break;
    case ast::AssignOp::kAdd:
      after = terms_.apply(Op::kAdd, {current, value});
      break;
    case ast::AssignOp::kSubtract:
      after = terms_.apply(Op::kSubtract, {current, value});
      break;
    case ast::AssignOp::kMultiply:
      after = terms_.apply(Op::kMultiply, {current, value});
      break;
    case ast::AssignOp::kAppend:
      after = terms_.apply(Op::kCall, {terms_.text_constant("append"), current, value});
      break;
    case ast::AssignOp::kIfNull:
      after = terms_.apply(Op::kCoalesce, {current, value});
      break;
  }
  if (!node.target.path.empty()) {
    std::vector<TermId> args = {terms_.text_constant("set path"), now};
    for (const std::string& step : node.target.path) args.push_back(terms_.text_constant(step));
    args.push_back(after);
    after = terms_.apply(Op::kCall, args);
  }
  effect.after = after;
  write(state, effect, !node.clauses.muted && !effect.extended);
}

void Lowering::set_many(const ast::Stmt& stmt, const ast::SetMany& node, RunState& state) {
  Effect effect{.kind = Effect::Kind::kChange, .span = stmt.span};
  effect.subject = node.clauses.on != nullptr ? term(*node.clauses.on, state) : state.subject;
  effect.context = node.clauses.with != nullptr ? term(*node.clauses.with, state) : terms_.null();
  const auto* map = std::get_if<ast::MapLiteral>(&node.map->node);
  if (map == nullptr) return;
  std::vector<Effect> effects;
  for (const auto& entry : map->entries) {
    if (entry.kind == ast::MapLiteral::EntryKind::kSpread) {
      effect.name = terms_.opaque();
      effect.after = terms_.opaque();
    } else {
      effect.name = term(*entry.key, state);
      effect.after = term(*entry.value, state);
    }
    effect.span = entry.span;
    effect.before = terms_.read(effect.subject, effect.name);
    effects.push_back(effect);
  }
  for (const Effect& each : effects) write(state, each, !node.clauses.muted);
}

void Lowering::remove(const ast::Stmt& stmt, const ast::Delete& node, RunState& state) {
  if (node.target.kind == ast::Target::Kind::kMeta) {
    state.meta_unsure = true;
    ++state.changes;
    model_.sets_meta = true;
    return;
  }
  Effect effect{.kind = Effect::Kind::kDelete, .span = stmt.span};
  effect.extended = node.target.kind == ast::Target::Kind::kExtended;
  effect.subject = node.clauses.on != nullptr ? term(*node.clauses.on, state) : state.subject;
  effect.name = term(*node.target.name, state);
  effect.context = node.clauses.with != nullptr ? term(*node.clauses.with, state) : terms_.null();
  effect.before = effect.extended ? terms_.read_extended(effect.subject, effect.name)
                                  : terms_.read(effect.subject, effect.name);
  effect.after = terms_.null();
  if (!node.target.path.empty()) {
    effect.kind = Effect::Kind::kChange;
    effect.after = terms_.opaque();
  }
  write(state, effect, !node.clauses.muted && !effect.extended);
}

void Lowering::remove_subject(const ast::Stmt& stmt, const ast::DeleteSubject& node, RunState& state) {
  Effect effect{.kind = Effect::Kind::kDeleteSubject, .span = stmt.span};
  effect.subject = node.clauses.on != nullptr ? term(*node.clauses.on, state) : state.subject;
  effect.name = terms_.opaque();
  effect.before = terms_.opaque();
  effect.after = terms_.null();
  effect.context = node.clauses.with != nullptr ? term(*node.clauses.with, state) : terms_.null();
  effect.in_loop = state.in_loop;
  effect.place = ++state.places;
  ++state.changes;
  state.written.push_back({effect, !node.clauses.muted, false});
  effect.extended = true;
  state.written.push_back({effect, false, false});
}

void Lowering::emit(const ast::Stmt& stmt, const ast::Emit& node, RunState& state) {
  Effect effect{.kind = Effect::Kind::kEmit, .span = stmt.span};
  effect.in_loop = state.in_loop;
  effect.place = ++state.places;
  effect.name = term(*node.type, state);
  effect.payload = node.payload != nullptr ? term(*node.payload, state) : terms_.apply(Op::kMap, {});
  effect.subject = node.clauses.on != nullptr ? term(*node.clauses.on, state) : state.subject;
  effect.context = node.clauses.with != nullptr ? term(*node.clauses.with, state) : terms_.null();
  if (node.clauses.after != nullptr) {
    effect.delayed = true;
    effect.delay = term(*node.clauses.after, state);
    effect.key = node.clauses.key != nullptr ? term(*node.clauses.key, state) : terms_.null();
  }
  state.emitted.push_back(effect);
}

// Its answer comes later, once, and says what cannot be known.
void Lowering::call_action(const ast::Stmt& stmt, const ast::CallAction& node, RunState& state) {
  if (node.reply == nullptr) return;
  Effect effect{.kind = Effect::Kind::kEmit, .span = stmt.span};
  effect.delayed = effect.is_reply = true;
  effect.place = ++state.places;
  effect.in_loop = state.in_loop;
  effect.name = term(*node.reply, state);
  std::vector<TermId> fields;
  for (const char* field : {"ok", "status", "body", "headers", "error"}) {
    fields.push_back(terms_.text_constant(field));
    fields.push_back(terms_.opaque());
  }
  effect.payload = terms_.apply(Op::kMap, fields);
  effect.subject = node.clauses.on != nullptr ? term(*node.clauses.on, state) : state.subject;
  effect.context = node.clauses.with != nullptr ? term(*node.clauses.with, state) : terms_.null();
  state.emitted.push_back(effect);
}

// As `state`, where some of what these statements do may have been done.
RunState Lowering::after_some(const ast::Block& block, const RunState& state) {
  RunState made = state;
  ++made.changes;
  const auto writes = [&](const ast::ExprPtr& place, bool extended) {
    const std::string* name = plain_text(place.get());
    if (name == nullptr) {
      made.all_unsure = true;
      return;
    }
    RunState::Written written{{.kind = Effect::Kind::kChange, .span = {}}, false, true};
    written.effect.extended = extended;
    written.effect.subject = terms_.opaque();
    written.effect.name = terms_.text_constant(*name);
    made.written.push_back(written);
  };
  const auto target = [&](const ast::Target& each) {
    if (each.kind == ast::Target::Kind::kMeta) {
      made.meta_unsure = true;
    } else {
      writes(each.name, each.kind == ast::Target::Kind::kExtended);
    }
  };
  for_each_stmt(block, [&](const ast::Stmt& stmt) {
    if (const auto* set = std::get_if<ast::Set>(&stmt.node)) target(set->target);
    if (const auto* gone = std::get_if<ast::Delete>(&stmt.node)) target(gone->target);
    if (const auto* many = std::get_if<ast::SetMany>(&stmt.node)) {
      for (const auto& entry : std::get<ast::MapLiteral>(many->map->node).entries) writes(entry.key, false);
    }
    made.all_unsure |= std::holds_alternative<ast::DeleteSubject>(stmt.node);
    made.all_unsure |= std::holds_alternative<ast::Next>(stmt.node);
    if (std::holds_alternative<ast::As>(stmt.node)) made.subject = terms_.opaque();
  });
  return made;
}

// These statements may have been run, or begun, and what they did may be undone: a local of the head that
// they may have computed is known only where it would be the same now.
void Lowering::forget_lazy(const ast::Block& block, RunState& state) {
  if (!state.has_lazy()) return;
  RunState other = after_some(block, state);
  for (size_t i = 0; i < state.locals.size(); ++i) {
    if (state.locals[i].lazy == nullptr) continue;
    ++maybe_depth_;
    meet_lazy(i, state);
    if (state.locals[i].lazy != nullptr) meet_lazy(i, other);
    --maybe_depth_;
    if (other.locals[i].lazy != nullptr && other.locals[i].term == state.locals[i].term) continue;
    state.locals[i].lazy = nullptr;
    state.locals[i].term = terms_.opaque();
  }
}

// Of a short list that is written out the body is looked at for each item. False: it is not one.
bool Lowering::each_item(const ast::For& node, TermId sequence, const RunState& state, States& after) {
  constexpr size_t kMostItems = 6;
  constexpr size_t kMostStates = 12;
  std::vector<TermId> items;
  if (terms_.op(sequence) == Op::kList) {
    const auto args = terms_.args(sequence);
    if (!std::all_of(args.begin(), args.end(), [&](TermId item) { return terms_.is_harmless(item); }))
      return false;
    items.assign(args.begin(), args.end());
  } else if (terms_.is_const(sequence) && terms_.value(sequence).is(ValueKind::kList)) {
    const auto values = terms_.value(sequence).as_list().items();
    for (const Value& item : std::vector<Value>(values.begin(), values.end()))
      items.push_back(terms_.constant(item));
  }
  if (items.empty() || items.size() > kMostItems) return false;
  const size_t locals = state.locals.size();
  States open = {state};
  States ended;
  for (size_t i = 0; i < items.size(); ++i) {
    States next;
    for (RunState& begin : open) {
      const TermId first = node.second.empty() ? items[i] : terms_.number(static_cast<int64_t>(i));
      begin.locals.push_back({node.first, first, false, nullptr});
      if (!node.second.empty()) begin.locals.push_back({node.second, items[i], false, nullptr});
      for (RunState& end : block(node.body, {std::move(begin)})) {
        if (end.flow == RunState::Flow::kGoesOn) end.locals.resize(locals);
        (end.flow == RunState::Flow::kGoesOn ? next : ended).push_back(std::move(end));
      }
    }
    if (next.size() + ended.size() > kMostStates) return false;
    open = std::move(next);
  }
  for (RunState& end : ended) after.push_back(std::move(end));
  for (RunState& end : open) after.push_back(std::move(end));
  return true;
}

// The body runs any number of times: it is looked at once, in a state in which whatever it writes is unknown.
void Lowering::for_loop(const ast::For& node, RunState state, States& after) {
  const TermId sequence = term(*node.sequence, state);
  const bool is_list = terms_.is_const(sequence) && terms_.value(sequence).is(ValueKind::kList);
  if ((terms_.op(sequence) == Op::kList && terms_.args(sequence).empty()) ||
      (is_list && terms_.value(sequence).as_list().items().empty())) {
    after.push_back(std::move(state));
    return;
  }
  if (each_item(node, sequence, state, after)) return;
  state.way_unsure = true;
  const auto element = [&] {
    return terms_.apply(Op::kCall, {terms_.text_constant("element"), sequence, terms_.opaque()});
  };
  const size_t locals = state.locals.size();
  RunState inside = state;
  const bool outer_loop = state.in_loop;
  inside.in_loop = true;
  forget_lazy(node.body, inside);
  inside.locals.push_back({node.first, element(), false, nullptr});
  if (!node.second.empty()) inside.locals.push_back({node.second, element(), false, nullptr});
  const auto unsure = [](RunState& end) {
    for (RunState::Written& written : end.written) {
      if (written.effect.in_loop) written.unsure = true;
    }
  };
  // Once to learn what it writes.
  for (RunState& end : block(node.body, {inside})) {
    for (const RunState::Written& written : end.written) {
      if (!written.effect.in_loop) continue;
      const auto known =
          std::find_if(inside.written.begin(), inside.written.end(),
                       [&](const RunState::Written& each) { return is_same_place(each, written.effect); });
      if (known != inside.written.end()) {
        known->unsure = true;
      } else {
        RunState::Written unknown = written;
        unknown.unsure = true;
        unknown.any_unmuted = false;
        unknown.effect.after = unknown.effect.before;
        inside.written.push_back(unknown);
      }
    }
  }
  ++inside.changes;
  for (RunState& end : block(node.body, {inside})) {
    if (end.flow == RunState::Flow::kGoesOn) {
      end.locals.resize(locals);
      end.in_loop = outer_loop;
    }
    unsure(end);
    ++end.changes;
    after.push_back(std::move(end));
  }
  after.push_back(std::move(state));  // no turn at all
}

void Lowering::try_catch(const ast::Try& node, RunState state, States& after) {
  const size_t locals = state.locals.size();
  bool fails = inside_ == nullptr || may_fail(node.body, state);
  for (RunState& end : block(node.body, {state})) {
    if (end.flow == RunState::Flow::kFailed) {
      fails |= !end.next_failed;
      if (!end.next_failed) continue;
      // What stands before `next` is not undone where that is what failed.
      end.flow = RunState::Flow::kGoesOn;
      end.next_failed = false;
      end.locals.resize(std::min(end.locals.size(), locals));
      end.locals.push_back({node.error_name, terms_.opaque(), false, nullptr});
      for (RunState& handled : block(node.handler, {std::move(end)})) {
        handled.locals.resize(std::min(handled.locals.size(), locals));
        after.push_back(std::move(handled));
      }
      continue;
    }
    end.locals.resize(std::min(end.locals.size(), locals));
    after.push_back(std::move(end));
  }
  if (!fails) return;
  RunState handler = std::move(state);
  handler.way_unsure = true;
  forget_lazy(node.body, handler);
  handler.locals.push_back({node.error_name, terms_.opaque(), false, nullptr});
  for (RunState& end : block(node.handler, {std::move(handler)})) {
    end.locals.resize(std::min(end.locals.size(), locals));
    after.push_back(std::move(end));
  }
}

void Lowering::statement(const ast::Stmt& stmt, RunState state, States& after) {
  struct Visit {
    Lowering& self;
    const ast::Stmt& stmt;
    RunState& state;
    States& after;

    void go_on() const { after.push_back(std::move(state)); }
    void go_on_unsure() const {
      state.way_unsure = true;
      go_on();
    }
    void end(RunState::Flow flow) const {
      state.flow = flow;
      go_on();
    }
    void operator()(const ast::Set& node) const {
      self.set(stmt, node, state);
      go_on();
    }
    void operator()(const ast::SetMany& node) const {
      self.set_many(stmt, node, state);
      go_on();
    }
    void operator()(const ast::Delete& node) const {
      self.remove(stmt, node, state);
      go_on();
    }
    void operator()(const ast::DeleteSubject& node) const {
      self.remove_subject(stmt, node, state);
      go_on();
    }
    void operator()(const ast::Emit& node) const {
      self.emit(stmt, node, state);
      go_on();
    }
    void operator()(const ast::Let& node) const {
      const Lowered value = self.lower(*node.value, state);
      state.locals.push_back({node.name, value.term, value.is_subject, nullptr});
      state.computed.push_back(value.term);
      go_on();
    }
    void operator()(const ast::If& node) const {
      const TermId condition = self.term(*node.condition, state);
      const size_t locals = state.locals.size();
      for (const bool truth : {true, false}) {
        if (self.terms_.is_const(condition) && self.terms_.value(condition).is_true() != truth) continue;
        RunState branch = state;
        branch.when.push_back({condition, truth});
        self.settle(*node.condition, truth, branch);
        for (RunState& end : self.block(truth ? node.then_block : node.else_block, {std::move(branch)})) {
          end.locals.resize(std::min(end.locals.size(), locals));
          after.push_back(std::move(end));
        }
      }
    }
    void operator()(const ast::For& node) const { self.for_loop(node, std::move(state), after); }
    void operator()(const ast::Fail& node) const {
      end(node.cascade ? RunState::Flow::kGone : RunState::Flow::kFailed);
    }
    void operator()(const ast::Try& node) const { self.try_catch(node, std::move(state), after); }
    void operator()(const ast::Stop&) const { end(RunState::Flow::kStopped); }
    void operator()(const ast::Log& node) const {
      const auto* text = std::get_if<ast::StringLiteral>(&node.message->node);
      const bool plain =
          text != nullptr && node.data == nullptr &&
          (text->parts.empty() || (text->parts.size() == 1 && text->parts.front().index() == 0));
      state.way_unsure |= !plain;
      go_on();
    }
    void operator()(const ast::Next&) const { self.next(std::move(state), after); }
    void operator()(const ast::Cancel&) const { go_on_unsure(); }
    void operator()(const ast::CallAction& node) const {
      self.call_action(stmt, node, state);
      go_on_unsure();
    }
    void operator()(const ast::As& node) const {
      const TermId outside = state.subject;
      const size_t locals = state.locals.size();
      state.subject = self.term(*node.subject, state);
      ++state.changes;
      for (RunState& end : self.block(node.body, {std::move(state)})) {
        end.subject = outside;
        ++end.changes;
        end.locals.resize(std::min(end.locals.size(), locals));
        after.push_back(std::move(end));
      }
    }
  };
  // What is computed without a part in any effect, too.
  if (state.has_lazy()) for_each_direct_expr(stmt, [&](const ast::Expr& expr) { (void)maybe(expr, state); });
  std::visit(Visit{*this, stmt, state, after}, stmt.node);
}

Lowering::States Lowering::block(const ast::Block& block, States states) {
  for (const ast::Stmt& stmt : block.statements) {
    States after;
    for (RunState& state : states) {
      if (state.flow != RunState::Flow::kGoesOn) {
        after.push_back(std::move(state));
      } else if (!too_many_) {
        // A middleware that fails leaves what it has done so far.
        if (inside_ != nullptr && state.has_effects() && may_fail(stmt, state)) {
          after.push_back(state);
          after.back().flow = RunState::Flow::kFailed;
        }
        statement(stmt, std::move(state), after);
      }
    }
    std::erase_if(after, [](const RunState& state) { return state.flow == RunState::Flow::kGone; });
    states = std::move(after);
    if (states.size() > kMostPaths) too_many_ = true;
    if (too_many_) return {};
  }
  return states;
}

void Lowering::finish(uint32_t rule, RunState&& state, bool coarse) {
  // `when a or b` are two ways: each may end for a reason of its own.
  for (Literal& literal : state.when) {
    const bool either = terms_.op(literal.term) == (literal.truth ? Op::kOr : Op::kAnd);
    if (!either || model_.paths.size() - model_.rules[rule].first_path > kMostPaths) continue;
    const TermId whole = literal.term;
    for (const TermId side : {terms_.arg(whole, 0), terms_.arg(whole, 1)}) {
      literal.term = side;
      finish(rule, RunState(state), coarse);
    }
    return;
  }
  std::erase_if(state.written, [](const RunState::Written& each) { return each.foreign; });
  RulePath& path = model_.paths.emplace_back();
  path.rule = rule;
  path.unit = unit_;
  path.when = std::move(state.when);
  path.coarse = coarse;
  path.computed = std::move(state.computed);
  path.is_unsure = coarse || state.way_unsure;
  path.effects = std::move(state.emitted);
  path.effects.insert(path.effects.end(), state.settled.begin(), state.settled.end());
  for (size_t i = 0; i < state.written.size(); ++i) {
    RunState::Written& written = state.written[i];
    // Put in by a loop that did not write it on this way.
    if (written.unsure && written.effect.after == written.effect.before) {
      written.effect.after = terms_.opaque();
    }
    // A later write may be to the same place by another name.
    for (size_t k = i + 1; k < state.written.size(); ++k) {
      const Effect& later = state.written[k].effect;
      if (later.extended == written.effect.extended && may_be_same(later.subject, written.effect.subject) &&
          may_be_same(later.name, written.effect.name) &&
          (later.subject != written.effect.subject || later.name != written.effect.name)) {
        written.effect.after = terms_.opaque();
      }
    }
    written.effect.makes_event = written.any_unmuted && !written.effect.extended;
    path.effects.push_back(written.effect);
  }
}

// Every effect by itself, with unknown values where the way to it matters.
void Lowering::coarse_block(uint32_t rule, const ast::Block& block, const RunState& head, RunState& scope) {
  const size_t locals = scope.locals.size();
  const auto unknown = [&](std::string_view name) {
    scope.locals.push_back({name, terms_.opaque(), false, nullptr});
  };
  for (const ast::Stmt& stmt : block.statements) {
    if (const auto* node = std::get_if<ast::Let>(&stmt.node)) {
      const Lowered value = lower(*node->value, scope);
      scope.locals.push_back({node->name, value.term, value.is_subject, nullptr});
    } else if (const auto* choice = std::get_if<ast::If>(&stmt.node)) {
      coarse_block(rule, choice->then_block, head, scope);
      coarse_block(rule, choice->else_block, head, scope);
    } else if (const auto* loop = std::get_if<ast::For>(&stmt.node)) {
      unknown(loop->first);
      if (!loop->second.empty()) unknown(loop->second);
      scope.in_loop = true;
      coarse_block(rule, loop->body, head, scope);
      scope.in_loop = head.in_loop;
      scope.locals.resize(scope.locals.size() - (loop->second.empty() ? 1 : 2));
    } else if (const auto* attempt = std::get_if<ast::Try>(&stmt.node)) {
      coarse_block(rule, attempt->body, head, scope);
      unknown(attempt->error_name);
      coarse_block(rule, attempt->handler, head, scope);
      scope.locals.pop_back();
    } else if (const auto* as = std::get_if<ast::As>(&stmt.node)) {
      const TermId outside = scope.subject;
      scope.subject = term(*as->subject, scope);
      ++scope.changes;
      coarse_block(rule, as->body, head, scope);
      scope.subject = outside;
      ++scope.changes;
    } else {
      RunState one = scope;
      States after;
      statement(stmt, std::move(one), after);
      for (RunState& state : after) {
        if (!state.has_effects()) continue;
        // Another statement may write the same property last, and another value.
        for (RunState::Written& written : state.written) {
          if (!terms_.is_const(written.effect.after)) written.effect.after = terms_.opaque();
        }
        finish(rule, std::move(state), true);
      }
    }
  }
  scope.locals.resize(locals);
}

Lowering::Lowering(const std::vector<ast::Module>& modules, const FunctionTable& functions, Model& model)
    : model_(model), terms_(model.terms), functions_(functions) {
  for (const ast::Module& module : modules) {
    for (const ast::Declaration& declaration : module.declarations) {
      if (const auto* fn = std::get_if<ast::Fn>(&declaration.node)) fns_.emplace(fn->name, fn);
      if (const auto* value = std::get_if<ast::Const>(&declaration.node)) {
        consts_.emplace(value->name, value->value.get());
      }
      if (const auto* param = std::get_if<ast::Param>(&declaration.node)) params_.emplace(param->name, param);
    }
  }
}

void build_model(const std::vector<ast::Module>& modules, const Program& program,
                 const FunctionTable& functions, Model& model) {
  model.modules = &modules;
  model.program = &program;
  model.rule_count = static_cast<uint32_t>(program.rules().size());
  model.rules.reserve(program.rules().size() + program.wrappers().size());
  for (uint32_t source = 0; source < modules.size(); ++source) {
    for (const ast::Declaration& declaration : modules[source].declarations) {
      const auto* rule = std::get_if<ast::Rule>(&declaration.node);
      if (rule == nullptr) continue;
      RuleModel& made = model.rules.emplace_back();
      made.syntax = rule;
      made.compiled = &program.rules()[model.rules.size() - 1];
      made.source = source;
    }
  }
  for (uint32_t source = 0; source < modules.size(); ++source) {
    for (const ast::Declaration& declaration : modules[source].declarations) {
      const auto* wrapper = std::get_if<ast::Wrapper>(&declaration.node);
      if (wrapper == nullptr || wrapper->triggers.empty()) continue;
      RuleModel& made = model.rules.emplace_back();
      made.wrapper = wrapper;
      made.compiled = &program.unit(static_cast<uint32_t>(model.rules.size() - 1));
      made.source = source;
    }
  }
  Lowering lowering(modules, functions, model);
  lowering.prepare_middleware();
  for (uint32_t number = 0; number < model.rules.size(); ++number) lowering.rule(number);
}

}  // namespace krules::check
