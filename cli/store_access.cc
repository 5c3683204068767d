#include "store_access.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "krules/sqlite_store.h"

namespace krules::cli {

ExitStatus status_of(const StoreError& error) {
  return error.kind == StoreErrorKind::kCannotOpen ? ExitStatus::kUsage : ExitStatus::kFailed;
}

ExitStatus complain(ExitStatus status, const std::string& message) {
  fmt::print(stderr, "krules: {}\n", message);
  return status;
}

ExitStatus open_to_look(const std::string& path, std::unique_ptr<Store>& store) {
  SqliteStoreOptions options;
  options.path = path;
  options.access = StoreAccess::kReadOnly;
  const StoreStatus status = open_sqlite_store(options, store);
  return status.ok() ? ExitStatus::kOk : complain(status_of(status.error()), status.error().message);
}

ExitStatus finish_output(ExitStatus status) {
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return status;
  return complain(ExitStatus::kFailed,
                  fmt::format("cannot write to standard output: {}", std::strerror(errno)));
}

}  // namespace krules::cli
