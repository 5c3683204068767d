#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "krules/parser.h"

namespace krules::test {

SourcePtr source_of(std::string text);

ParseResult parse_text(std::string text);

/// `text` as one expression, fully parenthesised in prefix form: "(+ 1 (* 2 3))"; the first error where there
/// is one.
std::string shape(const std::string& text);
std::string shape(const ast::Expr& expr);

/// The statements of the first rule of `on x.y { body }`. The result keeps the module alive.
struct Body {
  ParseResult result;
  const std::vector<ast::Stmt>& statements() const;
};
Body parse_body(const std::string& body);

/// An error as a test states it.
struct Found {
  std::string code;
  uint32_t line;
  uint32_t column;
  std::string message;
  friend bool operator==(const Found&, const Found&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Found& found);
};
std::vector<Found> errors_of(const ParseResult& result);
std::vector<Found> errors_of(const std::string& text);

}  // namespace krules::test
