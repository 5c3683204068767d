#include "replay_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "krules/json.h"
#include "wording.h"

namespace krules::cli {

namespace {

using End = ReplayOutcome::End;

// JSON texts are cut to this many bytes in lines for people.
constexpr size_t kLongestJson = 48;
// Where the events' columns end at most, so that one long name does not push the others apart.
constexpr size_t kWidestEvent = 56;

std::string shortened(std::string_view json) {
  if (json.size() <= kLongestJson) return std::string(json);
  size_t end = kLongestJson;
  // Not within a character.
  while (end > 0 && (static_cast<unsigned char>(json[end]) & 0xC0) == 0x80) --end;
  return std::string(json.substr(0, end)) + "...";
}

std::string with_data(std::string text, std::string_view data) {
  if (!data.empty() && data != "{}") text.append(" ").append(shortened(data));
  return text;
}

/// "changed counter of s: 0 -> 1".
std::string event_text(const ReplayStory::Event& event) {
  const std::string property = (event.extended_property ? "ext." : "") + event.property;
  switch (event.kind) {
    case EventKind::kPlain:
      return with_data(fmt::format("{} of {}", event.type, event.subject), event.payload);
    case EventKind::kPropertyChanged:
      return fmt::format("changed {} of {}: {} -> {}", property, event.subject, shortened(event.old_value),
                         shortened(event.new_value));
    case EventKind::kPropertyDeleted:
      return fmt::format("deleted {} of {}: it was {}", property, event.subject, shortened(event.old_value));
    case EventKind::kSubjectDeleted:
      return fmt::format("deleted {}", event.subject);
  }
  return {};
}

size_t width_of(std::string_view text) {
  return static_cast<size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string padded(std::string text, size_t width) {
  const size_t now = width_of(text);
  if (now < width) text.append(width - now, ' ');
  return text;
}

std::string duration_text(int64_t microseconds) {
  std::string text;
  append_display(text, Value::duration(microseconds));
  return text;
}

std::string origin_text(const ReplayStory::Event& event, const Program& program) {
  std::string text = event.rule == UINT32_MAX && event.after > 0
                         ? fmt::format("a timer, {} after the input", duration_text(event.after))
                     : event.rule == UINT32_MAX
                         ? std::string("the input")
                         : fmt::format("by {}, on event {}", program.unit(event.rule).name, event.cause);
  if (!event.heard) text.append(" (no rule waits for it)");
  return text;
}

std::string line_of(const CompiledRule& rule) {
  if (rule.where.source == nullptr) return {};
  return fmt::format("{}:{}", rule.where.source->name(),
                     rule.where.source->position(rule.where.span.begin).line);
}

void append_start(std::string& out, const ReplaySeed& seed) {
  for (const auto& [name, value] : seed.parameters) out += fmt::format("param   {} = {}\n", name, value);
  for (const ReplaySeed::Property& property : seed.properties) {
    out += fmt::format("start   {} of {} = {}\n", property.name, property.subject, shortened(property.json));
  }
  for (size_t i = 0; i + 1 < seed.inputs.size(); ++i) {
    const ReplaySeed::Input& input = seed.inputs[i];
    const std::string on = input.subject.empty() ? "" : " of " + input.subject;
    out += "before  " + with_data(input.type + on, input.data) + "\n";
  }
  if (!out.empty()) out += "\n";
}

/// Where an event stands, for telling what belongs to a turn: one that no rule waits for is made and done
/// with as a part of what makes it.
uint32_t place_of(const ReplayStory::Event& event) {
  return event.heard ? event.number : event.cause;
}

void append_events(std::string& out, const ReplayReport& report) {
  const ReplayStory& story = report.story;
  const bool repeats = report.outcome.end == End::kRepeats;
  std::vector<const ReplayStory::Event*> events;
  std::vector<std::string> texts;
  size_t width = 0;
  for (const ReplayStory::Event& event : story.events) {
    if (repeats && place_of(event) > story.turn_ends) continue;
    events.push_back(&event);
    texts.push_back(event_text(event));
    width = std::max(width, std::min(width_of(texts.back()), kWidestEvent));
  }
  for (size_t i = 0; i < events.size(); ++i) {
    const ReplayStory::Event& event = *events[i];
    const bool turns = repeats && place_of(event) > story.turn_begins;
    out += fmt::format("{:5} {} {}  {}\n", event.number, turns ? '|' : ' ', padded(texts[i], width),
                       origin_text(event, report.program));
    for (const ReplayStory::Failure& failure : story.failures) {
      if (failure.event != event.number) continue;
      out += fmt::format("        {} failed: {}\n", report.program.unit(failure.rule).name, failure.message);
    }
  }
  const uint64_t all = repeats ? story.turn_ends : report.outcome.events;
  if (all > events.size()) {
    out += fmt::format("    ... {} (--events N shows more)\n", counted(all - events.size(), "more event"));
  }
}

void append_rules(std::string& out, const ReplayReport& report) {
  size_t width = 0;
  for (const uint32_t rule : report.outcome.rules)
    width = std::max(width, width_of(report.program.unit(rule).name));
  for (const uint32_t number : report.outcome.rules) {
    const CompiledRule& rule = report.program.unit(number);
    out += fmt::format("  {}  {}\n", padded(rule.name, width), line_of(rule));
  }
}

void append_verdict(std::string& out, const ReplayReport& report) {
  const ReplayOutcome& outcome = report.outcome;
  const ReplayStory& story = report.story;
  switch (outcome.end) {
    case End::kEnds: {
      const bool looped = report.file.expected.has_value() && report.file.expected->end != End::kEnds;
      out += fmt::format("\nthis cascade ends{}, after {}", looped ? " now" : "",
                         counted(outcome.events, "event"));
      out += story.failed.empty() ? "\n" : fmt::format(": a rule said `fail cascade`: {}\n", story.failed);
      return;
    }
    case End::kRepeats: {
      const std::string begin =
          story.turn_begins == 0 ? "at the start" : fmt::format("after event {}", story.turn_begins);
      out +=
          fmt::format("      and so on: the state after event {} is the state {}\n", story.turn_ends, begin);
      out += fmt::format("\nthis cascade never ends: each turn makes {}, by these rules:\n",
                         counted(outcome.period, "event"));
      append_rules(out, report);
      return;
    }
    case End::kFuse:
      out +=
          fmt::format("\nthis cascade was stopped: it made more than {}, the last of them by these rules:\n",
                      counted(report.file.max_cascade, "event"));
      append_rules(out, report);
      return;
    case End::kGoesOn:
      out += fmt::format(
          "\nno cascade here is without end, but this goes on: when {} had fired, {} waiting\n",
          counted(outcome.fired, "timer"),
          outcome.waiting == 1 ? "another one was" : fmt::format("{} others were", outcome.waiting));
      append_rules(out, report);
      return;
    case End::kInvalid:
      return;
  }
}

// ---------------------------------------------------------------- JSON

/// Collects the members of an object.
class Object {
 public:
  Object& text(std::string_view name, std::string_view value) {
    begin(name);
    append_json_string(out_, value);
    return *this;
  }
  /// `json` as it is.
  Object& raw(std::string_view name, std::string_view json) {
    begin(name);
    out_ += json;
    return *this;
  }
  Object& number(std::string_view name, uint64_t value) { return raw(name, std::to_string(value)); }
  std::string finish() { return "{" + out_ + "}"; }

 private:
  void begin(std::string_view name) {
    if (!out_.empty()) out_ += ',';
    append_json_string(out_, name);
    out_ += ':';
  }
  std::string out_;
};

template <class Entries, class Json>
std::string array_of(const Entries& entries, const Json& json_of) {
  std::string out;
  for (const auto& entry : entries) out.append(out.empty() ? "" : ",").append(json_of(entry));
  return "[" + out + "]";
}

std::string rule_json(uint32_t number, const Program& program) {
  const CompiledRule& rule = program.unit(number);
  Object object;
  object.text("name", rule.name);
  if (rule.where.source != nullptr) {
    object.text("file", rule.where.source->name());
    object.number("line", rule.where.source->position(rule.where.span.begin).line);
  }
  return object.finish();
}

std::string event_json(const ReplayStory::Event& event, const Program& program) {
  Object object;
  object.number("number", event.number).text("type", event.type).text("subject", event.subject);
  if (event.rule != UINT32_MAX)
    object.text("rule", program.unit(event.rule).name).number("cause", event.cause);
  if (event.property.empty()) {
    object.raw("data", event.payload);
  } else {
    object.text("property", event.property).raw("old", event.old_value).raw("new", event.new_value);
    if (event.extended_property) object.raw("extended", "true");
  }
  if (!event.heard) object.raw("heard", "false");
  object.raw("fired", array_of(event.fired, [&](uint32_t rule) {
               std::string name;
               append_json_string(name, program.unit(rule).name);
               return name;
             }));
  return object.finish();
}

}  // namespace

std::string replay_as_text(const ReplayReport& report) {
  std::string out;
  append_start(out, report.file.seed);
  append_events(out, report);
  append_verdict(out, report);
  return out;
}

std::string replay_as_json(const ReplayReport& report) {
  const ReplayStory& story = report.story;
  Object object;
  object.text("end", replay_end_name(report.outcome.end)).number("events", report.outcome.events);
  if (report.outcome.end == End::kRepeats) {
    object.number("period", report.outcome.period);
    object.number("turn_begins_after", story.turn_begins).number("turn_ends_after", story.turn_ends);
  }
  object.raw("rules",
             array_of(report.outcome.rules, [&](uint32_t rule) { return rule_json(rule, report.program); }));
  object.raw("list", array_of(story.events, [&](const ReplayStory::Event& event) {
               return event_json(event, report.program);
             }));
  object.raw("failures", array_of(story.failures, [&](const ReplayStory::Failure& failure) {
               return Object()
                   .number("event", failure.event)
                   .text("rule", report.program.unit(failure.rule).name)
                   .text("message", failure.message)
                   .finish();
             }));
  if (!story.failed.empty()) object.text("failed", story.failed);
  return object.finish() + "\n";
}

}  // namespace krules::cli
