#pragma once

#include "sqlite_statement.h"

namespace krules::sqlite {

/// Writes the tables `timers` and `calls`: what waits for its time or its answer.
class WaitingWriter {
 public:
  /// SQLITE_OK or the error's code, here and below.
  int prepare(Connection& connection);
  /// The timers and calls of a group, within the transaction of the caller.
  int write(const CommitGroup& group);

 private:
  int write_timer(const TimerWrite& timer);
  int write_call(const CallWrite& call);

  Statement put_timer_;
  Statement delete_timer_;
  Statement put_call_;
  Statement delete_call_;
};

/// In the order of ids, until `visit` returns false.
int visit_timers(Connection& connection, const Store::TimerVisitor& visit);
int visit_calls(Connection& connection, const Store::CallVisitor& visit);

}  // namespace krules::sqlite
