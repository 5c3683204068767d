#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "chain.h"
#include "event_graph.h"
#include "facts.h"

namespace krules::check {

/// Why some links cannot be taken for ever. Data for certificates and messages.
struct ProofStep {
  enum class Kind : uint8_t {
    kRefuted,   ///< conditions contradict each other along a chain of links
    kClimb,     ///< a property moves towards a bound each time
    kChain,     ///< a property goes through finitely many values and never back
    kMeasure,   ///< a value handed on from event to event moves towards a bound
    kExplored,  ///< every cascade was gone through to its end
    kCounted,   ///< a count that only grows, and is small on each way round on which it grows; only over
                ///< delays
    kTime,      ///< what waits for a time that stands still; only over delays
  };
  Kind kind;
  std::vector<uint32_t> removed = {};  ///< links of the component
  std::vector<uint32_t> closed = {};   ///< those of them that nothing takes again and again
  TermId property = 0;                 ///< kClimb, kChain, kCounted
  bool extended = false;
  bool up = false;  ///< kClimb: towards an upper bound
  double bound = 0;
  double step = 0;
  std::optional<uint64_t> times =
      {};                    ///< how often at most (kClimb: for each subject), where that is a number
  std::string formula = {};  ///< likewise, as an author would write it
  struct Measured {
    uint32_t path;
    TermId value;
    int64_t more;  ///< to be added to it
  };
  std::vector<Measured> measure = {};  ///< kMeasure
  std::string text = {};               ///< one sentence for people
};

/// Rules that can set each other off, and how far the proof that they stop has come.
struct Component {
  std::vector<uint32_t> rules;
  std::vector<uint32_t> paths = {};
  std::vector<Link> links = {};
  std::vector<ProofStep> steps = {};
  bool proven = false;
  bool too_large = false;  ///< links were not looked at one by one
};

/// Takes links away that no cascade can take for ever, until no circle is left or nothing more can be shown.
/// The claim behind each step: were the cascade infinite, then from some time on only links that are still
/// there would be taken, and these only finitely often, which is absurd.
class Prover {
 public:
  Prover(Model& model, const EventGraph& graph, const Writers& writers, Facts& facts, Scope scope);
  ~Prover();

  void run();
  /// All cascades that set the component off were gone through: they have so many events at most. What else
  /// may follow from that is looked at by the next run().
  void accept_explored(Component& component, uint64_t events);
  std::vector<Component>& components() { return components_; }
  const std::vector<Component>& components() const { return components_; }

  /// Paths of a component that can still lead back to themselves, in sets that lead to each other.
  static std::vector<std::vector<uint32_t>> circles_of(const Component& component);
  static bool is_circular(const Component& component) { return !component.proven; }
  /// A shortest way round: links, the first of which starts where the last one ends.
  std::vector<uint32_t> shortest_circle(const Component& component) const;
  /// The same, of those with a link that takes time; empty where there is none.
  std::vector<uint32_t> shortest_delayed_circle(const Component& component) const;

  /// A fact about a property or a field of payloads that would prove that the component ends, as an author
  /// would write it; empty where none was found.
  std::string missing_fact(Component& component);

  /// Properties and fields of payloads that the ways round look at.
  std::vector<TermId> asked_on_circles(const Component& component) const;

  const Between& between() const;
  /// Before chain()s through a component are looked at.
  void look_at(const Component& component);

 private:
  class Activity;
  struct FlowVisit;

  static std::vector<uint32_t> shortest_way(const Component& component, uint32_t from, uint32_t to);
  void make_links(Component& component);
  bool improve(Component& component);
  bool is_proven_assuming(Component& component, TermId term, const ValueSet& set);
  bool refute_links(Component& component);
  bool refute_pairs(Component& component);
  bool climb(Component& component);
  bool climb_on(Component& component, TermId name, bool extended, bool up);
  bool walk_values(Component& component, TermId name, bool extended);
  bool measure(Component& component);
  std::vector<TermId> measurable(uint32_t path);
  struct Move;
  std::optional<Move> move_of(Chain& chain, TermId mine, TermId theirs, bool up);
  static std::optional<std::map<uint32_t, double>> levels(const std::vector<Move>& moves, size_t strict);
  bool measure_from(Component& component, const std::vector<uint32_t>& circle, uint32_t start, TermId value,
                    bool up);
  bool time_passes(Component& component);
  bool count_is_bounded(Component& component, const std::vector<uint32_t>& circle);
  bool time_comes(Component& component, const std::vector<uint32_t>& circle);
  bool remove_ways(Component& component, const std::vector<uint32_t>& circle,
                   const std::vector<uint32_t>& paths, ProofStep step);
  bool raises(uint32_t path, TermId name);
  bool asks_for_time(uint32_t path, const std::vector<uint32_t>& circle, const Component& component);
  bool stands(TermId term, const std::vector<uint32_t>& circle, const Component& component);
  bool subjects_are_finite(const Component& component);
  bool is_finite(TermId term, uint32_t path, const Component& component);
  bool is_finite(TermId term, uint32_t path, bool made, FlowVisit& visit);
  std::vector<std::pair<TermId, bool>> written_on_circles(const Component& component) const;
  bool remove(Component& component, ProofStep step);
  bool remove_changes(Component& component, const std::vector<Site>& sites, ProofStep step);
  bool always_changes(const Component& component, const Site& site);
  /// What holds when a path writes something: one set of conditions for each event that can have fired it.
  struct Context {
    const std::vector<Literal>& literals;
    TermId before;
    TermId after;
    Chain& chain;
    size_t run;
  };
  template <class Visit>
  bool in_all_contexts(const Component& component, const Site& site, const Visit& visit);
  bool is_bounded(const Component& component, const Context& context, uint32_t path,
                  const std::vector<Literal>& literals, bool up);
  void note_moves(const Component& component);
  /// The literals of a path for reasoning about its own run, with what fires it.
  std::vector<Literal> conditions(uint32_t path);

  Model& model_;
  TermPool& terms_;
  const EventGraph& graph_;
  const Writers& writers_;
  Facts& facts_;
  Scope scope_;
  std::vector<Component> components_;
  std::unique_ptr<Activity> activity_;
  bool has_begun_ = false;
};

}  // namespace krules::check
