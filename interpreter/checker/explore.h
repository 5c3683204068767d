#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "event_graph.h"
#include "facts.h"
#include "model.h"
#include "prover.h"

namespace krules::check {

/// Goes through every cascade of a small set of rules, event by event in the order in which the engine takes
/// them, with terms for what is not known: the input, and what properties are at its start. Where all ways
/// come to an end after so many events, whatever the values are, the cascades end.
class Explorer {
 public:
  /// A cascade that goes on long: the input's type (a pattern where it is not known), and what must hold.
  struct LongRun {
    std::string type;
    std::vector<Literal> holds;
    size_t events = 0;
  };

  Explorer(Model& model, const EventGraph& graph, const Writers& writers, Facts& facts);

  /// The most events that an input can lead to that sets the component's rules off, with all rules that
  /// matter to them; none where no end was found within the budget.
  std::optional<uint64_t> explore(const Component& component);
  /// Of the last explore() that found no end.
  const LongRun& longest() const { return longest_; }

 private:
  static constexpr size_t kMostRules = 24;
  static constexpr size_t kMostSteps = 1000;
  static constexpr size_t kMostEvents = 200;
  static constexpr size_t kMostLiterals = 60;
  static constexpr size_t kMostTypes = 24;
  static constexpr size_t kMostAliases = 6;
  static constexpr uint32_t kLargeSize = 16;  // with choices open
  static constexpr uint32_t kMostSize = 60;   // of a term; larger ones are taken to be anything
  static constexpr size_t kLong = 30;

  /// What a cascade has written.
  struct Written {
    enum class Kind : uint8_t { kValue, kNothing, kSubjectGone };
    Kind kind;
    bool extended;
    TermId subject;
    TermId name;
    TermId value;
  };
  struct Event {
    EventClass::Kind kind = EventClass::Kind::kPlain;
    TermId name = 0;
    TermId subject = 0;
    TermId payload = 0;
    TermId before = 0;
    TermId after = 0;
    TermId context = 0;
    TermId meta = 0;
    std::vector<uint32_t> rules = {};
  };
  /// A cascade on its way.
  struct State {
    std::vector<Event> queue;
    size_t now = 0;   ///< the event that is handled
    size_t next = 0;  ///< the rule of it that comes next
    std::vector<Written> written;
    std::vector<Literal> literals;
  };
  enum class Presence : uint8_t { kThere, kAbsent, kOpen };

  // explore.cc
  bool find_rules(const Component& component);
  uint32_t waiting_for(const std::string& type) const;
  bool can_be_followed(uint32_t rule) const;
  bool explore_from(Event input, std::vector<Literal> literals);
  bool step(State& state);
  bool run_rule(State& state, uint32_t rule);
  bool run_path(const State& state, uint32_t path, std::vector<Literal> literals);
  bool take_effects(const State& state, uint32_t path);
  bool is_possible(const std::vector<Literal>& literals);
  static bool add(std::vector<Literal>& literals, Literal literal, const TermPool& terms);

  // explore_values.cc
  std::vector<uint32_t> listeners(uint32_t path, uint32_t effect, EventClass::Kind kind) const;
  TermId trigger_of(uint32_t rule, const Event& event);
  TermId placed(TermId term, const State& state, const Event& event,
                std::unordered_map<TermId, TermId>& known);
  TermId without_choices(TermId term, const std::vector<Literal>& literals);
  TermId open_choice(TermId term);
  uint32_t size_of(TermId term);
  TermId read(const State& state, TermId subject, TermId name, bool extended);
  Presence presence(const State& state, TermId subject, TermId name, bool extended) const;
  Presence presence(const State& state, TermId subject) const;
  bool cannot_fail(TermId term, const std::vector<Literal>& literals);
  uint16_t kinds_of(TermId term, const std::vector<Literal>& literals);

  Model& model_;
  TermPool& terms_;
  const EventGraph& graph_;
  const Writers& writers_;
  Facts& facts_;
  std::vector<uint32_t> rules_;  // those that matter, in order
  std::vector<char> matters_;    // by rule
  std::vector<State> open_;
  size_t steps_ = 0;
  uint64_t most_events_ = 0;
  std::unordered_map<TermId, uint32_t> sizes_;
  LongRun longest_;
  std::string input_type_;
};

}  // namespace krules::check
