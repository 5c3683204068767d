#include "sqlite_journal.h"

#include <algorithm>
#include <span>
#include <string>
#include <utility>

#include "commit_group.h"

namespace krules::sqlite {

namespace {

/// A journal far above its limit loses this much in one commit, and twice what the commit adds.
constexpr uint64_t kMostCut = 4 * 1024 * 1024;

constexpr const char* kColumns =
    "SELECT j.number, j.time, j.event_id, j.source, j.type, j.subject, j.story FROM ";

int64_t as_limit(size_t limit) {
  return static_cast<int64_t>(std::min<size_t>(limit, INT64_MAX));
}

int visit_rows(Connection& connection, Statement& rows, const Store::JournalVisitor& visit) {
  Statement touched;
  int code = touched.prepare(connection, "SELECT subject, property FROM journal_touched WHERE number = ?1");
  if (code != SQLITE_OK) return code;
  JournalEntry entry;
  while ((code = rows.step()) == SQLITE_ROW) {
    rows.read_all(entry.number, entry.time, entry.event_id, entry.source, entry.type, entry.subject,
                  entry.story);
    entry.touched.clear();
    touched.bind(1, entry.number);
    const ResetAtEnd reset(touched);
    while ((code = touched.step()) == SQLITE_ROW) {
      PropertyName& name = entry.touched.emplace_back();
      touched.read_all(name.subject, name.property);
    }
    if (code != SQLITE_DONE) return code;
    if (!visit(entry)) return SQLITE_OK;
  }
  return code == SQLITE_DONE ? SQLITE_OK : code;
}

}  // namespace

int read_journal_range(Connection& connection, JournalRange& range) {
  range = {};
  Statement newest;
  int code = newest.prepare(connection,
                            "SELECT number, bytes_before + bytes FROM journal ORDER BY number DESC LIMIT 1");
  if (code != SQLITE_OK) return code;
  code = newest.step();
  if (code != SQLITE_ROW) return code == SQLITE_DONE ? SQLITE_OK : code;
  newest.read_all(range.newest, range.end);
  int64_t begin = 0;
  code = connection.query_int("SELECT bytes_before FROM journal ORDER BY number LIMIT 1", begin);
  range.begin = static_cast<uint64_t>(begin);
  return code;
}

int JournalWriter::prepare(Connection& connection) {
  const std::pair<Statement&, const char*> statements[] = {
      {add_,
       "INSERT INTO journal(number, time, event_id, source, type, subject, story, bytes, bytes_before) "
       "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)"},
      {add_touched_, "INSERT OR IGNORE INTO journal_touched(number, subject, property) VALUES(?1, ?2, ?3)"},
      {oldest_, "SELECT number, bytes_before FROM journal ORDER BY number"},
      {cut_, "DELETE FROM journal WHERE number < ?1"},
      {cut_touched_, "DELETE FROM journal_touched WHERE number < ?1"},
  };
  for (const auto& [statement, sql] : statements) {
    if (const int code = statement.prepare(connection, sql); code != SQLITE_OK) return code;
  }
  return read_journal_range(connection, range_);
}

int JournalWriter::write(const CommitGroup& group, JournalRange& range) {
  if (group.journal.empty()) return SQLITE_OK;
  const uint64_t end_before = range.end;
  if (const int code = add(group, range); code != SQLITE_OK) return code;
  const uint64_t limit = group.journal_limit_bytes;
  if (limit == 0 || range.end - range.begin <= limit) return SQLITE_OK;
  return cut(std::min(range.end - limit, range.begin + 2 * (range.end - end_before) + kMostCut), range);
}

int JournalWriter::add(const CommitGroup& group, JournalRange& range) {
  std::span<const PropertyNameView> names = group.touched;
  for (const JournalWrite& entry : group.journal) {
    const auto touched = names.first(entry.touched);
    names = names.subspan(entry.touched);
    const uint64_t bytes = journal_entry_bytes(entry, touched);
    ++range.newest;
    add_.bind_all(range.newest, entry.time, entry.event_id, entry.source, entry.type, entry.subject,
                  entry.story, bytes, range.end);
    range.end += bytes;
    if (const int code = add_.run(); code != SQLITE_OK) return code;
    for (const PropertyNameView& name : touched) {
      add_touched_.bind_all(range.newest, name.subject, name.property);
      if (const int code = add_touched_.run(); code != SQLITE_OK) return code;
    }
  }
  return SQLITE_OK;
}

/// Entries that begin before `begin` go, but for the newest.
int JournalWriter::cut(uint64_t begin, JournalRange& range) {
  uint64_t kept = 0;
  {
    const ResetAtEnd reset(oldest_);
    int code;
    while ((code = oldest_.step()) == SQLITE_ROW) {
      kept = oldest_.column_uint(0);
      range.begin = oldest_.column_uint(1);
      if (range.begin >= begin || kept == range.newest) break;
    }
    if (code != SQLITE_ROW) return code == SQLITE_DONE ? SQLITE_OK : code;
  }
  cut_.bind(1, kept);
  if (const int code = cut_.run(); code != SQLITE_OK) return code;
  cut_touched_.bind(1, kept);
  return cut_touched_.run();
}

int visit_journal_of_event(Connection& connection, std::string_view event_id,
                           const Store::JournalVisitor& visit) {
  const std::string sql = std::string(kColumns) + "journal AS j WHERE j.event_id = ?1 ORDER BY j.number DESC";
  Statement rows;
  if (const int code = rows.prepare(connection, sql.c_str()); code != SQLITE_OK) return code;
  rows.bind(1, event_id);
  return visit_rows(connection, rows, visit);
}

int visit_journal_of_property(Connection& connection, std::string_view subject, std::string_view property,
                              size_t limit, const Store::JournalVisitor& visit) {
  const std::string sql = std::string(kColumns) +
                          "journal_touched AS t CROSS JOIN journal AS j ON j.number = t.number "
                          "WHERE t.subject = ?1 AND t.property = ?2 ORDER BY t.number DESC LIMIT ?3";
  Statement rows;
  if (const int code = rows.prepare(connection, sql.c_str()); code != SQLITE_OK) return code;
  rows.bind_all(subject, property, as_limit(limit));
  return visit_rows(connection, rows, visit);
}

int visit_journal(Connection& connection, size_t limit, const Store::JournalVisitor& visit) {
  const std::string sql = std::string(kColumns) + "journal AS j ORDER BY j.number DESC LIMIT ?1";
  Statement rows;
  if (const int code = rows.prepare(connection, sql.c_str()); code != SQLITE_OK) return code;
  rows.bind(1, as_limit(limit));
  return visit_rows(connection, rows, visit);
}

}  // namespace krules::sqlite
