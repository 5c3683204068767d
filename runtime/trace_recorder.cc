#include "trace_recorder.h"

#include <algorithm>
#include <deque>
#include <map>
#include <set>
#include <tuple>

#include "dispatcher.h"
#include "krules/json.h"
#include "krules/stored_call.h"

namespace krules {

namespace {

constexpr size_t kLongestValue = 2000;
constexpr size_t kLongestCondition = 400;

std::string cut_text(std::string_view text, size_t most) {
  if (text.size() <= most) return std::string(text);
  size_t end = most;
  // Not within a character.
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "...";
}

std::string_view severity_name(LogSeverity severity) {
  switch (severity) {
    case LogSeverity::kDebug:
      return "debug";
    case LogSeverity::kInfo:
      return "info";
    case LogSeverity::kWarn:
      return "warn";
    case LogSeverity::kError:
      break;
  }
  return "error";
}

std::string field_name(const GuardTable& table) {
  switch (table.source) {
    case EqualityGuard::Source::kPayloadField:
      return "payload." + std::string(table.field->text());
    case EqualityGuard::Source::kProperty:
      return "property";
    case EqualityGuard::Source::kNewValue:
      return "new";
    case EqualityGuard::Source::kOldValue:
      return "old";
    case EqualityGuard::Source::kSubjectName:
      return "subject";
  }
  return {};
}

TracedUnit::Role role_of(const CompiledRule& unit) {
  switch (unit.role) {
    case CompiledRule::Role::kGate:
      return TracedUnit::Role::kGate;
    case CompiledRule::Role::kMiddleware:
      return TracedUnit::Role::kMiddleware;
    case CompiledRule::Role::kRule:
      break;
  }
  return TracedUnit::Role::kRule;
}

/// Whether a value may nest too deep to be read back within a story.
bool is_deep(std::string_view json) {
  const auto opened = std::count_if(json.begin(), json.end(), [](char c) { return c == '[' || c == '{'; });
  constexpr auto kDeepest = kMaxValueDepth - 16;
  return opened > static_cast<std::ptrdiff_t>(kDeepest);
}

TracedDeed::Kind deed_behind(EventKind kind) {
  switch (kind) {
    case EventKind::kPropertyChanged:
      return TracedDeed::Kind::kSet;
    case EventKind::kPropertyDeleted:
      return TracedDeed::Kind::kDelete;
    case EventKind::kSubjectDeleted:
      return TracedDeed::Kind::kDeleteSubject;
    case EventKind::kPlain:
      break;
  }
  return TracedDeed::Kind::kEmit;
}

int64_t nanoseconds_since(std::chrono::steady_clock::time_point then) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now() - then)
      .count();
}

}  // namespace

std::string traced_json(const Value& value) {
  std::string json;
  if (value.is_error()) {
    append_json_string(json, value.as_error().message);
    return json;
  }
  append_json(json, value);
  return traced_text(std::move(json));
}

std::string traced_text(std::string json) {
  if (json.size() <= kLongestValue && !is_deep(json)) return json;
  std::string cut;
  append_json_string(cut, cut_text(json, kLongestValue));
  return cut;
}

TracedPlace traced_place(const Source* source, Span span) {
  if (source == nullptr) return {};
  const LineColumn at = source->position(span.begin);
  return {source->name(), at.line, at.column};
}

// ---------------------------------------------------------------- the cascade and its events

void TraceRecorder::begin(const Program& program) {
  program_ = &program;
  trace_ = {};
  room_ = kRoom;
  recording_event_ = false;
  acting_.clear();
  origins_.clear();
  queue_mark_ = 0;
  mark_ = now();
  cascade_began_ = Clock::now();
}

void TraceRecorder::number_calls(uint64_t last_id) {
  for (TracedEvent& event : trace_.events) {
    for (TracedUnit& unit : event.units) {
      for (TracedDeed& deed : unit.deeds) {
        if (deed.kind == TracedDeed::Kind::kCall) deed.call = deed.undone ? 0 : last_id + deed.call;
      }
    }
  }
}

void TraceRecorder::finish() {
  trace_.event_count = cascade_.event_count();
  trace_.nanoseconds = nanoseconds_since(cascade_began_);
}

bool TraceRecorder::take_room() {
  if (room_ > 0) {
    --room_;
    return true;
  }
  ++trace_.left_out;
  return false;
}

void TraceRecorder::begin_event(uint32_t place) {
  event_began_ = Clock::now();
  recording_event_ = take_room();
  if (!recording_event_) return;
  EventQueue& queue = cascade_.queue();
  const QueuedEvent& from = queue[place];
  TracedEvent& to = trace_.events.emplace_back();
  to.number = from.number;
  if (from.rule != UINT32_MAX) {
    to.cause = queue[from.cause].number;
    to.rule = program_->unit(from.rule).name;
  }
  to.kind = from.kind;
  to.type = from.type->text();
  to.subject = from.subject->name();
  if (from.property == nullptr) {
    to.payload = traced_json(from.payload);
  } else {
    to.property = from.property->text();
    to.extended = from.extended_property;
    to.old_value = traced_json(from.old_value);
    if (from.kind == EventKind::kPropertyChanged) to.new_value = traced_json(from.new_value);
  }
}

void TraceRecorder::end_event() {
  if (TracedEvent* at = event()) at->nanoseconds = nanoseconds_since(event_began_);
  recording_event_ = false;
}

void TraceRecorder::add_waiting(const GuardTable& table, const Value& value, uint64_t rules) {
  TracedEvent* at = event();
  if (at != nullptr && rules > 0) at->waiting.push_back({field_name(table), traced_json(value), rules});
}

void TraceRecorder::add_other_subject() {
  if (TracedEvent* at = event()) ++at->other_subjects;
}

// ---------------------------------------------------------------- units

uint32_t TraceRecorder::add_unit(const CompiledRule& unit, TracedUnit::Outcome outcome) {
  TracedEvent* at = event();
  if (at == nullptr || !take_room()) return kNone;
  TracedUnit& to = at->units.emplace_back();
  to.role = role_of(unit);
  to.outcome = outcome;
  to.name = unit.name;
  to.place = traced_place(unit.where.source.get(), unit.where.span);
  return static_cast<uint32_t>(at->units.size() - 1);
}

TracedCondition TraceRecorder::condition(const WhenExplanation& why) const {
  TracedCondition to;
  const auto& sources = program_->sources();
  const Source* source = why.source < sources.size() ? sources[why.source].get() : nullptr;
  to.place = traced_place(source, why.when);
  if (source == nullptr) return to;
  to.text = cut_text(source->text(why.when), kLongestCondition);
  if (why.decided.begin != why.when.begin || why.decided.end != why.when.end)
    to.decided = cut_text(source->text(why.decided), kLongestCondition);
  for (const ExplainedPart& part : why.parts) {
    to.parts.push_back({cut_text(source->text(part.span), kLongestCondition), traced_json(part.value)});
  }
  return to;
}

void TraceRecorder::held_back(const CompiledRule& unit, const WhenExplanation& why) {
  const uint32_t place = add_unit(unit, TracedUnit::Outcome::kHeldBack);
  if (place != kNone) event()->units[place].condition = condition(why);
}

void TraceRecorder::condition_failed(const CompiledRule& unit, const WhenExplanation& why,
                                     std::string_view message) {
  const uint32_t place = add_unit(unit, TracedUnit::Outcome::kConditionFailed);
  if (place == kNone) return;
  event()->units[place].condition = condition(why);
  event()->units[place].message = message;
}

void TraceRecorder::skipped(const CompiledRule& rule) {
  TracedEvent* at = event();
  if (at == nullptr) return;
  // The last middleware that began is the one that ran no `next`.
  std::string_view by;
  for (const TracedUnit& unit : at->units) {
    if (unit.role == TracedUnit::Role::kMiddleware && unit.outcome == TracedUnit::Outcome::kStopped)
      by = unit.name;
  }
  const std::string message(by);
  const uint32_t place = add_unit(rule, TracedUnit::Outcome::kSkipped);
  if (place != kNone) event()->units[place].message = message;
}

void TraceRecorder::begin_unit(const CompiledRule& unit) {
  if (acting_.empty()) {
    mark_ = now();
    origins_.clear();
    queue_mark_ = cascade_.queue().size();
  } else {
    collect();
  }
  acting_.push_back(add_unit(unit, TracedUnit::Outcome::kDone));
}

void TraceRecorder::end_unit(TracedUnit::Outcome outcome, std::string_view message) {
  collect();
  const uint32_t place = acting_.back();
  acting_.pop_back();
  if (place == kNone) return;
  TracedUnit& unit = event()->units[place];
  unit.outcome = outcome;
  unit.message = message;
}

void TraceRecorder::queued() {
  EventQueue& queue = cascade_.queue();
  const size_t begin = queue_mark_;
  queue_mark_ = queue.size();
  TracedEvent* at = event();
  if (at == nullptr || begin == queue.size()) return;
  // What is queued, by what it looks like. Of several that look alike the first came of the first deed; those
  // that nobody waits for are not there.
  using Look = std::tuple<TracedDeed::Kind, std::string_view, std::string_view, bool>;
  std::map<Look, std::deque<uint32_t>> made;
  for (size_t i = begin; i < queue.size(); ++i) {
    const QueuedEvent& each = queue[i];
    const std::string_view name = each.property != nullptr         ? each.property->text()
                                  : each.kind == EventKind::kPlain ? each.type->text()
                                                                   : std::string_view();
    made[{deed_behind(each.kind), each.subject->name(), name, each.extended_property}].push_back(each.number);
  }
  for (const Origin& origin : origins_) {
    TracedDeed& deed = at->units[origin.unit].deeds[origin.deed];
    if (deed.undone || deed.muted) continue;
    const auto found = made.find({deed.kind, deed.subject, deed.name, deed.extended});
    if (found == made.end() || found->second.empty()) continue;
    deed.event = found->second.front();
    found->second.pop_front();
  }
}

// ---------------------------------------------------------------- deeds

TraceRecorder::Mark TraceRecorder::now() const {
  return {cascade_.undo_.size(), cascade_.effects_.size(), cascade_.timer_changes_.size(),
          cascade_.calls_.size(), cascade_.logs_.size()};
}

TracedDeed* TraceRecorder::add_deed(TracedDeed::Kind kind, Origin::List list, size_t place) {
  const uint32_t unit = acting_.back();
  if (unit == kNone || !take_room()) return nullptr;
  std::vector<TracedDeed>& deeds = event()->units[unit].deeds;
  origins_.push_back({list, place, unit, static_cast<uint32_t>(deeds.size())});
  TracedDeed& deed = deeds.emplace_back();
  deed.kind = kind;
  return &deed;
}

void TraceRecorder::collect() {
  if (acting_.empty()) return;
  const Mark end = now();
  collect_writes(end.undo);
  collect_effects(end.effects);
  collect_timers(end.timers);
  collect_calls(end.calls);
  collect_logs(end.logs);
  mark_ = end;
}

void TraceRecorder::collect_writes(size_t end) {
  // Several writes of one property are one: from what it was to what it is.
  std::set<std::tuple<const Subject*, std::string_view, bool>> known;
  std::set<std::pair<const Subject*, std::string_view>> told;  // with an event
  for (size_t i = mark_.effects; i < cascade_.effects_.size() && end > mark_.undo; ++i) {
    const Cascade::Effect& effect = cascade_.effects_[i];
    if (effect.kind == Cascade::EffectKind::kExtendedDeleted)
      told.emplace(effect.subject, effect.name->text());
    if (effect.kind != Cascade::EffectKind::kWrite) continue;
    const Cascade::Write& write = cascade_.writes_[effect.write];
    told.emplace(write.subject, write.name->text());
  }
  for (size_t i = mark_.undo; i < end; ++i) {
    const Cascade::Undo& undo = cascade_.undo_[i];
    if (undo.kind == Cascade::UndoKind::kMeta) {
      TracedDeed* deed = add_deed(TracedDeed::Kind::kSetMeta, Origin::List::kUndo, i);
      if (deed == nullptr) continue;
      const QueuedEvent& of = cascade_.queue_[undo.place];
      deed->subject = of.subject->name();
      deed->old_value = traced_json(undo.old_value);
      deed->new_value = traced_json(of.meta);
      continue;
    }
    if (!known.emplace(undo.subject, undo.name->text(), undo.extended).second) continue;
    const PropertySet* set = undo.extended ? undo.subject->extended.get() : &undo.subject->properties;
    const PropertySlot* slot = set == nullptr ? nullptr : const_cast<PropertySet*>(set)->find(undo.name);
    const bool was_there = undo.kind != Cascade::UndoKind::kAdd;
    if (slot == nullptr && !was_there) continue;
    TracedDeed* deed = add_deed(slot == nullptr ? TracedDeed::Kind::kDelete : TracedDeed::Kind::kSet,
                                Origin::List::kUndo, i);
    if (deed == nullptr) continue;
    deed->subject = undo.subject->name();
    deed->name = undo.name->text();
    deed->extended = undo.extended;
    if (was_there) deed->old_value = traced_json(undo.old_value);
    if (slot != nullptr) deed->new_value = traced_json(slot->value);
    deed->muted = !undo.extended && !told.contains({undo.subject, undo.name->text()});
  }
}

void TraceRecorder::collect_effects(size_t end) {
  for (size_t i = mark_.effects; i < end; ++i) {
    const Cascade::Effect& effect = cascade_.effects_[i];
    const bool emits = effect.kind == Cascade::EffectKind::kEmit;
    if (!emits && effect.kind != Cascade::EffectKind::kSubjectDeleted) continue;
    TracedDeed* deed = add_deed(emits ? TracedDeed::Kind::kEmit : TracedDeed::Kind::kDeleteSubject,
                                Origin::List::kEffects, i);
    if (deed == nullptr) continue;
    deed->subject = effect.subject->name();
    if (!emits) continue;
    deed->name = effect.name->text();
    deed->new_value = traced_json(effect.value);
  }
}

void TraceRecorder::collect_timers(size_t end) {
  for (size_t i = mark_.timers; i < end; ++i) {
    const Cascade::TimerChange& change = cascade_.timer_changes_[i];
    TracedDeed* deed = add_deed(change.set ? TracedDeed::Kind::kSetTimer : TracedDeed::Kind::kEndTimer,
                                Origin::List::kTimers, i);
    if (deed == nullptr) continue;
    const TimerText text = change.timer->text();
    deed->subject = text.subject;
    deed->name = text.type;
    deed->key = text.key;
    deed->due = change.timer->due();
    deed->timer = change.timer->id();
    if (change.set) deed->new_value = text.payload.size() <= kLongestValue ? std::string(text.payload) : "";
  }
}

void TraceRecorder::collect_calls(size_t end) {
  for (size_t i = mark_.calls; i < end; ++i) {
    const StoredCall& call = cascade_.calls_[i];
    TracedDeed* deed = add_deed(TracedDeed::Kind::kCall, Origin::List::kCalls, i);
    if (deed == nullptr) continue;
    deed->subject = call.subject;
    deed->name = call.action;
    deed->new_value = traced_text(shown_arguments(call));
    deed->reply = call.reply;
    deed->call = i + 1;  // its place, until the cascade is at its end: number_calls()
  }
}

void TraceRecorder::collect_logs(size_t end) {
  for (size_t i = mark_.logs; i < end; ++i) {
    const LogRecord& record = cascade_.logs_[i];
    if (!record.failure.empty()) continue;  // the unit's outcome says it
    TracedDeed* deed = add_deed(TracedDeed::Kind::kLog, Origin::List::kLogs, i);
    if (deed == nullptr) continue;
    deed->name = severity_name(record.severity);
    append_json_string(deed->new_value, cut_text(record.message, kLongestValue));
    if (!record.data.is_null()) deed->old_value = traced_json(record.data);
  }
}

void TraceRecorder::before_undo(size_t undo, size_t effects, size_t timers, size_t calls, size_t logs) {
  collect();
  const Mark to{undo, effects, timers, calls, logs};
  std::vector<Origin> kept;
  for (const Origin& origin : origins_) {
    const size_t end = origin.list == Origin::List::kUndo      ? to.undo
                       : origin.list == Origin::List::kEffects ? to.effects
                       : origin.list == Origin::List::kTimers  ? to.timers
                       : origin.list == Origin::List::kCalls   ? to.calls
                                                               : to.logs;
    if (origin.place < end) {
      kept.push_back(origin);
    } else if (TracedEvent* at = event()) {
      at->units[origin.unit].deeds[origin.deed].undone = true;
    }
  }
  origins_ = std::move(kept);
  mark_.undo = std::min(mark_.undo, to.undo);
  mark_.effects = std::min(mark_.effects, to.effects);
  mark_.timers = std::min(mark_.timers, to.timers);
  mark_.calls = std::min(mark_.calls, to.calls);
}

}  // namespace krules
