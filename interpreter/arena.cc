#include "krules/arena.h"

#include <algorithm>

namespace krules {

void* Arena::allocate_slow(size_t bytes, size_t alignment) {
  const size_t last = blocks_.empty() ? first_block_ : std::min<size_t>(blocks_.back().size * 2, 4u << 20);
  const size_t size = std::max(last, bytes + alignment);
  blocks_.push_back({std::make_unique_for_overwrite<char[]>(size), size});
  capacity_ += size;
  cursor_ = reinterpret_cast<uintptr_t>(blocks_.back().memory.get());
  limit_ = cursor_ + size;
  return allocate(bytes, alignment);
}

void Arena::reset() {
  if (blocks_.size() != 1) {
    if (blocks_.empty()) return;
    blocks_.resize(1);
    capacity_ = blocks_[0].size;
  }
  cursor_ = reinterpret_cast<uintptr_t>(blocks_[0].memory.get());
  limit_ = cursor_ + blocks_[0].size;
}

}  // namespace krules
