#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "krules/log.h"

namespace krules {

/// Logs what fails, but not a million times: the first few of a kind, then one now and then with a count of
/// those in between.
class FailureLog {
 public:
  explicit FailureLog(Logger& logger) : logger_(logger) {}

  /// `key` tells kinds apart (a rule and what went wrong in it).
  void write(std::string_view key, const LogEntry& entry);
  /// Forgets the counts, as after a reload.
  void reset() { kinds_.clear(); }

 private:
  static constexpr uint64_t kFirst = 3;
  static constexpr std::chrono::seconds kPause{10};
  struct Kind {
    uint64_t written = 0;
    uint64_t held_back = 0;
    std::chrono::steady_clock::time_point last;
  };
  Logger& logger_;
  std::unordered_map<std::string, Kind> kinds_;
};

}  // namespace krules
