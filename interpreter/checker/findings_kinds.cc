#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "finding_parts.h"
#include "krules/check_codes.h"
#include "syntax_walk.h"

/// Operators and conditions that get kinds of values which they cannot take, whatever the values are.
namespace krules::check {

namespace {

using Kinds = uint16_t;
constexpr Kinds kTruth = ValueSet::kTrue | ValueSet::kFalse;

Kinds kinds_of(const ast::KindSpec& spec) {
  Kinds kinds = ValueSet::kAll;
  switch (spec.kind) {
    case ast::Kind::kAny:
      return ValueSet::kAll;
    case ast::Kind::kBool:
      kinds = kTruth;
      break;
    case ast::Kind::kInt:
      kinds = ValueSet::kInt;
      break;
    case ast::Kind::kFloat:
    case ast::Kind::kNumber:
      kinds = ValueSet::kNumber;
      break;
    case ast::Kind::kString:
      kinds = ValueSet::kString;
      break;
    case ast::Kind::kDuration:
      kinds = ValueSet::kDuration;
      break;
    case ast::Kind::kTimestamp:
      kinds = ValueSet::kTimestamp;
      break;
    case ast::Kind::kList:
      kinds = ValueSet::kList;
      break;
    case ast::Kind::kMap:
      kinds = ValueSet::kMap;
      break;
  }
  return spec.optional ? static_cast<Kinds>(kinds | ValueSet::kNull) : kinds;
}

std::string words_for(Kinds kinds) {
  constexpr std::array<std::pair<Kinds, std::string_view>, 9> kWords = {
      {{kTruth, "a bool"},
       {ValueSet::kInt, "an int"},
       {ValueSet::kFloat, "a float"},
       {ValueSet::kString, "a string"},
       {ValueSet::kDuration, "a duration"},
       {ValueSet::kTimestamp, "a timestamp"},
       {ValueSet::kList, "a list"},
       {ValueSet::kMap, "a map"},
       {ValueSet::kNull, "null"}}};
  if ((kinds & ValueSet::kNumber) == ValueSet::kNumber) {
    const auto rest = static_cast<Kinds>(kinds & ~ValueSet::kNumber);
    return rest == 0 ? "a number" : "a number or " + words_for(rest);
  }
  std::string text;
  for (const auto& [kind, word] : kWords) {
    if ((kinds & kind) == 0) continue;
    text += text.empty() ? "" : " or ";
    text += word;
  }
  return text;
}

std::string_view sign_of(ast::BinaryOp op) {
  using B = ast::BinaryOp;
  switch (op) {
    case B::kLess:
      return "<";
    case B::kLessEqual:
      return "<=";
    case B::kGreater:
      return ">";
    case B::kGreaterEqual:
      return ">=";
    case B::kAdd:
      return "+";
    case B::kSubtract:
      return "-";
    case B::kMultiply:
      return "*";
    case B::kDivide:
      return "/";
    case B::kIntDivide:
      return "div";
    case B::kModulo:
      return "%";
    case B::kPower:
      return "**";
    case B::kMatches:
      return "matches";
    default:
      return "";
  }
}

/// What comes of two kinds; nothing where the operator does not take them.
Kinds result_of(ast::BinaryOp op, Kinds left, Kinds right) {
  using B = ast::BinaryOp;
  using V = ValueSet;
  Kinds result = 0;
  const auto when = [&](Kinds a, Kinds b, Kinds made) {
    if ((left & a) != 0 && (right & b) != 0) result |= made;
  };
  switch (op) {
    case B::kLess:
    case B::kLessEqual:
    case B::kGreater:
    case B::kGreaterEqual:
      when(V::kNumber, V::kNumber, kTruth);
      for (const Kinds kind : {V::kString, V::kDuration, V::kTimestamp}) when(kind, kind, kTruth);
      return result;
    case B::kAdd:
      when(V::kString, V::kString, V::kString);
      when(V::kList, V::kList, V::kList);
      when(V::kDuration, V::kTimestamp, V::kTimestamp);
      break;
    case B::kSubtract:
      when(V::kTimestamp, V::kTimestamp, V::kDuration);
      break;
    case B::kMultiply:
      when(V::kDuration, V::kNumber, V::kDuration);
      when(V::kNumber, V::kDuration, V::kDuration);
      break;
    case B::kDivide:
      when(V::kDuration, V::kNumber, V::kDuration);
      when(V::kDuration, V::kDuration, V::kFloat);
      when(V::kNumber, V::kNumber, V::kFloat);
      return result;
    case B::kIntDivide:
      when(V::kDuration, V::kDuration, V::kInt);
      when(V::kNumber, V::kNumber, V::kInt);
      return result;
    case B::kModulo:
      when(V::kDuration, V::kDuration, V::kDuration);
      break;
    case B::kPower:
      break;
    default:
      return V::kAll;
  }
  if (op == B::kAdd || op == B::kSubtract) {
    when(V::kDuration, V::kDuration, V::kDuration);
    when(V::kTimestamp, V::kDuration, V::kTimestamp);
  }
  when(V::kInt, V::kInt, op == B::kPower ? V::kNumber : V::kInt);
  when(V::kFloat, V::kNumber, V::kFloat);
  when(V::kNumber, V::kFloat, V::kFloat);
  return result;
}

class KindSearch {
 public:
  explicit KindSearch(FindingSearch& search) : search_(search) {
    for (const ast::Module& module : search.modules) {
      for (const ast::Declaration& declaration : module.declarations) {
        if (const auto* param = std::get_if<ast::Param>(&declaration.node))
          names_.emplace(param->name, kinds_of(param->kind));
        if (const auto* value = std::get_if<ast::Const>(&declaration.node))
          consts_.emplace(value->name, value->value.get());
      }
    }
  }

  void look_at(uint32_t rule) {
    if (search_.dead[rule] != 0) return;
    rule_ = rule;
    locals_.clear();
    written_.clear();
    fields_.clear();
    computed_writes_ = false;
    const RuleModel& model = search_.model.rules[rule];
    for (uint32_t path = model.first_path; path < model.first_path + model.own_paths; ++path) {
      for (const Effect& effect : search_.model.paths[path].effects) {
        if (effect.kind == Effect::Kind::kEmit) continue;
        written_.insert(effect.name);
        computed_writes_ |= !search_.model.terms.is_const(effect.name);
      }
    }
    search_.facts.forget_runs();
    search_.facts.set_rule(0, rule);
    for (const ast::HeadClause& clause : model.syntax->head) {
      if (const auto* let = std::get_if<ast::Let>(&clause)) {
        locals_.emplace_back(let->name, kinds(*let->value));
      } else {
        condition(*std::get<ast::When>(clause).condition);
      }
    }
    block(model.syntax->body);
  }

 private:
  void block(const ast::Block& block) {
    const size_t locals = locals_.size();
    for (const ast::Stmt& stmt : block.statements) {
      if (const auto* choice = std::get_if<ast::If>(&stmt.node)) {
        condition(*choice->condition);
      } else if (const auto* let = std::get_if<ast::Let>(&stmt.node)) {
        locals_.emplace_back(let->name, kinds(*let->value));
      } else {
        for_each_direct_expr(stmt, [&](const ast::Expr& expr) { kinds(expr); });
      }
      const size_t inside = locals_.size();
      if (const auto* loop = std::get_if<ast::For>(&stmt.node)) {
        locals_.emplace_back(loop->first, ValueSet::kAll);
        locals_.emplace_back(loop->second, ValueSet::kAll);
      } else if (const auto* attempt = std::get_if<ast::Try>(&stmt.node)) {
        locals_.emplace_back(attempt->error_name, ValueSet::kAll);
      }
      for_each_block(stmt, [&](const ast::Block& inner) { this->block(inner); });
      locals_.resize(inside);
    }
    locals_.resize(locals);
  }

  void condition(const ast::Expr& expr) {
    const Kinds found = kinds(expr);
    if (found == 0 || (found & (kTruth | ValueSet::kNull)) != 0) return;
    search_.warn(check_codes::kKindsDoNotFit, search_.place(rule_, expr.span),
                 fmt::format("a condition is true or false, and this is {}", words_for(found)),
                 "compare it with something: `!= null`, `> 0`, `!= \"\"`");
  }

  Kinds kinds(const ast::Expr& expr) {
    return std::visit([&](const auto& node) { return of(expr, node); }, expr.node);
  }

  Kinds of(const ast::Expr&, const ast::NullLiteral&) { return ValueSet::kNull; }
  Kinds of(const ast::Expr&, const ast::BoolLiteral&) { return kTruth; }
  Kinds of(const ast::Expr&, const ast::IntLiteral&) { return ValueSet::kInt; }
  Kinds of(const ast::Expr&, const ast::FloatLiteral&) { return ValueSet::kFloat; }
  Kinds of(const ast::Expr&, const ast::DurationLiteral&) { return ValueSet::kDuration; }
  Kinds of(const ast::Expr& expr, const ast::StringLiteral&) {
    go_into(expr);
    return ValueSet::kString;
  }
  Kinds of(const ast::Expr& expr, const ast::ListLiteral&) {
    go_into(expr);
    return ValueSet::kList;
  }
  Kinds of(const ast::Expr& expr, const ast::MapLiteral&) {
    go_into(expr);
    return ValueSet::kMap;
  }
  Kinds of(const ast::Expr&, const ast::Name& node) {
    for (size_t i = locals_.size(); i-- > 0;) {
      if (locals_[i].first == node.name) return locals_[i].second;
    }
    if (node.name == "subject" || node.name == "event" || node.name == "property") return ValueSet::kString;
    if (const auto known = names_.find(node.name); known != names_.end()) return known->second;
    const auto value = consts_.find(node.name);
    if (value == consts_.end()) return ValueSet::kAll;
    names_.emplace(node.name, ValueSet::kAll);
    const Kinds found = kinds(*value->second);
    names_[node.name] = found;
    return found;
  }
  Kinds of(const ast::Expr& expr, const ast::Member& node) {
    const bool payload = is_name(*node.object, "payload");
    if (!payload && !is_name(*node.object, "subject")) {
      go_into(expr);
      return ValueSet::kAll;
    }
    if (!payload && node.name == "ext") return ValueSet::kAll;
    TermPool& terms = search_.model.terms;
    const TermId name = terms.text_constant(node.name);
    if (!payload && (computed_writes_ || written_.count(name) != 0)) return ValueSet::kAll;
    const TermId term = payload ? terms.apply(Op::kField, {terms.leaf(Op::kPayload), name})
                                : terms.read(terms.leaf(Op::kSubject), name);
    const auto [known, is_new] = fields_.try_emplace(term, Kinds{ValueSet::kAll});
    if (is_new) {
      const Kinds found = search_.facts.solver().values(term, {}).kinds;
      // What is never there may come with the next rule.
      if (found != 0 && found != ValueSet::kNull) known->second = found;
    }
    return known->second;
  }
  Kinds of(const ast::Expr& expr, const ast::Lambda& node) {
    const size_t locals = locals_.size();
    for (const auto& parameter : node.parameters) locals_.emplace_back(parameter.name, ValueSet::kAll);
    go_into(expr);
    locals_.resize(locals);
    return ValueSet::kAll;
  }
  Kinds of(const ast::Expr& expr, const ast::Unary& node) {
    const Kinds found = kinds(*node.operand);
    if (node.op == ast::UnaryOp::kNot) return kTruth;
    constexpr Kinds kFits = ValueSet::kNumber | ValueSet::kDuration;
    if (found != 0 && (found & kFits) == 0) {
      search_.warn(check_codes::kKindsDoNotFit, search_.place(rule_, expr.span),
                   fmt::format("`-` takes a number or a duration, and this is {}", words_for(found)),
                   "a rule fails where it comes to this");
      return ValueSet::kAll;
    }
    return static_cast<Kinds>(found & kFits);
  }
  Kinds of(const ast::Expr&, const ast::IfExpr& node) {
    condition(*node.condition);
    return static_cast<Kinds>(kinds(*node.then_value) | kinds(*node.else_value));
  }
  Kinds of(const ast::Expr& expr, const ast::Binary& node) {
    const Kinds left = kinds(*node.left);
    const Kinds right = kinds(*node.right);
    using B = ast::BinaryOp;
    switch (node.op) {
      case B::kOr:
      case B::kAnd:
      case B::kEqual:
      case B::kNotEqual:
      case B::kIn:
      case B::kNotIn:
        return kTruth;
      case B::kMatches:
        if ((left & (ValueSet::kString | ValueSet::kNull)) == 0 && left != 0) tell(expr, node, left, right);
        return kTruth;
      case B::kCoalesce:
        return static_cast<Kinds>((left & ~ValueSet::kNull) | right);
      default:
        break;
    }
    if (left == 0 || right == 0) return ValueSet::kAll;
    const Kinds result = result_of(node.op, left, right);
    if (result != 0) return result;
    tell(expr, node, left, right);
    return ValueSet::kAll;
  }
  template <class Node>
  Kinds of(const ast::Expr& expr, const Node&) {
    go_into(expr);
    return ValueSet::kAll;
  }

  void go_into(const ast::Expr& expr) {
    for_each_child(expr, [&](const ast::Expr& child) { kinds(child); });
  }

  void tell(const ast::Expr& expr, const ast::Binary& node, Kinds left, Kinds right) {
    const bool text = ((left | right) & ValueSet::kString) != 0;
    std::string help = "a rule fails where it comes to this, and a `when` does not hold";
    if (node.op == ast::BinaryOp::kMatches) {
      help = "put it into a string: `\"{x}\" matches ...`";
    } else if (node.op == ast::BinaryOp::kAdd && text) {
      help = "put text together with `\"{a}{b}\"`";
    } else if (text && ((left | right) & ValueSet::kNumber) != 0) {
      help = "turn one of them into the other's kind first";
    }
    std::string message = node.op == ast::BinaryOp::kMatches
                              ? fmt::format("`matches` takes a string, and this is {}", words_for(left))
                              : fmt::format("`{}` does not take {} and {}", sign_of(node.op), words_for(left),
                                            words_for(right));
    search_.warn(check_codes::kKindsDoNotFit, search_.place(rule_, expr.span), std::move(message),
                 std::move(help));
  }

  FindingSearch& search_;
  uint32_t rule_ = 0;
  std::unordered_map<std::string_view, Kinds> names_;
  std::unordered_map<std::string_view, const ast::Expr*> consts_;
  std::vector<std::pair<std::string_view, Kinds>> locals_;
  std::unordered_map<TermId, Kinds> fields_;
  std::unordered_set<TermId> written_;
  bool computed_writes_ = false;
};

}  // namespace

void find_in_kinds(FindingSearch& search) {
  KindSearch kinds(search);
  for (uint32_t rule = 0; rule < search.model.rule_count; ++rule) kinds.look_at(rule);
}

}  // namespace krules::check
