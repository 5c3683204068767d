#pragma once

#include <atomic>
#include <cstdint>

#include "krules/sqlite_store.h"
#include "sqlite_statement.h"

namespace krules::sqlite {

/// Event ids are remembered in chapters of half the limit each: a full one is never written again, and of all
/// only this many are looked into, so that between the limit and one and a half times the limit are known.
inline constexpr int64_t kSeenChapters = 3;

/// The side of a store that commits: owns the connection that writes.
class Writer {
 public:
  /// Takes the tables as they are in the connection, which has been brought to this program's version.
  StoreStatus prepare(const SqliteStoreOptions& options);

  /// One transaction, or nothing of it.
  StoreStatus commit(const CommitGroup& group);

  Connection& connection() { return connection_; }
  /// The chapter that ids are put into; may be read from another thread.
  int64_t seen_chapter() const { return seen_chapter_.load(std::memory_order_acquire); }

 private:
  struct SeenCounters {
    int64_t chapter;
    int64_t in_chapter;
    bool old_left;  // there may be chapters to forget
  };

  int write(const CommitGroup& group, SeenCounters& seen);
  int write_subjects(const CommitGroup& group);
  int write_positions(const CommitGroup& group);
  int write_outputs(const CommitGroup& group);
  int write_seen(const CommitGroup& group, SeenCounters& seen);
  int forget_seen(uint64_t count, SeenCounters& seen);
  int write_dead_letters(const CommitGroup& group);

  Connection connection_;
  std::string path_;
  uint64_t last_group_ = 0;
  uint64_t confirmed_ = 0;
  bool last_without_outputs_ = false;
  int64_t chapter_size_ = 1;
  int64_t in_chapter_ = 0;
  bool old_chapters_left_ = true;
  std::atomic<int64_t> seen_chapter_{1};

  Statement begin_;
  Statement commit_;
  Statement rollback_;
  Statement put_part_;
  Statement delete_part_;
  Statement put_position_;
  Statement add_output_;
  Statement forget_outputs_;
  Statement add_seen_;
  Statement find_old_seen_;
  Statement forget_some_seen_;
  Statement forget_old_seen_;
  Statement put_counter_;
  Statement add_dead_letter_;
  Statement delete_dead_letter_;
};

}  // namespace krules::sqlite
