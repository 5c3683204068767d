#include <fmt/format.h>

#include "krules/json.h"
#include "statements.h"

namespace krules {

namespace {

// The place of a statement, for errors that are raised at nodes.
Node place_of(const StmtNode& statement) {
  Node node;
  node.span = statement.span;
  node.source = statement.source;
  return node;
}

Flow run_let(const StmtNode& statement, Frame& frame) {
  const auto& self = static_cast<const LetStmt&>(statement);
  const Value value = self.value->eval(*self.value, frame);
  if (value.is_error()) return fail_with(statement, frame, value);
  frame.locals[self.slot] = value;
  return Flow::kNext;
}

Flow run_if(const StmtNode& statement, Frame& frame) {
  const auto& self = static_cast<const IfStmt&>(statement);
  switch (self.condition->truth(*self.condition, frame)) {
    case Truth::kTrue:
      return run_block(self.then_block, frame);
    case Truth::kFalse:
      return run_block(self.else_block, frame);
    case Truth::kError:
      break;
  }
  return fail_with(statement, frame, frame.failure);
}

Flow run_turn(const ForStmt& self, Frame& frame, const Value& first, const Value& second) {
  if (!take_steps(frame, 1)) return fail_with(self, frame, budget_error(frame));
  frame.locals[self.first] = first;
  if (self.second != ForStmt::kNone) frame.locals[self.second] = second;
  return run_block(self.body, frame);
}

Flow run_for(const StmtNode& statement, Frame& frame) {
  const auto& self = static_cast<const ForStmt&>(statement);
  const Value sequence = self.sequence->eval(*self.sequence, frame);
  if (sequence.is_error()) return fail_with(statement, frame, sequence);
  if (sequence.is(ValueKind::kList)) {
    int64_t number = 0;
    for (const Value& item : sequence.as_list().items()) {
      const bool numbered = self.second != ForStmt::kNone;
      const Value index = Value::integer(number++);
      const Flow flow = run_turn(self, frame, numbered ? index : item, item);
      if (flow != Flow::kNext) return flow;
    }
    return Flow::kNext;
  }
  if (sequence.is(ValueKind::kMap)) {
    for (const MapRep::Entry& entry : sequence.as_map().entries()) {
      const Flow flow = run_turn(self, frame, Value::string_view(entry.key->text()), entry.value);
      if (flow != Flow::kNext) return flow;
    }
    return Flow::kNext;
  }
  std::string message = fmt::format("`for` goes through a list or a map, got {}", kind_name(sequence.kind()));
  if (sequence.is_null()) message += ": where it may be absent, write `?? []` behind it";
  frame.failure = make_error(frame, *self.sequence, error_kind::kKind, message);
  return Flow::kFail;
}

Flow run_fail(const StmtNode& statement, Frame& frame) {
  const auto& self = static_cast<const FailStmt&>(statement);
  const Value reason = self.reason->eval(*self.reason, frame);
  if (reason.is_error()) return fail_with(statement, frame, reason);
  if (!can_be_kept(statement, frame, reason)) return Flow::kFail;
  frame.scratch.clear();
  append_display(frame.scratch, reason);
  frame.failure = self.cascade
                      ? make_fatal_error(frame, self.span, self.source, error_kind::kCascade, frame.scratch)
                      : make_error(frame, place_of(self), error_kind::kFail, frame.scratch);
  return Flow::kFail;
}

Value caught(const TryStmt& self, Frame& frame) {
  const ErrorRep& error = frame.failure.as_error();
  const auto& sources = frame.program->sources();
  int64_t line = 0;
  if (error.source < sources.size()) line = sources[error.source]->position(error.span.begin).line;
  MapBuilder map(*frame.arena, 4);
  map.add(self.keys[0], Value::string_view(error.message));
  map.add(self.keys[1], Value::string_view(error.kind));
  // What failed inside `next` is the rule, as far as anybody outside cares.
  const CompiledRule& rule = frame.next_failed ? frame.chain->wrapped_rule() : *frame.rule;
  map.add(self.keys[2], Value::string_view(rule.name));
  map.add(self.keys[3], Value::integer(line));
  return map.finish();
}

Flow run_try(const StmtNode& statement, Frame& frame) {
  const auto& self = static_cast<const TryStmt&>(statement);
  Subject* const subject = frame.subject;
  const size_t savepoint = frame.host->savepoint();
  const Flow flow = run_block(self.body, frame);
  if (flow != Flow::kFail || frame.failure.as_error().fatal) return flow;
  // Where `next` failed, what it ran is undone already; what other middleware did there stays.
  if (!frame.next_failed) frame.host->rollback(savepoint);
  frame.subject = subject;
  frame.locals[self.error_slot] = caught(self, frame);
  frame.next_failed = false;
  frame.failure = Value::null();
  return run_block(self.handler, frame);
}

Flow run_stop(const StmtNode&, Frame&) {
  return Flow::kStop;
}

Flow run_log(const StmtNode& statement, Frame& frame) {
  const auto& self = static_cast<const LogStmt&>(statement);
  const Value message = self.message->eval(*self.message, frame);
  if (message.is_error()) return fail_with(statement, frame, message);
  Value data;
  if (self.data != nullptr) data = self.data->eval(*self.data, frame);
  if (data.is_error()) return fail_with(statement, frame, data);
  if (!can_be_kept(statement, frame, message) || !can_be_kept(statement, frame, data)) return Flow::kFail;
  if (message.is(ValueKind::kString)) {
    frame.host->log(self.severity, message.text(), data);
  } else {
    frame.scratch.clear();
    append_display(frame.scratch, message);
    frame.host->log(self.severity, frame.scratch, data);
  }
  return Flow::kNext;
}

Flow run_as(const StmtNode& statement, Frame& frame) {
  const auto& self = static_cast<const AsStmt&>(statement);
  Subject* const before = frame.subject;
  Subject* const subject = find_subject(*self.subject, frame);
  if (subject == nullptr) return Flow::kFail;
  frame.subject = subject;
  const Flow flow = run_block(self.body, frame);
  frame.subject = before;
  return flow;
}

Flow run_next(const StmtNode& statement, Frame& frame) {
  if (frame.chain->next(frame) == RunResult::kDone) return Flow::kNext;
  frame.next_failed = true;
  return fail_with(statement, frame, frame.failure);
}

Flow run_body_statement(const StmtNode& statement, Frame& frame) {
  return run_block(static_cast<const BodyStmt&>(statement).block, frame);
}

}  // namespace

bool can_be_kept(const StmtNode& statement, Frame& frame, const Value& value) {
  if (!value.has_memory()) return true;
  const Value error = pay_for_walk(frame, statement.span, statement.source, value);
  if (error.is_null()) return true;
  frame.failure = error;
  return false;
}

Flow fail_with(const StmtNode& statement, Frame& frame, const Value& error) {
  frame.failure = with_place(frame, place_of(statement), error);
  return Flow::kFail;
}

Flow fail_with(const StmtNode& statement, Frame& frame, std::string_view kind, std::string_view message) {
  frame.failure = make_error(frame, place_of(statement), kind, message);
  return Flow::kFail;
}

RunFunction let_statement() {
  return run_let;
}
RunFunction if_statement() {
  return run_if;
}
RunFunction for_statement() {
  return run_for;
}
RunFunction fail_statement() {
  return run_fail;
}
RunFunction try_statement() {
  return run_try;
}
RunFunction stop_statement() {
  return run_stop;
}
RunFunction log_statement() {
  return run_log;
}
RunFunction as_statement() {
  return run_as;
}
RunFunction next_statement() {
  return run_next;
}
RunFunction body_statement() {
  return run_body_statement;
}

}  // namespace krules
