#pragma once

#include <cstdint>
#include <string_view>

#include "sqlite_statement.h"

namespace krules::sqlite {

/// The version of the tables that this program reads and writes.
int64_t schema_version();

/// What a file turned out to be, found without changing it.
enum class FileContent : uint8_t {
  kEmpty,  ///< nothing, or a database without tables: a store can be made of it
  kStore,  ///< a krules store of this or an older version
};

/// Looks at what the connection opened. Fails for a file that is no SQLite database, a database of something
/// else, and a store of a newer version. `version` is 0 where there is no store.
StoreStatus inspect(Connection& connection, std::string_view path, FileContent& content, int64_t& version);

/// Brings an empty database or a store of version `from` to this program's version, all of it or nothing.
StoreStatus migrate(Connection& connection, std::string_view path, int64_t from);

}  // namespace krules::sqlite
