#include <algorithm>
#include <chrono>

#include "dispatch_each.h"
#include "trace_recorder.h"

/// The way of an event through the rules when it is recorded or counted. What runs is the same as
/// without; only looking takes longer.
namespace krules {

namespace {

/// A rule that the event may fire, or (`runs` false) one that the index ruled out and that is looked at to
/// say why.
struct Considered {
  Candidate candidate;
  bool runs;
};

/// Of rules that the index rules out so many are explained one by one; more are counted.
constexpr size_t kFewExplained = 16;

void add_guarded(const GuardTable& table, const QueuedEvent& event, TraceRecorder& recorder,
                 std::vector<Considered>& all) {
  const Value value = guard_value(table, event);
  const std::span<const Candidate> found = table.find(value);
  for (const Candidate& candidate : found) all.push_back({candidate, true});
  if (table.rule_count() > kFewExplained) {
    recorder.add_waiting(table, value, table.rule_count() - found.size());
    return;
  }
  for (const Candidate& candidate : table.all()) {
    const bool runs = std::any_of(found.begin(), found.end(),
                                  [&](const Candidate& each) { return each.rule == candidate.rule; });
    if (!runs) all.push_back({candidate, false});
  }
}

}  // namespace

DispatchResult Dispatcher::dispatch_watched(uint32_t number) {
  if (metrics_ == nullptr) {
    recorder_->begin_event(number);
    const DispatchResult result = consider_recorded(number);
    recorder_->end_event();
    return result;
  }
  const auto began = std::chrono::steady_clock::now();
  DispatchResult result = DispatchResult::kDone;
  if (recorder_ != nullptr) {
    recorder_->begin_event(number);
    result = consider_recorded(number);
    recorder_->end_event();
  } else {
    result = consider_counted(number);
  }
  const auto took = std::chrono::steady_clock::now() - began;
  metrics_->count_event(cascade_.queue()[number].type,
                        std::chrono::duration_cast<std::chrono::nanoseconds>(took).count());
  return result;
}

/// Runs a rule and finds out from what the dispatcher counts anyway how it went.
template <class Fire>
DispatchResult Dispatcher::counted(const CompiledRule& rule, const Fire& fire_it) {
  const uint64_t fired = statistics_.rules_fired;
  const uint64_t failures = statistics_.failures;
  const uint64_t when_errors = statistics_.when_errors;
  const DispatchResult result = fire_it();
  Metrics::RuleCounts& counts = metrics_->of_rule(rule.number);
  if (statistics_.rules_fired != fired) {
    ++counts.fired;
  } else if (statistics_.failures != failures) {
    ++counts.failed;
  } else if (statistics_.when_errors != when_errors) {
    ++counts.condition_failed;
  } else {
    ++counts.held_back;
  }
  return result;
}

DispatchResult Dispatcher::consider_counted(uint32_t number) {
  return each_rule(
      number, [&](const CompiledRule& rule) { return counted(rule, [&] { return fire(rule, number); }); });
}

DispatchResult Dispatcher::consider_recorded(uint32_t number) {
  const QueuedEvent& queued = cascade_.queue()[number];
  const CandidateSet& set = *queued.candidates;
  bool passed = true;
  const DispatchResult gates = run_gates(number, passed);
  if (gates != DispatchResult::kDone || !passed) return gates;
  std::vector<Considered> all;
  for (const Candidate& candidate : set.unguarded) all.push_back({candidate, true});
  for (const GuardTable& table : set.guarded) add_guarded(table, queued, *recorder_, all);
  std::stable_sort(all.begin(), all.end(),
                   [](const Considered& a, const Considered& b) { return a.candidate < b.candidate; });
  uint32_t last = UINT32_MAX;
  for (const Considered& each : all) {
    const auto [number_of_rule, filter] = each.candidate;
    if (number_of_rule == last) continue;
    if (!index_->subject_matches(filter, queued.subject->name())) {
      recorder_->add_other_subject();
      continue;
    }
    last = number_of_rule;
    const CompiledRule& rule = index_->program()->rules()[number_of_rule];
    if (!each.runs) {
      explain(rule, number);
      continue;
    }
    const DispatchResult result = metrics_ == nullptr
                                      ? fire_recorded(rule, number)
                                      : counted(rule, [&] { return fire_recorded(rule, number); });
    if (result != DispatchResult::kDone) return result;
  }
  return DispatchResult::kDone;
}

void Dispatcher::explain(const CompiledRule& rule, uint32_t number) {
  begin_firing(rule, number);
  WhenExplanation why;
  // A `when` before the one that the index looked at may fail: nobody hears of it without a recorder either.
  if (explain_whens(rule, frame_, why) == WhenResult::kDoesNotHold) recorder_->held_back(rule, why);
}

DispatchResult Dispatcher::fire_recorded(const CompiledRule& rule, uint32_t number) {
  begin_firing(rule, number);
  WhenExplanation why;
  switch (explain_whens(rule, frame_, why)) {
    case WhenResult::kHolds:
      break;
    case WhenResult::kDoesNotHold:
      recorder_->held_back(rule, why);
      return DispatchResult::kDone;
    case WhenResult::kError:
      recorder_->condition_failed(rule, why, describe_error(frame_.failure, *index_->program()));
      return condition_failed(rule);
  }
  if (!cascade_.queue()[number].candidates->middleware.empty()) {
    const DispatchResult result = fire_wrapped(rule, number);
    recorder_->queued();
    return result;
  }
  recorder_->begin_unit(rule);
  const RunResult result = run_body(rule, frame_);
  const bool good = result == RunResult::kDone || result == RunResult::kStopped;
  if (result == RunResult::kFailed) cascade_.undo_rule();
  record_end(result, true);
  if (!good) return failed(rule, result);
  const DispatchResult end = ended_well(rule, number);
  recorder_->queued();
  return end;
}

void Dispatcher::record_end(RunResult result, bool went_on) {
  if (result == RunResult::kFailed || result == RunResult::kFailedCascade) {
    recorder_->end_unit(TracedUnit::Outcome::kFailed, describe_error(frame_.failure, *index_->program()));
  } else {
    recorder_->end_unit(went_on ? TracedUnit::Outcome::kDone : TracedUnit::Outcome::kStopped);
  }
}

}  // namespace krules
