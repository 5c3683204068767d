#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "krules/engine.h"

namespace krules::test {

/// A log entry as text, kept.
struct KeptLog {
  LogSeverity severity;
  std::string message;
  std::string rule;
  bool undone;
};

class KeepingLogger final : public Logger {
 public:
  bool wants(LogSeverity) const override { return true; }
  void write(const LogEntry& entry) override {
    entries.push_back({entry.severity, std::string(entry.message), std::string(entry.rule), entry.undone});
  }
  bool has(std::string_view part) const;

  std::vector<KeptLog> entries;
};

class FixedClock final : public Clock {
 public:
  explicit FixedClock(int64_t* time) : time_(time) {}
  int64_t now() override { return *time_; }

 private:
  int64_t* time_;
};

/// An engine with a store in memory, commits in the test's own thread, and everything it does kept for
/// looking at.
class EngineRig {
 public:
  explicit EngineRig(std::string_view rules, EngineOptions options = {},
                     std::unique_ptr<Store> store = nullptr);

  /// Sends one event and commits.
  void send(std::string_view type, std::string_view subject, std::string_view data = {},
            std::string_view id = {});
  /// "order.shipped order-1 {}" for each event that came out since the last call.
  std::vector<std::string> take();
  /// A property as JSON, "" when absent.
  std::string property(std::string_view subject, std::string_view name) {
    return engine->property_json(subject, name);
  }
  /// What a store that is opened now would give: the parts as they were committed.
  std::string stored(std::string_view subject);
  std::vector<DeadLetter> dead_letters();
  /// Loads other rules, which must be right.
  void reload(std::string_view rules);

  KeepingLogger logger;
  int64_t time = 1'700'000'000'000'000;
  std::vector<std::string> lines;
  std::unique_ptr<Engine> engine;

 private:
  std::vector<std::string> outputs_;
};

}  // namespace krules::test
