#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "krules/arena.h"

namespace krules {

/// The 64-bit hash of a name: XXH3, the same in every version and on every machine.
uint64_t hash_text(std::string_view text);

/// A name with its hash. Names that a program mentions are *interned*: one Symbol per text, compared by
/// address, alive as long as the engine. Names that only turn up in data (a payload key that no rule reads)
/// are *foreign*: they have no number, live where the value that holds them lives, and are compared by text.
/// See same_symbol().
struct Symbol {
  uint64_t hash;
  uint32_t length;
  uint32_t number;  ///< 1-based and dense for interned symbols, 0 for foreign ones
  char chars[1];    ///< `length` bytes, not terminated

  std::string_view text() const { return {chars, length}; }
  bool interned() const { return number != 0; }
};

inline bool same_symbol(const Symbol* a, const Symbol* b) {
  if (a == b) return true;
  if (a->interned() && b->interned()) return false;
  return a->hash == b->hash && a->text() == b->text();
}

/// Makes a foreign symbol in `arena`.
const Symbol* make_foreign_symbol(std::string_view text, uint64_t hash, Arena& arena);

/// The interned names of a program. Append-only: extending a table for the next program keeps every address,
/// so that stored data and running events stay valid across a reload. A finished table is immutable and may
/// be read by any number of threads.
class SymbolTable {
 public:
  SymbolTable();
  /// Starts from all names of `base` (sharing their memory).
  explicit SymbolTable(const SymbolTable& base);
  SymbolTable& operator=(const SymbolTable&) = delete;

  const Symbol* intern(std::string_view text);
  /// Null when the program does not know the name.
  const Symbol* find(std::string_view text) const { return find(text, hash_text(text)); }
  const Symbol* find(std::string_view text, uint64_t hash) const;
  /// The interned symbol where there is one, else a foreign one in `arena`.
  const Symbol* find_or_foreign(std::string_view text, Arena& arena) const;

  uint32_t size() const { return static_cast<uint32_t>(by_number_.size()); }
  /// `number` is 1-based.
  const Symbol* at(uint32_t number) const { return by_number_[number - 1]; }

 private:
  void grow();

  std::vector<std::shared_ptr<Arena>> memory_;  // the last one is ours to extend
  std::vector<const Symbol*> buckets_;          // open addressing, a power of two
  std::vector<const Symbol*> by_number_;
};

}  // namespace krules
