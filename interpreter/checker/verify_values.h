#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "event_graph.h"
#include "facts.h"
#include "model.h"
#include "verify_cases.h"

namespace krules::check {

/// What properties and payload fields can be, from all that a program writes and sends: the second opinion
/// that certificates are read with.
class KnownRegions {
 public:
  KnownRegions(Model& model, const EventGraph& graph, const Writers& writers);

  /// Terms of this epoch are about a run of this rule.
  void set_rule(uint8_t epoch, uint32_t rule);
  void forget_runs() {
    rules_.clear();
    added_.clear();
    input_.clear();
  }
  /// Terms of epoch 0 are about an input of this type, until forget_runs().
  void set_input(std::string type) { input_ = std::move(type); }
  /// Whether events of a type that some rule waits for may come from outside.
  bool may_come(const std::string& type) const;
  /// A term is one of these, until forget_runs().
  void add(TermId term, const Region& region) { added_[term] = region; }

  Region known(TermId term);
  /// What a path's own term can be when the path is taken.
  Region values_on(uint32_t path, TermId term);

 private:
  enum class Where : uint8_t { kProperty, kExtended, kPayload, kMeta, kExtra };
  using Cell = std::tuple<Where, TermId, uint32_t>;  // the rule that receives a payload

  Region of_cell(const Cell& cell);
  std::vector<Cell> cells_in(TermId term, uint32_t rule);
  std::vector<std::pair<uint32_t, TermId>> sources_of(const Cell& cell);
  Region gathered(const Cell& cell);
  Region from_outside(uint32_t rule, TermId field) const;
  bool is_sent_inside(uint32_t rule) const;
  Region declared(const ast::Input& input, TermId field) const;
  std::vector<TermId> changes_waited_for(uint32_t rule) const;
  bool settle(const std::vector<Cell>& cells, const std::vector<Cell>& open);

  Model& model_;
  TermPool& terms_;
  const EventGraph& graph_;
  const Writers& writers_;
  std::unordered_map<std::string_view, const ast::Input*> inputs_;
  std::unordered_map<std::string_view, uint16_t> params_;
  std::map<Cell, Region> cells_;
  std::set<double> points_;  // numbers that the rules looked at speak of, and those beside them
  std::vector<uint32_t> rules_;
  std::string input_;
  std::unordered_map<TermId, Region> added_;
};

}  // namespace krules::check
