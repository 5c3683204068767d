#pragma once

#include <cstdint>
#include <deque>
#include <functional>

#include "krules/store.h"

namespace krules {

/// The journal of a store in memory. Not thread-safe.
class MemoryJournal {
 public:
  void write(const CommitGroup& group);
  uint64_t bytes() const { return bytes_; }

  /// The newest entry before number `before` that `wanted` wants; null for none.
  using Wanted = std::function<bool(const JournalEntry&)>;
  const JournalEntry* newest_before(uint64_t before, const Wanted& wanted) const;

 private:
  struct Kept {
    JournalEntry entry;
    uint64_t bytes;
  };
  std::deque<Kept> entries_;  // their numbers follow each other
  uint64_t last_number_ = 0;
  uint64_t bytes_ = 0;
};

}  // namespace krules
