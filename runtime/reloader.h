#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "krules/engine.h"
#include "krules/log.h"
#include "krules/runner.h"
#include "wake_signal.h"

namespace krules {

/// Brings changed rule files into force: waits for a change (or a request), reads and compiles beside the
/// running program, and hands the new one over. With errors the rules in force stay. One thread is in `run`;
/// the rest is for any thread.
class Reloader {
 public:
  struct Options {
    std::vector<std::string> rule_paths;
    bool watches_files = true;
    /// What was found out about changed rules, before they are in force or not.
    std::function<void(const PreparedRules&)> report;
    /// Puts a program in force; returns when it is.
    std::function<void(std::shared_ptr<const Program>)> hand_over;
  };

  Reloader(Engine& engine, Logger& logger, Options options);

  /// Works until `finish`.
  void run();

  /// Reads the rules again now.
  void request() { wake_.raise(); }
  void finish();

 private:
  bool differ_from_those_in_force(const RuleTexts& rules) const;
  bool empty_a_file(const RuleTexts& rules) const;
  void put_in_force(const RuleTexts& rules);

  Engine& engine_;
  Logger& logger_;
  Options options_;
  WakeSignal wake_;
  std::atomic<bool> finished_{false};
};

}  // namespace krules
