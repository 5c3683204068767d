#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>

namespace krules::test {

/// Random choices, the same on every machine for the same seed.
class Dice {
 public:
  Dice(uint64_t seed, uint64_t number)
      : state_(seed * 0x9E3779B97F4A7C15u ^ (number + 1) * 0xD1B54A32D192ED03u) {}

  /// 0 to n - 1.
  size_t below(size_t n) { return next() % n; }
  bool percent(size_t chance) { return below(100) < chance; }
  template <class T>
  T pick(std::initializer_list<T> items) {
    return *(items.begin() + below(items.size()));
  }
  template <class List>
  const auto& of(const List& items) {
    return *(std::begin(items) + static_cast<ptrdiff_t>(below(std::size(items))));
  }

 private:
  uint64_t next() {
    state_ += 0x9E3779B97F4A7C15u;
    uint64_t mixed = state_;
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBu;
    return (mixed ^ (mixed >> 31)) >> 8;
  }

  uint64_t state_;
};

}  // namespace krules::test
