#include "store_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>

namespace krules {

namespace {

StoreError cannot_lock(int system_error, const std::string& path) {
  const auto kind = system_error == EROFS    ? StoreErrorKind::kReadOnly
                    : system_error == ENOSPC ? StoreErrorKind::kFull
                                             : StoreErrorKind::kCannotOpen;
  return {kind, fmt::format("cannot make the lock file `{}`: {}", path, std::strerror(system_error))};
}

StoreError in_use(int file, std::string_view shown) {
  char text[32] = {};
  const ssize_t length = pread(file, text, sizeof text, 0);
  long owner = 0;
  if (length > 0) std::from_chars(text, text + length, owner);
  if (owner == getpid()) {
    return {StoreErrorKind::kLocked, fmt::format("`{}` is already open in this program", shown)};
  }
  if (owner > 0) {
    return {StoreErrorKind::kLocked, fmt::format("another krules (pid {}) runs on `{}`", owner, shown)};
  }
  return {StoreErrorKind::kLocked, fmt::format("another krules runs on `{}`", shown)};
}

/// Whether `path` still names the open file: its last owner may have taken it away before we had the lock.
bool still_named(int file, const std::string& path) {
  struct stat open_file {};
  struct stat named {};
  return fstat(file, &open_file) == 0 && stat(path.c_str(), &named) == 0 &&
         open_file.st_ino == named.st_ino && open_file.st_dev == named.st_dev;
}

}  // namespace

StoreStatus StoreLock::acquire(const std::string& store, std::string_view shown) {
  release();
  const std::string path = store + "-lock";
  while (true) {
    const int file = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (file < 0) return cannot_lock(errno, path);
    if (flock(file, LOCK_EX | LOCK_NB) != 0) {
      const int system_error = errno;
      StoreError error = system_error == EWOULDBLOCK ? in_use(file, shown) : cannot_lock(system_error, path);
      close(file);
      return error;
    }
    if (!still_named(file, path)) {
      close(file);
      continue;
    }
    const std::string owner = fmt::format("{}\n", getpid());
    // Only the message of a second program needs the number: a full disk must not keep a store from being
    // opened.
    const bool written = ftruncate(file, 0) == 0 && pwrite(file, owner.data(), owner.size(), 0) > 0;
    (void)written;
    file_ = file;
    path_ = path;
    return {};
  }
}

void StoreLock::release() {
  if (file_ < 0) return;
  unlink(path_.c_str());  // while it is ours: whoever opened it meanwhile finds out in still_named()
  close(file_);
  file_ = -1;
}

}  // namespace krules
