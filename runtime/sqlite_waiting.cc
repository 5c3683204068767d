#include "sqlite_waiting.h"

#include <utility>

namespace krules::sqlite {

int WaitingWriter::prepare(Connection& connection) {
  const std::pair<Statement&, const char*> statements[] = {
      {put_timer_, "INSERT OR REPLACE INTO timers VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"},
      {delete_timer_, "DELETE FROM timers WHERE id = ?1"},
      {put_call_,
       "INSERT OR REPLACE INTO calls VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)"},
      {delete_call_, "DELETE FROM calls WHERE id = ?1"},
  };
  for (const auto& [statement, sql] : statements) {
    if (const int code = statement.prepare(connection, sql); code != SQLITE_OK) return code;
  }
  return SQLITE_OK;
}

int WaitingWriter::write(const CommitGroup& group) {
  for (const TimerWrite& timer : group.timers) {
    if (const int code = write_timer(timer); code != SQLITE_OK) return code;
  }
  for (const CallWrite& call : group.calls) {
    if (const int code = write_call(call); code != SQLITE_OK) return code;
  }
  return SQLITE_OK;
}

int WaitingWriter::write_timer(const TimerWrite& timer) {
  if (timer.removed) {
    delete_timer_.bind(1, timer.id);
    return delete_timer_.run();
  }
  put_timer_.bind_all(timer.id, timer.due, timer.subject, timer.key, timer.type, timer.payload, timer.meta,
                      timer.schedule, timer.rule);
  return put_timer_.run();
}

int WaitingWriter::write_call(const CallWrite& call) {
  if (call.removed) {
    delete_call_.bind(1, call.id);
    return delete_call_.run();
  }
  put_call_.bind_all(call.id, call.time, call.action, call.arguments, call.reply, call.subject, call.extra,
                     call.timeout, int64_t{call.attempts}, int64_t{call.most_attempts}, call.backoff,
                     call.not_before, call.rule);
  return put_call_.run();
}

int visit_timers(Connection& connection, const Store::TimerVisitor& visit) {
  Statement rows;
  int code = rows.prepare(connection,
                          "SELECT id, due, subject, key, type, payload, meta, schedule, rule FROM timers "
                          "ORDER BY id");
  if (code != SQLITE_OK) return code;
  StoredTimer timer;
  while ((code = rows.step()) == SQLITE_ROW) {
    rows.read_all(timer.id, timer.due, timer.subject, timer.key, timer.type, timer.payload, timer.meta,
                  timer.schedule, timer.rule);
    if (!visit(timer)) return SQLITE_OK;
  }
  return code == SQLITE_DONE ? SQLITE_OK : code;
}

int visit_calls(Connection& connection, const Store::CallVisitor& visit) {
  Statement rows;
  int code = rows.prepare(connection,
                          "SELECT id, time, action, arguments, reply, subject, extra, timeout, attempts, "
                          "most_attempts, backoff, not_before, rule FROM calls ORDER BY id");
  if (code != SQLITE_OK) return code;
  StoredCall call;
  while ((code = rows.step()) == SQLITE_ROW) {
    rows.read_all(call.id, call.time, call.action, call.arguments, call.reply, call.subject, call.extra,
                  call.timeout, call.attempts, call.most_attempts, call.backoff, call.not_before, call.rule);
    if (!visit(call)) return SQLITE_OK;
  }
  return code == SQLITE_DONE ? SQLITE_OK : code;
}

}  // namespace krules::sqlite
