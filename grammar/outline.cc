#include "outline.h"

#include <fmt/format.h>

#include <array>
#include <string_view>
#include <type_traits>

namespace krules::grammar {

namespace {

constexpr auto kBinaryNames = std::to_array<std::string_view>({
    "or",      "and", "==", "!=", "<", "<=",  ">", ">=", "in", "not in",
    "matches", "+",   "-",  "*",  "/", "div", "%", "**", "??",
});
constexpr auto kAssignNames = std::to_array<std::string_view>({"=", "+=", "-=", "*=", "++=", "?\?="});
constexpr auto kKindNames = std::to_array<std::string_view>({
    "any",
    "bool",
    "int",
    "float",
    "number",
    "string",
    "duration",
    "timestamp",
    "list",
    "map",
});
constexpr auto kLevelNames = std::to_array<std::string_view>({"debug", "info", "warn", "error"});

template <typename Enum, size_t N>
std::string name_in(const std::array<std::string_view, N>& names, Enum value) {
  return std::string(names[static_cast<size_t>(value)]);
}

std::string kind_text(const ast::KindSpec& spec) {
  return name_in(kKindNames, spec.kind) + (spec.optional ? "?" : "");
}

/// Fills one Outline from the node that is visited.
class Filler {
 public:
  explicit Filler(Outline& out) : out_(out) {}

  // expressions
  void operator()(const ast::NullLiteral&) { kind("null"); }
  void operator()(const ast::BoolLiteral& node) { kind(node.value ? "true" : "false"); }
  void operator()(const ast::IntLiteral& node) {
    kind("int"), attribute("value", std::to_string(node.value));
  }
  void operator()(const ast::FloatLiteral& node) {
    kind("float"), attribute("value", fmt::format("{}", node.value));
  }
  void operator()(const ast::DurationLiteral& node) {
    kind("duration"), attribute("microseconds", std::to_string(node.microseconds));
  }
  void operator()(const ast::StringLiteral& node) {
    kind(node.raw ? "raw string" : "string");
    const bool plain = node.parts.size() == 1 && std::holds_alternative<std::string>(node.parts[0]);
    if (plain) attribute("text", std::get<std::string>(node.parts[0]));
    if (node.parts.empty()) attribute("text", "");
    if (plain) return;
    for (const auto& part : node.parts) {
      if (const auto* text = std::get_if<std::string>(&part)) {
        Outline child;
        child.kind = "text";
        child.attributes.emplace_back("text", *text);
        child.span = out_.span;
        add("part", std::move(child));
      } else {
        child("part", std::get<ast::ExprPtr>(part));
      }
    }
  }
  void operator()(const ast::Name& node) { kind("name"), attribute("name", node.name); }
  void operator()(const ast::Member& node) {
    kind("member"), attribute("name", node.name), child("object", node.object);
  }
  void operator()(const ast::Index& node) {
    kind("index"), child("object", node.object), child("key", node.key);
  }
  void operator()(const ast::Call& node) {
    kind("call"), attribute("function", node.callee), arguments(node.arguments);
  }
  void operator()(const ast::MethodCall& node) {
    kind("method call"), attribute("function", node.name), child("object", node.object),
        arguments(node.arguments);
  }
  void operator()(const ast::Lambda& node) {
    kind("lambda");
    for (const auto& parameter : node.parameters) attribute("parameter", parameter.name);
    child("body", node.body);
  }
  void operator()(const ast::Unary& node) {
    kind("unary"), attribute("operator", node.op == ast::UnaryOp::kNot ? "not" : "-");
    child("operand", node.operand);
  }
  void operator()(const ast::Binary& node) {
    kind("binary"), attribute("operator", name_in(kBinaryNames, node.op));
    child("left", node.left), child("right", node.right);
  }
  void operator()(const ast::IfExpr& node) {
    kind("if value"), child("condition", node.condition), child("then", node.then_value);
    child("else", node.else_value);
  }
  void operator()(const ast::MatchExpr& node) {
    kind("match"), child("value", node.value);
    for (const auto& arm : node.arms) {
      Outline inner;
      inner.kind = arm.patterns.empty() ? "otherwise" : "arm";
      inner.span = arm.span;
      for (const auto& pattern : arm.patterns) Filler(inner).child("pattern", pattern);
      Filler(inner).child("value", arm.value);
      add("arm", std::move(inner));
    }
  }
  void operator()(const ast::ListLiteral& node) {
    kind("list");
    for (const auto& item : node.items) child(item.spread ? "spread" : "item", item.value);
  }
  void operator()(const ast::MapLiteral& node) {
    kind("map");
    for (const auto& entry : node.entries) {
      Outline inner;
      inner.span = entry.span;
      switch (entry.kind) {
        case ast::MapLiteral::EntryKind::kKeyValue:
          inner.kind = "entry";
          break;
        case ast::MapLiteral::EntryKind::kPath:
          inner.kind = "path entry";
          break;
        case ast::MapLiteral::EntryKind::kSpread:
          inner.kind = "spread";
          break;
      }
      Filler(inner).child("key", entry.key);
      Filler(inner).child("value", entry.value);
      add("entry", std::move(inner));
    }
  }

  // statements
  void operator()(const ast::Set& node) {
    kind("set"), attribute("operator", name_in(kAssignNames, node.op)), target(node.target);
    child("value", node.value), child("from", node.from), clauses(node.clauses);
  }
  void operator()(const ast::SetMany& node) {
    kind("set many"), child("map", node.map), clauses(node.clauses);
  }
  void operator()(const ast::Delete& node) { kind("delete"), target(node.target), clauses(node.clauses); }
  void operator()(const ast::DeleteSubject& node) { kind("delete subject"), clauses(node.clauses); }
  void operator()(const ast::Emit& node) {
    kind("emit"), child("type", node.type), child("payload", node.payload), clauses(node.clauses);
  }
  void operator()(const ast::Let& node) {
    kind("let"), attribute("name", node.name), child("value", node.value);
  }
  void operator()(const ast::If& node) {
    kind("if"), child("condition", node.condition), block("then", node.then_block);
    if (node.has_else) block("else", node.else_block);
  }
  void operator()(const ast::For& node) {
    kind("for"), attribute("name", node.first);
    if (!node.second.empty()) attribute("name", node.second);
    child("in", node.sequence), block("body", node.body);
  }
  void operator()(const ast::Fail& node) {
    kind(node.cascade ? "fail cascade" : "fail"), child("reason", node.reason);
  }
  void operator()(const ast::Try& node) {
    kind("try"), block("body", node.body), attribute("error", node.error_name), block("catch", node.handler);
  }
  void operator()(const ast::Stop&) { kind("stop"); }
  void operator()(const ast::Log& node) {
    kind("log"), attribute("level", name_in(kLevelNames, node.level)), child("message", node.message);
    child("data", node.data);
  }
  void operator()(const ast::As& node) {
    kind("as"), child("subject", node.subject), block("body", node.body);
  }
  void operator()(const ast::Next&) { kind("next"); }
  void operator()(const ast::Cancel& node) { kind("cancel"), child("key", node.key), clauses(node.clauses); }
  void operator()(const ast::CallAction& node) {
    kind("call action"), attribute("action", node.action), arguments(node.arguments);
    child("reply", node.reply), child("timeout", node.timeout), child("retry", node.retry);
    child("backoff", node.backoff), clauses(node.clauses);
  }

  // steps of tests
  void operator()(const ast::Given& node) {
    kind("given"), child("subject", node.subject), child("properties", node.properties);
    child("extended", node.extended);
  }
  void operator()(const ast::Send& node) {
    kind("send"), child("type", node.type), child("payload", node.payload), clauses(node.clauses);
  }
  void operator()(const ast::Advance& node) { kind("advance"), child("by", node.by); }
  void operator()(const ast::ExpectEmitted& node) {
    kind(node.negated ? "expect not emitted" : "expect emitted"), attribute("type", node.type.text);
    child("payload", node.payload), child("on", node.on), child("times", node.times);
  }
  void operator()(const ast::ExpectCalled& node) {
    kind(node.negated ? "expect not called" : "expect called"), attribute("action", node.action);
    child("arguments", node.arguments), child("times", node.times);
  }
  void operator()(const ast::ExpectFailed& node) {
    kind(node.negated ? "expect not failed" : "expect failed"), attribute("rule", node.rule);
  }
  void operator()(const ast::ExpectTrue& node) { kind("expect"), child("condition", node.condition); }
  void operator()(const ast::SetParam& node) {
    kind("param"), attribute("name", node.name), child("value", node.value);
  }
  void operator()(const ast::Reply& node) {
    kind("reply"), attribute("action", node.action), child("answer", node.answer);
  }

  // declarations
  void operator()(const ast::Rule& node) {
    kind("rule"), attribute("name", node.name);
    triggers(node.triggers), head(node.head);
    if (node.allow_cycle) attribute("allow cycle", *node.allow_cycle);
    block("body", node.body);
  }
  void operator()(const ast::Const& node) {
    kind("const"), attribute("name", node.name), child("value", node.value);
  }
  void operator()(const ast::Param& node) {
    kind("param"), attribute("name", node.name), attribute("kind", kind_text(node.kind));
    child("default", node.default_value);
  }
  void operator()(const ast::Fn& node) {
    kind("fn"), attribute("name", node.name);
    for (const auto& parameter : node.parameters) attribute("parameter", parameter.name);
    child("body", node.body);
  }
  void operator()(const ast::Input& node) {
    kind("input"), attribute("type", node.type.text);
    for (const auto& field : node.fields) {
      Outline inner;
      inner.kind = "field";
      inner.span = field.span;
      inner.attributes = {{"name", field.name}, {"kind", kind_text(field.kind)}};
      add("field", std::move(inner));
    }
    child("subject", node.subject);
  }
  void operator()(const ast::Output& node) {
    kind("output");
    for (const auto& type : node.types) attribute("type", type.text);
  }
  void operator()(const ast::Wrapper& node) {
    kind(node.kind == ast::Wrapper::Kind::kGate ? "gate" : "middleware"), attribute("name", node.name);
    parameters(node.parameters), triggers(node.triggers), head(node.head);
    if (node.allow_cycle) attribute("allow cycle", *node.allow_cycle);
    block("body", node.body);
  }
  void operator()(const ast::ModuleDecl& node) {
    kind("module"), attribute("name", node.name), parameters(node.parameters);
    for (const auto& declaration : node.declarations) add("declaration", outline_of(declaration));
  }
  void operator()(const ast::Use& node) {
    kind("use"), attribute("path", node.path);
    if (!node.as_name.empty()) attribute("as", node.as_name);
    arguments(node.arguments), triggers(node.triggers), head(node.head);
  }
  void operator()(const ast::Secret& node) { kind("secret"), attribute("name", node.name); }
  void operator()(const ast::Test& node) {
    kind("test"), attribute("name", node.name);
    for (const auto& step : node.steps) {
      Outline inner;
      inner.span = step.span;
      std::visit(Filler(inner), step.node);
      add("step", std::move(inner));
    }
  }

 private:
  void add(std::string_view role, Outline child) {
    child.role = role;
    out_.children.push_back(std::move(child));
  }
  void kind(std::string_view text) { out_.kind = text; }
  void attribute(std::string_view name, std::string_view value) { out_.attributes.emplace_back(name, value); }
  void child(std::string_view role, const ast::ExprPtr& expr) {
    if (expr != nullptr) add(role, outline_of(*expr));
  }
  void arguments(const std::vector<ast::Argument>& arguments) {
    for (const auto& argument : arguments) {
      child(argument.name.empty() ? "argument" : "argument " + argument.name, argument.value);
    }
  }
  void target(const ast::Target& target) {
    switch (target.kind) {
      case ast::Target::Kind::kProperty:
        break;
      case ast::Target::Kind::kExtended:
        attribute("of", "ext");
        break;
      case ast::Target::Kind::kMeta:
        attribute("of", "meta");
        break;
    }
    child("name", target.name);
    for (const std::string& name : target.path) attribute("path", name);
  }
  void clauses(const ast::Clauses& clauses) {
    if (clauses.muted) attribute("clause", "muted");
    if (clauses.direct) attribute("clause", "direct");
    child("on", clauses.on), child("with", clauses.with);
    child("after", clauses.after), child("key", clauses.key);
  }
  void block(std::string_view role, const ast::Block& block) {
    Outline inner;
    inner.kind = "block";
    inner.span = block.span;
    for (const auto& statement : block.statements) {
      Outline item;
      item.span = statement.span;
      std::visit(Filler(item), statement.node);
      Filler(inner).add("statement", std::move(item));
    }
    add(role, std::move(inner));
  }
  void triggers(const std::vector<ast::Trigger>& triggers) {
    for (const auto& trigger : triggers) add("on", outline(trigger));
  }
  void head(const std::vector<ast::HeadClause>& head) {
    for (const auto& clause : head) {
      Outline inner;
      if (const auto* when = std::get_if<ast::When>(&clause)) {
        inner.kind = "when";
        inner.span = when->span;
        Filler(inner).child("condition", when->condition);
      } else {
        const auto& let = std::get<ast::Let>(clause);
        inner.span = let.name_span;
        Filler{inner}(let);
      }
      add("head", std::move(inner));
    }
  }
  void parameters(const std::vector<ast::ModuleParameter>& parameters) {
    for (const auto& parameter : parameters) {
      Outline inner;
      inner.kind = "parameter";
      inner.span = parameter.span;
      inner.attributes.emplace_back("name", parameter.name);
      if (parameter.kind) inner.attributes.emplace_back("kind", kind_text(*parameter.kind));
      Filler(inner).child("default", parameter.default_value);
      add("parameter", std::move(inner));
    }
  }
  static Outline outline(const ast::Trigger& trigger) {
    constexpr auto kNames =
        std::to_array<std::string_view>({"event", "changed", "deleted", "subject deleted", "every", "at"});
    Outline inner;
    inner.kind = name_in(kNames, trigger.kind);
    inner.span = trigger.span;
    for (const auto& pattern : trigger.patterns) inner.attributes.emplace_back("pattern", pattern.text);
    for (const auto& subject : trigger.subjects) inner.attributes.emplace_back("of", subject.text);
    Filler(inner).child("every", trigger.every);
    Filler(inner).child("at", trigger.at);
    Filler(inner).child("zone", trigger.zone);
    return inner;
  }

  Outline& out_;
};

template <typename Node>
Outline make_outline(const Node& node) {
  Outline out;
  out.span = node.span;
  std::visit(Filler(out), node.node);
  return out;
}

}  // namespace

Outline outline_of(const ast::Expr& expr) {
  return make_outline(expr);
}

Outline outline_of(const ast::Declaration& declaration) {
  Outline out = make_outline(declaration);
  if (!declaration.doc.empty()) out.attributes.emplace_back("doc", declaration.doc);
  return out;
}

}  // namespace krules::grammar
