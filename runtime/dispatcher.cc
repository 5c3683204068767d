#include "dispatcher.h"

#include <fmt/format.h>

#include <algorithm>

#include "dispatch_each.h"
#include "krules/forget_subjects.h"
#include "trace_recorder.h"

namespace krules {

std::string why_not_from_outside(std::string_view type) {
  if (type != kPropertyChangedType && type != kPropertyDeletedType && type != kSubjectDeletedType) return {};
  return fmt::format("`{}` is a built-in event: only `set` and `delete` make it", type);
}

std::string describe_error(const Value& error, const Program& program) {
  const ErrorRep& rep = error.as_error();
  const auto& sources = program.sources();
  if (rep.source >= sources.size() || sources[rep.source] == nullptr) return std::string(rep.message);
  const Source& source = *sources[rep.source];
  const LineColumn at = source.position(rep.span.begin);
  return fmt::format("{} ({}:{}:{})", rep.message, source.name(), at.line, at.column);
}

Dispatcher::Dispatcher(Cascade& cascade, SubjectCache& cache, Limits limits, EngineStatistics& statistics,
                       FailureListener& listener)
    : cascade_(cascade), cache_(cache), limits_(limits), statistics_(statistics), listener_(listener) {}

void Dispatcher::use(RuleIndex& index) {
  index_ = &index;
  frame_.program = index.program().get();
}

DispatchResult Dispatcher::stop(DispatchResult result, std::string_view reason) {
  reason_ = reason;
  return result;
}

DispatchResult Dispatcher::begin(const InputEvent& event) {
  index_->forget_strangers();
  forget_subjects(*index_->program());
  cascade_.begin(*index_, limits_.max_cascade);
  if (recorder_ != nullptr) recorder_->begin(*index_->program());
  frame_.host = &cascade_;
  frame_.arena = &cascade_.arena();

  QueuedEvent& root = cascade_.push_root();
  root.type = event.type;
  if (!root.type->interned()) {
    // Read before a reload that made the name known.
    if (const Symbol* known = index_->program()->symbols()->find(root.type->text(), root.type->hash))
      root.type = known;
  }
  root.payload = event.payload;
  root.meta = event.meta;
  root.extra = event.extra;
  if (const DispatchResult result = prepare_root(event, root); result != DispatchResult::kDone) return result;
  root.candidates = &index_->candidates(EventKind::kPlain, root.type, nullptr);
  return DispatchResult::kDone;
}

DispatchResult Dispatcher::prepare_root(const InputEvent& event, Event& root) {
  const Program& program = *index_->program();
  std::string_view subject_name = event.subject;
  Value computed;
  if (program.has_inputs() && event.timer == 0 && event.call == 0) {
    if (const CompiledInput* input = program.input(root.type)) {
      if (const Value bad = program.check_input(*input, event.payload, cascade_.arena()); bad.is_error()) {
        return stop(DispatchResult::kUnfit, bad.as_error().message);
      }
      root.payload = program.read_input(*input, event.payload, cascade_.arena());
      Subject nobody("");
      root.subject = &nobody;
      frame_.event = &root;
      frame_.subject = frame_.origin = &nobody;
      frame_.steps_left = limits_.max_steps;
      computed = program.input_subject(*input, frame_);
      root.subject = nullptr;
      if (computed.is_error()) return stop(DispatchResult::kUnfit, computed.as_error().message);
      if (computed.is(ValueKind::kString)) subject_name = computed.text();
    }
  }
  if (subject_name.empty()) return stop(DispatchResult::kMalformed, "an event needs a `subject`");
  root.subject = cache_.get(subject_name);
  return root.subject == nullptr ? DispatchResult::kStoreFailed : DispatchResult::kDone;
}

std::span<const Candidate> Dispatcher::gather(const QueuedEvent& event) {
  const CandidateSet& set = *event.candidates;
  if (set.guarded.empty()) return set.unguarded;
  std::span<const Candidate> only = set.unguarded;
  gathered_.clear();
  for (const GuardTable& table : set.guarded) {
    const std::span<const Candidate> found = table.find(guard_value(table, event));
    if (found.empty()) continue;
    if (only.empty()) {
      only = found;
      continue;
    }
    if (gathered_.empty()) gathered_.assign(only.begin(), only.end());
    gathered_.insert(gathered_.end(), found.begin(), found.end());
  }
  if (gathered_.empty()) return only;
  std::stable_sort(gathered_.begin(), gathered_.end());
  return gathered_;
}

DispatchResult Dispatcher::dispatch(uint32_t number) {
  ++statistics_.cascade_events;
  return watched_ ? dispatch_watched(number) : dispatch_quickly(number);
}

DispatchResult Dispatcher::dispatch_quickly(uint32_t number) {
  return each_rule(number, [&](const CompiledRule& rule) { return fire(rule, number); });
}

void Dispatcher::begin_firing(const CompiledRule& rule, uint32_t number) {
  const QueuedEvent& queued = cascade_.queue()[number];
  cascade_.begin_rule(number, rule);
  frame_.event = &queued;
  frame_.subject = frame_.origin = queued.subject;
  frame_.steps_left = limits_.max_steps;
  frame_.entropy_used = 0;
}

DispatchResult Dispatcher::fire(const CompiledRule& rule, uint32_t number) {
  begin_firing(rule, number);
  switch (evaluate_whens(rule, frame_)) {
    case WhenResult::kHolds:
      break;
    case WhenResult::kDoesNotHold:
      return DispatchResult::kDone;
    case WhenResult::kError:
      return condition_failed(rule);
  }
  if (!cascade_.queue()[number].candidates->middleware.empty()) return fire_wrapped(rule, number);
  const RunResult result = run_body(rule, frame_);
  if (result == RunResult::kDone || result == RunResult::kStopped) return ended_well(rule, number);
  if (result == RunResult::kFailed) cascade_.undo_rule();
  return failed(rule, result);
}

DispatchResult Dispatcher::condition_failed(const CompiledRule& rule) {
  if (frame_.failure.as_error().kind == "store") return DispatchResult::kStoreFailed;
  ++statistics_.when_errors;
  listener_.condition_failed(rule, frame_.failure);
  return DispatchResult::kDone;
}

DispatchResult Dispatcher::ended_well(const CompiledRule& rule, uint32_t number) {
  ++statistics_.rules_fired;
  if (firings_ != nullptr) firings_->push_back({number, rule.number});
  cascade_.end_rule();
  return cascade_.overflowed() ? DispatchResult::kFuse : DispatchResult::kDone;
}

DispatchResult Dispatcher::failed(const CompiledRule& rule, RunResult result) {
  if (frame_.failure.as_error().kind == "store") return DispatchResult::kStoreFailed;
  ++statistics_.failures;
  if (result == RunResult::kFailedCascade)
    return stop(DispatchResult::kFailedCascade, frame_.failure.as_error().message);
  listener_.rule_failed(rule, frame_.failure);
  return DispatchResult::kDone;
}

}  // namespace krules
