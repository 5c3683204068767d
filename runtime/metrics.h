#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "krules/event.h"
#include "krules/program.h"

namespace krules {

/// How often something took how long.
class Durations {
 public:
  static constexpr std::array<int64_t, 11> kLimits = {  // nanoseconds, inclusive
      1'000,      5'000,       20'000,      100'000,       500'000,       2'000'000,
      10'000'000, 100'000'000, 500'000'000, 2'000'000'000, 10'000'000'000};

  /// By one thread; others may read meanwhile.
  void add(int64_t nanoseconds) {
    size_t at = 0;
    while (at < kLimits.size() && nanoseconds > kLimits[at]) ++at;
    bump(counts_[at], 1);
    bump(sum_, static_cast<uint64_t>(nanoseconds));
  }
  uint64_t count(size_t bucket) const { return counts_[bucket].load(std::memory_order_relaxed); }
  uint64_t sum() const { return sum_.load(std::memory_order_relaxed); }
  uint64_t total() const {
    uint64_t all = 0;
    for (size_t i = 0; i <= kLimits.size(); ++i) all += count(i);
    return all;
  }

 private:
  static void bump(std::atomic<uint64_t>& number, uint64_t by) {
    // One writer: cheaper than an atomic addition.
    number.store(number.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }
  std::array<std::atomic<uint64_t>, kLimits.size() + 1> counts_{};
  std::atomic<uint64_t> sum_{0};
};

/// Counts events and rules for Engine::metrics_text(). Belongs to the engine's thread.
class Metrics {
 public:
  /// Names come from outside: this many event types are told apart, the others are `other`.
  static constexpr size_t kMostTypes = 1000;

  struct RuleCounts {
    uint64_t fired = 0;
    uint64_t held_back = 0;
    uint64_t failed = 0;
    uint64_t condition_failed = 0;
  };

  /// Between two cascades: the rules in force. Counts of rules that stay go on.
  void use(const Program& program);

  void count_event(const Symbol* type, int64_t nanoseconds) { of_type(type).add(nanoseconds); }
  RuleCounts& of_rule(uint32_t number) { return *by_number_[number]; }

  /// In the Prometheus text form.
  void append_text(std::string& out) const;

 private:
  Durations& of_type(const Symbol* type);
  Durations& slowly_of_type(const Symbol* type);

  std::map<std::string, Durations, std::less<>> types_;
  std::vector<Durations*> by_symbol_;  // by symbol number
  std::map<std::string, RuleCounts, std::less<>> rules_;
  std::vector<RuleCounts*> by_number_;
};

/// One number with its head: "# HELP ...", "# TYPE ...", "name value".
void append_metric(std::string& out, std::string_view name, std::string_view kind, std::string_view help,
                   uint64_t value);
/// The lines of one histogram, in seconds; `label` is `{event_type="..."` or empty, as far as it goes.
void append_durations(std::string& out, std::string_view name, std::string_view label,
                      const Durations& durations);
void append_metric_head(std::string& out, std::string_view name, std::string_view kind,
                        std::string_view help);

}  // namespace krules
