#include <sqlite3.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

#include "devices.h"
#include "workloads.h"

namespace reference {
namespace {

/// A SQLite file with the subjects table of the krules store (docs/store.md). Any error ends the program.
class Store {
 public:
  explicit Store(const StoreOptions& options) {
    for (const char* suffix : {"", "-wal", "-shm"}) std::remove((options.path + suffix).c_str());
    check(sqlite3_open(options.path.c_str(), &db_));
    execute("PRAGMA journal_mode=WAL");
    execute("PRAGMA synchronous=" + options.synchronous);
    execute(
        "CREATE TABLE subjects(name TEXT, part INTEGER, props TEXT, ext TEXT, PRIMARY KEY(name, part)) "
        "WITHOUT ROWID");
    begin_ = prepare("BEGIN");
    commit_ = prepare("COMMIT");
    save_ = prepare(
        "INSERT INTO subjects VALUES(?1, 0, ?2, NULL) ON CONFLICT DO UPDATE SET props=excluded.props, "
        "ext=excluded.ext");
  }
  ~Store() {
    for (sqlite3_stmt* statement : {begin_, commit_, save_}) sqlite3_finalize(statement);
    sqlite3_close(db_);
  }
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  void begin() { run(begin_); }
  void commit() { run(commit_); }
  void save(std::string_view name, std::string_view props) {
    sqlite3_bind_text(save_, 1, name.data(), static_cast<int>(name.size()), SQLITE_STATIC);
    sqlite3_bind_text(save_, 2, props.data(), static_cast<int>(props.size()), SQLITE_STATIC);
    run(save_);
  }

 private:
  void check(int code) {
    if (code == SQLITE_OK || code == SQLITE_DONE || code == SQLITE_ROW) return;
    std::fprintf(stderr, "SQLite: %s\n", sqlite3_errmsg(db_));
    std::exit(2);
  }
  void execute(const std::string& sql) { check(sqlite3_exec(db_, sql.c_str(), nullptr, nullptr, nullptr)); }
  sqlite3_stmt* prepare(const char* sql) {
    sqlite3_stmt* statement = nullptr;
    check(sqlite3_prepare_v2(db_, sql, -1, &statement, nullptr));
    return statement;
  }
  void run(sqlite3_stmt* statement) {
    check(sqlite3_step(statement));
    check(sqlite3_reset(statement));
  }

  sqlite3* db_ = nullptr;
  sqlite3_stmt* begin_ = nullptr;
  sqlite3_stmt* commit_ = nullptr;
  sqlite3_stmt* save_ = nullptr;
};

void append_number(std::string& json, std::optional<double> number) {
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof digits, number.value_or(0)).ptr;
  json.append(digits, end);
}

void write_props(const Device& device, std::string& json) {
  json = "{\"cpu\":";
  append_number(json, device.cpu);
  json += ",\"memory\":";
  append_number(json, device.memory);
  json += ",\"error_rate\":";
  append_number(json, device.error_rate);
  json.append(",\"health\":\"").append(name_of(device.health)).append("\"}");
}

struct StoredDevice {
  Device device;
  std::string name;
  bool waits = false;  ///< changed since the last commit
};

}  // namespace

void durable_device_health(const std::string& input, Output& output, const StoreOptions& options) {
  Store store(options);
  ByName<StoredDevice> devices;
  std::vector<StoredDevice*> changed;
  std::string alerts, props;
  int64_t events = 0;
  const auto commit = [&] {
    if (!changed.empty()) {
      store.begin();
      for (StoredDevice* entry : changed) {
        write_props(entry->device, props);
        store.save(entry->name, props);
        entry->waits = false;
      }
      store.commit();
      changed.clear();
    }
    output.text(alerts);
    alerts.clear();
  };
  for_each_event(read_file(input), [&](document_reference event) {
    const std::string_view subject = event["subject"].get_string();
    StoredDevice& entry = devices[subject];
    if (entry.device.record(event["data"].get_object())) {
      if (entry.name.empty()) entry.name = subject;
      if (!entry.waits) {
        entry.waits = true;
        changed.push_back(&entry);
      }
      if (const std::string_view alert = entry.device.assess(); !alert.empty()) {
        alerts.append(alert).append("\t").append(subject).append("\n");
      }
    }
    if (++events % options.events_per_commit == 0) commit();
  });
  commit();
}

}  // namespace reference
