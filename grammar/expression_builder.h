#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "context.h"

namespace krules::grammar {

/// Builds expressions bottom up: what the parser recognises is pushed, what is complete is folded together.
/// Operators are ordered by precedence here, so that the grammar needs no level for each of them.
class ExpressionBuilder {
 public:
  explicit ExpressionBuilder(Context& context) : context_(context) {}

  /// The sizes of all stacks, to return to after an error.
  struct Mark {
    size_t operands, operators, bases, names, strings, lambdas, matches;
  };
  Mark mark() const;
  void rewind(const Mark& mark);

  /// Takes the newest complete expression.
  ast::ExprPtr take();
  const ast::Expr& top() const { return *operands_.back().expr; }
  ast::Expr& top() { return *operands_.back().expr; }

  // literals and names
  void null(Span span) { push(span, ast::NullLiteral{}); }
  void boolean(Span span, bool value) { push(span, ast::BoolLiteral{value}); }
  void number(Span span);
  void name(Span span);
  /// A StringLiteral of one part made of the text of `span`.
  void word(Span span);

  // strings
  void open_string(Span quote);
  void string_text(Span span);
  void string_escape(Span span);
  void interpolation();
  void stray_brace(Span span);
  void close_string(uint32_t end);
  void raw_string(Span span);

  // operators
  void open_chain();
  void prefix(ast::UnaryOp op, Span span);
  void infix(ast::BinaryOp op, Span span);
  /// `!`, `&&`, `||`, `=`: reported, and taken for what was meant.
  void foreign_prefix(Span span);
  void foreign_infix(ast::BinaryOp op, Span span);
  /// The `=` of `f(limit = 3)`.
  void foreign_argument_sign(Span span);
  void close_chain();
  void parenthesised(Span span);

  // postfixes and calls
  void member(Span name);
  void open_group();
  void argument_name(Span name);
  void named_argument();
  void call(uint32_t end);
  /// Takes the arguments of the group that was opened last.
  std::vector<ast::Argument> take_arguments();
  void index(uint32_t end);
  void open_lambda();
  void lambda_parameter(Span name);
  void close_lambda(Span span);

  // compounds
  void spread();
  void list(Span span);
  void map_path_entry(Span span);
  void map_entry(Span span, ast::MapLiteral::EntryKind kind);
  void map(Span span);
  void if_expression(Span span);
  void open_match();
  void negate_pattern(Span span);
  void match_pattern();
  void close_arm(Span span);
  void close_match(Span span);

 private:
  enum class Role : uint8_t { kPlain, kSpread, kKeyValue, kPath, kNamed };
  struct Operand {
    ast::ExprPtr expr;
    uint32_t height = 1;
    Role role = Role::kPlain;
    Span span;  ///< kNamed: the argument's name; entries of maps: the whole entry
  };
  struct Operator {
    enum class Kind : uint8_t { kMarker, kPrefix, kBinary };
    Kind kind;
    uint8_t precedence;
    ast::UnaryOp unary;
    ast::BinaryOp binary;
    Span span;
  };
  struct StringFrame {
    std::vector<ast::StringLiteral::Part> parts;
    std::string text;
    uint32_t height = 1;
  };
  struct MatchFrame {
    std::vector<ast::MatchExpr::Arm> arms;
    std::vector<ast::ExprPtr> patterns;
    uint32_t height = 1;
  };

  template <typename Node>
  void push(Span span, Node node, uint32_t height = 1) {
    auto expr = std::make_unique<ast::Expr>();
    expr->span = span;
    expr->node = std::move(node);
    check_height(height, span);
    operands_.push_back({std::move(expr), height, Role::kPlain, {}});
  }
  Operand pop();
  /// One more than the tallest operand from `base` on.
  uint32_t height_from(size_t base) const;
  size_t close_group();
  void check_height(uint32_t height, Span span) const;
  void reduce();
  /// The text of `span`, or `otherwise` where it is long.
  std::string short_text(Span span, std::string_view otherwise) const;
  void flush_text(StringFrame& frame);

  Context& context_;
  std::vector<Operand> operands_;
  std::vector<Operator> operators_;
  std::vector<size_t> bases_;
  std::vector<Span> names_;
  std::vector<StringFrame> strings_;
  std::vector<std::vector<ast::Lambda::Parameter>> lambdas_;
  std::vector<MatchFrame> matches_;
};

}  // namespace krules::grammar
