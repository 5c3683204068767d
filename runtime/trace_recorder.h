#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cascade.h"
#include "krules/explain.h"
#include "krules/trace.h"
#include "rule_index.h"

namespace krules {

/// Writes down what a cascade does. The dispatcher tells which event and which unit (rule, gate, middleware)
/// is at work; what a unit did is read off what the cascade keeps for undoing it, so that a cascade that is
/// not recorded pays nothing.
class TraceRecorder {
 public:
  explicit TraceRecorder(Cascade& cascade) : cascade_(cascade) {}

  /// The cascade begins: nothing is done yet.
  void begin(const Program& program);
  CascadeTrace& trace() { return trace_; }
  /// The cascade is at its end, not yet undone or kept.
  void finish();
  /// Calls get their ids when a cascade is kept, in the order in which they were asked for: those behind
  /// `last_id`.
  void number_calls(uint64_t last_id);

  void begin_event(uint32_t place);
  void end_event();
  /// So many rules wait for another value of the table's field than this one.
  void add_waiting(const GuardTable& table, const Value& value, uint64_t rules);
  void add_other_subject();

  /// A unit that does not run.
  void held_back(const CompiledRule& unit, const WhenExplanation& why);
  void condition_failed(const CompiledRule& unit, const WhenExplanation& why, std::string_view message);
  void skipped(const CompiledRule& rule);

  /// A unit runs, within the one that ran before (middleware) or alone. What is done from now on is its.
  void begin_unit(const CompiledRule& unit);
  /// The unit is done; the one around it goes on, if there is one.
  void end_unit(TracedUnit::Outcome outcome, std::string_view message = {});
  /// After Cascade::end_rule(): which events came of what was done since the last call.
  void queued();

  /// What lies behind these sizes of the cascade's lists is about to be undone.
  void before_undo(size_t undo, size_t effects, size_t timers, size_t calls, size_t logs);

 private:
  /// What was written down of the cascade's lists.
  struct Mark {
    size_t undo = 0;
    size_t effects = 0;
    size_t timers = 0;
    size_t calls = 0;
    size_t logs = 0;
  };
  /// Where a deed stands, and where it was read off: to mark it when it is undone.
  struct Origin {
    enum class List : uint8_t { kUndo, kEffects, kTimers, kCalls, kLogs };
    List list;
    size_t place;
    uint32_t unit;
    uint32_t deed;
  };
  static constexpr uint32_t kNone = UINT32_MAX;
  static constexpr uint64_t kRoom = 20'000;

  using Clock = std::chrono::steady_clock;

  bool take_room();
  TracedEvent* event() { return recording_event_ ? &trace_.events.back() : nullptr; }
  uint32_t add_unit(const CompiledRule& unit, TracedUnit::Outcome outcome);
  TracedCondition condition(const WhenExplanation& why) const;
  /// What was done since the mark is the acting unit's.
  void collect();
  void collect_writes(size_t end);
  void collect_effects(size_t end);
  void collect_timers(size_t end);
  void collect_calls(size_t end);
  void collect_logs(size_t end);
  TracedDeed* add_deed(TracedDeed::Kind kind, Origin::List list, size_t place);
  Mark now() const;

  Cascade& cascade_;
  const Program* program_ = nullptr;
  CascadeTrace trace_;
  uint64_t room_ = 0;
  bool recording_event_ = false;
  Clock::time_point cascade_began_;
  Clock::time_point event_began_;
  std::vector<uint32_t> acting_;  // units that run, by place in the event's; kNone: one without room
  Mark mark_;
  std::vector<Origin> origins_;  // of the rule that runs, with the middleware around it
  size_t queue_mark_ = 0;
};

/// A value as traces have it: JSON, cut where it is long.
std::string traced_json(const Value& value);
/// The same of what is JSON already.
std::string traced_text(std::string json);
TracedPlace traced_place(const Source* source, Span span);

}  // namespace krules
