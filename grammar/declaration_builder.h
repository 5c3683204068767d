#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bare_types.h"
#include "body_builder.h"

namespace krules::grammar {

/// Builds declarations. They do not nest, so the one at hand is gathered in place.
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

  std::vector<ast::Declaration> declarations;
  std::vector<std::string> unparsed;

 private:
  template <typename Node>
  void push(Span span, Node node) {
    declarations.push_back({span, context_.doc_above(span.begin), std::move(node)});
  }
  std::string text_of(Span span) const { return std::string(context_.text(span)); }
  void add_pattern(ast::Pattern pattern);

  Context& context_;
  ExpressionBuilder& expressions_;
  BodyBuilder& bodies_;

  Span name_;
  ast::Rule rule_;
  Span first_on_;
  size_t on_first_group_ = 0;
  bool in_rule_ = false;
  bool in_subjects_ = false;
  std::vector<ast::Pattern> declared_;
  std::vector<ast::Fn::Parameter> parameters_;
  ast::KindSpec kind_;
  ast::ExprPtr default_value_;
  ast::Input input_;
  std::string field_name_;
};

}  // namespace krules::grammar
