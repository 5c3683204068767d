#include "sqlite_open.h"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>

#include "sqlite_schema.h"

namespace krules::sqlite {

namespace fs = std::filesystem;

namespace {

constexpr int kBusyMilliseconds = 10'000;

// What was measured and why is told in docs/store.md.
constexpr const char* kWriterSettings =
    "PRAGMA cache_size = -8000;"  // 8 MB
    "PRAGMA journal_size_limit = 67108864;"
    "PRAGMA temp_store = MEMORY";
constexpr const char* kReaderSettings =
    "PRAGMA cache_size = -4000;"
    "PRAGMA temp_store = MEMORY;"
    "PRAGMA query_only = ON";

StoreError cannot_open(const StorePath& path, std::string_view reason) {
  return {StoreErrorKind::kCannotOpen, fmt::format("cannot open `{}`: {}", path.shown, reason)};
}

bool has_unfinished_log(const StorePath& path) {
  std::error_code error;
  const auto size = fs::file_size(path.real + "-wal", error);
  return !error && size > 0;
}

/// Closing the last connection tidies up the log, which changes the file. Not so for a file that is only
/// looked at.
void keep_log_at_close(Connection& connection, bool keep) {
  sqlite3_db_config(connection.handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keep ? 1 : 0, nullptr);
}

/// The file by a "file:" address that says that nobody changes it.
std::string immutable_address(const std::string& path) {
  std::string address = "file:";
  for (const char c : path) {
    if (c == '%' || c == '?' || c == '#') {
      address += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    } else {
      address += c;
    }
  }
  return address + "?immutable=1";
}

StoreStatus open_connection(const StorePath& path, int flags, Connection& connection) {
  const int code = connection.open(path.real, flags);
  if (code != SQLITE_OK) return connection.error(code, "open", path.shown);
  sqlite3_busy_timeout(connection.handle(), kBusyMilliseconds);
  return {};
}

StoreStatus refuse_empty(const StorePath& path) {
  return StoreError{StoreErrorKind::kCannotOpen,
                    fmt::format("`{}` is not a krules store: nothing is in it yet", path.shown)};
}

/// For connections to a store that others made: of this version or an older one.
StoreStatus require_store(const StorePath& path, Connection& connection, int64_t& version) {
  FileContent content;
  if (StoreStatus status = inspect(connection, path.shown, content, version); !status.ok()) return status;
  if (content == FileContent::kEmpty) return refuse_empty(path);
  return {};
}

StoreStatus prepare_reader(const StorePath& path, Connection& connection) {
  const int code = connection.execute(kReaderSettings);
  if (code != SQLITE_OK) return connection.error(code, "open", path.shown);
  return {};
}

/// Whether the last failure means that SQLite could not make the files through which connections share a
/// store.
bool cannot_be_shared(const Connection& connection) {
  const int code = sqlite3_errcode(connection.handle()) & 0xFF;
  return code == SQLITE_CANTOPEN || code == SQLITE_READONLY;
}

}  // namespace

StoreStatus locate(const std::string& path, Missing missing, StorePath& location) {
  location.shown = path;
  if (path.empty()) return cannot_open(location, "the path is empty");
  std::error_code error;
  const fs::path real = fs::weakly_canonical(fs::absolute(path, error), error);
  if (error) return cannot_open(location, error.message());
  location.real = real.string();
  const fs::file_status status = fs::status(real, error);
  if (fs::is_directory(status)) return cannot_open(location, "it is a folder");
  if (fs::exists(status)) {
    if (!fs::is_regular_file(status)) return cannot_open(location, "it is not a regular file");
    return {};
  }
  if (status.type() == fs::file_type::none) return cannot_open(location, error.message());
  if (!fs::is_directory(real.parent_path(), error)) {
    return cannot_open(location, fmt::format("there is no folder `{}`", real.parent_path().string()));
  }
  if (missing == Missing::kError) return cannot_open(location, "there is no such file");
  return {};
}

StoreStatus open_writer(const StorePath& path, CommitSync sync, Connection& connection, int64_t& found) {
  const bool unfinished = has_unfinished_log(path);
  StoreStatus status = open_connection(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, connection);
  if (!status.ok()) return status;
  keep_log_at_close(connection, unfinished);
  if (sqlite3_db_readonly(connection.handle(), "main") == 1) {
    return StoreError{StoreErrorKind::kReadOnly,
                      fmt::format("cannot write `{}`: it is read-only", path.shown)};
  }
  FileContent content;
  if (status = inspect(connection, path.shown, content, found); !status.ok()) return status;
  keep_log_at_close(connection, false);

  if (found < schema_version()) {
    if (status = migrate(connection, path.shown, found); !status.ok()) return status;
  }
  int code = connection.execute("PRAGMA journal_mode = WAL");
  if (code == SQLITE_OK) code = connection.execute(kWriterSettings);
  if (code == SQLITE_OK) {
    code = connection.execute(sync == CommitSync::kFull ? "PRAGMA synchronous = FULL"
                                                        : "PRAGMA synchronous = NORMAL");
  }
  if (code != SQLITE_OK) return connection.error(code, "open", path.shown);
  return {};
}

StoreStatus open_reader(const StorePath& path, Connection& connection) {
  StoreStatus status = open_connection(path, SQLITE_OPEN_READWRITE, connection);
  if (!status.ok()) return status;
  return prepare_reader(path, connection);
}

StoreStatus open_to_look(const StorePath& path, Connection& connection, int64_t& version) {
  const bool unfinished = has_unfinished_log(path);
  // Read-write where it may, so that the files made beside the store go away again; the settings forbid to
  // write.
  StoreStatus status = open_connection(path, SQLITE_OPEN_READWRITE, connection);
  if (!status.ok()) return status;
  keep_log_at_close(connection, unfinished);
  status = require_store(path, connection, version);
  if (!status.ok() && cannot_be_shared(connection)) {
    if (unfinished) {
      return cannot_open(
          path,
          "a program on it was killed, and what it left in the `-wal` file can only be read where "
          "the folder can be written; copy both files to another folder");
    }
    const int code = connection.open(immutable_address(path.real), SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
    if (code != SQLITE_OK) return connection.error(code, "open", path.shown);
    status = require_store(path, connection, version);
  }
  if (!status.ok()) return status;
  return prepare_reader(path, connection);
}

StoreStatus open_beside(const StorePath& path, Connection& connection) {
  const bool unfinished = has_unfinished_log(path);
  if (StoreStatus status = open_connection(path, SQLITE_OPEN_READWRITE, connection); !status.ok())
    return status;
  keep_log_at_close(connection, unfinished);
  if (sqlite3_db_readonly(connection.handle(), "main") == 1) {
    return StoreError{StoreErrorKind::kReadOnly,
                      fmt::format("cannot write `{}`: it is read-only", path.shown)};
  }
  int64_t version;
  if (StoreStatus status = require_store(path, connection, version); !status.ok()) return status;
  keep_log_at_close(connection, false);
  return {};
}

}  // namespace krules::sqlite
