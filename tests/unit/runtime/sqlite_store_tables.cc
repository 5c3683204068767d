// What a person finds in a store with the sqlite3 program.
#include <sqlite3.h>

#include "store_support.h"

namespace krules::test {

using Rows = std::vector<std::string>;

TEST_CASE("the file says what it is") {
  TemporaryFolder folder;
  const std::string path = folder.file("krules.db");
  open_store(path);
  open_store(path);
  CHECK(query(path, "SELECT value FROM meta WHERE key IN ('schema_version', 'runs') ORDER BY key") ==
        Rows{"2", "2"});
  CHECK(query(path, "SELECT value LIKE 'krules _%' FROM meta WHERE key = 'created_by'") == Rows{"1"});
  CHECK(query(path, "PRAGMA application_id") == Rows{std::to_string(0x6B72756C)});
  CHECK(query(path, "PRAGMA journal_mode") == Rows{"wal"});
}

TEST_CASE("the views show a row a property, with values and kinds as rules see them") {
  TemporaryFolder folder;
  const std::string path = folder.file("krules.db");
  const auto store = open_store(path);
  put(*store, 1, "a",
      R"({"null":null,"yes":true,"no":false,"int":9007199254740993,"float":1.0,"string":"{\"$timestamp\":1}",)"
      R"("time":{"$timestamp":"2026-11-23T21:30:00Z"},"span":{"$duration":"1h30m"},"map":{"k":[1,2]},)"
      R"("tagged":{"$map":{"$timestamp":"no"}},"list":[{"$duration":"5s"}],"odd \" name.x":1})");
  put(*store, 2, "a", R"({"second part":1})", 1,
      R"({"tags":["x"],"since":{"$timestamp":"2026-01-01T00:00:00Z"}})");
  put(*store, 3, "b", "", 0, R"({"only":"ext"})");

  CHECK(query(path, "SELECT subject, name, value, kind FROM properties") ==
        Rows{"a|null|NULL|null", "a|yes|1|bool", "a|no|0|bool", "a|int|9007199254740993|int",
             "a|float|1.0|float", R"(a|string|{"$timestamp":1}|string)",
             "a|time|2026-11-23T21:30:00Z|timestamp", "a|span|1h30m|duration", R"(a|map|{"k":[1,2]}|map)",
             R"(a|tagged|{"$timestamp":"no"}|map)", R"(a|list|[{"$duration":"5s"}]|list)",
             R"(a|odd " name.x|1|int)", "a|second part|1|int"});
  CHECK(query(path, "SELECT subject, name, value, kind FROM extended") ==
        Rows{R"(a|tags|["x"]|list)", "a|since|2026-01-01T00:00:00Z|timestamp", "b|only|ext|string"});
  CHECK(query(path, "SELECT name FROM properties WHERE subject = 'a' AND value = 1 ORDER BY name") ==
        Rows{"float", R"(odd " name.x)", "second part", "yes"});
}

TEST_CASE("docs/store.md names every table and column, and its questions can be asked") {
  TemporaryFolder folder;
  const std::string path = folder.file("krules.db");
  const auto store = open_store(path);
  put(*store, 1, "device-1", R"({"health":"critical","status":"new","total":3})", 0, R"({"tags":["x"]})");
  CommitGroup group;
  group.number = 2;
  group.timers.emplace_back().id = 1;
  group.calls.emplace_back().id = 1;
  group.calls.back().attempts = 1;
  group.journal.emplace_back().touched = 1;
  group.touched = {{"order-1", "status"}};
  check_ok(store->commit(group));
  const std::string text = bytes_of(KRULES_SOURCE_DIR "/docs/store.md");

  const Rows names =
      query(path,
            "SELECT t.name || ' ' || c.name FROM sqlite_schema AS t, pragma_table_info(t.name) AS c "
            "WHERE t.type IN ('table', 'view') AND t.name NOT LIKE 'sqlite_%'");
  CHECK(names.size() > 30);
  for (const std::string& name : names) {
    const size_t space = name.find(' ');
    INFO(name);
    CHECK(text.find("**`" + name.substr(0, space) + "`**") != std::string::npos);
    CHECK(text.find("`" + name.substr(space + 1) + "`") != std::string::npos);
  }

  const std::string fence = "```sql\n";
  size_t questions = 0;
  size_t answered = 0;
  for (size_t at = 0; (at = text.find(fence, at)) != std::string::npos; ++questions) {
    at += fence.size();
    answered += query(path, text.substr(at, text.find("```", at) - at)).empty() ? 0 : 1;
  }
  CHECK(questions == 13);
  CHECK(answered == 9);
}

namespace {

/// Hears of each statement that a connection runs which is opened while it lives.
class Statements {
 public:
  Statements() {
    heard().clear();
    sqlite3_auto_extension(reinterpret_cast<void (*)()>(listen));
  }
  ~Statements() { sqlite3_cancel_auto_extension(reinterpret_cast<void (*)()>(listen)); }
  Statements(const Statements&) = delete;
  Statements& operator=(const Statements&) = delete;

  static Rows& heard() {
    static Rows statements;
    return statements;
  }

 private:
  static int listen(sqlite3* connection, char**, const void*) {
    return sqlite3_trace_v2(
        connection, SQLITE_TRACE_STMT,
        [](unsigned, void*, void* statement, void*) {
          const std::string sql = sqlite3_sql(static_cast<sqlite3_stmt*>(statement));
          heard().push_back(sql.substr(0, sql.find('(')));
          return 0;
        },
        nullptr);
  }
};

}  // namespace

TEST_CASE("a commit runs no statement for what it does not have") {
  TemporaryFolder folder;
  Statements statements;
  const auto store = open_store(folder.file("krules.db"));
  CommitGroup group;
  group.number = 1;
  group.outputs = "line\n";
  group.subjects.push_back({"a", 0, "{}", {}});
  group.journal_limit_bytes = 1000;
  Statements::heard().clear();
  check_ok(store->commit(group));
  CHECK(Statements::heard() == Rows{"BEGIN IMMEDIATE", "INSERT OR REPLACE INTO subjects VALUES",
                                    "INSERT INTO outbox VALUES", "COMMIT"});

  group.clear();
  group.number = 2;
  group.outputs = "line\n";
  group.timers.emplace_back().id = 1;
  group.calls.emplace_back().id = 1;
  group.journal.emplace_back();
  group.journal_limit_bytes = 1000;
  Statements::heard().clear();
  check_ok(store->commit(group));
  CHECK(Statements::heard() == Rows{"BEGIN IMMEDIATE", "INSERT INTO outbox VALUES",
                                    "INSERT OR REPLACE INTO timers VALUES",
                                    "INSERT OR REPLACE INTO calls VALUES", "INSERT INTO journal", "COMMIT"});
}

TEST_CASE("a journal goes on where it ended when the store is opened again") {
  TemporaryFolder folder;
  const std::string path = folder.file("krules.db");
  for (uint64_t number = 1; number <= 30; ++number) {
    const auto store = open_store(path);
    CommitGroup group;
    group.number = number;
    group.journal.emplace_back().story = "{}";
    group.journal.back().touched = 1;
    group.touched = {{"s", "p"}};
    group.journal_limit_bytes = 1000;
    uint64_t bytes = 0;
    check_ok(store->journal_bytes(bytes));
    REQUIRE(bytes <= 1000);
    check_ok(store->commit(group));
    const std::vector<JournalEntry> entries = journal_of(*store);
    REQUIRE(entries.front().number == number);
    check_ok(store->journal_bytes(bytes));
    REQUIRE(query(path, "SELECT sum(bytes) FROM journal") == Rows{std::to_string(bytes)});
  }
  CHECK(query(path, "SELECT count(*) BETWEEN 5 AND 20, max(number) FROM journal") == Rows{"1|30"});
  CHECK(query(path,
              "SELECT (SELECT min(number) FROM journal) = min(number), count(*) = (SELECT count(*) FROM "
              "journal) FROM journal_touched") == Rows{"1|1"});
}

TEST_CASE("a journal far above its limit goes down over several commits") {
  TemporaryFolder folder;
  const auto store = open_store(folder.file("krules.db"));
  const std::string story(100'000, 'x');
  CommitGroup group;
  group.number = 1;
  for (int i = 0; i < 120; ++i) group.journal.emplace_back().story = story;
  check_ok(store->commit(group));
  uint64_t before = 0;
  check_ok(store->journal_bytes(before));
  REQUIRE(before > 12'000'000);
  int commits = 0;
  for (uint64_t bytes = before; bytes > 1'000'000; before = bytes) {
    group.clear();
    group.number = static_cast<uint64_t>(++commits) + 1;
    group.journal.emplace_back();
    group.journal_limit_bytes = 1'000'000;
    check_ok(store->commit(group));
    check_ok(store->journal_bytes(bytes));
    REQUIRE(bytes < before);
    REQUIRE(before - bytes < 5'000'000);
  }
  CHECK(commits == 3);
}

TEST_CASE("what is done with does not pile up") {
  TemporaryFolder folder;
  const std::string path = folder.file("krules.db");
  constexpr uint64_t kSeenLimit = 100;
  const auto store = open_store(path, StoreAccess::kRun, CommitSync::kNormal, kSeenLimit);
  CommitGroup group;
  for (uint64_t number = 1; number <= 500; ++number) {
    const std::string id = std::to_string(number);
    group.clear();
    group.number = number;
    if (number % 3 == 0) group.outputs = "line\n";
    group.confirmed = number - 1;
    group.seen = {{"s", id}};
    group.positions.emplace_back().source = "/data/a";
    check_ok(store->commit(group));
  }
  CHECK(query(path, "SELECT count(*) FROM outbox") == Rows{"1"});
  CHECK(query(path, "SELECT group_number FROM positions") == Rows{"500"});
  CHECK(query(path, "SELECT count(*), max(number), max(CAST(id AS INTEGER)) FROM seen_events") ==
        Rows{"100|500|500"});
}

}  // namespace krules::test
