#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "bare_types.h"
#include "body_builder.h"

namespace krules::grammar {

/// Builds declarations. They do not nest, but for those in a module, so the one at hand is gathered in place.
class DeclarationBuilder {
 public:
  DeclarationBuilder(Context& context, ExpressionBuilder& expressions, BodyBuilder& bodies)
      : context_(context), expressions_(expressions), bodies_(bodies) {}

  /// Forgets what an unfinished declaration has left behind.
  void reset();
  /// A statement of the rule at hand is not whole, and is passed over.
  void skip_statement(Span span) { rule_.skipped.push_back(span); }
  /// The declaration that begins with these two words is not whole.
  void skip_declaration(std::string_view word, std::string_view name);

  struct Mark {
    size_t declarations;
    bool in_module;
  };
  Mark mark() const { return {declarations.size(), in_module_}; }
  void rewind(const Mark& mark);
  bool in_module() const { return in_module_; }

  // rules
  void begin_rule(uint32_t offset);
  void rule_name(Span name) { name_ = name; }
  void open_on(Span word);
  void group(ast::Trigger::Kind kind, Span span);
  void open_of() { in_subjects_ = true; }
  void close_of() { in_subjects_ = false; }
  void bare_pattern(Span run);
  void quoted_pattern();
  void close_on(uint32_t end);
  void head_let() { rule_.head.emplace_back(bodies_.take_let()); }
  void open_clock(ast::Trigger::Kind kind, Span word);
  void interval();
  void clock_time() { rule_.triggers.back().at = expressions_.take(); }
  void zone() { rule_.triggers.back().zone = expressions_.take(); }
  void close_clock(uint32_t end) { rule_.triggers.back().span.end = end; }
  void when(Span span);
  void allow_cycle(Span span);
  void end_head(uint32_t end) { rule_.head_span.end = end; }
  void rule(Span span);

  // the others
  void name(Span span) { name_ = span; }
  void parameter(Span span);
  void constant(Span span);
  void kind(Span span);
  void default_value() { default_value_ = expressions_.take(); }
  void param(Span span);
  void function(Span span);
  void begin_input() { declared_.clear(); }
  void field_name(Span name);
  void field_string();
  void field(Span span);
  void has_fields() { input_.has_fields = true; }
  void input_subject() { input_.subject = expressions_.take(); }
  void input(Span span);
  void output(Span span);

  // middleware, gates, modules, tests
  void open_parameter(Span name);
  void parameter_kind() { module_parameters_.back().kind = kind_; }
  void module_parameter() { module_parameters_.back().default_value = std::move(default_value_); }
  void begin_wrapper(ast::Wrapper::Kind kind, uint32_t offset);
  void wrapper(Span span);
  /// A `next`: it has a meaning in middleware alone.
  void check_next(Span word);
  void begin_module(Span word);
  void open_module();
  void module(Span span);
  void begin_use();
  void use_name(Span name);
  void use(Span span);
  void secret(Span span);
  void begin_test();
  /// The newest pattern that stands outside of a head.
  ast::Pattern take_pattern();
  Span named() const { return name_; }
  void test(Span span, ast::Test test);

  std::vector<ast::Declaration> declarations;
  std::vector<std::string> unparsed;

 private:
  template <typename Node>
  void push(Span span, Node node) {
    check_member<Node>(span);
    declarations.push_back({span, context_.doc_above(span.begin), std::move(node)});
  }
  /// What can stand in a module.
  template <typename Node>
  void check_member(Span span) const {
    constexpr bool kFits = std::is_same_v<Node, ast::Rule> || std::is_same_v<Node, ast::Wrapper> ||
                           std::is_same_v<Node, ast::Const> || std::is_same_v<Node, ast::Fn>;
    if (!kFits && in_module_) refuse_in_module(context_.token_at(span.begin));
  }
  void refuse_in_module(Span word) const;
  void waits_for(bool clock, Span word);
  std::string text_of(Span span) const { return std::string(context_.text(span)); }
  void add_pattern(ast::Pattern pattern);

  Context& context_;
  ExpressionBuilder& expressions_;
  BodyBuilder& bodies_;

  Span name_;
  ast::Rule rule_;
  Span first_on_;
  bool waits_for_clock_ = false;
  bool waits_for_both_ = false;
  size_t on_first_group_ = 0;
  bool in_rule_ = false;
  bool in_subjects_ = false;
  bool in_test_ = false;
  std::optional<ast::Wrapper::Kind> wrapper_;
  std::vector<ast::ModuleParameter> module_parameters_;
  Span use_name_;
  bool in_module_ = false;
  size_t first_member_ = 0;
  ast::ModuleDecl module_;
  std::vector<ast::Pattern> declared_;
  std::vector<ast::Fn::Parameter> parameters_;
  ast::KindSpec kind_;
  ast::ExprPtr default_value_;
  ast::Input input_;
  std::string field_name_;
};

}  // namespace krules::grammar
