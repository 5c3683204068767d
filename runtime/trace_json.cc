#include <array>

#include "krules/arena.h"
#include "krules/json.h"
#include "krules/symbol.h"
#include "krules/trace.h"

/// A trace as JSON, and back. What is absent, false or zero is left out.
namespace krules {

namespace {

struct DeedWord {
  TracedDeed::Kind kind;
  std::string_view word;
};
constexpr std::array<DeedWord, 9> kDeeds{{{TracedDeed::Kind::kSet, "set"},
                                          {TracedDeed::Kind::kDelete, "delete"},
                                          {TracedDeed::Kind::kDeleteSubject, "delete subject"},
                                          {TracedDeed::Kind::kSetMeta, "set meta"},
                                          {TracedDeed::Kind::kEmit, "emit"},
                                          {TracedDeed::Kind::kSetTimer, "timer"},
                                          {TracedDeed::Kind::kEndTimer, "timer ended"},
                                          {TracedDeed::Kind::kCall, "call"},
                                          {TracedDeed::Kind::kLog, "log"}}};

struct OutcomeWord {
  TracedUnit::Outcome outcome;
  std::string_view word;
};
constexpr std::array<OutcomeWord, 6> kOutcomes{{{TracedUnit::Outcome::kDone, "done"},
                                                {TracedUnit::Outcome::kHeldBack, "held back"},
                                                {TracedUnit::Outcome::kConditionFailed, "condition failed"},
                                                {TracedUnit::Outcome::kSkipped, "skipped"},
                                                {TracedUnit::Outcome::kFailed, "failed"},
                                                {TracedUnit::Outcome::kStopped, "stopped"}}};

struct RoleWord {
  TracedUnit::Role role;
  std::string_view word;
};
constexpr std::array<RoleWord, 3> kRoles{{{TracedUnit::Role::kRule, "rule"},
                                          {TracedUnit::Role::kGate, "gate"},
                                          {TracedUnit::Role::kMiddleware, "middleware"}}};

struct KindWord {
  EventKind kind;
  std::string_view word;
};
constexpr std::array<KindWord, 4> kKinds{{{EventKind::kPlain, ""},
                                          {EventKind::kPropertyChanged, "changed"},
                                          {EventKind::kPropertyDeleted, "deleted"},
                                          {EventKind::kSubjectDeleted, "subject deleted"}}};

// ---------------------------------------------------------------- writing

class Writer {
 public:
  explicit Writer(std::string& out) : out_(out) {}

  Writer& begin(char bracket) {
    comma();
    out_.push_back(bracket);
    fresh_ = true;
    return *this;
  }
  Writer& end(char bracket) {
    out_.push_back(bracket);
    fresh_ = false;
    return *this;
  }
  Writer& key(std::string_view name) {
    comma();
    append_json_string(out_, name);
    out_.push_back(':');
    fresh_ = true;
    return *this;
  }
  void text(std::string_view name, std::string_view value) {
    if (value.empty()) return;
    key(name);
    append_json_string(out_, value);
    fresh_ = false;
  }
  void raw(std::string_view name, std::string_view json) {
    if (json.empty()) return;
    key(name);
    out_.append(json);
    fresh_ = false;
  }
  void number(std::string_view name, uint64_t value) {
    if (value != 0) raw(name, std::to_string(value));
  }
  void flag(std::string_view name, bool value) {
    if (value) raw(name, "true");
  }
  void time(std::string_view name, int64_t microseconds) {
    if (microseconds == 0) return;
    std::string text;
    append_timestamp(text, microseconds);
    this->text(name, text);
  }
  void place(const TracedPlace& place) {
    text("file", place.file);
    number("line", place.line);
    number("column", place.column);
  }

 private:
  void comma() {
    if (!fresh_) out_.push_back(',');
    fresh_ = false;
  }
  std::string& out_;
  bool fresh_ = true;
};

void write(Writer& to, const TracedCondition& condition) {
  to.key("when").begin('{');
  to.text("text", condition.text);
  to.text("decided", condition.decided);
  to.place(condition.place);
  if (!condition.parts.empty()) {
    to.key("parts").begin('[');
    for (const TracedCondition::Part& part : condition.parts) {
      to.begin('{');
      to.text("text", part.text);
      to.raw("value", part.value);
      to.end('}');
    }
    to.end(']');
  }
  to.end('}');
}

void write(Writer& to, const TracedDeed& deed) {
  to.begin('{');
  for (const auto& [kind, word] : kDeeds) {
    if (kind == deed.kind) to.text("did", word);
  }
  to.text("name", deed.name);
  to.text("subject", deed.subject);
  to.raw("old", deed.old_value);
  to.raw("new", deed.new_value);
  to.flag("extended", deed.extended);
  to.flag("muted", deed.muted);
  to.flag("undone", deed.undone);
  to.text("key", deed.key);
  to.time("due", deed.due);
  to.number("timer", deed.timer);
  to.text("reply", deed.reply);
  to.number("call", deed.call);
  to.number("event", deed.event);
  to.end('}');
}

void write(Writer& to, const TracedUnit& unit) {
  to.begin('{');
  for (const auto& [role, word] : kRoles) {
    if (role == unit.role) to.text(word, unit.name);
  }
  for (const auto& [outcome, word] : kOutcomes) {
    if (outcome == unit.outcome) to.text("outcome", word);
  }
  to.place(unit.place);
  to.text("message", unit.message);
  if (unit.condition.has_value()) write(to, *unit.condition);
  if (!unit.deeds.empty()) {
    to.key("deeds").begin('[');
    for (const TracedDeed& deed : unit.deeds) write(to, deed);
    to.end(']');
  }
  to.end('}');
}

void write(Writer& to, const TracedEvent& event) {
  to.begin('{');
  to.number("number", event.number);
  to.number("cause", event.cause);
  to.text("by", event.rule);
  for (const auto& [kind, word] : kKinds) {
    if (kind == event.kind) to.text("kind", word);
  }
  to.text("type", event.type);
  to.text("subject", event.subject);
  to.raw("data", event.payload);
  to.text("property", event.property);
  to.flag("extended", event.extended);
  to.raw("old", event.old_value);
  to.raw("new", event.new_value);
  to.number("nanoseconds", static_cast<uint64_t>(event.nanoseconds));
  if (!event.units.empty()) {
    to.key("units").begin('[');
    for (const TracedUnit& unit : event.units) write(to, unit);
    to.end(']');
  }
  if (!event.waiting.empty()) {
    to.key("waiting").begin('[');
    for (const TracedEvent::Waiting& waiting : event.waiting) {
      to.begin('{');
      to.text("field", waiting.field);
      to.raw("value", waiting.value);
      to.number("rules", waiting.rules);
      to.end('}');
    }
    to.end(']');
  }
  to.number("other_subjects", event.other_subjects);
  to.end('}');
}

// ---------------------------------------------------------------- reading

/// A JSON object that is looked at; what is not there reads as nothing.
class Reader {
 public:
  explicit Reader(const Value& value) : map_(value.is(ValueKind::kMap) ? &value.as_map() : nullptr) {}

  const Value* find(std::string_view name) const { return map_ == nullptr ? nullptr : map_->find(name); }
  std::string text(std::string_view name) const {
    const Value* value = find(name);
    return value != nullptr && value->is(ValueKind::kString) ? std::string(value->text()) : std::string();
  }
  std::string raw(std::string_view name) const {
    const Value* value = find(name);
    std::string json;
    if (value != nullptr) append_json(json, *value);
    return json;
  }
  uint64_t number(std::string_view name) const {
    const Value* value = find(name);
    return value != nullptr && value->is(ValueKind::kInt) ? static_cast<uint64_t>(value->as_int()) : 0;
  }
  bool flag(std::string_view name) const { return find(name) != nullptr; }
  int64_t time(std::string_view name) const {
    int64_t microseconds = 0;
    (void)parse_timestamp(text(name), microseconds);
    return microseconds;
  }
  TracedPlace place() const {
    return {text("file"), static_cast<uint32_t>(number("line")), static_cast<uint32_t>(number("column"))};
  }
  template <class Each>
  void list(std::string_view name, const Each& each) const {
    const Value* value = find(name);
    if (value == nullptr || !value->is(ValueKind::kList)) return;
    for (const Value& item : value->as_list().items()) each(Reader(item));
  }

 private:
  const MapRep* map_;
};

TracedCondition read_condition(const Reader& from) {
  TracedCondition condition;
  condition.place = from.place();
  condition.text = from.text("text");
  condition.decided = from.text("decided");
  from.list("parts", [&](const Reader& part) {
    condition.parts.push_back({part.text("text"), part.raw("value")});
  });
  return condition;
}

TracedDeed read_deed(const Reader& from) {
  TracedDeed deed;
  const std::string did = from.text("did");
  for (const auto& [kind, word] : kDeeds) {
    if (word == did) deed.kind = kind;
  }
  deed.name = from.text("name");
  deed.subject = from.text("subject");
  deed.old_value = from.raw("old");
  deed.new_value = from.raw("new");
  deed.extended = from.flag("extended");
  deed.muted = from.flag("muted");
  deed.undone = from.flag("undone");
  deed.key = from.text("key");
  deed.due = from.time("due");
  deed.timer = from.number("timer");
  deed.reply = from.text("reply");
  deed.call = from.number("call");
  deed.event = static_cast<uint32_t>(from.number("event"));
  return deed;
}

TracedUnit read_unit(const Reader& from) {
  TracedUnit unit;
  for (const auto& [role, word] : kRoles) {
    if (from.find(word) == nullptr) continue;
    unit.role = role;
    unit.name = from.text(word);
  }
  const std::string came = from.text("outcome");
  for (const auto& [outcome, word] : kOutcomes) {
    if (word == came) unit.outcome = outcome;
  }
  unit.place = from.place();
  unit.message = from.text("message");
  if (const Value* when = from.find("when")) unit.condition = read_condition(Reader(*when));
  from.list("deeds", [&](const Reader& deed) { unit.deeds.push_back(read_deed(deed)); });
  return unit;
}

TracedEvent read_event(const Reader& from) {
  TracedEvent event;
  event.number = static_cast<uint32_t>(from.number("number"));
  event.cause = static_cast<uint32_t>(from.number("cause"));
  event.rule = from.text("by");
  const std::string is = from.text("kind");
  for (const auto& [kind, word] : kKinds) {
    if (word == is) event.kind = kind;
  }
  event.type = from.text("type");
  event.subject = from.text("subject");
  event.payload = from.raw("data");
  event.property = from.text("property");
  event.extended = from.flag("extended");
  event.old_value = from.raw("old");
  event.new_value = from.raw("new");
  event.nanoseconds = static_cast<int64_t>(from.number("nanoseconds"));
  from.list("units", [&](const Reader& unit) { event.units.push_back(read_unit(unit)); });
  from.list("waiting", [&](const Reader& waiting) {
    event.waiting.push_back({waiting.text("field"), waiting.raw("value"), waiting.number("rules")});
  });
  event.other_subjects = static_cast<uint32_t>(from.number("other_subjects"));
  return event;
}

}  // namespace

std::string_view outcome_name(TracedUnit::Outcome outcome) {
  for (const auto& [each, word] : kOutcomes) {
    if (each == outcome) return word;
  }
  return {};
}

std::string trace_as_json(const CascadeTrace& trace) {
  std::string out;
  Writer to(out);
  to.begin('{');
  to.text("identity", trace.identity);
  to.text("event_id", trace.event_id);
  to.text("source", trace.source);
  to.number("line", trace.line);
  to.number("timer", trace.timer);
  to.number("call", trace.call);
  to.time("time", trace.time);
  to.number("nanoseconds", static_cast<uint64_t>(trace.nanoseconds));
  to.text("dead_letter", trace.dead_letter);
  to.text("dead_message", trace.dead_message);
  to.number("event_count", trace.event_count);
  to.number("left_out", trace.left_out);
  to.key("events").begin('[');
  for (const TracedEvent& event : trace.events) write(to, event);
  to.end(']');
  to.end('}');
  return out;
}

bool trace_from_json(std::string_view json, CascadeTrace& trace) {
  trace = {};
  Arena arena;
  const SymbolTable symbols;
  const JsonResult parsed = parse_json(json, JsonStyle::kPlain, arena, symbols);
  if (!parsed.error.empty()) return false;
  const Reader from(parsed.value);
  trace.identity = from.text("identity");
  trace.event_id = from.text("event_id");
  trace.source = from.text("source");
  trace.line = from.number("line");
  trace.timer = from.number("timer");
  trace.call = from.number("call");
  trace.time = from.time("time");
  trace.nanoseconds = static_cast<int64_t>(from.number("nanoseconds"));
  trace.dead_letter = from.text("dead_letter");
  trace.dead_message = from.text("dead_message");
  trace.event_count = static_cast<uint32_t>(from.number("event_count"));
  trace.left_out = from.number("left_out");
  from.list("events", [&](const Reader& event) { trace.events.push_back(read_event(event)); });
  return !trace.events.empty();
}

}  // namespace krules
