#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "event_graph.h"
#include "krules/glob_table.h"
#include "model.h"
#include "solver.h"

namespace krules::check {

/// Where properties are written, by name.
class Writers {
 public:
  explicit Writers(const Model& model);

  /// Calls `visit(site)` for every effect that may write the property (const name).
  template <class Visit>
  void for_each(TermId name, bool extended, const Visit& visit) const {
    const Places& places = extended ? extended_ : plain_;
    if (const auto found = places.by_name.find(name); found != places.by_name.end()) {
      for (const Site& site : found->second) visit(site);
    }
    for (const Site& site : places.computed) {
      if (may_be(site, name)) visit(site);
    }
  }
  bool is_written(TermId name, bool extended) const;
  /// Whether a property may be absent again and again: something deletes it, or there may be ever new
  /// subjects. To set it to null is a change each time, then.
  bool may_be_absent(TermId name) const;

 private:
  struct Places {
    std::unordered_map<TermId, std::vector<Site>> by_name;
    std::vector<Site> computed;
  };
  bool may_be(const Site& site, TermId name) const;

  const Model& model_;
  Places plain_;
  Places extended_;
  bool names_subjects_ = false;  // others than that of the event, and constant ones
};

/// What terms can be, from all that the program ever writes and sends: found by going round until nothing is
/// added.
class Facts final : public KnownValues {
 public:
  Facts(Model& model, const EventGraph& graph, const Writers& writers);

  void narrow(const TermPool& terms, TermId term, ValueSet& set) const override;

  /// From now on terms of epoch `epoch` are about runs of this rule. Others are about nothing known.
  void set_rule(uint8_t epoch, uint32_t rule);
  void forget_runs();
  /// Until forget_runs(), terms of epoch 0 are about an input of this type; about any with "".
  void set_input(std::string_view type) { input_type_ = type; }
  /// Whether events of this type, which some rule waits for, may come from outside with any content. (What a
  /// program that declares its inputs emits itself has the content that it gives.)
  bool comes_from_outside(std::string_view type) const;
  /// A term is one of these values, until forget_runs().
  void add(TermId term, const ValueSet& set) { added_[term] = set; }

  /// What could be: from now on a property, or a field of payloads, is taken to be one of these, too, until
  /// stop_assuming(). `term` is a read of one.
  void assume(TermId term, const ValueSet& set) { assumed_[assumption_key(term)] = set; }
  void stop_assuming() { assumed_.clear(); }

  /// See Writers.
  bool may_be_absent(TermId name) const { return writers_.may_be_absent(name); }
  /// Whether any rule, gate or middleware of the program writes it.
  bool is_written(TermId name, bool extended) const { return writers_.is_written(name, extended); }
  /// Whether a property has values that no rule gives it at first: nothing writes it, or only what reads it
  /// before.
  bool is_given(TermId name, bool extended) const;

  /// What a term of a path can be when the path is taken. Leaves alone what set_rule() and add() said.
  ValueSet values_on(uint32_t path, TermId term);

  Solver& solver() { return solver_; }

 private:
  /// A place whose values are tracked: a property of all subjects, or a field of a payload, of `meta` or of
  /// `extra`, as a rule receives it.
  struct Cell {
    enum class Kind : uint8_t { kProperty, kExtended, kPayload, kMeta, kExtra };
    Kind kind;
    TermId name;
    uint32_t rule;  // of what is received
    bool is_received() const { return kind != Kind::kProperty && kind != Kind::kExtended; }
    bool operator<(const Cell& other) const {
      return std::tie(kind, name, rule) < std::tie(other.kind, other.name, other.rule);
    }
  };
  struct Known {
    ValueSet set;
    bool given = false;
  };

  std::pair<Op, TermId> assumption_key(TermId term) const {
    return {model_.terms.op(term), model_.terms.arg(term, 1)};
  }
  const ValueSet& look_up(const Cell& cell) const;
  void compute(const Cell& cell);
  void add_needs(TermId term, uint32_t rule, std::vector<Cell>& cells);
  void add_needs(const Cell& cell, std::vector<Cell>& cells);
  ValueSet once(const Cell& cell);
  bool is_made_inside(uint32_t rule, std::string_view type) const;
  bool settle(const std::vector<Cell>& cells);
  bool is_changed_somewhere(const Cell& cell) const;
  bool triggers_of(uint32_t rule, std::vector<TermId>& changed) const;
  /// What comes from outside in a payload's field. Of a type that the program emits itself nothing, where it
  /// declares what else comes in.
  ValueSet from_outside(uint32_t rule, TermId field) const;
  ValueSet meta_from_outside(uint32_t rule, TermId field) const;
  static std::optional<Cell::Kind> received(Op op);
  /// The field that a received cell gets from an effect; none where it may be anything.
  std::optional<TermId> sent(const Cell& cell, const Site& site) const;
  ValueSet declared(const ast::Input& input, TermId field) const;

  Model& model_;
  const EventGraph& graph_;
  const Writers& writers_;
  Solver solver_;
  std::unordered_map<std::string_view, const ast::Input*> inputs_;
  std::unordered_map<std::string_view, uint16_t> params_;  // kinds
  GlobTable emitted_;                                      // plain classes, where inputs are declared
  std::map<Cell, Known> cells_;
  std::vector<uint32_t> rules_;  // by epoch
  std::vector<double> stops_;    // numbers that the rules looked at speak of, and those beside them
  std::string input_type_;       // "" where epoch 0 is no input of a known type
  std::unordered_map<TermId, ValueSet> added_;
  std::map<std::pair<Op, TermId>, ValueSet> assumed_;  // by kind of place and name
  TermId property_changed_;
};

}  // namespace krules::check
