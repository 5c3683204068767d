#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

#include "krules/store.h"

namespace krules {

/// Which event ids were taken already: those in the store, and those of groups that are on their way there.
class SeenIds {
 public:
  /// `store` null: the ids of this run alone are known, the newest of them.
  explicit SeenIds(Store* store) : store_(store) {}

  StoreStatus contains(std::string_view source, std::string_view id, bool& seen);
  void add(std::string_view source, std::string_view id, uint64_t group);
  /// Groups up to this one are in the store.
  void committed(uint64_t group);

 private:
  static constexpr size_t kMostWithoutStore = 1'000'000;

  static std::string key(std::string_view source, std::string_view id);

  Store* store_;
  std::unordered_map<std::string, uint64_t> recent_;  // to the group that holds it
  std::deque<std::pair<uint64_t, std::string>> order_;
};

}  // namespace krules
