// How a store of an older version is looked at, and brought to the present one.
#include "store_support.h"

namespace krules::test {

using Catch::Matchers::Contains;
using Rows = std::vector<std::string>;

namespace {

/// What version 1 made, with a row or more in each table.
constexpr const char* kVersion1[] = {
    "PRAGMA journal_mode = WAL",
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value) WITHOUT ROWID",
    "CREATE TABLE subjects(name TEXT NOT NULL, part INTEGER NOT NULL, props TEXT, ext TEXT, "
    "PRIMARY KEY(name, part)) WITHOUT ROWID",
    "CREATE TABLE positions(source TEXT PRIMARY KEY, offset INTEGER NOT NULL, line INTEGER NOT NULL, "
    "device INTEGER NOT NULL, inode INTEGER NOT NULL, prefix_length INTEGER NOT NULL, "
    "prefix_hash INTEGER NOT NULL, tail_length INTEGER NOT NULL, tail_hash INTEGER NOT NULL, "
    "group_number INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE seen_events(number INTEGER PRIMARY KEY, source TEXT NOT NULL, id TEXT NOT NULL)",
    "CREATE TABLE outbox(number INTEGER PRIMARY KEY, lines TEXT NOT NULL)",
    "CREATE TABLE dead_letters(id INTEGER PRIMARY KEY AUTOINCREMENT, time INTEGER NOT NULL, "
    "kind TEXT NOT NULL, message TEXT NOT NULL, event TEXT NOT NULL, source TEXT NOT NULL, "
    "line INTEGER NOT NULL, path TEXT NOT NULL, retry INTEGER NOT NULL)",
    "CREATE INDEX dead_letters_to_retry ON dead_letters(id) WHERE retry",
    "CREATE VIEW properties(subject, name, value, kind) AS SELECT s.name, p.key, p.value, p.type "
    "FROM subjects AS s, json_each(s.props) AS p",
    "CREATE VIEW extended(subject, name, value, kind) AS SELECT s.name, p.key, p.value, p.type "
    "FROM subjects AS s, json_each(s.ext) AS p",
    "INSERT INTO meta VALUES ('created_by', 'krules 0.1.0'), ('runs', 4), ('schema_version', 1)",
    "PRAGMA application_id = 0x6B72756C",
    R"(INSERT INTO subjects VALUES ('order-1', 0, '{"total":3}', NULL))",
    "INSERT INTO positions VALUES ('/data/a', 100, 10, 7, 5, 0, 0, 0, 0, 41)",
    "INSERT INTO seen_events VALUES (1, 's', 'e-1')",
    "INSERT INTO outbox VALUES (41, 'line')",
    "INSERT INTO dead_letters VALUES (3, 0, 'input', 'm', '{}', '-', 1, '', 0)",
};

void make_version_1(const std::string& path) {
  for (const char* sql : kVersion1) query(path, sql);
}

/// All that version 1 kept is there.
void require_content(Store& store) {
  CHECK(parts_of(store, "order-1") == R"(0:{"total":3}|)");
  std::optional<SourcePosition> position;
  check_ok(store.position("/data/a", position));
  REQUIRE(position.has_value());
  CHECK(position->offset == 100);
  bool seen = false;
  check_ok(store.was_seen("s", "e-1", seen));
  CHECK(seen);
  uint64_t last = 0;
  check_ok(store.last_group(last));
  CHECK(last == 41);
  std::vector<DeadLetter> letters;
  check_ok(store.dead_letters(letters));
  CHECK(ids_of(letters) == std::vector<int64_t>{3});
}

std::string version_of(const std::string& path) {
  return query(path, "SELECT value FROM meta WHERE key = 'schema_version'").at(0);
}

}  // namespace

TEST_CASE("a store of version 1 is looked at as it is, and has no timers") {
  TemporaryFolder folder;
  const std::string path = folder.file("krules.db");
  make_version_1(path);
  const std::string before = bytes_of(path);
  {
    const auto store = open_store(path, StoreAccess::kReadOnly);
    require_content(*store);
    CHECK(store->run_number() == 4);
    CHECK(timers_of(*store).empty());
    CHECK(calls_of(*store).empty());
    CHECK(journal_of(*store).empty());
    const auto never = [](const JournalEntry&) -> bool { throw std::runtime_error("an entry"); };
    check_ok(store->journal_of_event("e-1", never));
    check_ok(store->journal_of_property("order-1", "total", 10, never));
    uint64_t bytes = 9;
    check_ok(store->journal_bytes(bytes));
    CHECK(bytes == 0);
  }
  CHECK(bytes_of(path) == before);
  CHECK(folder.files() == Rows{"krules.db"});
}

TEST_CASE("dead letters of a store of version 1 are marked and dropped") {
  TemporaryFolder folder;
  const std::string path = folder.file("krules.db");
  make_version_1(path);
  uint64_t changed = 0;
  check_ok(retry_dead_letters(path, {3}, changed));
  CHECK(changed == 1);
  CHECK(query(path, "SELECT retry FROM dead_letters") == Rows{"1"});
  check_ok(drop_dead_letters(path, {3}, changed));
  CHECK(changed == 1);
  CHECK(version_of(path) == "1");
}

TEST_CASE("a store of version 1 is brought to version 2 when it is run on") {
  TemporaryFolder folder;
  const std::string path = folder.file("krules.db");
  make_version_1(path);
  SqliteStoreOptions options;
  options.path = path;
  std::unique_ptr<Store> store;
  StoreUpgrade upgrade;
  check_ok(open_sqlite_store(options, store, &upgrade));
  CHECK(upgrade.from == 1);
  CHECK(upgrade.to == 2);
  require_content(*store);
  CHECK(store->run_number() == 5);
  CHECK(timers_of(*store).empty());
  CommitGroup group;
  group.number = 42;
  group.timers.emplace_back().id = 1;
  group.calls.emplace_back().id = 1;
  group.journal.emplace_back();
  check_ok(store->commit(group));
  CHECK(timers_of(*store).size() == 1);
  CHECK(calls_of(*store).size() == 1);
  CHECK(journal_of(*store).size() == 1);
  CHECK(version_of(path) == "2");

  store.reset();
  check_ok(open_sqlite_store(options, store, &upgrade));
  CHECK(upgrade.from == 2);
  CHECK(upgrade.to == 2);
  CHECK(timers_of(*store).size() == 1);
  store.reset();

  const std::string tables =
      "SELECT name, sql FROM sqlite_schema WHERE name GLOB 'timers*' OR name GLOB 'calls*' OR name GLOB "
      "'journal*' ORDER BY name";
  const std::string fresh = folder.file("fresh.db");
  options.path = fresh;
  check_ok(open_sqlite_store(options, store, &upgrade));
  CHECK(upgrade.from == 0);
  CHECK(query(path, tables) == query(fresh, tables));
}

TEST_CASE("who looks at a store of version 1 goes on while it is brought to version 2") {
  TemporaryFolder folder;
  const std::string path = folder.file("krules.db");
  make_version_1(path);
  const auto looked_at = open_store(path, StoreAccess::kReadOnly);
  const auto running = open_store(path);
  put(*running, 42, "order-1", R"({"total":4})");
  CHECK(parts_of(*looked_at, "order-1") == R"(0:{"total":4}|)");
  CHECK(timers_of(*looked_at).empty());
}

TEST_CASE("a step to version 2 that fails leaves version 1 whole") {
  TemporaryFolder folder;
  const std::string path = folder.file("krules.db");
  make_version_1(path);
  query(path, "CREATE TABLE journal_touched(in_the_way)");  // the last table of the step
  const StoreError error = refused(path);
  CHECK_THAT(error.message, Contains(path) && Contains("journal_touched"));
  CHECK(version_of(path) == "1");
  CHECK(query(path, "SELECT count(*) FROM sqlite_schema WHERE name IN ('timers', 'calls', 'journal')") ==
        Rows{"0"});
  require_content(*open_store(path, StoreAccess::kReadOnly));
  query(path, "DROP TABLE journal_touched");
  require_content(*open_store(path));
  CHECK(version_of(path) == "2");
}

}  // namespace krules::test
