#include <algorithm>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <utility>

#include "krules/glob.h"
#include "krules/store.h"

namespace krules {

namespace {

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

 private:
  struct CommittedPosition {
    SourcePosition position;
    uint64_t group;
  };
  using SourceAndId = std::pair<std::string, std::string>;

  void write_part(const PartWrite& write);
  void remember(const std::vector<SeenEvent>& events);

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

}  // namespace

std::unique_ptr<Store> make_memory_store(uint64_t seen_limit) {
  return std::make_unique<MemoryStore>(seen_limit);
}

}  // namespace krules
