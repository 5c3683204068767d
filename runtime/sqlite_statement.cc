#include "sqlite_statement.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>

namespace krules::sqlite {

int Connection::open(const std::string& path, int flags) {
  close();
  const int code = sqlite3_open_v2(path.c_str(), &handle_, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  if (handle_ != nullptr) sqlite3_extended_result_codes(handle_, 1);
  return code;
}

void Connection::close() {
  sqlite3_close(handle_);
  handle_ = nullptr;
}

int Connection::execute(const char* sql) {
  return sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr);
}

int Connection::query_int(const char* sql, int64_t& value) {
  Statement statement;
  int code = statement.prepare(*this, sql);
  if (code != SQLITE_OK) return code;
  code = statement.step();
  if (code == SQLITE_ROW) value = statement.column_int(0);
  return code == SQLITE_ROW || code == SQLITE_DONE ? SQLITE_OK : code;
}

namespace {

/// What the system said when a file of the connection failed last. SQLite tells of a failed COMMIT only when
/// the log and the file themselves are asked.
int last_system_error(sqlite3* connection) {
  int found = sqlite3_system_errno(connection);
  for (const int which : {SQLITE_FCNTL_JOURNAL_POINTER, SQLITE_FCNTL_FILE_POINTER}) {
    sqlite3_file* file = nullptr;
    if (found != 0 || sqlite3_file_control(connection, "main", which, &file) != SQLITE_OK) continue;
    if (file != nullptr && file->pMethods != nullptr) {
      (void)file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &found);
    }
  }
  return found;
}

bool means_no_space(int system_error) {
  return system_error == ENOSPC || system_error == EDQUOT || system_error == EFBIG;
}

}  // namespace

StoreError Connection::error(int code, std::string_view action, std::string_view path) const {
  const int system_error = handle_ == nullptr ? 0 : last_system_error(handle_);
  const auto because = [&](StoreErrorKind kind, std::string_view reason) {
    return StoreError{kind, fmt::format("cannot {} `{}`: {}", action, path, reason)};
  };
  switch (code & 0xFF) {
    case SQLITE_FULL:
      return because(StoreErrorKind::kFull, "no space is left on the disk");
    case SQLITE_IOERR:
      if (means_no_space(system_error)) return because(StoreErrorKind::kFull, "no space is left on the disk");
      return because(StoreErrorKind::kIo,
                     fmt::format("the disk failed ({}, {})", sqlite3_errstr(code),
                                 system_error == 0 ? "no system error" : std::strerror(system_error)));
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return because(
          StoreErrorKind::kDamaged,
          "the file is damaged; restore a copy, or save what is left with `sqlite3 FILE .recover`");
    case SQLITE_READONLY:
      return because(StoreErrorKind::kReadOnly, "it is read-only");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return because(StoreErrorKind::kLocked, "another program keeps it busy");
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return because(StoreErrorKind::kCannotOpen,
                     system_error == 0 ? "it cannot be opened" : std::strerror(system_error));
    case SQLITE_NOMEM:
      return because(StoreErrorKind::kIo, "no memory is left");
    case SQLITE_TOOBIG:
      return because(StoreErrorKind::kIo, "a text is larger than a store can hold (1 GB)");
    default:
      return because(StoreErrorKind::kIo,
                     handle_ == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(handle_));
  }
}

int Statement::prepare(Connection& connection, const char* sql) {
  sqlite3_finalize(handle_);
  handle_ = nullptr;
  return sqlite3_prepare_v3(connection.handle(), sql, -1, SQLITE_PREPARE_PERSISTENT, &handle_, nullptr);
}

int Statement::step() {
  if (bind_error_ != SQLITE_OK) [[unlikely]] {
    const int code = bind_error_;
    bind_error_ = SQLITE_OK;
    return code;
  }
  return sqlite3_step(handle_);
}

int Statement::run() {
  const int code = step();
  reset();
  return code == SQLITE_DONE || code == SQLITE_ROW ? SQLITE_OK : code;
}

std::string_view Statement::column_text(int number) const {
  // As a blob: the bytes as they are, without a terminator being added.
  const void* bytes = sqlite3_column_blob(handle_, number);
  return bytes == nullptr ? std::string_view{}
                          : std::string_view{static_cast<const char*>(bytes),
                                             static_cast<size_t>(sqlite3_column_bytes(handle_, number))};
}

}  // namespace krules::sqlite
