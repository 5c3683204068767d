#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cascade.h"
#include "dispatcher.h"
#include "krules/json.h"
#include "krules/replay.h"
#include "replay_state.h"
#include "rule_index.h"
#include "subject_cache.h"

namespace krules {

/// One program with all that running it takes, used for one seed after another.
class Replayer::Machine final : EmitListener, FailureListener {
 public:
  Machine(std::shared_ptr<const Program> program, const ReplayOptions& options);
  ~Machine() override;

  const Program& program() const { return *index_.program(); }
  /// `story` null: nothing is told.
  ReplayOutcome run(const ReplaySeed& seed, uint32_t max_events, uint32_t most_told, ReplayStory* story);

 private:
  // EmitListener
  bool wants_built_in() const override { return false; }
  void emitted(const Event& event, uint32_t number) override;
  CascadeIdentity identity() override;

  // FailureListener
  void condition_failed(const CompiledRule& rule, const Value& error) override;
  void rule_failed(const CompiledRule& rule, const Value& error) override;
  void event_refused(const CompiledRule& gate, const Event& event, const Value& error) override;

  /// Empty, or why the seed cannot be run.
  std::string set_properties(const ReplaySeed& seed);
  std::string read_input(const ReplaySeed::Input& input, InputEvent& event);
  std::string prepare(const InputEvent& event);
  std::string describe(DispatchResult result) const;
  /// Null with json_.error() set.
  bool read_json(std::string_view text, JsonStyle style, Value& value);
  const Symbol* symbol(std::string_view text);

  ReplayOutcome watch(const InputEvent& event, std::string& refused);
  /// The next timer's cascade.
  ReplayOutcome watch_timer();
  ReplayOutcome wait(uint32_t most, ReplayOutcome outcome);
  void clear_timers();
  bool repeats(const ReplayState::Point& then) const;
  ReplayOutcome finish(ReplayOutcome::End end, uint32_t from);

  void tell_turn(const ReplayState::Point& then);
  void tell_events();
  void tell_failure(const CompiledRule& rule, const Value& error);
  ReplayStory::Event told(const Event& event, uint32_t number, bool heard);

  RuleIndex index_;
  SubjectCache cache_;
  TimerTable timers_;
  Cascade cascade_;
  EngineStatistics statistics_;
  Dispatcher dispatcher_;
  ReplayState state_;
  int64_t begin_;  // what the time is for the inputs
  int64_t now_;
  Arena arena_;  // of the seed that is running
  JsonTexts json_;
  uint32_t max_events_ = 0;
  std::vector<Firing> firings_;
  uint64_t input_ = 0;         // the number of the input, for identity()
  uint32_t handling_ = 0;      // the event whose rules are running, by place in the queue
  uint32_t chance_until_ = 0;  // behind the last event whose rules asked for chance, or changed timers

  // For a story, of the last input's cascade.
  ReplayStory* story_ = nullptr;
  uint32_t most_told_ = 0;
  uint32_t told_before_ = 0;                // events of the cascades before this one
  std::vector<ReplayState::Point> points_;  // by number of handled events
};

}  // namespace krules
