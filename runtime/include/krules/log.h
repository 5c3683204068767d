#pragma once

#include <cstdint>
#include <string_view>

#include "krules/host.h"
#include "krules/value.h"

namespace krules {

/// One line of the log: from a `log` statement, or the engine's own (a rule that failed, a dead letter, a
/// reload).
struct LogEntry {
  LogSeverity severity = LogSeverity::kInfo;
  std::string_view message;
  Value data;             ///< a map, or null
  std::string_view rule;  ///< empty where it is no rule's
  std::string_view event;
  std::string_view subject;
  bool undone = false;  ///< what the rule did that logged this was undone
};

/// Where log entries go. Called from the engine's thread and from the threads around it, at the same time: an
/// implementation locks.
class Logger {
 public:
  virtual ~Logger() = default;
  virtual bool wants(LogSeverity severity) const = 0;
  virtual void write(const LogEntry& entry) = 0;

  void say(LogSeverity severity, std::string_view message) {
    LogEntry entry;
    entry.severity = severity;
    entry.message = message;
    if (wants(severity)) write(entry);
  }
};

}  // namespace krules
