#include <fmt/format.h>

#include <string_view>
#include <unordered_set>

#include "finding_parts.h"
#include "krules/check_codes.h"
#include "syntax_walk.h"

/// What the text alone shows: names that nothing uses, a `catch` that hides failures, rules without a name.
namespace krules::check {

namespace {

using Names = std::unordered_set<std::string_view>;

void collect(const ast::Expr& expr, Names& used) {
  if (const auto* name = std::get_if<ast::Name>(&expr.node)) used.insert(name->name);
  if (const auto* call = std::get_if<ast::Call>(&expr.node)) used.insert(call->callee);
  if (const auto* method = std::get_if<ast::MethodCall>(&expr.node)) used.insert(method->name);
}

void collect_all(const ast::ExprPtr& expr, Names& used) {
  if (expr == nullptr) return;
  for_each_expr(*expr, [&](const ast::Expr& inner) { collect(inner, used); });
}

template <class Unit>
Names names_used(const Unit& unit) {
  Names used;
  for_each_expr(unit, [&](const ast::Expr& expr) { collect(expr, used); });
  return used;
}

void tell_unused(FindingSearch& search, const Location& where, std::string_view what, std::string_view name,
                 std::string help) {
  if (name.starts_with('_')) return;
  search.warn(check_codes::kUnused, where, fmt::format("nothing uses the {} `{}`", what, name),
              std::move(help));
}

template <class Unit>
void find_unused_locals(FindingSearch& search, const ast::Module& module, const Unit& unit,
                        const Names& used) {
  const auto look_at = [&](const ast::Let& let) {
    if (used.count(let.name) == 0)
      tell_unused(search, {module.source, let.name_span}, "local", let.name,
                  fmt::format("remove it, or call it `_{}` to keep it", let.name));
  };
  for (const ast::HeadClause& clause : unit.head) {
    if (const auto* let = std::get_if<ast::Let>(&clause)) look_at(*let);
  }
  for_each_stmt(unit.body, [&](const ast::Stmt& stmt) {
    if (const auto* let = std::get_if<ast::Let>(&stmt.node)) look_at(*let);
  });
}

bool tells_of_failure(const ast::Block& handler) {
  bool tells = false;
  for_each_stmt(handler, [&](const ast::Stmt& stmt) {
    tells |= !std::holds_alternative<ast::Stop>(stmt.node) && !std::holds_alternative<ast::Let>(stmt.node) &&
             !std::holds_alternative<ast::If>(stmt.node) && !std::holds_alternative<ast::For>(stmt.node) &&
             !std::holds_alternative<ast::Try>(stmt.node) && !std::holds_alternative<ast::As>(stmt.node);
  });
  return tells;
}

template <class Unit>
void find_hiding(FindingSearch& search, const ast::Module& module, const Unit& unit) {
  for_each_stmt(unit.body, [&](const ast::Stmt& stmt) {
    const auto* attempt = std::get_if<ast::Try>(&stmt.node);
    if (attempt == nullptr || tells_of_failure(attempt->handler)) return;
    const std::string& error = attempt->error_name;
    search.warn(check_codes::kCatchHides, {module.source, attempt->error_span},
                "this `catch` hides every failure of its `try`",
                fmt::format("say what happened, with `log warn \"... {{{}.message}}\"`, or `fail {}.message`",
                            error, error));
  });
}

std::string suggested_name(const ast::Rule& rule) {
  if (rule.triggers.empty()) return "my_rule";
  const ast::Trigger& trigger = rule.triggers.front();
  std::string name = "on";
  const auto add = [&](std::string_view text) {
    for (const char c : text) {
      const bool fits = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
      if (fits) {
        name.push_back(c);
      } else if (name.back() != '_') {
        name.push_back('_');
      }
    }
  };
  const std::string_view first =
      trigger.patterns.empty() ? "any" : std::string_view(trigger.patterns[0].text);
  switch (trigger.kind) {
    case ast::Trigger::Kind::kEvent:
      add(fmt::format(".{}", first));
      break;
    case ast::Trigger::Kind::kChanged:
      add(fmt::format(".{}.changed", first));
      break;
    case ast::Trigger::Kind::kDeleted:
      add(fmt::format(".{}.deleted", first));
      break;
    case ast::Trigger::Kind::kSubjectDeleted:
      add(".subject.deleted");
      break;
    case ast::Trigger::Kind::kEvery:
      add(".every");
      break;
    case ast::Trigger::Kind::kAt:
      add(".at");
      break;
  }
  while (name.back() == '_') name.pop_back();
  return name;
}

void find_unnamed(FindingSearch& search, const ast::Module& module, const ast::Rule& rule) {
  if (!rule.name.empty()) return;
  search.note(check_codes::kUnnamedRule, {module.source, rule.name_span},
              "this rule has no name, so that logs and metrics can only tell where it stands",
              fmt::format("give it one: `rule {} on ...`", suggested_name(rule)));
}

}  // namespace

void find_in_text(FindingSearch& search) {
  Names used;
  for (const ast::Module& module : search.modules) {
    for (const ast::Declaration& declaration : module.declarations) {
      if (const auto* rule = std::get_if<ast::Rule>(&declaration.node)) {
        const Names mine = names_used(*rule);
        find_unused_locals(search, module, *rule, mine);
        find_hiding(search, module, *rule);
        find_unnamed(search, module, *rule);
        used.insert(mine.begin(), mine.end());
      } else if (const auto* wrapper = std::get_if<ast::Wrapper>(&declaration.node)) {
        const Names mine = names_used(*wrapper);
        find_unused_locals(search, module, *wrapper, mine);
        find_hiding(search, module, *wrapper);
        used.insert(mine.begin(), mine.end());
      } else if (const auto* value = std::get_if<ast::Const>(&declaration.node)) {
        collect_all(value->value, used);
      } else if (const auto* param = std::get_if<ast::Param>(&declaration.node)) {
        collect_all(param->default_value, used);
      } else if (const auto* fn = std::get_if<ast::Fn>(&declaration.node)) {
        collect_all(fn->body, used);
      } else if (const auto* input = std::get_if<ast::Input>(&declaration.node)) {
        collect_all(input->subject, used);
      } else if (const auto* test = std::get_if<ast::Test>(&declaration.node)) {
        for_each_expr(*test, [&](const ast::Expr& expr) { collect(expr, used); });
      }
    }
  }
  for (const ast::Module& module : search.modules) {
    for (const ast::Declaration& declaration : module.declarations) {
      if (const auto* value = std::get_if<ast::Const>(&declaration.node)) {
        if (used.count(value->name) == 0)
          tell_unused(search, {module.source, value->name_span}, "constant", value->name, "remove it");
      } else if (const auto* param = std::get_if<ast::Param>(&declaration.node)) {
        if (used.count(param->name) == 0)
          tell_unused(search, {module.source, param->name_span}, "parameter", param->name,
                      "remove it, or use it: `--set` of it changes nothing");
      } else if (const auto* fn = std::get_if<ast::Fn>(&declaration.node)) {
        if (used.count(fn->name) == 0)
          tell_unused(search, {module.source, fn->name_span}, "function", fn->name, "remove it");
      }
    }
  }
}

}  // namespace krules::check
