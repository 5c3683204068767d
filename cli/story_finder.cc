#include "story_finder.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <set>

#include "krules/arena.h"
#include "krules/diagnostic.h"
#include "krules/json.h"
#include "krules/symbol.h"

namespace krules::cli {

namespace {

constexpr size_t kIdentitySize = 32;
// Names that are looked at for a suggestion.
constexpr size_t kMostNames = 20'000;
constexpr int64_t kMostStories = 1000;

/// The number behind "IDENTITY-"; 0 where the id is not one of an emitted event.
uint32_t number_of(std::string_view id) {
  if (id.size() <= kIdentitySize + 1 || id[kIdentitySize] != '-') return 0;
  uint32_t number = 0;
  const char* end = id.data() + id.size();
  const auto [stopped, error] = std::from_chars(id.data() + kIdentitySize + 1, end, number);
  return error == std::errc() && stopped == end ? number : 0;
}

std::string nearest_of(std::string_view name, const std::vector<std::string>& names) {
  const std::vector<std::string_view> views(names.begin(), names.end());
  return std::string(nearest_name(name, views));
}

bool is_extended(std::string_view property) {
  return property.starts_with("ext.");
}

/// Visits the members of stored JSON objects.
template <class Visit>
void visit_members(const std::vector<StoredPart>& parts, bool extended, const Visit& visit) {
  Arena arena;
  const SymbolTable symbols;
  for (const StoredPart& part : parts) {
    const std::string& text = extended ? part.extended : part.properties;
    if (text.empty()) continue;
    const JsonResult parsed = parse_json(text, JsonStyle::kTaggedRow, arena, symbols);
    if (!parsed.value.is(ValueKind::kMap)) continue;
    for (const MapRep::Entry& entry : parsed.value.as_map().entries()) visit(entry.key->text(), entry.value);
  }
}

}  // namespace

template <class Found>
void StoryFinder::search(std::string_view part, const Found& found) {
  if (!ok()) return;
  status_ = store_.journal_recent(std::numeric_limits<int64_t>::max(), [&](const JournalEntry& entry) {
    CascadeTrace trace;
    if (entry.story.find(part) == std::string::npos || !trace_from_json(entry.story, trace)) return true;
    return !found(trace);
  });
}

StoryFinder::OfEvent StoryFinder::of_event(const std::string& id, size_t limit) {
  OfEvent result;
  const auto take = [&](const JournalEntry& entry) {
    CascadeTrace trace;
    if (trace_from_json(entry.story, trace)) result.stories.push_back(std::move(trace));
    return result.stories.size() < limit;
  };
  status_ = store_.journal_of_event(id, take);
  const uint32_t number = number_of(id);
  if (!ok() || !result.stories.empty() || number == 0) return result;
  result.event = number;
  const std::string identity = id.substr(0, kIdentitySize);
  status_ = store_.journal_of_event(identity, take);
  if (!ok() || !result.stories.empty()) return result;
  // The cascade of an event that came with an id of its own.
  search(fmt::format("\"identity\":\"{}\"", identity), [&](const CascadeTrace& trace) {
    if (trace.identity != identity) return false;
    result.stories.push_back(trace);
    return result.stories.size() == limit;
  });
  return result;
}

std::vector<CascadeTrace> StoryFinder::of_property(std::string_view subject, std::string_view property,
                                                   size_t limit) {
  std::vector<CascadeTrace> stories;
  if (!ok()) return stories;
  status_ = store_.journal_of_property(subject, property, limit, [&](const JournalEntry& entry) {
    CascadeTrace trace;
    if (trace_from_json(entry.story, trace)) stories.push_back(std::move(trace));
    return true;
  });
  return stories;
}

std::optional<StoryFinder::Beginning> StoryFinder::behind(const CascadeTrace& story) {
  std::optional<Beginning> beginning;
  if (story.timer == 0 && story.call == 0) return beginning;
  const bool is_timer = story.timer != 0;
  const auto is_it = [&](const TracedDeed& deed) {
    if (deed.undone) return false;
    return is_timer ? deed.kind == TracedDeed::Kind::kSetTimer && deed.timer == story.timer
                    : deed.kind == TracedDeed::Kind::kCall && deed.call == story.call;
  };
  const std::string part =
      is_timer ? fmt::format("\"timer\":{}", story.timer) : fmt::format("\"call\":{}", story.call);
  search(part, [&](const CascadeTrace& trace) {
    for (size_t event = 0; event < trace.events.size(); ++event) {
      const std::vector<TracedUnit>& units = trace.events[event].units;
      for (size_t unit = 0; unit < units.size(); ++unit) {
        for (size_t deed = 0; deed < units[unit].deeds.size(); ++deed) {
          if (!is_it(units[unit].deeds[deed])) continue;
          beginning = Beginning{trace, event, unit, deed};
          return true;
        }
      }
    }
    return false;
  });
  return beginning;
}

bool StoryFinder::journal_is_empty() {
  bool empty = true;
  if (ok()) {
    status_ = store_.journal_recent(1, [&](const JournalEntry&) {
      empty = false;
      return false;
    });
  }
  return empty;
}

bool StoryFinder::knows_rule(std::string_view rule) {
  bool known = false;
  std::string quoted;
  append_json_string(quoted, rule);
  search(quoted, [&](const CascadeTrace& trace) {
    for (const TracedEvent& event : trace.events) {
      for (const TracedUnit& unit : event.units) known = known || unit.name == rule;
    }
    return known;
  });
  return known;
}

std::string StoryFinder::near_rule(std::string_view rule) {
  std::set<std::string> names;
  if (ok()) {
    status_ = store_.journal_recent(kMostStories, [&](const JournalEntry& entry) {
      CascadeTrace trace;
      if (!trace_from_json(entry.story, trace)) return true;
      for (const TracedEvent& event : trace.events) {
        for (const TracedUnit& unit : event.units) names.insert(unit.name);
      }
      return names.size() < kMostNames;
    });
  }
  return nearest_of(rule, {names.begin(), names.end()});
}

std::string StoryFinder::near_id(std::string_view id) {
  std::vector<std::string> ids;
  if (ok()) {
    status_ = store_.journal_recent(kMostNames, [&](const JournalEntry& entry) {
      ids.push_back(entry.event_id);
      return true;
    });
  }
  return nearest_of(id, ids);
}

std::string StoryFinder::stored(std::string_view subject, std::string_view property, bool& exists) {
  std::vector<StoredPart> parts;
  std::string json;
  if (ok()) status_ = store_.load(subject, parts);
  exists = !parts.empty();
  const bool extended = is_extended(property);
  const std::string_view name = extended ? property.substr(4) : property;
  visit_members(parts, extended, [&](std::string_view key, const Value& value) {
    if (key == name) append_json(json, value);
  });
  return json;
}

std::string StoryFinder::near_property(std::string_view subject, std::string_view property) {
  std::vector<StoredPart> parts;
  std::vector<std::string> names;
  if (ok()) status_ = store_.load(subject, parts);
  visit_members(parts, false, [&](std::string_view key, const Value&) { names.emplace_back(key); });
  visit_members(parts, true,
                [&](std::string_view key, const Value&) { names.push_back("ext." + std::string(key)); });
  return nearest_of(property, names);
}

std::string StoryFinder::near_subject(std::string_view subject) {
  std::vector<std::string> names;
  if (ok()) {
    status_ = store_.scan("", [&](std::string_view name, const std::vector<StoredPart>&) {
      names.emplace_back(name);
      return names.size() < kMostNames;
    });
  }
  return nearest_of(subject, names);
}

}  // namespace krules::cli
