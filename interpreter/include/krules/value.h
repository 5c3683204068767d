#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include "krules/arena.h"
#include "krules/source.h"
#include "krules/symbol.h"

namespace krules {

enum class ValueKind : uint8_t {
  kNull,
  kBool,
  kInt,
  kFloat,
  kString,
  kDuration,   ///< microseconds
  kTimestamp,  ///< microseconds since 1970-01-01T00:00:00Z
  kList,
  kMap,
  // Never stored, never in a payload:
  kLambda,   ///< an argument of a list function
  kMissing,  ///< an optional argument that was not given
  kError,    ///< an evaluation that failed; it passes through every operator
};

/// "null", "bool", "int", ... as rule authors write them.
std::string_view kind_name(ValueKind kind);

struct ListRep;
struct MapRep;
struct ErrorRep;

/// One value of the language: 16 bytes, trivially copyable, returned in registers. Strings of up to 14 bytes
/// lie inside; longer ones, lists and maps are pointers to immutable memory that somebody else owns: the
/// arena of the cascade, the program's constants, or a subject (whose replaced values stay until the cascade
/// has ended). So values are copied freely within a cascade and must be cloned (clone_owned) to outlive it.
class Value {
 public:
  static constexpr size_t kInlineCapacity = 14;

  constexpr Value() : Value(ValueKind::kNull, uint64_t{0}) {}

  static constexpr Value null() { return {}; }
  static constexpr Value missing() { return Value(ValueKind::kMissing, uint64_t{0}); }
  static constexpr Value boolean(bool v) { return Value(ValueKind::kBool, uint64_t{v}); }
  static constexpr Value integer(int64_t v) { return Value(ValueKind::kInt, static_cast<uint64_t>(v)); }
  static constexpr Value floating(double v) { return Value(ValueKind::kFloat, std::bit_cast<uint64_t>(v)); }
  static constexpr Value duration(int64_t microseconds) {
    return Value(ValueKind::kDuration, static_cast<uint64_t>(microseconds));
  }
  static constexpr Value timestamp(int64_t microseconds) {
    return Value(ValueKind::kTimestamp, static_cast<uint64_t>(microseconds));
  }
  static Value list(const ListRep* rep) { return Value(ValueKind::kList, rep); }
  static Value map(const MapRep* rep) { return Value(ValueKind::kMap, rep); }
  static Value error(const ErrorRep* rep) { return Value(ValueKind::kError, rep); }
  static Value lambda(const void* node) { return Value(ValueKind::kLambda, node); }

  /// A string whose bytes are copied when they fit inside and pointed to when they do not: then `text` must
  /// outlive the value. Short strings are always inside, so equal strings have equal forms.
  static Value string_view(std::string_view text) {
    Value v;
    if (text.size() <= kInlineCapacity) {
      char bytes[sizeof(Value)] = {};
      bytes[0] = static_cast<char>(ValueKind::kString);
      bytes[1] = static_cast<char>(text.size());
      if (!text.empty()) std::memcpy(bytes + kTextOffset, text.data(), text.size());
      std::memcpy(&v.head_, bytes, 8);
      std::memcpy(&v.bits_, bytes + 8, 8);
    } else {
      v.head_ =
          static_cast<uint64_t>(ValueKind::kString) | uint64_t{kOutOfLine} << 8 | uint64_t{text.size()} << 32;
      v.bits_ = reinterpret_cast<uintptr_t>(text.data());
    }
    return v;
  }
  /// A string of the arena's own.
  static Value string(std::string_view text, Arena& arena) {
    return string_view(text.size() <= kInlineCapacity ? text : arena.copy(text));
  }

  constexpr ValueKind kind() const { return static_cast<ValueKind>(head_ & 0xFF); }
  constexpr bool is(ValueKind kind_asked) const { return kind() == kind_asked; }
  constexpr bool is_null() const { return is(ValueKind::kNull); }
  constexpr bool is_error() const { return is(ValueKind::kError); }
  constexpr bool is_number() const { return is(ValueKind::kInt) || is(ValueKind::kFloat); }
  constexpr bool is_true() const { return is(ValueKind::kBool) && bits_ != 0; }

  // Each is valid for its kind alone.
  constexpr bool as_bool() const { return bits_ != 0; }
  constexpr int64_t as_int() const { return static_cast<int64_t>(bits_); }
  constexpr double as_float() const { return std::bit_cast<double>(bits_); }
  constexpr int64_t as_microseconds() const { return static_cast<int64_t>(bits_); }
  const ListRep& as_list() const { return *static_cast<const ListRep*>(memory()); }
  const MapRep& as_map() const { return *static_cast<const MapRep*>(memory()); }
  const ErrorRep& as_error() const { return *static_cast<const ErrorRep*>(memory()); }
  const void* as_lambda() const { return memory(); }
  /// An int or a float as a double.
  constexpr double as_number() const {
    return is(ValueKind::kInt) ? static_cast<double>(as_int()) : as_float();
  }

  /// The bytes of a string. Short ones lie inside this value: it must outlive the view.
  std::string_view text() const& {
    const auto size = static_cast<uint8_t>(head_ >> 8);
    if (size != kOutOfLine) return {reinterpret_cast<const char*>(this) + kTextOffset, size};
    return {static_cast<const char*>(memory()), head_ >> 32};
  }
  std::string_view text() && = delete;

  /// Whether it points to memory (a long string, a list, a map), so that storing it needs a clone.
  bool has_memory() const {
    return is(ValueKind::kList) || is(ValueKind::kMap) ||
           (is(ValueKind::kString) && static_cast<uint8_t>(head_ >> 8) == kOutOfLine);
  }
  const void* memory() const { return reinterpret_cast<const void*>(bits_); }

  /// Whether both are the same 16 bytes: for null, bool, int, duration, timestamp and short strings that is
  /// equality.
  constexpr bool same_bits(const Value& other) const { return head_ == other.head_ && bits_ == other.bits_; }

 private:
  static constexpr uint8_t kOutOfLine = 0xFF;
  static constexpr size_t kTextOffset = 2;

  constexpr Value(ValueKind kind, uint64_t bits) : head_(static_cast<uint64_t>(kind)), bits_(bits) {}
  Value(ValueKind kind, const void* pointer) : Value(kind, uint64_t{reinterpret_cast<uintptr_t>(pointer)}) {}

  // Two plain words, so that compilers keep a value in two registers. From the lowest byte of the first: the
  // kind; the size of a string inside, or kOutOfLine; from there on the bytes of a string inside, into the
  // second word. For a string outside: its length in the upper half of the first word, its address in the
  // second.
  uint64_t head_;
  uint64_t bits_;
};
static_assert(std::endian::native == std::endian::little,
              "strings inside a value rely on the order of its bytes");
static_assert(sizeof(Value) == 16);
static_assert(std::is_trivially_copyable_v<Value>);

/// An immutable list: a header followed by its items.
struct ListRep {
  uint32_t size;

  const Value* begin() const { return reinterpret_cast<const Value*>(this + 1); }
  const Value* end() const { return begin() + size; }
  std::span<const Value> items() const { return {begin(), size}; }
  Value* mutable_items() { return reinterpret_cast<Value*>(this + 1); }

  uint32_t padding[3];
};
static_assert(sizeof(ListRep) == 16);

/// An immutable map in the order it was written: a header followed by its entries. Keys are unique.
struct MapRep {
  struct Entry {
    const Symbol* key;
    Value value;
  };
  uint32_t size;
  uint32_t index_mask;    ///< 0: no index, look through the entries
  const uint32_t* index;  ///< open addressing by hash; entry number + 1, or 0

  const Entry* begin() const { return reinterpret_cast<const Entry*>(this + 1); }
  const Entry* end() const { return begin() + size; }
  std::span<const Entry> entries() const { return {begin(), size}; }
  Entry* mutable_entries() { return reinterpret_cast<Entry*>(this + 1); }

  /// Null (the pointer) where there is no such key.
  const Value* find(const Symbol* key) const;
  const Value* find(std::string_view key) const;
};

/// The map without entries.
const MapRep& empty_map();
const ListRep& empty_list();

/// Why an evaluation failed.
struct ErrorRep {
  std::string_view kind;     ///< "kind", "overflow", "null", "budget", "fail", ...: what `err.kind` gives
  std::string_view message;  ///< one sentence
  Span span;                 ///< in the source of the rule (or function) that was running
  uint32_t source = 0;       ///< which source of the program, an index into Program::sources()
  /// Not to be caught by `try`: the step budget, `fail cascade`, a store that does not answer.
  bool fatal = false;
};

/// A list with room for `size` items to be filled in by the caller before anyone reads it.
ListRep* new_list(size_t size, Arena& arena);

/// Collects entries; the last value of a key wins, at the place of its first.
class MapBuilder {
 public:
  explicit MapBuilder(Arena& arena, size_t expected = 8);
  void add(const Symbol* key, Value value);
  size_t size() const { return size_; }
  Value finish();

 private:
  void grow();

  Arena& arena_;
  MapRep* rep_;
  size_t size_ = 0;
  size_t capacity_;
};

/// Equality of the language: by content, 1 == 1.0, true != 1. Errors equal nothing.
bool equal(const Value& a, const Value& b);
/// -1, 0 or 1 for two numbers, exact also between int and float.
int compare_numbers(const Value& a, const Value& b);
/// Consistent with equal(); stable across runs and machines.
uint64_t hash_value(const Value& value);

/// A copy whose memory is one block of the heap (malloc), to be given back with free_owned().
Value clone_owned(const Value& value);
void free_owned(const Value& value);
/// Bytes of heap that clone_owned would take.
size_t owned_size(const Value& value);
/// A copy into `arena`, keys included.
Value clone_into(const Value& value, Arena& arena);

/// How deep lists and maps may nest.
inline constexpr int kMaxValueDepth = 128;

}  // namespace krules
