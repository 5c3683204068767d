#include "krules/sqlite_store.h"
#include "sqlite_open.h"
#include "sqlite_statement.h"

namespace krules {

namespace {

using sqlite::Connection;
using sqlite::Statement;

/// Runs `sql` once for each id, all of them in one transaction.
StoreStatus change_dead_letters(const std::string& path, const char* sql, const std::vector<int64_t>& ids,
                                uint64_t& changed) {
  changed = 0;
  sqlite::StorePath location;
  if (StoreStatus status = sqlite::locate(path, sqlite::Missing::kError, location); !status.ok())
    return status;
  Connection connection;
  if (StoreStatus status = sqlite::open_beside(location, connection); !status.ok()) return status;

  Statement change;
  uint64_t count = 0;
  int code = change.prepare(connection, sql);
  if (code == SQLITE_OK) code = connection.execute("BEGIN IMMEDIATE");
  for (size_t i = 0; code == SQLITE_OK && i < ids.size(); ++i) {
    change.bind(1, ids[i]);
    code = change.run();
    count += static_cast<uint64_t>(sqlite3_changes(connection.handle()));
  }
  if (code == SQLITE_OK) code = connection.execute("COMMIT");
  if (code != SQLITE_OK) return connection.error(code, "write", path);  // closing undoes what was begun
  changed = count;
  return {};
}

}  // namespace

StoreStatus retry_dead_letters(const std::string& path, const std::vector<int64_t>& ids, uint64_t& changed) {
  return change_dead_letters(path, "UPDATE dead_letters SET retry = 1 WHERE id = ?1", ids, changed);
}

StoreStatus drop_dead_letters(const std::string& path, const std::vector<int64_t>& ids, uint64_t& changed) {
  return change_dead_letters(path, "DELETE FROM dead_letters WHERE id = ?1", ids, changed);
}

}  // namespace krules
