#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "sqlite_statement.h"

namespace krules::sqlite {

/// Short hashes of numbered texts: says which numbers a text may have. 8 bytes an entry; of a million entries
/// about one look-up in two thousand names a number in vain.
class HashIndex {
 public:
  /// `number` is larger than all before it; numbers up to `forgotten` need not be found any more.
  void add(uint64_t hash, uint64_t number, uint64_t forgotten);

  /// Calls `visit(number)` for each candidate until it returns true; returns whether one did.
  template <class Visit>
  bool find(uint64_t hash, Visit visit) const {
    if (slots_.empty()) return false;
    const uint32_t wanted = short_hash(hash);
    for (size_t at = place(wanted);; at = (at + 1) & (slots_.size() - 1)) {
      if (slots_[at] == 0) return false;
      if (static_cast<uint32_t>(slots_[at] >> 32) == wanted && visit(whole_number(slots_[at]))) return true;
    }
  }

 private:
  static uint32_t short_hash(uint64_t hash) { return static_cast<uint32_t>(hash >> 32) | 1; }
  size_t place(uint32_t hash) const { return hash >> shift_; }
  /// A slot holds the lower half of its number; all are less than 2^32 apart.
  uint64_t whole_number(uint64_t slot) const {
    return newest_ - (static_cast<uint32_t>(newest_) - static_cast<uint32_t>(slot));
  }
  void put(uint64_t slot);
  void rebuild(uint64_t forgotten);

  std::vector<uint64_t> slots_;  // open addressing, a power of two; hash and number, 0: free
  size_t used_ = 0;
  int shift_ = 32;
  uint64_t newest_ = 0;
};

/// Tells which event ids are in the table `seen_events`. The table is written in the order in which events
/// came, so that a commit appends to its last page; where an id is, is known in memory alone, and read from
/// the table when it is first asked.
class SeenReader {
 public:
  StoreStatus prepare(Connection& connection, std::string_view path, uint64_t limit);

  /// `newest`: the number of the last row that is committed.
  StoreStatus contains(std::string_view source, std::string_view id, uint64_t newest, bool& seen);

 private:
  int read_new_rows(uint64_t newest);

  const Connection* connection_ = nullptr;
  std::string path_;
  uint64_t limit_ = 0;
  uint64_t indexed_ = 0;  // rows up to this number are in the index
  HashIndex index_;
  Statement rows_;
  Statement row_;
};

/// Numbers further apart than this cannot be told from each other.
inline constexpr uint64_t kMostSeen = uint64_t{1} << 31;

}  // namespace krules::sqlite
