#include "body_builder.h"

#include <array>
#include <iterator>
#include <utility>

#include "bare_types.h"

namespace krules::grammar {

namespace {

bool is_set(Span span) {
  return span.end != 0;
}

bool is_plain_text(const ast::Expr& expr) {
  const auto* literal = std::get_if<ast::StringLiteral>(&expr.node);
  if (literal == nullptr) return false;
  for (const auto& part : literal->parts) {
    if (!std::holds_alternative<std::string>(part)) return false;
  }
  return true;
}

}  // namespace

void BodyBuilder::rewind(const Mark& mark) {
  open_.erase(open_.begin() + static_cast<ptrdiff_t>(mark.open), open_.end());
  done_.erase(done_.begin() + static_cast<ptrdiff_t>(mark.done), done_.end());
  bindings_.resize(mark.bindings);
  has_else_ = false;
  target_ = {};
  value_.reset();
  from_.reset();
  type_.reset();
  payload_.reset();
  take_clauses();
}

// ---------------------------------------------------------------- blocks

void BodyBuilder::open_block() {
  open_.emplace_back();
}

void BodyBuilder::close_block(Span span) {
  open_.back().span = span;
  done_.push_back(std::move(open_.back()));
  open_.pop_back();
}

ast::Block BodyBuilder::take_block() {
  ast::Block block = std::move(done_.back());
  done_.pop_back();
  return block;
}

// ---------------------------------------------------------------- set and delete

void BodyBuilder::begin_target(Span at) {
  target_ = {};
  target_.span = at;
}

void BodyBuilder::target_word(Span name) {
  const std::string_view text = context_.text(name);
  if (text == "subject" || text == "ext" || text == "meta") {
    const std::string word(text);
    context_.report(context_.diagnostic(
        codes::kTarget, name, backquoted(word) + " alone names no property",
        text == "subject"
            ? "name the property itself: `set total = 1`; one that is called `subject` is quoted"
            : "name what it holds: `" + word + ".name`; a property that is called `" + word + "` is quoted"));
  }
  scoped_word(name);
}

void BodyBuilder::scoped_word(Span name) {
  expressions_.word(name);
  target_.name = expressions_.take();
}

void BodyBuilder::target_string() {
  target_.name = expressions_.take();
}

void BodyBuilder::target_path(Span name) {
  target_.path.emplace_back(context_.text(name));
}

void BodyBuilder::target_path_key() {
  const ast::ExprPtr key = expressions_.take();
  if (!is_plain_text(*key)) {
    context_.report(
        context_.diagnostic(codes::kTarget, key->span, "the path of a target is fixed text",
                            "compute the whole value and set the property, with `merge` or a map"));
    return;
  }
  const auto& parts = std::get<ast::StringLiteral>(key->node).parts;
  target_.path.push_back(parts.empty() ? std::string{} : std::get<std::string>(parts[0]));
}

void BodyBuilder::assign_op(ast::AssignOp op, Span span) {
  assign_op_ = op;
  assign_span_ = span;
}

void BodyBuilder::set(Span span) {
  if (is_set(span_of_clause(ClauseWord::kFrom)) &&
      (assign_op_ == ast::AssignOp::kAssign || assign_op_ == ast::AssignOp::kIfNull)) {
    context_.report(context_.diagnostic(codes::kClause, span_of_clause(ClauseWord::kFrom),
                                        "`from` belongs to `+=`, `-=`, `*=` and `++=`",
                                        "it is the value to start from where the property is absent; `" +
                                            std::string(context_.text(assign_span_)) + "` needs none"));
  }
  ast::Set node;
  node.target = std::move(target_);
  node.op = assign_op_;
  node.value = std::move(value_);
  node.from = std::move(from_);
  node.clauses = take_clauses();
  push(span, std::move(node));
}

void BodyBuilder::check_known_names(const ast::Expr& map) const {
  for (const auto& entry : std::get<ast::MapLiteral>(map.node).entries) {
    if (entry.kind == ast::MapLiteral::EntryKind::kSpread) {
      context_.fail(codes::kMapEntry, entry.span,
                    "`set { ... }` names each property itself, it takes no `...`",
                    "to keep a whole map, give it a property: `set data = payload`");
    }
    if (!is_plain_text(*entry.key)) {
      context_.fail(codes::kMapEntry, entry.key->span, "the names in `set { ... }` are fixed text",
                    "set a computed name by itself: `set \"field{i}\" = i`");
    }
  }
}

void BodyBuilder::set_many(Span span) {
  refuse_clause(ClauseWord::kFrom, "`set { ... }`", "it is for `set count += 1 from 0`");
  check_known_names(*value_);
  ast::SetMany node;
  node.map = std::move(value_);
  node.clauses = take_clauses();
  push(span, std::move(node));
}

void BodyBuilder::delete_target(Span span) {
  refuse_clause(ClauseWord::kFrom, "`delete`", "it is for `set count += 1 from 0`");
  ast::Delete node;
  node.target = std::move(target_);
  node.clauses = take_clauses();
  push(span, std::move(node));
}

void BodyBuilder::delete_subject(Span span) {
  refuse_clause(ClauseWord::kFrom, "`delete`", "it is for `set count += 1 from 0`");
  ast::DeleteSubject node;
  node.clauses = take_clauses();
  push(span, std::move(node));
}

// ---------------------------------------------------------------- emit

void BodyBuilder::bare_type(Span run) {
  check_emitted_type(context_, run);
  expressions_.word(run);
  type_ = expressions_.take();
}

void BodyBuilder::quoted_type() {
  type_ = expressions_.take();
}

void BodyBuilder::emit(Span span) {
  const std::string_view help = "a `muted` or `direct` belongs to `set` and `delete`";
  refuse_clause(ClauseWord::kMuted, "`emit`", help);
  refuse_clause(ClauseWord::kDirect, "`emit`", help);
  refuse_clause(ClauseWord::kFrom, "`emit`", "it is for `set count += 1 from 0`");
  ast::Emit node;
  node.type = std::move(type_);
  node.payload = std::move(payload_);
  node.clauses = take_clauses();
  push(span, std::move(node));
}

// ---------------------------------------------------------------- trailing clauses

void BodyBuilder::clause(ClauseWord word, Span span) {
  constexpr auto kWords = std::to_array<std::string_view>({"on", "with", "muted", "direct", "from"});
  Span& known = clause_spans_[static_cast<size_t>(word)];
  if (is_set(known)) {
    Diagnostic error = context_.diagnostic(codes::kDuplicate, span,
                                           backquoted(kWords[static_cast<size_t>(word)]) + " is given twice",
                                           "keep one of them");
    error.related.push_back(context_.label(known, "the first one"));
    context_.report(std::move(error));
  }
  if (clauses_.span.end == 0) clauses_.span.begin = span.begin;
  clauses_.span.end = span.end;
  known = span;
  switch (word) {
    case ClauseWord::kOn:
      clauses_.on = expressions_.take();
      return;
    case ClauseWord::kWith:
      clauses_.with = expressions_.take();
      return;
    case ClauseWord::kMuted:
      clauses_.muted = true;
      return;
    case ClauseWord::kDirect:
      clauses_.direct = true;
      return;
    case ClauseWord::kFrom:
      from_ = expressions_.take();
      return;
  }
}

void BodyBuilder::refuse_clause(ClauseWord word, std::string_view statement, std::string_view help) {
  const Span span = span_of_clause(word);
  if (!is_set(span)) return;
  const Span first_word = context_.token_at(span.begin);
  context_.report(
      context_.diagnostic(codes::kClause, first_word,
                          std::string(statement) + " has no `" + std::string(context_.text(first_word)) + "`",
                          std::string(help)));
}

ast::Clauses BodyBuilder::take_clauses() {
  for (Span& span : clause_spans_) span = {};
  from_.reset();
  return std::exchange(clauses_, ast::Clauses{});
}

// ---------------------------------------------------------------- the others

void BodyBuilder::binding(Span name) {
  bindings_.push_back(name);
}

ast::Let BodyBuilder::take_let() {
  ast::Let node;
  node.name_span = bindings_.back();
  node.name = std::string(context_.text(node.name_span));
  bindings_.pop_back();
  node.value = expressions_.take();
  return node;
}

void BodyBuilder::let(Span span) {
  push(span, take_let());
}

void BodyBuilder::foreign_else_if(Span word) {
  context_.report(context_.diagnostic(codes::kForeignStatement, word,
                                      backquoted(context_.text(word)) + " is written `else if`",
                                      "write `else if`"));
}

void BodyBuilder::if_statement(Span span) {
  ast::If node;
  node.has_else = std::exchange(has_else_, false);
  if (node.has_else) node.else_block = take_block();
  node.then_block = take_block();
  node.condition = expressions_.take();
  push(span, std::move(node));
}

void BodyBuilder::for_statement(Span span) {
  ast::For node;
  node.second_span = bindings_.back();
  bindings_.pop_back();
  node.first_span = bindings_.back();
  bindings_.pop_back();
  node.first = std::string(context_.text(node.first_span));
  node.second = std::string(context_.text(node.second_span));
  node.sequence = expressions_.take();
  node.body = take_block();
  push(span, std::move(node));
}

void BodyBuilder::try_statement(Span span) {
  ast::Try node;
  node.handler = take_block();
  node.body = take_block();
  node.error_span = bindings_.back();
  bindings_.pop_back();
  node.error_name = std::string(context_.text(node.error_span));
  push(span, std::move(node));
}

void BodyBuilder::fail_statement(Span span, bool cascade) {
  ast::Fail node;
  node.cascade = cascade;
  node.reason = expressions_.take();
  push(span, std::move(node));
}

void BodyBuilder::log_level(Span word) {
  const std::string_view text = context_.text(word);
  if (text == "debug") {
    log_level_ = ast::LogLevel::kDebug;
  } else if (text == "info") {
    log_level_ = ast::LogLevel::kInfo;
  } else if (text == "warn") {
    log_level_ = ast::LogLevel::kWarn;
  } else if (text == "error") {
    log_level_ = ast::LogLevel::kError;
  } else {
    const std::string_view near = text == "warning" || text == "warnings"
                                      ? std::string_view("warn")
                                      : nearest_name(text, {"debug", "info", "warn", "error"});
    std::string help = "the levels are `debug`, `info`, `warn` and `error`";
    if (!near.empty()) help = "did you mean `" + std::string(near) + "`? " + help;
    context_.fail(codes::kUnexpected, word, backquoted(text) + " is not a log level", help);
  }
}

void BodyBuilder::log(Span span) {
  ast::Log node;
  node.level = log_level_;
  node.data = std::move(payload_);
  node.message = expressions_.take();
  push(span, std::move(node));
}

void BodyBuilder::as_statement(Span span) {
  ast::As node;
  node.subject = expressions_.take();
  node.body = take_block();
  push(span, std::move(node));
}

}  // namespace krules::grammar
