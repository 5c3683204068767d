#include "replay_state.h"

#include <algorithm>
#include <functional>
#include <numeric>
#include <span>
#include <unordered_map>

namespace krules {

namespace {

constexpr uint64_t kBase = 0x9E3779B97F4A7C15;

/// 1 / odd, modulo 2 to the 64: each step of Newton's doubles the bits that are right.
constexpr uint64_t inverse_of(uint64_t odd) {
  uint64_t x = odd;
  for (int i = 0; i < 5; ++i) x *= 2 - odd * x;
  return x;
}
constexpr uint64_t kInverseBase = inverse_of(kBase);
static_assert(kBase * kInverseBase == 1);

uint64_t mix(uint64_t seed, uint64_t with) {
  uint64_t x = (seed * kBase + with) * 0xFF51AFD7ED558CCD;
  x ^= x >> 32;
  x *= 0xC4CEB9FE1A85EC53;
  return x ^ x >> 29;
}

uint64_t mix(uint64_t seed, const Value& value) {
  return mix(seed + static_cast<uint64_t>(value.kind()), hash_value(value));
}

/// Equal in all that rules can tell apart: kinds, the order of keys, the sign of zero.
bool identical(const Value& a, const Value& b) {
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case ValueKind::kString:
      return a.text() == b.text();
    case ValueKind::kList: {
      if (a.memory() == b.memory()) return true;
      const std::span<const Value> x = a.as_list().items();
      const std::span<const Value> y = b.as_list().items();
      return std::equal(x.begin(), x.end(), y.begin(), y.end(), identical);
    }
    case ValueKind::kMap: {
      if (a.memory() == b.memory()) return true;
      const auto same_entry = [](const MapRep::Entry& x, const MapRep::Entry& y) {
        return same_symbol(x.key, y.key) && identical(x.value, y.value);
      };
      const std::span<const MapRep::Entry> x = a.as_map().entries();
      const std::span<const MapRep::Entry> y = b.as_map().entries();
      return std::equal(x.begin(), x.end(), y.begin(), y.end(), same_entry);
    }
    default:
      return a.same_bits(b);
  }
}

bool identical(const Event& a, const Event& b) {
  const bool same_property = a.property == nullptr || b.property == nullptr
                                 ? a.property == b.property
                                 : same_symbol(a.property, b.property);
  return a.kind == b.kind && a.subject == b.subject && same_property && same_symbol(a.type, b.type) &&
         a.extended_property == b.extended_property && identical(a.payload, b.payload) &&
         identical(a.meta, b.meta) && identical(a.extra, b.extra) && identical(a.old_value, b.old_value) &&
         identical(a.new_value, b.new_value);
}

uint64_t hash_event(const Event& event) {
  uint64_t hash = mix(event.type->hash, static_cast<uint64_t>(event.kind) << 1 | event.extended_property);
  hash = mix(hash, event.subject->name_hash);
  if (event.property != nullptr) hash = mix(hash, event.property->hash);
  for (const Value* value : {&event.payload, &event.meta, &event.extra, &event.old_value, &event.new_value})
    hash = mix(hash, *value);
  return hash;
}

const PropertySet* set_of(const Cascade::Undo& write) {
  return write.extended ? write.subject->extended.get() : &write.subject->properties;
}

bool same_slot(const Cascade::Undo& a, const Cascade::Undo& b) {
  return a.subject == b.subject && a.extended == b.extended && same_symbol(a.name, b.name);
}

uint64_t hash_property(const Cascade::Undo& write, const Value& value) {
  return mix(mix(write.subject->name_hash + write.extended, write.name->hash), value);
}

/// What happened to one property, its first write of several being `first`: the change of the sum.
uint64_t difference(const Cascade::Undo& first) {
  uint64_t change = 0;
  if (first.kind != Cascade::UndoKind::kAdd) change -= hash_property(first, first.old_value);
  const PropertySet* set = set_of(first);
  if (const PropertySlot* slot = set == nullptr ? nullptr : set->find(first.name))
    change += hash_property(first, slot->value);
  return change;
}

/// Properties as they were: from what is there now, back write by write.
class PastProperties {
 public:
  void undo(const Cascade::Undo& write) {
    if (write.kind == Cascade::UndoKind::kMeta) return;
    const PropertySet* set = set_of(write);
    const auto [found, added] = sets_.try_emplace(set);
    std::vector<Property>& properties = found->second;
    if (added) properties = current(*set);
    const auto at = properties.begin() + write.place;
    switch (write.kind) {
      case Cascade::UndoKind::kSet:
        at->value = write.old_value;
        break;
      case Cascade::UndoKind::kAdd:
        properties.erase(at);
        break;
      case Cascade::UndoKind::kRemove:
        properties.insert(at, {write.name, write.old_value});
        break;
      case Cascade::UndoKind::kMeta:
        break;
    }
  }

  /// `later`: a copy of this at some time, before more was undone here.
  bool same_as(const PastProperties& later) const {
    return std::all_of(sets_.begin(), sets_.end(), [&](const auto& entry) {
      const auto& [set, then] = entry;
      const auto found = later.sets_.find(set);
      return same_list(then, found == later.sets_.end() ? current(*set) : found->second);
    });
  }

 private:
  struct Property {
    const Symbol* name;
    Value value;
  };

  static std::vector<Property> current(const PropertySet& set) {
    std::vector<Property> properties;
    for (const PropertySlot& slot : set) properties.push_back({slot.name, slot.value});
    return properties;
  }
  static bool same_list(const std::vector<Property>& a, const std::vector<Property>& b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const Property& x, const Property& y) {
      return same_symbol(x.name, y.name) && identical(x.value, y.value);
    });
  }

  std::unordered_map<const PropertySet*, std::vector<Property>> sets_;
};

}  // namespace

void ReplayState::begin() {
  now_ = Point{};
  properties_ = queue_ = 0;
  power_ = 1;
  event_hashes_.clear();
  take_events();
  now_.writes = cascade_.writes().size();
  now_.hash = mix(queue_, properties_);
}

void ReplayState::advance() {
  take_writes();
  take_events();
  power_ *= kInverseBase;
  queue_ -= event_hashes_[now_.handled] * power_;
  ++now_.handled;
  now_.hash = mix(queue_, properties_);
}

void ReplayState::take_events() {
  EventQueue& queue = cascade_.queue();
  for (; now_.waiting < queue.size(); ++now_.waiting) {
    const uint64_t hash = hash_event(queue[now_.waiting]);
    event_hashes_.push_back(hash);
    queue_ = queue_ * kBase + hash;
    power_ *= kBase;
  }
  now_.events = cascade_.event_count();
}

void ReplayState::take_writes() {
  const std::vector<Cascade::Undo>& writes = cascade_.writes();
  const auto begin = writes.begin() + static_cast<ptrdiff_t>(now_.writes);
  const auto count = static_cast<uint32_t>(writes.end() - begin);
  now_.writes = writes.size();
  constexpr uint32_t kFew = 16;
  if (count <= kFew) {
    for (auto write = begin; write != writes.end(); ++write) {
      if (write->kind == Cascade::UndoKind::kMeta) continue;
      const bool first = std::none_of(begin, write, [&](const Cascade::Undo& earlier) {
        return earlier.kind != Cascade::UndoKind::kMeta && same_slot(earlier, *write);
      });
      if (first) properties_ += difference(*write);
    }
    return;
  }
  // The writes of one property side by side, the first one first.
  order_.resize(count);
  std::iota(order_.begin(), order_.end(), 0);
  std::erase_if(order_, [&](uint32_t i) { return begin[i].kind == Cascade::UndoKind::kMeta; });
  std::sort(order_.begin(), order_.end(), [&](uint32_t a, uint32_t b) {
    const Cascade::Undo& x = begin[a];
    const Cascade::Undo& y = begin[b];
    if (x.subject != y.subject) return std::less<>()(x.subject, y.subject);
    if (x.extended != y.extended) return x.extended < y.extended;
    return x.name->hash != y.name->hash ? x.name->hash < y.name->hash : a < b;
  });
  for (size_t i = 0; i < order_.size(); ++i) {
    if (i == 0 || !same_slot(begin[order_[i - 1]], begin[order_[i]]))
      properties_ += difference(begin[order_[i]]);
  }
}

bool ReplayState::same(const Point& earlier, const Point& later) const {
  return earlier.hash == later.hash && same_events(earlier, later) && same_properties(earlier, later);
}

bool ReplayState::same_events(const Point& earlier, const Point& later) const {
  const uint32_t count = later.waiting - later.handled;
  if (earlier.waiting - earlier.handled != count) return false;
  EventQueue& queue = cascade_.queue();
  for (uint32_t i = 0; i < count; ++i) {
    if (!identical(queue[earlier.handled + i], queue[later.handled + i])) return false;
  }
  return true;
}

bool ReplayState::same_properties(const Point& earlier, const Point& later) const {
  PastProperties past;
  const std::vector<Cascade::Undo>& writes = cascade_.writes();
  size_t i = writes.size();
  while (i > later.writes) past.undo(writes[--i]);
  const PastProperties then = past;
  while (i > earlier.writes) past.undo(writes[--i]);
  return past.same_as(then);
}

}  // namespace krules
