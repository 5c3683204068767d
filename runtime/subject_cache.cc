#include "subject_cache.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

namespace krules {

namespace {

// How the names begin of what rules keep with `state(key)`.
constexpr std::string_view kStatePrefix = "state:";
constexpr size_t kFirstBuckets = 1024;
constexpr size_t kLooksPerTrim = 1024;
// What the heap adds to a block.
constexpr size_t kBlockOverhead = 16;

size_t set_bytes(const PropertySet& properties) {
  size_t bytes = properties.size() * (sizeof(PropertySlot) + sizeof(PropertySlot) / 2) + kBlockOverhead;
  for (const PropertySlot& slot : properties) {
    if (slot.value.has_memory()) bytes += owned_size(slot.value) + kBlockOverhead;
  }
  return bytes;
}

size_t subject_bytes(const Subject& subject) {
  size_t bytes = sizeof(Subject) + 2 * kBlockOverhead + subject.name().size() + set_bytes(subject.properties);
  if (subject.extended != nullptr) bytes += sizeof(PropertySet) + set_bytes(*subject.extended);
  return bytes;
}

}  // namespace

SubjectCache::SubjectCache(Options options, std::shared_ptr<const SymbolTable> symbols)
    : options_(options),
      symbols_(std::move(symbols)),
      buckets_(kFirstBuckets),
      complete_(options.store == nullptr || options.store_is_empty) {}

SubjectCache::~SubjectCache() {
  for (const Bucket& bucket : buckets_) delete bucket.subject;
}

void SubjectCache::clear() {
  for (const Bucket& bucket : buckets_) delete bucket.subject;
  buckets_.assign(kFirstBuckets, Bucket{});
  count_ = bytes_ = hand_ = 0;
}

Subject* SubjectCache::get(std::string_view name) {
  const uint64_t hash = hash_text(name);
  const size_t mask = buckets_.size() - 1;
  for (size_t i = hash & mask; buckets_[i].subject != nullptr; i = (i + 1) & mask) {
    if (buckets_[i].hash == hash && buckets_[i].subject->name() == name) {
      buckets_[i].subject->referenced = true;
      return buckets_[i].subject;
    }
  }
  return insert(name, hash);
}

Subject* SubjectCache::insert(std::string_view name, uint64_t hash) {
  if ((count_ + 1) * 3 > buckets_.size() * 2) grow();
  auto subject = std::make_unique<Subject>(name);
  if (!complete_ && !load(*subject)) return nullptr;
  subject->referenced = true;
  recount(*subject);
  const size_t mask = buckets_.size() - 1;
  size_t i = hash & mask;
  while (buckets_[i].subject != nullptr) i = (i + 1) & mask;
  buckets_[i] = {hash, subject.release()};
  ++count_;
  return buckets_[i].subject;
}

void SubjectCache::recount(Subject& subject) {
  const size_t now = subject_bytes(subject);
  bytes_ += now - subject.counted_bytes;
  subject.counted_bytes = now;
}

bool SubjectCache::load(Subject& subject) {
  if (StoreStatus status = options_.store->load(subject.name(), parts_); !status.ok()) {
    error_ = status.error();
    return false;
  }
  std::string problem;
  for (const StoredPart& part : parts_) {
    bool whole =
        part.properties.empty() || add_properties(part.properties, part.part, subject.properties, problem);
    if (whole && !part.extended.empty()) {
      if (subject.extended == nullptr) subject.extended = std::make_unique<PropertySet>();
      whole = add_properties(part.extended, part.part, *subject.extended, problem);
    }
    if (!whole) {
      error_ = {StoreErrorKind::kDamaged,
                fmt::format("the stored subject `{}` cannot be read: {}", subject.name(), problem)};
      return false;
    }
  }
  subject.exists = !parts_.empty();
  return true;
}

bool SubjectCache::add_properties(std::string_view json, uint16_t part, PropertySet& properties,
                                  std::string& problem) {
  arena_.reset();
  Value map;
  if (!json_.read(json, JsonStyle::kTaggedRow, arena_, *symbols_, map)) {
    problem = json_.error();
    return false;
  }
  if (!map.is(ValueKind::kMap)) {
    problem = "not a JSON object";
    return false;
  }
  for (const MapRep::Entry& entry : map.as_map().entries()) {
    properties.add(entry.key, clone_owned(entry.value))->part = part;
  }
  return true;
}

void SubjectCache::grow() {
  std::vector<Bucket> bigger(buckets_.size() * 2);
  const size_t mask = bigger.size() - 1;
  for (const Bucket& bucket : buckets_) {
    if (bucket.subject == nullptr) continue;
    size_t i = bucket.hash & mask;
    while (bigger[i].subject != nullptr) i = (i + 1) & mask;
    bigger[i] = bucket;
  }
  buckets_ = std::move(bigger);
}

void SubjectCache::erase(size_t bucket) {
  Subject* gone = buckets_[bucket].subject;
  bytes_ -= gone->counted_bytes;
  if (gone->exists) complete_ = false;
  delete gone;
  --count_;
  // Close the gap: entries that were pushed past it move back.
  const size_t mask = buckets_.size() - 1;
  size_t hole = bucket;
  for (size_t i = (bucket + 1) & mask; buckets_[i].subject != nullptr; i = (i + 1) & mask) {
    const size_t home = buckets_[i].hash & mask;
    if (((i - home) & mask) >= ((i - hole) & mask)) {
      buckets_[hole] = buckets_[i];
      hole = i;
    }
  }
  buckets_[hole] = {};
}

void SubjectCache::trim(uint64_t committed) {
  if (bytes_ <= options_.budget_bytes) return;
  // Second chance: one turn clears marks, the next takes what stayed unmarked. A call does a bounded amount
  // of work, so that a cascade never waits for a walk over all subjects.
  const size_t mask = buckets_.size() - 1;
  for (size_t looked = 0; looked < kLooksPerTrim && bytes_ > options_.budget_bytes; ++looked) {
    Subject* subject = buckets_[hand_ & mask].subject;
    if (subject == nullptr || subject->last_group > committed ||
        (subject->exists && options_.store == nullptr)) {
      ++hand_;
    } else if (subject->referenced) {
      subject->referenced = false;
      ++hand_;
    } else {
      erase(hand_ & mask);  // something may have moved here: look again
    }
  }
}

bool SubjectCache::existing(const std::vector<NamePattern>& patterns, std::vector<std::string>& names) {
  const auto matches = [&](std::string_view name) {
    // What rules keep with `state(key)` is no subject of its own, unless it is asked for by name.
    const bool is_state = name.starts_with(kStatePrefix);
    return std::any_of(patterns.begin(), patterns.end(), [&](const NamePattern& pattern) {
      return (!is_state || pattern.text.starts_with(kStatePrefix)) && pattern.glob.matches(name);
    });
  };
  // What is here is as it is now; the store may be a commit behind.
  std::unordered_set<std::string_view> here;
  for (const Bucket& bucket : buckets_) {
    if (bucket.subject == nullptr) continue;
    here.insert(bucket.subject->name());
    if (bucket.subject->exists && matches(bucket.subject->name())) names.emplace_back(bucket.subject->name());
  }
  if (options_.store != nullptr && !complete_) {
    const std::string glob = patterns.size() == 1 ? patterns[0].text : std::string();
    const StoreStatus status =
        options_.store->scan(glob, [&](std::string_view name, const std::vector<StoredPart>&) {
          if (!here.contains(name) && matches(name)) names.emplace_back(name);
          return true;
        });
    if (!status.ok()) {
      error_ = status.error();
      return false;
    }
  }
  std::sort(names.begin(), names.end());
  return true;
}

}  // namespace krules
