#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <unordered_map>
#include <utility>
#include <vector>

#include "chain.h"
#include "event_graph.h"
#include "facts.h"
#include "prover.h"

namespace krules::check {

/// Which paths an endless cascade could still take again and again: those on circles that are not taken apart
/// yet, and all that these set off.
class Prover::Activity final : public Between {
 public:
  Activity(Model& model, const EventGraph& graph, const Writers& writers, Facts& facts, Scope scope);

  /// Before all else.
  void begin(const std::vector<Component>& components);
  /// After links were removed from a component.
  void renew(const std::vector<Component>& components, uint32_t number);
  /// From now on questions are about cascades through this component.
  void look_at(const Component& component);

  bool is_active(uint32_t path) const { return reached_by_[path] != 0; }
  std::vector<Site> writers(TermId name, bool extended) const;

  bool is_left_alone(TermId name, bool extended) const override;
  bool is_ours(TermId name, bool extended) const override;
  bool only_moves(TermId name, bool up) const override {
    return std::find(moves_.begin(), moves_.end(), std::pair(name, up)) != moves_.end();
  }
  ValueSet written(TermId name, bool extended) const override;

  /// It was shown that a property only moves one way, until renew() or look_at().
  void note_moves(TermId name, bool up) { moves_.emplace_back(name, up); }

 private:
  bool is_single_file(const Component& component) const;
  std::vector<uint32_t> leading_round(const Component& component, const std::vector<char>& on_circle,
                                      const std::vector<char>* possible) const;
  bool is_unbranched(const Component& component, const std::vector<uint32_t>& links) const;
  std::vector<char> possible_links(const Component& component) const;
  class Tokens;

  /// What inputs fire in an island, by their types.
  struct Inputs {
    bool too_many = false;
    std::vector<std::vector<uint32_t>> rules;  ///< by type, in order
  };
  const Inputs& inputs_of(uint32_t island) const;

  bool is_one_line(const Component& component, const std::vector<char>& on_circle) const;
  bool is_alone(const std::vector<Component>& components, uint32_t number) const;
  bool may_branch_off(const Component& component, const std::vector<char>& on_circle, const Site& site,
                      const Link& side);
  void begin_clocks();
  bool happens(const EventGraph::Made& made) const {
    return scope_ == Scope::kTime || !graph_.classes()[made.event].delayed;
  }

  Model& model_;
  const EventGraph& graph_;
  const Writers& writers_;
  Facts& facts_;
  Scope scope_;
  std::vector<uint32_t> reached_by_;  // by path: how many components keep it going
  std::vector<char> by_clock_;        // by path: an `every` or `at` keeps it going, too
  std::vector<char> on_circle_;       // by path, of the component looked at
  std::vector<char> renewed_;         // by path: on a circle of the component that renew() is about
  std::vector<std::vector<uint32_t>> neighbours_;  // components by island
  std::vector<std::pair<TermId, bool>> moves_;
  std::vector<std::vector<uint32_t>> reach_;  // by component: paths that it keeps going
  std::vector<uint32_t> seen_;                // by path: the last search that came by
  uint32_t search_ = 0;
  std::vector<uint32_t> owner_;      // by rule: the open component
  std::vector<uint32_t> looked_at_;  // paths marked in on_circle_
  uint32_t island_ = 0;
  bool single_file_ = false;
  mutable std::map<std::pair<TermId, bool>, ValueSet> written_;
  mutable std::unordered_map<uint32_t, Inputs> inputs_;  // by island
  /// Sites that may write a property, by island.
  using Writing = std::unordered_map<uint32_t, std::vector<Site>>;
  mutable std::map<std::pair<TermId, bool>, Writing> writing_;
};

}  // namespace krules::check
