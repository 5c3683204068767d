#include <algorithm>

#include "lower.h"
#include "syntax_walk.h"

/// Whether something in a body can fail. What is not known to be harmless can.
namespace krules::check {

namespace {

bool is_truth(const ast::Expr& expr) {
  if (std::holds_alternative<ast::BoolLiteral>(expr.node)) return true;
  if (const auto* call = std::get_if<ast::Call>(&expr.node)) return call->callee == "has";
  if (const auto* unary = std::get_if<ast::Unary>(&expr.node)) return unary->op == ast::UnaryOp::kNot;
  if (const auto* binary = std::get_if<ast::Binary>(&expr.node)) {
    using B = ast::BinaryOp;
    return binary->op == B::kAnd || binary->op == B::kOr || binary->op == B::kEqual ||
           binary->op == B::kNotEqual || binary->op == B::kMatches;
  }
  return false;
}

/// A text that is always there, and short.
bool is_short_text(const ast::Expr& expr) {
  if (is_name(expr, "subject") || is_name(expr, "event") || is_name(expr, "origin")) return true;
  if (const auto* call = std::get_if<ast::Call>(&expr.node))
    return call->callee == "uuid" && call->arguments.empty();
  const auto* text = std::get_if<ast::StringLiteral>(&expr.node);
  return text != nullptr &&
         std::all_of(text->parts.begin(), text->parts.end(), [](const ast::StringLiteral::Part& part) {
           const auto* inner = std::get_if<ast::ExprPtr>(&part);
           return inner == nullptr || is_short_text(**inner);
         });
}

bool is_plain_name(const ast::Expr& expr) {
  const std::string* text = plain_text(&expr);
  return text != nullptr && !text->empty();
}

/// A subject that is there for certain.
bool is_sure_subject(const ast::Expr& expr) {
  const auto* call = std::get_if<ast::Call>(&expr.node);
  if (call == nullptr || call->callee != "state") return is_short_text(expr);
  return call->arguments.size() == 1 && is_short_text(*call->arguments.front().value);
}

/// What `.name` can be read of whatever it holds: subjects, and maps that the engine makes.
bool has_fields(const ast::Expr& expr) {
  static constexpr std::string_view kNames[] = {"subject", "origin", "payload", "ext", "meta", "extra"};
  const auto is_any = [&](std::string_view name) { return is_name(expr, name); };
  if (std::any_of(std::begin(kNames), std::end(kNames), is_any)) return true;
  const auto* call = std::get_if<ast::Call>(&expr.node);
  return call != nullptr && (call->callee == "subject" || call->callee == "state") &&
         call->arguments.size() == 1 && is_short_text(*call->arguments.front().value);
}

}  // namespace

bool Lowering::may_fail(const ast::MapLiteral& map, const RunState& state) const {
  return std::any_of(map.entries.begin(), map.entries.end(), [&](const ast::MapLiteral::Entry& entry) {
    if (entry.kind == ast::MapLiteral::EntryKind::kSpread) return !is_name(*entry.value, "payload");
    return !is_plain_name(*entry.key) || may_fail(*entry.value, state);
  });
}

bool Lowering::may_fail(const ast::Call& call, const RunState& state) const {
  if (call.callee == "has") return false;
  if (call.arguments.empty() && (call.callee == "now" || call.callee == "uuid")) return false;
  const auto fn = fns_.find(call.callee);
  if (fn == fns_.end() || !call.arguments.empty()) return true;
  RunState inside;
  inside.subject = state.subject;
  return may_fail(*fn->second->body, inside);
}

bool Lowering::may_fail(const ast::Expr& expr, const RunState& state) const {
  struct Visit {
    const Lowering& self;
    const ast::Expr& expr;
    const RunState& state;

    bool may_fail(const ast::ExprPtr& part) const { return self.may_fail(*part, state); }

    bool operator()(const ast::NullLiteral&) const { return false; }
    bool operator()(const ast::BoolLiteral&) const { return false; }
    bool operator()(const ast::IntLiteral&) const { return false; }
    bool operator()(const ast::FloatLiteral&) const { return false; }
    bool operator()(const ast::DurationLiteral&) const { return false; }
    bool operator()(const ast::StringLiteral&) const { return !is_short_text(expr); }
    bool operator()(const ast::Name& node) const {
      for (size_t i = state.locals.size(); i-- > 0;) {
        if (state.locals[i].name != node.name) continue;
        return state.locals[i].lazy != nullptr && self.may_fail(*state.locals[i].lazy, state);
      }
      return false;
    }
    bool operator()(const ast::Member& node) const { return !has_fields(*node.object); }
    bool operator()(const ast::Index& node) const {
      return !has_fields(*node.object) || !is_plain_name(*node.key);
    }
    bool operator()(const ast::Call& node) const { return self.may_fail(node, state); }
    bool operator()(const ast::MethodCall&) const { return true; }
    bool operator()(const ast::Lambda&) const { return true; }
    bool operator()(const ast::Unary& node) const {
      return node.op != ast::UnaryOp::kNot || !is_truth(*node.operand) || may_fail(node.operand);
    }
    bool operator()(const ast::Binary& node) const {
      using B = ast::BinaryOp;
      const bool parts = may_fail(node.left) || may_fail(node.right);
      switch (node.op) {
        case B::kAnd:
        case B::kOr:
          return parts || !is_truth(*node.left) || !is_truth(*node.right);
        case B::kEqual:
        case B::kNotEqual:
        case B::kCoalesce:
          return parts;
        case B::kMatches:
          return !is_short_text(*node.left) || !is_short_text(*node.right);
        default:
          return true;
      }
    }
    bool operator()(const ast::IfExpr& node) const {
      return !is_truth(*node.condition) || may_fail(node.condition) || may_fail(node.then_value) ||
             may_fail(node.else_value);
    }
    bool operator()(const ast::MatchExpr&) const { return true; }
    bool operator()(const ast::ListLiteral& node) const {
      return std::any_of(node.items.begin(), node.items.end(),
                         [&](const auto& item) { return item.spread || may_fail(item.value); });
    }
    bool operator()(const ast::MapLiteral& node) const { return self.may_fail(node, state); }
  };
  return std::visit(Visit{*this, expr, state}, expr.node);
}

bool Lowering::may_fail(const ast::Clauses& clauses, const RunState& state) const {
  const auto* with = clauses.with == nullptr ? nullptr : std::get_if<ast::MapLiteral>(&clauses.with->node);
  return (clauses.on != nullptr && !is_sure_subject(*clauses.on)) ||
         (clauses.with != nullptr && (with == nullptr || may_fail(*with, state))) ||
         (clauses.after != nullptr && !std::holds_alternative<ast::DurationLiteral>(clauses.after->node)) ||
         (clauses.key != nullptr && !is_short_text(*clauses.key));
}

bool Lowering::may_fail(const ast::Stmt& stmt, const RunState& state) const {
  struct Visit {
    const Lowering& self;
    const RunState& state;

    bool operator()(const ast::Set& node) const {
      const bool plain = node.op == ast::AssignOp::kAssign || node.op == ast::AssignOp::kIfNull;
      return !plain || !node.target.path.empty() || !is_plain_name(*node.target.name) ||
             self.may_fail(*node.value, state) || self.may_fail(node.clauses, state);
    }
    bool operator()(const ast::SetMany& node) const {
      const auto* map = std::get_if<ast::MapLiteral>(&node.map->node);
      const auto is_spread = [](const ast::MapLiteral::Entry& entry) {
        return entry.kind == ast::MapLiteral::EntryKind::kSpread;
      };
      return map == nullptr || std::any_of(map->entries.begin(), map->entries.end(), is_spread) ||
             self.may_fail(*map, state) || self.may_fail(node.clauses, state);
    }
    bool operator()(const ast::Delete& node) const {
      return !node.target.path.empty() || !is_plain_name(*node.target.name) ||
             self.may_fail(node.clauses, state);
    }
    bool operator()(const ast::DeleteSubject& node) const { return self.may_fail(node.clauses, state); }
    bool operator()(const ast::Emit& node) const {
      const bool is_map = node.payload == nullptr || is_name(*node.payload, "payload") ||
                          std::holds_alternative<ast::MapLiteral>(node.payload->node);
      return !is_plain_name(*node.type) || !is_map ||
             (node.payload != nullptr && self.may_fail(*node.payload, state)) ||
             self.may_fail(node.clauses, state);
    }
    bool operator()(const ast::Let& node) const { return self.may_fail(*node.value, state); }
    bool operator()(const ast::If& node) const {
      return !is_truth(*node.condition) || self.may_fail(*node.condition, state);
    }
    bool operator()(const ast::For&) const { return true; }
    bool operator()(const ast::Fail&) const { return false; }  // a way of its own
    bool operator()(const ast::Try&) const { return false; }
    bool operator()(const ast::Stop&) const { return false; }
    bool operator()(const ast::Log& node) const {
      return self.may_fail(*node.message, state) ||
             (node.data != nullptr && self.may_fail(*node.data, state));
    }
    bool operator()(const ast::As& node) const { return !is_sure_subject(*node.subject); }
    bool operator()(const ast::Next&) const { return false; }  // ways of its own
    bool operator()(const ast::Cancel& node) const {
      return !is_short_text(*node.key) || self.may_fail(node.clauses, state);
    }
    bool operator()(const ast::CallAction&) const { return true; }
  };
  return std::visit(Visit{*this, state}, stmt.node);
}

bool Lowering::may_fail(const ast::Block& block, const RunState& state) const {
  RunState inside = state;
  for (const ast::Stmt& stmt : block.statements) {
    if (may_fail(stmt, inside)) return true;
    if (const auto* let = std::get_if<ast::Let>(&stmt.node))
      inside.locals.push_back({let->name, 0, false, nullptr});
    if (const auto* attempt = std::get_if<ast::Try>(&stmt.node)) {
      if (may_fail(attempt->handler, inside)) return true;
      continue;
    }
    bool fails = false;
    for_each_block(stmt, [&](const ast::Block& inner) { fails |= may_fail(inner, inside); });
    if (fails) return true;
  }
  return false;
}

}  // namespace krules::check
