#pragma once

#include <string>

#include "krules/store.h"

namespace krules {

/// The right to run on a store, held as a lock on the file `<store>-lock` that lives as long as this object
/// or the process, whichever ends first. The file holds the process number of its owner, for the message that
/// a second program gets.
class StoreLock {
 public:
  StoreLock() = default;
  ~StoreLock() { release(); }
  StoreLock(const StoreLock&) = delete;
  StoreLock& operator=(const StoreLock&) = delete;

  /// Fails at once (kLocked) where another program holds it. `store` is the absolute path, `shown` the path
  /// as the user wrote it.
  StoreStatus acquire(const std::string& store, std::string_view shown);
  void release();

 private:
  int file_ = -1;
  std::string path_;
};

}  // namespace krules
