#include "declaration_builder.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "literals.h"

namespace krules::grammar {

void DeclarationBuilder::reset() {
  name_ = {};
  rule_ = {};
  first_on_ = {};
  in_rule_ = false;
  in_subjects_ = false;
  waits_for_clock_ = false;
  waits_for_both_ = false;
  in_test_ = false;
  wrapper_.reset();
  module_parameters_.clear();
  use_name_ = {};
  declared_.clear();
  parameters_.clear();
  kind_ = {};
  default_value_.reset();
  input_ = {};
}

void DeclarationBuilder::rewind(const Mark& mark) {
  declarations.erase(declarations.begin() + static_cast<ptrdiff_t>(mark.declarations), declarations.end());
  in_module_ = mark.in_module;
}

void DeclarationBuilder::skip_declaration(std::string_view word, std::string_view name) {
  // Those of other languages are meant as one of these, too.
  constexpr std::string_view kNaming[] = {"const", "param", "fn", "let", "var", "def", "func", "function"};
  if (std::find(std::begin(kNaming), std::end(kNaming), word) != std::end(kNaming))
    unparsed.emplace_back(name);
}

// ---------------------------------------------------------------- rules

void DeclarationBuilder::begin_rule(uint32_t offset) {
  reset();
  in_rule_ = true;
  rule_.head_span.begin = offset;
}

void DeclarationBuilder::open_on(Span word) {
  waits_for(false, word);
  on_first_group_ = rule_.triggers.size();
}

/// A rule waits for events or for the clock.
void DeclarationBuilder::waits_for(bool clock, Span word) {
  if (first_on_.end == 0) {
    first_on_ = word;
    waits_for_clock_ = clock;
  }
  if (waits_for_clock_ == clock || waits_for_both_) return;
  waits_for_both_ = true;
  Diagnostic error =
      context_.diagnostic(codes::kClause, word, "a rule waits for events or for the clock, not for both",
                          "make two rules; what both do can be a third one, on an event that they emit");
  error.related.push_back(context_.label(first_on_, waits_for_clock_ ? "the clock" : "events"));
  context_.report(std::move(error));
}

void DeclarationBuilder::open_clock(ast::Trigger::Kind kind, Span word) {
  waits_for(true, word);
  group(kind, word);
}

void DeclarationBuilder::interval() {
  ast::ExprPtr value = expressions_.take();
  check_duration(context_, *value, "every");
  rule_.triggers.back().every = std::move(value);
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
  RunUse use = in_test_ ? RunUse::kExpectedType : RunUse::kDeclaredType;
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
      // Of a module's parameter, put in where the module is used.
      const auto* name = std::get_if<ast::Name>(&std::get<ast::ExprPtr>(part)->node);
      if (name != nullptr && in_module()) {
        pattern.text += "{" + name->name + "}";
        pattern.has_parameters = true;
        continue;
      }
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

// ---------------------------------------------------------------- middleware, gates, modules, tests

void DeclarationBuilder::open_parameter(Span name) {
  for (const ast::ModuleParameter& known : module_parameters_) {
    if (known.name != context_.text(name)) continue;
    Diagnostic error = context_.diagnostic(codes::kDuplicate, name,
                                           "the parameter " + backquoted(known.name) + " is declared twice",
                                           "keep one of them");
    error.related.push_back(context_.label(known.span, "the first one"));
    context_.report(std::move(error));
  }
  default_value_.reset();
  module_parameters_.push_back({text_of(name), name, std::nullopt, nullptr});
}

void DeclarationBuilder::begin_wrapper(ast::Wrapper::Kind kind, uint32_t offset) {
  begin_rule(offset);
  wrapper_ = kind;
}

void DeclarationBuilder::wrapper(Span span) {
  ast::Wrapper node;
  node.kind = *wrapper_;
  node.name = text_of(name_);
  node.name_span = name_;
  node.head_span = rule_.head_span;
  node.parameters = std::move(module_parameters_);
  node.triggers = std::move(rule_.triggers);
  node.head = std::move(rule_.head);
  node.allow_cycle = std::move(rule_.allow_cycle);
  node.allow_cycle_span = rule_.allow_cycle_span;
  node.body = bodies_.take_block();
  node.skipped = std::move(rule_.skipped);
  push(span, std::move(node));
  reset();
}

void DeclarationBuilder::check_next(Span word) {
  if (wrapper_ == ast::Wrapper::Kind::kMiddleware) return;
  context_.report(wrapper_ ? context_.diagnostic(codes::kMisplaced, word,
                                                 "a gate has no `next`: where it ends, the event goes on",
                                                 "`stop` drops the event; to run something around each rule, "
                                                 "make it a `middleware`")
                           : context_.diagnostic(codes::kMisplaced, word,
                                                 "`next` has a meaning in middleware alone",
                                                 "it runs the rule that the middleware stands around: "
                                                 "`middleware name on * { next }`"));
}

void DeclarationBuilder::begin_module(Span word) {
  if (in_module_) refuse_in_module(word);
  reset();
}

void DeclarationBuilder::open_module() {
  module_ = {};
  module_.name = text_of(name_);
  module_.name_span = name_;
  module_.parameters = std::move(module_parameters_);
  reset();
  in_module_ = true;
  first_member_ = declarations.size();
}

void DeclarationBuilder::module(Span span) {
  const auto first = declarations.begin() + static_cast<ptrdiff_t>(first_member_);
  module_.declarations.assign(std::make_move_iterator(first), std::make_move_iterator(declarations.end()));
  declarations.erase(first, declarations.end());
  in_module_ = false;
  push(span, std::move(module_));
}

void DeclarationBuilder::refuse_in_module(Span word) const {
  const std::string_view text = context_.text(word);
  std::string_view help = "put it outside: a module has rules, gates, middleware, constants and functions";
  if (text == "param")
    help = "a module has parameters of its own: `module name(debug: bool = false) { ... }`";
  context_.fail(codes::kMisplaced, word, backquoted(text) + " cannot stand in a module", std::string(help));
}

void DeclarationBuilder::begin_use() {
  reset();
  in_rule_ = true;
}

void DeclarationBuilder::use_name(Span name) {
  if (use_name_.end != 0) {
    Diagnostic error =
        context_.diagnostic(codes::kDuplicate, name, "`as` is given twice", "keep one of them");
    error.related.push_back(context_.label(use_name_, "the first one"));
    context_.report(std::move(error));
  }
  use_name_ = name;
}

void DeclarationBuilder::use(Span span) {
  ast::Use node;
  node.path = text_of(name_);
  node.path_span = name_;
  node.arguments = bodies_.given_arguments();
  node.triggers = std::move(rule_.triggers);
  node.head = std::move(rule_.head);
  node.as_name = text_of(use_name_);
  node.as_span = use_name_;
  push(span, std::move(node));
  reset();
}

void DeclarationBuilder::secret(Span span) {
  push(span, ast::Secret{text_of(name_), name_});
}

void DeclarationBuilder::begin_test() {
  reset();
  in_test_ = true;
}

ast::Pattern DeclarationBuilder::take_pattern() {
  ast::Pattern pattern = std::move(declared_.back());
  declared_.clear();
  return pattern;
}

void DeclarationBuilder::test(Span span, ast::Test test) {
  push(span, std::move(test));
  reset();
}

}  // namespace krules::grammar
