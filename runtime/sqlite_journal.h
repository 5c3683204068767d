#pragma once

#include <cstdint>
#include <string_view>

#include "sqlite_statement.h"

namespace krules::sqlite {

/// What is in the table `journal`. Entries are laid behind each other in thought: each begins where the one
/// before it ends, and what was cut off counts on.
struct JournalRange {
  uint64_t newest = 0;  ///< number of the last entry
  uint64_t begin = 0;   ///< where the oldest entry begins, in bytes
  uint64_t end = 0;     ///< where the newest entry ends
};

/// SQLITE_OK or the error's code, here and below.
int read_journal_range(Connection& connection, JournalRange& range);

/// Writes the tables `journal` and `journal_touched`.
class JournalWriter {
 public:
  /// Takes the tables as they are.
  int prepare(Connection& connection);
  /// What was there before the present transaction.
  const JournalRange& range() const { return range_; }
  /// The entries of a group, within the transaction of the caller; `range`, a copy, is brought up to date.
  int write(const CommitGroup& group, JournalRange& range);
  /// The transaction was committed.
  void keep(const JournalRange& range) { range_ = range; }

 private:
  int add(const CommitGroup& group, JournalRange& range);
  int cut(uint64_t begin, JournalRange& range);

  JournalRange range_;
  Statement add_;
  Statement add_touched_;
  Statement oldest_;
  Statement cut_;
  Statement cut_touched_;
};

/// Newest first, until `visit` returns false.
int visit_journal_of_event(Connection& connection, std::string_view event_id,
                           const Store::JournalVisitor& visit);
int visit_journal_of_property(Connection& connection, std::string_view subject, std::string_view property,
                              size_t limit, const Store::JournalVisitor& visit);
int visit_journal(Connection& connection, size_t limit, const Store::JournalVisitor& visit);

}  // namespace krules::sqlite
