#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "krules/action.h"
#include "krules/check.h"
#include "krules/diagnostic.h"
#include "krules/function_table.h"
#include "krules/input.h"
#include "krules/log.h"
#include "krules/program.h"
#include "krules/source.h"
#include "krules/store.h"
#include "krules/trace.h"

namespace krules {

enum class Durability : uint8_t {
  kFull,    ///< nothing is handed over before its cause is on the disk
  kNormal,  ///< ... before its cause survives the end of the process
  kOff,     ///< everything lives in memory alone
};

/// Where emitted events go, as CloudEvents JSON lines.
class OutputSink {
 public:
  virtual ~OutputSink() = default;
  /// Whole lines, each once, in commit order, after the commit (with Durability::kOff: some time after the
  /// cascade). May be called from another thread than the engine's, never from two. False: it can take no
  /// more.
  virtual bool deliver(std::string_view lines) = 0;
  /// After deliver() gave false: whether that is no failure. Commits go on then, nothing more is delivered,
  /// and the store keeps it for the next run.
  virtual bool held_back() const { return false; }
};

/// An emitted event, for sinks that want it in parts. Views are valid during the call.
struct EmittedEvent {
  std::string_view type;
  std::string_view subject;
  std::string_view id;
  Value data;
  std::string_view line;  ///< the whole CloudEvents JSON object
};
/// A sink that calls `callback` for each event.
std::unique_ptr<OutputSink> make_callback_sink(std::function<void(const EmittedEvent&)> callback);

/// The time that rules see: microseconds since 1970.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual int64_t now() = 0;
  /// False: what time it is, is not known yet. No `every` and `at` is set until Engine::begin_clocks().
  virtual bool begun() const { return true; }
};
std::unique_ptr<Clock> make_system_clock();

/// A clock that stands still until it is set: for tests, and for going through old events at their own times.
class VirtualClock final : public Clock {
 public:
  /// Begins when it is first set.
  VirtualClock() = default;
  explicit VirtualClock(int64_t start) : now_(start), begun_(true) {}
  int64_t now() override { return now_; }
  bool begun() const override { return begun_; }
  /// Never goes back.
  void advance_to(int64_t time) {
    now_ = begun_ ? std::max(now_, time) : time;
    begun_ = true;
  }

 private:
  int64_t now_ = 0;
  bool begun_ = false;
};

/// Whether commits happen in the caller's thread (simple, predictable: for embedding and tests) or in one of
/// the engine's.
enum class CommitThread : uint8_t { kCaller, kOwn };

/// What happens to rules that can set each other off without end. `krules check` tells more about rules than
/// this does.
enum class LoopCheck : uint8_t {
  kRefuse,  ///< where that is certain they are not put in force; where it is possible there is a warning
  kOff,     ///< nothing is looked for
};

/// Which cascades leave their story in the store, for those who ask later (`krules why`).
enum class Journal : uint8_t {
  kOff,
  kFailures,  ///< those in which a rule, a condition or all failed: they are run twice, others cost nothing
  kAll,
};

/// What becomes of the outside calls of rules.
enum class CallHandling : uint8_t {
  kMake,  ///< they are made, in a thread of their own
  kHold,  ///< they wait for Engine::answer_call(), for tests
};

struct EngineOptions {
  Durability durability = Durability::kFull;
  CommitThread commit_thread = CommitThread::kCaller;
  /// The fuse: a cascade of more events is undone.
  uint32_t max_cascade = 10'000;
  /// Steps of one rule run (loop turns, list elements, ...).
  uint64_t max_steps = 1'000'000;
  /// For subjects in memory, in bytes.
  size_t cache_bytes = size_t{256} << 20;
  /// Cascades in one commit at most.
  uint32_t max_commit_batch = 4096;
  /// Which emitted events are handed over: any of these globs; none: all but the built-in ones.
  std::vector<std::string> emit_globs;
  LoopCheck check = LoopCheck::kRefuse;
  Journal journal = Journal::kOff;
  /// The oldest stories go when the journal takes more, in bytes.
  uint64_t journal_bytes = uint64_t{64} << 20;
  /// Whether events and rules are counted one by one for metrics_text().
  bool metrics = false;
  /// `param` values by name, as text.
  std::map<std::string, std::string> parameters;
  /// Environment variables that env() may read.
  std::vector<std::string> granted_environment;
  CallHandling calls = CallHandling::kMake;
  /// The hosts that `call http.get(...)` and its like may ask, as HttpGrants takes them.
  std::vector<std::string> granted_hosts;
  /// Calls that are under way at the same time, at most.
  uint32_t max_calls = 16;
  /// A larger response is not read to its end.
  size_t max_response_bytes = size_t{4} << 20;
  /// The value of a `secret`, empty where it has none. May be called from several threads at once.
  std::function<std::optional<std::string>(std::string_view name)> secret;
};

struct EngineStatistics {
  uint64_t events = 0;          ///< taken in, duplicates and dead letters included
  uint64_t cascade_events = 0;  ///< dispatched, caused ones included
  uint64_t rules_fired = 0;
  uint64_t emitted = 0;
  uint64_t failures = 0;     ///< rule runs that failed
  uint64_t when_errors = 0;  ///< conditions that could not be evaluated
  uint64_t duplicates = 0;   ///< events whose id was seen before
  uint64_t dead_letters = 0;
  uint64_t dropped = 0;    ///< events that a gate stopped
  uint64_t held_back = 0;  ///< rules that a middleware did not let run, or whose failure it took care of
  uint64_t timers = 0;     ///< that fired
  uint64_t calls = 0;      ///< outside calls that rules asked for
  uint64_t commits = 0;
};

/// What changed between two programs.
struct ProgramChange {
  std::vector<std::string> added;
  std::vector<std::string> removed;
  std::vector<std::string> changed;
};

/// Rules that can be put in force.
struct PreparedRules {
  std::shared_ptr<const Program> program;  ///< null when a diagnostic is an error
  std::vector<Diagnostic> diagnostics;
  std::vector<Cycle>
      cycles;  ///< rules that set each other off, proved to end or not; none with LoopCheck::kOff
};

struct LoadResult {
  std::vector<Diagnostic> diagnostics;
  std::vector<Cycle> cycles;  ///< as PreparedRules has them
  bool ok = false;            ///< no error among them: the program is in force
  ProgramChange change;
};

/// What names the source of an event for ids and dead letters.
struct SourceKey {
  std::string name;   ///< a path, "-", ...
  uint64_t high = 0;  ///< with `low`: makes event ids of this source its own
  uint64_t low = 0;
};

/// Runs cascades: the rules in force over subjects in memory and a store. Everything but the sink and the
/// logger is used by one thread.
///
///     krules::Engine engine({}, krules::make_memory_store(), krules::make_callback_sink(on_event), logger);
///     auto loaded = engine.load({krules::read_source("rules.krules")});
///     engine.send("order.submitted", "order-1", R"({"total": 3})");
///     engine.flush();
class Engine {
 public:
  /// `store` may be null with Durability::kOff. `logger` outlives the engine.
  Engine(EngineOptions options, std::unique_ptr<Store> store, std::unique_ptr<OutputSink> sink,
         Logger& logger, std::unique_ptr<Clock> clock = make_system_clock());
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  /// For adding functions before the first load().
  FunctionTable& functions();
  /// Lets rules say `call NAME(...)`; before the first load(). The handler outlives the engine or what it
  /// uses does. False when there is such an action already.
  bool add_action(ActionSpec spec, ActionHandler handler);

  /// Parses, compiles, looks for loops and puts in force; with errors the old rules stay.
  LoadResult load(const std::vector<SourcePtr>& sources);
  /// The two halves of load(): the first may run in another thread (one at a time), the second between two
  /// cascades.
  PreparedRules prepare(const std::vector<SourcePtr>& sources);
  ProgramChange install(std::shared_ptr<const Program> program);
  /// The rules in force, null before the first load.
  std::shared_ptr<const Program> program() const;
  /// The names that input readers should use. May be called from any thread.
  std::shared_ptr<const SymbolTable> symbols() const;

  /// `listener` hears of every cascade from now on, which makes them slower; null: of none any more. Between
  /// two cascades.
  void trace(TraceListener listener);

  /// Outputs that an earlier run committed and did not hand over. Call once before the first event.
  StoreStatus redeliver();

  /// Tells which events come some ten events later, a few with each call: with many rules that makes them
  /// faster. They may fail to come.
  void foresee(std::span<const InputEvent> events);
  /// Runs the cascade of one event (or sends the line to the dead letters). Committed with its group: when
  /// max_commit_batch is reached, when the committer is free, or by flush(). False: the engine failed (see
  /// failure()) and the event was not taken.
  bool process(const InputEvent& event, const SourceKey& source);
  /// The same for an event in parts; `data` is JSON text ("" for none). An embedder's front door. False also
  /// when `data` is not JSON.
  bool send(std::string_view type, std::string_view subject, std::string_view data = {},
            std::string_view id = {});

  /// Sets properties and extended properties of a subject (maps, or null for none) to begin with: no rule
  /// hears of it. Committed with the open group. False: the engine failed, or has no rules yet.
  bool put(std::string_view subject, const Value& properties, const Value& extended = {});

  /// When the first timer is due, in microseconds since 1970; empty when none is set.
  std::optional<int64_t> next_timer() const;
  /// The same, without those that `every` and `at` set again and again.
  std::optional<int64_t> next_single_timer() const;
  /// Fires every timer that is due by the clock, in the order of their times, each in a cascade of its own.
  /// False: the engine failed.
  bool fire_timers();
  /// For a clock that has begun after the rules were loaded: sets every `every` and `at` that an earlier run
  /// has not left in the store, from now on.
  void begin_clocks();

  /// The calls that were asked for and not answered yet, the oldest first.
  std::vector<StoredCall> open_calls() const;
  size_t open_call_count() const;
  /// Runs the cascades of the replies that have come. Cheap where there are none. False: the engine failed.
  bool take_replies();
  /// Commits what is open, then waits until a reply is there, or for so long (in microseconds).
  bool wait_for_replies(int64_t microseconds);
  /// Called when a reply is there, from another thread, in which the engine must not be used; null: nobody.
  void on_reply(std::function<void()> listener);
  /// The outcome of a call: runs the cascade of its reply and forgets the call, both in one transaction.
  /// False: the engine failed. A call that is not open (any more) is passed over.
  bool answer_call(uint64_t id, const ActionResult& result);

  /// Called when a group is closed, to add the positions of sources.
  void on_seal(std::function<void(std::vector<SourcePosition>&)> callback);
  /// Tells that nothing waits to be processed: what is open should be committed soon.
  void idle();
  /// Commits what is open and waits until it is stored and handed over.
  bool flush();
  /// flush(), then notes that all outputs were handed over. The engine is done then.
  bool close();

  /// A dead letter that a person asked to send again, done with: removed with the open group.
  void dead_letter_done(int64_t id);

  /// Empty while all is well; else why the engine takes no more events.
  std::string failure() const;
  /// The output can take no more (a closed pipe), rather than the store.
  bool output_closed() const;

  const EngineStatistics& statistics() const;
  /// What was counted so far, in the text form that Prometheus reads: all of it with EngineOptions::metrics,
  /// else what is counted in any case.
  std::string metrics_text();
  /// A property as JSON for looking at, null text when absent.
  std::string property_json(std::string_view subject, std::string_view property);
  Store* store();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// The environment variable that `krules` takes the value of a `secret` from: KRULES_SECRET_API_KEY for
/// `secret api_key`.
std::string secret_variable(std::string_view name);

/// Reads a rule file (64 MiB at most). Null with `error` set when it cannot be read, or is no regular file.
SourcePtr read_source(const std::string& path, std::string& error);

}  // namespace krules
