#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include "krules/json.h"
#include "krules/trace.h"

/// A trace as a tree: an event, what happened for it, and below what made an event that event in turn.
namespace krules {

namespace {

constexpr size_t kWidestIndent = 40;
constexpr size_t kDurationColumn = 72;

constexpr std::string_view kPlain = "\x1b[0m";
constexpr std::string_view kBold = "\x1b[1m";
constexpr std::string_view kDim = "\x1b[2m";
constexpr std::string_view kGreen = "\x1b[32m";
constexpr std::string_view kYellow = "\x1b[33m";
constexpr std::string_view kRed = "\x1b[31m";

std::string cut(std::string_view json, size_t longest) {
  if (json.size() <= longest) return std::string(json);
  size_t end = longest;
  // Not within a character.
  while (end > 0 && (static_cast<unsigned char>(json[end]) & 0xC0) == 0x80) --end;
  return std::string(json.substr(0, end)) + "...";
}

std::string or_null(std::string_view json, size_t longest) {
  return json.empty() ? "null" : cut(json, longest);
}

std::string time_text(int64_t time) {
  std::string text;
  append_timestamp(text, time);
  return text;
}

size_t width_of(std::string_view text) {
  return static_cast<size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string duration_text(int64_t nanoseconds) {
  if (nanoseconds < 1'000'000) return fmt::format("{:.1f} us", static_cast<double>(nanoseconds) / 1e3);
  if (nanoseconds < 1'000'000'000) return fmt::format("{:.1f} ms", static_cast<double>(nanoseconds) / 1e6);
  return fmt::format("{:.2f} s", static_cast<double>(nanoseconds) / 1e9);
}

std::string_view deed_word(TracedDeed::Kind kind) {
  switch (kind) {
    case TracedDeed::Kind::kSet:
    case TracedDeed::Kind::kSetMeta:
      return "set";
    case TracedDeed::Kind::kDelete:
    case TracedDeed::Kind::kDeleteSubject:
      return "delete";
    case TracedDeed::Kind::kEmit:
      return "emit";
    case TracedDeed::Kind::kSetTimer:
      return "timer";
    case TracedDeed::Kind::kEndTimer:
      return "cancel";
    case TracedDeed::Kind::kCall:
      return "call";
    case TracedDeed::Kind::kLog:
      break;
  }
  return "log";
}

std::string place_text(const TracedPlace& place) {
  return place.file.empty() ? std::string() : fmt::format("{}:{}", place.file, place.line);
}

class TreePrinter {
 public:
  TreePrinter(const CascadeTrace& trace, const TraceTextOptions& options) : trace_(trace), options_(options) {
    for (size_t i = 0; i < trace.events.size(); ++i) {
      place_of_[trace.events[i].number] = i;
      for (const TracedUnit& unit : trace.events[i].units) {
        for (const TracedDeed& deed : unit.deeds) made_.insert(deed.event);
      }
    }
  }

  std::string print() {
    // Depth first, without recursion: a cascade may be a chain of thousands of events.
    std::vector<Step> steps;
    for (size_t i = trace_.events.size(); i-- > 0;) {
      if (!made_.contains(trace_.events[i].number)) steps.push_back({Step::Kind::kEvent, i, 0, 0, 0});
    }
    while (!steps.empty()) {
      const Step step = steps.back();
      steps.pop_back();
      switch (step.kind) {
        case Step::Kind::kEvent:
          event(step, steps);
          break;
        case Step::Kind::kUnit:
          unit(step, steps);
          break;
        case Step::Kind::kDeed:
          deed(step, steps);
          break;
        case Step::Kind::kRest:
          rest(step);
          break;
      }
    }
    if (trace_.left_out > 0) {
      line(0, "and", kDim, fmt::format("{} more things that happened are not shown", trace_.left_out), {});
    }
    if (!trace_.dead_letter.empty()) {
      line(0, "undone", kRed, fmt::format("all of it ({}): {}", trace_.dead_letter, trace_.dead_message), {});
    }
    return std::move(out_);
  }

 private:
  struct Step {
    enum class Kind : uint8_t { kEvent, kUnit, kDeed, kRest };
    Kind kind;
    size_t event;
    size_t unit;
    size_t deed;
    size_t depth;
  };

  /// "  word     text                  right".
  void line(size_t depth, std::string_view word, std::string_view colour, std::string_view text,
            std::string_view right) {
    const bool coloured = options_.colour == Colour::kAlways;
    const size_t indent = std::min(depth * 2, kWidestIndent);
    std::string head(indent, ' ');
    const bool with_colour = coloured && !colour.empty();
    if (with_colour) head.append(colour);
    fmt::format_to(std::back_inserter(head), "{:<8}", word);
    if (with_colour) head.append(kPlain);
    out_.append(head);
    const std::string body = " " + on_one_line(text);
    out_.append(body);
    if (!right.empty()) {
      const size_t width = indent + 8 + width_of(body);
      out_.append(width + 2 < kDurationColumn ? kDurationColumn - width : 2, ' ');
      if (coloured) out_.append(kDim);
      out_.append(on_one_line(right));
      if (coloured) out_.append(kPlain);
    }
    out_.push_back('\n');
  }

  void event(const Step& step, std::vector<Step>& steps) {
    const TracedEvent& event = trace_.events[step.event];
    std::string right;
    if (step.depth == 0 && !trace_.source.empty()) {
      right = trace_.source.substr(trace_.source.rfind('/') + 1);
      if (trace_.line != 0) right += fmt::format(":{}", trace_.line);
    }
    if (options_.durations) right += (right.empty() ? "" : "  ") + duration_text(event.nanoseconds);
    line(step.depth, fmt::format("event {}", event.number), kBold,
         event_as_text(event, options_.longest_value), right);
    steps.push_back({Step::Kind::kRest, step.event, 0, 0, step.depth + 1});
    for (size_t i = event.units.size(); i-- > 0;)
      steps.push_back({Step::Kind::kUnit, step.event, i, 0, step.depth + 1});
  }

  void rest(const Step& step) {
    const TracedEvent& event = trace_.events[step.event];
    for (const TracedEvent::Waiting& waiting : event.waiting) {
      line(step.depth, "idle", kDim,
           fmt::format("{} {} for another {} than {}", waiting.rules,
                       waiting.rules == 1 ? "rule waits" : "rules wait", waiting.field,
                       or_null(waiting.value, options_.longest_value)),
           {});
    }
    if (event.other_subjects > 0) {
      line(step.depth, "idle", kDim,
           fmt::format("{} for other subjects", event.other_subjects == 1
                                                    ? "1 rule waits"
                                                    : fmt::format("{} rules wait", event.other_subjects)),
           {});
    }
    if (event.units.empty() && event.waiting.empty() && event.other_subjects == 0 &&
        trace_.dead_letter.empty())
      line(step.depth, "idle", kDim, "no rule waits for it", {});
  }

  static std::string_view role_text(const TracedUnit& unit) {
    switch (unit.role) {
      case TracedUnit::Role::kGate:
        return "gate ";
      case TracedUnit::Role::kMiddleware:
        return "middleware ";
      case TracedUnit::Role::kRule:
        break;
    }
    return "";
  }

  void unit(const Step& step, std::vector<Step>& steps) {
    const TracedUnit& unit = trace_.events[step.event].units[step.unit];
    std::string text = fmt::format("{}{}", role_text(unit), unit.name);
    std::string_view word = "ran";
    std::string_view colour = kGreen;
    switch (unit.outcome) {
      case TracedUnit::Outcome::kDone:
        break;
      case TracedUnit::Outcome::kHeldBack:
        word = "held";
        colour = kYellow;
        if (unit.condition.has_value())
          text += ": " + condition_as_text(*unit.condition, options_.longest_value);
        break;
      case TracedUnit::Outcome::kConditionFailed:
        word = "held";
        colour = kRed;
        text += ": its condition failed: " + unit.message;
        break;
      case TracedUnit::Outcome::kSkipped:
        word = "skipped";
        colour = kYellow;
        if (!unit.message.empty()) text += ": middleware " + unit.message + " ran no `next`";
        break;
      case TracedUnit::Outcome::kFailed:
        word = "failed";
        colour = kRed;
        text += ": " + unit.message;
        break;
      case TracedUnit::Outcome::kStopped:
        word = "stopped";
        colour = kYellow;
        if (unit.role == TracedUnit::Role::kGate) text += ": the event goes no further";
        break;
    }
    const TracedPlace& place = unit.condition.has_value() ? unit.condition->place : unit.place;
    line(step.depth, word, colour, text, place_text(place));
    for (size_t i = unit.deeds.size(); i-- > 0;)
      steps.push_back({Step::Kind::kDeed, step.event, step.unit, i, step.depth + 1});
  }

  void deed(const Step& step, std::vector<Step>& steps) {
    const TracedDeed& deed = trace_.events[step.event].units[step.unit].deeds[step.deed];
    line(step.depth, deed_word(deed.kind), deed.undone ? kRed : std::string_view(),
         deed_as_text(deed, options_.longest_value), {});
    if (const auto made = place_of_.find(deed.event); deed.event != 0 && made != place_of_.end())
      steps.push_back({Step::Kind::kEvent, made->second, 0, 0, step.depth + 1});
  }

  const CascadeTrace& trace_;
  const TraceTextOptions& options_;
  std::map<uint32_t, size_t> place_of_;
  std::set<uint32_t> made_;  // events that stand below what made them
  std::string out_;
};

}  // namespace

std::string on_one_line(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F) {
      out.push_back(c);
    } else {
      out.append(c == '\n' ? "\\n" : fmt::format("\\x{:02x}", static_cast<unsigned char>(c)));
    }
  }
  return out;
}

std::string condition_as_text(const TracedCondition& condition, size_t longest_value) {
  std::string text = "when " + (condition.decided.empty() ? condition.text : condition.decided);
  for (size_t i = 0; i < condition.parts.size(); ++i) {
    const TracedCondition::Part& part = condition.parts[i];
    text += fmt::format("{}{} is {}", i == 0 ? "; " : ", ", part.text, cut(part.value, longest_value));
  }
  return text;
}

std::string event_as_text(const TracedEvent& event, size_t longest_value) {
  const std::string property = (event.extended ? "ext." : "") + event.property;
  switch (event.kind) {
    case EventKind::kPropertyChanged:
      return fmt::format("changed {} of {}: {} -> {}", property, event.subject,
                         or_null(event.old_value, longest_value), cut(event.new_value, longest_value));
    case EventKind::kPropertyDeleted:
      return fmt::format("deleted {} of {}: it was {}", property, event.subject,
                         cut(event.old_value, longest_value));
    case EventKind::kSubjectDeleted:
      return fmt::format("deleted {}", event.subject);
    case EventKind::kPlain:
      break;
  }
  std::string text = fmt::format("{} of {}", event.type, event.subject);
  if (!event.payload.empty() && event.payload != "{}") text += " " + cut(event.payload, longest_value);
  return text;
}

std::string deed_as_text(const TracedDeed& deed, size_t longest_value) {
  const std::string property =
      fmt::format("{}{} of {}", deed.extended ? "ext." : "", deed.name, deed.subject);
  const std::string payload = deed.new_value.empty() || deed.new_value == "{}"
                                  ? std::string()
                                  : " " + cut(deed.new_value, longest_value);
  std::string text;
  switch (deed.kind) {
    case TracedDeed::Kind::kSet:
      text = fmt::format("{}: {} -> {}", property, or_null(deed.old_value, longest_value),
                         cut(deed.new_value, longest_value));
      break;
    case TracedDeed::Kind::kDelete:
      text = fmt::format("{}: it was {}", property, cut(deed.old_value, longest_value));
      break;
    case TracedDeed::Kind::kDeleteSubject:
      text = deed.subject;
      break;
    case TracedDeed::Kind::kSetMeta:
      text = fmt::format("meta: {} -> {}", or_null(deed.old_value, longest_value),
                         or_null(deed.new_value, longest_value));
      break;
    case TracedDeed::Kind::kEmit:
      text = fmt::format("{} on {}{}", deed.name, deed.subject, payload);
      break;
    case TracedDeed::Kind::kSetTimer:
      text = fmt::format("{} on {}{} at {}", deed.name, deed.subject, payload, time_text(deed.due));
      break;
    case TracedDeed::Kind::kEndTimer:
      text = fmt::format("{} on {} at {}", deed.name, deed.subject, time_text(deed.due));
      break;
    case TracedDeed::Kind::kCall:
      text = fmt::format("{}{}", deed.name, payload);
      text += deed.reply.empty() ? ", no reply" : fmt::format(", reply {} on {}", deed.reply, deed.subject);
      break;
    case TracedDeed::Kind::kLog:
      text = fmt::format("{} {}", deed.name, cut(deed.new_value, longest_value));
      if (!deed.old_value.empty()) text += " " + cut(deed.old_value, longest_value);
      break;
  }
  if (!deed.key.empty()) text += fmt::format(", key \"{}\"", deed.key);
  if (deed.muted) text += ", muted";
  if (deed.undone) text += ", undone";
  return text;
}

std::string trace_as_text(const CascadeTrace& trace, const TraceTextOptions& options) {
  return TreePrinter(trace, options).print();
}

}  // namespace krules
