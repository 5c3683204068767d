#include "parse_text.h"

#include <array>
#include <catch2/catch.hpp>

namespace krules::test {

namespace {

constexpr auto kOperators = std::to_array<const char*>({
    "or",      "and", "==", "!=", "<", "<=",  ">", ">=", "in", "not-in",
    "matches", "+",   "-",  "*",  "/", "div", "%", "**", "??",
});

struct Shaper {
  std::string operator()(const ast::NullLiteral&) const { return "null"; }
  std::string operator()(const ast::BoolLiteral& node) const { return node.value ? "true" : "false"; }
  std::string operator()(const ast::IntLiteral& node) const { return std::to_string(node.value); }
  std::string operator()(const ast::FloatLiteral& node) const {
    return "float:" + std::to_string(node.value);
  }
  std::string operator()(const ast::DurationLiteral& node) const {
    return std::to_string(node.microseconds) + "us";
  }
  std::string operator()(const ast::StringLiteral& node) const {
    std::string out = node.raw ? "raw\"" : "\"";
    for (const auto& part : node.parts) {
      const auto* text = std::get_if<std::string>(&part);
      if (text != nullptr) {
        out += *text;
      } else {
        out.append("{").append(shape(*std::get<ast::ExprPtr>(part))).append("}");
      }
    }
    return out + "\"";
  }
  std::string operator()(const ast::Name& node) const { return node.name; }
  std::string operator()(const ast::Member& node) const {
    return "(. " + shape(*node.object) + " " + node.name + ")";
  }
  std::string operator()(const ast::Index& node) const {
    return "([] " + shape(*node.object) + " " + shape(*node.key) + ")";
  }
  std::string operator()(const ast::Call& node) const {
    return "(" + node.callee + arguments(node.arguments) + ")";
  }
  std::string operator()(const ast::MethodCall& node) const {
    return "(." + node.name + " " + shape(*node.object) + arguments(node.arguments) + ")";
  }
  std::string operator()(const ast::Lambda& node) const {
    std::string out = "(=>";
    for (const auto& parameter : node.parameters) out += " " + parameter.name;
    return out + ": " + shape(*node.body) + ")";
  }
  std::string operator()(const ast::Unary& node) const {
    return (node.op == ast::UnaryOp::kNot ? "(not " : "(neg ") + shape(*node.operand) + ")";
  }
  std::string operator()(const ast::Binary& node) const {
    return std::string("(") + kOperators[static_cast<size_t>(node.op)] + " " + shape(*node.left) + " " +
           shape(*node.right) + ")";
  }
  std::string operator()(const ast::IfExpr& node) const {
    return "(if " + shape(*node.condition) + " " + shape(*node.then_value) + " " + shape(*node.else_value) +
           ")";
  }
  std::string operator()(const ast::MatchExpr& node) const {
    std::string out = "(match " + shape(*node.value);
    for (const auto& arm : node.arms) {
      out += " [";
      for (const auto& pattern : arm.patterns) out += shape(*pattern) + " ";
      out += "-> " + shape(*arm.value) + "]";
    }
    return out + ")";
  }
  std::string operator()(const ast::ListLiteral& node) const {
    std::string out = "[";
    for (const auto& item : node.items) {
      if (&item != &node.items.front()) out += " ";
      out += (item.spread ? "..." : "") + shape(*item.value);
    }
    return out + "]";
  }
  std::string operator()(const ast::MapLiteral& node) const {
    std::string out = "{";
    for (const auto& entry : node.entries) {
      if (&entry != &node.entries.front()) out += " ";
      switch (entry.kind) {
        case ast::MapLiteral::EntryKind::kKeyValue:
          out += shape(*entry.key) + ":";
          break;
        case ast::MapLiteral::EntryKind::kPath:
          out += "path " + shape(*entry.key) + ":";
          break;
        case ast::MapLiteral::EntryKind::kSpread:
          out += "...";
          break;
      }
      out += shape(*entry.value);
    }
    return out + "}";
  }

  static std::string arguments(const std::vector<ast::Argument>& arguments) {
    std::string out;
    for (const auto& argument : arguments) {
      out += ' ';
      if (!argument.name.empty()) out.append(argument.name).append(":");
      out += shape(*argument.value);
    }
    return out;
  }
};

}  // namespace

SourcePtr source_of(std::string text) {
  return std::make_shared<Source>("test.krules", std::move(text));
}

ParseResult parse_text(std::string text) {
  return parse(source_of(std::move(text)));
}

std::string shape(const ast::Expr& expr) {
  return std::visit(Shaper{}, expr.node);
}

std::string shape(const std::string& text) {
  const ExpressionResult result = parse_expression(source_of(text));
  if (result.value == nullptr) return "error: " + result.diagnostics.at(0).message;
  return shape(*result.value);
}

Body parse_body(const std::string& body) {
  Body parsed{parse_text("on x.y {\n" + body + "\n}")};
  for (const Found& error : errors_of(parsed.result)) UNSCOPED_INFO(error);
  REQUIRE(parsed.result.ok());
  REQUIRE(parsed.result.module.declarations.size() == 1);
  return parsed;
}

const std::vector<ast::Stmt>& Body::statements() const {
  return std::get<ast::Rule>(result.module.declarations.at(0).node).body.statements;
}

std::ostream& operator<<(std::ostream& out, const Found& found) {
  return out << found.code << " at " << found.line << ":" << found.column << " " << found.message;
}

std::vector<Found> errors_of(const ParseResult& result) {
  std::vector<Found> found;
  for (const Diagnostic& diagnostic : result.diagnostics) {
    const Location& where = diagnostic.primary.where;
    const LineColumn at = where.source->position(where.span.begin);
    found.push_back({diagnostic.code, at.line, at.column, diagnostic.message});
  }
  return found;
}

std::vector<Found> errors_of(const std::string& text) {
  return errors_of(parse_text(text));
}

}  // namespace krules::test
