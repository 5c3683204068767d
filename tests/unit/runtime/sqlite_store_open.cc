// How a store in a file is opened, refused and looked at.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "store_support.h"

namespace krules::test {

namespace fs = std::filesystem;
using Catch::Matchers::Contains;
using Names = std::vector<std::string>;

namespace {

/// A store whose program was killed, so that its last writes are in the log alone.
void leave_unfinished(const std::string& path, const std::string& last_sql = "SELECT 1") {
  Victim victim([&](const Victim::Say& say) {
    const auto store = open_store(path);
    put(*store, 1, "a", "{}");
    query(path, last_sql);
    say(1);
    pause();
  });
  uint64_t number;
  REQUIRE(victim.hear(number));
  victim.kill();
  REQUIRE(fs::file_size(path + "-wal") > 0);
}

}  // namespace

TEST_CASE("a store keeps everything when it is opened again") {
  TemporaryFolder folder;
  const std::string path = folder.file("krules.db");
  {
    const auto store = open_store(path, StoreAccess::kRun, CommitSync::kFull);
    CommitGroup group;
    group.number = 41;
    group.subjects = {{"order-1", 0, R"({"total":3})", {}}};
    group.outputs = "line\n";
    group.seen = {{"s", "1"}};
    group.positions.emplace_back().source = "/data/a";
    group.dead_letters.emplace_back().message = "m";
    group.timers.emplace_back().id = 7;
    group.timers.back().type = "door.check";
    group.calls.emplace_back().id = 8;
    group.calls.back().action = "http.get";
    group.journal.emplace_back().event_id = "e";
    group.journal.back().touched = 1;
    group.touched = {{"order-1", "total"}};
    check_ok(store->commit(group));
  }
  CHECK(folder.files() == Names{"krules.db"});

  const auto store = open_store(path);
  CHECK(store->run_number() == 2);
  CHECK(parts_of(*store, "order-1") == R"(0:{"total":3}|)");
  uint64_t last = 0;
  check_ok(store->last_group(last));
  CHECK(last == 41);
  std::vector<Store::PendingOutput> outputs;
  check_ok(store->pending_outputs(outputs));
  REQUIRE(outputs.size() == 1);
  CHECK(outputs[0].lines == "line\n");
  bool seen = false;
  check_ok(store->was_seen("s", "1", seen));
  CHECK(seen);
  std::optional<SourcePosition> position;
  check_ok(store->position("/data/a", position));
  CHECK(position.has_value());
  std::vector<DeadLetter> letters;
  check_ok(store->dead_letters(letters));
  CHECK(letters.size() == 1);
  const std::vector<StoredTimer> timers = timers_of(*store);
  REQUIRE(timers.size() == 1);
  CHECK(timers[0].id == 7);
  CHECK(timers[0].type == "door.check");
  const std::vector<StoredCall> calls = calls_of(*store);
  REQUIRE(calls.size() == 1);
  CHECK(calls[0].id == 8);
  CHECK(calls[0].action == "http.get");
  const std::vector<JournalEntry> journal = journal_of(*store);
  REQUIRE(journal.size() == 1);
  CHECK(journal[0].event_id == "e");
  CHECK(journal[0].touched == std::vector<PropertyName>{{"order-1", "total"}});
  // Numbers go on.
  CommitGroup group;
  group.number = 41;
  CHECK_FALSE(store->commit(group).ok());
  group.number = 42;
  check_ok(store->commit(group));
}

TEST_CASE("event ids are remembered across restarts, up to the limit of the day") {
  TemporaryFolder folder;
  const std::string path = folder.file("krules.db");
  const auto seen = [](Store& store, int id) {
    bool answer = false;
    check_ok(store.was_seen("s", std::to_string(id), answer));
    return answer;
  };
  CommitGroup group;
  int last = 0;
  for (uint64_t number = 1; number <= 20; ++number) {
    const auto store = open_store(path, StoreAccess::kRun, CommitSync::kNormal, /*seen_limit=*/20);
    const std::string ids[] = {std::to_string(last + 1), std::to_string(last + 2)};
    last += 2;
    group.clear();
    group.number = number;
    group.seen = {{"s", ids[0]}, {"s", ids[1]}};
    check_ok(store->commit(group));
    REQUIRE(seen(*store, last));
    REQUIRE(seen(*store, std::max(1, last - 19)));
    REQUIRE_FALSE(seen(*store, last - 20));
  }
  CHECK(query(path, "SELECT count(*) FROM seen_events") == std::vector<std::string>{"20"});

  // A lower limit holds at once for what is known, and the table follows.
  const auto store = open_store(path, StoreAccess::kRun, CommitSync::kNormal, /*seen_limit=*/5);
  CHECK(seen(*store, 36));
  CHECK_FALSE(seen(*store, 35));
  const auto looked_at = open_store(path, StoreAccess::kReadOnly);
  CHECK(seen(*looked_at, 40));
  group.clear();
  group.number = 21;
  group.seen = {{"s", "41"}};
  check_ok(store->commit(group));
  CHECK(seen(*looked_at, 41));
  CHECK(query(path, "SELECT min(id), max(id) FROM seen_events") == std::vector<std::string>{"37|41"});
}

TEST_CASE("a second program on a store is refused and told who runs on it") {
  TemporaryFolder folder;
  const std::string path = folder.file("krules.db");
  auto store = open_store(path);
  const StoreError error = refused(path);
  CHECK(error.kind == StoreErrorKind::kLocked);
  CHECK_THAT(error.message, Contains(path) && Contains("already open in this program"));

  fs::permissions(folder.path(), fs::perms(0777));
  for (const auto& name : folder.files()) fs::permissions(folder.file(name), fs::perms(0666));
  const std::string answer = in_other_process([&] { return refused(path).message; });
  CHECK(answer == "another krules (pid " + std::to_string(getpid()) + ") runs on `" + path + "`");

  // By another name of the same file, too.
  fs::create_symlink(path, folder.file("link.db"));
  CHECK(refused(folder.file("link.db")).kind == StoreErrorKind::kLocked);

  store.reset();
  CHECK(folder.files() == Names{"krules.db", "link.db"});
  open_store(folder.file("link.db"));
  CHECK(folder.files() == Names{"krules.db", "link.db"});
}

TEST_CASE("a store whose program was killed opens at once") {
  TemporaryFolder folder;
  const std::string path = folder.file("krules.db");
  leave_unfinished(path);
  REQUIRE(fs::exists(path + "-lock"));
  const auto store = open_store(path);
  CHECK(store->run_number() == 2);
  CHECK(parts_of(*store, "a") == "0:{}|");
}

TEST_CASE("a store of a newer version is refused and left as it is") {
  TemporaryFolder folder;
  const std::string path = folder.file("krules.db");
  const std::string newer = "UPDATE meta SET value = 7 WHERE key = 'schema_version'";
  SECTION("closed well") {
    open_store(path);
    query(path, newer);
  }
  SECTION("left by a killed program") {
    leave_unfinished(path, newer);
    fs::remove(path + "-lock");
  }
  for (const StoreAccess access : {StoreAccess::kRun, StoreAccess::kReadOnly}) {
    const std::string before = bytes_of(path);
    const std::string log = bytes_of(path + "-wal");
    const StoreError error = refused(path, access);
    CHECK(error.kind == StoreErrorKind::kTooNew);
    CHECK_THAT(error.message, Contains("version 7") && Contains("up to 2"));
    CHECK(bytes_of(path) == before);
    CHECK(bytes_of(path + "-wal") == log);
    CHECK_FALSE(fs::exists(path + "-lock"));
  }
  uint64_t changed = 0;
  CHECK_FALSE(retry_dead_letters(path, {1}, changed).ok());
}

TEST_CASE("what is no store is refused and left as it is") {
  TemporaryFolder folder;
  const std::string path = folder.file("file");
  std::string expected;
  SECTION("text") {
    write_bytes(path, "on order.submitted { }\n");
    expected = "`" + path + "` is not a krules store: it is not a SQLite database";
  }
  SECTION("a long text") {
    write_bytes(path, std::string(100'000, 'x'));
    expected = "`" + path + "` is not a krules store: it is not a SQLite database";
  }
  SECTION("another program's database") {
    query(path, "CREATE TABLE t(x)");
    expected = "`" + path + "` is not a krules store: it is a SQLite database of another program";
  }
  const std::string before = bytes_of(path);
  for (const StoreAccess access : {StoreAccess::kRun, StoreAccess::kReadOnly}) {
    const StoreError error = refused(path, access);
    CHECK(error.kind == StoreErrorKind::kCannotOpen);
    CHECK(error.message == expected);
  }
  CHECK(bytes_of(path) == before);
  CHECK(folder.files() == Names{"file"});
}

TEST_CASE("a path that cannot be opened is refused with the reason") {
  TemporaryFolder folder;
  CHECK_THAT(refused(folder.path()).message, Contains("it is a folder"));
  CHECK_THAT(refused(folder.file("none/krules.db")).message,
             Contains("there is no folder `" + folder.file("none") + "`"));
  CHECK_THAT(refused("").message, Contains("the path is empty"));
  CHECK_THAT(refused("/dev/null").message, Contains("not a regular file"));
  CHECK_THAT(refused(folder.file("krules.db"), StoreAccess::kReadOnly).message,
             Contains("there is no such file"));
  uint64_t changed = 9;
  CHECK_FALSE(drop_dead_letters(folder.file("krules.db"), {1}, changed).ok());
  CHECK(changed == 0);
  CHECK(folder.files().empty());

  fs::permissions(folder.path(), fs::perms(0555));
  CHECK_THAT(in_other_process([&] { return refused(folder.file("krules.db")).message; }),
             Contains("Permission denied"));
  fs::permissions(folder.path(), fs::perms(0755));
  open_store(folder.file("krules.db"));
  fs::permissions(folder.file("krules.db"), fs::perms(0));
  fs::permissions(folder.path(), fs::perms(0777));
  CHECK_THAT(in_other_process([&] { return refused(folder.file("krules.db")).message; }),
             Contains("Permission denied"));
}

TEST_CASE("an empty file becomes a store when it is run on, and is refused when it is looked at") {
  TemporaryFolder folder;
  const std::string path = folder.file("krules.db");
  write_bytes(path, "");
  CHECK_THAT(refused(path, StoreAccess::kReadOnly).message, Contains("nothing is in it yet"));
  CHECK(bytes_of(path).empty());
  const auto store = open_store(path);
  CHECK(store->run_number() == 1);
}

TEST_CASE("a path is a path, whatever it looks like") {
  TemporaryFolder folder;
  const auto before = fs::current_path();
  fs::current_path(folder.path());
  for (const std::string name : {":memory:", "file:a.db?mode=ro", "100% #1?.db"}) {
    put(*open_store(name), 1, "a", "{}");
    CHECK(parts_of(*open_store(name, StoreAccess::kReadOnly), "a") == "0:{}|");
    CHECK(fs::exists(folder.file(name)));
  }
  fs::current_path(before);
}

TEST_CASE("a store is looked at beside the program that runs on it") {
  TemporaryFolder folder;
  const std::string path = folder.file("krules.db");
  const auto running = open_store(path);
  put(*running, 1, "a", R"({"n":1})");
  const auto looked_at = open_store(path, StoreAccess::kReadOnly);
  CHECK(parts_of(*looked_at, "a") == R"(0:{"n":1}|)");
  CHECK(looked_at->run_number() == 1);
  put(*running, 2, "a", R"({"n":2})");
  CHECK(parts_of(*looked_at, "a") == R"(0:{"n":2}|)");
  CommitGroup group;
  group.number = 3;
  const StoreStatus status = looked_at->commit(group);
  REQUIRE_FALSE(status.ok());
  CHECK(status.error().kind == StoreErrorKind::kReadOnly);
}

TEST_CASE("looking at a store changes no file and leaves none behind") {
  TemporaryFolder folder;
  const std::string path = folder.file("krules.db");
  SECTION("closed well") {
    put(*open_store(path), 1, "a", "{}");
  }
  SECTION("left by a killed program") {
    leave_unfinished(path);
  }
  const Names files = folder.files();
  const std::string before = bytes_of(path);
  const std::string log = bytes_of(path + "-wal");
  CHECK(parts_of(*open_store(path, StoreAccess::kReadOnly), "a") == "0:{}|");
  CHECK(folder.files() == files);
  CHECK(bytes_of(path) == before);
  CHECK(bytes_of(path + "-wal") == log);
}

TEST_CASE("a store is looked at where nothing can be written") {
  TemporaryFolder folder;
  const std::string path = folder.file("krules 100%?#.db");
  put(*open_store(path), 1, "a", "{}");
  const fs::perms file_rights = GENERATE(fs::perms(0444), fs::perms(0666));
  fs::permissions(path, file_rights);
  fs::permissions(folder.path(), fs::perms(0555));
  CHECK(in_other_process([&] { return parts_of(*open_store(path, StoreAccess::kReadOnly), "a"); }) ==
        "0:{}|");
  CHECK(folder.files() == Names{"krules 100%?#.db"});
  CHECK_THAT(in_other_process([&] { return refused(path).message; }), Contains("Permission denied"));
}

TEST_CASE("a file that is read-only is looked at and not run on") {
  TemporaryFolder folder;
  const std::string path = folder.file("krules.db");
  put(*open_store(path), 1, "a", "{}");
  fs::permissions(path, fs::perms(0444));
  fs::permissions(folder.path(), fs::perms(0777));
  CHECK(in_other_process([&] { return parts_of(*open_store(path, StoreAccess::kReadOnly), "a"); }) ==
        "0:{}|");
  CHECK(in_other_process([&] {
          const StoreError error = refused(path);
          return std::to_string(error.kind == StoreErrorKind::kReadOnly) + " " + error.message;
        }) == "1 cannot write `" + path + "`: it is read-only");
}

TEST_CASE("what a killed program left can be looked at only where its log can be read") {
  TemporaryFolder folder;
  const std::string path = folder.file("krules.db");
  leave_unfinished(path);
  fs::permissions(folder.path(), fs::perms(0555));
  SECTION("its index is there") {
    CHECK(in_other_process([&] { return parts_of(*open_store(path, StoreAccess::kReadOnly), "a"); }) ==
          "0:{}|");
  }
  SECTION("its index is gone") {
    fs::remove(path + "-shm");
    CHECK_THAT(in_other_process([&] { return refused(path, StoreAccess::kReadOnly).message; }),
               Contains("`-wal`") && Contains("copy both files"));
  }
}

TEST_CASE("dead letters are marked and dropped beside a running program") {
  TemporaryFolder folder;
  const std::string path = folder.file("krules.db");
  auto running = open_store(path);
  CommitGroup group;
  group.number = 1;
  group.dead_letters.resize(3);
  check_ok(running->commit(group));

  uint64_t changed = 0;
  check_ok(retry_dead_letters(path, {3, 1, 77}, changed));
  CHECK(changed == 2);
  std::vector<DeadLetter> letters;
  check_ok(running->dead_letters_to_retry(10, letters));
  CHECK(ids_of(letters) == std::vector<int64_t>{1, 3});
  check_ok(drop_dead_letters(path, {1, 2, 2}, changed));
  CHECK(changed == 2);
  check_ok(running->dead_letters(letters));
  CHECK(ids_of(letters) == std::vector<int64_t>{3});
  put(*running, 2, "a", "{}");

  running.reset();
  check_ok(drop_dead_letters(path, {3}, changed));
  CHECK(changed == 1);
  CHECK(folder.files() == Names{"krules.db"});
}

}  // namespace krules::test
