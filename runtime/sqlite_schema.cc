#include "sqlite_schema.h"

#include <fmt/format.h>

#include <iterator>

namespace krules::sqlite {

namespace {

// "krul": tells the database of a store from any other, also to file(1).
constexpr int64_t kApplicationId = 0x6B72756C;

// docs/store.md explains every table.
constexpr const char* kVersion1 = R"sql(
CREATE TABLE meta(
  key TEXT PRIMARY KEY,
  value
) WITHOUT ROWID;

CREATE TABLE subjects(
  name TEXT NOT NULL,
  part INTEGER NOT NULL,
  props TEXT,
  ext TEXT,
  PRIMARY KEY(name, part)
) WITHOUT ROWID;

CREATE TABLE positions(
  source TEXT PRIMARY KEY,
  offset INTEGER NOT NULL,
  line INTEGER NOT NULL,
  device INTEGER NOT NULL,
  inode INTEGER NOT NULL,
  prefix_length INTEGER NOT NULL,
  prefix_hash INTEGER NOT NULL,
  tail_length INTEGER NOT NULL,
  tail_hash INTEGER NOT NULL,
  group_number INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE seen_events(
  number INTEGER PRIMARY KEY,
  source TEXT NOT NULL,
  id TEXT NOT NULL
);

CREATE TABLE outbox(
  number INTEGER PRIMARY KEY,
  lines TEXT NOT NULL
);

CREATE TABLE dead_letters(
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  time INTEGER NOT NULL,
  kind TEXT NOT NULL,
  message TEXT NOT NULL,
  event TEXT NOT NULL,
  source TEXT NOT NULL,
  line INTEGER NOT NULL,
  path TEXT NOT NULL,
  retry INTEGER NOT NULL
);
CREATE INDEX dead_letters_to_retry ON dead_letters(id) WHERE retry;

INSERT INTO meta VALUES
  ('created_by', 'krules )sql" KRULES_VERSION R"sql('),
  ('runs', 0);
)sql";

constexpr const char* kVersion2 = R"sql(
CREATE TABLE timers(
  id INTEGER PRIMARY KEY,
  due INTEGER NOT NULL,
  subject TEXT NOT NULL,
  key TEXT NOT NULL,
  type TEXT NOT NULL,
  payload TEXT NOT NULL,
  meta TEXT NOT NULL,
  schedule TEXT NOT NULL,
  rule TEXT NOT NULL
);

CREATE TABLE calls(
  id INTEGER PRIMARY KEY,
  time INTEGER NOT NULL,
  action TEXT NOT NULL,
  arguments TEXT NOT NULL,
  reply TEXT NOT NULL,
  subject TEXT NOT NULL,
  extra TEXT NOT NULL,
  timeout INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  most_attempts INTEGER NOT NULL,
  backoff INTEGER NOT NULL,
  not_before INTEGER NOT NULL,
  rule TEXT NOT NULL
);

CREATE TABLE journal(
  number INTEGER PRIMARY KEY,
  time INTEGER NOT NULL,
  event_id TEXT NOT NULL,
  source TEXT NOT NULL,
  type TEXT NOT NULL,
  subject TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  bytes_before INTEGER NOT NULL,
  story TEXT NOT NULL
);
CREATE INDEX journal_by_event ON journal(event_id);

CREATE TABLE journal_touched(
  number INTEGER NOT NULL,
  subject TEXT NOT NULL,
  property TEXT NOT NULL,
  PRIMARY KEY(number, subject, property)
) WITHOUT ROWID;
CREATE INDEX journal_touched_by_property ON journal_touched(subject, property, number);
)sql";

// A view with a row a property, for people: {0} is its name, {1} the column that it takes apart.
constexpr const char* kPropertyView = R"sql(
CREATE VIEW {0}(subject, name, value, kind) AS
SELECT s.name, p.key,
  CASE
    WHEN p.type <> 'object' THEN p.value
    WHEN p.value LIKE '{{"$timestamp":%' THEN p.value ->> '$."$timestamp"'
    WHEN p.value LIKE '{{"$duration":%' THEN p.value ->> '$."$duration"'
    WHEN p.value LIKE '{{"$map":%' THEN p.value -> '$."$map"'
    ELSE p.value
  END,
  CASE p.type
    WHEN 'true' THEN 'bool'
    WHEN 'false' THEN 'bool'
    WHEN 'integer' THEN 'int'
    WHEN 'real' THEN 'float'
    WHEN 'text' THEN 'string'
    WHEN 'array' THEN 'list'
    WHEN 'object' THEN
      CASE
        WHEN p.value LIKE '{{"$timestamp":%' THEN 'timestamp'
        WHEN p.value LIKE '{{"$duration":%' THEN 'duration'
        ELSE 'map'
      END
    ELSE p.type
  END
FROM subjects AS s, json_each(s.{1}) AS p;
)sql";

int create_version_1(Connection& connection) {
  int code = connection.execute(kVersion1);
  if (code == SQLITE_OK) code = connection.execute(fmt::format(kPropertyView, "properties", "props").c_str());
  if (code == SQLITE_OK) code = connection.execute(fmt::format(kPropertyView, "extended", "ext").c_str());
  return code;
}

int add_version_2(Connection& connection) {
  return connection.execute(kVersion2);
}

// The step at place N brings version N to version N + 1; a new store is version 0 and takes them all.
using Step = int (*)(Connection&);
constexpr Step kSteps[] = {create_version_1, add_version_2};

}  // namespace

int64_t schema_version() {
  return std::size(kSteps);
}

StoreStatus inspect(Connection& connection, std::string_view path, FileContent& content, int64_t& version) {
  content = FileContent::kEmpty;
  version = 0;
  int64_t application = 0;
  int64_t tables = 0;
  int code = connection.query_int("PRAGMA application_id", application);
  if (code == SQLITE_OK) code = connection.query_int("SELECT count(*) FROM sqlite_schema", tables);
  if ((code & 0xFF) == SQLITE_NOTADB) {
    return StoreError{StoreErrorKind::kCannotOpen,
                      fmt::format("`{}` is not a krules store: it is not a SQLite database", path)};
  }
  if (code != SQLITE_OK) return connection.error(code, "read", path);
  if (application == 0 && tables == 0) return {};
  if (application != kApplicationId) {
    return StoreError{
        StoreErrorKind::kCannotOpen,
        fmt::format("`{}` is not a krules store: it is a SQLite database of another program", path)};
  }
  code = connection.query_int("SELECT value FROM meta WHERE key = 'schema_version'", version);
  if (code != SQLITE_OK) return connection.error(code, "read", path);
  if (version > schema_version()) {
    return StoreError{
        StoreErrorKind::kTooNew,
        fmt::format("`{}` is a store of version {}, and this krules knows versions up to {}: run it with the "
                    "newer krules that wrote it",
                    path, version, schema_version())};
  }
  if (version < 1) {
    return StoreError{StoreErrorKind::kDamaged, fmt::format("`{}` is damaged: its version is missing", path)};
  }
  content = FileContent::kStore;
  return {};
}

StoreStatus migrate(Connection& connection, std::string_view path, int64_t from) {
  int code = connection.execute("BEGIN IMMEDIATE");
  for (int64_t version = from; code == SQLITE_OK && version < schema_version(); ++version) {
    code = kSteps[version](connection);
  }
  if (code == SQLITE_OK) {
    code = connection.execute(fmt::format("PRAGMA application_id = {};"
                                          "INSERT OR REPLACE INTO meta VALUES('schema_version', {});"
                                          "COMMIT",
                                          kApplicationId, schema_version())
                                  .c_str());
  }
  if (code == SQLITE_OK) return {};
  StoreStatus failed = connection.error(code, "write", path);
  (void)connection.execute("ROLLBACK");
  return failed;
}

}  // namespace krules::sqlite
