#pragma once

#include <initializer_list>
#include <vector>

#include "expression_builder.h"

namespace krules::grammar {

/// Builds statements and blocks. Simple statements do not nest, so their parts are gathered in one place;
/// names and blocks of nested ones are stacked.
class BodyBuilder {
 public:
  BodyBuilder(Context& context, ExpressionBuilder& expressions)
      : context_(context), expressions_(expressions) {}

  struct Mark {
    size_t open, done, bindings;
  };
  Mark mark() const { return {open_.size(), done_.size(), bindings_.size()}; }
  void rewind(const Mark& mark);

  // blocks
  void open_block();
  void close_block(Span span);
  ast::Block take_block();

  // set and delete
  void begin_target(Span at);
  void target_scope(ast::Target::Kind kind) { target_.kind = kind; }
  void target_word(Span name);
  void scoped_word(Span name);
  void target_string();
  void target_path(Span name);
  void target_path_key();
  void end_target(uint32_t end) { target_.span.end = end; }
  void assign_op(ast::AssignOp op, Span span);
  void value() { value_ = expressions_.take(); }
  void set(Span span);
  void set_many(Span span);
  void delete_target(Span span);
  void delete_subject(Span span);

  // emit
  void bare_type(Span run);
  void quoted_type();
  void payload() { payload_ = expressions_.take(); }
  void emit(Span span);

  // trailing clauses
  enum class ClauseWord : uint8_t {
    kOn,
    kWith,
    kMuted,
    kDirect,
    kFrom,
    kAfter,
    kKey,
    kReply,
    kTimeout,
    kRetry,
    kBackoff,
  };
  void clause(ClauseWord word, Span span);

  // what the steps of a test take over
  ast::ExprPtr take_type() { return std::move(type_); }
  ast::ExprPtr take_payload() { return std::move(payload_); }
  ast::Clauses take_clauses();
  Span taken_action() const { return action_; }
  std::vector<ast::Argument> given_arguments() { return std::move(arguments_); }

  // the others
  void binding(Span name);
  void no_binding() { bindings_.push_back({}); }
  void let(Span span);
  ast::Let take_let();
  void foreign_else_if(Span word);
  void mark_else() { has_else_ = true; }
  void if_statement(Span span);
  void for_statement(Span span);
  void try_statement(Span span);
  void fail_statement(Span span, bool cascade);
  void stop(Span span) { push(span, ast::Stop{}); }
  void log_level(Span word);
  void log(Span span);
  void as_statement(Span span);
  void next(Span span) { push(span, ast::Next{}); }
  void cancel(Span span);
  void action(Span name) { action_ = name; }
  void arguments() { arguments_ = expressions_.take_arguments(); }
  void call(Span span);

 private:
  template <typename Node>
  void push(Span span, Node node) {
    open_.back().statements.push_back({span, std::move(node)});
  }
  void check_known_names(const ast::Expr& map) const;
  Span span_of_clause(ClauseWord word) const { return clause_spans_[static_cast<size_t>(word)]; }
  /// Reports the clauses that do not belong to the statement.
  void keep_only(std::initializer_list<ClauseWord> words, std::string_view statement);

  Context& context_;
  ExpressionBuilder& expressions_;
  std::vector<ast::Block> open_;
  std::vector<ast::Block> done_;
  std::vector<Span> bindings_;
  bool has_else_ = false;

  ast::Target target_;
  ast::AssignOp assign_op_ = ast::AssignOp::kAssign;
  Span assign_span_;
  ast::ExprPtr value_;
  ast::ExprPtr from_;
  ast::ExprPtr type_;
  ast::ExprPtr payload_;
  ast::Clauses clauses_;
  Span clause_spans_[11];
  Span action_;
  std::vector<ast::Argument> arguments_;
  ast::ExprPtr reply_;
  ast::ExprPtr timeout_;
  ast::ExprPtr retry_;
  ast::ExprPtr backoff_;
  ast::LogLevel log_level_ = ast::LogLevel::kInfo;
};

}  // namespace krules::grammar
