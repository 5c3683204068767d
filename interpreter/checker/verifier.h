#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "event_graph.h"
#include "facts.h"
#include "krules/check.h"
#include "model.h"
#include "verify_cases.h"
#include "verify_proof.h"
#include "verify_values.h"

namespace krules::check {

/// Goes through a proof. What has been confirmed so far is that no cascade goes on for ever but along links
/// that are still open; with Scope::kTime, that nothing comes of one input for ever, with delays again and
/// again, but along these.
class Verifier {
 public:
  Verifier(Model& model, const EventGraph& graph, const Writers& writers, Scope scope);

  CertificateReport verify(const ProofPart& proof);

 private:
  /// kOpen: may lie on a circle. kAside: no endless chain of runs takes it again and again, but runs beside
  /// such a chain may. kClosed: taken finitely often in any cascade.
  enum class State : uint8_t { kOpen, kAside, kClosed };
  struct Link {
    uint32_t component;
    uint32_t from;
    uint32_t effect;
    uint32_t to;
    EventClass::Kind kind;
    bool delayed;
    State state = State::kOpen;
  };
  struct Part {
    bool is_known = false;  ///< its links were looked at; else anything goes
    std::vector<uint32_t> links;
  };
  /// Runs of rules, each fired by the one before.
  class Walk;
  /// How a path can be come to, from some time on.
  using Visit = std::function<bool(Walk& walk, size_t run)>;

  // verify_shape.cc
  bool check_shape(const ProofPart& proof);
  bool check_component(uint32_t number, const ProofComponent& stated);
  void renew();
  bool happens(uint32_t event) const { return scope_ == Scope::kTime || !graph_.classes()[event].delayed; }
  std::vector<std::vector<uint32_t>> circles(uint32_t component) const;
  std::optional<uint32_t> endless(uint32_t component) const;
  std::string names_of(const std::vector<uint32_t>& rules) const;
  std::vector<uint32_t> group_by_circle(uint32_t component) const;

  // verify_file.cc
  void form_file(uint32_t component);
  bool makes_one_of_file(uint32_t rule);
  bool may_fire(Link link, uint32_t rule);
  bool is_in_file(uint32_t rule) const { return !file_.empty() && file_[rule] != 0; }
  void find_ring();
  bool is_past(uint32_t path) const;
  bool is_taken(const Link& link) const;
  bool may_run_beside(const Link& side, uint32_t path);

  // verify_steps.cc
  // Each gives what is in doubt; nothing where the step was confirmed, and done.
  std::string confirm(const ProofRemoval& step);
  std::string confirm_refuted(const ProofRemoval& step);
  std::string confirm_climb(const ProofRemoval& step);
  std::string confirm_values(const ProofRemoval& step);
  std::string confirm_explored(const ProofRemoval& step);
  std::string confirm_changes(const ProofRemoval& step, const std::vector<Site>& ending);
  std::vector<Site> active_writers(TermId name, bool extended, uint32_t island) const;
  bool is_left_alone(TermId name, bool extended, uint32_t island) const;
  bool in_all_ways(const Site& site, const Visit& visit);
  bool always_changes(const Site& site);
  bool is_standing(TermId term, uint32_t island) const;
  bool goes_with(TermId side, TermId mine, uint32_t island, bool& along) const;
  bool has_standing_bound(const Site& site, bool up);

  // verify_measure.cc
  std::string confirm_measure(const ProofRemoval& step);
  void add_distances(std::vector<TermId>& found);
  bool may_pass(TermId term, double bound, bool up, std::vector<Literal> literals);

  // verify_flow.cc
  bool subjects_are_finite(uint32_t island);
  bool is_one_of_few(TermId term, uint32_t rule);
  struct Flow;
  bool is_finite(TermId term, uint32_t rule, Flow& flow);

  // verify_time.cc
  using Circle = std::vector<uint32_t>;  // paths that lead to each other, in order
  std::string confirm_time(const ProofRemoval& step);
  std::string confirm_counted(const ProofRemoval& step);
  std::string in_circles(const ProofRemoval& step,
                         const std::function<std::string(const Circle&)>& confirm_one,
                         const std::function<bool(uint32_t, const Circle&)>& ends);
  std::vector<uint32_t> links_inside(uint32_t component, const Circle& circle) const;
  bool stands_on(TermId term, uint32_t component, const Circle& circle) const;
  bool waits_for_time(uint32_t path, uint32_t component, const Circle& circle) const;
  bool raises(uint32_t path, TermId name);
  bool is_only_raised(TermId name, uint32_t island);

  const Effect& effect_of(const Site& site) const { return model_.paths[site.path].effects[site.effect]; }
  uint32_t island_of(uint32_t path) const { return graph_.island_of(model_.paths[path].rule); }
  void complain(std::string text) { report_.errors.push_back(std::move(text)); }
  void doubt(std::string text) { report_.doubts.push_back(std::move(text)); }

  Model& model_;
  TermPool& terms_;
  const EventGraph& graph_;
  const Writers& writers_;
  Scope scope_;
  KnownRegions known_;
  Cases cases_;
  CertificateReport report_;
  std::vector<Part> parts_;
  std::vector<Link> links_;
  std::vector<char> never_;      // by path: its conditions contradict each other
  std::vector<char> active_;     // by path: may run again and again
  std::vector<char> entered_;    // by path: and not by links alone
  std::vector<char> by_clock_;   // by path: an `every` or `at` sets it off, again and again
  std::vector<uint32_t> owner_;  // by rule: its component
  std::vector<char> file_;       // by rule: see form_file(); empty where there is no single file
  uint32_t filed_ = 0;           // the component that it is about
  std::vector<uint32_t> ring_;   // by path: the circle of that component that it lies on, 0 for none
};

/// A chain of runs, with what each knows in terms of what the first one finds.
class Verifier::Walk {
 public:
  /// What else may have happened between two of its runs.
  enum class Between : uint8_t {
    kActive,    ///< what may run again and again, and in single file nothing
    kAnything,  ///< all that the program does
  };
  Walk(Verifier& verifier, uint32_t path, Between between = Between::kActive);
  void follow(const Link& link);
  /// A run that the event of the last one fires, too.
  void add_beside(uint32_t path);

  TermId at(TermId term, size_t run);
  const std::vector<Literal>& literals() const { return literals_; }
  size_t last() const { return runs_.size() - 1; }

 private:
  struct Run {
    uint32_t path;
    EventClass::Kind kind = EventClass::Kind::kPlain;
    const Effect* effect = nullptr;  // that fired it
    uint8_t cascade = 0;             // the first run of it
    TermId subject = 0;
    TermId name = 0;
    TermId payload = 0;
    TermId before = 0;
    TermId after = 0;
    TermId context = 0;
    std::unordered_map<TermId, TermId> placed = {};
  };
  void begin();
  TermId place(TermId term, size_t run);
  TermId read(TermId subject, TermId name, bool extended, size_t run);
  TermId left_by(TermId subject, TermId name, bool extended, size_t run);
  void name_subject(const RulePath& path);
  void name_change(const RulePath& path);
  bool is_ours(TermId name, bool extended) const;

  Verifier& verifier_;
  TermPool& terms_;
  Between between_;
  bool in_file_;  ///< all of its runs are
  std::vector<Run> runs_;
  std::vector<Literal> literals_;
};

}  // namespace krules::check
