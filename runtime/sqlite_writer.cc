#include "sqlite_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "commit_group.h"
#include "sqlite_seen.h"

namespace krules::sqlite {

StoreStatus Writer::prepare(const SqliteStoreOptions& options) {
  path_ = options.path;
  seen_limit_ = std::min(options.seen_limit, kMostSeen);

  const std::pair<Statement&, const char*> statements[] = {
      {begin_, "BEGIN IMMEDIATE"},
      {commit_, "COMMIT"},
      {rollback_, "ROLLBACK"},
      {put_part_, "INSERT OR REPLACE INTO subjects VALUES(?1, ?2, ?3, ?4)"},
      {delete_part_, "DELETE FROM subjects WHERE name = ?1 AND part = ?2"},
      {put_position_, "INSERT OR REPLACE INTO positions VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"},
      {add_output_, "INSERT INTO outbox VALUES(?1, ?2)"},
      {forget_outputs_, "DELETE FROM outbox WHERE number BETWEEN ?1 AND ?2"},
      {add_seen_, "INSERT INTO seen_events VALUES(?1, ?2, ?3)"},
      {forget_seen_, "DELETE FROM seen_events WHERE number < ?1"},
      {add_dead_letter_,
       "INSERT INTO dead_letters(time, kind, message, event, source, line, path, retry) "
       "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"},
      {delete_dead_letter_, "DELETE FROM dead_letters WHERE id = ?1"},
  };
  for (const auto& [statement, sql] : statements) {
    if (const int code = statement.prepare(connection_, sql); code != SQLITE_OK) {
      return connection_.error(code, "open", path_);
    }
  }
  if (const int code = waiting_.prepare(connection_); code != SQLITE_OK)
    return connection_.error(code, "open", path_);
  if (const int code = journal_.prepare(connection_); code != SQLITE_OK)
    return connection_.error(code, "open", path_);

  int64_t last_group = 0;
  int64_t without_outputs = 0;
  int64_t oldest_seen = 0;
  int64_t newest_seen = 0;
  int code = connection_.query_int("SELECT max(number) FROM outbox", last_group);
  if (code == SQLITE_OK) {
    code =
        connection_.query_int("SELECT lines = '' FROM outbox ORDER BY number DESC LIMIT 1", without_outputs);
  }
  if (code == SQLITE_OK) code = connection_.query_int("SELECT min(number) FROM seen_events", oldest_seen);
  if (code == SQLITE_OK) code = connection_.query_int("SELECT max(number) FROM seen_events", newest_seen);
  if (code != SQLITE_OK) return connection_.error(code, "read", path_);
  last_group_ = static_cast<uint64_t>(last_group);
  last_without_outputs_ = without_outputs != 0;
  oldest_seen_ = static_cast<uint64_t>(oldest_seen);
  newest_seen_.store(static_cast<uint64_t>(newest_seen), std::memory_order_release);
  return {};
}

StoreStatus Writer::commit(const CommitGroup& group) {
  if (group.number <= last_group_) {
    return StoreError{StoreErrorKind::kMisuse, fmt::format("group {} cannot follow group {} in `{}`",
                                                           group.number, last_group_, path_)};
  }
  if (const std::string misuse = misuse_of(group); !misuse.empty())
    return StoreError{StoreErrorKind::kMisuse, fmt::format("cannot write `{}`: {}", path_, misuse)};
  if (sqlite3_get_autocommit(connection_.handle()) == 0) {
    // The undoing of an earlier failure failed too.
    if (const int code = rollback_.run(); code != SQLITE_OK) return connection_.error(code, "write", path_);
  }
  SeenRange seen{oldest_seen_, newest_seen()};
  JournalRange journal = journal_.range();
  int code = begin_.run();
  if (code == SQLITE_OK) code = write(group, seen, journal);
  if (code == SQLITE_OK) code = commit_.run();
  if (code != SQLITE_OK) {
    StoreError error = connection_.error(code, "write", path_);
    if (sqlite3_get_autocommit(connection_.handle()) == 0) (void)rollback_.run();
    return error;
  }
  // What went to a file that nobody can find any more is not stored.
  if (file_is_gone()) {
    return StoreError{StoreErrorKind::kIo,
                      fmt::format("`{}` was deleted, moved or replaced while it was in use", path_)};
  }
  last_group_ = group.number;
  last_without_outputs_ = group.outputs.empty();
  confirmed_ = std::max(confirmed_, group.confirmed);
  journal_.keep(journal);
  oldest_seen_ = seen.oldest;
  newest_seen_.store(seen.newest, std::memory_order_release);
  return {};
}

bool Writer::file_is_gone() const {
  int moved = 0;
  const int code = sqlite3_file_control(connection_.handle(), "main", SQLITE_FCNTL_HAS_MOVED, &moved);
  return code == SQLITE_OK && moved != 0;
}

int Writer::write(const CommitGroup& group, SeenRange& seen, JournalRange& journal) {
  int code = write_subjects(group);
  if (code == SQLITE_OK) code = write_positions(group);
  if (code == SQLITE_OK) code = write_outputs(group);
  if (code == SQLITE_OK && !group.seen.empty()) code = write_seen(group, seen);
  if (code == SQLITE_OK) code = write_dead_letters(group);
  if (code == SQLITE_OK) code = waiting_.write(group);
  if (code == SQLITE_OK) code = journal_.write(group, journal);
  return code;
}

int Writer::write_subjects(const CommitGroup& group) {
  for (const PartWrite& part : group.subjects) {
    const bool gone = part.properties.empty() && part.extended.empty();
    Statement& statement = gone ? delete_part_ : put_part_;
    statement.bind(1, part.subject);
    statement.bind(2, int64_t{part.part});
    if (!gone) {
      statement.bind_or_null(3, part.properties);
      statement.bind_or_null(4, part.extended);
    }
    if (const int code = statement.run(); code != SQLITE_OK) return code;
  }
  return SQLITE_OK;
}

int Writer::write_positions(const CommitGroup& group) {
  for (const SourcePosition& position : group.positions) {
    put_position_.bind_all(position.source, position.offset, position.line, position.device, position.inode,
                           position.prefix_length, position.prefix_hash, position.tail_length,
                           position.tail_hash, group.number);
    if (const int code = put_position_.run(); code != SQLITE_OK) return code;
  }
  return SQLITE_OK;
}

int Writer::write_outputs(const CommitGroup& group) {
  // Every group has a row, so that the newest one says how far the groups got; one without lines goes with
  // the next group.
  add_output_.bind_all(group.number, group.outputs);
  int code = add_output_.run();
  if (code == SQLITE_OK && last_without_outputs_) {
    forget_outputs_.bind_all(last_group_, last_group_);
    code = forget_outputs_.run();
  }
  if (code == SQLITE_OK && group.confirmed > confirmed_) {
    forget_outputs_.bind_all(int64_t{0}, std::min(group.confirmed, group.number - 1));
    code = forget_outputs_.run();
  }
  return code;
}

int Writer::write_seen(const CommitGroup& group, SeenRange& seen) {
  for (const SeenEvent& event : group.seen) {
    add_seen_.bind_all(++seen.newest, event.source, event.id);
    if (const int code = add_seen_.run(); code != SQLITE_OK) return code;
  }
  // The first row to keep. Where the limit was lowered, it is approached step by step.
  const uint64_t wanted = seen.newest >= seen_limit_ ? seen.newest - seen_limit_ + 1 : 1;
  const uint64_t oldest = std::min(wanted, seen.oldest + 2 * group.seen.size() + 16);
  if (oldest <= seen.oldest) return SQLITE_OK;
  seen.oldest = oldest;
  forget_seen_.bind(1, oldest);
  return forget_seen_.run();
}

int Writer::write_dead_letters(const CommitGroup& group) {
  for (const DeadLetter& letter : group.dead_letters) {
    add_dead_letter_.bind_all(letter.time, letter.kind, letter.message, letter.event, letter.source,
                              letter.line, letter.path, int64_t{letter.retry});
    if (const int code = add_dead_letter_.run(); code != SQLITE_OK) return code;
  }
  for (const int64_t id : group.retried) {
    delete_dead_letter_.bind(1, id);
    if (const int code = delete_dead_letter_.run(); code != SQLITE_OK) return code;
  }
  return SQLITE_OK;
}

}  // namespace krules::sqlite
