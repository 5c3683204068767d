#pragma once

#include <catch2/catch.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "krules/sqlite_store.h"
#include "krules/store.h"

namespace krules::test {

/// A folder of its own that goes away with the test.
class TemporaryFolder {
 public:
  TemporaryFolder();
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::string path() const { return path_.string(); }
  std::string file(const std::string& name) const { return (path_ / name).string(); }
  /// The names of the files in it, in order.
  std::vector<std::string> files() const;

 private:
  std::filesystem::path path_;
};

/// Fails the test with the store's own words.
void check_ok(const StoreStatus& status);

/// Opens a store that must open.
std::unique_ptr<Store> open_store(const std::string& path, StoreAccess access = StoreAccess::kRun,
                                  CommitSync sync = CommitSync::kNormal, uint64_t seen_limit = 1'000'000);
/// Opens a store that must be refused.
StoreError refused(const std::string& path, StoreAccess access = StoreAccess::kRun);

/// The two kinds of stores, for tests of what every store must do.
struct InMemory {
  std::unique_ptr<Store> open(uint64_t seen_limit = 1'000'000) { return make_memory_store(seen_limit); }
};
struct InFile {
  TemporaryFolder folder;
  std::unique_ptr<Store> open(uint64_t seen_limit = 1'000'000) {
    return open_store(folder.file("krules.db"), StoreAccess::kRun, CommitSync::kNormal, seen_limit);
  }
};

/// One group with one part of one subject.
void put(Store& store, uint64_t number, std::string_view subject, std::string_view properties,
         uint16_t part = 0, std::string_view extended = {});

/// "0:PROPS|EXT 1:PROPS|EXT", empty where there is no such subject.
std::string parts_of(Store& store, std::string_view subject);
/// The names that a scan visits.
std::vector<std::string> scan_names(Store& store, std::string_view glob = {});
std::vector<int64_t> ids_of(const std::vector<DeadLetter>& letters);
std::vector<StoredTimer> timers_of(Store& store);
std::vector<StoredCall> calls_of(Store& store);
/// All of the journal, newest first.
std::vector<JournalEntry> journal_of(Store& store);

/// The bytes of a file; empty where there is none.
std::string bytes_of(const std::string& path);
void write_bytes(const std::string& path, std::string_view bytes);

/// Runs SQL on a file by a connection of its own and gives the rows, columns parted by "|", NULL as "NULL".
std::vector<std::string> query(const std::string& path, const std::string& sql);

/// Runs `work` in a process of its own, without the rights of root, and gives back what it returns.
std::string in_other_process(const std::function<std::string()>& work);

/// A process that works until it is killed. What it says comes through a pipe, 8 bytes a number.
class Victim {
 public:
  using Say = std::function<void(uint64_t)>;
  explicit Victim(const std::function<void(const Say&)>& work);
  ~Victim();
  Victim(const Victim&) = delete;
  Victim& operator=(const Victim&) = delete;

  /// Waits for the next number; false when the process has ended and has said no more.
  bool hear(uint64_t& number);
  /// SIGKILL, and waits until it is gone.
  void kill();

 private:
  int process_ = -1;
  int pipe_ = -1;
};

}  // namespace krules::test
