#include "test_builder.h"

#include <algorithm>
#include <utility>

#include "literals.h"

namespace krules::grammar {

/// The newest string, which is to be fixed text.
std::string TestBuilder::plain_text(std::string_view what) {
  const ast::ExprPtr quoted = expressions_.take();
  std::string text;
  for (const auto& part : std::get<ast::StringLiteral>(quoted->node).parts) {
    if (const auto* plain = std::get_if<std::string>(&part)) {
      text += *plain;
      continue;
    }
    context_.report(context_.diagnostic(codes::kInterpolation, quoted->span,
                                        std::string(what) + " is fixed text, it cannot interpolate",
                                        "a brace of the text is written `\\{`"));
    break;
  }
  return text;
}

void TestBuilder::name() {
  test_.name_span = expressions_.top().span;
  test_.name = plain_text("the name of a test");
}

void TestBuilder::begin_step() {
  negated_ = false;
  times_.reset();
  times_span_ = {};
  properties_.reset();
  extended_.reset();
}

void TestBuilder::times(Span span) {
  if (times_ != nullptr) {
    Diagnostic error =
        context_.diagnostic(codes::kDuplicate, span, "`times` is given twice", "keep one of them");
    error.related.push_back(context_.label(times_span_, "the first one"));
    context_.report(std::move(error));
  }
  times_ = expressions_.take();
  times_span_ = span;
}

void TestBuilder::failed_rule(Span run) {
  failed_ = text_of(run);
  failed_span_ = run;
}

void TestBuilder::failed_string() {
  failed_span_ = expressions_.top().span;
  failed_ = plain_text("the name of a rule");
}

void TestBuilder::given(Span span) {
  ast::Given node;
  node.properties = std::move(properties_);
  node.extended = std::move(extended_);
  node.subject = expressions_.take();
  push(span, std::move(node));
}

void TestBuilder::send(Span span) {
  ast::Send node;
  node.type = bodies_.take_type();
  node.payload = bodies_.take_payload();
  node.clauses = bodies_.take_clauses();
  push(span, std::move(node));
}

void TestBuilder::advance(Span span) {
  ast::Advance node{expressions_.take()};
  check_duration(context_, *node.by, "advance");
  push(span, std::move(node));
}

void TestBuilder::expect_emitted(Span span) {
  ast::ExpectEmitted node;
  node.negated = negated_;
  node.type = declarations_.take_pattern();
  node.payload = bodies_.take_payload();
  node.on = bodies_.take_clauses().on;
  node.times = std::move(times_);
  push(span, std::move(node));
}

void TestBuilder::expect_called(Span span) {
  ast::ExpectCalled node;
  node.negated = negated_;
  node.action_span = bodies_.taken_action();
  node.action = text_of(node.action_span);
  node.arguments = bodies_.take_payload();
  node.times = std::move(times_);
  push(span, std::move(node));
}

void TestBuilder::expect_failed(Span span) {
  push(span, ast::ExpectFailed{negated_, std::exchange(failed_, {}), failed_span_});
}

void TestBuilder::expect_true(Span span) {
  push(span, ast::ExpectTrue{expressions_.take()});
}

void TestBuilder::let(Span span) {
  push(span, bodies_.take_let());
}

void TestBuilder::set_param(Span span) {
  const Span name = declarations_.named();
  const bool late = std::any_of(test_.steps.begin(), test_.steps.end(), [](const ast::TestStep& step) {
    return !std::holds_alternative<ast::SetParam>(step.node);
  });
  if (late) {
    context_.report(context_.diagnostic(codes::kMisplaced, context_.token_at(span.begin),
                                        "a parameter has its value from the start of the test on",
                                        "put this `param` before the other steps"));
  }
  push(span, ast::SetParam{text_of(name), name, expressions_.take()});
}

void TestBuilder::reply(Span span) {
  ast::Reply node;
  node.action_span = bodies_.taken_action();
  node.action = text_of(node.action_span);
  node.answer = expressions_.take();
  push(span, std::move(node));
}

}  // namespace krules::grammar
