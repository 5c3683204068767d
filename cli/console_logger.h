#pragma once

#include <string_view>
#include <vector>

#include "console.h"
#include "krules/diagnostic.h"
#include "krules/log.h"

namespace krules::cli {

enum class LogLevel : uint8_t { kDebug, kInfo, kWarn, kError, kOff };
enum class LogFormat : uint8_t { kText, kJson };

/// Writes log entries, and everything else that a run has to say, to standard error: as text for people, or
/// as JSON objects, one a line, for programs.
class ConsoleLogger final : public Logger {
 public:
  /// `console` outlives the logger.
  ConsoleLogger(Console& console, LogLevel level, LogFormat format)
      : console_(console), level_(level), format_(format) {}

  bool wants(LogSeverity severity) const override;
  void write(const LogEntry& entry) override;

  /// What the program itself says, whatever the level: "krules: message".
  void tell(LogSeverity severity, std::string_view message);
  /// The same with parts for programs: `data` is a JSON object, used in JSON alone.
  void tell(LogSeverity severity, std::string_view message, std::string_view data);
  /// What was found in rule files. Errors whatever the level, warnings where they are wanted.
  void report(const std::vector<Diagnostic>& diagnostics);

  LogFormat format() const { return format_; }
  LogLevel level() const { return level_; }

 private:
  Console& console_;
  LogLevel level_;
  LogFormat format_;
};

}  // namespace krules::cli
