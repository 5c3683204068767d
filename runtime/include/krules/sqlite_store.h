#pragma once

#include <memory>
#include <string>

#include "krules/store.h"

namespace krules {

enum class StoreAccess : uint8_t {
  kRun,       ///< read and write, alone: a second program is refused
  kReadOnly,  ///< look at a store, also while a program runs on it or where nothing can be written
};

struct SqliteStoreOptions {
  std::string path;  ///< links are followed; `-wal`, `-shm` and `-lock` files lie beside it while it is open
  StoreAccess access = StoreAccess::kRun;
  CommitSync sync = CommitSync::kFull;
  /// So many event ids are remembered, the newest of all sources together. Each takes about 16 bytes of
  /// memory once was_seen() was called.
  uint64_t seen_limit = 1'000'000;
};

/// The versions of a store's tables when it was opened for running: as they were found, and as they are now.
struct StoreUpgrade {
  int64_t from = 0;  ///< 0: the store was made
  int64_t to = 0;
};

/// Opens, or (kRun) makes, a store file. Refuses a store of a newer version, a file that is no store, a store
/// in use, and leaves what it refuses unchanged. A store of an older version is brought to the present one
/// (kRun; `upgrade` tells), or read as it is (kReadOnly; what it has no tables for is empty). Takes the same
/// time for a small and a large store.
StoreStatus open_sqlite_store(const SqliteStoreOptions& options, std::unique_ptr<Store>& store,
                              StoreUpgrade* upgrade = nullptr);

/// Marks dead letters to be sent again by the program that runs on the store (now or next), or drops them.
/// All of `ids`, or on failure none. Works beside a running program. `changed` counts those that were there.
StoreStatus retry_dead_letters(const std::string& path, const std::vector<int64_t>& ids, uint64_t& changed);
StoreStatus drop_dead_letters(const std::string& path, const std::vector<int64_t>& ids, uint64_t& changed);

}  // namespace krules
