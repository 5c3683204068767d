#include "dispatcher.h"
#include "trace_recorder.h"

/// Gates before the rules of an event, and middleware around each of them.
namespace krules {

Dispatcher::Running Dispatcher::running() const {
  return {frame_.rule, frame_.subject, frame_.origin, frame_.locals, frame_.steps_left, frame_.entropy_used};
}

void Dispatcher::go_back_to(const Running& unit) {
  frame_.rule = unit.rule;
  frame_.subject = unit.subject;
  frame_.origin = unit.origin;
  frame_.locals = unit.locals;
  frame_.steps_left = unit.steps_left;
  frame_.entropy_used = unit.entropy_used;
  cascade_.act_as(*unit.rule);
}

void Dispatcher::begin_unit(const CompiledRule& unit) {
  frame_.subject = frame_.origin = frame_.event->subject;
  frame_.steps_left = limits_.max_steps;
  cascade_.act_as(unit);
}

bool Dispatcher::holds(const CompiledRule& wrapper) {
  begin_unit(wrapper);
  const WhenResult result = evaluate_whens(wrapper, frame_);
  if (result != WhenResult::kError) return result == WhenResult::kHolds;
  ++statistics_.when_errors;
  listener_.condition_failed(wrapper, frame_.failure);
  return false;
}

// ---------------------------------------------------------------- gates

DispatchResult Dispatcher::run_gates(uint32_t number, bool& passed) {
  const QueuedEvent& queued = cascade_.queue()[number];
  uint32_t last = UINT32_MAX;
  for (const Candidate& candidate : queued.candidates->gates) {
    if (candidate.rule == last) continue;
    if (!index_->subject_matches(candidate.filter, queued.subject->name())) continue;
    last = candidate.rule;
    const CompiledRule& gate = index_->program()->wrappers()[candidate.rule];
    cascade_.begin_rule(number, gate);
    frame_.event = &queued;
    if (!holds(gate)) continue;
    if (recorder_ != nullptr) recorder_->begin_unit(gate);
    const RunResult result = run_body(gate, frame_);
    if (recorder_ != nullptr) record_end(result, result == RunResult::kDone);
    if (result == RunResult::kFailed || result == RunResult::kFailedCascade) {
      if (frame_.failure.as_error().kind == "store") return DispatchResult::kStoreFailed;
      if (result == RunResult::kFailedCascade) return failed(gate, result);
      cascade_.undo_rule();
      passed = false;
      listener_.event_refused(gate, queued, frame_.failure);
      return DispatchResult::kDone;
    }
    if (firings_ != nullptr) firings_->push_back({number, gate.number});
    cascade_.end_rule();
    if (recorder_ != nullptr) recorder_->queued();
    if (cascade_.overflowed()) return DispatchResult::kFuse;
    if (result == RunResult::kDone) continue;
    ++statistics_.dropped;
    passed = false;
    return DispatchResult::kDone;
  }
  return DispatchResult::kDone;
}

// ---------------------------------------------------------------- middleware

DispatchResult Dispatcher::fire_wrapped(const CompiledRule& rule, uint32_t number) {
  chain_ = {};
  chain_.middleware = &cascade_.queue()[number].candidates->middleware;
  chain_.rule = &rule;
  chain_.event = number;
  chain_.rule_frame = running();
  frame_.chain = this;
  frame_.next_failed = false;
  const RunResult result = next(frame_);
  frame_.chain = nullptr;
  if (recorder_ != nullptr && chain_.begun <= chain_.middleware->size()) recorder_->skipped(rule);
  switch (result) {
    case RunResult::kDone:
    case RunResult::kStopped:
      if (cascade_.wrapped_holds()) return ended_well(rule, number);
      ++statistics_.held_back;
      break;
    case RunResult::kFailed:
      if (frame_.failure.as_error().kind == "store") return DispatchResult::kStoreFailed;
      // The rule ended well, and middleware failed behind `next`.
      if (cascade_.wrapped_holds()) cascade_.undo_wrapped();
      break;
    case RunResult::kFailedCascade:
      return failed(rule, result);
  }
  // What the rule did is undone; what middleware did stays.
  cascade_.end_rule();
  if (recorder_ != nullptr) recorder_->queued();
  if (cascade_.overflowed()) return DispatchResult::kFuse;
  return result == RunResult::kFailed ? failed(rule, result) : DispatchResult::kDone;
}

RunResult Dispatcher::next(Frame& frame) {
  const Running caller = running();
  const size_t behind = chain_.behind;
  RunResult result = RunResult::kDone;
  if (chain_.begun != behind) {
    frame.failure = cascade_.error("next", "`next` ran already: it runs the rule once at most");
    return RunResult::kFailed;
  }
  while (true) {
    const size_t link = chain_.begun++;
    const std::vector<Candidate>& middleware = *chain_.middleware;
    if (link == middleware.size()) {
      result = run_wrapped_rule();
      break;
    }
    const Candidate& candidate = middleware[link];
    if (candidate.rule == chain_.last_met) continue;
    if (!index_->subject_matches(candidate.filter, frame.event->subject->name())) continue;
    chain_.last_met = candidate.rule;
    const CompiledRule& wrapper = index_->program()->wrappers()[candidate.rule];
    if (!holds(wrapper)) continue;
    chain_.behind = chain_.begun;
    const size_t begun = chain_.begun;
    if (recorder_ != nullptr) recorder_->begin_unit(wrapper);
    result = run_body(wrapper, frame);
    if (recorder_ != nullptr) record_end(result, chain_.begun != begun);
    if (result == RunResult::kFailed && is_passed_on(frame.failure)) frame.failure = chain_.failure;
    if (firings_ != nullptr) firings_->push_back({chain_.event, wrapper.number});
    break;
  }
  chain_.behind = behind;
  go_back_to(caller);
  return result == RunResult::kStopped ? RunResult::kDone : result;
}

// `fail err.message` is the failure of the rule again, which is told with the rule's own place.
bool Dispatcher::is_passed_on(const Value& failure) const {
  return chain_.failure.is_error() && failure.as_error().message == chain_.failure.as_error().message;
}

RunResult Dispatcher::run_wrapped_rule() {
  go_back_to(chain_.rule_frame);
  cascade_.begin_wrapped();
  if (recorder_ != nullptr) recorder_->begin_unit(*chain_.rule);
  const RunResult result = run_body(*chain_.rule, frame_);
  if (result == RunResult::kFailed) {
    cascade_.undo_wrapped();
    chain_.failure = frame_.failure;
  }
  if (recorder_ != nullptr) record_end(result, true);
  return result;
}

}  // namespace krules
