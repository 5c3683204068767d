#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "krules/diagnostic.h"
#include "krules/engine.h"

namespace krules {

/// The rule files that paths name: files as they are, folders with every `.krules` file below them (hidden
/// ones left out). Sorted by path, each file once, whatever names it has.
struct RuleFiles {
  std::vector<std::string> files;
  /// One sentence each: a path that is not there, a folder that cannot be read, a folder without rules.
  std::vector<std::string> errors;
};
RuleFiles find_rule_files(const std::vector<std::string>& paths);

/// What stands in the rule files that paths name, in the order of find_rule_files().
struct RuleTexts {
  std::vector<SourcePtr> sources;
  /// One sentence each: those of find_rule_files(), and files that cannot be read.
  std::vector<std::string> errors;
};
RuleTexts read_rule_files(const std::vector<std::string>& paths);

enum class Watch : uint8_t { kOff, kOn };
enum class StartAt : uint8_t { kWhereItStopped, kBeginning };

/// What becomes of timers when the input has ended: they stay for the next run, or the run goes on until all
/// but those of `every` and `at` have fired.
enum class AtEnd : uint8_t { kLeaveTimers, kDrainTimers };

struct RunnerOptions {
  std::vector<std::string> rule_paths;
  std::string events = "-";  ///< a path, or "-" for standard input
  StartAt start_at = StartAt::kWhereItStopped;
  Watch watch = Watch::kOff;
  AtEnd at_end = AtEnd::kLeaveTimers;
  /// The engine's clock where it is one that events and timers move: each event at its own `time`, and every
  /// timer before the first event that comes later. Null: the real time. Outlives the runner.
  VirtualClock* virtual_clock = nullptr;
  /// While more calls than this have no answer yet, no further input is taken.
  uint64_t most_open_calls = 100'000;
};

enum class RunEnd : uint8_t {
  kInputEnded,
  kStopped,       ///< by stop()
  kEngineFailed,  ///< Engine::failure() says why
  kInputFailed,   ///< the source could not be read: Runner::error()
};

/// Reads events from a file or standard input in a thread of its own, feeds them to an engine, and swaps
/// rules while it runs. The engine's rules are loaded before run().
class Runner {
 public:
  /// `report` gets what a reload found (from the reloading thread). `engine` and `logger` outlive the runner.
  Runner(Engine& engine, Logger& logger, RunnerOptions options,
         std::function<void(const PreparedRules&)> report);
  ~Runner();

  /// Opens the source. False: error() says why.
  bool open();
  /// Whether the source is a regular file, which ends by itself.
  bool input_is_finite() const;
  const std::string& error() const;
  /// Where reading goes on (lines of the source taken in by earlier runs), 0 from the beginning.
  uint64_t lines_skipped() const;

  /// Until the input ends or stop(). Everything taken in is committed and handed over when it returns (unless
  /// the engine failed).
  RunEnd run();

  /// From any thread: finish the cascade in hand, commit, return from run().
  void stop();
  /// From any thread: read the rule files again.
  void reload();

  /// From any thread: has `work` done in the engine's thread, between two cascades, within a moment. Of
  /// several that wait the last counts; one that waits when run() returns is not done.
  void ask(std::function<void()> work);

  /// From any thread, for a progress line: bytes read, and the size of the source (0 when it has none).
  uint64_t bytes_read() const;
  uint64_t bytes_total() const;
  uint64_t events_taken() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace krules
