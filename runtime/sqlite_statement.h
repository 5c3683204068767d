#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "krules/store.h"

namespace krules::sqlite {

/// A connection to one file, closed with its owner. Not thread-safe: one thread at a time.
class Connection {
 public:
  Connection() = default;
  ~Connection() { close(); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// `path` is absolute or a "file:" address; `flags` as sqlite3_open_v2 takes them. Gives SQLITE_OK or the
  /// error's code.
  int open(const std::string& path, int flags);
  void close();

  /// Runs one or more statements that give no rows.
  int execute(const char* sql);
  /// The error's code, or SQLITE_OK; `value` stays as it is where there is no row.
  int query_int(const char* sql, int64_t& value);

  /// What the failed call (which gave `code`) means to a caller: `action` is "read" or "write", `path` as the
  /// user wrote it.
  StoreError error(int code, std::string_view action, std::string_view path) const;

  sqlite3* handle() const { return handle_; }

 private:
  sqlite3* handle_ = nullptr;
};

/// A prepared statement. Texts are bound without a copy: they must live until the statement is reset.
class Statement {
 public:
  Statement() = default;
  ~Statement() { sqlite3_finalize(handle_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  /// Prepares for repeated use. Gives SQLITE_OK or the error's code.
  int prepare(Connection& connection, const char* sql);

  // A failed bind (a text above SQLite's limit) is kept and given by the next step().
  void bind(int number, int64_t value) { keep(sqlite3_bind_int64(handle_, number, value)); }
  void bind(int number, uint64_t value) { bind(number, static_cast<int64_t>(value)); }
  void bind(int number, std::string_view text) {
    keep(sqlite3_bind_text64(handle_, number, text.data() == nullptr ? "" : text.data(), text.size(),
                             SQLITE_STATIC, SQLITE_UTF8));
  }
  /// NULL for an empty text.
  void bind_or_null(int number, std::string_view text) {
    if (text.empty()) {
      keep(sqlite3_bind_null(handle_, number));
    } else {
      bind(number, text);
    }
  }

  /// All parameters in order.
  template <class... Values>
  void bind_all(const Values&... values) {
    int number = 0;
    (bind(++number, values), ...);
  }

  /// SQLITE_ROW, SQLITE_DONE or an error's code.
  int step();
  void reset() { sqlite3_reset(handle_); }
  /// For statements without rows: step and reset. SQLITE_OK or the error's code.
  int run();

  int64_t column_int(int number) const { return sqlite3_column_int64(handle_, number); }
  uint64_t column_uint(int number) const { return static_cast<uint64_t>(column_int(number)); }
  /// Valid until the next step or reset; empty for NULL.
  std::string_view column_text(int number) const;
  /// All columns in order.
  template <class... Fields>
  void read_all(Fields&... fields) const {
    int number = 0;
    (read(number++, fields), ...);
  }

 private:
  void read(int number, int64_t& field) const { field = column_int(number); }
  void read(int number, uint64_t& field) const { field = column_uint(number); }
  void read(int number, uint32_t& field) const { field = static_cast<uint32_t>(column_int(number)); }
  void read(int number, bool& field) const { field = column_int(number) != 0; }
  void read(int number, std::string& field) const { field = column_text(number); }
  void keep(int code) {
    if (code != SQLITE_OK) [[unlikely]]
      bind_error_ = code;
  }

  sqlite3_stmt* handle_ = nullptr;
  int bind_error_ = SQLITE_OK;
};

/// Resets a statement at the end of a scope, so that its locks do not outlive it.
class ResetAtEnd {
 public:
  explicit ResetAtEnd(Statement& statement) : statement_(statement) {}
  ~ResetAtEnd() { statement_.reset(); }
  ResetAtEnd(const ResetAtEnd&) = delete;
  ResetAtEnd& operator=(const ResetAtEnd&) = delete;

 private:
  Statement& statement_;
};

}  // namespace krules::sqlite
