#include "rule_index.h"

#include <algorithm>
#include <bit>

namespace krules {

namespace {

// Fewer guards on one field than this are tested one by one.
constexpr size_t kFewestGuards = 4;
// Code of up to this size stays in the processor's caches by itself.
constexpr size_t kSmallCode = 256 * 1024;

bool matches_any(const std::vector<NamePattern>& patterns, std::string_view text) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const NamePattern& p) { return p.glob.matches(text); });
}

/// Whether a rule guarded by `property == ...` can fire for this property.
bool property_guards_allow(const CompiledRule& rule, EventKind kind, const Symbol* property) {
  for (const EqualityGuard& guard : rule.guards) {
    if (guard.source != EqualityGuard::Source::kProperty) continue;
    if (kind != EventKind::kPropertyChanged && kind != EventKind::kPropertyDeleted) return false;
    const Value name = Value::string_view(property->text());
    if (std::none_of(guard.values.begin(), guard.values.end(),
                     [&](const Value& v) { return equal(v, name); })) {
      return false;
    }
  }
  return true;
}

}  // namespace

// ---------------------------------------------------------------- guards

void GuardTable::finish() {
  slots_.assign(std::bit_ceil(added_.size() * 2), Slot{});
  const size_t mask = slots_.size() - 1;
  std::vector<size_t> slot_of;  // by place in added_
  for (const Added& added : added_) {
    const uint64_t hash = hash_value(added.constant);
    size_t at = hash & mask;
    while (slots_[at].count != 0 &&
           !(slots_[at].hash == hash && equal(slots_[at].constant, added.constant))) {
      at = (at + 1) & mask;
    }
    slots_[at].hash = hash;
    slots_[at].constant = added.constant;
    ++slots_[at].count;
    slot_of.push_back(at);
  }
  uint32_t begin = 0;
  for (Slot& slot : slots_) {
    slot.begin = begin;
    begin += slot.count;
  }
  candidates_.resize(added_.size());
  std::vector<uint32_t> filled(slots_.size());
  for (size_t i = 0; i < added_.size(); ++i) {
    const size_t at = slot_of[i];
    candidates_[slots_[at].begin + filled[at]++] = added_[i].candidate;
  }
  added_ = {};
  std::vector<uint32_t> rules;
  rules.reserve(candidates_.size());
  for (const Candidate& candidate : candidates_) rules.push_back(candidate.rule);
  std::sort(rules.begin(), rules.end());
  rule_count_ = static_cast<size_t>(std::unique(rules.begin(), rules.end()) - rules.begin());
}

std::span<const Candidate> GuardTable::find(const Value& value) const {
  const uint64_t hash = hash_value(value);
  const size_t mask = slots_.size() - 1;
  for (size_t at = hash & mask; slots_[at].count != 0; at = (at + 1) & mask) {
    const Slot& slot = slots_[at];
    if (slot.hash == hash && equal(slot.constant, value))
      return {candidates_.data() + slot.begin, slot.count};
  }
  return {};
}

uint64_t GuardTable::prefetch(const Value& value) const {
  const uint64_t hash = hash_value(value);
  __builtin_prefetch(&slots_[hash & (slots_.size() - 1)]);
  return hash;
}

const Candidate* GuardTable::likely(uint64_t hash) const {
  const size_t mask = slots_.size() - 1;
  for (size_t at = hash & mask; slots_[at].count != 0; at = (at + 1) & mask) {
    if (slots_[at].hash == hash) return &candidates_[slots_[at].begin];
  }
  return nullptr;
}

Value guard_value(const GuardTable& table, const Event& event) {
  switch (table.source) {
    case EqualityGuard::Source::kPayloadField: {
      if (!event.payload.is(ValueKind::kMap)) return Value::null();
      const Value* field = event.payload.as_map().find(table.field);
      return field == nullptr ? Value::null() : *field;
    }
    case EqualityGuard::Source::kProperty:
      return event.property == nullptr ? Value::null() : Value::string_view(event.property->text());
    case EqualityGuard::Source::kNewValue:
      return event.new_value;
    case EqualityGuard::Source::kOldValue:
      return event.old_value;
    case EqualityGuard::Source::kSubjectName:
      return event.subject->name_value();
  }
  return Value::null();
}

// ---------------------------------------------------------------- names

void RuleIndex::Names::collect(std::string_view text, const Symbol* symbol,
                               std::vector<PatternUse>& uses) const {
  if (const auto found = exact.find(symbol); found != exact.end()) {
    uses.insert(uses.end(), found->second.begin(), found->second.end());
  }
  for (const uint32_t place : near_globs.near(text)) {
    const auto& [glob, use] = globs[place];
    if (glob->matches(text)) uses.push_back(use);
  }
}

RuleIndex::RuleIndex(std::shared_ptr<const Program> program) : program_(std::move(program)) {
  auto add_names = [](Names& names, const std::vector<NamePattern>& patterns, PatternUse use) {
    for (const NamePattern& pattern : patterns) {
      if (pattern.exact != nullptr) {
        names.exact[pattern.exact].push_back(use);
      } else {
        names.near_globs.add(pattern.text, static_cast<uint32_t>(names.globs.size()));
        names.globs.emplace_back(&pattern.glob, use);
      }
    }
  };
  const std::vector<CompiledRule>& rules = program_->rules();
  trigger_filters_.resize(rules.size());
  size_t code = 0;
  for (const CompiledRule& rule : rules) code += rule.code.size();
  is_large_ = code > kSmallCode;
  for (uint32_t r = 0; r < rules.size(); ++r) {
    for (uint32_t t = 0; t < rules[r].triggers.size(); ++t) {
      const CompiledTrigger& trigger = rules[r].triggers[t];
      const PatternUse use{r, t};
      trigger_filters_[r].push_back(filter_for(trigger));
      add_names(types_, trigger.types, use);
      if (matches_any(trigger.types, kPropertyChangedType)) {
        if (trigger.properties.empty()) any_changed_.push_back(use);
        add_names(changed_properties_, trigger.properties, use);
      }
      if (matches_any(trigger.types, kPropertyDeletedType)) {
        if (trigger.properties.empty()) any_deleted_.push_back(use);
        add_names(deleted_properties_, trigger.properties, use);
      }
    }
  }
  for (Names* names : {&types_, &changed_properties_, &deleted_properties_}) names->near_globs.finish();
  for (const CompiledRule& wrapper : program_->wrappers()) {
    std::vector<uint32_t>& filters = wrapper_filters_.emplace_back();
    for (const CompiledTrigger& trigger : wrapper.triggers) filters.push_back(filter_for(trigger));
  }
}

void RuleIndex::add_wrappers(CandidateSet& set, EventKind kind, const Symbol* type,
                             const Symbol* property) const {
  const bool of_property = kind == EventKind::kPropertyChanged || kind == EventKind::kPropertyDeleted;
  const std::vector<CompiledRule>& wrappers = program_->wrappers();
  for (uint32_t w = 0; w < wrappers.size(); ++w) {
    for (size_t t = 0; t < wrappers[w].triggers.size(); ++t) {
      const CompiledTrigger& trigger = wrappers[w].triggers[t];
      if (!matches_any(trigger.types, type->text())) continue;
      if (!trigger.properties.empty() && !(of_property && matches_any(trigger.properties, property->text())))
        continue;
      auto& list = wrappers[w].role == CompiledRule::Role::kGate ? set.gates : set.middleware;
      list.push_back({w, wrapper_filters_[w][t]});
    }
  }
}

uint32_t RuleIndex::filter_for(const CompiledTrigger& trigger) {
  if (trigger.subjects.empty()) return Candidate::kAnySubject;
  std::vector<const Glob*> globs;
  for (const NamePattern& pattern : trigger.subjects) globs.push_back(&pattern.glob);
  filters_.push_back(std::move(globs));
  return static_cast<uint32_t>(filters_.size() - 1);
}

// ---------------------------------------------------------------- candidate sets

std::optional<EqualityGuard> RuleIndex::best_guard(const CompiledRule& rule, uint32_t filter) const {
  for (const EqualityGuard& guard : rule.guards) {
    if (guard.source != EqualityGuard::Source::kProperty) return guard;
  }
  // `of "device:7"` is as good as `when subject == "device:7"`.
  if (filter == Candidate::kAnySubject) return std::nullopt;
  EqualityGuard guard{EqualityGuard::Source::kSubjectName, nullptr, {}};
  for (const Glob* glob : filters_[filter]) {
    if (!glob->is_exact()) return std::nullopt;
    guard.values.push_back(Value::string_view(glob->pattern()));
  }
  return guard;
}

CandidateSet RuleIndex::build(EventKind kind, const Symbol* type, const Symbol* property) const {
  std::vector<PatternUse> uses;
  if (kind == EventKind::kPropertyChanged || kind == EventKind::kPropertyDeleted) {
    const bool changed = kind == EventKind::kPropertyChanged;
    uses = changed ? any_changed_ : any_deleted_;
    (changed ? changed_properties_ : deleted_properties_).collect(property->text(), property, uses);
  } else {
    types_.collect(type->text(), type, uses);
    // A trigger with property names is for property events, not for a plain event of the same type.
    std::erase_if(uses, [&](const PatternUse& use) {
      return !program_->rules()[use.rule].triggers[use.trigger].properties.empty();
    });
  }
  const auto earlier = [](const PatternUse& a, const PatternUse& b) {
    return a.rule != b.rule ? a.rule < b.rule : a.trigger < b.trigger;
  };
  // Where no glob is among them they are in order as they come.
  if (!std::is_sorted(uses.begin(), uses.end(), earlier)) std::sort(uses.begin(), uses.end(), earlier);

  // A rule with several triggers for one event runs once; its candidates stand side by side, one a filter.
  struct Guarded {
    Candidate candidate;
    std::optional<EqualityGuard> guard;
  };
  CandidateSet set;
  std::vector<Guarded> guarded;
  std::unordered_map<const Symbol*, size_t> by_field[5];
  for (size_t i = 0; i < uses.size(); ++i) {
    const CompiledRule& rule = program_->rules()[uses[i].rule];
    if (!property_guards_allow(rule, kind, property)) continue;
    const Candidate candidate{uses[i].rule, trigger_filters_[uses[i].rule][uses[i].trigger]};
    std::optional<EqualityGuard> guard = best_guard(rule, candidate.filter);
    if (guard.has_value()) ++by_field[static_cast<size_t>(guard->source)][guard->field];
    guarded.push_back({candidate, std::move(guard)});
  }
  for (const auto& [candidate, guard] : guarded) {
    if (!guard.has_value() || by_field[static_cast<size_t>(guard->source)][guard->field] < kFewestGuards) {
      set.unguarded.push_back(candidate);
      continue;
    }
    auto table = std::find_if(set.guarded.begin(), set.guarded.end(), [&, &g = *guard](const GuardTable& t) {
      return t.source == g.source && t.field == g.field;
    });
    if (table == set.guarded.end())
      table = set.guarded.emplace(set.guarded.end(), guard->source, guard->field);
    for (const Value& constant : guard->values) table->add(constant, candidate);
  }
  for (GuardTable& table : set.guarded) table.finish();
  add_wrappers(set, kind, type, property);
  return set;
}

const CandidateSet& RuleIndex::remembered(
    std::vector<const CandidateSet*>& known,
    std::unordered_map<std::string, std::unique_ptr<CandidateSet>>& strangers, EventKind kind,
    const Symbol* type, const Symbol* property, const Symbol* name) {
  if (name->interned()) {
    if (known.size() <= name->number) known.resize(program_->symbols()->size() + 1);
    const CandidateSet*& set = known[name->number];
    if (set == nullptr) {
      CandidateSet made = build(kind, type, property);
      set = made.empty() ? &nothing_ : &sets_.emplace_back(std::move(made));
    }
    return *set;
  }
  std::unique_ptr<CandidateSet>& set = strangers[std::string(name->text())];
  if (set == nullptr) set = std::make_unique<CandidateSet>(build(kind, type, property));
  return *set;
}

const CandidateSet& RuleIndex::candidates(EventKind kind, const Symbol* type, const Symbol* property) {
  switch (kind) {
    case EventKind::kPropertyChanged:
      if (property->number != 0 && property->number < by_changed_.size() &&
          by_changed_[property->number] != nullptr) {
        return *by_changed_[property->number];
      }
      return remembered(by_changed_, strange_changed_, kind, type, property, property);
    case EventKind::kPropertyDeleted:
      return remembered(by_deleted_, strange_deleted_, kind, type, property, property);
    default:
      if (type->number != 0 && type->number < by_type_.size() && by_type_[type->number] != nullptr) {
        return *by_type_[type->number];
      }
      return remembered(by_type_, strange_types_, kind, type, property, type);
  }
}

void RuleIndex::foresee(std::span<const InputEvent> events) {
  if (!is_large_) return;
  for (const CompiledRule* rule : found_) prefetch(*rule);
  found_.clear();
  for (const Lookup& lookup : lookups_) {
    const Candidate* candidate = lookup.table->likely(lookup.hash);
    if (candidate == nullptr) continue;
    found_.push_back(&program_->rules()[candidate->rule]);
    __builtin_prefetch(found_.back());
  }
  lookups_.clear();
  for (const InputEvent& event : events) {
    if (event.type == nullptr || !event.type->interned() || !event.payload.is(ValueKind::kMap)) continue;
    for (const GuardTable& table : candidates(EventKind::kPlain, event.type, nullptr).guarded) {
      if (table.source != EqualityGuard::Source::kPayloadField) continue;
      const Value* field = event.payload.as_map().find(table.field);
      if (field != nullptr) lookups_.push_back({&table, table.prefetch(*field)});
    }
  }
}

void RuleIndex::forget_strangers() {
  for (auto* strangers : {&strange_types_, &strange_changed_, &strange_deleted_}) {
    if (strangers->size() > kMostStrangers) strangers->clear();
  }
}

}  // namespace krules
