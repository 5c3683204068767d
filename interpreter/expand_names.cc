#include "expand_names.h"

#include "checker/syntax_walk.h"

namespace krules {

namespace {

using check::for_each_block;
using check::for_each_direct_expr;
using check::for_each_expr;
using check::for_each_stmt;

/// The walks only read; the trees that are renamed are this pass's own.
ast::Expr& own(const ast::Expr& expr) {
  return const_cast<ast::Expr&>(expr);
}

/// The locals that a body declares anywhere: what has such a name is not the module's.
void add_locals(const ast::Block& block, std::set<std::string_view>& locals) {
  for_each_stmt(block, [&](const ast::Stmt& stmt) {
    if (const auto* let = std::get_if<ast::Let>(&stmt.node)) locals.insert(let->name);
    if (const auto* loop = std::get_if<ast::For>(&stmt.node)) {
      locals.insert(loop->first);
      locals.insert(loop->second);
    }
    if (const auto* node = std::get_if<ast::Try>(&stmt.node)) locals.insert(node->error_name);
  });
}

}  // namespace

void Renaming::add_declared(const ast::Declaration& declaration) {
  if (const auto* node = std::get_if<ast::Const>(&declaration.node))
    add(node->name, instance_ + "." + node->name);
  if (const auto* node = std::get_if<ast::Fn>(&declaration.node))
    add(node->name, instance_ + "." + node->name);
}

bool Renaming::set_text(const std::string& name, const ast::Expr& value) {
  const std::string* text = check::plain_text(&value);
  if (text != nullptr) texts_[name] = *text;
  return text != nullptr || std::holds_alternative<ast::NullLiteral>(value.node);
}

std::string Renaming::fill(ast::Pattern& pattern) const {
  if (!pattern.has_parameters) return {};
  std::string text;
  for (size_t at = 0; at < pattern.text.size();) {
    const size_t open = std::min(pattern.text.find('{', at), pattern.text.size());
    text.append(pattern.text, at, open - at);
    if (open == pattern.text.size()) break;
    const size_t close = pattern.text.find('}', open);
    const std::string name = pattern.text.substr(open + 1, close - open - 1);
    const auto found = texts_.find(name);
    if (found == texts_.end()) return name;
    text += found->second;
    at = close + 1;
  }
  pattern.text = std::move(text);
  pattern.is_glob = pattern.text.find_first_of("*?") != std::string::npos;
  pattern.has_parameters = false;
  return {};
}

std::string Renaming::fill_patterns(ast::Declaration& declaration) const {
  std::vector<ast::Trigger>* triggers = nullptr;
  if (auto* rule = std::get_if<ast::Rule>(&declaration.node)) triggers = &rule->triggers;
  if (auto* wrapper = std::get_if<ast::Wrapper>(&declaration.node)) triggers = &wrapper->triggers;
  if (triggers == nullptr) return {};
  for (ast::Trigger& trigger : *triggers) {
    for (auto* patterns : {&trigger.patterns, &trigger.subjects}) {
      for (ast::Pattern& pattern : *patterns) {
        if (std::string name = fill(pattern); !name.empty()) return name;
      }
    }
  }
  return {};
}

void Renaming::apply(ast::Expr& root, const std::set<std::string_view>& outer) const {
  std::set<std::string_view> locals = outer;
  for_each_expr(root, [&](const ast::Expr& expr) {
    const auto* lambda = std::get_if<ast::Lambda>(&expr.node);
    if (lambda == nullptr) return;
    for (const ast::Lambda::Parameter& parameter : lambda->parameters) locals.insert(parameter.name);
  });
  const auto rename = [&](std::string& name) {
    if (locals.contains(name)) return;
    if (const auto found = names_.find(name); found != names_.end()) name = found->second;
  };
  for_each_expr(root, [&](const ast::Expr& expr) {
    if (auto* name = std::get_if<ast::Name>(&own(expr).node)) rename(name->name);
    if (auto* call = std::get_if<ast::Call>(&own(expr).node)) rename(call->callee);
    if (auto* call = std::get_if<ast::MethodCall>(&own(expr).node)) rename(call->name);
  });
}

void Renaming::apply(ast::Block& block, const std::set<std::string_view>& locals) const {
  for_each_stmt(block, [&](const ast::Stmt& stmt) {
    for_each_direct_expr(stmt, [&](const ast::Expr& expr) { apply(own(expr), locals); });
  });
}

void Renaming::apply(ast::Declaration& declaration) const {
  const auto unit = [&](auto& node) {
    std::set<std::string_view> locals;
    for (const ast::HeadClause& clause : node.head) {
      if (const auto* let = std::get_if<ast::Let>(&clause)) locals.insert(let->name);
    }
    add_locals(node.body, locals);
    for (ast::HeadClause& clause : node.head) {
      if (auto* let = std::get_if<ast::Let>(&clause)) {
        apply(*let->value, locals);
      } else {
        apply(*std::get<ast::When>(clause).condition, locals);
      }
    }
    for (ast::Trigger& trigger : node.triggers) {
      for (ast::ExprPtr* part : {&trigger.every, &trigger.at, &trigger.zone}) {
        if (*part != nullptr) apply(**part, locals);
      }
    }
    apply(node.body, locals);
    node.instance = instance_;
    if (node.name != instance_) node.name = instance_ + "." + node.name;
  };
  if (auto* rule = std::get_if<ast::Rule>(&declaration.node)) unit(*rule);
  if (auto* wrapper = std::get_if<ast::Wrapper>(&declaration.node)) unit(*wrapper);
  if (auto* node = std::get_if<ast::Const>(&declaration.node)) {
    apply(*node->value, {});
    node->name = instance_ + "." + node->name;
  }
  if (auto* node = std::get_if<ast::Fn>(&declaration.node)) {
    std::set<std::string_view> parameters;
    for (const ast::Fn::Parameter& each : node->parameters) parameters.insert(each.name);
    apply(*node->body, parameters);
    node->name = instance_ + "." + node->name;
  }
}

}  // namespace krules
