#include "declaration_builder.h"

#include <array>
#include <utility>

namespace krules::grammar {

void DeclarationBuilder::reset() {
  name_ = {};
  rule_ = {};
  first_on_ = {};
  in_rule_ = false;
  in_subjects_ = false;
  declared_.clear();
  parameters_.clear();
  kind_ = {};
  default_value_.reset();
  input_ = {};
}

void DeclarationBuilder::skip_declaration(std::string_view word, std::string_view name) {
  if (word == "const" || word == "param" || word == "fn") unparsed.emplace_back(name);
}

// ---------------------------------------------------------------- rules

void DeclarationBuilder::begin_rule(uint32_t offset) {
  reset();
  in_rule_ = true;
  rule_.head_span.begin = offset;
}

void DeclarationBuilder::open_on(Span word) {
  if (first_on_.end == 0) first_on_ = word;
  on_first_group_ = rule_.triggers.size();
}

void DeclarationBuilder::group(ast::Trigger::Kind kind, Span span) {
  ast::Trigger trigger;
  trigger.kind = kind;
  trigger.span = span;
  rule_.triggers.push_back(std::move(trigger));
}

void DeclarationBuilder::add_pattern(ast::Pattern pattern) {
  if (!in_rule_) {
    declared_.push_back(std::move(pattern));
    return;
  }
  ast::Trigger& trigger = rule_.triggers.back();
  trigger.span.end = pattern.span.end;
  (in_subjects_ ? trigger.subjects : trigger.patterns).push_back(std::move(pattern));
}

void DeclarationBuilder::bare_pattern(Span run) {
  RunUse use = RunUse::kDeclaredType;
  if (in_subjects_) {
    use = RunUse::kSubjectPattern;
  } else if (in_rule_) {
    use =
        rule_.triggers.back().kind == ast::Trigger::Kind::kEvent ? RunUse::kEventPattern : RunUse::kProperty;
  }
  check_pattern_run(context_, run, use);
  const std::string_view text = context_.text(run);
  add_pattern({std::string(text), run, text.find_first_of("*?") != std::string_view::npos});
}

void DeclarationBuilder::quoted_pattern() {
  const ast::ExprPtr quoted = expressions_.take();
  ast::Pattern pattern{{}, quoted->span, false};
  for (const auto& part : std::get<ast::StringLiteral>(quoted->node).parts) {
    const auto* text = std::get_if<std::string>(&part);
    if (text == nullptr) {
      context_.report(context_.diagnostic(codes::kInterpolation, quoted->span,
                                          "a pattern is fixed text, it cannot interpolate",
                                          "match more with `*` and test the rest in `when`"));
      break;
    }
    pattern.text += *text;
  }
  if (pattern.text.empty()) {
    context_.report(context_.diagnostic(codes::kBareType, quoted->span, "an empty pattern matches nothing",
                                        "write what it should match, or `*` for everything"));
  }
  pattern.is_glob = pattern.text.find_first_of("*?") != std::string::npos;
  add_pattern(std::move(pattern));
}

void DeclarationBuilder::close_on(uint32_t end) {
  if (rule_.triggers.size() <= on_first_group_) return;
  rule_.triggers.back().span.end = end;
  // An `of` at the end holds for the groups before it that have none of their own: `on changed a, deleted b
  // of x:*`.
  for (size_t i = rule_.triggers.size() - 1; i > on_first_group_; --i) {
    if (rule_.triggers[i - 1].subjects.empty()) rule_.triggers[i - 1].subjects = rule_.triggers[i].subjects;
  }
}

void DeclarationBuilder::when(Span span) {
  rule_.head.emplace_back(ast::When{expressions_.take(), span});
}

void DeclarationBuilder::allow_cycle(Span span) {
  const ast::ExprPtr reason = expressions_.take();
  if (rule_.allow_cycle) {
    Diagnostic error =
        context_.diagnostic(codes::kDuplicate, span, "`allow cycle` is given twice", "keep one of them");
    error.related.push_back(context_.label(rule_.allow_cycle_span, "the first one"));
    context_.report(std::move(error));
  }
  std::string text;
  for (const auto& part : std::get<ast::StringLiteral>(reason->node).parts) {
    if (const auto* plain = std::get_if<std::string>(&part)) {
      text += *plain;
    } else {
      context_.report(context_.diagnostic(codes::kInterpolation, reason->span,
                                          "the reason of `allow cycle` is fixed text, it cannot interpolate",
                                          "say in plain words why the cycle ends"));
      break;
    }
  }
  rule_.allow_cycle = std::move(text);
  rule_.allow_cycle_span = span;
}

void DeclarationBuilder::rule(Span span) {
  rule_.name = text_of(name_);
  rule_.name_span = name_.end != 0 ? name_ : first_on_;
  rule_.body = bodies_.take_block();
  push(span, std::move(rule_));
  reset();
}

// ---------------------------------------------------------------- the others

void DeclarationBuilder::parameter(Span span) {
  parameters_.push_back({text_of(span), span});
}

void DeclarationBuilder::constant(Span span) {
  ast::Const node;
  node.name = text_of(name_);
  node.name_span = name_;
  node.value = expressions_.take();
  push(span, std::move(node));
}

void DeclarationBuilder::kind(Span span) {
  struct Named {
    std::string_view name;
    ast::Kind kind;
  };
  constexpr auto kKinds = std::to_array<Named>({
      {"any", ast::Kind::kAny},
      {"bool", ast::Kind::kBool},
      {"int", ast::Kind::kInt},
      {"float", ast::Kind::kFloat},
      {"number", ast::Kind::kNumber},
      {"string", ast::Kind::kString},
      {"duration", ast::Kind::kDuration},
      {"timestamp", ast::Kind::kTimestamp},
      {"list", ast::Kind::kList},
      {"map", ast::Kind::kMap},
  });
  const Span word = context_.token_at(span.begin);
  const std::string_view text = context_.text(word);
  kind_ = {ast::Kind::kAny, word.end < span.end, span};
  std::vector<std::string_view> names;
  for (const Named& named : kKinds) {
    if (named.name == text) {
      kind_.kind = named.kind;
      return;
    }
    names.push_back(named.name);
  }
  std::string_view near = nearest_name(text, names);
  if (text == "boolean") near = "bool";
  if (text == "integer") near = "int";
  if (text == "str" || text == "text") near = "string";
  if (text == "double" || text == "real") near = "float";
  if (text == "array") near = "list";
  if (text == "object" || text == "dict") near = "map";
  if (text == "datetime" || text == "date") near = "timestamp";
  std::string help = "the kinds are any, bool, int, float, number, string, duration, timestamp, list and map";
  if (!near.empty()) help = "did you mean `" + std::string(near) + "`? " + help;
  context_.report(
      context_.diagnostic(codes::kUnexpected, word, backquoted(text) + " is not a kind", std::move(help)));
}

void DeclarationBuilder::param(Span span) {
  ast::Param node;
  node.name = text_of(name_);
  node.name_span = name_;
  node.kind = kind_;
  node.default_value = std::move(default_value_);
  push(span, std::move(node));
}

void DeclarationBuilder::function(Span span) {
  ast::Fn node;
  node.name = text_of(name_);
  node.name_span = name_;
  node.parameters = std::exchange(parameters_, {});
  node.body = expressions_.take();
  push(span, std::move(node));
}

void DeclarationBuilder::field_name(Span name) {
  field_name_ = text_of(name);
}

void DeclarationBuilder::field_string() {
  const ast::ExprPtr quoted = expressions_.take();
  field_name_.clear();
  for (const auto& part : std::get<ast::StringLiteral>(quoted->node).parts) {
    if (const auto* text = std::get_if<std::string>(&part)) field_name_ += *text;
  }
}

void DeclarationBuilder::field(Span span) {
  for (const ast::Input::Field& known : input_.fields) {
    if (known.name != field_name_) continue;
    Diagnostic error = context_.diagnostic(
        codes::kDuplicate, span, "the field `" + field_name_ + "` is declared twice", "keep one of them");
    error.related.push_back(context_.label(known.span, "the first one"));
    context_.report(std::move(error));
    return;
  }
  input_.fields.push_back({field_name_, kind_, span});
}

void DeclarationBuilder::input(Span span) {
  input_.type = std::move(declared_.back());
  push(span, std::move(input_));
  reset();
}

void DeclarationBuilder::output(Span span) {
  ast::Output node;
  node.types = std::move(declared_);
  push(span, std::move(node));
  reset();
}

}  // namespace krules::grammar
