#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace krules {

/// Finds, among many names and patterns, those that may meet another one: by the letters before the first
/// wild card, by those behind the last one, or by what the subjects begin with, whichever leaves the fewest.
/// Without it, each name would be held against each pattern. Keeps views of the texts.
class GlobTable {
 public:
  /// `number` is what near() gives back. Without subjects: any.
  void add(std::string_view text, const std::vector<std::string_view>& subjects, uint32_t number);
  void add(std::string_view text, uint32_t number) { add(text, {}, number); }
  /// After the last add().
  void finish();

  /// The numbers of all whose text and subjects may meet these, of some that do not, and of some more than
  /// once.
  std::vector<uint32_t> near(std::string_view text, std::string_view subject = "*") const;

 private:
  /// Whether keys are read from the first letter on or from the last one back.
  enum class Way : uint8_t { kForwards, kBackwards };

  /// Numbers under keys, in the order of the keys.
  class Order {
   public:
    explicit Order(Way way) : way_(way) {}
    void add(std::string_view key, uint32_t number) { entries_.push_back({key, number}); }
    void finish();
    /// Those of which the key begins as this one does, as far as both go.
    size_t count(std::string_view key) const;
    void append(std::string_view key, std::vector<uint32_t>& numbers) const;

   private:
    struct Entry {
      std::string_view key;
      uint32_t number;
    };
    bool is_before(std::string_view a, std::string_view b) const;
    bool begins_with(std::string_view text, std::string_view key) const {
      return way_ == Way::kForwards ? text.starts_with(key) : text.ends_with(key);
    }
    template <class Visit>
    void for_each_run(std::string_view key, const Visit& visit) const;

    Way way_;
    std::vector<Entry> entries_;
    std::vector<char> lengths_;  // whether a key is as long, up to the longest
    std::unordered_map<std::string_view, std::pair<size_t, size_t>> places_;  // of those with equal keys
  };

  /// The same entries in three orders.
  struct Half {
    Order by_begin{Way::kForwards};
    Order by_end{Way::kBackwards};
    Order by_subject{Way::kForwards};
    size_t size = 0;

    void finish();
    void append_near(std::string_view text, std::string_view subject, std::vector<uint32_t>& numbers) const;
  };

  Half anchored_;  // what begins with a letter
  Half floating_;  // what begins with a wild card
};

}  // namespace krules
