#pragma once

#include <string>
#include <utility>
#include <vector>

#include "krules/ast.h"

namespace krules::grammar {

/// A node of the syntax tree reduced to what a dump shows. Both forms of a dump are printed from it.
struct Outline {
  std::string kind;
  std::vector<std::pair<std::string, std::string>> attributes;
  Span span;
  /// Children with their role ("left", "value"); several may have the same.
  std::vector<std::pair<std::string, Outline>> children;
};

Outline outline_of(const ast::Expr& expr);
Outline outline_of(const ast::Declaration& declaration);

}  // namespace krules::grammar
