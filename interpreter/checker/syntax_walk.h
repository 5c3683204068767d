#pragma once

#include <type_traits>
#include <variant>

#include "krules/ast.h"

/// Going through syntax trees.
namespace krules::check {

/// `visit(expr)` for each expression directly inside.
template <class Visit>
void for_each_child(const ast::Expr& expr, const Visit& visit) {
  const auto some = [&](const ast::ExprPtr& child) {
    if (child != nullptr) visit(*child);
  };
  std::visit(
      [&](const auto& node) {
        using Node = std::decay_t<decltype(node)>;
        if constexpr (std::is_same_v<Node, ast::StringLiteral>) {
          for (const auto& part : node.parts) {
            if (const auto* inner = std::get_if<ast::ExprPtr>(&part)) some(*inner);
          }
        } else if constexpr (std::is_same_v<Node, ast::Member>) {
          some(node.object);
        } else if constexpr (std::is_same_v<Node, ast::Index>) {
          some(node.object);
          some(node.key);
        } else if constexpr (std::is_same_v<Node, ast::Call>) {
          for (const auto& argument : node.arguments) some(argument.value);
        } else if constexpr (std::is_same_v<Node, ast::MethodCall>) {
          some(node.object);
          for (const auto& argument : node.arguments) some(argument.value);
        } else if constexpr (std::is_same_v<Node, ast::Lambda>) {
          some(node.body);
        } else if constexpr (std::is_same_v<Node, ast::Unary>) {
          some(node.operand);
        } else if constexpr (std::is_same_v<Node, ast::Binary>) {
          some(node.left);
          some(node.right);
        } else if constexpr (std::is_same_v<Node, ast::IfExpr>) {
          some(node.condition);
          some(node.then_value);
          some(node.else_value);
        } else if constexpr (std::is_same_v<Node, ast::MatchExpr>) {
          some(node.value);
          for (const auto& arm : node.arms) {
            for (const auto& pattern : arm.patterns) some(pattern);
            some(arm.value);
          }
        } else if constexpr (std::is_same_v<Node, ast::ListLiteral>) {
          for (const auto& item : node.items) some(item.value);
        } else if constexpr (std::is_same_v<Node, ast::MapLiteral>) {
          for (const auto& entry : node.entries) {
            if (entry.kind == ast::MapLiteral::EntryKind::kKeyValue) some(entry.key);
            some(entry.value);
          }
        }
      },
      expr.node);
}

/// `visit(expr)` for it and all inside.
template <class Visit>
void for_each_expr(const ast::Expr& expr, const Visit& visit) {
  visit(expr);
  for_each_child(expr, [&](const ast::Expr& child) { for_each_expr(child, visit); });
}

/// `visit(expr)` for each expression that stands directly in the statement, not in its blocks.
template <class Visit>
void for_each_direct_expr(const ast::Stmt& stmt, const Visit& visit) {
  const auto some = [&](const ast::ExprPtr& child) {
    if (child != nullptr) visit(*child);
  };
  std::visit(
      [&](const auto& node) {
        using Node = std::decay_t<decltype(node)>;
        if constexpr (std::is_same_v<Node, ast::Set>) {
          some(node.target.name);
          some(node.value);
          some(node.from);
        } else if constexpr (std::is_same_v<Node, ast::SetMany>) {
          some(node.map);
        } else if constexpr (std::is_same_v<Node, ast::Delete>) {
          some(node.target.name);
        } else if constexpr (std::is_same_v<Node, ast::Emit>) {
          some(node.type);
          some(node.payload);
        } else if constexpr (std::is_same_v<Node, ast::Let>) {
          some(node.value);
        } else if constexpr (std::is_same_v<Node, ast::If>) {
          some(node.condition);
        } else if constexpr (std::is_same_v<Node, ast::For>) {
          some(node.sequence);
        } else if constexpr (std::is_same_v<Node, ast::Fail>) {
          some(node.reason);
        } else if constexpr (std::is_same_v<Node, ast::Log>) {
          some(node.message);
          some(node.data);
        } else if constexpr (std::is_same_v<Node, ast::As>) {
          some(node.subject);
        } else if constexpr (std::is_same_v<Node, ast::Cancel>) {
          some(node.key);
        } else if constexpr (std::is_same_v<Node, ast::CallAction>) {
          for (const auto& argument : node.arguments) some(argument.value);
          some(node.reply);
          some(node.timeout);
          some(node.retry);
          some(node.backoff);
        }
        if constexpr (requires { node.clauses; }) {
          some(node.clauses.on);
          some(node.clauses.with);
          some(node.clauses.after);
          some(node.clauses.key);
        }
      },
      stmt.node);
}

/// `visit(block)` for each block of the statement.
template <class Visit>
void for_each_block(const ast::Stmt& stmt, const Visit& visit) {
  std::visit(
      [&](const auto& node) {
        using Node = std::decay_t<decltype(node)>;
        if constexpr (std::is_same_v<Node, ast::If>) {
          visit(node.then_block);
          visit(node.else_block);
        } else if constexpr (std::is_same_v<Node, ast::For> || std::is_same_v<Node, ast::As>) {
          visit(node.body);
        } else if constexpr (std::is_same_v<Node, ast::Try>) {
          visit(node.body);
          visit(node.handler);
        }
      },
      stmt.node);
}

/// `visit(stmt)` for all statements inside, outer ones first.
template <class Visit>
void for_each_stmt(const ast::Block& block, const Visit& visit) {
  for (const ast::Stmt& stmt : block.statements) {
    visit(stmt);
    for_each_block(stmt, [&](const ast::Block& inner) { for_each_stmt(inner, visit); });
  }
}

/// `visit(expr)` for all expressions of a rule, those inside others too.
template <class Unit, class Visit>
requires std::is_same_v<Unit, ast::Rule> || std::is_same_v<Unit, ast::Wrapper>
void for_each_expr(const Unit& rule, const Visit& visit) {
  for (const ast::Trigger& trigger : rule.triggers) {
    for (const ast::ExprPtr* clock : {&trigger.every, &trigger.at, &trigger.zone}) {
      if (*clock != nullptr) for_each_expr(**clock, visit);
    }
  }
  for (const ast::HeadClause& clause : rule.head) {
    if (const auto* let = std::get_if<ast::Let>(&clause)) {
      for_each_expr(*let->value, visit);
    } else {
      for_each_expr(*std::get<ast::When>(clause).condition, visit);
    }
  }
  for_each_stmt(rule.body, [&](const ast::Stmt& stmt) {
    for_each_direct_expr(stmt, [&](const ast::Expr& expr) { for_each_expr(expr, visit); });
  });
}

/// `visit(expr)` for all expressions of a test, those inside others too.
template <class Visit>
void for_each_expr(const ast::Test& test, const Visit& visit) {
  const auto some = [&](const ast::ExprPtr& expr) {
    if (expr != nullptr) for_each_expr(*expr, visit);
  };
  for (const ast::TestStep& step : test.steps) {
    std::visit(
        [&](const auto& node) {
          if constexpr (requires { node.subject; }) some(node.subject);
          if constexpr (requires { node.properties; }) some(node.properties);
          if constexpr (requires { node.extended; }) some(node.extended);
          if constexpr (requires { node.payload; }) some(node.payload);
          if constexpr (requires { node.by; }) some(node.by);
          if constexpr (requires { node.on; }) some(node.on);
          if constexpr (requires { node.times; }) some(node.times);
          if constexpr (requires { node.arguments; }) some(node.arguments);
          if constexpr (requires { node.condition; }) some(node.condition);
          if constexpr (requires { node.value; }) some(node.value);
          if constexpr (requires { node.answer; }) some(node.answer);
          if constexpr (std::is_same_v<std::decay_t<decltype(node)>, ast::Send>) {
            some(node.type);
            some(node.clauses.on);
            some(node.clauses.with);
          }
        },
        step.node);
  }
}

/// The text of a string without interpolation; null for all else.
inline const std::string* plain_text(const ast::Expr* expr) {
  if (expr == nullptr) return nullptr;
  const auto* literal = std::get_if<ast::StringLiteral>(&expr->node);
  if (literal == nullptr || literal->parts.size() != 1) return nullptr;
  return std::get_if<std::string>(&literal->parts.front());
}

/// Whether it is that bare name.
inline bool is_name(const ast::Expr& expr, std::string_view name) {
  const auto* node = std::get_if<ast::Name>(&expr.node);
  return node != nullptr && node->name == name;
}

}  // namespace krules::check
