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
  /// What rules asked outside, in order, to be taken by who finishes the cascade. Before finish().
  std::vector<StoredCall>& calls() { return calls_; }
  /// What was written stays. Calls `dirty(subject, part)` for each write, repeats included.
  template <class Dirty>
  void finish(const Dirty& dirty) {
    for (const Undo& undo : undo_) {
      if (undo.kind != UndoKind::kMeta) dirty(*undo.subject, undo.part);
    }
    forget();
  }

  /// Whether a `direct` write was made since this was last asked.
  bool take_direct() { return std::exchange(direct_, false); }
  std::vector<LogRecord>& logs() { return logs_; }
  /// Notes that the running rule or its condition failed. `kind`: which failures count as the same.
  void log_failure(LogSeverity severity, std::string_view message, std::string_view kind);
  /// Is told before anything is undone, and reads what rules did; null: nobody.
  void record_with(TraceRecorder* recorder) { recorder_ = recorder; }
  void set_clock(int64_t (*clock)(void*), void* context) {
    clock_ = clock;
    clock_context_ = context;
  }

  /// An error value for what the engine itself refuses; alive to the cascade's end.
  Value error(std::string_view kind, std::string_view message) { return make_error(kind, message); }

  // Host
  Subject* subject(std::string_view name) override { return cache_.get(name); }
  Value store_error() override;
  Value set_property(Subject& subject, const Symbol* name, const Value& value,
                     const WriteOptions& options) override;
  Value delete_property(Subject& subject, const Symbol* name, const WriteOptions& options) override;
  Value set_extended(Subject& subject, const Symbol* name, const Value& value, bool direct) override;
  Value delete_extended(Subject& subject, const Symbol* name, bool direct) override;
  Value delete_subject(Subject& subject, const WriteOptions& options) override;
  Value set_meta(const Symbol* name, const Value& value) override;
  Value delete_meta(const Symbol* name) override;
  Value emit(const EmitRequest& request) override;
  Value set_timer(const EmitRequest& request, int64_t delay, std::string_view key) override;
  void cancel_timer(Subject& subject, std::string_view key) override;
  Value pending_timer(Subject& subject, std::string_view key) override;
  Value call(const CallRequest& request) override;
  const Symbol* symbol(std::string_view text) override;
  size_t savepoint() override;
  void rollback(size_t savepoint) override;
  int64_t now() override;
  std::array<uint64_t, 2> entropy(uint32_t n) override;
  void log(LogSeverity severity, std::string_view message, const Value& data) override;

 private:
  friend class TraceRecorder;
  enum class EffectKind : uint8_t { kWrite, kEmit, kExtendedDeleted, kSubjectDeleted };
  /// Something the running rule did that gives an event, in the order written.
  struct Effect {
    EffectKind kind;
    uint32_t unit;   // what did it: a rule's number
    uint32_t write;  // kWrite: which of writes_
    Subject* subject;
    const Symbol* name;  // kEmit: the type
    Value value;         // kEmit, kSubjectDeleted: payload; kExtendedDeleted: the last value
    Value context;       // kEmit: meta; else extra
  };
  static constexpr uint32_t kNoEffect = UINT32_MAX;
  static constexpr size_t kNoSavepoint = SIZE_MAX;
  /// One property that the running rule wrote, however often.
  struct Write {
    Subject* subject;
    const Symbol* name;
    bool existed;
    Value old_value;
    Value last_value;      // what a delete took away
    uint32_t last_effect;  // the last unmuted write's
  };
  struct Savepoint {
    size_t undo;
    size_t effects;
    size_t writes;
    size_t logs;
    size_t timers;
    size_t calls;
  };
  /// A timer that was set, or ended: then it is out of the table and waits here.
  struct TimerChange {
    Timer* timer;
    bool set;
  };

  Value make_error(std::string_view kind, std::string_view message);
  uint32_t write_entry(Subject& subject, const Symbol* name, PropertySlot* slot, bool existed,
                       const Value& old_value);
  void note_write(uint32_t write, Subject& subject, const WriteOptions& options);
  PropertySlot* add_slot(Subject& subject, PropertySet& set, const Symbol* name, const Value& value,
                         bool extended);
  Value put_extended(PropertySet& set, Subject& subject, const Symbol* name, const Value& value);
  void revert(size_t keep);
  void end_timer(Timer* timer);
  void revert_timers(size_t keep);
  void queue_write(const Effect& effect);
  void queue_effect(const Effect& effect);
  Event* new_event(EventKind kind, const Symbol* type, Subject* subject, const Symbol* property,
                   uint32_t unit);
  Value inherited_meta(const Value& with) {
    return queue_[event_number_].meta.is_null() ? with : merge_trace(with);
  }
  Value merge_trace(const Value& with);
  void forget();
  const Symbol* keep_symbol(const Symbol* symbol);

  SubjectCache& cache_;
  TimerTable& timers_;
  EmitListener& listener_;
  RuleIndex* index_ = nullptr;
  const SymbolTable* symbols_ = nullptr;
  const Symbol* changed_type_ = nullptr;
  const Symbol* deleted_type_ = nullptr;
  const Symbol* subject_deleted_type_ = nullptr;
  Arena arena_{64 * 1024};
  EventQueue queue_;
  std::vector<Undo> undo_;
  std::vector<Value> garbage_;  // values taken out of subjects, still referred to until the cascade ends
  std::vector<LogRecord> logs_;
  std::vector<TimerChange> timer_changes_;
  std::vector<StoredCall> calls_;
  std::string text_;  // where JSON is put together
  uint32_t most_events_ = 0;
  uint32_t events_ = 0;
  bool direct_ = false;
  int64_t now_ = 0;
  bool has_now_ = false;
  int64_t (*clock_)(void*) = nullptr;
  void* clock_context_ = nullptr;
  TraceRecorder* recorder_ = nullptr;

  // The running rule.
  uint32_t event_number_ = 0;
  const CompiledRule* rule_ = nullptr;
  const CompiledRule* acting_ = nullptr;
  size_t rule_undo_ = 0;
  size_t rule_logs_ = 0;
  size_t rule_timers_ = 0;
  size_t rule_calls_ = 0;
  std::vector<Effect> effects_;
  std::vector<Write> writes_;
  uint32_t write_base_ = 1;  // of marks in slots; grows, so that marks of other rules do not fit
  std::vector<Savepoint> savepoints_;
  size_t wrapped_ = kNoSavepoint;  // where the rule inside middleware began
  bool marks_incomplete_ = false;  // a written property may have no slot, or a slot without its mark
  Event unqueued_;                 // an event without rules, on its way to the listener
};

}  // namespace krules
