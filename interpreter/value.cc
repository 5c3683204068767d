#include "krules/value.h"

#include <bit>
#include <cmath>
#include <cstdlib>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace krules {

namespace {

// Maps above this many entries carry an index.
constexpr uint32_t kIndexFrom = 16;

struct EmptyMap {
  MapRep rep{};
};
struct EmptyList {
  ListRep rep{};
};
constexpr EmptyMap kEmptyMap;
constexpr EmptyList kEmptyList;

size_t index_buckets(size_t entries) {
  return entries <= kIndexFrom ? 0 : std::bit_ceil(entries * 2);
}

void fill_index(const MapRep::Entry* entries, size_t size, uint32_t* index, uint32_t mask) {
  std::memset(index, 0, sizeof(uint32_t) * (size_t{mask} + 1));
  for (size_t i = 0; i < size; ++i) {
    size_t at = entries[i].key->hash & mask;
    while (index[at] != 0) at = (at + 1) & mask;
    index[at] = static_cast<uint32_t>(i + 1);
  }
}

}  // namespace

std::string_view kind_name(ValueKind kind) {
  switch (kind) {
    case ValueKind::kNull:
      return "null";
    case ValueKind::kBool:
      return "bool";
    case ValueKind::kInt:
      return "int";
    case ValueKind::kFloat:
      return "float";
    case ValueKind::kString:
      return "string";
    case ValueKind::kDuration:
      return "duration";
    case ValueKind::kTimestamp:
      return "timestamp";
    case ValueKind::kList:
      return "list";
    case ValueKind::kMap:
      return "map";
    case ValueKind::kLambda:
      return "lambda";
    case ValueKind::kMissing:
      return "nothing";
    case ValueKind::kError:
      return "error";
  }
  return "?";
}

const MapRep& empty_map() {
  return kEmptyMap.rep;
}
const ListRep& empty_list() {
  return kEmptyList.rep;
}

// ---------------------------------------------------------------- maps

const Value* MapRep::find(const Symbol* key) const {
  if (index_mask == 0) {
    for (const Entry& entry : entries()) {
      if (same_symbol(entry.key, key)) return &entry.value;
    }
    return nullptr;
  }
  for (size_t at = key->hash & index_mask;; at = (at + 1) & index_mask) {
    const uint32_t number = index[at];
    if (number == 0) return nullptr;
    const Entry& entry = begin()[number - 1];
    if (same_symbol(entry.key, key)) return &entry.value;
  }
}

const Value* MapRep::find(std::string_view key) const {
  if (index_mask == 0) {
    for (const Entry& entry : entries()) {
      if (entry.key->text() == key) return &entry.value;
    }
    return nullptr;
  }
  const uint64_t hash = hash_text(key);
  for (size_t at = hash & index_mask;; at = (at + 1) & index_mask) {
    const uint32_t number = index[at];
    if (number == 0) return nullptr;
    const Entry& entry = begin()[number - 1];
    if (entry.key->hash == hash && entry.key->text() == key) return &entry.value;
  }
}

ListRep* new_list(size_t size, Arena& arena) {
  auto* rep = static_cast<ListRep*>(arena.allocate(sizeof(ListRep) + size * sizeof(Value), alignof(Value)));
  *rep = ListRep{};
  rep->size = static_cast<uint32_t>(size);
  return rep;
}

namespace {

MapRep* new_map(size_t capacity, Arena& arena) {
  auto* rep = static_cast<MapRep*>(
      arena.allocate(sizeof(MapRep) + capacity * sizeof(MapRep::Entry), alignof(MapRep)));
  *rep = MapRep{};
  return rep;
}

}  // namespace

MapBuilder::MapBuilder(Arena& arena, size_t expected)
    : arena_(arena), rep_(new_map(expected, arena)), capacity_(expected) {}

void MapBuilder::add(const Symbol* key, Value value) {
  rep_->size = static_cast<uint32_t>(size_);
  // Above kIndexFrom entries the index grows with the map, so that building stays linear.
  if (const Value* there = rep_->find(key)) {
    *const_cast<Value*>(there) = value;
    return;
  }
  if (size_ == capacity_) grow();
  rep_->mutable_entries()[size_++] = {key, value};
  rep_->size = static_cast<uint32_t>(size_);
  if (size_ <= kIndexFrom) return;
  if (const size_t wanted = index_buckets(size_); wanted != size_t{rep_->index_mask} + 1) {
    auto* index = arena_.allocate_array<uint32_t>(wanted);
    rep_->index_mask = static_cast<uint32_t>(wanted - 1);
    rep_->index = index;
    fill_index(rep_->begin(), size_, index, rep_->index_mask);
    return;
  }
  auto* index = const_cast<uint32_t*>(rep_->index);
  size_t at = key->hash & rep_->index_mask;
  while (index[at] != 0) at = (at + 1) & rep_->index_mask;
  index[at] = static_cast<uint32_t>(size_);
}

void MapBuilder::grow() {
  const size_t bigger = capacity_ == 0 ? 8 : capacity_ * 2;
  MapRep* moved = new_map(bigger, arena_);
  *moved = *rep_;
  if (size_ > 0) std::memcpy(moved->mutable_entries(), rep_->begin(), size_ * sizeof(MapRep::Entry));
  rep_ = moved;
  capacity_ = bigger;
}

Value MapBuilder::finish() {
  rep_->size = static_cast<uint32_t>(size_);
  return Value::map(rep_);
}

// ---------------------------------------------------------------- comparing

int compare_numbers(const Value& a, const Value& b) {
  if (a.is(ValueKind::kInt) && b.is(ValueKind::kInt)) {
    return a.as_int() < b.as_int() ? -1 : a.as_int() > b.as_int() ? 1 : 0;
  }
  if (a.is(ValueKind::kFloat) && b.is(ValueKind::kFloat)) {
    return a.as_float() < b.as_float() ? -1 : a.as_float() > b.as_float() ? 1 : 0;
  }
  if (a.is(ValueKind::kFloat)) return -compare_numbers(b, a);
  // An int and a float, exactly: outside the range of int64 the float decides, inside it its whole part is an
  // int.
  const int64_t i = a.as_int();
  const double f = b.as_float();
  if (f >= 9223372036854775808.0) return -1;
  if (f < -9223372036854775808.0) return 1;
  const double whole = std::trunc(f);
  const auto as_int = static_cast<int64_t>(whole);
  if (i != as_int) return i < as_int ? -1 : 1;
  return f > whole ? -1 : f < whole ? 1 : 0;
}

bool equal(const Value& a, const Value& b) {
  if (a.is_number() && b.is_number()) return compare_numbers(a, b) == 0;
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case ValueKind::kString:
      return a.same_bits(b) || (a.has_memory() && b.has_memory() && a.text() == b.text());
    case ValueKind::kList: {
      const ListRep& x = a.as_list();
      const ListRep& y = b.as_list();
      if (&x == &y) return true;
      if (x.size != y.size) return false;
      for (uint32_t i = 0; i < x.size; ++i) {
        if (!equal(x.begin()[i], y.begin()[i])) return false;
      }
      return true;
    }
    case ValueKind::kMap: {
      const MapRep& x = a.as_map();
      const MapRep& y = b.as_map();
      if (&x == &y) return true;
      if (x.size != y.size) return false;
      for (const MapRep::Entry& entry : x.entries()) {
        const Value* other = y.find(entry.key);
        if (other == nullptr || !equal(entry.value, *other)) return false;
      }
      return true;
    }
    case ValueKind::kError:
      return false;
    default:
      return a.same_bits(b);
  }
}

uint64_t hash_value(const Value& value) {
  struct Tagged {
    uint64_t kind;
    uint64_t bits;
  };
  auto hash_bits = [](uint64_t kind, uint64_t bits) {
    const Tagged tagged{kind, bits};
    return XXH3_64bits(&tagged, sizeof tagged);
  };
  switch (value.kind()) {
    case ValueKind::kNull:
      return hash_bits(0, 0);
    case ValueKind::kBool:
      return hash_bits(1, value.as_bool());
    case ValueKind::kInt:
      return hash_bits(2, static_cast<uint64_t>(value.as_int()));
    case ValueKind::kFloat: {
      const double f = value.as_float();
      if (f == std::trunc(f) && f >= -9223372036854775808.0 && f < 9223372036854775808.0) {
        return hash_bits(2, static_cast<uint64_t>(static_cast<int64_t>(f)));
      }
      return hash_bits(3, std::bit_cast<uint64_t>(f));
    }
    case ValueKind::kString:
      return hash_text(value.text());
    case ValueKind::kDuration:
      return hash_bits(5, static_cast<uint64_t>(value.as_microseconds()));
    case ValueKind::kTimestamp:
      return hash_bits(6, static_cast<uint64_t>(value.as_microseconds()));
    case ValueKind::kList: {
      uint64_t hash = 7;
      for (const Value& item : value.as_list().items()) hash = hash_bits(hash, hash_value(item));
      return hash;
    }
    case ValueKind::kMap: {
      uint64_t hash = 8;  // entries in any order
      for (const MapRep::Entry& entry : value.as_map().entries()) {
        hash += hash_bits(entry.key->hash, hash_value(entry.value));
      }
      return hash;
    }
    default:
      return 0;
  }
}

// ---------------------------------------------------------------- copies

namespace {

constexpr size_t align8(size_t bytes) {
  return (bytes + 7) & ~size_t{7};
}

size_t symbol_size(const Symbol* symbol) {
  return symbol->interned() ? 0 : align8(offsetof(Symbol, chars) + symbol->length + 1);
}

// Copies `value` to the memory at `cursor`, which is large enough by owned_size().
Value copy_to(const Value& value, char*& cursor) {
  auto take = [&cursor](size_t bytes) {
    char* at = cursor;
    cursor += align8(bytes);
    return at;
  };
  switch (value.kind()) {
    case ValueKind::kString: {
      if (!value.has_memory()) return value;
      const std::string_view text = value.text();
      char* to = take(text.size());
      std::memcpy(to, text.data(), text.size());
      return Value::string_view({to, text.size()});
    }
    case ValueKind::kList: {
      const ListRep& from = value.as_list();
      auto* rep = reinterpret_cast<ListRep*>(take(sizeof(ListRep) + from.size * sizeof(Value)));
      *rep = from;
      for (uint32_t i = 0; i < from.size; ++i) rep->mutable_items()[i] = copy_to(from.begin()[i], cursor);
      return Value::list(rep);
    }
    case ValueKind::kMap: {
      const MapRep& from = value.as_map();
      auto* rep = reinterpret_cast<MapRep*>(take(sizeof(MapRep) + from.size * sizeof(MapRep::Entry)));
      *rep = MapRep{};
      rep->size = from.size;
      for (uint32_t i = 0; i < from.size; ++i) {
        const MapRep::Entry& entry = from.begin()[i];
        const Symbol* key = entry.key;
        if (const size_t bytes = symbol_size(key); bytes != 0) {
          char* to = take(bytes);
          std::memcpy(to, key, offsetof(Symbol, chars) + key->length);
          key = reinterpret_cast<const Symbol*>(to);
        }
        rep->mutable_entries()[i] = {key, copy_to(entry.value, cursor)};
      }
      if (const size_t buckets = index_buckets(from.size); buckets != 0) {
        auto* index = reinterpret_cast<uint32_t*>(take(buckets * sizeof(uint32_t)));
        rep->index = index;
        rep->index_mask = static_cast<uint32_t>(buckets - 1);
        fill_index(rep->begin(), from.size, index, rep->index_mask);
      }
      return Value::map(rep);
    }
    default:
      return value;
  }
}

}  // namespace

size_t owned_size(const Value& value) {
  switch (value.kind()) {
    case ValueKind::kString:
      return value.has_memory() ? align8(value.text().size()) : 0;
    case ValueKind::kList: {
      size_t bytes = sizeof(ListRep);
      for (const Value& item : value.as_list().items()) bytes += sizeof(Value) + owned_size(item);
      return bytes;
    }
    case ValueKind::kMap: {
      const MapRep& map = value.as_map();
      size_t bytes = sizeof(MapRep) + align8(index_buckets(map.size) * sizeof(uint32_t));
      for (const MapRep::Entry& entry : map.entries()) {
        bytes += sizeof(MapRep::Entry) + symbol_size(entry.key) + owned_size(entry.value);
      }
      return bytes;
    }
    default:
      return 0;
  }
}

Value clone_owned(const Value& value) {
  const size_t bytes = owned_size(value);
  if (bytes == 0) return value;
  auto* memory = static_cast<char*>(std::malloc(bytes));
  if (memory == nullptr) std::abort();
  return copy_to(value, memory);
}

void free_owned(const Value& value) {
  if (value.has_memory()) std::free(const_cast<void*>(value.memory()));
}

Value clone_into(const Value& value, Arena& arena) {
  const size_t bytes = owned_size(value);
  if (bytes == 0) return value;
  auto* memory = static_cast<char*>(arena.allocate(bytes));
  return copy_to(value, memory);
}

}  // namespace krules
