#include "store_support.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace krules::test {

namespace fs = std::filesystem;

TemporaryFolder::TemporaryFolder() {
  std::string name = (fs::temp_directory_path() / "krules-store-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  fs::permissions(path_, fs::perms::owner_all, ignored);
  fs::remove_all(path_, ignored);
}

std::vector<std::string> TemporaryFolder::files() const {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(path_)) names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

void check_ok(const StoreStatus& status) {
  INFO((status.ok() ? std::string() : status.error().message));
  REQUIRE(status.ok());
}

std::unique_ptr<Store> open_store(const std::string& path, StoreAccess access, CommitSync sync,
                                  uint64_t seen_limit) {
  SqliteStoreOptions options;
  options.path = path;
  options.access = access;
  options.sync = sync;
  options.seen_limit = seen_limit;
  std::unique_ptr<Store> store;
  check_ok(open_sqlite_store(options, store));
  REQUIRE(store != nullptr);
  return store;
}

StoreError refused(const std::string& path, StoreAccess access) {
  SqliteStoreOptions options;
  options.path = path;
  options.access = access;
  std::unique_ptr<Store> store;
  const StoreStatus status = open_sqlite_store(options, store);
  REQUIRE_FALSE(status.ok());
  CHECK(store == nullptr);
  return status.error();
}

void put(Store& store, uint64_t number, std::string_view subject, std::string_view properties, uint16_t part,
         std::string_view extended) {
  CommitGroup group;
  group.number = number;
  group.subjects.push_back({subject, part, properties, extended});
  check_ok(store.commit(group));
}

std::string parts_of(Store& store, std::string_view subject) {
  std::vector<StoredPart> parts(3);  // what is left of an earlier call must not be seen
  check_ok(store.load(subject, parts));
  std::string text;
  for (const StoredPart& part : parts) {
    if (!text.empty()) text += ' ';
    text += std::to_string(part.part) + ':' + part.properties + '|' + part.extended;
  }
  return text;
}

std::vector<std::string> scan_names(Store& store, std::string_view glob) {
  std::vector<std::string> names;
  check_ok(store.scan(glob, [&](std::string_view name, const std::vector<StoredPart>&) {
    names.emplace_back(name);
    return true;
  }));
  return names;
}

std::vector<int64_t> ids_of(const std::vector<DeadLetter>& letters) {
  std::vector<int64_t> ids;
  for (const DeadLetter& letter : letters) ids.push_back(letter.id);
  return ids;
}

std::vector<StoredTimer> timers_of(Store& store) {
  std::vector<StoredTimer> found;
  check_ok(store.timers([&](const StoredTimer& timer) {
    found.push_back(timer);
    return true;
  }));
  return found;
}

std::vector<StoredCall> calls_of(Store& store) {
  std::vector<StoredCall> found;
  check_ok(store.calls([&](const StoredCall& call) {
    found.push_back(call);
    return true;
  }));
  return found;
}

std::vector<JournalEntry> journal_of(Store& store) {
  std::vector<JournalEntry> found;
  check_ok(store.journal_recent(SIZE_MAX, [&](const JournalEntry& entry) {
    found.push_back(entry);
    return true;
  }));
  return found;
}

std::string bytes_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write_bytes(const std::string& path, std::string_view bytes) {
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

std::vector<std::string> query(const std::string& path, const std::string& sql) {
  sqlite3* connection = nullptr;
  std::vector<std::string> rows;
  int code = sqlite3_open(path.c_str(), &connection);
  sqlite3_stmt* statement = nullptr;
  if (code == SQLITE_OK) code = sqlite3_prepare_v2(connection, sql.c_str(), -1, &statement, nullptr);
  while (code == SQLITE_OK || code == SQLITE_ROW) {
    code = sqlite3_step(statement);
    if (code != SQLITE_ROW) break;
    std::string row;
    for (int column = 0; column < sqlite3_column_count(statement); ++column) {
      const unsigned char* text = sqlite3_column_text(statement, column);
      if (column > 0) row += '|';
      row += text == nullptr ? "NULL" : reinterpret_cast<const char*>(text);
    }
    rows.push_back(row);
  }
  const std::string message = sqlite3_errmsg(connection);
  sqlite3_finalize(statement);
  sqlite3_close(connection);
  INFO(sql << ": " << message);
  REQUIRE(code == SQLITE_DONE);
  return rows;
}

std::string in_other_process(const std::function<std::string()>& work) {
  int ends[2];
  if (pipe(ends) != 0) throw std::runtime_error("no pipe");
  const pid_t process = fork();
  if (process == 0) {
    constexpr unsigned kNobody = 65534;
    if (getuid() == 0 && (setgid(kNobody) != 0 || setuid(kNobody) != 0)) _exit(1);
    std::string answer;
    try {
      answer = work();
    } catch (...) {
      _exit(1);  // a failed check; the process must not go on with the tests
    }
    const ssize_t written = write(ends[1], answer.data(), answer.size());
    _exit(written == static_cast<ssize_t>(answer.size()) ? 0 : 1);
  }
  close(ends[1]);
  std::string answer;
  char buffer[4096];
  for (ssize_t got; (got = read(ends[0], buffer, sizeof buffer)) > 0;)
    answer.append(buffer, static_cast<size_t>(got));
  close(ends[0]);
  int result = -1;
  waitpid(process, &result, 0);
  REQUIRE(result == 0);
  return answer;
}

Victim::Victim(const std::function<void(const Say&)>& work) {
  int ends[2];
  if (pipe(ends) != 0) throw std::runtime_error("no pipe");
  process_ = fork();
  if (process_ == 0) {
    close(ends[0]);
    try {
      work([&](uint64_t number) {
        if (write(ends[1], &number, sizeof number) != sizeof number) _exit(1);
      });
    } catch (...) {
      _exit(1);
    }
    _exit(0);
  }
  close(ends[1]);
  pipe_ = ends[0];
}

Victim::~Victim() {
  kill();
  close(pipe_);
}

bool Victim::hear(uint64_t& number) {
  return read(pipe_, &number, sizeof number) == sizeof number;
}

void Victim::kill() {
  if (process_ < 0) return;
  ::kill(process_, SIGKILL);
  waitpid(process_, nullptr, 0);
  process_ = -1;
}

}  // namespace krules::test
