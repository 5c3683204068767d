#include "cascade.h"

#include <algorithm>

#include "trace_recorder.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace krules {

namespace {

/// The part for a property that is added now: the last one, or a new one when that is full. Slots stand in
/// the order of their parts.
uint16_t part_for_new(const PropertySet& set) {
  if (set.size() == 0) return 0;
  const PropertySlot* last = set.end() - 1;
  if (set.size() < kPropertiesPerPart || (set.end() - kPropertiesPerPart)->part != last->part)
    return last->part;
  return last->part == UINT16_MAX ? last->part : static_cast<uint16_t>(last->part + 1);
}

}  // namespace

void EventQueue::clear() {
  // A runaway cascade should not hold its memory for ever.
  constexpr size_t kKeepBlocks = 16;
  if (blocks_.size() > kKeepBlocks) blocks_.resize(kKeepBlocks);
  size_ = 0;
}

Cascade::~Cascade() {
  forget();
  finish_timers([](const Timer&, bool) {});
}

void Cascade::begin(RuleIndex& index, uint32_t most_events) {
  if (index_ != &index || symbols_ != index.program()->symbols().get()) {
    symbols_ = index.program()->symbols().get();
    changed_type_ = symbols_->find(kPropertyChangedType);
    deleted_type_ = symbols_->find(kPropertyDeletedType);
    subject_deleted_type_ = symbols_->find(kSubjectDeletedType);
    index_ = &index;
  }
  most_events_ = most_events;
  events_ = 0;
  has_now_ = false;
  logs_.clear();
  calls_.clear();
  arena_.reset();
  queue_.clear();
}

QueuedEvent& Cascade::push_root() {
  ++events_;
  QueuedEvent& event = queue_.push();
  event = QueuedEvent{};
  event.number = events_;
  return event;
}

void Cascade::forget() {
  for (const Undo& undo : undo_) {
    if (undo.kind != UndoKind::kMeta) free_owned(undo.old_value);
  }
  undo_.clear();
  for (const Value& value : garbage_) free_owned(value);
  garbage_.clear();
}

// ---------------------------------------------------------------- a rule's beginning and end

void Cascade::begin_rule(uint32_t event, const CompiledRule& rule) {
  event_number_ = event;
  rule_ = acting_ = &rule;
  rule_undo_ = undo_.size();
  rule_logs_ = logs_.size();
  rule_timers_ = timer_changes_.size();
  rule_calls_ = calls_.size();
  write_base_ += static_cast<uint32_t>(writes_.size());
  effects_.clear();
  writes_.clear();
  savepoints_.clear();
  wrapped_ = kNoSavepoint;
  marks_incomplete_ = false;
}

void Cascade::end_rule() {
  for (uint32_t i = 0; i < effects_.size(); ++i) {
    const Effect& effect = effects_[i];
    if (effect.kind != EffectKind::kWrite) {
      queue_effect(effect);
    } else if (writes_[effect.write].last_effect == i) {
      queue_write(effect);
    }
  }
}

void Cascade::queue_effect(const Effect& effect) {
  Event* event = nullptr;
  switch (effect.kind) {
    case EffectKind::kEmit:
      event = new_event(EventKind::kPlain, effect.name, effect.subject, nullptr, effect.unit);
      if (event == nullptr) return;
      event->payload = effect.value;
      event->meta = effect.context;
      break;
    case EffectKind::kExtendedDeleted:
      event = new_event(EventKind::kPropertyDeleted, deleted_type_, effect.subject, effect.name, effect.unit);
      if (event == nullptr) return;
      event->extended_property = true;
      event->old_value = effect.value;
      event->extra = effect.context;
      break;
    case EffectKind::kSubjectDeleted:
      event =
          new_event(EventKind::kSubjectDeleted, subject_deleted_type_, effect.subject, nullptr, effect.unit);
      if (event == nullptr) return;
      event->payload = effect.value;
      event->extra = effect.context;
      break;
    case EffectKind::kWrite:
      return;
  }
  if (effect.kind == EffectKind::kEmit || listener_.wants_built_in()) listener_.emitted(*event, events_);
}

void Cascade::queue_write(const Effect& effect) {
  const Write& write = writes_[effect.write];
  const PropertySlot* slot = write.subject->properties.find(write.name);
  if (slot != nullptr && write.existed && equal(write.old_value, slot->value)) return;
  const bool changed = slot != nullptr;
  Event* event = new_event(changed ? EventKind::kPropertyChanged : EventKind::kPropertyDeleted,
                           changed ? changed_type_ : deleted_type_, write.subject, write.name, effect.unit);
  if (event == nullptr) return;
  event->old_value = changed || write.existed ? write.old_value : write.last_value;
  if (changed) event->new_value = slot->value;
  event->extra = effect.context;
  if (listener_.wants_built_in()) listener_.emitted(*event, events_);
}

Event* Cascade::new_event(EventKind kind, const Symbol* type, Subject* subject, const Symbol* property,
                          uint32_t unit) {
  const CandidateSet& candidates = index_->candidates(kind, type, property);
  Event* event = &unqueued_;
  if (candidates.empty()) {
    // A change that no rule looks at is no event of the cascade.
    if (kind != EventKind::kPlain && !listener_.wants_built_in()) return nullptr;
    if (++events_ > most_events_ + 1) return nullptr;
  } else {
    // One too many is kept as the end of the path, never run.
    if (++events_ > most_events_ + 1) return nullptr;
    QueuedEvent& queued = queue_.push();
    queued.candidates = &candidates;
    queued.number = events_;
    event = &queued;
  }
  // Every field, once: the place may hold an event of an earlier cascade.
  event->type = type;
  event->subject = subject;
  event->kind = kind;
  event->payload = Value::map(&empty_map());
  event->meta = kind == EventKind::kPlain ? Value::null() : inherited_meta(Value::null());
  event->extra = Value::null();
  event->property = property;
  event->old_value = Value::null();
  event->new_value = Value::null();
  event->extended_property = false;
  event->cause = event_number_;
  event->rule = unit;
  return event;
}

void Cascade::undo_rule() {
  if (recorder_ != nullptr) recorder_->before_undo(rule_undo_, 0, rule_timers_, rule_calls_, rule_logs_);
  revert(rule_undo_);
  revert_timers(rule_timers_);
  calls_.resize(rule_calls_);
  effects_.clear();
  writes_.clear();
  for (size_t i = rule_logs_; i < logs_.size(); ++i) logs_[i].undone = true;
}

void Cascade::undo_all() {
  revert(0);
  revert_timers(0);
  calls_.clear();
  direct_ = false;
  for (LogRecord& record : logs_) record.undone = record.failure.empty();
  forget();
}

size_t Cascade::savepoint() {
  savepoints_.push_back(
      {undo_.size(), effects_.size(), writes_.size(), logs_.size(), timer_changes_.size(), calls_.size()});
  return savepoints_.size() - 1;
}

void Cascade::rollback(size_t savepoint) {
  const Savepoint point = savepoints_[savepoint];
  if (recorder_ != nullptr)
    recorder_->before_undo(point.undo, point.effects, point.timers, point.calls, point.logs);
  revert(point.undo);
  revert_timers(point.timers);
  calls_.resize(point.calls);
  effects_.resize(point.effects);
  writes_.resize(point.writes);
  savepoints_.resize(savepoint);
  if (wrapped_ != kNoSavepoint && savepoint <= wrapped_) wrapped_ = kNoSavepoint;
  for (size_t i = point.logs; i < logs_.size(); ++i) logs_[i].undone = true;
  // A property written before the savepoint and again after it has its event at the earlier place again.
  for (Write& write : writes_) write.last_effect = kNoEffect;
  for (uint32_t i = 0; i < effects_.size(); ++i) {
    if (effects_[i].kind == EffectKind::kWrite) writes_[effects_[i].write].last_effect = i;
  }
}

void Cascade::revert(size_t keep) {
  while (undo_.size() > keep) {
    const Undo& undo = undo_.back();
    if (undo.kind == UndoKind::kMeta) {
      queue_[undo.place].meta = undo.old_value;
      undo_.pop_back();
      continue;
    }
    PropertySet& set = undo.extended ? *undo.subject->extended : undo.subject->properties;
    switch (undo.kind) {
      case UndoKind::kSet: {
        PropertySlot& slot = set.begin()[undo.place];
        if (slot.value.has_memory()) garbage_.push_back(slot.value);
        slot.value = undo.old_value;
        break;
      }
      case UndoKind::kAdd: {
        const Value value = set.remove(set.begin() + undo.place);
        if (value.has_memory()) garbage_.push_back(value);
        break;
      }
      case UndoKind::kRemove:
        set.insert(undo.place, undo.name, undo.old_value)->part = undo.part;
        break;
      case UndoKind::kMeta:
        break;
    }
    undo.subject->exists = undo.existed;
    undo_.pop_back();
  }
}

// ---------------------------------------------------------------- writes

Value Cascade::make_error(std::string_view kind, std::string_view message) {
  auto* error = new (arena_.allocate(sizeof(ErrorRep))) ErrorRep{};
  error->kind = kind;
  error->message = arena_.copy(message);
  error->source = UINT32_MAX;  // none: the place is that of the statement that asked for it
  return Value::error(error);
}

Value Cascade::store_error() {
  const Value error = make_error("store", cache_.error().message);
  const_cast<ErrorRep&>(error.as_error()).fatal = true;
  return error;
}

PropertySlot* Cascade::add_slot(Subject& subject, PropertySet& set, const Symbol* name, const Value& value,
                                bool extended) {
  const uint16_t part = extended ? uint16_t{0} : part_for_new(set);
  undo_.push_back(
      {UndoKind::kAdd, extended, subject.exists, part, set.size(), &subject, name, Value::null()});
  PropertySlot* slot = set.add(name, clone_owned(value));
  slot->part = part;
  subject.exists = true;
  return slot;
}

uint32_t Cascade::write_entry(Subject& subject, const Symbol* name, PropertySlot* slot, bool existed,
                              const Value& old_value) {
  if (slot != nullptr) {
    const uint32_t place = slot->mark - write_base_;
    if (place < writes_.size() && writes_[place].subject == &subject && writes_[place].name == name)
      return place;
  }
  if (marks_incomplete_) {
    for (uint32_t i = 0; i < writes_.size(); ++i) {
      if (writes_[i].subject == &subject && same_symbol(writes_[i].name, name)) return i;
    }
  }
  writes_.push_back({&subject, name, existed, old_value, Value::null(), kNoEffect});
  return static_cast<uint32_t>(writes_.size() - 1);
}

void Cascade::note_write(uint32_t write, Subject& subject, const WriteOptions& options) {
  if (options.direct) direct_ = true;
  if (options.muted) return;
  writes_[write].last_effect = static_cast<uint32_t>(effects_.size());
  effects_.push_back(
      {EffectKind::kWrite, acting_->number, write, &subject, nullptr, Value::null(), options.extra});
}

Value Cascade::set_property(Subject& subject, const Symbol* name, const Value& value,
                            const WriteOptions& options) {
  PropertySlot* slot = subject.properties.find(name);
  if (slot != nullptr && equal(slot->value, value)) {
    // Nothing changes; but where this rule changed it before, the event comes at the last write's place.
    const uint32_t place = slot->mark - write_base_;
    if (place < writes_.size() && writes_[place].subject == &subject &&
        same_symbol(writes_[place].name, name)) {
      note_write(place, subject, options);
    }
    return Value::null();
  }
  uint32_t write;
  if (slot == nullptr) {
    write = write_entry(subject, name, nullptr, false, Value::null());
    slot = add_slot(subject, subject.properties, name, value, false);
  } else {
    write = write_entry(subject, name, slot, true, slot->value);
    undo_.push_back({UndoKind::kSet, false, subject.exists, slot->part,
                     static_cast<uint32_t>(slot - subject.properties.begin()), &subject, name, slot->value});
    slot->value = clone_owned(value);
  }
  slot->mark = write_base_ + write;
  note_write(write, subject, options);
  return Value::null();
}

Value Cascade::delete_property(Subject& subject, const Symbol* name, const WriteOptions& options) {
  PropertySlot* slot = subject.properties.find(name);
  if (slot == nullptr) return Value::null();
  const uint32_t write = write_entry(subject, name, slot, true, slot->value);
  const auto place = static_cast<uint32_t>(slot - subject.properties.begin());
  const uint16_t part = slot->part;
  const bool existed = subject.exists;
  const Value value = subject.properties.remove(slot);
  marks_incomplete_ = true;
  undo_.push_back({UndoKind::kRemove, false, existed, part, place, &subject, name, value});
  writes_[write].last_value = value;
  subject.exists =
      subject.properties.size() > 0 || (subject.extended != nullptr && subject.extended->size() > 0);
  note_write(write, subject, options);
  return Value::null();
}

Value Cascade::put_extended(PropertySet& set, Subject& subject, const Symbol* name, const Value& value) {
  PropertySlot* slot = set.find(name);
  if (slot == nullptr) {
    add_slot(subject, set, name, value, true);
  } else if (!equal(slot->value, value)) {
    undo_.push_back({UndoKind::kSet, true, subject.exists, 0, static_cast<uint32_t>(slot - set.begin()),
                     &subject, name, slot->value});
    slot->value = clone_owned(value);
  }
  return Value::null();
}

Value Cascade::set_extended(Subject& subject, const Symbol* name, const Value& value, bool direct) {
  if (direct) direct_ = true;
  if (subject.extended == nullptr) subject.extended = std::make_unique<PropertySet>();
  return put_extended(*subject.extended, subject, name, value);
}

Value Cascade::delete_extended(Subject& subject, const Symbol* name, bool direct) {
  if (direct) direct_ = true;
  PropertySlot* slot = subject.extended == nullptr ? nullptr : subject.extended->find(name);
  if (slot == nullptr) return Value::null();
  const auto place = static_cast<uint32_t>(slot - subject.extended->begin());
  const bool existed = subject.exists;
  const Value value = subject.extended->remove(slot);
  undo_.push_back({UndoKind::kRemove, true, existed, 0, place, &subject, name, value});
  subject.exists = subject.properties.size() > 0 || subject.extended->size() > 0;
  return Value::null();
}

Value Cascade::delete_subject(Subject& subject, const WriteOptions& options) {
  while (Timer* timer = timers_.any_of(subject.name())) end_timer(timer);
  if (!subject.exists) return Value::null();
  auto as_map = [&](const PropertySet& set) {
    MapBuilder map(arena_, set.size());
    for (const PropertySlot& slot : set) map.add(keep_symbol(slot.name), slot.value);
    return map.finish();
  };
  MapBuilder payload(arena_, 2);
  payload.add(symbol("props"), as_map(subject.properties));
  payload.add(symbol("ext"),
              subject.extended == nullptr ? Value::map(&empty_map()) : as_map(*subject.extended));
  // The events in the properties' order first, then the properties from the back, where removing is cheap.
  for (const PropertySlot& slot : subject.properties) {
    const Symbol* name = keep_symbol(slot.name);
    const uint32_t write = write_entry(subject, name, const_cast<PropertySlot*>(&slot), true, slot.value);
    writes_[write].last_value = slot.value;
    note_write(write, subject, options);
  }
  marks_incomplete_ = true;
  while (subject.properties.size() > 0) {
    PropertySlot* last = subject.properties.end() - 1;
    const Symbol* name = keep_symbol(last->name);
    const uint16_t part = last->part;
    const Value value = subject.properties.remove(last);
    undo_.push_back({UndoKind::kRemove, false, true, part, subject.properties.size(), &subject, name, value});
  }
  if (subject.extended != nullptr) {
    if (!options.muted) {
      for (const PropertySlot& slot : *subject.extended) {
        effects_.push_back({EffectKind::kExtendedDeleted, acting_->number, 0, &subject,
                            keep_symbol(slot.name), slot.value, options.extra});
      }
    }
    while (subject.extended->size() > 0) {
      PropertySlot* last = subject.extended->end() - 1;
      const Symbol* name = keep_symbol(last->name);
      const Value value = subject.extended->remove(last);
      undo_.push_back({UndoKind::kRemove, true, true, 0, subject.extended->size(), &subject, name, value});
    }
  }
  subject.exists = false;
  if (options.direct) direct_ = true;
  if (!options.muted) {
    effects_.push_back({EffectKind::kSubjectDeleted, acting_->number, 0, &subject, nullptr, payload.finish(),
                        options.extra});
  }
  return Value::null();
}

Value Cascade::set_meta(const Symbol* name, const Value& value) {
  Event& event = queue_[event_number_];
  const Value old = event.meta;
  MapBuilder map(arena_, 4);
  if (old.is(ValueKind::kMap)) {
    for (const MapRep::Entry& entry : old.as_map().entries()) map.add(entry.key, entry.value);
  }
  map.add(name, value);
  undo_.push_back({UndoKind::kMeta, false, false, 0, event_number_, nullptr, nullptr, old});
  event.meta = map.finish();
  return Value::null();
}

Value Cascade::delete_meta(const Symbol* name) {
  Event& event = queue_[event_number_];
  const Value old = event.meta;
  if (!old.is(ValueKind::kMap) || old.as_map().find(name) == nullptr) return Value::null();
  MapBuilder map(arena_, old.as_map().size);
  for (const MapRep::Entry& entry : old.as_map().entries()) {
    if (!same_symbol(entry.key, name)) map.add(entry.key, entry.value);
  }
  undo_.push_back({UndoKind::kMeta, false, false, 0, event_number_, nullptr, nullptr, old});
  event.meta = map.finish();
  return Value::null();
}

// ---------------------------------------------------------------- the rest of Host

Value Cascade::merge_trace(const Value& with) {
  const Value& parent = queue_[event_number_].meta;
  if (!parent.is(ValueKind::kMap)) return with;
  const Value* trace = parent.as_map().find(std::string_view("traceparent"));
  if (trace == nullptr) return with;
  MapBuilder map(arena_, 4);
  map.add(symbol("traceparent"), *trace);
  if (const Value* state = parent.as_map().find(std::string_view("tracestate")))
    map.add(symbol("tracestate"), *state);
  if (with.is(ValueKind::kMap)) {
    for (const MapRep::Entry& entry : with.as_map().entries()) map.add(entry.key, entry.value);
  }
  return map.finish();
}

Value Cascade::emit(const EmitRequest& request) {
  if (is_built_in_type(request.type)) {
    return make_error("emit", "`" + std::string(request.type->text()) +
                                  "` is a built-in event: `set` and `delete` make it");
  }
  effects_.push_back({EffectKind::kEmit, acting_->number, 0, request.subject, request.type, request.payload,
                      inherited_meta(request.meta)});
  return Value::null();
}

const Symbol* Cascade::symbol(std::string_view text) {
  return symbols_->find_or_foreign(text, arena_);
}

const Symbol* Cascade::keep_symbol(const Symbol* symbol) {
  return symbol->interned() ? symbol : make_foreign_symbol(symbol->text(), symbol->hash, arena_);
}

int64_t Cascade::now() {
  if (!has_now_) {
    now_ = clock_(clock_context_);
    has_now_ = true;
  }
  return now_;
}

std::array<uint64_t, 2> Cascade::entropy(uint32_t n) {
  const CascadeIdentity identity = listener_.identity();
  const struct {
    uint64_t high, low, event, rule, n;
  } seed{identity.high, identity.low, event_number_, hash_text(rule_->name), n};
  XXH128_hash_t hash = XXH3_128bits(&seed, sizeof seed);
  // A middleware runs once for each rule that it wraps, and draws from its own luck each time.
  if (acting_ != rule_) hash = XXH3_128bits_withSeed(&hash, sizeof hash, hash_text(acting_->name));
  return {hash.low64, hash.high64};
}

void Cascade::log(LogSeverity severity, std::string_view message, const Value& data) {
  const Event& event = queue_[event_number_];
  logs_.push_back({severity, arena_.copy(message), data, acting_->name, event.type->text(),
                   event.subject->name(), false});
}

void Cascade::log_failure(LogSeverity severity, std::string_view message, std::string_view kind) {
  log(severity, message, Value::null());
  logs_.back().failure = arena_.copy(kind);
}

}  // namespace krules
