#pragma once

#include <atomic>
#include <cstdint>

#include "krules/sqlite_store.h"
#include "sqlite_journal.h"
#include "sqlite_statement.h"
#include "sqlite_waiting.h"

namespace krules::sqlite {

/// The side of a store that commits: owns the connection that writes.
class Writer {
 public:
  /// Takes the tables as they are in the connection, which has been brought to this program's version.
  StoreStatus prepare(const SqliteStoreOptions& options);

  /// One transaction, or nothing of it.
  StoreStatus commit(const CommitGroup& group);

  Connection& connection() { return connection_; }
  /// The number of the last row of `seen_events`; may be asked from another thread.
  uint64_t newest_seen() const { return newest_seen_.load(std::memory_order_acquire); }

 private:
  /// The rows of `seen_events` are those from `oldest` to `newest`.
  struct SeenRange {
    uint64_t oldest;
    uint64_t newest;
  };

  /// Whether the file that is open has its name no more: it was deleted, moved or replaced by another.
  bool file_is_gone() const;
  int write(const CommitGroup& group, SeenRange& seen, JournalRange& journal);
  int write_subjects(const CommitGroup& group);
  int write_positions(const CommitGroup& group);
  int write_outputs(const CommitGroup& group);
  int write_seen(const CommitGroup& group, SeenRange& seen);
  int write_dead_letters(const CommitGroup& group);

  Connection connection_;
  std::string path_;
  uint64_t last_group_ = 0;
  uint64_t confirmed_ = 0;
  bool last_without_outputs_ = false;
  uint64_t seen_limit_ = 0;
  uint64_t oldest_seen_ = 1;
  std::atomic<uint64_t> newest_seen_{0};

  WaitingWriter waiting_;
  JournalWriter journal_;

  Statement begin_;
  Statement commit_;
  Statement rollback_;
  Statement put_part_;
  Statement delete_part_;
  Statement put_position_;
  Statement add_output_;
  Statement forget_outputs_;
  Statement add_seen_;
  Statement forget_seen_;
  Statement add_dead_letter_;
  Statement delete_dead_letter_;
};

}  // namespace krules::sqlite
