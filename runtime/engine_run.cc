#include <fmt/format.h>

#include <algorithm>

#include "engine_impl.h"
#include "krules/json.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

/// How one event and its cascade go through the engine.
namespace krules {

namespace {

CascadeIdentity identity_of(const InputEvent& event, const SourceKey& source) {
  XXH3_state_t state;
  XXH3_128bits_reset(&state);
  if (!event.id.empty()) {
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

std::string event_as_json(const InputEvent& event) {
  std::string text = "{\"type\":";
  append_json_string(text, event.type == nullptr ? std::string_view() : event.type->text());
  text.append(",\"subject\":");
  append_json_string(text, event.subject);
  if (!event.id.empty()) {
    text.append(",\"id\":");
    append_json_string(text, event.id);
  }
  text.append(",\"data\":");
  append_json(text, event.payload);
  text.push_back('}');
  return text;
}

constexpr size_t kDeadLetterBytes = 64 * 1024;

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
  const std::string_view type = event.type->text();
  if (type == kPropertyChangedType || type == kPropertyDeletedType || type == kSubjectDeletedType) {
    return dead_letter("malformed",
                       fmt::format("`{}` is a built-in event: only `set` and `delete` make it", type), event,
                       source);
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

Engine::Impl::Outcome Engine::Impl::prepare_root(const InputEvent& event, const SourceKey& source,
                                                 Event& root) {
  const Program& program = *index->program();
  std::string_view subject_name = event.subject;
  Value computed;
  if (program.has_inputs()) {
    if (const CompiledInput* input = program.input(root.type)) {
      if (const Value bad = program.check_input(*input, event.payload, cascade->arena()); bad.is_error()) {
        return dead_letter("input", bad.as_error().message, event, source);
      }
      root.payload = program.read_input(*input, event.payload, cascade->arena());
      Subject nobody("");
      root.subject = &nobody;
      frame.event = &root;
      frame.subject = frame.origin = &nobody;
      frame.steps_left = options.max_steps;
      computed = program.input_subject(*input, frame);
      root.subject = nullptr;
      if (computed.is_error()) return dead_letter("input", computed.as_error().message, event, source);
      if (computed.is(ValueKind::kString)) subject_name = computed.text();
    }
  }
  if (subject_name.empty()) return dead_letter("malformed", "an event needs a `subject`", event, source);
  root.subject = cache->get(subject_name);
  return root.subject == nullptr ? store_failed(cache->error()) : Outcome::kDone;
}

Engine::Impl::Outcome Engine::Impl::run_cascade(const InputEvent& event, const SourceKey& source) {
  root_event = &event;
  root_source = &source;
  known_identity.reset();
  index->forget_strangers();
  cascade->begin(*index, options.max_cascade);
  outputs_before = group.outputs().size();
  emitted_before = statistics.emitted;
  frame.host = cascade.get();
  frame.arena = &cascade->arena();

  QueuedEvent& root = cascade->push_root();
  root.type = event.type;
  if (!root.type->interned()) {
    // Read before a reload that made the name known.
    if (const Symbol* known = index->program()->symbols()->find(root.type->text(), root.type->hash))
      root.type = known;
  }
  root.payload = event.payload;
  root.meta = event.meta;
  if (const Outcome outcome = prepare_root(event, source, root); outcome != Outcome::kDone) return outcome;
  root.candidates = &index->candidates(EventKind::kPlain, root.type, nullptr);

  for (uint32_t number = 0; number < cascade->queue().size(); ++number) {
    ++statistics.cascade_events;
    if (const Outcome outcome = dispatch(number, event, source); outcome != Outcome::kDone) return outcome;
  }
  finish_cascade();
  return Outcome::kDone;
}

std::span<const Candidate> Engine::Impl::gather(const QueuedEvent& event) {
  const CandidateSet& set = *event.candidates;
  if (set.guarded.empty()) return set.unguarded;
  std::span<const Candidate> only = set.unguarded;
  gathered.clear();
  for (const GuardTable& table : set.guarded) {
    const std::span<const Candidate> found = table.find(guard_value(table, event));
    if (found.empty()) continue;
    if (only.empty()) {
      only = found;
      continue;
    }
    if (gathered.empty()) gathered.assign(only.begin(), only.end());
    gathered.insert(gathered.end(), found.begin(), found.end());
  }
  if (gathered.empty()) return only;
  std::stable_sort(gathered.begin(), gathered.end());
  return gathered;
}

Engine::Impl::Outcome Engine::Impl::dispatch(uint32_t number, const InputEvent& event,
                                             const SourceKey& source) {
  const QueuedEvent& queued = cascade->queue()[number];
  uint32_t last = UINT32_MAX;
  for (const Candidate& candidate : gather(queued)) {
    // A rule whose patterns match twice stands here twice, side by side, and runs once.
    if (candidate.rule == last) continue;
    if (!index->subject_matches(candidate.filter, queued.subject->name())) continue;
    last = candidate.rule;
    const Outcome outcome = fire(index->program()->rules()[candidate.rule], number, event, source);
    if (outcome != Outcome::kDone) return outcome;
  }
  return Outcome::kDone;
}

Engine::Impl::Outcome Engine::Impl::fire(const CompiledRule& rule, uint32_t number, const InputEvent& event,
                                         const SourceKey& source) {
  const QueuedEvent& queued = cascade->queue()[number];
  cascade->begin_rule(number, rule);
  frame.event = &queued;
  frame.subject = frame.origin = queued.subject;
  frame.steps_left = options.max_steps;
  frame.entropy_used = 0;
  switch (evaluate_whens(rule, frame)) {
    case WhenResult::kHolds:
      break;
    case WhenResult::kDoesNotHold:
      return Outcome::kDone;
    case WhenResult::kError: {
      if (frame.failure.as_error().kind == "store") return store_failed(cache->error());
      ++statistics.when_errors;
      const std::string message =
          fmt::format("a condition failed and counts as false: {}", describe(frame.failure));
      failures.write(fmt::format("when\n{}\n{}", rule.name, frame.failure.as_error().kind),
                     {LogSeverity::kWarn, message, Value::null(), rule.name, queued.type->text(),
                      queued.subject->name(), false});
      return Outcome::kDone;
    }
  }
  switch (run_body(rule, frame)) {
    case RunResult::kDone:
      ++statistics.rules_fired;
      cascade->end_rule();
      if (!cascade->overflowed()) return Outcome::kDone;
      return dead_letter("fuse",
                         fmt::format("the cascade made more than {} events (--max-cascade) and was undone",
                                     options.max_cascade),
                         event, source, fuse_path());
    case RunResult::kFailed: {
      cascade->undo_rule();
      if (frame.failure.as_error().kind == "store") return store_failed(cache->error());
      ++statistics.failures;
      const std::string message = fmt::format("rule failed: {}", describe(frame.failure));
      failures.write(fmt::format("rule\n{}\n{}", rule.name, frame.failure.as_error().kind),
                     {LogSeverity::kError, message, Value::null(), rule.name, queued.type->text(),
                      queued.subject->name(), false});
      return Outcome::kDone;
    }
    case RunResult::kFailedCascade:
      ++statistics.failures;
      return dead_letter("fail", std::string(frame.failure.as_error().message), event, source, fuse_path());
  }
  return Outcome::kDone;
}

std::string Engine::Impl::describe(const Value& error) const {
  const ErrorRep& rep = error.as_error();
  const auto& sources = index->program()->sources();
  if (rep.source >= sources.size() || sources[rep.source] == nullptr) return std::string(rep.message);
  const Source& source = *sources[rep.source];
  const LineColumn at = source.position(rep.span.begin);
  return fmt::format("{} ({}:{}:{})", rep.message, source.name(), at.line, at.column);
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
      append_json_string(path, index->program()->rules()[event.rule].name);
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
  letter.event =
      event.raw.empty() ? event_as_json(event) : std::string(event.raw.substr(0, kDeadLetterBytes));
  letter.source = source.name;
  letter.line = event.line;
  letter.path = std::move(path);
  const std::string place = event.line == 0 ? source.name : fmt::format("{}:{}", source.name, event.line);
  const std::string text = fmt::format("{}: sent to the dead letters: {}", place, message);
  const std::string type(event.type == nullptr ? std::string_view() : event.type->text());
  failures.write(fmt::format("dead\n{}\n{}", kind, type),
                 {LogSeverity::kError, text, Value::null(), {}, type, event.subject, false});
  cascade->undo_all();
  group.outputs().resize(outputs_before);
  statistics.emitted = emitted_before;
  write_logs();
  if (store != nullptr) group.add_dead_letter(std::move(letter));
  return Outcome::kDeadLetter;
}

Engine::Impl::Outcome Engine::Impl::store_failed(const StoreError& error) {
  cascade->undo_all();
  group.outputs().resize(outputs_before);
  failure = error.message;
  return Outcome::kEngineFailed;
}

void Engine::Impl::emitted(const Event& event, uint32_t number) {
  if (event.kind == EventKind::kPlain) ++statistics.emitted;
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
    logger.write({record.severity, record.message, record.data, record.rule, record.event, record.subject,
                  record.undone});
  }
  cascade->logs().clear();
}

void Engine::Impl::finish_cascade() {
  write_logs();
  if (store == nullptr) {
    cascade->finish([](Subject&, uint16_t) {});
  } else {
    cascade->finish([this](Subject& subject, uint16_t part) { group.touch(subject, part); });
  }
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
