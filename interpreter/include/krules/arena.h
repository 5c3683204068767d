#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace krules {

/// Memory for everything that lives as long as one cascade (or one program): taken by moving a pointer, given
/// back all at once. Not thread-safe. What is put in must be trivially destructible.
class Arena {
 public:
  explicit Arena(size_t first_block = 16 * 1024) : first_block_(first_block) {}
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  Arena(Arena&&) = default;
  Arena& operator=(Arena&&) = default;

  void* allocate(size_t bytes, size_t alignment = 8) {
    uintptr_t at = (cursor_ + alignment - 1) & ~(alignment - 1);
    if (at + bytes > limit_) [[unlikely]] {
      return allocate_slow(bytes, alignment);
    }
    cursor_ = at + bytes;
    return reinterpret_cast<void*>(at);
  }

  template <class T>
  T* allocate_array(size_t count) {
    return static_cast<T*>(allocate(sizeof(T) * count, alignof(T)));
  }

  std::string_view copy(std::string_view text) {
    if (text.empty()) return {};
    char* to = static_cast<char*>(allocate(text.size(), 1));
    std::memcpy(to, text.data(), text.size());
    return {to, text.size()};
  }

  /// Forgets everything but keeps the first block, so that a warm arena does not touch the heap.
  void reset() {
    if (blocks_.size() > 1) {
      blocks_.resize(1);
      capacity_ = blocks_[0].size;
    }
    if (!blocks_.empty()) begin(blocks_[0]);
  }

  /// Where the next allocation begins, for since().
  uintptr_t mark() const { return cursor_; }
  /// What was taken since `mark`; empty where that is not in one piece.
  std::span<const std::byte> since(uintptr_t mark) const {
    if (blocks_.empty()) return {};
    const auto block = reinterpret_cast<uintptr_t>(blocks_.back().memory.get());
    if (mark < block || mark > cursor_) return {};
    return {reinterpret_cast<const std::byte*>(mark), cursor_ - mark};
  }

  /// Bytes held from the heap.
  size_t capacity() const { return capacity_; }

 private:
  struct Block {
    std::unique_ptr<char[]> memory;
    size_t size;
  };

  void* allocate_slow(size_t bytes, size_t alignment);
  void begin(const Block& block) {
    cursor_ = reinterpret_cast<uintptr_t>(block.memory.get());
    limit_ = cursor_ + block.size;
  }

  size_t first_block_;
  uintptr_t cursor_ = 0;
  uintptr_t limit_ = 0;
  size_t capacity_ = 0;
  std::vector<Block> blocks_;
};

}  // namespace krules
