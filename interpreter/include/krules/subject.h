#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "krules/symbol.h"
#include "krules/value.h"

namespace krules {

/// One property of a subject. Owns its value's memory (see clone_owned).
struct PropertySlot {
  const Symbol* name = nullptr;
  Value value;
  /// The rule run that wrote it last, a hint for the writer of change events.
  uint32_t mark = 0;
  /// Which stored part the property belongs to (see docs/store.md).
  uint16_t part = 0;
};

/// Names to values, in the order they were first set. Look-up by symbol looks through a few slots, or uses an
/// index where there are many.
class PropertySet {
 public:
  PropertySet() = default;
  ~PropertySet();
  PropertySet(const PropertySet&) = delete;
  PropertySet& operator=(const PropertySet&) = delete;

  uint32_t size() const { return size_; }
  PropertySlot* begin() { return slots_; }
  PropertySlot* end() { return slots_ + size_; }
  const PropertySlot* begin() const { return slots_; }
  const PropertySlot* end() const { return slots_ + size_; }

  PropertySlot* find(const Symbol* name) {
    if (size_ <= kScanLimit) {
      for (PropertySlot* s = slots_; s != slots_ + size_; ++s) {
        if (s->name == name) return s;
      }
      if (!has_foreign_ && name->interned()) return nullptr;
    }
    return find_slow(name);
  }
  const PropertySlot* find(const Symbol* name) const { return const_cast<PropertySet*>(this)->find(name); }

  /// The slot at `hint` if it is the one, else a look-up that corrects the hint. For a place in a program
  /// that reads the same property of many subjects.
  PropertySlot* find(const Symbol* name, uint32_t& hint) {
    if (hint < size_ && slots_[hint].name == name) return slots_ + hint;
    PropertySlot* slot = find(name);
    if (slot != nullptr) hint = static_cast<uint32_t>(slot - slots_);
    return slot;
  }

  /// Adds a slot for a name that is not there; `value` becomes owned by the set. A foreign name is copied.
  /// Invalidates slot pointers.
  PropertySlot* add(const Symbol* name, Value value);
  /// Puts a slot back where remove() took it from.
  PropertySlot* insert(uint32_t place, const Symbol* name, Value value);
  /// Takes a slot out, the order of the others kept; the value is the caller's to free.
  Value remove(PropertySlot* slot);

 private:
  static constexpr uint32_t kScanLimit = 16;
  PropertySlot* find_slow(const Symbol* name);
  void index_slot(uint32_t number);
  void rebuild_index();

  PropertySlot* slots_ = nullptr;
  uint32_t size_ = 0;
  uint32_t capacity_ = 0;
  bool has_foreign_ = false;
  /// Open addressing by hash, a power of two of places; only above kScanLimit. In the bits that number the
  /// places stands a slot's number + 1 (0: none), in the bits above them a part of its name's hash, so that
  /// most other names are told apart without a look at them.
  std::unique_ptr<std::vector<uint32_t>> index_;
};

/// A named thing with properties, as it stands in memory. Made and owned by whoever runs cascades; the
/// interpreter reads it directly and writes through Host alone.
struct Subject {
  explicit Subject(std::string_view subject_name);

  std::string_view name() const { return name_; }
  /// The name as a value that lives as long as the subject.
  Value name_value() const { return Value::string_view(name_); }

  PropertySet properties;
  /// Extended properties; null for none (the usual case).
  std::unique_ptr<PropertySet> extended;
  uint64_t name_hash;

  /// Bookkeeping of the engine's cache and commits.
  uint64_t last_group = 0;   ///< the newest commit group that holds a change of it
  size_t counted_bytes = 0;  ///< what the cache thinks it takes
  uint32_t dirty_place = 0;  ///< its place in that group's list
  bool referenced = false;   ///< touched since the cache last looked
  bool exists = false;       ///< has a property or an extended property

 private:
  std::string name_;
};

}  // namespace krules
