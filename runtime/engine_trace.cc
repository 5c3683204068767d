#include "engine_impl.h"
#include "krules/json.h"

/// What becomes of a cascade that is recorded: it is told, and written into the journal.
namespace krules {

namespace {

/// What the cascade changed, as the journal finds it: extended properties are `ext.NAME`.
std::vector<PropertyName> changed_by(const CascadeTrace& trace) {
  std::vector<PropertyName> changed;
  if (!trace.dead_letter.empty()) return changed;
  for (const TracedEvent& event : trace.events) {
    for (const TracedUnit& unit : event.units) {
      for (const TracedDeed& deed : unit.deeds) {
        if (deed.undone || (deed.kind != TracedDeed::Kind::kSet && deed.kind != TracedDeed::Kind::kDelete))
          continue;
        changed.push_back({deed.subject, deed.extended ? "ext." + deed.name : deed.name});
      }
    }
  }
  return changed;
}

}  // namespace

void Engine::trace(TraceListener listener) {
  impl_->trace_listener = std::move(listener);
  impl_->record(impl_->trace_listener != nullptr);
}

void Engine::Impl::record(bool on) {
  const bool keeps_stories = store != nullptr && options.journal != Journal::kOff;
  recording = on || (keeps_stories && options.journal == Journal::kAll);
  watched = recording || keeps_stories;
  dispatcher->record_with(recording ? recorder.get() : nullptr);
  cascade->record_with(recording ? recorder.get() : nullptr);
}

DispatchResult Engine::Impl::repeat_recorded(const InputEvent& event, DispatchResult result) {
  if (result == DispatchResult::kStoreFailed) return result;
  repeated_now = cascade->now();
  const EngineStatistics counted = statistics;
  cascade->undo_all();
  group.outputs().resize(outputs_before);
  refused.clear();
  dispatcher->record_with(recorder.get());
  dispatcher->count_with(nullptr);
  cascade->record_with(recorder.get());
  result = run_events(event);
  finish_trace(result, true);
  dispatcher->count_with(metrics.get());
  dispatcher->record_with(nullptr);
  cascade->record_with(nullptr);
  statistics = counted;
  repeated_now.reset();
  return result;
}

void Engine::Impl::finish_trace(DispatchResult result, bool failed) {
  if (result == DispatchResult::kStoreFailed) return;
  recorder->finish();
  recorder->number_calls(last_call_id);
  CascadeTrace& trace = recorder->trace();
  trace.identity = identity_text(identity());
  trace.event_id = root_event->id.empty() ? trace.identity : std::string(root_event->id);
  trace.source = root_source->name;
  trace.line = root_event->line;
  trace.timer = root_event->timer;
  trace.call = root_event->call;
  trace.time = cascade->now();
  Verdict said = verdict(result);
  trace.dead_letter = std::move(said.kind);
  trace.dead_message = std::move(said.message);
  if (trace.events.empty()) {
    // Refused before any rule saw it.
    TracedEvent& event = trace.events.emplace_back();
    event.number = 1;
    event.type = root_event->type->text();
    event.subject = root_event->subject;
    event.payload = traced_json(root_event->payload);
  }
  if (trace_listener) trace_listener(trace);
  if (store == nullptr || options.journal == Journal::kOff) return;
  if (options.journal == Journal::kAll || failed) write_story(trace);
}

void Engine::Impl::write_story(const CascadeTrace& trace) {
  const std::string story = trace_as_json(trace);
  JournalWrite entry;
  entry.time = trace.time;
  entry.event_id = trace.event_id;
  entry.source = trace.source;
  entry.type = trace.events.front().type;
  entry.subject = trace.events.front().subject;
  entry.story = story;
  group.add_story(entry, changed_by(trace));
}

}  // namespace krules
