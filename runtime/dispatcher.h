#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "cascade.h"
#include "krules/engine.h"
#include "krules/input.h"
#include "krules/program.h"
#include "metrics.h"
#include "rule_index.h"
#include "subject_cache.h"

namespace krules {

/// How a cascade began, or one of its events went.
enum class DispatchResult : uint8_t {
  kDone,
  kMalformed,      ///< refused: it is no event that may come from outside
  kUnfit,          ///< refused: it does not fit its `input`
  kFuse,           ///< the cascade has more events than it may
  kFailedCascade,  ///< a rule said `fail cascade`
  kStoreFailed,    ///< SubjectCache::error() says why
};

/// Hears of what went wrong without stopping the cascade.
class FailureListener {
 public:
  virtual ~FailureListener() = default;
  /// A condition could not be evaluated and counts as false.
  virtual void condition_failed(const CompiledRule& rule, const Value& error) = 0;
  /// A rule failed; what it did is undone.
  virtual void rule_failed(const CompiledRule& rule, const Value& error) = 0;
  /// A gate failed: the event goes no further, and is one for the dead letters.
  virtual void event_refused(const CompiledRule& gate, const Event& event, const Value& error) = 0;
};

/// A rule or gate that ran to its end, or a middleware that ran.
struct Firing {
  uint32_t event;  ///< its place in the cascade's queue
  uint32_t rule;   ///< Program::unit()
};

/// Runs the rules of a cascade's events. What becomes of the cascade at its end, or where it is stopped, is
/// the caller's to say: nothing is undone here but what a failed rule did.
class Dispatcher final : private RestOfChain {
 public:
  struct Limits {
    uint32_t max_cascade;
    uint64_t max_steps;
  };
  /// All references outlive the dispatcher. Of `statistics` cascade_events, rules_fired, failures and
  /// when_errors are counted here.
  Dispatcher(Cascade& cascade, SubjectCache& cache, Limits limits, EngineStatistics& statistics,
             FailureListener& listener);

  /// Between two cascades: the rules to run. `index` is used until the next call.
  void use(RuleIndex& index);
  void set_max_cascade(uint32_t most) { limits_.max_cascade = most; }
  /// Firings are added there from now on; null: nowhere.
  void record_firings(std::vector<Firing>* firings) { firings_ = firings; }
  /// Events are told there from now on; null: nowhere. Between two cascades.
  void record_with(TraceRecorder* recorder) {
    recorder_ = recorder;
    watched_ = recorder_ != nullptr || metrics_ != nullptr;
  }
  /// Events and rules are counted there; null: nowhere. Between two cascades.
  void count_with(Metrics* metrics) {
    metrics_ = metrics;
    watched_ = recorder_ != nullptr || metrics_ != nullptr;
  }

  /// Begins a cascade with an event that is well-formed: checks what its `input` declares, finds its subject.
  DispatchResult begin(const InputEvent& event);
  /// Runs all rules for an event of the queue.
  DispatchResult dispatch(uint32_t number);

  /// A sentence, after kMalformed, kUnfit and kFailedCascade.
  const std::string& reason() const { return reason_; }

 private:
  DispatchResult prepare_root(const InputEvent& event, Event& root);
  std::span<const Candidate> gather(const QueuedEvent& event);
  void begin_firing(const CompiledRule& rule, uint32_t number);
  DispatchResult fire(const CompiledRule& rule, uint32_t number);
  DispatchResult condition_failed(const CompiledRule& rule);
  DispatchResult fire_wrapped(const CompiledRule& rule, uint32_t number);
  DispatchResult ended_well(const CompiledRule& rule, uint32_t number);
  DispatchResult failed(const CompiledRule& rule, RunResult result);
  /// Whether the condition of a gate or middleware holds; an error is told and does not.
  bool holds(const CompiledRule& wrapper);
  /// kDone with `passed` false: a gate has dropped the event.
  DispatchResult run_gates(uint32_t number, bool& passed);
  RunResult next(Frame& frame) override;
  const CompiledRule& wrapped_rule() const override { return *chain_.rule; }
  RunResult run_wrapped_rule();
  bool is_passed_on(const Value& failure) const;

  /// What the frame has of the unit that is running, while another runs inside it.
  struct Running {
    const CompiledRule* rule;
    Subject* subject;
    Subject* origin;
    Value* locals;
    uint64_t steps_left;
    uint32_t entropy_used;
  };
  Running running() const;
  void go_back_to(const Running& unit);
  void begin_unit(const CompiledRule& unit);
  DispatchResult stop(DispatchResult result, std::string_view reason);

  DispatchResult dispatch_quickly(uint32_t number);
  /// The gates, then `fire_it(rule)` for each rule that the event may fire, until one does not end well. In
  /// dispatch_each.h.
  template <class Fire>
  DispatchResult each_rule(uint32_t number, const Fire& fire_it);

  // The same with everything told to the recorder, or counted.
  DispatchResult dispatch_watched(uint32_t number);
  DispatchResult consider_counted(uint32_t number);
  template <class Fire>
  DispatchResult counted(const CompiledRule& rule, const Fire& fire_it);
  DispatchResult consider_recorded(uint32_t number);
  DispatchResult fire_recorded(const CompiledRule& rule, uint32_t number);
  /// Tells why a rule that the index left out does not run.
  void explain(const CompiledRule& rule, uint32_t number);
  /// A unit that was begun in the recorder is at its end.
  void record_end(RunResult result, bool went_on);

  Cascade& cascade_;
  SubjectCache& cache_;
  Limits limits_;
  EngineStatistics& statistics_;
  FailureListener& listener_;
  RuleIndex* index_ = nullptr;
  Frame frame_;
  /// The middleware around the rule that is to run, and how far it is.
  struct Chain {
    const std::vector<Candidate>* middleware = nullptr;
    const CompiledRule* rule = nullptr;
    Running rule_frame{};
    uint32_t event = 0;              ///< its place in the queue
    size_t begun = 0;                ///< so many links of the chain were begun, the rule being the last
    size_t behind = 0;               ///< the link behind the one that is running
    Value failure;                   ///< of the rule
    uint32_t last_met = UINT32_MAX;  ///< the middleware that was met last: its other triggers are passed over
  };
  Chain chain_;
  std::vector<Candidate> gathered_;
  std::vector<Firing>* firings_ = nullptr;
  TraceRecorder* recorder_ = nullptr;
  Metrics* metrics_ = nullptr;
  bool watched_ = false;  // either is there
  std::string reason_;
};

/// Why an event of this type cannot come from outside; empty where it can.
std::string why_not_from_outside(std::string_view type);

/// "cannot add int and null (rules/a.krules:3:5)".
std::string describe_error(const Value& error, const Program& program);

}  // namespace krules
