#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "krules/check.h"
#include "model.h"

namespace krules::check {

/// An effect that makes an event.
struct Site {
  uint32_t path;
  uint32_t effect;
};

/// What circles are looked for in.
enum class Scope : uint8_t {
  kCascade,  ///< one cascade: events that come later begin another one
  kTime,     ///< all that one input leads to, at once or later
};

/// Which rules set off which, by names alone: sites, the classes of their events, the rules that wait for
/// these. As large as the program, never rules times rules.
class EventGraph {
 public:
  explicit EventGraph(const Model& model);

  struct Class {
    EventClass::Kind kind;
    std::string name;     ///< a glob where the name is computed
    std::string subject;  ///< likewise, of the events' subjects
    bool delayed;         ///< each of its events begins a cascade of its own, later
    std::vector<Site> sites;
    std::vector<uint32_t> rules;  ///< that its events can fire, in order
  };
  const std::vector<Class>& classes() const { return classes_; }
  struct Made {
    uint32_t effect;
    uint32_t event;  ///< its class
  };
  /// The events that a path makes. Deleting a subject makes two kinds.
  const std::vector<Made>& made_on(uint32_t path) const { return made_on_[path]; }
  /// The classes that a rule's paths make, each once.
  const std::vector<uint32_t>& made_by(uint32_t rule) const { return made_by_[rule]; }
  /// Classes whose events can fire the rule.
  const std::vector<uint32_t>& waited_by(uint32_t rule) const { return waited_by_[rule]; }

  /// Sets of rules that can set each other off: every circle lies in one of them. Those with more than one
  /// rule or a rule that sets itself off.
  std::vector<std::vector<uint32_t>> components(Scope scope) const;
  bool has_delays() const { return has_delays_; }

  /// The rules that can run after one of `rules` in a cascade, these included.
  std::vector<uint32_t> reachable(const std::vector<uint32_t>& rules) const;

  /// The same number for rules that events may connect, in whatever direction.
  uint32_t island_of(uint32_t rule) const { return islands_[rule]; }
  const std::vector<uint32_t>& island_rules(uint32_t island) const { return island_rules_[island]; }

 private:
  class Triggers;
  class Islands;

  std::string subject_shape(uint32_t rule, TermId subject) const;
  void find_islands(const Triggers& triggers);

  const Model& model_;
  std::vector<Class> classes_;
  std::vector<std::vector<Made>> made_on_;
  std::vector<std::vector<uint32_t>> made_by_;
  std::vector<std::vector<uint32_t>> waited_by_;
  bool has_delays_ = false;
  std::vector<uint32_t> islands_;
  std::vector<std::vector<uint32_t>> island_rules_;
};

/// The strongly connected sets of a graph of `size` nodes; `next(node)` gives what a node leads to. In the
/// order in which they are done: a set comes behind all that it leads to. Without recursion.
template <class Next>
std::vector<std::vector<uint32_t>> strong_components(uint32_t size, const Next& next) {
  constexpr uint32_t kUnseen = UINT32_MAX;
  std::vector<uint32_t> order(size, kUnseen);
  std::vector<uint32_t> low(size, 0);
  std::vector<char> open(size, 0);
  std::vector<uint32_t> stack;
  struct Visit {
    uint32_t node;
    uint32_t at;
  };
  std::vector<Visit> visits;
  std::vector<std::vector<uint32_t>> found;
  uint32_t count = 0;
  for (uint32_t start = 0; start < size; ++start) {
    if (order[start] != kUnseen) continue;
    visits.push_back({start, 0});
    while (!visits.empty()) {
      const uint32_t node = visits.back().node;
      if (visits.back().at == 0) {
        order[node] = low[node] = count++;
        stack.push_back(node);
        open[node] = 1;
      }
      const auto& targets = next(node);
      bool deeper = false;
      while (visits.back().at < targets.size()) {
        const uint32_t target = targets[visits.back().at++];
        if (order[target] == kUnseen) {
          visits.push_back({target, 0});
          deeper = true;
          break;
        }
        if (open[target] != 0 && order[target] < low[node]) low[node] = order[target];
      }
      if (deeper) continue;
      if (low[node] == order[node]) {
        std::vector<uint32_t>& one = found.emplace_back();
        uint32_t member = kUnseen;
        do {
          member = stack.back();
          stack.pop_back();
          open[member] = 0;
          one.push_back(member);
        } while (member != node);
      }
      visits.pop_back();
      if (!visits.empty()) {
        const uint32_t parent = visits.back().node;
        if (low[node] < low[parent]) low[parent] = low[node];
      }
    }
  }
  return found;
}

}  // namespace krules::check
