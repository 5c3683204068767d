#include "krules/arena.h"

#include <algorithm>

namespace krules {

void* Arena::allocate_slow(size_t bytes, size_t alignment) {
  const size_t last = blocks_.empty() ? first_block_ : std::min<size_t>(blocks_.back().size * 2, 4u << 20);
  const size_t size = std::max(last, bytes + alignment);
  blocks_.push_back({std::make_unique_for_overwrite<char[]>(size), size});
  capacity_ += size;
  begin(blocks_.back());
  return allocate(bytes, alignment);
}

}  // namespace krules
