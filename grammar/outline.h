#pragma once

#include <string>
#include <utility>
#include <vector>

#include "krules/ast.h"

namespace krules::grammar {

/// A node of the syntax tree reduced to what a dump shows. Both forms of a dump are printed from it.
struct Outline {
  std::string role;  ///< what it is to its parent: "left", "value"; empty for a declaration
  std::string kind;
  std::vector<std::pair<std::string, std::string>> attributes;
  Span span;
  std::vector<Outline> children;  ///< several may have the same role
};

Outline outline_of(const ast::Expr& expr);
Outline outline_of(const ast::Declaration& declaration);

}  // namespace krules::grammar
