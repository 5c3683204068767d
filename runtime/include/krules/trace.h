#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "krules/diagnostic.h"
#include "krules/event.h"

/// What happened in a cascade, as data: each event, the rules that were looked at for it and why they did or
/// did not run, and what they did. Recorded while the cascade runs (Engine::trace), kept in the journal as
/// JSON, printed as a tree.
///
/// Values are JSON texts; one that is longer than about 2,000 bytes is a JSON string with its beginning and
/// "...". "" stands for what is absent.
namespace krules {

/// A place in a rule file.
struct TracedPlace {
  std::string file;
  uint32_t line = 0;
  uint32_t column = 0;
};

/// The `when` that decided that a rule does not run.
struct TracedCondition {
  struct Part {
    std::string text;   ///< as it stands in the rule: "subject.total"
    std::string value;  ///< what it was
  };
  TracedPlace place;
  std::string text;         ///< the whole `when`
  std::string decided;      ///< the part of it that is false; "" where that is all of it
  std::vector<Part> parts;  ///< what was compared, constants left out
};

/// One thing that a rule, gate or middleware did.
struct TracedDeed {
  enum class Kind : uint8_t {
    kSet,            ///< a property: old_value, new_value
    kDelete,         ///< a property: old_value
    kDeleteSubject,  ///< after the kDelete of its properties
    kSetMeta,        ///< of the event: all of meta, old_value and new_value
    kEmit,           ///< name: the type, new_value: the payload
    kSetTimer,       ///< the same, for later
    kEndTimer,       ///< a timer that was set is no more: cancelled, or another took its place
    kCall,           ///< name: the action, new_value: its arguments, reply: what brings the answer
    kLog,            ///< new_value: the message, as JSON; name: the severity
  };
  Kind kind = Kind::kSet;
  bool extended = false;  ///< an extended property
  bool muted = false;     ///< no event follows
  bool undone = false;    ///< by the failure of the rule, or of a `try`
  std::string subject;
  std::string name;
  std::string old_value;
  std::string new_value;
  std::string key;     ///< of timers
  int64_t due = 0;     ///< of timers, microseconds since 1970
  uint64_t timer = 0;  ///< of timers: the id
  std::string reply;   ///< of calls: the event that brings the answer; "": none does
  uint64_t call = 0;   ///< of calls: the id; 0 where the call is undone
  uint32_t event = 0;  ///< number of the event that came of it; 0 where no rule waits for such an event
};

/// A rule that was looked at for an event, or a gate or middleware that acted.
struct TracedUnit {
  enum class Role : uint8_t { kRule, kGate, kMiddleware };
  enum class Outcome : uint8_t {
    kDone,             ///< it ran to its end
    kHeldBack,         ///< a `when` did not hold: `condition`
    kConditionFailed,  ///< a `when` could not be evaluated, which counts as false: `condition`, `message`
    kSkipped,          ///< a middleware did not let it run: `message` names it
    kFailed,           ///< what it did is undone: `message`
    kStopped,          ///< of a gate: the event goes no further; of a middleware: it ran no `next`
  };
  Role role = Role::kRule;
  Outcome outcome = Outcome::kDone;
  std::string name;
  TracedPlace place;
  std::string message;
  std::optional<TracedCondition> condition;
  std::vector<TracedDeed> deeds;
};

struct TracedEvent {
  /// Rules that wait for the same type of event with another value of a field.
  struct Waiting {
    std::string field;  ///< "payload.sensor"
    std::string value;  ///< what it is in this event
    uint64_t rules = 0;
  };
  uint32_t number = 0;  ///< its place in the cascade, the first being 1
  uint32_t cause = 0;   ///< number of the event whose rule made it; 0 for the first
  std::string rule;     ///< that made it
  EventKind kind = EventKind::kPlain;
  std::string type;
  std::string subject;
  std::string payload;   ///< of plain events
  std::string property;  ///< of property events, with old_value and new_value
  bool extended = false;
  std::string old_value;
  std::string new_value;
  std::vector<TracedUnit> units;  ///< in the order in which they ran
  std::vector<Waiting> waiting;
  uint32_t other_subjects = 0;  ///< rules that wait for such events of other subjects
  int64_t nanoseconds = 0;      ///< what its rules took
};

struct CascadeTrace {
  std::string identity;  ///< 32 hexadecimal digits: emitted events have the id IDENTITY-NUMBER
  std::string event_id;  ///< of the first event: the one that came with it, or `identity`
  std::string source;    ///< "timer" where a timer began it, "call" where an answer did
  uint64_t line = 0;     ///< 0: none
  uint64_t timer = 0;    ///< the timer that began it; 0: none
  uint64_t call = 0;     ///< the call whose answer began it; 0: none
  int64_t time = 0;      ///< microseconds since 1970: now() of its rules
  std::vector<TracedEvent> events;
  uint32_t event_count = 0;  ///< with those that the trace has no room for
  uint64_t left_out = 0;     ///< so much that happened has no room in the trace
  int64_t nanoseconds = 0;
  std::string dead_letter;  ///< why the whole cascade was undone: "fuse", "fail", "input"; "": it holds
  std::string dead_message;
};

/// Hears of each cascade at its end, before it is committed, in the engine's thread.
using TraceListener = std::function<void(const CascadeTrace&)>;

/// "held back", "failed": as the JSON has it.
std::string_view outcome_name(TracedUnit::Outcome outcome);
/// "when subject.total > 0; subject.total is -3": what decided, and what it was.
std::string condition_as_text(const TracedCondition& condition, size_t longest_value = 60);
/// "order.submitted of order-1 {...}", "changed total of order-1: 1 -> 2".
std::string event_as_text(const TracedEvent& event, size_t longest_value = 60);
/// "total of order-1: 1 -> 2".
std::string deed_as_text(const TracedDeed& deed, size_t longest_value = 60);
/// What comes from outside, on one line and without what steers a terminal.
std::string on_one_line(std::string_view text);

struct TraceTextOptions {
  Colour colour = Colour::kNever;
  bool durations = true;
  size_t longest_value = 60;  ///< JSON is cut to so many bytes
};
/// A tree, one line a thing, each with its line end.
std::string trace_as_text(const CascadeTrace& trace, const TraceTextOptions& options = {});
/// One JSON object, without a line end.
std::string trace_as_json(const CascadeTrace& trace);
/// What trace_as_json() made. False when it is something else.
[[nodiscard]] bool trace_from_json(std::string_view json, CascadeTrace& trace);

}  // namespace krules
