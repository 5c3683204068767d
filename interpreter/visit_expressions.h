#pragma once

#include <vector>

#include "krules/ast.h"

namespace krules {

/// Calls `visit` for `root` and every expression inside it, in no promised order, without recursion.
template <class Visit>
void for_each_expression(const ast::Expr& root, const Visit& visit) {
  std::vector<const ast::Expr*> waiting = {&root};
  const auto later = [&waiting](const ast::ExprPtr& expr) {
    if (expr != nullptr) waiting.push_back(expr.get());
  };
  struct Children {
    const decltype(later)& add;

    void operator()(const ast::NullLiteral&) const {}
    void operator()(const ast::BoolLiteral&) const {}
    void operator()(const ast::IntLiteral&) const {}
    void operator()(const ast::FloatLiteral&) const {}
    void operator()(const ast::DurationLiteral&) const {}
    void operator()(const ast::Name&) const {}
    void operator()(const ast::StringLiteral& node) const {
      for (const auto& part : node.parts) {
        if (const auto* expr = std::get_if<ast::ExprPtr>(&part)) add(*expr);
      }
    }
    void operator()(const ast::Member& node) const { add(node.object); }
    void operator()(const ast::Index& node) const {
      add(node.object);
      add(node.key);
    }
    void operator()(const ast::Call& node) const {
      for (const ast::Argument& argument : node.arguments) add(argument.value);
    }
    void operator()(const ast::MethodCall& node) const {
      add(node.object);
      for (const ast::Argument& argument : node.arguments) add(argument.value);
    }
    void operator()(const ast::Lambda& node) const { add(node.body); }
    void operator()(const ast::Unary& node) const { add(node.operand); }
    void operator()(const ast::Binary& node) const {
      add(node.left);
      add(node.right);
    }
    void operator()(const ast::IfExpr& node) const {
      add(node.condition);
      add(node.then_value);
      add(node.else_value);
    }
    void operator()(const ast::MatchExpr& node) const {
      add(node.value);
      for (const auto& arm : node.arms) {
        for (const ast::ExprPtr& pattern : arm.patterns) add(pattern);
        add(arm.value);
      }
    }
    void operator()(const ast::ListLiteral& node) const {
      for (const auto& item : node.items) add(item.value);
    }
    void operator()(const ast::MapLiteral& node) const {
      for (const auto& entry : node.entries) {
        add(entry.key);
        add(entry.value);
      }
    }
  };
  while (!waiting.empty()) {
    const ast::Expr& expr = *waiting.back();
    waiting.pop_back();
    visit(expr);
    std::visit(Children{later}, expr.node);
  }
}

}  // namespace krules
