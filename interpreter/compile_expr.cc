#include <fmt/format.h>

#include <algorithm>

#include "compiler.h"
#include "krules/json.h"

namespace krules {

using namespace program_codes;

namespace {

/// Steps that folding one constant expression may take when rules are loaded.
constexpr uint64_t kFoldingSteps = 10'000;

}  // namespace

const Node* UnitCompiler::constant(const Value& value, Span span, bool literal) {
  auto* node = make<ConstNode>(span);
  node->kind = NodeKind::kConst;
  node->value = value;
  node->literal = literal;
  node->eval = constant_function();
  return complete(node);
}

const Node* UnitCompiler::broken(Span span) {
  auto* node = make<ConstNode>(span);
  node->kind = NodeKind::kBroken;
  node->eval = constant_function();
  return complete(node);
}

const Node* UnitCompiler::folded(const Node* node, bool literal_parts) {
  const Value value = program_.evaluate(*node, kFoldingSteps);
  if (!value.is_error()) return constant(value, node->span, literal_parts);
  if (literal_parts && !value.as_error().fatal) {
    report(kAlwaysFails, node->span, fmt::format("this can only fail: {}", value.as_error().message));
    return broken(node->span);
  }
  return node;
}

const Node* UnitCompiler::any_expression(const ast::Expr& expr) {
  struct Visitor {
    UnitCompiler& unit;
    const ast::Expr& expr;

    const Node* operator()(const ast::NullLiteral&) { return unit.constant(Value::null(), expr.span, true); }
    const Node* operator()(const ast::BoolLiteral& literal) {
      return unit.constant(Value::boolean(literal.value), expr.span, true);
    }
    const Node* operator()(const ast::IntLiteral& literal) {
      return unit.constant(Value::integer(literal.value), expr.span, true);
    }
    const Node* operator()(const ast::FloatLiteral& literal) {
      return unit.constant(Value::floating(literal.value), expr.span, true);
    }
    const Node* operator()(const ast::DurationLiteral& literal) {
      return unit.constant(Value::duration(literal.microseconds), expr.span, true);
    }
    const Node* operator()(const ast::StringLiteral& literal) { return unit.string(expr, literal); }
    const Node* operator()(const ast::Name& node) { return unit.name(expr, node); }
    const Node* operator()(const ast::Member& node) { return unit.member(expr, node); }
    const Node* operator()(const ast::Index& node) { return unit.index(expr, node); }
    const Node* operator()(const ast::Call& node) { return unit.call(expr, node); }
    const Node* operator()(const ast::MethodCall& node) { return unit.method_call(expr, node); }
    const Node* operator()(const ast::Lambda&) {
      unit.report(kLambda, expr.span, "a lambda stands here, where no function takes one").helps = {
          "lambdas are arguments of functions over lists: `readings.map(r => r.value)`"};
      return unit.broken(expr.span);
    }
    const Node* operator()(const ast::Unary& node) { return unit.unary(expr, node); }
    const Node* operator()(const ast::Binary& node) { return unit.binary(expr, node); }
    const Node* operator()(const ast::IfExpr& node) { return unit.if_expr(expr, node); }
    const Node* operator()(const ast::MatchExpr& node) { return unit.match(expr, node); }
    const Node* operator()(const ast::ListLiteral& literal) { return unit.list(expr, literal); }
    const Node* operator()(const ast::MapLiteral& literal) { return unit.map(expr, literal); }
  };
  return std::visit(Visitor{*this, expr}, expr.node);
}

const Node* UnitCompiler::string(const ast::Expr& expr, const ast::StringLiteral& literal) {
  if (literal.parts.empty()) return constant(text_value(""), expr.span, true);
  if (literal.parts.size() == 1) {
    if (const auto* text = std::get_if<std::string>(&literal.parts[0])) {
      return constant(text_value(*text), expr.span, true);
    }
  }
  std::vector<const Node*> parts;
  uint8_t flags = 0;
  bool constant_parts = true;
  bool literal_parts = true;
  for (const auto& part : literal.parts) {
    if (const auto* text = std::get_if<std::string>(&part)) {
      parts.push_back(constant(text_value(*text), expr.span, true));
      continue;
    }
    const Node* value = expression(*std::get<ast::ExprPtr>(part));
    flags |= value->flags;
    constant_parts = constant_parts && is_const(value);
    literal_parts = literal_parts && is_literal(value);
    parts.push_back(value);
  }
  auto* node = make<ListNode>(expr.span);
  node->items = copied(parts);
  node->count = static_cast<uint32_t>(parts.size());
  node->flags = flags;
  node->eval = interpolation_function();
  complete(node);
  return constant_parts ? folded(node, literal_parts) : node;
}

const Node* UnitCompiler::if_expr(const ast::Expr& expr, const ast::IfExpr& if_node) {
  const Node* condition = expression(*if_node.condition);
  const Node* then_value = expression(*if_node.then_value);
  const Node* else_value = expression(*if_node.else_value);
  if (is_const(condition)) {
    const Value& value = const_value(condition);
    if (value.is(ValueKind::kBool) || value.is_null()) return value.is_true() ? then_value : else_value;
  }
  auto* node = make<IfNode>(expr.span);
  node->condition = condition;
  node->then_value = then_value;
  node->else_value = else_value;
  node->flags = condition->flags | then_value->flags | else_value->flags;
  node->eval = if_function();
  node->truth = if_truth_function();
  return node;
}

void UnitCompiler::match_patterns(const ast::MatchExpr::Arm& arm, std::vector<Value>& patterns,
                                  std::vector<std::pair<Value, Span>>& seen) {
  for (const ast::ExprPtr& expr : arm.patterns) {
    const Node* pattern = expression(*expr);
    if (is_broken(pattern)) continue;
    if (!is_const(pattern)) {
      report(kArm, pattern->span, "an arm of a `match` is a literal or a constant").helps = {
          "compare other values with `if ... then ... else`"};
      continue;
    }
    const Value& value = const_value(pattern);
    const auto same =
        std::find_if(seen.begin(), seen.end(), [&](const auto& each) { return equal(each.first, value); });
    if (same != seen.end()) {
      Diagnostic& diagnostic =
          report(kArm, pattern->span, "this arm is never reached: the value has one already");
      diagnostic.related = {program_.label(source_, same->second, "here")};
      continue;
    }
    seen.emplace_back(value, pattern->span);
    patterns.push_back(value);
  }
}

const Node* UnitCompiler::match(const ast::Expr& expr, const ast::MatchExpr& match_node) {
  const Node* value = expression(*match_node.value);
  std::vector<MatchNode::Arm> arms;
  std::vector<std::pair<Value, Span>> seen;
  uint8_t flags = value->flags;
  const Span* catch_all = nullptr;
  for (const ast::MatchExpr::Arm& arm : match_node.arms) {
    std::vector<Value> patterns;
    if (catch_all != nullptr) {
      report(kArm, arm.span, "this arm is never reached: it stands behind `_`").related = {
          program_.label(source_, *catch_all, "here")};
    }
    if (arm.patterns.empty()) {
      catch_all = &arm.span;
    } else {
      match_patterns(arm, patterns, seen);
    }
    const Node* result = expression(*arm.value);
    flags |= result->flags;
    arms.push_back({copied(patterns), static_cast<uint32_t>(patterns.size()), result});
  }
  auto* node = make<MatchNode>(expr.span);
  node->value = value;
  node->arms = copied(arms);
  node->count = static_cast<uint32_t>(arms.size());
  node->flags = flags;
  node->eval = match_function();
  complete(node);
  if (is_const(value)) {
    for (const MatchNode::Arm& arm : arms) {
      const bool fits =
          arm.count == 0 || std::any_of(arm.patterns, arm.patterns + arm.count,
                                        [&](const Value& each) { return equal(each, const_value(value)); });
      if (fits) return arm.value;
    }
  }
  return node;
}

const Node* UnitCompiler::list(const ast::Expr& expr, const ast::ListLiteral& literal) {
  std::vector<const Node*> items;
  uint8_t flags = 0;
  bool constant_parts = true;
  for (const ast::ListLiteral::Item& item : literal.items) {
    const Node* value = expression(*item.value);
    flags |= value->flags;
    constant_parts = constant_parts && is_const(value);
    if (item.spread) {
      auto* spread = make<SpreadNode>(value->span);
      spread->operand = value;
      spread->eval = spread_function();
      value = complete(spread);
    }
    items.push_back(value);
  }
  auto* node = make<ListNode>(expr.span);
  node->items = copied(items);
  node->count = static_cast<uint32_t>(items.size());
  node->flags = flags;
  node->eval = list_function();
  complete(node);
  return constant_parts ? folded(node, false) : node;
}

const Node* UnitCompiler::map(const ast::Expr& expr, const ast::MapLiteral& literal) {
  using EntryKind = ast::MapLiteral::EntryKind;
  std::vector<MapNode::Entry> entries;
  std::vector<std::pair<const Symbol*, Span>> keys;
  uint8_t flags = 0;
  bool constant_parts = true;
  for (const ast::MapLiteral::Entry& entry : literal.entries) {
    MapNode::Entry made{nullptr, nullptr, nullptr};
    if (entry.kind != EntryKind::kSpread) {
      const Node* key = expression(*entry.key);
      if (is_const(key)) {
        made.key = program_.symbols().intern(const_value(key).text());
        const auto same =
            std::find_if(keys.begin(), keys.end(), [&](const auto& each) { return each.first == made.key; });
        if (same != keys.end()) {
          Diagnostic& diagnostic = report(kRepeatedKey, entry.span,
                                          fmt::format("the key `{}` stands here twice", made.key->text()));
          diagnostic.related = {program_.label(source_, same->second, "here")};
          diagnostic.helps = {"only `...` can be overwritten by a later entry"};
        }
        keys.emplace_back(made.key, entry.span);
      } else {
        made.computed = key;
        flags |= key->flags;
        constant_parts = constant_parts && !is_broken(key);
      }
    }
    made.value = expression(*entry.value);
    flags |= made.value->flags;
    constant_parts = constant_parts && is_const(made.value) && made.computed == nullptr;
    entries.push_back(made);
  }
  auto* node = make<MapNode>(expr.span);
  node->entries = copied(entries);
  node->count = static_cast<uint32_t>(entries.size());
  node->flags = flags;
  node->eval = map_function();
  complete(node);
  return constant_parts ? folded(node, false) : node;
}

}  // namespace krules
