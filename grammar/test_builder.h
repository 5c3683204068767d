#pragma once

#include "declaration_builder.h"

namespace krules::grammar {

/// Builds the steps of a test. They do not nest, so the one at hand is gathered in place.
class TestBuilder {
 public:
  TestBuilder(Context& context, ExpressionBuilder& expressions, BodyBuilder& bodies,
              DeclarationBuilder& declarations)
      : context_(context), expressions_(expressions), bodies_(bodies), declarations_(declarations) {}

  void begin_test() { test_ = {}; }
  void name();
  ast::Test take() { return std::move(test_); }
  /// A step of the test at hand is not whole, and is passed over.
  void skip_step(Span span) { test_.skipped.push_back(span); }

  // the parts of a step
  void begin_step();
  void negate() { negated_ = true; }
  void times(Span span);
  void properties() { properties_ = expressions_.take(); }
  void extended() { extended_ = expressions_.take(); }
  void failed_rule(Span run);
  void failed_string();

  // the steps
  void given(Span span);
  void send(Span span);
  void advance(Span span);
  void expect_emitted(Span span);
  void expect_called(Span span);
  void expect_failed(Span span);
  void expect_true(Span span);
  void let(Span span);
  void set_param(Span span);
  void reply(Span span);

 private:
  template <typename Node>
  void push(Span span, Node node) {
    test_.steps.push_back({span, std::move(node)});
  }
  std::string text_of(Span span) const { return std::string(context_.text(span)); }
  std::string plain_text(std::string_view what);

  Context& context_;
  ExpressionBuilder& expressions_;
  BodyBuilder& bodies_;
  DeclarationBuilder& declarations_;

  ast::Test test_;
  bool negated_ = false;
  ast::ExprPtr times_;
  Span times_span_;
  ast::ExprPtr properties_;
  ast::ExprPtr extended_;
  std::string failed_;
  Span failed_span_;
};

}  // namespace krules::grammar
