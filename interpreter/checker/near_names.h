#pragma once

#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace krules::check {

/// Whether one name looks like a slip of the pen of the other: one letter of one word left out, doubled,
/// swapped with the next or (in long words) another one; or the same letters, put together in another way
/// ("orderPaid", "order.paid"). Not where the difference may mean something: at the beginning or the end of a
/// word ("lock", "unlock", "close", "closed"), in a number, in short words.
bool is_slip(std::string_view a, std::string_view b);

/// Finds names that are a slip of others, without comparing all with all.
class NearNames {
 public:
  /// Before all others: find() will ask for a slip of this name. What can be none of these is not kept.
  void expect(std::string_view name);
  /// Keeps the view.
  void add(std::string_view name);
  /// The first one added that is a slip of `name`, which was expected; empty where there is none.
  std::string_view find(std::string_view name) const;

 private:
  std::unordered_map<uint64_t, std::vector<std::string_view>> by_key_;
};

}  // namespace krules::check
