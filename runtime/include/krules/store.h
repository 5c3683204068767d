#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace krules {

enum class StoreErrorKind : uint8_t {
  kCannotOpen,  ///< missing folder, no permission, not a database
  kLocked,      ///< another program runs on this store
  kTooNew,      ///< written by a newer version
  kDamaged,     ///< the file is not what it should be
  kReadOnly,
  kFull,  ///< no space left
  kIo,
  kMisuse,  ///< the caller broke the contract; nothing was done
};

struct StoreError {
  StoreErrorKind kind;
  std::string message;  ///< one sentence for a person, with the path
};

/// Success, or what went wrong.
class [[nodiscard]] StoreStatus {
 public:
  StoreStatus() = default;
  StoreStatus(StoreError error) : error_(std::move(error)) {}  // NOLINT: an error is a status
  bool ok() const { return !error_.has_value(); }
  const StoreError& error() const { return *error_; }

 private:
  std::optional<StoreError> error_;
};

/// A subject's stored form. Its properties are JSON objects in the tagged style (json.h), dealt out over one
/// or more parts so that a change to a subject with thousands of properties rewrites a small row.
struct StoredPart {
  uint16_t part = 0;
  std::string properties;  ///< a JSON object
  std::string extended;    ///< a JSON object, or empty
};

/// One row to write; both texts empty: the row goes. The views point into CommitGroup::text or live as long
/// as the group.
struct PartWrite {
  std::string_view subject;
  uint16_t part = 0;
  std::string_view properties;
  std::string_view extended;
};

/// How far a source has been read: committed with the state that its events made.
struct SourcePosition {
  std::string source;   ///< what names it: the absolute path
  uint64_t offset = 0;  ///< bytes read
  uint64_t line = 0;    ///< lines read
  uint64_t device = 0;  ///< identity of the file
  uint64_t inode = 0;
  uint64_t prefix_length = 0;  ///< of the content when it was first read
  uint64_t prefix_hash = 0;
  uint64_t tail_length = 0;  ///< of the bytes before `offset`
  uint64_t tail_hash = 0;
};

struct SeenEvent {
  std::string_view source;
  std::string_view id;
};

struct DeadLetter {
  int64_t id = 0;    ///< given by the store when it is committed
  int64_t time = 0;  ///< microseconds since 1970
  std::string kind;  ///< "malformed", "input", "fuse", "fail", "budget", ...
  std::string message;
  std::string event;   ///< the event as it came (a JSON line), perhaps not valid JSON
  std::string source;  ///< path or "-"
  uint64_t line = 0;   ///< 0: unknown
  std::string path;    ///< JSON list: the events and rules that led there; "" for none
  bool retry = false;  ///< asked to be sent again
};

/// A timer that is set: an event that will come. Its id is chosen by who sets it, from 1 to 2^63 - 1; the
/// store does not know which ids were in use before.
struct StoredTimer {
  uint64_t id = 0;
  int64_t due = 0;  ///< microseconds since 1970
  std::string subject;
  std::string key;       ///< "": none
  std::string type;      ///< of the event
  std::string payload;   ///< JSON in the tagged style, or "" for none
  std::string meta;      ///< JSON, or "" for none
  std::string schedule;  ///< what an `every` or `at` rule asks for; "" for the timer of an `emit`
  std::string rule;      ///< the one that set it
};

/// One timer to keep (in place of the one with this id, where there is one), or to remove. The views point
/// into CommitGroup::text or live as long as the group.
struct TimerWrite {
  uint64_t id = 0;
  bool removed = false;  ///< nothing but `id` counts then; no such timer: nothing happens
  int64_t due = 0;
  std::string_view subject;
  std::string_view key;
  std::string_view type;
  std::string_view payload;
  std::string_view meta;
  std::string_view schedule;
  std::string_view rule;
};

/// An outside call that waits to be made, or for its answer. Ids as those of timers.
struct StoredCall {
  uint64_t id = 0;
  int64_t time = 0;       ///< when the rule asked for it, in microseconds since 1970
  std::string action;     ///< "http.post", ...
  std::string arguments;  ///< JSON
  std::string reply;      ///< the event that brings the answer; "": none
  std::string subject;    ///< of that event
  std::string extra;      ///< JSON that comes back with it, or "" for none
  int64_t timeout = 0;    ///< microseconds
  uint32_t attempts = 0;  ///< made so far
  uint32_t most_attempts = 0;
  int64_t backoff = 0;     ///< microseconds
  int64_t not_before = 0;  ///< of the next attempt, in microseconds since 1970
  std::string rule;        ///< the one that asked for it
};

/// One call to keep or to remove, as TimerWrite.
struct CallWrite {
  uint64_t id = 0;
  bool removed = false;
  int64_t time = 0;
  std::string_view action;
  std::string_view arguments;
  std::string_view reply;
  std::string_view subject;
  std::string_view extra;
  int64_t timeout = 0;
  uint32_t attempts = 0;
  uint32_t most_attempts = 0;
  int64_t backoff = 0;
  int64_t not_before = 0;
  std::string_view rule;
};

/// A property of a subject, by name.
struct PropertyName {
  std::string subject;
  std::string property;
  friend auto operator<=>(const PropertyName&, const PropertyName&) = default;
};
struct PropertyNameView {
  std::string_view subject;
  std::string_view property;
};

/// What happened in a cascade, for those who ask later.
struct JournalEntry {
  uint64_t number = 0;  ///< given by the store when it is committed; grows
  int64_t time = 0;     ///< microseconds since 1970
  std::string event_id;
  std::string source;
  std::string type;
  std::string subject;
  std::string story;                  ///< JSON
  std::vector<PropertyName> touched;  ///< what it changed: each once, in the order of the names' bytes
};

/// One entry to add. The views point into CommitGroup::text or live as long as the group.
struct JournalWrite {
  int64_t time = 0;
  std::string_view event_id;
  std::string_view source;
  std::string_view type;
  std::string_view subject;
  std::string_view story;
  /// So many of CommitGroup::touched are this entry's: those behind the ones of the entries before it.
  uint32_t touched = 0;
};

/// What one transaction writes: the whole effect of one or more cascades.
struct CommitGroup {
  std::string text;  ///< backs the views
  std::vector<PartWrite> subjects;
  /// Output lines ("...\n" each) of these cascades, kept by the store until confirmed. Empty for none.
  std::string outputs;
  /// Number of this group, one more than the one before; names `outputs`.
  uint64_t number = 0;
  /// Outputs of groups up to this number have been handed over and may be forgotten.
  uint64_t confirmed = 0;
  std::vector<SourcePosition> positions;
  std::vector<SeenEvent> seen;
  std::vector<DeadLetter> dead_letters;
  /// Dead letters that were sent again and are done with.
  std::vector<int64_t> retried;
  /// Timers and calls: of several writes of one id, the last one holds.
  std::vector<TimerWrite> timers;
  std::vector<CallWrite> calls;
  std::vector<JournalWrite> journal;
  /// What the entries of `journal` changed, one entry's names behind the other's; repeats do no harm.
  std::vector<PropertyNameView> touched;
  /// When the group adds to the journal, its oldest entries go until it takes no more than this (as
  /// journal_bytes() counts); the newest entry stays in any case. 0: nothing goes. Where far more is there
  /// than this, it is approached over several groups.
  uint64_t journal_limit_bytes = 0;

  /// Empty again, with its memory kept.
  void clear() {
    text.clear();
    subjects.clear();
    outputs.clear();
    positions.clear();
    seen.clear();
    dead_letters.clear();
    retried.clear();
    timers.clear();
    calls.clear();
    journal.clear();
    touched.clear();
    number = confirmed = journal_limit_bytes = 0;
  }
};

enum class CommitSync : uint8_t {
  kFull,    ///< on the disk when commit() returns
  kNormal,  ///< survives the end of the process, not a loss of power
};

/// Where subjects live when they are not in memory, and everything else that must survive. One program owns a
/// store at a time. commit() may run on one thread while another calls the other functions, which are for one
/// thread at a time; all of them see what was committed before they began.
class Store {
 public:
  virtual ~Store() = default;

  /// Fills `parts` (cleared first); empty when there is no such subject.
  virtual StoreStatus load(std::string_view subject, std::vector<StoredPart>& parts) = 0;
  /// All or nothing. After a failure the store is as before, and the same group may be tried again. Numbers
  /// must grow from group to group (kMisuse).
  virtual StoreStatus commit(const CommitGroup& group) = 0;

  /// Visits subjects in the order of their names' bytes, all parts of each; `visit` returns false to stop,
  /// and may call load(). `glob` empty: all. Commits go on meanwhile; whether they are seen is left open.
  using SubjectVisitor = std::function<bool(std::string_view name, const std::vector<StoredPart>& parts)>;
  virtual StoreStatus scan(std::string_view glob, const SubjectVisitor& visit) = 0;
  /// Looks at every subject: slow for a large store.
  virtual StoreStatus count_subjects(uint64_t& count) = 0;

  virtual StoreStatus position(std::string_view source, std::optional<SourcePosition>& position) = 0;
  /// The position of a file by its identity, whatever it was called; of several, the one committed last.
  virtual StoreStatus position_by_identity(uint64_t device, uint64_t inode,
                                           std::optional<SourcePosition>& position) = 0;

  /// Whether an event id of that source was committed, and is among those still remembered.
  virtual StoreStatus was_seen(std::string_view source, std::string_view id, bool& seen) = 0;

  /// Outputs that were committed and not confirmed, oldest first: to be handed over again.
  struct PendingOutput {
    uint64_t number = 0;
    std::string lines;
  };
  virtual StoreStatus pending_outputs(std::vector<PendingOutput>& outputs) = 0;
  /// The largest group number ever committed, 0 for a new store.
  virtual StoreStatus last_group(uint64_t& number) = 0;
  /// How many times the store was opened for running, this one included (not counting it when it is only
  /// looked at); names sources that have no position.
  virtual uint64_t run_number() const = 0;

  virtual StoreStatus dead_letters(std::vector<DeadLetter>& letters) = 0;
  /// Those with `retry` set, oldest first, at most `limit`. Cheap enough to be asked now and then.
  virtual StoreStatus dead_letters_to_retry(size_t limit, std::vector<DeadLetter>& letters) = 0;

  // Each visit ends when `visit` returns false; what it is given lives until it returns. It may call load().
  // Commits go on meanwhile; whether they are seen is left open.

  /// In the order of their ids.
  using TimerVisitor = std::function<bool(const StoredTimer&)>;
  virtual StoreStatus timers(const TimerVisitor& visit) = 0;
  using CallVisitor = std::function<bool(const StoredCall&)>;
  virtual StoreStatus calls(const CallVisitor& visit) = 0;

  /// The entries of an event, of whatever source, newest first.
  using JournalVisitor = std::function<bool(const JournalEntry&)>;
  virtual StoreStatus journal_of_event(std::string_view event_id, const JournalVisitor& visit) = 0;
  /// At most `limit` entries that changed the property, newest first.
  virtual StoreStatus journal_of_property(std::string_view subject, std::string_view property, size_t limit,
                                          const JournalVisitor& visit) = 0;
  /// At most `limit` entries, newest first.
  virtual StoreStatus journal_recent(size_t limit, const JournalVisitor& visit) = 0;
  /// About how much the journal takes, of which CommitGroup::journal_limit_bytes is the limit.
  virtual StoreStatus journal_bytes(uint64_t& bytes) = 0;
};

/// A store in memory: what tests and embedders without a file use. `seen_limit` as in SqliteStoreOptions.
std::unique_ptr<Store> make_memory_store(uint64_t seen_limit = 1'000'000);

}  // namespace krules
