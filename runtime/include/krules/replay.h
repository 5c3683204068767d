#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "krules/check.h"
#include "krules/engine.h"
#include "krules/event.h"
#include "krules/program.h"

/// Cascades run again from a written start state: how `krules check` shows that a loop is real.
namespace krules {

struct ReplayOptions {
  /// Steps of one rule run, as EngineOptions has it.
  uint64_t max_steps = EngineOptions().max_steps;
  /// What rules see as the time, in all inputs of all seeds: microseconds since 1970.
  int64_t now = 1'767'268'800'000'000;  // 2026-01-01T12:00:00Z
  /// Makes the program with these values of its params, for seeds that name some; null when it has errors
  /// then. Without it such seeds are kInvalid.
  std::function<std::shared_ptr<const Program>(
      const std::vector<std::pair<std::string, std::string>>& parameters)>
      with_parameters;
};

/// A replay as a person reads it.
struct ReplayStory {
  struct Event {
    uint32_t number = 0;         ///< its place in the cascade, the input being 1
    uint32_t cause = 0;          ///< the event whose rule made it; 0 for the input
    uint32_t rule = UINT32_MAX;  ///< the rule that made it; UINT32_MAX for the input
    bool heard = true;           ///< some rule waits for such an event
    int64_t after = 0;           ///< when its cascade begins: microseconds after the input
    EventKind kind = EventKind::kPlain;
    bool extended_property = false;
    std::string type;
    std::string subject;
    std::string payload;   ///< JSON
    std::string property;  ///< of property events, with old_value and new_value as JSON
    std::string old_value;
    std::string new_value;
    std::vector<uint32_t> fired;  ///< the rules that ran for it, by number
  };
  /// A rule or condition that failed while event `event` was handled; the message says where.
  struct Failure {
    uint32_t event = 0;
    uint32_t rule = 0;
    std::string message;
  };
  /// In the order in which they came about, which is the order in which they are handled.
  std::vector<Event> events;
  std::vector<Failure> failures;
  /// kRepeats: the state when event `turn_ends` has been handled is the one when `turn_begins` had been (0:
  /// the state at the start).
  uint32_t turn_begins = 0;
  uint32_t turn_ends = 0;
  /// kEnds: why a rule said `fail cascade`; empty where the events just ran out.
  std::string failed;
  /// kInvalid: why, one sentence.
  std::string refused;
};

/// Runs seeds on the engine's own code, in memory, at a time that stands still. One Replayer serves any
/// number of runs, each of which begins with nothing but its seed. For one thread at a time; the program
/// belongs to it for as long as it lives.
class Replayer {
 public:
  /// The functions that `program` was compiled with outlive the replayer.
  explicit Replayer(std::shared_ptr<const Program> program, ReplayOptions options = {});
  ~Replayer();
  Replayer(const Replayer&) = delete;
  Replayer& operator=(const Replayer&) = delete;

  /// Takes the inputs one after another, as `krules run` would, and tells how the last one's cascade goes.
  /// kInvalid: a property or an input is not well-formed, an input is refused, or the cascade of one before
  /// the last is undone (by the fuse of `max_events`, or by `fail cascade`).
  ///
  /// kRepeats: all that rules can see (every property, every waiting event with its content, in their order)
  /// is exactly as it was before, and no rule asked for chance (uuid(), random()) in between. kEnds also
  /// where a rule says `fail cascade`. Costs time in proportion to the events made.
  ReplayOutcome run(const ReplaySeed& seed, uint32_t max_events);
  /// The same, with the first `most_told` events told in `story`.
  ReplayOutcome run(const ReplaySeed& seed, uint32_t max_events, uint32_t most_told, ReplayStory& story);

  /// What ReplayOutcome::rules and ReplayStory speak of: the program that the last run used.
  const Program& program() const;

 private:
  class Machine;
  Machine* machine_for(const ReplaySeed& seed);

  ReplayOptions options_;
  std::unique_ptr<Machine> plain_;  // the program as it was given
  std::unique_ptr<Machine> other_;  // with the params of the latest seed that named some
  std::vector<std::pair<std::string, std::string>> other_parameters_;
  Machine* last_;
};

// ---------------------------------------------------------------- files

/// What a replay file says should come of it.
struct ExpectedReplay {
  ReplayOutcome::End end = ReplayOutcome::End::kRepeats;
  uint64_t events = 0;
  uint64_t period = 0;
  std::vector<std::string> path;  ///< the turn in words of whoever wrote the file
};

/// A seed with what is needed to run it later, in a file that a person can read:
///
///     {
///       "krules_replay": 1,
///       "rules": ["rules/counter.krules"],
///       "max_cascade": 10000,
///       "parameters": {},
///       "properties": [{"subject": "s", "name": "counter", "value": 0}],
///       "inputs": [{"type": "bump", "subject": "s", "data": {}}],
///       "timers": 0,
///       "expected": {"end": "fuse", "events": 10001, "period": 0, "path": ["count_changes"]}
///     }
struct ReplayFile {
  using Expected = ExpectedReplay;
  std::vector<std::string> rules;  ///< rule files or folders, relative to the current folder
  uint32_t max_cascade = EngineOptions().max_cascade;
  ReplaySeed seed;
  std::optional<Expected> expected;
};

/// "ends", "repeats", "fuse", "goes on", "invalid".
std::string_view replay_end_name(ReplayOutcome::End end);

std::string replay_file_text(const ReplayFile& file);
/// Writes it, with the folders that are missing on the way. False with `error` set, one sentence.
[[nodiscard]] bool write_replay_file(const std::string& path, const ReplayFile& file, std::string& error);

/// `name` is what `error`, one sentence, calls the text. Fields that are not known are passed over.
std::optional<ReplayFile> parse_replay_file(std::string_view text, std::string_view name, std::string& error);
std::optional<ReplayFile> read_replay_file(const std::string& path, std::string& error);

}  // namespace krules
