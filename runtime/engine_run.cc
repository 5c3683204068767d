#include <fmt/format.h>

#include <algorithm>

#include "engine_impl.h"
#include "event_reader.h"
#include "krules/json.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

/// How one event and its cascade go through the engine.
namespace krules {

namespace {

CascadeIdentity identity_of(const InputEvent& event, const SourceKey& source) {
  XXH3_state_t state;
  XXH3_128bits_reset(&state);
  if (event.timer != 0) {
    XXH3_128bits_update(&state, "timer", 5);
    XXH3_128bits_update(&state, &event.timer, sizeof event.timer);
    XXH3_128bits_update(&state, event.subject.data(), event.subject.size());
    XXH3_128bits_update(&state, &event.begin, sizeof event.begin);
  } else if (!event.id.empty()) {
    const std::string_view name = event.source.empty() ? std::string_view(source.name) : event.source;
    XXH3_128bits_update(&state, name.data(), name.size());
    XXH3_128bits_update(&state, "", 1);
    XXH3_128bits_update(&state, event.id.data(), event.id.size());
  } else {
    const uint64_t place[3] = {source.high, source.low, event.begin};
    XXH3_128bits_update(&state, place, sizeof place);
  }
  const XXH128_hash_t hash = XXH3_128bits_digest(&state);
  return {hash.high64, hash.low64};
}

}  // namespace

bool Engine::Impl::process(const InputEvent& event, const SourceKey& source) {
  if (!failure.empty()) return false;
  ++statistics.events;
  if (run(event, source) == Outcome::kEngineFailed) return false;
  if (event.dead_letter != 0) group.add_retried(event.dead_letter);
  after_cascade();
  return failure.empty();
}

Engine::Impl::Outcome Engine::Impl::run(const InputEvent& event, const SourceKey& source) {
  if (!event.error.empty()) return dead_letter("malformed", event.error, event, source);
  if (const std::string reason = why_not_from_outside(event.type->text()); !reason.empty()) {
    return dead_letter("malformed", reason, event, source);
  }
  if (!event.id.empty() && event.dead_letter == 0) {
    const std::string_view name = event.source.empty() ? std::string_view(source.name) : event.source;
    bool duplicate = false;
    if (StoreStatus status = seen.contains(name, event.id, duplicate); !status.ok())
      return store_failed(status.error());
    if (duplicate) {
      ++statistics.duplicates;
      return Outcome::kDone;
    }
    seen.add(name, event.id, group.number());
    if (store != nullptr) group.add_seen(name, event.id);
  }
  return run_cascade(event, source);
}

Engine::Impl::Outcome Engine::Impl::run_cascade(const InputEvent& event, const SourceKey& source) {
  root_event = &event;
  root_source = &source;
  known_identity.reset();
  outputs_before = group.outputs().size();
  emitted_before = statistics.emitted;
  refused.clear();
  const uint64_t failures_before = statistics.failures + statistics.when_errors;
  DispatchResult result = run_events(event);
  if (watched) [[unlikely]] {
    const bool failed = result != DispatchResult::kDone || !refused.empty() ||
                        statistics.failures + statistics.when_errors != failures_before;
    if (recording) {
      finish_trace(result, failed);
    } else if (failed) {
      result = repeat_recorded(event, result);
    }
  }
  if (result == DispatchResult::kDone) [[likely]] {
    finish_cascade();
    return Outcome::kDone;
  }
  if (result == DispatchResult::kStoreFailed) return store_failed(cache->error());
  const Verdict said = verdict(result);
  const bool has_path = result == DispatchResult::kFuse || result == DispatchResult::kFailedCascade;
  return dead_letter(said.kind, said.message, event, source, has_path ? fuse_path() : std::string());
}

DispatchResult Engine::Impl::run_events(const InputEvent& event) {
  DispatchResult result = dispatcher->begin(event);
  if (root_is_emitted && result == DispatchResult::kDone) emitted(cascade->queue()[0], 1);
  for (uint32_t number = 0; result == DispatchResult::kDone && number < cascade->queue().size(); ++number) {
    result = dispatcher->dispatch(number);
  }
  return result;
}

Engine::Impl::Verdict Engine::Impl::verdict(DispatchResult result) const {
  switch (result) {
    case DispatchResult::kDone:
    case DispatchResult::kStoreFailed:
      break;
    case DispatchResult::kMalformed:
      return {"malformed", dispatcher->reason()};
    case DispatchResult::kUnfit:
      return {"input", dispatcher->reason()};
    case DispatchResult::kFuse:
      return {"fuse", fmt::format("the cascade made more than {} events (--max-cascade) and was undone",
                                  options.max_cascade)};
    case DispatchResult::kFailedCascade:
      return {"fail", dispatcher->reason()};
  }
  return {};
}

void Engine::Impl::condition_failed(const CompiledRule& rule, const Value& error) {
  cascade->log_failure(
      LogSeverity::kWarn,
      fmt::format("a condition failed and counts as false: {}", describe_error(error, *index->program())),
      fmt::format("when\n{}\n{}", rule.name, error.as_error().kind));
}

void Engine::Impl::rule_failed(const CompiledRule& rule, const Value& error) {
  cascade->log_failure(LogSeverity::kError,
                       fmt::format("rule failed: {}", describe_error(error, *index->program())),
                       fmt::format("rule\n{}\n{}", rule.name, error.as_error().kind));
}

void Engine::Impl::event_refused(const CompiledRule& gate, const Event& event, const Value& error) {
  DeadLetter& letter = refused.emplace_back();
  letter.time = clock->now();
  letter.kind = "gate";
  letter.message = fmt::format("the gate `{}` refused it: {}", gate.name, error.as_error().message);
  if (&event == &cascade->queue()[0] && !root_event->raw.empty()) {
    letter.event = text_of_letter(*root_event);
  } else {
    InputEvent copy;
    copy.type = event.type;
    copy.subject = event.subject->name();
    copy.payload = event.payload;
    copy.meta = event.meta;
    copy.extra = event.extra;
    letter.event = event_from_within_as_json(copy);
  }
  letter.source = root_source->name;
  letter.line = root_event->line;
  cascade->log_failure(LogSeverity::kWarn, letter.message, fmt::format("gate\n{}", gate.name));
}

std::string Engine::Impl::fuse_path() {
  // From the last event back to the first; a long way shows its two ends.
  constexpr size_t kEnds = 12;
  EventQueue& queue = cascade->queue();
  std::vector<size_t> steps;
  for (size_t at = queue.size() - 1; at != 0; at = queue[at].cause) steps.push_back(at);
  steps.push_back(0);
  std::reverse(steps.begin(), steps.end());
  std::string path = "[";
  for (size_t i = 0; i < steps.size(); ++i) {
    if (i > 0) path.push_back(',');
    if (steps.size() > 2 * kEnds && i == kEnds) {
      path.append(fmt::format("{{\"left_out\":{}}},", steps.size() - 2 * kEnds));
      i = steps.size() - kEnds;
    }
    const QueuedEvent& event = queue[steps[i]];
    path.append("{\"event\":");
    append_json_string(path, event.type->text());
    path.append(",\"subject\":");
    append_json_string(path, event.subject->name());
    if (event.property != nullptr) {
      path.append(",\"property\":");
      append_json_string(path, event.property->text());
    }
    if (event.rule != UINT32_MAX) {
      path.append(",\"by\":");
      append_json_string(path, index->program()->unit(event.rule).name);
    }
    path.push_back('}');
  }
  path.push_back(']');
  return path;
}

Engine::Impl::Outcome Engine::Impl::dead_letter(std::string_view kind, std::string_view message,
                                                const InputEvent& event, const SourceKey& source,
                                                std::string path) {
  ++statistics.dead_letters;
  DeadLetter letter;
  letter.time = clock->now();
  letter.kind = kind;
  letter.message = message;
  letter.event = text_of_letter(event);
  letter.source = source.name;
  letter.line = event.line;
  letter.path = std::move(path);
  const std::string place = event.line == 0 ? source.name : fmt::format("{}:{}", source.name, event.line);
  const std::string text = fmt::format("{}: sent to the dead letters: {}", place, message);
  const std::string type(event.type == nullptr ? std::string_view() : event.type->text());
  cascade->undo_all();
  group.outputs().resize(outputs_before);
  statistics.emitted = emitted_before;
  write_logs();
  failures.write(fmt::format("dead\n{}\n{}", kind, type),
                 {LogSeverity::kError, text, Value::null(), {}, type, event.subject, false});
  if (store != nullptr) group.add_dead_letter(std::move(letter));
  return Outcome::kDeadLetter;
}

Engine::Impl::Outcome Engine::Impl::store_failed(const StoreError& error) {
  cascade->undo_all();
  group.outputs().resize(outputs_before);
  write_logs();
  failure = error.message;
  return Outcome::kEngineFailed;
}

void Engine::Impl::emitted(const Event& event, uint32_t number) {
  if (event.kind == EventKind::kPlain) ++statistics.emitted;
  if (metrics != nullptr && event.kind == EventKind::kPlain && !repeated_now.has_value()) {
    EventQueue& queue = cascade->queue();
    const bool comes = queue[queue.size() - 1].number == number;
    if (!comes) metrics->count_event(event.type, 0);
  }
  if (!formatter.wants(event.type)) return;
  formatter.append(group.outputs(), event, identity(), number, cascade->now());
}

CascadeIdentity Engine::Impl::identity() {
  if (!known_identity.has_value()) known_identity = identity_of(*root_event, *root_source);
  return *known_identity;
}

void Engine::Impl::write_logs() {
  for (const LogRecord& record : cascade->logs()) {
    if (!logger.wants(record.severity)) continue;
    const LogEntry entry{record.severity, record.message, record.data,  record.rule,
                         record.event,    record.subject, record.undone};
    if (record.failure.empty()) {
      logger.write(entry);
    } else {
      failures.write(record.failure, entry);
    }
  }
  cascade->logs().clear();
}

void Engine::Impl::finish_cascade() {
  write_logs();
  statistics.dead_letters += refused.size();
  if (store != nullptr) {
    for (DeadLetter& letter : refused) group.add_dead_letter(std::move(letter));
  }
  if (!cascade->calls().empty()) take_calls();
  cascade->finish_timers([this](const Timer& timer, bool set) { store_timer(timer, set); });
  if (store == nullptr) {
    cascade->finish([](Subject&, uint16_t) {});
  } else {
    cascade->finish([this](Subject& subject, uint16_t part) { group.touch(subject, part); });
  }
}

bool Engine::Impl::put(std::string_view name, const Value& properties, const Value& extended) {
  if (!failure.empty() || index == nullptr) return false;
  refused.clear();
  cascade->begin(*index, options.max_cascade);
  cascade->push_root();
  const CompiledRule nobody;
  cascade->begin_rule(0, nobody);
  Subject* subject = cache->get(name);
  if (subject == nullptr) {
    store_failed(cache->error());
    return false;
  }
  WriteOptions muted;
  muted.muted = true;
  if (properties.is(ValueKind::kMap)) {
    for (const MapRep::Entry& entry : properties.as_map().entries())
      cascade->set_property(*subject, entry.key, entry.value, muted);
  }
  if (extended.is(ValueKind::kMap)) {
    for (const MapRep::Entry& entry : extended.as_map().entries())
      cascade->set_extended(*subject, entry.key, entry.value, false);
  }
  cascade->end_rule();
  finish_cascade();
  after_cascade();
  return failure.empty();
}

void Engine::Impl::after_cascade() {
  group.count_cascade();
  outputs_before = group.outputs().size();
  emitted_before = statistics.emitted;
  // Enough for a commit (or, without a store, a write) to be worth it.
  constexpr uint32_t kWorthACommit = 64;
  constexpr size_t kWorthAWrite = 64 * 1024;
  constexpr size_t kFullGroup = size_t{4} << 20;
  if (cascade->take_direct()) {
    seal();
    committer->wait();
  } else if (store == nullptr) {
    if (group.outputs().size() >= kWorthAWrite) seal();
  } else if (group.cascades() >= options.max_commit_batch || group.outputs().size() >= kFullGroup) {
    seal();
  } else if (options.commit_thread == CommitThread::kOwn && group.cascades() >= kWorthACommit &&
             committer->idle()) {
    seal();
  }
  cache->trim(committer->committed());
  check_committer();
}

void Engine::Impl::seal() {
  if (position_source && store != nullptr) position_source(group.positions());
  for (Subject* subject : group.touched()) cache->recount(*subject);
  const uint64_t number = group.number();
  committer->submit(group.close());
  group.restart(number + 1);
  outputs_before = 0;
  ++statistics.commits;
  seen.committed(committer->committed());
  check_committer();
}

bool Engine::Impl::check_committer() {
  switch (committer->failure()) {
    case Committer::Failure::kNone:
      break;
    case Committer::Failure::kStore:
      failure = committer->error().message;
      break;
    case Committer::Failure::kOutput:
      failure = "the output was closed";
      output_closed = true;
      break;
  }
  return failure.empty();
}

}  // namespace krules
