#include "commit_group.h"

#include <fmt/format.h>

namespace krules {

namespace {

// What SQLite keeps beside the texts, rounded up: numbers, lengths, the entries of indexes.
constexpr uint64_t kEntryBytes = 60;
constexpr uint64_t kTouchedBytes = 30;

bool is_id(uint64_t id) {
  return id >= 1 && id <= static_cast<uint64_t>(INT64_MAX);
}

}  // namespace

std::string misuse_of(const CommitGroup& group) {
  for (const TimerWrite& timer : group.timers) {
    if (!is_id(timer.id)) return fmt::format("{} cannot be the id of a timer", timer.id);
  }
  for (const CallWrite& call : group.calls) {
    if (!is_id(call.id)) return fmt::format("{} cannot be the id of a call", call.id);
  }
  uint64_t touched = 0;
  for (const JournalWrite& entry : group.journal) touched += entry.touched;
  if (touched != group.touched.size()) {
    return fmt::format("the journal's entries speak of {} properties, and the group of {}", touched,
                       group.touched.size());
  }
  return {};
}

uint64_t journal_entry_bytes(const JournalWrite& entry, std::span<const PropertyNameView> touched) {
  // The event's id stands in an index, too, and so does all of what was touched.
  uint64_t bytes = kEntryBytes + 2 * entry.event_id.size() + entry.source.size() + entry.type.size() +
                   entry.subject.size() + entry.story.size();
  for (const PropertyNameView& name : touched)
    bytes += kTouchedBytes + 2 * (name.subject.size() + name.property.size());
  return bytes;
}

}  // namespace krules
