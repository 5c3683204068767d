#include <algorithm>
#include <array>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <utility>

#include "commit_group.h"
#include "krules/glob.h"
#include "krules/store.h"
#include "memory_journal.h"
#include "packed_texts.h"

namespace krules {

namespace {

/// A timer without its id.
class PackedTimer {
 public:
  explicit PackedTimer(const TimerWrite& timer)
      : due_(timer.due),
        texts_(
            {timer.subject, timer.key, timer.type, timer.payload, timer.meta, timer.schedule, timer.rule}) {}

  void unpack(StoredTimer& timer) const {
    timer.due = due_;
    const std::array fields = {&timer.subject, &timer.key,      &timer.type, &timer.payload,
                               &timer.meta,    &timer.schedule, &timer.rule};
    const auto texts = texts_.texts();
    static_assert(fields.size() == texts.size());
    for (size_t i = 0; i < fields.size(); ++i) *fields[i] = texts[i];
  }

 private:
  int64_t due_;
  PackedTexts<7> texts_;
};

StoredCall stored(const CallWrite& call) {
  return {.id = call.id,
          .time = call.time,
          .action = std::string(call.action),
          .arguments = std::string(call.arguments),
          .reply = std::string(call.reply),
          .subject = std::string(call.subject),
          .extra = std::string(call.extra),
          .timeout = call.timeout,
          .attempts = call.attempts,
          .most_attempts = call.most_attempts,
          .backoff = call.backoff,
          .not_before = call.not_before,
          .rule = std::string(call.rule)};
}

class MemoryStore final : public Store {
 public:
  explicit MemoryStore(uint64_t seen_limit) : seen_limit_(seen_limit) {}

  StoreStatus load(std::string_view subject, std::vector<StoredPart>& parts) override;
  StoreStatus commit(const CommitGroup& group) override;
  StoreStatus scan(std::string_view glob, const SubjectVisitor& visit) override;
  StoreStatus count_subjects(uint64_t& count) override;
  StoreStatus position(std::string_view source, std::optional<SourcePosition>& position) override;
  StoreStatus position_by_identity(uint64_t device, uint64_t inode,
                                   std::optional<SourcePosition>& position) override;
  StoreStatus was_seen(std::string_view source, std::string_view id, bool& seen) override;
  StoreStatus pending_outputs(std::vector<PendingOutput>& outputs) override;
  StoreStatus last_group(uint64_t& number) override;
  uint64_t run_number() const override { return 1; }
  StoreStatus dead_letters(std::vector<DeadLetter>& letters) override;
  StoreStatus dead_letters_to_retry(size_t limit, std::vector<DeadLetter>& letters) override;
  StoreStatus timers(const TimerVisitor& visit) override;
  StoreStatus calls(const CallVisitor& visit) override;
  StoreStatus journal_of_event(std::string_view event_id, const JournalVisitor& visit) override;
  StoreStatus journal_of_property(std::string_view subject, std::string_view property, size_t limit,
                                  const JournalVisitor& visit) override;
  StoreStatus journal_recent(size_t limit, const JournalVisitor& visit) override;
  StoreStatus journal_bytes(uint64_t& bytes) override;

 private:
  struct CommittedPosition {
    SourcePosition position;
    uint64_t group;
  };
  using SourceAndId = std::pair<std::string, std::string>;

  void write_part(const PartWrite& write);
  void remember(const std::vector<SeenEvent>& events);
  void write_timer(const TimerWrite& write);
  void write_call(const CallWrite& write);
  StoreStatus visit_journal(size_t limit, const MemoryJournal::Wanted& wanted, const JournalVisitor& visit);

  std::mutex mutex_;  // commit() against all others
  std::map<std::string, std::vector<StoredPart>, std::less<>> subjects_;
  std::map<std::string, CommittedPosition, std::less<>> positions_;
  std::deque<SourceAndId> seen_in_order_;
  std::multiset<SourceAndId> seen_;
  uint64_t seen_limit_;
  std::map<uint64_t, std::string> outbox_;
  uint64_t last_group_ = 0;
  std::map<int64_t, DeadLetter> dead_letters_;
  int64_t last_dead_letter_ = 0;
  std::map<uint64_t, PackedTimer> timers_;
  std::map<uint64_t, StoredCall> calls_;
  MemoryJournal journal_;
};

StoreStatus MemoryStore::load(std::string_view subject, std::vector<StoredPart>& parts) {
  const std::lock_guard lock(mutex_);
  parts.clear();
  if (const auto found = subjects_.find(subject); found != subjects_.end()) parts = found->second;
  return {};
}

StoreStatus MemoryStore::commit(const CommitGroup& group) {
  const std::lock_guard lock(mutex_);
  if (group.number <= last_group_) {
    return StoreError{StoreErrorKind::kMisuse, "group " + std::to_string(group.number) +
                                                   " cannot follow group " + std::to_string(last_group_)};
  }
  if (std::string misuse = misuse_of(group); !misuse.empty())
    return StoreError{StoreErrorKind::kMisuse, std::move(misuse)};
  last_group_ = group.number;
  for (const PartWrite& write : group.subjects) write_part(write);
  for (const SourcePosition& position : group.positions) {
    positions_.insert_or_assign(position.source, CommittedPosition{position, group.number});
  }
  if (!group.seen.empty()) remember(group.seen);
  outbox_.erase(outbox_.begin(), outbox_.upper_bound(group.confirmed));
  if (!group.outputs.empty()) outbox_.emplace(group.number, group.outputs);
  for (const DeadLetter& letter : group.dead_letters) {
    DeadLetter& kept = dead_letters_[++last_dead_letter_] = letter;
    kept.id = last_dead_letter_;
  }
  for (const int64_t id : group.retried) dead_letters_.erase(id);
  for (const TimerWrite& timer : group.timers) write_timer(timer);
  for (const CallWrite& call : group.calls) write_call(call);
  journal_.write(group);
  return {};
}

void MemoryStore::write_part(const PartWrite& write) {
  const bool gone = write.properties.empty() && write.extended.empty();
  auto subject = subjects_.find(write.subject);
  if (subject == subjects_.end()) {
    if (gone) return;
    subject = subjects_.emplace(write.subject, std::vector<StoredPart>{}).first;
  }
  std::vector<StoredPart>& parts = subject->second;
  auto part = std::lower_bound(parts.begin(), parts.end(), write.part,
                               [](const StoredPart& a, uint16_t number) { return a.part < number; });
  const bool there = part != parts.end() && part->part == write.part;
  if (gone) {
    if (there) parts.erase(part);
    if (parts.empty()) subjects_.erase(subject);
    return;
  }
  if (!there) part = parts.insert(part, StoredPart{write.part, {}, {}});
  part->properties = write.properties;
  part->extended = write.extended;
}

void MemoryStore::remember(const std::vector<SeenEvent>& events) {
  for (const SeenEvent& event : events) {
    seen_in_order_.emplace_back(event.source, event.id);
    seen_.insert(seen_in_order_.back());
  }
  while (seen_in_order_.size() > seen_limit_) {
    seen_.extract(seen_in_order_.front());
    seen_in_order_.pop_front();
  }
}

void MemoryStore::write_timer(const TimerWrite& write) {
  if (write.removed) {
    timers_.erase(write.id);
  } else {
    timers_.insert_or_assign(write.id, PackedTimer(write));
  }
}

void MemoryStore::write_call(const CallWrite& write) {
  if (write.removed) {
    calls_.erase(write.id);
  } else {
    calls_.insert_or_assign(write.id, stored(write));
  }
}

StoreStatus MemoryStore::scan(std::string_view glob_text, const SubjectVisitor& visit) {
  const Glob glob(glob_text.empty() ? "*" : glob_text);
  std::string name;
  std::vector<StoredPart> parts;
  for (bool first = true;; first = false) {
    {
      // Not held during the visit, which may call load().
      const std::lock_guard lock(mutex_);
      auto next = first ? subjects_.begin() : subjects_.upper_bound(name);
      while (next != subjects_.end() && !glob.matches(next->first)) ++next;
      if (next == subjects_.end()) return {};
      name = next->first;
      parts = next->second;
    }
    if (!visit(name, parts)) return {};
  }
}

StoreStatus MemoryStore::count_subjects(uint64_t& count) {
  const std::lock_guard lock(mutex_);
  count = subjects_.size();
  return {};
}

StoreStatus MemoryStore::position(std::string_view source, std::optional<SourcePosition>& position) {
  const std::lock_guard lock(mutex_);
  position.reset();
  if (const auto found = positions_.find(source); found != positions_.end())
    position = found->second.position;
  return {};
}

StoreStatus MemoryStore::position_by_identity(uint64_t device, uint64_t inode,
                                              std::optional<SourcePosition>& position) {
  const std::lock_guard lock(mutex_);
  position.reset();
  uint64_t newest = 0;
  for (const auto& [source, entry] : positions_) {
    if (entry.position.device != device || entry.position.inode != inode || entry.group < newest) continue;
    newest = entry.group;
    position = entry.position;
  }
  return {};
}

StoreStatus MemoryStore::was_seen(std::string_view source, std::string_view id, bool& seen) {
  const std::lock_guard lock(mutex_);
  seen = seen_.contains(SourceAndId(source, id));
  return {};
}

StoreStatus MemoryStore::pending_outputs(std::vector<PendingOutput>& outputs) {
  const std::lock_guard lock(mutex_);
  outputs.clear();
  for (const auto& [number, lines] : outbox_) outputs.push_back({number, lines});
  return {};
}

StoreStatus MemoryStore::last_group(uint64_t& number) {
  const std::lock_guard lock(mutex_);
  number = last_group_;
  return {};
}

StoreStatus MemoryStore::dead_letters(std::vector<DeadLetter>& letters) {
  const std::lock_guard lock(mutex_);
  letters.clear();
  for (const auto& [id, letter] : dead_letters_) letters.push_back(letter);
  return {};
}

StoreStatus MemoryStore::dead_letters_to_retry(size_t limit, std::vector<DeadLetter>& letters) {
  const std::lock_guard lock(mutex_);
  letters.clear();
  for (const auto& [id, letter] : dead_letters_) {
    if (letters.size() >= limit) break;
    if (letter.retry) letters.push_back(letter);
  }
  return {};
}

// The lock is not held during a visit, which may call load().

StoreStatus MemoryStore::timers(const TimerVisitor& visit) {
  StoredTimer timer;
  do {
    const std::lock_guard lock(mutex_);
    const auto next = timers_.upper_bound(timer.id);
    if (next == timers_.end()) return {};
    timer.id = next->first;
    next->second.unpack(timer);
  } while (visit(timer));
  return {};
}

StoreStatus MemoryStore::calls(const CallVisitor& visit) {
  StoredCall call;
  do {
    const std::lock_guard lock(mutex_);
    const auto next = calls_.upper_bound(call.id);
    if (next == calls_.end()) return {};
    call = next->second;
  } while (visit(call));
  return {};
}

StoreStatus MemoryStore::visit_journal(size_t limit, const MemoryJournal::Wanted& wanted,
                                       const JournalVisitor& visit) {
  JournalEntry entry;
  entry.number = UINT64_MAX;
  for (size_t count = 0; count < limit; ++count) {
    {
      const std::lock_guard lock(mutex_);
      const JournalEntry* found = journal_.newest_before(entry.number, wanted);
      if (found == nullptr) return {};
      entry = *found;
    }
    if (!visit(entry)) return {};
  }
  return {};
}

StoreStatus MemoryStore::journal_of_event(std::string_view event_id, const JournalVisitor& visit) {
  return visit_journal(
      SIZE_MAX, [&](const JournalEntry& entry) { return entry.event_id == event_id; }, visit);
}

StoreStatus MemoryStore::journal_of_property(std::string_view subject, std::string_view property,
                                             size_t limit, const JournalVisitor& visit) {
  const auto changed_it = [&](const JournalEntry& entry) {
    return std::any_of(entry.touched.begin(), entry.touched.end(), [&](const PropertyName& name) {
      return name.subject == subject && name.property == property;
    });
  };
  return visit_journal(limit, changed_it, visit);
}

StoreStatus MemoryStore::journal_recent(size_t limit, const JournalVisitor& visit) {
  return visit_journal(
      limit, [](const JournalEntry&) { return true; }, visit);
}

StoreStatus MemoryStore::journal_bytes(uint64_t& bytes) {
  const std::lock_guard lock(mutex_);
  bytes = journal_.bytes();
  return {};
}

}  // namespace

std::unique_ptr<Store> make_memory_store(uint64_t seen_limit) {
  return std::make_unique<MemoryStore>(seen_limit);
}

}  // namespace krules
