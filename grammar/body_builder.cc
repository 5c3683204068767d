#include "body_builder.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "bare_types.h"
#include "literals.h"

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

struct ClauseText {
  std::string_view word;
  std::string_view help;  ///< where it belongs
};
/// In the order of ClauseWord.
constexpr auto kClauseTexts = std::to_array<ClauseText>({
    {"on", "leave it out"},
    {"with", "it belongs to `set`, `delete`, `emit` and `call`"},
    {"muted", "a `muted` or `direct` belongs to `set` and `delete`"},
    {"direct", "a `muted` or `direct` belongs to `set` and `delete`"},
    {"from", "it is for `set count += 1 from 0`"},
    {"after", "an event can wait: `emit reminder.due after 5m`, and a rule on that event does the rest"},
    {"key", "it names a timer: `emit light.off after 5m key \"off\"`"},
    {"reply", "it is for `call http.post(...) reply api.replied`"},
    {"timeout", "it is for `call http.post(...) timeout 5s`"},
    {"retry", "it is for `call http.post(...) retry 3 backoff 1s`"},
    {"backoff", "it is for `call http.post(...) retry 3 backoff 1s`"},
});

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
  arguments_.clear();
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
  keep_only({ClauseWord::kOn, ClauseWord::kWith, ClauseWord::kMuted, ClauseWord::kDirect, ClauseWord::kFrom},
            "`set`");
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
  keep_only({ClauseWord::kOn, ClauseWord::kWith, ClauseWord::kMuted, ClauseWord::kDirect}, "`set { ... }`");
  check_known_names(*value_);
  ast::SetMany node;
  node.map = std::move(value_);
  node.clauses = take_clauses();
  push(span, std::move(node));
}

void BodyBuilder::delete_target(Span span) {
  keep_only({ClauseWord::kOn, ClauseWord::kWith, ClauseWord::kMuted, ClauseWord::kDirect}, "`delete`");
  ast::Delete node;
  node.target = std::move(target_);
  node.clauses = take_clauses();
  push(span, std::move(node));
}

void BodyBuilder::delete_subject(Span span) {
  keep_only({ClauseWord::kOn, ClauseWord::kWith, ClauseWord::kMuted, ClauseWord::kDirect}, "`delete`");
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
  keep_only({ClauseWord::kOn, ClauseWord::kWith, ClauseWord::kAfter, ClauseWord::kKey}, "`emit`");
  const Span key = span_of_clause(ClauseWord::kKey);
  if (is_set(key) && clauses_.after == nullptr) {
    context_.report(context_.diagnostic(codes::kClause, context_.token_at(key.begin),
                                        "`key` names a timer, and without `after` there is none",
                                        "write `emit light.off after 5m key \"off\"`"));
  }
  ast::Emit node;
  node.type = std::move(type_);
  node.payload = std::move(payload_);
  node.clauses = take_clauses();
  push(span, std::move(node));
}

// ---------------------------------------------------------------- trailing clauses

void BodyBuilder::clause(ClauseWord word, Span span) {
  Span& known = clause_spans_[static_cast<size_t>(word)];
  if (is_set(known)) {
    Diagnostic error = context_.diagnostic(
        codes::kDuplicate, span, backquoted(kClauseTexts[static_cast<size_t>(word)].word) + " is given twice",
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
    case ClauseWord::kAfter:
      clauses_.after = expressions_.take();
      check_duration(context_, *clauses_.after, "after");
      return;
    case ClauseWord::kKey:
      clauses_.key = expressions_.take();
      return;
    case ClauseWord::kReply:
      reply_ = std::move(type_);
      return;
    case ClauseWord::kTimeout:
      timeout_ = expressions_.take();
      check_duration(context_, *timeout_, "timeout");
      return;
    case ClauseWord::kRetry:
      retry_ = expressions_.take();
      return;
    case ClauseWord::kBackoff:
      backoff_ = expressions_.take();
      check_duration(context_, *backoff_, "backoff");
      return;
  }
}

void BodyBuilder::keep_only(std::initializer_list<ClauseWord> words, std::string_view statement) {
  for (size_t i = 0; i < kClauseTexts.size(); ++i) {
    if (!is_set(clause_spans_[i])) continue;
    if (std::find(words.begin(), words.end(), static_cast<ClauseWord>(i)) != words.end()) continue;
    const Span first_word = context_.token_at(clause_spans_[i].begin);
    context_.report(
        context_.diagnostic(codes::kClause, first_word,
                            std::string(statement) + " has no " + backquoted(context_.text(first_word)),
                            std::string(kClauseTexts[i].help)));
  }
}

ast::Clauses BodyBuilder::take_clauses() {
  for (Span& span : clause_spans_) span = {};
  from_.reset();
  reply_.reset();
  timeout_.reset();
  retry_.reset();
  backoff_.reset();
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

void BodyBuilder::cancel(Span span) {
  keep_only({ClauseWord::kOn}, "`cancel`");
  ast::Cancel node;
  node.key = expressions_.take();
  node.clauses = take_clauses();
  push(span, std::move(node));
}

void BodyBuilder::call(Span span) {
  keep_only({ClauseWord::kOn, ClauseWord::kWith, ClauseWord::kReply, ClauseWord::kTimeout, ClauseWord::kRetry,
             ClauseWord::kBackoff},
            "`call`");
  if (backoff_ != nullptr && retry_ == nullptr) {
    context_.report(
        context_.diagnostic(codes::kClause, context_.token_at(span_of_clause(ClauseWord::kBackoff).begin),
                            "`backoff` is the pause between tries, and without `retry` there is one",
                            "write `retry 3 backoff 1s`"));
  }
  ast::CallAction node;
  node.action = std::string(context_.text(action_));
  node.action_span = action_;
  node.arguments = std::exchange(arguments_, {});
  node.reply = std::move(reply_);
  node.timeout = std::move(timeout_);
  node.retry = std::move(retry_);
  node.backoff = std::move(backoff_);
  node.clauses = take_clauses();
  push(span, std::move(node));
}

}  // namespace krules::grammar
