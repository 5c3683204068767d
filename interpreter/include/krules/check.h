#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "krules/ast.h"
#include "krules/diagnostic.h"
#include "krules/program.h"

/// `krules check`: reads a whole program and tells, before anything runs, whether a cascade can go on for
/// ever. docs/check.md says what is claimed and how it is found.
namespace krules {

// ---------------------------------------------------------------- the cascade graph

/// Events that are alike to every rule: of one type (or of types of one shape), or changes of one property.
struct EventClass {
  enum class Kind : uint8_t { kPlain, kChanged, kDeleted, kSubjectDeleted };
  Kind kind = Kind::kPlain;
  /// The event type or the property's name; with `*` where it is computed.
  std::string name;
  /// Comes from outside: by an `input` declaration, or because a rule waits for it and nothing emits it.
  bool external = false;

  /// "order.submitted", "changed cpu", "deleted token", "subject deleted".
  std::string label() const;
};

/// Everything that rules can set off, drawn by `krules graph`: rules -> events (emissions), events -> rules
/// (reactions). Indices point into the vectors here.
struct CascadeGraph {
  static constexpr uint32_t kNone = UINT32_MAX;

  /// A gate comes before the rules of its events. A middleware is woken by the rules that it is around.
  enum class Role : uint8_t { kRule, kGate, kMiddleware };
  struct Rule {
    std::string name;
    Role role = Role::kRule;
    Location where;                   ///< the head
    std::vector<std::string> guards;  ///< its `when`s as written
    uint32_t cycle = kNone;           ///< CheckResult::cycles, where it is part of one
  };
  /// A rule makes an event.
  struct Emission {
    uint32_t rule;
    uint32_t event;
    Location where;                       ///< the `emit` or `set`
    std::vector<std::string> conditions;  ///< the `if`s around it, as written ("not (..)" for an else)
    uint32_t cycle = kNone;
    std::string delay;  ///< of an event that comes later: "5m", "reply"; empty where it comes at once
  };
  /// A middleware runs around a rule, and does something there that is drawn.
  struct Wrapping {
    uint32_t rule;
    uint32_t middleware;  ///< in `rules`, too
    uint32_t cycle = kNone;
  };
  /// An event can fire a rule.
  struct Reaction {
    uint32_t event;
    uint32_t rule;
    /// No event of this class, as the program makes them, passes the rule's guards.
    bool refuted = false;
    uint32_t cycle = kNone;
  };

  std::vector<Rule> rules;  ///< by Program::unit()
  std::vector<EventClass> events;
  std::vector<Emission> emissions;
  std::vector<Reaction> reactions;
  std::vector<Wrapping> wrappings;
};

// ---------------------------------------------------------------- replays

/// A start state and the input that comes then: all that it takes to see a cascade again.
struct ReplaySeed {
  struct Property {
    std::string subject;
    std::string name;
    std::string json;
  };
  struct Input {
    std::string type;
    std::string subject;
    std::string data;  ///< JSON
  };
  std::vector<Property> properties;
  /// One after another; the last one is the one that is looked at, those before it prepare the state.
  std::vector<Input> inputs;
  std::vector<std::pair<std::string, std::string>> parameters;  ///< `param` values by name, as text
  /// So many of the timers that the rules set are waited for, one after another, in virtual time.
  uint32_t timers = 0;
};

/// What the engine did with the last input of a seed.
struct ReplayOutcome {
  enum class End : uint8_t {
    kEnds,     ///< the cascade came to its end
    kRepeats,  ///< the whole state, waiting events included, came back: it never ends
    kFuse,     ///< it made more events than a cascade may
    kGoesOn,   ///< as many timers fired as the seed waits for, and others are set
    kInvalid,  ///< the seed could not be run (an input was refused)
  };
  End end = End::kInvalid;
  uint64_t events = 0;   ///< how many the cascade had when it was stopped
  uint64_t period = 0;   ///< kRepeats: events from one state to the same again
  uint64_t fired = 0;    ///< timers that fired
  uint64_t waiting = 0;  ///< timers that were set in the end
  /// Numbers of the rules that fired in the last turn (kRepeats) or in the last hundred events (kFuse)
  /// or after the input (kGoesOn), each once, in the order of their first firing there.
  std::vector<uint32_t> rules;
};

/// Runs a seed on the real engine, in memory, with a fuse of so many events.
using ReplayRunner = std::function<ReplayOutcome(const ReplaySeed& seed, uint32_t max_events)>;

// ---------------------------------------------------------------- verdicts

enum class Verdict : uint8_t {
  kEnds,       ///< proved: every cascade through it ends
  kPerpetual,  ///< only delays keep it from spinning; it goes on for ever
  kPossible,   ///< not proved, and no replay that loops was found
  kCertain,    ///< a replay really loops
};

/// One step of a cycle: a rule runs, and makes the event that fires the next step's rule.
struct CycleStep {
  uint32_t rule = 0;
  std::string event;  ///< the label of what it makes
  Location head;      ///< what of the rule waits for the event before
  Location cause;     ///< the `emit` or `set` that makes the next event
};

/// Rules that can set each other off in a circle.
struct Cycle {
  Verdict verdict = Verdict::kPossible;
  std::vector<uint32_t> rules;   ///< all that belong to it, by number
  std::vector<CycleStep> steps;  ///< one way round, as a person would walk it
  /// kEnds: what ends it, one sentence ("`count_up` fires at most 3 times for each subject: `count` climbs to
  /// 3").
  std::vector<std::string> reasons;
  /// kEnds: how often its rules fire for one input at most, where that is a number.
  std::optional<uint64_t> bound;
  /// kPossible: the fact that would prove an end ("`step > 0`"), where one is known.
  std::string missing;
  /// kPerpetual: each turn sets more timers than the one before.
  bool grows = false;
  /// kCertain; kPerpetual where a run that goes on was found.
  std::optional<ReplaySeed> replay;
  ReplayOutcome outcome;
  /// Accepted by `allow cycle "..."`.
  bool allowed = false;
};

struct CheckOptions {
  const FunctionTable* functions = nullptr;
  /// Null: nothing is replayed, and no loop is called certain.
  ReplayRunner replay;
  /// The fuse that `run` will have.
  uint32_t max_cascade = 10'000;
  /// Whether to look for more than loops (dead rules, order dependence, near-miss names, ...).
  bool findings = true;
  /// Whether the graph, the summary and the certificate are wanted, too. Without them and without findings a
  /// program that has no circle of names, as most have, is hardly looked at.
  bool picture = true;
};

struct CheckSummary {
  uint64_t rules = 0;
  uint64_t events = 0;  ///< event classes
  /// The longest cascade that one input can set off, in rule firings, where every cascade ends and the number
  /// is known; with the way it takes ("order.submitted -> order.validated -> ...").
  std::optional<uint64_t> longest;
  std::string longest_path;
};

struct CheckResult {
  /// Loops first, then findings, each in the order of the text. Severities as they are before --deny, --allow
  /// and comments.
  std::vector<Diagnostic> diagnostics;
  std::vector<Cycle> cycles;
  CascadeGraph graph;  ///< this and what follows: with CheckOptions::picture
  CheckSummary summary;
  /// Why every cascade ends that is said to end: JSON, for verify_certificate().
  std::string certificate;
};

/// Whether a check without findings and picture could find anything to say: some rules may set each other off
/// in a circle, as far as names tell, or a rule allows a cycle. Takes time in proportion to the program.
bool may_have_cycles(const std::vector<ast::Module>& modules);

/// `program` is compiled from `modules`, without errors. Deterministic: budgets are steps, never seconds.
CheckResult check_program(const std::vector<ast::Module>& modules, const Program& program,
                          const CheckOptions& options);

// ---------------------------------------------------------------- certificates

struct CertificateReport {
  bool ok = false;                  ///< all that it claims is confirmed
  std::vector<std::string> errors;  ///< one sentence each: it is not about this program, or damaged
  std::vector<std::string> doubts;  ///< likewise: what could not be confirmed
  /// Rules that may set each other off for ever as far as the certificate says: it claims nothing of them.
  /// `open` in one cascade, `open_in_time` with delays again and again.
  std::vector<std::string> open;
  std::vector<std::string> open_in_time;
  size_t steps = 0;  ///< how many steps of the proof were confirmed
};

/// Goes through a certificate step by step, without the prover: whether it shows that every cascade of this
/// program ends of which it says so. Never throws on any text.
CertificateReport verify_certificate(const std::vector<ast::Module>& modules, const Program& program,
                                     const FunctionTable& functions, std::string_view json);

}  // namespace krules
