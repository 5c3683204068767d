#include "krules/subject.h"

#include <bit>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace krules {

namespace {

/// What an entry of an index holds of a hash.
uint32_t hash_part(uint64_t hash, size_t mask) {
  return static_cast<uint32_t>(hash >> 32) & ~static_cast<uint32_t>(mask);
}

}  // namespace

Subject::Subject(std::string_view subject_name) : name_hash(hash_text(subject_name)), name_(subject_name) {}

PropertySet::~PropertySet() {
  for (const PropertySlot& slot : *this) {
    free_owned(slot.value);
    if (!slot.name->interned()) std::free(const_cast<Symbol*>(slot.name));
  }
  std::free(slots_);
}

PropertySlot* PropertySet::find_slow(const Symbol* name) {
  if (index_ == nullptr) {
    for (PropertySlot& slot : *this) {
      if (same_symbol(slot.name, name)) return &slot;
    }
    return nullptr;
  }
  const size_t mask = index_->size() - 1;
  const uint32_t wanted = hash_part(name->hash, mask);
  for (size_t at = name->hash & mask;; at = (at + 1) & mask) {
    const uint32_t entry = (*index_)[at];
    if (entry == 0) return nullptr;
    if ((entry & ~mask) != wanted) continue;
    PropertySlot& slot = slots_[(entry & mask) - 1];
    if (same_symbol(slot.name, name)) return &slot;
  }
}

PropertySlot* PropertySet::add(const Symbol* name, Value value) {
  if (size_ == capacity_) {
    capacity_ = capacity_ == 0 ? 1 : capacity_ < 4 ? 4 : capacity_ * 2;
    void* bigger = std::realloc(static_cast<void*>(slots_), capacity_ * sizeof(PropertySlot));
    if (bigger == nullptr) std::abort();
    slots_ = static_cast<PropertySlot*>(bigger);
  }
  if (!name->interned()) {
    const size_t bytes = offsetof(Symbol, chars) + name->length + 1;
    void* copy = std::malloc(bytes);
    if (copy == nullptr) std::abort();
    std::memcpy(copy, name, bytes);
    name = static_cast<const Symbol*>(copy);
    has_foreign_ = true;
  }
  slots_[size_] = PropertySlot{name, value, 0, 0};
  ++size_;
  if (size_ > kScanLimit) {
    if (index_ == nullptr || size_ * 2 > index_->size()) {
      rebuild_index();
    } else {
      index_slot(size_ - 1);
    }
  }
  return slots_ + size_ - 1;
}

PropertySlot* PropertySet::insert(uint32_t place, const Symbol* name, Value value) {
  add(name, value);
  const PropertySlot added = slots_[size_ - 1];
  std::memmove(static_cast<void*>(slots_ + place + 1), slots_ + place,
               (size_ - 1 - place) * sizeof(PropertySlot));
  slots_[place] = added;
  if (index_ != nullptr) rebuild_index();
  return slots_ + place;
}

Value PropertySet::remove(PropertySlot* slot) {
  const Value value = slot->value;
  if (!slot->name->interned()) std::free(const_cast<Symbol*>(slot->name));
  std::memmove(static_cast<void*>(slot), slot + 1,
               static_cast<size_t>(end() - (slot + 1)) * sizeof(PropertySlot));
  --size_;
  if (size_ > kScanLimit) {
    rebuild_index();
  } else {
    index_.reset();
  }
  return value;
}

void PropertySet::index_slot(uint32_t number) {
  const size_t mask = index_->size() - 1;
  const uint64_t hash = slots_[number].name->hash;
  size_t at = hash & mask;
  while ((*index_)[at] != 0) at = (at + 1) & mask;
  (*index_)[at] = hash_part(hash, mask) | (number + 1);
}

void PropertySet::rebuild_index() {
  index_ = std::make_unique<std::vector<uint32_t>>(std::bit_ceil(size_t{size_} * 4));
  for (uint32_t i = 0; i < size_; ++i) index_slot(i);
}

}  // namespace krules
