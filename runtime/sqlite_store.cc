#include "krules/sqlite_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <utility>

#include "krules/glob.h"
#include "sqlite_journal.h"
#include "sqlite_open.h"
#include "sqlite_schema.h"
#include "sqlite_seen.h"
#include "sqlite_statement.h"
#include "sqlite_waiting.h"
#include "sqlite_writer.h"
#include "store_lock.h"

namespace krules {

namespace {

using sqlite::Connection;
using sqlite::ResetAtEnd;
using sqlite::Statement;
using sqlite::StorePath;
using sqlite::Writer;

constexpr const char* kPositionColumns =
    "SELECT source, offset, line, device, inode, prefix_length, prefix_hash, tail_length, tail_hash FROM "
    "positions ";
constexpr const char* kDeadLetterColumns =
    "SELECT id, time, kind, message, event, source, line, path, retry FROM dead_letters ";

SourcePosition read_position(const Statement& row) {
  SourcePosition position;
  row.read_all(position.source, position.offset, position.line, position.device, position.inode,
               position.prefix_length, position.prefix_hash, position.tail_length, position.tail_hash);
  return position;
}

DeadLetter read_dead_letter(const Statement& row) {
  DeadLetter letter;
  row.read_all(letter.id, letter.time, letter.kind, letter.message, letter.event, letter.source, letter.line,
               letter.path, letter.retry);
  return letter;
}

/// The part of a glob before its first wildcard.
std::string_view fixed_prefix(std::string_view glob) {
  return glob.substr(0, glob.find_first_of("*?"));
}

/// One connection commits and one reads, so that both may be at work at once.
class SqliteStore final : public Store {
 public:
  StoreStatus open(const SqliteStoreOptions& options);
  const StoreUpgrade& upgrade() const { return upgrade_; }

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
  uint64_t run_number() const override { return run_number_; }
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
  StoreStatus open_for_running(const SqliteStoreOptions& options);
  StoreStatus prepare_reading(uint64_t seen_limit);
  StoreStatus cannot_read(int code) const { return reader_.error(code, "read", path_.shown); }
  StoreStatus read(int code) const { return code == SQLITE_OK ? StoreStatus() : cannot_read(code); }
  /// A store of version 1 that is looked at knows no timers, calls and journal.
  bool has_timers_and_journal() const { return version_ >= 2; }

  /// Prepares `sql` in `statement`, calls `visit` for each row, and leaves it prepared.
  template <class Visit>
  StoreStatus each_row(Statement& statement, Visit visit);
  StoreStatus one_position(Statement& statement, std::optional<SourcePosition>& position);

  StorePath path_;
  int64_t version_ = sqlite::schema_version();
  StoreUpgrade upgrade_;
  uint64_t run_number_ = 0;
  // Closed in the opposite order: the last connection to close tidies up, and the lock goes last.
  StoreLock lock_;
  std::unique_ptr<Writer> writer_;  // null where the store is only looked at
  Connection reader_;
  sqlite::SeenReader seen_;

  Statement load_;
  Statement position_;
  Statement position_by_identity_;
  Statement to_retry_;
};

StoreStatus SqliteStore::open(const SqliteStoreOptions& options) {
  const bool run = options.access == StoreAccess::kRun;
  StoreStatus status =
      sqlite::locate(options.path, run ? sqlite::Missing::kFine : sqlite::Missing::kError, path_);
  if (status.ok()) status = run ? open_for_running(options) : sqlite::open_to_look(path_, reader_, version_);
  if (status.ok()) status = prepare_reading(options.seen_limit);
  return status;
}

StoreStatus SqliteStore::open_for_running(const SqliteStoreOptions& options) {
  StoreStatus status = lock_.acquire(path_.real, path_.shown);
  if (!status.ok()) return status;
  writer_ = std::make_unique<Writer>();
  Connection& connection = writer_->connection();
  if (status = sqlite::open_writer(path_, options.sync, connection, upgrade_.from); !status.ok())
    return status;
  upgrade_.to = version_;
  if (status = writer_->prepare(options); !status.ok()) return status;
  const int code = connection.execute("UPDATE meta SET value = value + 1 WHERE key = 'runs'");
  if (code != SQLITE_OK) return connection.error(code, "write", path_.shown);
  return sqlite::open_reader(path_, reader_);
}

StoreStatus SqliteStore::prepare_reading(uint64_t seen_limit) {
  const std::string position = std::string(kPositionColumns) + "WHERE source = ?1";
  const std::string by_identity =
      std::string(kPositionColumns) + "WHERE device = ?1 AND inode = ?2 ORDER BY group_number DESC LIMIT 1";
  const std::string to_retry = std::string(kDeadLetterColumns) + "WHERE retry ORDER BY id LIMIT ?1";
  const std::pair<Statement&, const char*> statements[] = {
      {load_, "SELECT part, props, ext FROM subjects WHERE name = ?1"},
      {position_, position.c_str()},
      {position_by_identity_, by_identity.c_str()},
      {to_retry_, to_retry.c_str()},
  };
  int code = SQLITE_OK;
  for (const auto& [statement, sql] : statements) {
    if (code = statement.prepare(reader_, sql); code != SQLITE_OK) return cannot_read(code);
  }
  int64_t runs = 0;
  code = reader_.query_int("SELECT value FROM meta WHERE key = 'runs'", runs);
  if (code != SQLITE_OK) return cannot_read(code);
  run_number_ = static_cast<uint64_t>(runs);
  return seen_.prepare(reader_, path_.shown, seen_limit);
}

template <class Visit>
StoreStatus SqliteStore::each_row(Statement& statement, Visit visit) {
  ResetAtEnd reset(statement);
  int code;
  while ((code = statement.step()) == SQLITE_ROW) visit();
  if (code != SQLITE_DONE) return cannot_read(code);
  return {};
}

StoreStatus SqliteStore::load(std::string_view subject, std::vector<StoredPart>& parts) {
  load_.bind(1, subject);
  size_t count = 0;  // the strings of the last call are used again
  StoreStatus status = each_row(load_, [&] {
    if (count == parts.size()) parts.emplace_back();
    StoredPart& part = parts[count++];
    part.part = static_cast<uint16_t>(load_.column_int(0));
    part.properties = load_.column_text(1);
    part.extended = load_.column_text(2);
  });
  parts.resize(status.ok() ? count : 0);
  return status;
}

StoreStatus SqliteStore::commit(const CommitGroup& group) {
  if (writer_ == nullptr) {
    return StoreError{StoreErrorKind::kReadOnly,
                      fmt::format("cannot write `{}`: it was opened to be looked at", path_.shown)};
  }
  return writer_->commit(group);
}

StoreStatus SqliteStore::scan(std::string_view glob_text, const SubjectVisitor& visit) {
  const Glob glob(glob_text.empty() ? "*" : glob_text);
  const std::string_view prefix = fixed_prefix(glob_text);
  // Names begin with the prefix as long as the rows do: the scan starts there and ends with the first other
  // one.
  Statement rows;
  int code = rows.prepare(reader_,
                          "SELECT name, part, props, ext FROM subjects WHERE name >= ?1 ORDER BY name, part");
  if (code != SQLITE_OK) return cannot_read(code);
  rows.bind(1, prefix);
  std::string name;
  std::vector<StoredPart> parts;
  while ((code = rows.step()) == SQLITE_ROW) {
    const std::string_view row_name = rows.column_text(0);
    if (row_name != name) {
      if (!parts.empty() && !visit(name, parts)) return {};
      parts.clear();
      if (!row_name.starts_with(prefix)) return {};
      name = row_name;
    }
    if (!glob.matches(name)) {
      if (glob.is_exact()) return {};
      continue;
    }
    StoredPart& part = parts.emplace_back();
    part.part = static_cast<uint16_t>(rows.column_int(1));
    part.properties = rows.column_text(2);
    part.extended = rows.column_text(3);
  }
  if (code != SQLITE_DONE) return cannot_read(code);
  if (!parts.empty()) (void)visit(name, parts);
  return {};
}

StoreStatus SqliteStore::count_subjects(uint64_t& count) {
  int64_t subjects = 0;
  const int code = reader_.query_int("SELECT count(*) FROM (SELECT DISTINCT name FROM subjects)", subjects);
  if (code != SQLITE_OK) return cannot_read(code);
  count = static_cast<uint64_t>(subjects);
  return {};
}

StoreStatus SqliteStore::one_position(Statement& statement, std::optional<SourcePosition>& position) {
  position.reset();
  return each_row(statement, [&] { position = read_position(statement); });
}

StoreStatus SqliteStore::position(std::string_view source, std::optional<SourcePosition>& position) {
  position_.bind(1, source);
  return one_position(position_, position);
}

StoreStatus SqliteStore::position_by_identity(uint64_t device, uint64_t inode,
                                              std::optional<SourcePosition>& position) {
  position_by_identity_.bind(1, device);
  position_by_identity_.bind(2, inode);
  return one_position(position_by_identity_, position);
}

StoreStatus SqliteStore::was_seen(std::string_view source, std::string_view id, bool& seen) {
  if (writer_ != nullptr) return seen_.contains(source, id, writer_->newest_seen(), seen);
  int64_t newest = 0;
  const int code = reader_.query_int("SELECT max(number) FROM seen_events", newest);
  if (code != SQLITE_OK) return cannot_read(code);
  return seen_.contains(source, id, static_cast<uint64_t>(newest), seen);
}

StoreStatus SqliteStore::pending_outputs(std::vector<PendingOutput>& outputs) {
  outputs.clear();
  Statement rows;
  const int code =
      rows.prepare(reader_, "SELECT number, lines FROM outbox WHERE lines <> '' ORDER BY number");
  if (code != SQLITE_OK) return cannot_read(code);
  return each_row(rows, [&] { outputs.push_back({rows.column_uint(0), std::string(rows.column_text(1))}); });
}

StoreStatus SqliteStore::last_group(uint64_t& number) {
  int64_t last = 0;
  const int code = reader_.query_int("SELECT max(number) FROM outbox", last);
  if (code != SQLITE_OK) return cannot_read(code);
  number = static_cast<uint64_t>(last);
  return {};
}

StoreStatus SqliteStore::dead_letters(std::vector<DeadLetter>& letters) {
  letters.clear();
  Statement rows;
  const int code = rows.prepare(reader_, (std::string(kDeadLetterColumns) + "ORDER BY id").c_str());
  if (code != SQLITE_OK) return cannot_read(code);
  return each_row(rows, [&] { letters.push_back(read_dead_letter(rows)); });
}

StoreStatus SqliteStore::dead_letters_to_retry(size_t limit, std::vector<DeadLetter>& letters) {
  letters.clear();
  to_retry_.bind(1, static_cast<int64_t>(std::min<size_t>(limit, INT64_MAX)));
  return each_row(to_retry_, [&] { letters.push_back(read_dead_letter(to_retry_)); });
}

StoreStatus SqliteStore::timers(const TimerVisitor& visit) {
  if (!has_timers_and_journal()) return {};
  return read(sqlite::visit_timers(reader_, visit));
}

StoreStatus SqliteStore::calls(const CallVisitor& visit) {
  if (!has_timers_and_journal()) return {};
  return read(sqlite::visit_calls(reader_, visit));
}

StoreStatus SqliteStore::journal_of_event(std::string_view event_id, const JournalVisitor& visit) {
  if (!has_timers_and_journal()) return {};
  return read(sqlite::visit_journal_of_event(reader_, event_id, visit));
}

StoreStatus SqliteStore::journal_of_property(std::string_view subject, std::string_view property,
                                             size_t limit, const JournalVisitor& visit) {
  if (!has_timers_and_journal()) return {};
  return read(sqlite::visit_journal_of_property(reader_, subject, property, limit, visit));
}

StoreStatus SqliteStore::journal_recent(size_t limit, const JournalVisitor& visit) {
  if (!has_timers_and_journal()) return {};
  return read(sqlite::visit_journal(reader_, limit, visit));
}

StoreStatus SqliteStore::journal_bytes(uint64_t& bytes) {
  bytes = 0;
  if (!has_timers_and_journal()) return {};
  sqlite::JournalRange range;
  const int code = sqlite::read_journal_range(reader_, range);
  bytes = range.end - range.begin;
  return read(code);
}

}  // namespace

StoreStatus open_sqlite_store(const SqliteStoreOptions& options, std::unique_ptr<Store>& store,
                              StoreUpgrade* upgrade) {
  auto opened = std::make_unique<SqliteStore>();
  if (StoreStatus status = opened->open(options); !status.ok()) return status;
  if (upgrade != nullptr) *upgrade = opened->upgrade();
  store = std::move(opened);
  return {};
}

}  // namespace krules
