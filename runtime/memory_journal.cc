#include "memory_journal.h"

#include <algorithm>
#include <span>

#include "commit_group.h"

namespace krules {

void MemoryJournal::write(const CommitGroup& group) {
  std::span<const PropertyNameView> names = group.touched;
  for (const JournalWrite& write : group.journal) {
    const auto touched = names.first(write.touched);
    names = names.subspan(write.touched);
    Kept& kept = entries_.emplace_back();
    kept.bytes = journal_entry_bytes(write, touched);
    bytes_ += kept.bytes;
    JournalEntry& entry = kept.entry;
    entry.number = ++last_number_;
    entry.time = write.time;
    entry.event_id = write.event_id;
    entry.source = write.source;
    entry.type = write.type;
    entry.subject = write.subject;
    entry.story = write.story;
    for (const PropertyNameView& name : touched)
      entry.touched.push_back({std::string(name.subject), std::string(name.property)});
    std::sort(entry.touched.begin(), entry.touched.end());
    entry.touched.erase(std::unique(entry.touched.begin(), entry.touched.end()), entry.touched.end());
  }
  if (group.journal.empty() || group.journal_limit_bytes == 0) return;
  while (bytes_ > group.journal_limit_bytes && entries_.size() > 1) {
    bytes_ -= entries_.front().bytes;
    entries_.pop_front();
  }
}

const JournalEntry* MemoryJournal::newest_before(uint64_t before, const Wanted& wanted) const {
  const uint64_t first = last_number_ - entries_.size() + 1;
  for (uint64_t number = std::min(before, last_number_ + 1); number-- > first;) {
    const JournalEntry& entry = entries_[number - first].entry;
    if (wanted(entry)) return &entry;
  }
  return nullptr;
}

}  // namespace krules
