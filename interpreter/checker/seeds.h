#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "krules/check.h"
#include "prover.h"
#include "seed_hints.h"

namespace krules::check {

/// Looks for an input that really sends a cascade round: start states and events are solved for from the
/// conditions on the way, tried on the engine, and varied. The same tries on any machine.
class LoopSearch {
 public:
  LoopSearch(Model& model, const EventGraph& graph, const Writers& writers, Facts& facts, Prover& prover,
             const CheckOptions& options);

  /// A seed that loops through rules of the component, with what happened.
  std::optional<std::pair<ReplaySeed, ReplayOutcome>> find(const Component& component);
  /// The same from what must hold for an input of this type to lead far.
  std::optional<std::pair<ReplaySeed, ReplayOutcome>> find_along(const Component& component,
                                                                 const std::string& type,
                                                                 const std::vector<Literal>& holds);
  /// A seed that goes on through rules of the component from timer to timer.
  std::optional<std::pair<ReplaySeed, ReplayOutcome>> find_in_time(const Component& component);
  /// Whether more and more timers wait in such a run.
  bool grows(ReplaySeed seed) const;

 private:
  /// A way from an input to the circle: a path and links from it.
  struct Entry {
    uint32_t path;
    std::vector<Link> links;
  };
  /// The first type of an event from outside that can fire a rule: of all, and of those that the program does
  /// not emit itself.
  struct Outside {
    const NamePattern* any = nullptr;
    const NamePattern* only = nullptr;
  };
  class Chooser;

  std::vector<Entry> entries(const Component& component) const;
  const NamePattern* from_outside(uint32_t rule) const;
  const std::vector<uint32_t>& paths_from_outside(uint32_t island);
  bool depends_on_chance(const Component& component) const;
  void add_input(const Entry& entry, Chooser& chooser, ReplaySeed& seed);
  void prepare(TermId name, TermId value, const std::string& subject, Chooser& chooser, ReplaySeed& seed);
  void choose_subject(const Component& component);
  bool loops(const ReplaySeed& seed, const Component& component, ReplayOutcome& outcome) const;
  bool goes_on(const ReplaySeed& seed, const Component& component, ReplayOutcome& outcome) const;
  static bool is_among(const std::vector<uint32_t>& fired, const Component& component, const Model& model);
  template <class Succeeds>
  std::optional<std::pair<ReplaySeed, ReplayOutcome>> search(const Component& component, uint32_t timers,
                                                             const Succeeds& succeeds);

  Model& model_;
  TermPool& terms_;
  const EventGraph& graph_;
  const Writers& writers_;
  Facts& facts_;
  Prover& prover_;
  const CheckOptions& options_;
  /// Types that the program emits, and does not take in by declaration.
  std::unordered_set<std::string_view> inside_;
  std::vector<Outside> outside_;  // by rule
  /// By island, and whether types that the program emits are left out.
  std::map<std::pair<uint32_t, bool>, std::vector<uint32_t>> paths_from_outside_;
  std::optional<SeedHints> hints_;  // once there is something to look for
  bool avoid_inside_ = true;
  std::string subject_;
};

}  // namespace krules::check
