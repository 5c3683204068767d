#pragma once

#include <string>
#include <string_view>

#include "krules/sqlite_store.h"
#include "sqlite_statement.h"

namespace krules::sqlite {

/// Where a store lies.
struct StorePath {
  std::string shown;  ///< as the user wrote it, for messages
  std::string real;   ///< absolute, links followed
};

/// Finds out where the store is. Fails where a folder stands in its place, where its folder is missing, or
/// where it must exist and does not.
enum class Missing : uint8_t { kFine, kError };
StoreStatus locate(const std::string& path, Missing missing, StorePath& location);

/// Opens the connection that commits: makes the store or brings it to this program's version. `found` is the
/// version it had, 0 for a new store. The lock must be held.
StoreStatus open_writer(const StorePath& path, CommitSync sync, Connection& connection, int64_t& found);

/// Opens a connection that reads a store beside the one that commits.
StoreStatus open_reader(const StorePath& path, Connection& connection);

/// Opens a connection that reads a store whoever else has it open, or nobody; changes nothing.
/// The store may be of an older version, which is given.
StoreStatus open_to_look(const StorePath& path, Connection& connection, int64_t& version);

/// Opens a connection for a small change to a store that a program may be running on.
StoreStatus open_beside(const StorePath& path, Connection& connection);

}  // namespace krules::sqlite
