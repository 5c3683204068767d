#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "compiler.h"

/// `call` statements, and the secrets in them.
namespace krules {

using namespace program_codes;

namespace {

std::string spelled(ast::Kind kind) {
  return krules::spelled(ast::KindSpec{kind, false, {}});
}

std::string signature(const ActionSpec& spec) {
  std::string text = spec.name + "(";
  for (const ActionSpec::Parameter& each : spec.parameters) {
    if (&each != &spec.parameters.front()) text += ", ";
    text += fmt::format("{}{}: {}", each.name, each.optional ? "?" : "", spelled(each.kind));
    if (!each.fields.empty()) text += fmt::format(" with {}", fmt::join(each.fields, ", "));
  }
  return text + ")";
}

/// Whether the value of a secret comes through the expression as it is, alone or as a part of a text.
bool lets_secrets_through(const ast::Expr& expr) {
  if (const auto* binary = std::get_if<ast::Binary>(&expr.node)) return binary->op == ast::BinaryOp::kAdd;
  return std::holds_alternative<ast::Name>(expr.node) ||
         std::holds_alternative<ast::StringLiteral>(expr.node) ||
         std::holds_alternative<ast::ListLiteral>(expr.node) ||
         std::holds_alternative<ast::MapLiteral>(expr.node) || std::holds_alternative<ast::IfExpr>(expr.node);
}

}  // namespace

const Node* UnitCompiler::expression(const ast::Expr& expr) {
  if (secrets_ == nullptr || lets_secrets_through(expr)) return any_expression(expr);
  std::vector<SecretMark>* const outer = std::exchange(secrets_, nullptr);
  const Node* node = any_expression(expr);
  secrets_ = outer;
  return node;
}

const Node* UnitCompiler::secret(const Definition& definition, std::string_view name, Span span) {
  if (secrets_ != nullptr) {
    const auto known = std::find_if(secrets_->begin(), secrets_->end(),
                                    [&](const SecretMark& each) { return each.name == name; });
    if (known == secrets_->end())
      secrets_->push_back({program_.program().arena.copy(name), definition.value.text()});
    return constant(definition.value, span, false);
  }
  Diagnostic& diagnostic =
      report(kSecret, span,
             in_call_ ? fmt::format("the secret `{}` is not known yet when this is computed", name)
                      : fmt::format("the secret `{}` stands outside of a `call`", name));
  diagnostic.related = {program_.label(definition.source, definition.name_span, "declared here")};
  diagnostic.helps = {
      in_call_ ? "a secret is filled in when the call is made: it stands alone, or in a text such as "
                 "`\"Bearer {" +
                     std::string(name) + "}\"`, and no function reads it"
               : "it can be used in the arguments of a `call` alone: `call http.get(url, { headers: { "
                 "authorization: \"Bearer {" +
                     std::string(name) + "}\" } })`"};
  return broken(span);
}

const ActionSpec* UnitCompiler::find_action(const ast::CallAction& call) {
  const FunctionTable* functions = program_.functions();
  if (functions == nullptr) return nullptr;
  if (const ActionSpec* found = functions->find_action(call.action)) return found;
  std::vector<std::string_view> names;
  for (const ActionSpec& each : functions->actions()) names.push_back(each.name);
  Diagnostic& diagnostic = report(kAction, call.action_span, fmt::format("unknown action `{}`", call.action));
  if (const std::string_view near = nearest_name(call.action, names); !near.empty()) {
    diagnostic.helps = {fmt::format("did you mean `{}`?", near)};
  } else if (functions->find(call.action) != nullptr || program_.find_definition(call.action) != nullptr) {
    diagnostic.helps = {fmt::format("`{}` is a function: it is called without the word `call`", call.action)};
  } else {
    diagnostic.helps = {fmt::format("there is `{}`", fmt::join(names, "`, `"))};
  }
  return nullptr;
}

// Puts each argument to its parameter; absent ones are null.
bool UnitCompiler::bind_action(const ast::CallAction& call, const ActionSpec& spec,
                               std::vector<const ast::Expr*>& bound) {
  bound.assign(spec.parameters.size(), nullptr);
  size_t next = 0;
  for (const ast::Argument& argument : call.arguments) {
    size_t at = next;
    if (argument.name.empty()) {
      ++next;
    } else {
      const auto found = std::find_if(spec.parameters.begin(), spec.parameters.end(),
                                      [&](const auto& each) { return each.name == argument.name; });
      at = static_cast<size_t>(found - spec.parameters.begin());
    }
    if (at < bound.size() && bound[at] == nullptr) {
      bound[at] = argument.value.get();
      continue;
    }
    const bool named = !argument.name.empty();
    report(kAction, named ? argument.name_span : argument.value->span,
           at < bound.size() ? fmt::format("`{}` is given twice", argument.name)
           : named           ? fmt::format("`{}` has no parameter `{}`", spec.name, argument.name)
                             : fmt::format("`{}` does not take so many arguments", spec.name))
        .helps = {fmt::format("it takes `{}`", signature(spec))};
    return false;
  }
  for (size_t i = 0; i < bound.size(); ++i) {
    if (bound[i] != nullptr || spec.parameters[i].optional) continue;
    report(kAction, call.action_span, fmt::format("`{}` needs its `{}`", spec.name, spec.parameters[i].name))
        .helps = {fmt::format("it takes `{}`", signature(spec))};
    return false;
  }
  return true;
}

// The fields of a map that stands there as it is, and the kind of what is known.
void UnitCompiler::check_argument(const ActionSpec& spec, const ActionSpec::Parameter& parameter,
                                  const ast::Expr& expr, const Node* node) {
  if (is_const(node) && !(parameter.optional && const_value(node).is_null()) &&
      !fits_kind(const_value(node), {parameter.kind, false, {}})) {
    report(kAction, expr.span,
           fmt::format("`{}` of `{}` is of kind {}, got {}", parameter.name, spec.name,
                       spelled(parameter.kind), kind_name(const_value(node).kind())))
        .helps = {fmt::format("it takes `{}`", signature(spec))};
    return;
  }
  const auto* map = std::get_if<ast::MapLiteral>(&expr.node);
  if (map == nullptr || parameter.fields.empty()) return;
  for (const ast::MapLiteral::Entry& entry : map->entries) {
    const auto* key = entry.key != nullptr ? std::get_if<ast::StringLiteral>(&entry.key->node) : nullptr;
    const auto* text =
        key != nullptr && key->parts.size() == 1 ? std::get_if<std::string>(&key->parts[0]) : nullptr;
    if (text == nullptr ||
        std::find(parameter.fields.begin(), parameter.fields.end(), *text) != parameter.fields.end()) {
      continue;
    }
    Diagnostic& diagnostic =
        report(kAction, entry.span, fmt::format("`{}` has no option `{}`", spec.name, *text));
    const std::vector<std::string_view> names(parameter.fields.begin(), parameter.fields.end());
    if (const std::string_view near = nearest_name(*text, names); !near.empty()) {
      diagnostic.helps = {fmt::format("did you mean `{}`?", near)};
    } else if (*text == "timeout" || *text == "retry" || *text == "backoff") {
      diagnostic.helps = {fmt::format("write it behind the call: `call {}(...) {} ...`", spec.name, *text)};
    } else {
      diagnostic.helps = {fmt::format("its options are `{}`", fmt::join(parameter.fields, "`, `"))};
    }
  }
}

const Node* UnitCompiler::call_duration(const ast::Expr& expr, std::string_view clause, bool may_be_zero) {
  const Node* node = expression(expr);
  if (!is_const(node)) return node;
  const Value& value = const_value(node);
  if (!value.is(ValueKind::kDuration)) {
    report(kAlwaysFails, expr.span,
           fmt::format("`{}` takes a duration, got {}", clause, kind_name(value.kind())))
        .helps = {fmt::format("write it with its unit: `{} 5s`", clause)};
  } else if (value.as_microseconds() < 0 || (value.as_microseconds() == 0 && !may_be_zero)) {
    report(
        kAlwaysFails, expr.span,
        fmt::format("`{}` takes a duration that is {}", clause, may_be_zero ? "not negative" : "above zero"));
  }
  return node;
}

const StmtNode* UnitCompiler::call_action(const ast::Stmt& stmt, const ast::CallAction& call) {
  auto* node = make<CallStmt>(stmt.span);
  node->run = call_statement();
  node->spec = find_action(call);
  std::vector<const ast::Expr*> bound;
  std::vector<SecretMark> secrets;
  if (node->spec != nullptr && bind_action(call, *node->spec, bound)) {
    std::vector<CallStmt::Argument> arguments;
    secrets_ = &secrets;
    in_call_ = true;
    for (size_t i = 0; i < bound.size(); ++i) {
      if (bound[i] == nullptr) continue;
      const ActionSpec::Parameter& parameter = node->spec->parameters[i];
      const Node* value = expression(*bound[i]);
      check_argument(*node->spec, parameter, *bound[i], value);
      arguments.push_back({program_.symbols().intern(parameter.name), value, &parameter});
      if (i == 0) note_call(call, *bound[i], value);
    }
    secrets_ = nullptr;
    in_call_ = false;
    node->arguments = program_.kept(arguments);
    node->secrets = program_.kept(secrets);
  }
  if (call.reply != nullptr) {
    const Node* type = expression(*call.reply);
    if (is_const(type)) {
      const std::string_view text = const_value(type).text();
      if (check_emit_type(*call.reply, text, "reply")) node->reply = program_.symbols().intern(text);
    } else {
      node->computed_reply = type;
    }
  }
  if (call.timeout != nullptr) node->timeout = call_duration(*call.timeout, "timeout", false);
  if (call.backoff != nullptr) node->backoff = call_duration(*call.backoff, "backoff", true);
  if (call.retry != nullptr) {
    node->retry = expression(*call.retry);
    if (is_const(node->retry) && !CallStmt::is_count(const_value(node->retry))) {
      report(kAlwaysFails, call.retry->span,
             fmt::format("`retry` takes how many more times to try, from 0 to {}", CallStmt::kMostRetries))
          .helps = {"write `retry 3 backoff 1s`"};
    }
  }
  node->clauses = clauses(call.clauses);
  return node;
}

void UnitCompiler::note_call(const ast::CallAction& call, const ast::Expr& first, const Node* value) {
  CallSite& site = program_.program().calls.emplace_back();
  site.action = call.action;
  site.where = {program_.program().sources[source_], first.span};
  if (is_const(value)) {
    if (!const_value(value).is(ValueKind::kString)) return;
    site.first_text = const_value(value).text();
  } else if (const auto* literal = std::get_if<ast::StringLiteral>(&first.node)) {
    if (const auto* text = std::get_if<std::string>(&literal->parts.front())) site.first_text = *text;
  }
  size_t known = is_const(value) ? std::string::npos : site.first_text.size();
  for (const SecretMark& secret : *secrets_) known = std::min(known, site.first_text.find(secret.mark));
  if (known == std::string::npos) return;
  // Up to what is not known yet: enough where that stands behind the host.
  site.first_text.resize(known);
  const size_t host = site.first_text.find("://");
  if (host == std::string::npos || site.first_text.find_first_of("/?#", host + 3) == std::string::npos)
    site.first_text.clear();
}

}  // namespace krules
