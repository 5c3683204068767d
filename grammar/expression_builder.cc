#include "expression_builder.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "literals.h"
#include "words.h"

namespace krules::grammar {

namespace {

using ast::BinaryOp;
using ast::UnaryOp;

// The ladder of precedence, loosest first. Unary minus directly behind `??` binds to its operand alone.
constexpr uint8_t kOrLevel = 1;
constexpr uint8_t kAndLevel = 2;
constexpr uint8_t kNotLevel = 3;
constexpr uint8_t kComparisonLevel = 4;
constexpr uint8_t kSumLevel = 5;
constexpr uint8_t kProductLevel = 6;
constexpr uint8_t kNegateLevel = 7;
constexpr uint8_t kPowerLevel = 8;
constexpr uint8_t kCoalesceLevel = 9;
constexpr uint8_t kTightNegateLevel = 10;

uint8_t level_of(BinaryOp op) {
  switch (op) {
    case BinaryOp::kOr:
      return kOrLevel;
    case BinaryOp::kAnd:
      return kAndLevel;
    case BinaryOp::kEqual:
    case BinaryOp::kNotEqual:
    case BinaryOp::kLess:
    case BinaryOp::kLessEqual:
    case BinaryOp::kGreater:
    case BinaryOp::kGreaterEqual:
    case BinaryOp::kIn:
    case BinaryOp::kNotIn:
    case BinaryOp::kMatches:
      return kComparisonLevel;
    case BinaryOp::kAdd:
    case BinaryOp::kSubtract:
      return kSumLevel;
    case BinaryOp::kMultiply:
    case BinaryOp::kDivide:
    case BinaryOp::kIntDivide:
    case BinaryOp::kModulo:
      return kProductLevel;
    case BinaryOp::kPower:
      return kPowerLevel;
    case BinaryOp::kCoalesce:
      return kCoalesceLevel;
  }
  return kOrLevel;
}

}  // namespace

ExpressionBuilder::Mark ExpressionBuilder::mark() const {
  return {operands_.size(), operators_.size(), bases_.size(),  names_.size(),
          strings_.size(),  lambdas_.size(),   matches_.size()};
}

void ExpressionBuilder::rewind(const Mark& mark) {
  operands_.resize(mark.operands);
  operators_.resize(mark.operators);
  bases_.resize(mark.bases);
  names_.resize(mark.names);
  strings_.resize(mark.strings);
  lambdas_.resize(mark.lambdas);
  matches_.resize(mark.matches);
}

ExpressionBuilder::Operand ExpressionBuilder::pop() {
  Operand result = std::move(operands_.back());
  operands_.pop_back();
  return result;
}

ast::ExprPtr ExpressionBuilder::take() {
  return pop().expr;
}

uint32_t ExpressionBuilder::height_from(size_t base) const {
  uint32_t height = 0;
  for (size_t i = base; i < operands_.size(); ++i) height = std::max(height, operands_[i].height);
  return height + 1;
}

void ExpressionBuilder::check_height(uint32_t height, Span span) const {
  if (height <= kMaxTreeHeight) return;
  context_.fail(
      codes::kTooDeep, {span.begin, std::min(span.end, span.begin + 1)},
      "this expression is more than " + std::to_string(kMaxTreeHeight) + " operations deep",
      "use a list and a list function (`x in [...]`, `[...].sum()`), or name parts of it with `let`");
}

void ExpressionBuilder::number(Span span) {
  const bool negated = !operators_.empty() && operators_.back().kind == Operator::Kind::kPrefix &&
                       operators_.back().unary == UnaryOp::kNegate &&
                       operators_.back().span.end <= span.begin &&
                       context_.text({operators_.back().span.end, span.begin}).find_first_not_of(" \t\r\n") ==
                           std::string_view::npos;
  ast::Expr::Node node = parse_number(context_, span, negated);
  const auto* whole = std::get_if<ast::IntLiteral>(&node);
  if (whole != nullptr && whole->value == std::numeric_limits<int64_t>::min()) {
    span.begin = operators_.back().span.begin;
    operators_.pop_back();
  }
  push(span, std::move(node));
}

void ExpressionBuilder::name(Span span) {
  push(span, ast::Name{std::string(context_.text(span))});
}

void ExpressionBuilder::word(Span span) {
  ast::StringLiteral literal;
  literal.parts.emplace_back(std::string(context_.text(span)));
  push(span, std::move(literal));
}

// ---------------------------------------------------------------- strings

void ExpressionBuilder::open_string(Span quote) {
  context_.openers.push_back({'"', quote});
  strings_.emplace_back();
}

void ExpressionBuilder::string_text(Span span) {
  strings_.back().text += context_.text(span);
}

void ExpressionBuilder::string_escape(Span span) {
  parse_escape(context_, span, strings_.back().text);
}

void ExpressionBuilder::flush_text(StringFrame& frame) {
  if (frame.text.empty()) return;
  frame.parts.emplace_back(std::move(frame.text));
  frame.text.clear();
}

void ExpressionBuilder::interpolation() {
  StringFrame& frame = strings_.back();
  Operand value = pop();
  flush_text(frame);
  frame.height = std::max(frame.height, value.height + 1);
  frame.parts.emplace_back(std::move(value.expr));
}

void ExpressionBuilder::stray_brace(Span span) {
  context_.report(context_.diagnostic(codes::kInterpolation, span, "a `}` of the text is written `\\}`",
                                      "write `\\}`, or put the whole string in single quotes"));
}

void ExpressionBuilder::close_string(uint32_t end) {
  const Span span{context_.openers.back().span.begin, end};
  context_.openers.pop_back();
  StringFrame frame = std::move(strings_.back());
  strings_.pop_back();
  flush_text(frame);
  const size_t newline = context_.text(span).find('\n');
  if (newline != std::string_view::npos) {
    context_.report(context_.diagnostic(
        codes::kInterpolation, {span.begin, span.begin + static_cast<uint32_t>(newline)},
        "a string stays on one line, what it interpolates too", "name the long part with `let` before it"));
  }
  push(span, ast::StringLiteral{std::move(frame.parts), false}, frame.height);
}

void ExpressionBuilder::raw_string(Span span) {
  context_.openers.pop_back();
  ast::StringLiteral literal;
  literal.raw = true;
  const std::string_view body = context_.text({span.begin + 1, span.end - 1});
  std::string value;
  value.reserve(body.size());
  for (size_t i = 0; i < body.size(); ++i) {
    value += body[i];
    if (body[i] == '\'') ++i;
  }
  if (!value.empty()) literal.parts.emplace_back(std::move(value));
  push(span, std::move(literal));
}

// ---------------------------------------------------------------- operators

void ExpressionBuilder::open_chain() {
  operators_.push_back({Operator::Kind::kMarker, 0, UnaryOp::kNot, BinaryOp::kOr, {}});
}

void ExpressionBuilder::prefix(UnaryOp op, Span span) {
  uint8_t level = op == UnaryOp::kNot ? kNotLevel : kNegateLevel;
  const Operator& outer = operators_.back();
  if (op == UnaryOp::kNot && outer.precedence > kNotLevel) {
    Diagnostic error = context_.diagnostic(codes::kNeedsParentheses, span, "`not` needs parentheses here",
                                           "write `(not ...)`: it binds looser than the operator before it");
    error.related.push_back(context_.label(outer.span, "an operand of this"));
    context_.fail(std::move(error));
  }
  if (op == UnaryOp::kNegate && outer.kind == Operator::Kind::kBinary &&
      outer.binary == BinaryOp::kCoalesce) {
    level = kTightNegateLevel;
  }
  operators_.push_back({Operator::Kind::kPrefix, level, op, BinaryOp::kOr, span});
}

void ExpressionBuilder::infix(BinaryOp op, Span span) {
  const uint8_t level = level_of(op);
  while (operators_.back().precedence > level ||
         (operators_.back().precedence == level && op != BinaryOp::kPower)) {
    const Operator& before = operators_.back();
    if (level == kComparisonLevel && before.precedence == kComparisonLevel) {
      const std::string middle = short_text(top().span, "b");
      const std::string left = short_text(operands_[operands_.size() - 2].expr->span, "a");
      const std::string first(context_.text(before.span));
      const std::string second(context_.text(span));
      Diagnostic error = context_.diagnostic(
          codes::kChained, span, "comparisons cannot be chained",
          "write `" + left + " " + first + " " + middle + " and " + middle + " " + second + " ...`");
      error.related.push_back(context_.label(before.span, "the first comparison"));
      context_.report(std::move(error));
    }
    reduce();
  }
  operators_.push_back({Operator::Kind::kBinary, level, UnaryOp::kNot, op, span});
}

std::string ExpressionBuilder::short_text(Span span, std::string_view otherwise) const {
  constexpr size_t kShort = 30;
  const std::string_view text = context_.text(span);
  return std::string(text.size() <= kShort ? text : otherwise);
}

void ExpressionBuilder::foreign_prefix(Span span) {
  context_.report(context_.diagnostic(codes::kForeignOperator, span, "`!` is written `not`", "write `not`"));
  operators_.push_back({Operator::Kind::kPrefix, kTightNegateLevel, UnaryOp::kNot, BinaryOp::kOr, span});
}

void ExpressionBuilder::foreign_infix(BinaryOp op, Span span) {
  const std::string written(context_.text(span));
  if (op == BinaryOp::kEqual) {
    context_.report(context_.diagnostic(codes::kForeignOperator, span, "`=` does not compare", "write `==`"));
  } else {
    const std::string right = op == BinaryOp::kAnd ? "and" : op == BinaryOp::kOr ? "or" : "div";
    context_.report(context_.diagnostic(codes::kForeignOperator, span,
                                        backquoted(written) + " is written " + backquoted(right),
                                        "write `" + right + "`"));
  }
  infix(op, span);
}

void ExpressionBuilder::foreign_argument_sign(Span span) {
  context_.report(context_.diagnostic(
      codes::kForeignOperator, span, "an argument that is named has a colon",
      "write `" + std::string(context_.text(names_.back())) + ": ...`; values are compared with `==`"));
}

void ExpressionBuilder::reduce() {
  const Operator op = operators_.back();
  operators_.pop_back();
  Operand right = pop();
  if (op.kind == Operator::Kind::kPrefix) {
    const Span span{op.span.begin, right.expr->span.end};
    push(span, ast::Unary{op.unary, std::move(right.expr)}, right.height + 1);
    return;
  }
  Operand left = pop();
  const Span span{left.expr->span.begin, right.expr->span.end};
  push(span, ast::Binary{op.binary, op.span, std::move(left.expr), std::move(right.expr)},
       std::max(left.height, right.height) + 1);
}

void ExpressionBuilder::close_chain() {
  while (operators_.back().kind != Operator::Kind::kMarker) reduce();
  operators_.pop_back();
}

void ExpressionBuilder::parenthesised(Span span) {
  top().span = span;
  top().parenthesised = true;
}

// ---------------------------------------------------------------- postfixes and calls

void ExpressionBuilder::member(Span name) {
  Operand object = pop();
  const Span span{object.expr->span.begin, name.end};
  push(span, ast::Member{std::move(object.expr), std::string(context_.text(name)), name}, object.height + 1);
}

void ExpressionBuilder::open_group() {
  bases_.push_back(operands_.size());
}

size_t ExpressionBuilder::close_group() {
  const size_t base = bases_.back();
  bases_.pop_back();
  return base;
}

void ExpressionBuilder::argument_name(Span name) {
  names_.push_back(name);
}

void ExpressionBuilder::named_argument() {
  operands_.back().role = Role::kNamed;
  operands_.back().span = names_.back();
  names_.pop_back();
}

std::vector<ast::Argument> ExpressionBuilder::take_arguments() {
  const size_t base = close_group();
  std::vector<ast::Argument> arguments;
  arguments.reserve(operands_.size() - base);
  for (size_t i = base; i < operands_.size(); ++i) {
    Operand& operand = operands_[i];
    ast::Argument argument;
    if (operand.role == Role::kNamed) {
      argument.name = std::string(context_.text(operand.span));
      argument.name_span = operand.span;
    }
    argument.value = std::move(operand.expr);
    arguments.push_back(std::move(argument));
  }
  operands_.resize(base);
  return arguments;
}

void ExpressionBuilder::call(uint32_t end) {
  const uint32_t height = height_from(bases_.back() - 1);
  std::vector<ast::Argument> arguments = take_arguments();
  Operand& callee = operands_.back();
  callee.height = height;
  callee.expr->span.end = end;
  check_height(height, callee.expr->span);
  if (auto* member = std::get_if<ast::Member>(&callee.expr->node)) {
    ast::MethodCall call{std::move(member->object), std::move(member->name), member->name_span,
                         std::move(arguments)};
    callee.expr->node = std::move(call);
    return;
  }
  auto& name = std::get<ast::Name>(callee.expr->node);
  const auto size = static_cast<uint32_t>(name.name.size());
  const Span name_span{callee.expr->span.begin, callee.expr->span.begin + size};
  callee.expr->node = ast::Call{std::move(name.name), name_span, std::move(arguments)};
}

void ExpressionBuilder::index(uint32_t end) {
  Operand key = pop();
  Operand object = pop();
  const Span span{object.expr->span.begin, end};
  push(span, ast::Index{std::move(object.expr), std::move(key.expr)},
       std::max(object.height, key.height) + 1);
}

void ExpressionBuilder::open_lambda() {
  lambdas_.emplace_back();
}

void ExpressionBuilder::lambda_parameter(Span name) {
  lambdas_.back().push_back({std::string(context_.text(name)), name});
}

void ExpressionBuilder::close_lambda(Span span) {
  Operand body = pop();
  push(span, ast::Lambda{std::move(lambdas_.back()), std::move(body.expr)}, body.height + 1);
  lambdas_.pop_back();
}

// ---------------------------------------------------------------- compounds

void ExpressionBuilder::spread() {
  operands_.back().role = Role::kSpread;
}

void ExpressionBuilder::list(Span span) {
  const size_t base = close_group();
  const uint32_t height = height_from(base);
  ast::ListLiteral list;
  list.items.reserve(operands_.size() - base);
  for (size_t i = base; i < operands_.size(); ++i) {
    list.items.push_back({std::move(operands_[i].expr), operands_[i].role == Role::kSpread});
  }
  operands_.resize(base);
  push(span, std::move(list), height);
}

void ExpressionBuilder::map_path_entry(Span span) {
  const ast::Expr& path = top();
  std::string key;
  Span key_span = path.span;
  bool has_key = false;
  if (const auto* name = std::get_if<ast::Name>(&path.node)) {
    key = name->name;
    has_key = true;
  } else if (const auto* member = std::get_if<ast::Member>(&path.node)) {
    key = member->name;
    key_span = member->name_span;
    has_key = true;
  } else if (const auto* index = std::get_if<ast::Index>(&path.node)) {
    const auto* text = std::get_if<ast::StringLiteral>(&index->key->node);
    if (text != nullptr && text->parts.size() == 1 && std::holds_alternative<std::string>(text->parts[0])) {
      key = std::get<std::string>(text->parts[0]);
      key_span = index->key->span;
      has_key = true;
    }
  }
  if (!has_key) {
    context_.report(
        context_.diagnostic(codes::kMapEntry, path.span, "this entry of the map has no name",
                            "give it a key: `name: " + std::string(context_.text(path.span)) + "`"));
  }
  Operand value = pop();
  ast::StringLiteral literal;
  literal.parts.emplace_back(std::move(key));
  push(key_span, std::move(literal));
  operands_.push_back(std::move(value));
  map_entry(span, ast::MapLiteral::EntryKind::kPath);
}

void ExpressionBuilder::map_entry(Span span, ast::MapLiteral::EntryKind kind) {
  Operand& value = operands_.back();
  value.span = span;
  switch (kind) {
    case ast::MapLiteral::EntryKind::kSpread:
      value.role = Role::kSpread;
      return;
    case ast::MapLiteral::EntryKind::kPath:
      value.role = Role::kPath;
      return;
    case ast::MapLiteral::EntryKind::kKeyValue:
      value.role = Role::kKeyValue;
      return;
  }
}

void ExpressionBuilder::map(Span span) {
  using Kind = ast::MapLiteral::EntryKind;
  const size_t base = close_group();
  const uint32_t height = height_from(base);
  ast::MapLiteral map;
  map.entries.reserve((operands_.size() - base + 1) / 2);
  for (size_t i = base; i < operands_.size(); ++i) {
    Operand* operand = &operands_[i];
    ast::MapLiteral::Entry entry{Kind::kSpread, nullptr, nullptr, {}};
    if (operand->role != Role::kSpread) {
      entry.key = std::move(operand->expr);
      operand = &operands_[++i];
      entry.kind = operand->role == Role::kPath ? Kind::kPath : Kind::kKeyValue;
    }
    entry.value = std::move(operand->expr);
    entry.span = operand->span;
    map.entries.push_back(std::move(entry));
  }
  operands_.resize(base);
  push(span, std::move(map), height);
}

void ExpressionBuilder::if_expression(Span span) {
  const uint32_t height = height_from(operands_.size() - 3);
  ast::IfExpr node;
  node.else_value = take();
  node.then_value = take();
  node.condition = take();
  push(span, std::move(node), height);
}

void ExpressionBuilder::open_match() {
  matches_.emplace_back();
}

void ExpressionBuilder::negate_pattern(Span span) {
  ast::Expr& pattern = top();
  pattern.span = span;
  if (auto* whole = std::get_if<ast::IntLiteral>(&pattern.node)) {
    whole->value = -whole->value;
  } else if (auto* real = std::get_if<ast::FloatLiteral>(&pattern.node)) {
    real->value = -real->value;
  } else if (auto* duration = std::get_if<ast::DurationLiteral>(&pattern.node)) {
    duration->microseconds = -duration->microseconds;
  }
}

void ExpressionBuilder::match_pattern() {
  const auto* text = std::get_if<ast::StringLiteral>(&top().node);
  if (text != nullptr) {
    for (const auto& part : text->parts) {
      if (std::holds_alternative<std::string>(part)) continue;
      context_.report(context_.diagnostic(codes::kInterpolation, top().span,
                                          "a pattern of `match` is a constant, it cannot interpolate",
                                          "compare with `if ... then ... else ...` instead"));
      break;
    }
  }
  matches_.back().patterns.push_back(take());
}

void ExpressionBuilder::close_arm(Span span) {
  MatchFrame& frame = matches_.back();
  Operand value = pop();
  frame.height = std::max(frame.height, value.height + 1);
  frame.arms.push_back({std::move(frame.patterns), std::move(value.expr), span});
  frame.patterns.clear();
}

void ExpressionBuilder::close_match(Span span) {
  MatchFrame frame = std::move(matches_.back());
  matches_.pop_back();
  Operand value = pop();
  push(span, ast::MatchExpr{std::move(value.expr), std::move(frame.arms)},
       std::max(frame.height, value.height) + 1);
}

}  // namespace krules::grammar
