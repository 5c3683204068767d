#include <fmt/format.h>

#include <algorithm>

#include "compiler.h"

namespace krules {

using namespace program_codes;
using ast::BinaryOp;

namespace {

bool is_chain(const ast::Expr& expr, BinaryOp op) {
  const auto* binary = std::get_if<ast::Binary>(&expr.node);
  return binary != nullptr && binary->op == op;
}

BinaryOp opposite(BinaryOp op) {
  switch (op) {
    case BinaryOp::kEqual:
      return BinaryOp::kNotEqual;
    case BinaryOp::kNotEqual:
      return BinaryOp::kEqual;
    case BinaryOp::kIn:
      return BinaryOp::kNotIn;
    default:
      return BinaryOp::kIn;
  }
}

/// Whether both read the same place of the event or the subject.
bool same_place(const Node& a, const Node& b) {
  if (a.kind != b.kind) return false;
  if (a.kind == NodeKind::kPayloadField || a.kind == NodeKind::kProperty) {
    return static_cast<const FieldNode&>(a).field == static_cast<const FieldNode&>(b).field;
  }
  return a.kind == NodeKind::kPropertyName || a.kind == NodeKind::kOld || a.kind == NodeKind::kNew ||
         a.kind == NodeKind::kSubjectName;
}

// `place == constant`, the constant on the right.
const BinaryNode* equality_with_constant(const Node* node) {
  if (node->kind != NodeKind::kEqual) return nullptr;
  const auto* binary = static_cast<const BinaryNode*>(node);
  return binary->right->kind == NodeKind::kConst ? binary : nullptr;
}

}  // namespace

const Node* UnitCompiler::unary(const ast::Expr& expr, const ast::Unary& unary_node) {
  const Node* operand = expression(*unary_node.operand);
  if (is_broken(operand)) return operand;
  if (unary_node.op == ast::UnaryOp::kNot) return negation(operand, expr.span);
  auto* node = make<UnaryNode>(expr.span);
  node->operand = operand;
  node->flags = operand->flags;
  node->eval = negate_function();
  complete(node);
  return is_const(operand) ? folded(node, is_literal(operand)) : node;
}

const Node* UnitCompiler::negation(const Node* operand, Span span) {
  if (operand->kind == NodeKind::kEqual || operand->kind == NodeKind::kIn) {
    const auto& binary = static_cast<const BinaryNode&>(*operand);
    return comparison(opposite(binary.op), binary.left, binary.right, span);
  }
  auto* node = make<UnaryNode>(span);
  node->operand = operand;
  node->kind = NodeKind::kNot;
  node->flags = operand->flags;
  node->truth = not_function();
  complete(node);
  return is_const(operand) ? folded(node, is_literal(operand)) : node;
}

const Node* UnitCompiler::comparison(BinaryOp op, const Node* left, const Node* right, Span span) {
  const bool symmetric = op == BinaryOp::kEqual || op == BinaryOp::kNotEqual;
  if (symmetric && is_const(left)) std::swap(left, right);
  auto* node = make<BinaryNode>(span);
  node->left = left;
  node->right = right;
  node->op = op;
  node->flags = left->flags | right->flags;
  node->kind = op == BinaryOp::kEqual ? NodeKind::kEqual
               : op == BinaryOp::kIn  ? NodeKind::kIn
                                      : NodeKind::kCompare;
  node->truth = comparison_function(op, *left, *right);
  complete(node);
  return is_const(left) && is_const(right) ? folded(node, is_literal(left) && is_literal(right)) : node;
}

const Node* UnitCompiler::matches(const Node* left, const Node* right, Span span) {
  if (is_const(right) && const_value(right).is(ValueKind::kString)) {
    const bool of_event = left->kind == NodeKind::kEventType;
    GlobNode* node = of_event ? make<EventGlobNode>(span) : make<GlobNode>(span);
    node->kind = NodeKind::kMatchesConstant;
    node->operand = left;
    node->glob = &program_.program().globs.emplace_back(const_value(right).text());
    node->flags = left->flags;
    node->truth = of_event ? event_matches_function() : matches_constant_function();
    complete(node);
    return is_const(left) ? folded(node, is_literal(left)) : node;
  }
  auto* node = make<BinaryNode>(span);
  node->kind = NodeKind::kCompare;
  node->left = left;
  node->right = right;
  node->flags = left->flags | right->flags;
  node->truth = matches_function();
  return complete(node);
}

const Node* UnitCompiler::binary(const ast::Expr& expr, const ast::Binary& binary_node) {
  if (binary_node.op == BinaryOp::kAnd || binary_node.op == BinaryOp::kOr) return chain(expr, binary_node.op);
  const Node* left = expression(*binary_node.left);
  const Node* right = expression(*binary_node.right);
  return apply(expr, binary_node, left, right);
}

const Node* UnitCompiler::apply(const ast::Expr& expr, const ast::Binary& binary_node, const Node* left,
                                const Node* right) {
  if (is_broken(left) || is_broken(right)) return broken(expr.span);
  switch (binary_node.op) {
    case BinaryOp::kEqual:
    case BinaryOp::kNotEqual:
    case BinaryOp::kLess:
    case BinaryOp::kLessEqual:
    case BinaryOp::kGreater:
    case BinaryOp::kGreaterEqual:
    case BinaryOp::kIn:
    case BinaryOp::kNotIn:
      return comparison(binary_node.op, left, right, expr.span);
    case BinaryOp::kMatches:
      return matches(left, right, expr.span);
    case BinaryOp::kCoalesce:
      if (is_const(left)) return const_value(left).is_null() ? right : left;
      break;
    default:
      break;
  }
  auto* node = make<BinaryNode>(expr.span);
  node->left = left;
  node->right = right;
  node->op = binary_node.op;
  node->flags = left->flags | right->flags;
  node->eval = binary_node.op == BinaryOp::kCoalesce ? coalesce_function()
                                                     : arithmetic_function(binary_node.op, *left, *right);
  complete(node);
  return is_const(left) && is_const(right) ? folded(node, is_literal(left) && is_literal(right)) : node;
}

// `x == "a" or x == "b"` is `x in ["a", "b"]`.
const Node* UnitCompiler::join_equalities(std::vector<const Node*>& terms, Span span) {
  std::vector<const Node*> joined;
  for (size_t i = 0; i < terms.size();) {
    const BinaryNode* first = equality_with_constant(terms[i]);
    size_t end = i + 1;
    if (first != nullptr) {
      for (; end < terms.size(); ++end) {
        const BinaryNode* next = equality_with_constant(terms[end]);
        if (next == nullptr || !same_place(*first->left, *next->left)) break;
      }
    }
    if (end - i < 2) {
      joined.push_back(terms[i]);
    } else {
      ListRep* values = new_list(end - i, program_.program().arena);
      for (size_t k = i; k < end; ++k) {
        values->mutable_items()[k - i] = const_value(static_cast<const BinaryNode*>(terms[k])->right);
      }
      joined.push_back(
          comparison(BinaryOp::kIn, first->left, constant(Value::list(values), span, false), span));
    }
    i = end;
  }
  terms = std::move(joined);
  return terms.size() == 1 ? terms[0] : nullptr;
}

// All sides of `a or b or c`, side by side: long conditions do not nest.
const Node* UnitCompiler::chain(const ast::Expr& expr, BinaryOp op) {
  std::vector<const ast::Expr*> sides;
  const ast::Expr* at = &expr;
  for (; is_chain(*at, op); at = std::get<ast::Binary>(at->node).left.get()) {
    sides.push_back(std::get<ast::Binary>(at->node).right.get());
  }
  sides.push_back(at);
  const bool is_and = op == BinaryOp::kAnd;
  std::vector<const Node*> terms;
  bool decided = false;
  for (auto side = sides.rbegin(); side != sides.rend(); ++side) {
    const Node* term = expression(**side);
    if (is_const(term) && (const_value(term).is_null() || const_value(term).is(ValueKind::kBool))) {
      decided = decided || const_value(term).is_true() != is_and;
      continue;
    }
    terms.push_back(term);
  }
  if (decided || terms.empty()) return constant(Value::boolean(decided != is_and), expr.span, false);
  if (!is_and) {
    if (const Node* joined = join_equalities(terms, expr.span)) return joined;
  }
  auto* node = make<ListNode>(expr.span);
  node->kind = is_and ? NodeKind::kAnd : NodeKind::kOr;
  node->items = copied(terms);
  node->count = static_cast<uint32_t>(terms.size());
  for (const Node* term : terms) node->flags |= term->flags;
  node->truth = is_and ? and_function(node->count) : or_function(node->count);
  return complete(node);
}

}  // namespace krules
