#include "failure_log.h"

#include <fmt/format.h>

namespace krules {

void FailureLog::write(std::string_view key, const LogEntry& entry) {
  if (!logger_.wants(entry.severity)) return;
  constexpr size_t kMostKinds = 10'000;
  if (kinds_.size() > kMostKinds) kinds_.clear();
  Kind& kind = kinds_[std::string(key)];
  const auto now = std::chrono::steady_clock::now();
  if (kind.written >= kFirst && now - kind.last < kPause) {
    ++kind.held_back;
    return;
  }
  ++kind.written;
  kind.last = now;
  if (kind.held_back == 0) {
    if (kind.written < kFirst) {
      logger_.write(entry);
      return;
    }
    LogEntry last = entry;
    const std::string message =
        fmt::format("{} (more of these are counted, and shown now and then)", entry.message);
    last.message = message;
    logger_.write(last);
    return;
  }
  LogEntry again = entry;
  const std::string message =
      fmt::format("{} ({} more like this since the last time)", entry.message, kind.held_back);
  again.message = message;
  kind.held_back = 0;
  logger_.write(again);
}

}  // namespace krules
