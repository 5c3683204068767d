// What a store in a file does when the disk is full, the file is damaged, or the program is killed.
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <random>

#include "store_support.h"

namespace krules::test {

namespace fs = std::filesystem;
using Catch::Matchers::Contains;

namespace {

/// While it lives, no file of this process can grow above `bytes`: the disk is full.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit{bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FullDisk() {
    setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, SIG_DFL);
  }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  rlimit before_{};
};

/// Group `number` sets every subject to its number, and everything else, too.
struct WholeGroup {
  static constexpr int kSubjects = 40;

  explicit WholeGroup(uint64_t number, size_t padding = 0) : id(std::to_string(number)), properties(id) {
    properties.append(padding, ' ');
    group.number = number;
    group.confirmed = number - 1;
    group.outputs = id;
    for (const std::string& name : names()) group.subjects.push_back({name, 0, properties, {}});
    group.positions.emplace_back().source = "/data/a";
    group.positions.back().offset = number;
    group.seen.push_back({"s", id});
    for (uint64_t timer = 1; timer <= 3; ++timer) add_timer(timer);
    add_timer(3 + number);
    if (number > 1) {
      group.timers.emplace_back().id = 2 + number;
      group.timers.back().removed = true;
    }
    group.calls.emplace_back().id = 1;
    group.calls.back().arguments = id;
    group.journal.emplace_back().event_id = id;
    group.journal.back().touched = kSubjects;
    for (const std::string& name : names()) group.touched.push_back({name, "n"});
    group.journal_limit_bytes = 1;  // the newest entry stays
  }
  WholeGroup(const WholeGroup&) = delete;
  WholeGroup& operator=(const WholeGroup&) = delete;

  void add_timer(uint64_t timer) {
    group.timers.emplace_back().id = timer;
    group.timers.back().payload = id;
  }

  static const std::vector<std::string>& names() {
    static const std::vector<std::string> made = [] {
      std::vector<std::string> all;
      for (int i = 0; i < kSubjects; ++i) all.push_back("subject-" + std::to_string(i));
      return all;
    }();
    return made;
  }

  std::string id;
  std::string properties;
  CommitGroup group;
};

/// The number of the last group, after a look whether all of it is there and nothing of another.
uint64_t require_whole(Store& store) {
  uint64_t last = 0;
  check_ok(store.last_group(last));
  std::vector<std::string> names;
  check_ok(store.scan("", [&](std::string_view name, const std::vector<StoredPart>& parts) {
    names.emplace_back(name);
    REQUIRE(parts.size() == 1);
    REQUIRE(std::stoull(parts[0].properties) == last);
    return true;
  }));
  REQUIRE(names.size() == (last == 0 ? 0 : WholeGroup::kSubjects));
  std::optional<SourcePosition> position;
  check_ok(store.position("/data/a", position));
  REQUIRE(position.has_value() == (last > 0));
  if (position.has_value()) REQUIRE(position->offset == last);
  for (const uint64_t id : {last, last + 1}) {
    bool seen = false;
    check_ok(store.was_seen("s", std::to_string(id), seen));
    REQUIRE(seen == (id == last && last > 0));
  }
  std::vector<Store::PendingOutput> outputs;
  check_ok(store.pending_outputs(outputs));
  REQUIRE(outputs.size() == (last > 0 ? 1 : 0));
  if (last > 0) REQUIRE(outputs[0].lines == std::to_string(last));
  const std::vector<StoredTimer> timers = timers_of(store);
  REQUIRE(timers.size() == (last > 0 ? 4 : 0));
  for (const StoredTimer& timer : timers) REQUIRE(timer.payload == std::to_string(last));
  if (last > 0) REQUIRE(timers.back().id == 3 + last);
  const std::vector<StoredCall> calls = calls_of(store);
  REQUIRE(calls.size() == (last > 0 ? 1 : 0));
  if (last > 0) REQUIRE(calls[0].arguments == std::to_string(last));
  const std::vector<JournalEntry> journal = journal_of(store);
  REQUIRE(journal.size() == (last > 0 ? 1 : 0));
  if (last > 0) {
    REQUIRE(journal[0].event_id == std::to_string(last));
    REQUIRE(journal[0].touched.size() == WholeGroup::kSubjects);
  }
  return last;
}

/// Does nothing for a while that no clock measures.
void spin(uint64_t turns) {
  volatile uint64_t counter = 0;
  while (counter < turns) counter = counter + 1;
}

}  // namespace

TEST_CASE("a group that fails in any of its tables leaves nothing, and the next one works") {
  TemporaryFolder folder;
  const std::string path = folder.file("krules.db");
  const auto store = open_store(path);
  check_ok(store->commit(WholeGroup(1).group));
  const std::string how = GENERATE("ABORT", "ROLLBACK", "FAIL");
  const std::string table = GENERATE("dead_letters", "timers", "calls", "journal", "journal_touched");
  query(path,
        "CREATE TRIGGER boom BEFORE INSERT ON " + table + " BEGIN SELECT RAISE(" + how + ", 'boom'); END");

  WholeGroup two(2);
  two.group.dead_letters.emplace_back();
  const StoreStatus status = store->commit(two.group);
  REQUIRE_FALSE(status.ok());
  CHECK_THAT(status.error().message, Contains("boom") && Contains(path));
  CHECK(require_whole(*store) == 1);
  CHECK_FALSE(store->commit(two.group).ok());

  query(path, "DROP TRIGGER boom");
  check_ok(store->commit(two.group));
  CHECK(require_whole(*store) == 2);
}

TEST_CASE("a full disk stops a group, loses nothing, and is got over when there is space again") {
  TemporaryFolder folder;
  const std::string path = folder.file("krules.db");
  auto store = open_store(path, StoreAccess::kRun, GENERATE(CommitSync::kFull, CommitSync::kNormal));
  uint64_t number = 0;
  std::optional<StoreError> error;
  {
    FullDisk full(2'000'000);
    while (!error.has_value() && number < 1000) {
      const StoreStatus status = store->commit(WholeGroup(++number, 5000).group);
      if (!status.ok()) error = status.error();
    }
    REQUIRE(error.has_value());
    CHECK(error->kind == StoreErrorKind::kFull);
    CHECK_THAT(error->message, Contains("no space is left") && Contains(path));
    REQUIRE(number > 2);
    CHECK(require_whole(*store) == number - 1);
    CHECK_FALSE(store->commit(WholeGroup(number, 5000).group).ok());
    CHECK(require_whole(*store) == number - 1);
  }
  SECTION("the same group again") {
    check_ok(store->commit(WholeGroup(number, 5000).group));
    CHECK(require_whole(*store) == number);
  }
  SECTION("the store opened again") {
    store.reset();
    store = open_store(path);
    CHECK(require_whole(*store) == number - 1);
    check_ok(store->commit(WholeGroup(number).group));
    CHECK(require_whole(*store) == number);
  }
}

TEST_CASE("a new store on a full disk is an error, and can be made later") {
  TemporaryFolder folder;
  const std::string path = folder.file("krules.db");
  {
    FullDisk full(GENERATE(0, 1, 5000, 20'000));
    SqliteStoreOptions options;
    options.path = path;
    std::unique_ptr<Store> store;
    const StoreStatus status = open_sqlite_store(options, store);
    REQUIRE_FALSE(status.ok());
    CHECK(status.error().kind == StoreErrorKind::kFull);
  }
  check_ok(open_store(path)->commit(WholeGroup(1).group));
}

TEST_CASE("a damaged file is found out when the damage is met, and says so") {
  TemporaryFolder folder;
  const std::string path = folder.file("krules.db");
  {
    const auto store = open_store(path);
    CommitGroup group;
    group.number = 1;
    std::vector<std::string> names;
    for (int i = 0; i < 20'000; ++i) names.push_back("subject-" + std::to_string(100'000 + i));
    for (const auto& name : names)
      group.subjects.push_back({name, 0, R"({"a":"some text to fill the pages"})", {}});
    check_ok(store->commit(group));
  }
  std::string bytes = bytes_of(path);
  REQUIRE(bytes.size() > 100 * 4096);

  SECTION("pages overwritten") {
    for (size_t at = 30 * 4096; at < bytes.size(); at += 4096) bytes.replace(at, 4096, 4096, '\xA5');
    write_bytes(path, bytes);
    const auto store = open_store(path);
    uint64_t bad = 0;
    std::vector<StoredPart> parts;
    for (int i = 0; i < 20'000; i += 100) {
      const StoreStatus status = store->load("subject-" + std::to_string(100'000 + i), parts);
      if (status.ok()) continue;
      CHECK(status.error().kind == StoreErrorKind::kDamaged);
      CHECK_THAT(status.error().message, Contains("damaged") && Contains(path));
      CHECK(parts.empty());
      ++bad;
    }
    CHECK(bad > 100);
    const StoreStatus scanned = store->scan("", [](auto, auto&) { return true; });
    REQUIRE_FALSE(scanned.ok());
    CHECK(scanned.error().kind == StoreErrorKind::kDamaged);

    CommitGroup group;
    group.number = 2;
    group.positions.emplace_back().source = "/data/a";
    group.subjects.push_back({"subject-110000", 0, "{}", {}});
    const StoreStatus written = store->commit(group);
    REQUIRE_FALSE(written.ok());
    CHECK(written.error().kind == StoreErrorKind::kDamaged);
    uint64_t last = 0;
    check_ok(store->last_group(last));
    CHECK(last == 1);
  }
  SECTION("cut off") {
    write_bytes(path, std::string_view(bytes).substr(0, bytes.size() / 2));
    const StoreError error = refused(path);
    CHECK(error.kind == StoreErrorKind::kDamaged);
    CHECK(refused(path, StoreAccess::kReadOnly).kind == StoreErrorKind::kDamaged);
  }
  SECTION("the table of tables overwritten") {
    bytes.replace(100, 500, 500, '\xA5');
    write_bytes(path, bytes);
    CHECK(refused(path).kind == StoreErrorKind::kDamaged);
  }
}

TEST_CASE("a program killed at any instant leaves whole groups, and none that it was told of is lost") {
  TemporaryFolder folder;
  const std::string path = folder.file("krules.db");
  std::mt19937_64 random(20261123);
  uint64_t expected = 0;
  for (int round = 0; round < 25; ++round) {
    const CommitSync sync = round % 2 == 0 ? CommitSync::kNormal : CommitSync::kFull;
    Victim victim([&](const Victim::Say& say) {
      const auto store = open_store(path, StoreAccess::kRun, sync);
      // Large enough for the log to be taken into the file now and then.
      for (uint64_t number = require_whole(*store) + 1;; ++number) {
        check_ok(store->commit(WholeGroup(number, number % 7 * 2000).group));
        say(number);
      }
    });
    uint64_t told = expected;
    uint64_t number;
    for (uint64_t commits = random() % 60; commits > 0 && victim.hear(number); --commits) told = number;
    spin(random() % 2'000'000);
    victim.kill();
    while (victim.hear(number)) told = number;

    const auto store = open_store(path);
    expected = require_whole(*store);
    REQUIRE(expected >= told);
    REQUIRE(expected <= told + 1);
  }
  REQUIRE(expected > 100);
  CHECK(query(path, "PRAGMA integrity_check") == std::vector<std::string>{"ok"});
}

TEST_CASE("a program killed while it makes a store leaves something that opens") {
  TemporaryFolder folder;
  std::mt19937_64 random(7);
  for (int round = 0; round < 20; ++round) {
    const std::string path = folder.file("krules-" + std::to_string(round) + ".db");
    Victim victim([&](const Victim::Say& say) {
      say(0);
      check_ok(open_store(path)->commit(WholeGroup(1).group));
    });
    uint64_t number;
    victim.hear(number);
    spin(random() % 20'000'000);
    victim.kill();
    const auto store = open_store(path);
    REQUIRE(require_whole(*store) <= 1);
    check_ok(store->commit(WholeGroup(2).group));
    REQUIRE(require_whole(*store) == 2);
  }
}

}  // namespace krules::test
