#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "krules/event.h"
#include "krules/host.h"
#include "krules/store.h"
#include "rule_index.h"
#include "subject_cache.h"
#include "timer_table.h"

namespace krules {

/// An event that waits, with the rules that it may fire.
struct QueuedEvent : Event {
  const CandidateSet* candidates = nullptr;
  uint32_t number = 0;  ///< its place among all events of the cascade, the first being 1
};

/// The events of one cascade, first in first out. An event's address stays until clear().
class EventQueue {
 public:
  size_t size() const { return size_; }
  QueuedEvent& operator[](size_t i) { return blocks_[i / kBlock][i % kBlock]; }
  /// The next place, with whatever an earlier cascade left there.
  QueuedEvent& push() {
    if (size_ == blocks_.size() * kBlock) blocks_.push_back(std::make_unique<QueuedEvent[]>(kBlock));
    ++size_;
    return (*this)[size_ - 1];
  }
  void clear();

 private:
  static constexpr size_t kBlock = 64;
  std::vector<std::unique_ptr<QueuedEvent[]>> blocks_;
  size_t size_ = 0;
};

/// A record of a `log` statement, or of a rule or condition that failed, kept until the cascade is known to
/// hold.
struct LogRecord {
  LogSeverity severity = LogSeverity::kInfo;
  std::string_view message;
  Value data;
  std::string_view rule;
  std::string_view event;
  std::string_view subject;
  bool undone = false;
  std::string_view failure = {};  ///< of what failed: what it counts as; empty for a `log` statement
};

/// 128 bits that name a cascade: the same whenever its first event is run.
struct CascadeIdentity {
  uint64_t high = 0;
  uint64_t low = 0;
};

/// Receives the events that rules made, in order, before anything is committed.
class EmitListener {
 public:
  virtual ~EmitListener() = default;
  /// Whether it wants the built-in events too (those that rules emit it always gets).
  virtual bool wants_built_in() const = 0;
  /// `number`: the event's place in its cascade, the root being 1.
  virtual void emitted(const Event& event, uint32_t number) = 0;
  /// What names the cascade's first event: asked for by those few cascades that need it.
  virtual CascadeIdentity identity() = 0;
};

class TraceRecorder;

/// The state of the cascade that is running: its queue, what it wrote and how to undo it, what the running
/// rule has done so far. This is the engine's side of the interpreter. A write is seen at once; events come
/// when the rule ends well.
class Cascade final : public Host {
 public:
  enum class UndoKind : uint8_t { kSet, kAdd, kRemove, kMeta };
  /// How to take back one write. `place`: the slot's index; with kMeta, the event's in the queue.
  struct Undo {
    UndoKind kind;
    bool extended;
    bool existed;  ///< the subject, before
    uint16_t part;
    uint32_t place;
    Subject* subject;
    const Symbol* name;
    Value old_value;
  };

  Cascade(SubjectCache& cache, TimerTable& timers, EmitListener& listener)
      : cache_(cache), timers_(timers), listener_(listener) {}
  ~Cascade() override;

  /// Begins with nothing. `index` tells which events have rules.
  void begin(RuleIndex& index, uint32_t most_events);
  /// The event that the cascade starts with, to be filled in; then start().
  QueuedEvent& push_root();

  EventQueue& queue() { return queue_; }
  Arena& arena() { return arena_; }

  void begin_rule(uint32_t event, const CompiledRule& rule);
  /// From here on a middleware around the rule acts, or (again) the rule itself.
  void act_as(const CompiledRule& unit) { acting_ = &unit; }
  /// Queues what the rule did.
  void end_rule();
  /// Undoes what the rule did; its log records stay, marked.
  void undo_rule();
  /// The rule inside middleware begins to act, and ends well or is undone.
  void begin_wrapped() { wrapped_ = savepoint(); }
  void undo_wrapped() { rollback(wrapped_); }
  /// Whether what it did since still holds: it does no more where middleware around it has failed meanwhile.
  bool wrapped_holds() const { return wrapped_ != kNoSavepoint; }

  /// Whether the cascade has more events than it may.
  bool overflowed() const { return events_ > most_events_; }
  uint32_t event_count() const { return events_; }

  /// All writes of the cascade that hold, oldest first.
  const std::vector<Undo>& writes() const { return undo_; }

  /// Undoes everything. finish() or this ends a cascade.
  void undo_all();
  /// The timers that the cascade set and ended stay so: `changed(timer, set)` for each, in order. Before
  /// finish().
  template <class Changed>
  void finish_timers(const Changed& changed) {
    for (const TimerChange& change : timer_changes_) {
      changed(*change.timer, change.set);
      if (!change.set) TimerTable::forget(change.timer);
    }
    timer_changes_.clear();
  }
  /// How many timers were set and ended so far.
  size_t timer_change_count() const { return timer_changes_.size(); }
