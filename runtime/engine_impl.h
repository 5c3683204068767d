#pragma once

#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <unordered_set>

#include "call_desk.h"
#include "cascade.h"
#include "committer.h"
#include "dispatcher.h"
#include "failure_log.h"
#include "group_builder.h"
#include "krules/cron.h"
#include "krules/engine.h"
#include "metrics.h"
#include "output_line.h"
#include "rule_index.h"
#include "seen_ids.h"
#include "subject_cache.h"
#include "timer_table.h"
#include "trace_recorder.h"

namespace krules {

struct Engine::Impl final : EmitListener, FailureListener {
  Impl(EngineOptions engine_options, std::unique_ptr<Store> engine_store,
       std::unique_ptr<OutputSink> engine_sink, Logger& engine_logger, std::unique_ptr<Clock> engine_clock);

  // EmitListener
  bool wants_built_in() const override { return formatter.wants_built_in(); }
  void emitted(const Event& event, uint32_t number) override;
  CascadeIdentity identity() override;

  // FailureListener
  void condition_failed(const CompiledRule& rule, const Value& error) override;
  void rule_failed(const CompiledRule& rule, const Value& error) override;
  void event_refused(const CompiledRule& gate, const Event& event, const Value& error) override;

  enum class Outcome : uint8_t { kDone, kDeadLetter, kEngineFailed };

  bool process(const InputEvent& event, const SourceKey& source);
  Outcome run(const InputEvent& event, const SourceKey& source);
  Outcome run_cascade(const InputEvent& event, const SourceKey& source);
  DispatchResult run_events(const InputEvent& event);
  /// What is said when the result undoes the cascade; empty when it does not.
  struct Verdict {
    std::string kind;
    std::string message;
  };
  Verdict verdict(DispatchResult result) const;

  // engine_trace.cc
  void record(bool on);
  /// A cascade in which something failed is at its end: undoes it and runs it once more with the recorder,
  /// which gives the same.
  DispatchResult repeat_recorded(const InputEvent& event, DispatchResult result);
  /// A recorded cascade is at its end: tells those who listen, writes the journal.
  void finish_trace(DispatchResult result, bool failed);
  void write_story(const CascadeTrace& trace);

  Outcome dead_letter(std::string_view kind, std::string_view message, const InputEvent& event,
                      const SourceKey& source, std::string path = {});
  std::string fuse_path();
  bool put(std::string_view subject, const Value& properties, const Value& extended);
  void finish_cascade();
  void write_logs();
  Outcome store_failed(const StoreError& error);

  // engine_timers.cc
  StoreStatus load_timers();
  void set_schedules();
  void end(Timer* timer);
  /// Sets the timer for the next time of a clock whose last was `last`.
  void set_schedule(const CompiledSchedule& schedule, int64_t last, int64_t now);
  bool spread(const CompiledSchedule& schedule, const Timer& clock_timer);
  bool run_timer(const Timer& timer, bool is_clock);
  bool fire(Timer* timer);
  void store_timer(const Timer& timer, bool set);

  int64_t time() { return repeated_now.has_value() ? *repeated_now : clock->now(); }
  // engine_calls.cc
  StoreStatus load_calls();
  /// What the cascade asks outside is the engine's from here on.
  void take_calls();
  bool answer(uint64_t id, const ActionResult& result);
  bool run_reply(const StoredCall& call, const ActionResult& result);
  void open_desk();
  void go_on_with_calls();
  bool take_outcome(CallDesk::Outcome& outcome);
  void tell_failed_call(const StoredCall& call, const ActionResult& result);
  void check_secrets(const Program& program, std::vector<Diagnostic>& diagnostics) const;
  void check_hosts(const Program& program, std::vector<Diagnostic>& diagnostics) const;

  void after_cascade();
  void seal();
  bool check_committer();

  EngineOptions options;
  Logger& logger;
  std::unique_ptr<Store> store;
  std::unique_ptr<OutputSink> sink;
  std::unique_ptr<Clock> clock;
  FunctionTable functions;

  mutable std::mutex program_mutex;  // guards latest_symbols, which readers ask for from their thread
  std::shared_ptr<const SymbolTable> latest_symbols;
  std::unique_ptr<RuleIndex> index;

  std::unique_ptr<SubjectCache> cache;
  TimerTable timers;
  std::map<std::string, CronSchedule, std::less<>> crons;  // by line and zone
  std::map<std::string, const CompiledSchedule*, std::less<>>
      schedules;                              // of the rules in force, by clock_key()
  Arena timer_arena;                          // of the timer that fires, or of the reply
  bool root_is_emitted = false;               // the cascade's first event is one that a rule emitted
  std::map<uint64_t, StoredCall> open_calls;  // by id
  uint64_t last_call_id = 0;
  std::vector<uint64_t> left_calls;  // of earlier runs, to be made once there are rules
  HttpGrants grants;
  std::map<std::string, ActionHandler, std::less<>> actions;
  std::unique_ptr<CallDesk> desk;  // null where calls are held; its thread looks at `actions`
  std::unique_ptr<Cascade> cascade;
  std::unique_ptr<Dispatcher> dispatcher;
  OutputFormatter formatter;
  std::unique_ptr<Committer> committer;
  GroupBuilder group;
  SeenIds seen;
  FailureLog failures;
  std::function<void(std::vector<SourcePosition>&)> position_source;

  // For those who want to know.
  std::unique_ptr<Metrics> metrics;  // null: nothing is counted
  std::unique_ptr<TraceRecorder> recorder;
  TraceListener trace_listener;
  bool watched = false;                 // at its end a cascade is looked at
  bool recording = false;               // every cascade
  std::optional<int64_t> repeated_now;  // of a cascade that runs a second time

  // Of the running cascade.
  const InputEvent* root_event = nullptr;
  const SourceKey* root_source = nullptr;
  std::optional<CascadeIdentity> known_identity;
  std::vector<DeadLetter> refused;  // events that a gate sent to the dead letters
  size_t outputs_before = 0;
  uint64_t emitted_before = 0;
  EngineStatistics statistics;
  std::string failure;
  bool output_closed = false;

  // For send().
  std::unique_ptr<InputBatch> sent;
  SourceKey sent_key;
  uint64_t sent_count = 0;
};

}  // namespace krules
