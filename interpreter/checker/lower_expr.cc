#include <utility>

#include "lower.h"

/// Expressions as terms.
namespace krules::check {

namespace {

Op op_of(ast::BinaryOp op) {
  using B = ast::BinaryOp;
  switch (op) {
    case B::kOr:
      return Op::kOr;
    case B::kAnd:
      return Op::kAnd;
    case B::kEqual:
    case B::kNotEqual:
      return Op::kEqual;
    case B::kLess:
    case B::kGreater:
      return Op::kLess;
    case B::kLessEqual:
    case B::kGreaterEqual:
      return Op::kLessEqual;
    case B::kIn:
    case B::kNotIn:
      return Op::kIn;
    case B::kMatches:
      return Op::kMatches;
    case B::kAdd:
      return Op::kAdd;
    case B::kSubtract:
      return Op::kSubtract;
    case B::kMultiply:
      return Op::kMultiply;
    case B::kDivide:
      return Op::kDivide;
    case B::kIntDivide:
      return Op::kIntDivide;
    case B::kModulo:
      return Op::kModulo;
    case B::kPower:
      return Op::kPower;
    case B::kCoalesce:
      return Op::kCoalesce;
  }
  return Op::kEqual;
}

constexpr uint32_t kMostFnDepth = 64;

}  // namespace

bool Lowering::may_be_same(TermId a, TermId b) const {
  return a == b || !terms_.is_const(a) || !terms_.is_const(b);
}

TermId Lowering::read(TermId subject, TermId name, bool extended, RunState& state) {
  if (state.all_unsure) return terms_.opaque();
  for (size_t i = state.written.size(); i-- > 0;) {
    const RunState::Written& written = state.written[i];
    const Effect& effect = written.effect;
    if (effect.extended != extended) continue;
    if (effect.kind == Effect::Kind::kDeleteSubject) {
      if (effect.subject == subject) return written.unsure ? terms_.opaque() : terms_.null();
      if (may_be_same(effect.subject, subject)) return terms_.opaque();
      continue;
    }
    if (!may_be_same(effect.subject, subject) || !may_be_same(effect.name, name)) continue;
    const bool exact = effect.subject == subject && effect.name == name;
    if (!exact || written.unsure) return terms_.opaque();
    return effect.kind == Effect::Kind::kDelete ? terms_.null() : effect.after;
  }
  return extended ? terms_.read_extended(subject, name) : terms_.read(subject, name);
}

TermId Lowering::maybe(const ast::Expr& expr, RunState& state) {
  ++maybe_depth_;
  const TermId made = term(expr, state);
  --maybe_depth_;
  return made;
}

// A local of the head is computed at its first use. Which use that is may be open: then it is known only
// where it would be the same each time.
void Lowering::meet_lazy(size_t local, RunState& state) {
  const RunState::Local& before = state.locals[local];
  const bool is_same_again = before.met && before.met_after == state.changes;
  const Lowered made = is_same_again ? Lowered{before.term, before.is_subject} : lower(*before.lazy, state);
  RunState::Local& now = state.locals[local];
  const bool differs = now.met && now.term != made.term;
  now.term = differs ? terms_.opaque() : made.term;
  now.is_subject = made.is_subject;
  now.met = true;
  now.met_after = state.changes;
  if (differs || maybe_depth_ == 0) now.lazy = nullptr;
}

// A condition that came out like this: what it must have looked at is computed.
void Lowering::settle(const ast::Expr& condition, bool truth, RunState& state) {
  if (!state.has_lazy()) return;
  if (const auto* turned = std::get_if<ast::Unary>(&condition.node);
      turned != nullptr && turned->op == ast::UnaryOp::kNot)
    return settle(*turned->operand, !truth, state);
  const auto* both = std::get_if<ast::Binary>(&condition.node);
  if (both != nullptr && both->op == (truth ? ast::BinaryOp::kAnd : ast::BinaryOp::kOr)) {
    settle(*both->left, truth, state);
    settle(*both->right, truth, state);
    return;
  }
  (void)term(condition, state);
}

// What a function computes for each item, or not at all.
void Lowering::look_inside(const ast::Lambda& lambda, RunState& state) {
  if (!state.has_lazy()) return;
  const size_t locals = state.locals.size();
  for (const auto& parameter : lambda.parameters)
    state.locals.push_back({parameter.name, terms_.opaque(), false, nullptr});
  (void)maybe(*lambda.body, state);
  state.locals.resize(locals);
}

Lowering::Lowered Lowering::name(std::string_view name, RunState& state) {
  for (size_t i = state.locals.size(); i-- > 0;) {
    if (state.locals[i].name != name) continue;
    if (state.locals[i].lazy != nullptr) meet_lazy(i, state);
    return {state.locals[i].term, state.locals[i].is_subject};
  }
  if (name == "subject") return {state.subject, true};
  if (name == "origin") return {terms_.leaf(Op::kSubject), true};
  if (name == "ext") return {state.subject, true, true};
  if (name == "payload") return {terms_.leaf(Op::kPayload)};
  if (name == "event") return {event_};
  if (name == "property") return {terms_.leaf(Op::kProperty)};
  if (name == "old") return {terms_.leaf(Op::kOld)};
  if (name == "new") return {terms_.leaf(Op::kNew)};
  if (name == "extra") return {terms_.leaf(Op::kExtra)};
  if (name == "meta")
    return {state.meta_unsure || state.all_unsure ? terms_.opaque() : terms_.leaf(Op::kMeta)};
  if (const auto known = const_terms_.find(name); known != const_terms_.end()) return {known->second};
  if (const auto found = consts_.find(name); found != consts_.end()) {
    RunState nothing;
    const TermId made = term(*found->second, nothing);
    const_terms_.emplace(name, made);
    return {made};
  }
  if (params_.count(name) != 0) return {terms_.param(name)};
  return {terms_.opaque()};
}

Lowering::Lowered Lowering::member(const Lowered& object, TermId key, RunState& state) {
  if (object.is_subject) {
    if (!object.is_extended && terms_.is_text(key, "ext")) return {object.term, true, true};
    return {read(object.term, key, object.is_extended, state)};
  }
  return {terms_.apply(Op::kField, {object.term, key})};
}

TermId Lowering::string(const ast::StringLiteral& node, RunState& state) {
  if (node.parts.empty()) return terms_.text_constant("");
  std::vector<TermId> parts;
  for (const auto& part : node.parts) {
    if (const auto* text = std::get_if<std::string>(&part)) {
      parts.push_back(terms_.text_constant(*text));
    } else {
      parts.push_back(term(*std::get<ast::ExprPtr>(part), state));
    }
  }
  if (parts.size() == 1 && std::holds_alternative<std::string>(node.parts.front())) return parts.front();
  return terms_.apply(Op::kConcat, parts);
}

TermId Lowering::binary(const ast::Binary& node, RunState& state) {
  using B = ast::BinaryOp;
  const bool may_skip = node.op == B::kAnd || node.op == B::kOr || node.op == B::kCoalesce;
  TermId left = 0;
  if ((node.op == B::kAnd || node.op == B::kOr) && state.has_lazy()) {
    // The right side may be enough where the left one fails half-way.
    left = maybe(*node.left, state);
    if (terms_.is_harmless(left)) left = term(*node.left, state);
  } else {
    left = term(*node.left, state);
  }
  TermId right = may_skip ? maybe(*node.right, state) : term(*node.right, state);
  if (node.op == B::kGreater || node.op == B::kGreaterEqual) std::swap(left, right);
  const TermId made = terms_.apply(op_of(node.op), {left, right});
  if (node.op == B::kNotEqual || node.op == B::kNotIn) return terms_.apply(Op::kNot, {made});
  return made;
}

TermId Lowering::match(const ast::MatchExpr& node, RunState& state) {
  const TermId value = term(*node.value, state);
  // Without an arm that fits the rule fails, so that what is said of that case does not matter.
  TermId made = terms_.opaque();
  for (size_t i = node.arms.size(); i-- > 0;) {
    const ast::MatchExpr::Arm& arm = node.arms[i];
    const TermId result = maybe(*arm.value, state);
    if (arm.patterns.empty()) {
      made = result;
      continue;
    }
    TermId fits = terms_.truth(false);
    for (const ast::ExprPtr& pattern : arm.patterns) {
      fits = terms_.apply(Op::kOr, {fits, terms_.apply(Op::kEqual, {value, maybe(*pattern, state)})});
    }
    made = terms_.apply(Op::kIf, {fits, result, made});
  }
  return made;
}

// With a spread: what stands before it and behind it is joined to it.
TermId Lowering::list(const ast::ListLiteral& node, RunState& state) {
  std::vector<TermId> items;
  TermId made = terms_.null();
  bool open = false;
  for (const auto& item : node.items) {
    const TermId one = term(*item.value, state);
    if (!item.spread && !open) {
      items.push_back(one);
    } else if (!item.spread) {
      made = terms_.apply(Op::kCall, {terms_.text_constant("append"), made, one});
    } else if (open) {
      made = terms_.apply(Op::kAdd, {made, one});
    } else {
      open = true;
      made = items.empty() ? terms_.apply(Op::kCall, {terms_.text_constant("spread"), one})
                           : terms_.apply(Op::kAdd, {terms_.apply(Op::kList, items), one});
    }
  }
  return open ? made : terms_.apply(Op::kList, items);
}

TermId Lowering::map(const ast::MapLiteral& node, RunState& state) {
  // A spread and the entries behind it: `overlay(base, entries)`.
  std::vector<TermId> entries;
  std::vector<TermId> base;
  bool known = true;
  for (const auto& entry : node.entries) {
    if (entry.kind == ast::MapLiteral::EntryKind::kSpread) {
      const TermId spread = term(*entry.value, state);
      if (entries.empty() && base.empty()) {
        base.push_back(spread);
      } else {
        known = false;
      }
      continue;
    }
    const TermId key = term(*entry.key, state);
    const TermId value = term(*entry.value, state);
    if (!terms_.is_const(key)) known = false;
    entries.push_back(key);
    entries.push_back(value);
  }
  if (!known) return terms_.opaque();
  const TermId own = terms_.apply(Op::kMap, entries);
  if (base.empty()) return own;
  return terms_.apply(Op::kCall, {terms_.text_constant("overlay"), base.front(), own});
}

Lowering::Lowered Lowering::call(std::string_view name, const ast::Expr* object,
                                 const std::vector<ast::Argument>& arguments, RunState& state) {
  if (object == nullptr && name == "subject" && arguments.size() == 1) {
    return {term(*arguments.front().value, state), true};
  }
  if (object == nullptr && name == "has" && arguments.size() == 1) {
    const TermId of = term(*arguments.front().value, state);
    if (!state.written.empty()) {
      // Whether what was written is there is not told by its value.
      RunState before = state;
      before.written.clear();
      if (term(*arguments.front().value, before) != of)
        return {terms_.is_const(of) && of != terms_.null() ? terms_.truth(true) : terms_.opaque()};
    }
    return {terms_.apply(Op::kHas, {of})};
  }
  if (object == nullptr && name == "state" && arguments.size() == 1) {
    const RuleModel& unit = model_.rules[unit_];
    const std::string& instance = unit.syntax != nullptr ? unit.syntax->instance : unit.wrapper->instance;
    const std::string of = "state:" + (instance.empty() ? unit.compiled->name : instance) + ":";
    return {terms_.apply(Op::kConcat, {terms_.text_constant(of), term(*arguments.front().value, state)}),
            true, true};
  }
  if (name == "now" && arguments.empty()) return {terms_.leaf(Op::kNow)};
  if (name == "props" && object != nullptr && arguments.empty()) {
    const Lowered of = lower(*object, state);
    if (of.is_subject)
      return {state.written.empty() && !state.all_unsure && !of.is_extended
                  ? terms_.apply(Op::kProps, {of.term})
                  : terms_.opaque()};
  }
  std::vector<TermId> given;
  if (object != nullptr) given.push_back(term(*object, state));
  bool named = false;
  for (const ast::Argument& argument : arguments) {
    named |= !argument.name.empty();
    given.push_back(term(*argument.value, state));
  }
  if (const auto fn = fns_.find(name); fn != fns_.end()) {
    const ast::Fn& callee = *fn->second;
    if (fn_depth_ >= kMostFnDepth || given.size() > callee.parameters.size()) return {terms_.opaque()};
    // Named arguments find their places.
    std::vector<RunState::Local> bound;
    for (const auto& parameter : callee.parameters)
      bound.push_back({parameter.name, terms_.null(), false, nullptr});
    size_t place = object != nullptr ? 1 : 0;
    if (object != nullptr && !bound.empty()) bound[0].term = given[0];
    for (size_t i = 0; i < arguments.size(); ++i) {
      const TermId value = given[i + (object != nullptr ? 1 : 0)];
      if (arguments[i].name.empty()) {
        bound[place++].term = value;
        continue;
      }
      for (auto& parameter : bound) {
        if (parameter.name == arguments[i].name) parameter.term = value;
      }
    }
    std::vector<RunState::Local> outside;
    outside.swap(state.locals);
    state.locals = std::move(bound);
    ++fn_depth_;
    const TermId made = term(*callee.body, state);
    --fn_depth_;
    state.locals.swap(outside);
    return {made};
  }
  const FunctionSpec* spec = functions_.find(name);
  if (spec == nullptr || (named && spec->pure)) return {terms_.opaque()};
  if (!spec->pure) return {terms_.fresh()};
  const bool counts_all = name == "count" && given.size() == 1;
  given.insert(given.begin(), terms_.text_constant(counts_all ? "len" : name));
  return {terms_.apply(Op::kCall, given)};
}

Lowering::Lowered Lowering::lower(const ast::Expr& expr, RunState& state) {
  struct Visit {
    Lowering& self;
    RunState& state;
    TermPool& terms;

    Lowered operator()(const ast::NullLiteral&) const { return {terms.null()}; }
    Lowered operator()(const ast::BoolLiteral& node) const { return {terms.truth(node.value)}; }
    Lowered operator()(const ast::IntLiteral& node) const { return {terms.number(node.value)}; }
    Lowered operator()(const ast::FloatLiteral& node) const {
      return {terms.constant(Value::floating(node.value))};
    }
    Lowered operator()(const ast::DurationLiteral& node) const {
      return {terms.constant(Value::duration(node.microseconds))};
    }
    Lowered operator()(const ast::StringLiteral& node) const { return {self.string(node, state)}; }
    Lowered operator()(const ast::Name& node) const { return self.name(node.name, state); }
    Lowered operator()(const ast::Member& node) const {
      const Lowered object = self.lower(*node.object, state);
      return self.member(object, terms.text_constant(node.name), state);
    }
    Lowered operator()(const ast::Index& node) const {
      const Lowered object = self.lower(*node.object, state);
      return self.member(object, self.term(*node.key, state), state);
    }
    Lowered operator()(const ast::Call& node) const {
      return self.call(node.callee, nullptr, node.arguments, state);
    }
    Lowered operator()(const ast::MethodCall& node) const {
      return self.call(node.name, node.object.get(), node.arguments, state);
    }
    Lowered operator()(const ast::Lambda& node) const {
      self.look_inside(node, state);
      return {terms.opaque()};
    }
    Lowered operator()(const ast::Unary& node) const {
      const Op op = node.op == ast::UnaryOp::kNot ? Op::kNot : Op::kNegate;
      return {terms.apply(op, {self.term(*node.operand, state)})};
    }
    Lowered operator()(const ast::Binary& node) const { return {self.binary(node, state)}; }
    Lowered operator()(const ast::IfExpr& node) const {
      const TermId condition = self.term(*node.condition, state);
      const TermId then_value = self.maybe(*node.then_value, state);
      const TermId else_value = self.maybe(*node.else_value, state);
      return {terms.apply(Op::kIf, {condition, then_value, else_value})};
    }
    Lowered operator()(const ast::MatchExpr& node) const { return {self.match(node, state)}; }
    Lowered operator()(const ast::ListLiteral& node) const { return {self.list(node, state)}; }
    Lowered operator()(const ast::MapLiteral& node) const { return {self.map(node, state)}; }
  };
  return std::visit(Visit{*this, state, terms_}, expr.node);
}

}  // namespace krules::check
