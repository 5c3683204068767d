#include <fmt/format.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "command.h"
#include "console.h"
#include "krules/diagnostic.h"
#include "krules/json.h"
#include "options.h"
#include "store_access.h"
#include "story_finder.h"
#include "wording.h"

namespace krules::cli {

namespace {

enum class Format : uint8_t { kText, kJson };

struct WhyOptions {
  std::string what;
  std::string store = kDefaultStore;
  std::string rule;
  Format format = Format::kText;
  uint64_t limit = 1;
};

constexpr const char* kExamples =
    R"(EVENT_ID is the `id` of an event of the input, or of one that was printed: shows all that it set
off. With --rule NAME: whether that rule ran, and where it did not, which `when` held it back.
SUBJECT.PROPERTY: the event and the rule that gave the property its value (SUBJECT.ext.NAME for an
extended one), and what led there from the input on; --limit N shows earlier changes too.

The stories come from the journal that `krules run` keeps in the store: of every cascade with
--journal all, else of those alone in which something failed.

Exit status: 1 when the journal knows nothing about it.

Examples:
  krules why order-17.status --db shop.db
  krules why 6f1c0a52-1 --db shop.db
  krules why 6f1c0a52-1 --rule ship_order --db shop.db
)";

/// What began a cascade.
std::string origin_of(const CascadeTrace& trace) {
  if (trace.timer != 0) return fmt::format("timer {}", trace.timer);
  if (trace.call != 0) return fmt::format("the answer of call {}", trace.call);
  return "the input";
}

std::string story_head(const CascadeTrace& trace) {
  std::string time;
  append_timestamp(time, trace.time);
  std::string from = trace.source;
  if (trace.line != 0) from += fmt::format(":{}", trace.line);
  if (trace.timer != 0 || trace.call != 0) from = origin_of(trace);
  return fmt::format("cascade {} at {}, from {}\n", on_one_line(trace.event_id), time, on_one_line(from));
}

const TracedEvent* event_of(const CascadeTrace& trace, uint32_t number) {
  for (const TracedEvent& event : trace.events) {
    if (event.number == number) return &event;
  }
  return nullptr;
}

/// A change of a property, within its story.
struct Change {
  const TracedEvent* event = nullptr;
  const TracedUnit* unit = nullptr;
  const TracedDeed* deed = nullptr;
};

/// The last one that holds.
Change last_change(const CascadeTrace& trace, std::string_view subject, std::string_view property) {
  Change last;
  for (const TracedEvent& event : trace.events) {
    for (const TracedUnit& unit : event.units) {
      for (const TracedDeed& deed : unit.deeds) {
        const bool changes = deed.kind == TracedDeed::Kind::kSet || deed.kind == TracedDeed::Kind::kDelete;
        if (!changes || deed.undone || deed.subject != subject) continue;
        if ((deed.extended ? "ext." + deed.name : deed.name) == property) last = {&event, &unit, &deed};
      }
    }
  }
  return last;
}

std::string place_text(const TracedPlace& place) {
  return place.file.empty() ? std::string() : fmt::format("{}:{}", place.file, place.line);
}

class Teller {
 public:
  Teller(const WhyOptions& options, Store& store) : options_(options), finder_(store) {
    text_.colour = colour_for(1);
  }

  ExitStatus tell() {
    const StoryFinder::OfEvent of_event = finder_.of_event(options_.what, options_.limit);
    if (finder_.ok() && !of_event.stories.empty()) {
      for (const CascadeTrace& story : of_event.stories) {
        const ExitStatus status =
            options_.rule.empty() ? tell_story(story) : tell_rule(story, of_event.event);
        if (status != ExitStatus::kOk) return finish_output(status);
      }
      return finish_output(ExitStatus::kOk);
    }
    if (finder_.ok() && !options_.rule.empty() && is_property()) {
      wrong_usage(
          fmt::format("`{}` is a property, and --rule asks about an event: leave it out", options_.what));
    }
    if (finder_.ok() && options_.rule.empty() && tell_property()) return finish_output(ExitStatus::kOk);
    if (!finder_.ok()) return complain(status_of(finder_.error()), finder_.error().message);
    return complain(ExitStatus::kNo, nothing_known());
  }

 private:
  ExitStatus tell_story(const CascadeTrace& story) {
    if (options_.format == Format::kJson) {
      fmt::print("{{\"story\":{}}}\n", trace_as_json(story));
    } else {
      fmt::print("{}{}", story_head(story), trace_as_text(story, text_));
    }
    return ExitStatus::kOk;
  }

  // ------------------------------------------------------------- a rule

  ExitStatus tell_rule(const CascadeTrace& story, uint32_t asked) {
    std::vector<std::pair<const TracedEvent*, const TracedUnit*>> found;
    for (const TracedEvent& event : story.events) {
      for (const TracedUnit& unit : event.units) {
        if (unit.name == options_.rule) found.emplace_back(&event, &unit);
      }
    }
    if (options_.format == Format::kJson) {
      std::string considered;
      for (const auto& [event, unit] : found) {
        considered += fmt::format("{}{{\"event\":{},\"outcome\":\"{}\"}}", considered.empty() ? "" : ",",
                                  event->number, outcome_name(unit->outcome));
      }
      std::string rule;
      append_json_string(rule, options_.rule);
      fmt::print("{{\"rule\":{},\"considered\":[{}],\"story\":{}}}\n", rule, considered,
                 trace_as_json(story));
      return ExitStatus::kOk;
    }
    fmt::print("{}", story_head(story));
    for (const auto& [event, unit] : found) tell_outcome(*event, *unit);
    if (!found.empty()) return ExitStatus::kOk;
    return tell_unseen_rule(story, asked);
  }

  /// Of a rule that stands nowhere in the story. Status kNo where it may not be there at all.
  ExitStatus tell_unseen_rule(const CascadeTrace& story, uint32_t asked) {
    const TracedEvent* event = event_of(story, asked);
    if (event == nullptr) event = &story.events.front();
    const bool known = finder_.knows_rule(options_.rule);
    if (known) {
      fmt::print("  {} was not looked at: its patterns fit no event of this cascade\n",
                 on_one_line(options_.rule));
    } else {
      const std::string near = finder_.near_rule(options_.rule);
      fmt::print(
          "  no story of the journal tells of a rule `{}`: there is none, or no event has fitted it yet{}\n",
          on_one_line(options_.rule), near.empty() ? "" : fmt::format("; did you mean `{}`?", near));
    }
    fmt::print("  event {}  {}\n", event->number, on_one_line(event_as_text(*event)));
    bool may_be_there = known;
    for (const TracedEvent& each : story.events) {
      for (const TracedEvent::Waiting& waiting : each.waiting) {
        fmt::print("  or it is one of the {} that wait for another {} than {}, which event {} has\n",
                   counted(waiting.rules, "rule"), waiting.field,
                   waiting.value.empty() ? "null" : on_one_line(waiting.value), each.number);
        may_be_there = true;
      }
      if (each.other_subjects > 0) {
        fmt::print("  or it is one of the {} that wait for such an event as {} of other subjects\n",
                   counted(each.other_subjects, "rule"), each.number);
        may_be_there = true;
      }
    }
    if (story.left_out > 0) {
      fmt::print("  or its part of the story was left out: the cascade is too long\n");
      may_be_there = true;
    }
    return may_be_there ? ExitStatus::kOk : ExitStatus::kNo;
  }

  void tell_outcome(const TracedEvent& event, const TracedUnit& unit) {
    fmt::print("  event {}  {}\n", event.number, on_one_line(event_as_text(event)));
    std::string text;
    switch (unit.outcome) {
      case TracedUnit::Outcome::kDone:
        text = "ran";
        break;
      case TracedUnit::Outcome::kHeldBack:
        text = "did not run: ";
        if (unit.condition.has_value()) text += condition_as_text(*unit.condition, 200);
        break;
      case TracedUnit::Outcome::kConditionFailed:
        text = "did not run: its condition failed, which counts as false: " + unit.message;
        break;
      case TracedUnit::Outcome::kSkipped:
        text = "did not run: a middleware ran no `next`";
        if (!unit.message.empty()) text = "did not run: middleware `" + unit.message + "` ran no `next`";
        break;
      case TracedUnit::Outcome::kFailed:
        text = "failed, and what it did was undone: " + unit.message;
        break;
      case TracedUnit::Outcome::kStopped:
        text = "stopped the event";
        break;
    }
    const TracedPlace& place = unit.condition.has_value() ? unit.condition->place : unit.place;
    fmt::print("    {} {} ({})\n", on_one_line(unit.name), on_one_line(text), place_text(place));
    for (const TracedDeed& deed : unit.deeds) fmt::print("      {}\n", on_one_line(deed_as_text(deed, 200)));
  }

  // ------------------------------------------------------------- a property

  /// SUBJECT.PROPERTY where both may have dots. False: the journal knows no such property.
  bool tell_property() {
    const std::string& what = options_.what;
    for (size_t dot = what.rfind('.'); dot != std::string::npos && dot > 0; dot = what.rfind('.', dot - 1)) {
      const std::string subject = what.substr(0, dot);
      const std::string property = what.substr(dot + 1);
      if (property.empty()) continue;
      const std::vector<CascadeTrace> stories = finder_.of_property(subject, property, options_.limit);
      if (!finder_.ok()) return false;
      if (stories.empty()) continue;
      tell_value(subject, property, stories.front());
      for (const CascadeTrace& story : stories) tell_change(story, subject, property);
      return true;
    }
    return false;
  }

  /// Whether what was asked for is in the store, or in the journal, as SUBJECT.PROPERTY.
  bool is_property() {
    const std::string& what = options_.what;
    for (size_t dot = what.rfind('.'); dot != std::string::npos && dot > 0; dot = what.rfind('.', dot - 1)) {
      const std::string subject = what.substr(0, dot);
      const std::string property = what.substr(dot + 1);
      if (property.empty()) continue;
      bool exists = false;
      if (!finder_.stored(subject, property, exists).empty()) return true;
      if (!finder_.of_property(subject, property, 1).empty()) return true;
    }
    return false;
  }

  void tell_value(const std::string& subject, const std::string& property, const CascadeTrace& newest) {
    if (options_.format == Format::kJson) return;
    bool exists = false;
    const std::string now = finder_.stored(subject, property, exists);
    fmt::print("{} of {} {}\n", on_one_line(property), on_one_line(subject),
               now.empty() ? "is not set" : "is " + on_one_line(now));
    const Change change = last_change(newest, subject, property);
    if (change.deed == nullptr || change.deed->new_value == now || change.deed->new_value.ends_with("...\""))
      return;
    fmt::print(
        "(the journal does not know the cascade that gave it this value; the last change that it knows "
        "follows)\n");
  }

  void tell_change(const CascadeTrace& story, const std::string& subject, const std::string& property) {
    const Change change = last_change(story, subject, property);
    if (change.deed == nullptr) return;
    if (options_.format == Format::kJson) {
      std::string rule;
      append_json_string(rule, change.unit->name);
      std::string because;
      for (const TracedEvent* event = change.event; event != nullptr; event = cause_of(story, *event))
        because += fmt::format("{}{}", because.empty() ? "" : ",", event->number);
      fmt::print("{{\"event\":{},\"rule\":{},\"because\":[{}],\"story\":{}}}\n", change.event->number, rule,
                 because, trace_as_json(story));
      return;
    }
    fmt::print("\n{}", story_head(story));
    fmt::print("  {:<9} {}   by {} ({})\n", change.deed->kind == TracedDeed::Kind::kSet ? "set" : "delete",
               on_one_line(deed_as_text(*change.deed)), on_one_line(change.unit->name),
               place_text(change.unit->place));
    tell_causes(story, change.event);
    // What a timer or an answer began goes on in the cascade that set the timer or made the call.
    constexpr int kMostSteps = 20;
    CascadeTrace from = story;
    for (int i = 0; i < kMostSteps && (from.timer != 0 || from.call != 0); ++i) {
      std::optional<StoryFinder::Beginning> behind = finder_.behind(from);
      if (!behind.has_value()) {
        fmt::print("  {:<9} {}: the journal does not know where it comes from\n", "because", origin_of(from));
        return;
      }
      tell_beginning(*behind);
      from = std::move(behind->story);
    }
  }

  static const TracedEvent* cause_of(const CascadeTrace& story, const TracedEvent& event) {
    return event.cause == 0 || event.cause >= event.number ? nullptr : event_of(story, event.cause);
  }

  void tell_causes(const CascadeTrace& story, const TracedEvent* event) {
    for (; event != nullptr; event = cause_of(story, *event)) {
      const std::string from = event->rule.empty() ? origin_of(story) : fmt::format("by {}", event->rule);
      fmt::print("  {:<9} event {}  {}   {}\n", "because", event->number, on_one_line(event_as_text(*event)),
                 on_one_line(from));
    }
  }

  void tell_beginning(const StoryFinder::Beginning& behind) {
    const TracedEvent& event = behind.story.events[behind.event];
    const TracedUnit& unit = event.units[behind.unit];
    const TracedDeed& deed = unit.deeds[behind.deed];
    fmt::print("{}  {:<9} {}   by {} ({})\n", story_head(behind.story),
               deed.kind == TracedDeed::Kind::kCall ? "call" : "timer", on_one_line(deed_as_text(deed)),
               on_one_line(unit.name), place_text(unit.place));
    tell_causes(behind.story, &event);
  }

  // ------------------------------------------------------------- nothing

  std::string nothing_known() {
    const std::string& what = options_.what;
    if (finder_.journal_is_empty()) {
      return fmt::format(
          "the journal of {} is empty: `krules run --journal all` keeps the story of every cascade, "
          "`--journal failures` of those in which something failed",
          options_.store);
    }
    for (size_t dot = what.rfind('.'); dot != std::string::npos && dot > 0; dot = what.rfind('.', dot - 1)) {
      const std::string subject = what.substr(0, dot);
      const std::string property = what.substr(dot + 1);
      bool exists = false;
      const std::string value = finder_.stored(subject, property, exists);
      if (!value.empty()) {
        return fmt::format(
            "{} of {} is {}, but the journal has nothing about it: it kept no story then (`krules run "
            "--journal all` keeps all of them), or has forgotten it (--journal-mb)",
            property, subject, on_one_line(value));
      }
      if (!exists) continue;
      const std::string near = finder_.near_property(subject, property);
      return fmt::format(
          "`{}` has no property `{}`{}", subject, property,
          near.empty() ? std::string() : fmt::format("; did you mean `{}.{}`?", subject, near));
    }
    std::string near = finder_.near_id(what);
    if (const size_t dot = what.rfind('.'); near.empty() && dot != std::string::npos) {
      near = finder_.near_subject(what.substr(0, dot));
      if (!near.empty()) near += what.substr(dot);
    }
    return fmt::format(
        "the journal of {} knows no event and no property `{}`{}", options_.store, what,
        near.empty() ? ": it keeps all cascades with `krules run --journal all` alone, and forgets the oldest"
                     : fmt::format("; did you mean `{}`?", near));
  }

  const WhyOptions& options_;
  StoryFinder finder_;
  TraceTextOptions text_;
};

ExitStatus why(const WhyOptions& options) {
  if (options.what.empty()) wrong_usage("name the id of an event, or SUBJECT.PROPERTY");
  std::unique_ptr<Store> store;
  if (const ExitStatus status = open_to_look(options.store, store); status != ExitStatus::kOk) return status;
  return Teller(options, *store).tell();
}

}  // namespace

Action declare_why(CLI::App& app) {
  auto options = std::make_shared<WhyOptions>();
  add_text(app, "WHAT", "WHAT", options->what, "the id of an event, or SUBJECT.PROPERTY")
      ->option_text("EVENT_ID|SUBJECT.PROPERTY");
  add_store(app, options->store);
  add_text(app, "--rule", "NAME", options->rule, "with an event: whether this rule ran, and why not");
  add_choice<Format>(app, "--format", {{"text", Format::kText}, {"json", Format::kJson}}, options->format,
                     "how to print it (default: text)");
  add_number(app, "--limit", 1, 1'000'000, options->limit,
             "so many stories at most, the newest first (default: 1)");
  app.footer(kExamples);
  return [options] { return why(*options); };
}

}  // namespace krules::cli
