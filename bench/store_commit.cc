// What a commit of the store costs beside a bare loop over SQLite with the same table and the same grouping:
// groups of 100 subjects out of 1,000 with JSON of about 70 bytes, log written through to the disk at each
// commit. Both run in turn, because disks drift; the median of the ratios is what counts.
//
// krules_bench_store_commit [FOLDER [ROUNDS [GROUPS [full|normal]]]]
#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "krules/sqlite_store.h"

namespace {

constexpr size_t kSubjects = 1000;
constexpr size_t kGroupSize = 100;

/// The same writes for both, made before the clock starts.
struct Workload {
  std::vector<std::string> names;
  std::vector<std::string> properties;
  std::vector<uint32_t> picks;  // which subject each write goes to

  explicit Workload(size_t groups) {
    std::mt19937_64 random(42);
    for (size_t i = 0; i < kSubjects; ++i) names.push_back("device-" + std::to_string(i));
    for (size_t i = 0; i < 4096; ++i) {
      char json[128];
      std::snprintf(json, sizeof json, R"({"cpu":%.1f,"memory":%.1f,"error_rate":%.2f,"health":"warning"})",
                    static_cast<double>(random() % 1000) / 10, static_cast<double>(random() % 1000) / 10,
                    static_cast<double>(random() % 1000) / 100);
      properties.emplace_back(json);
    }
    for (size_t i = 0; i < groups * kGroupSize; ++i)
      picks.push_back(static_cast<uint32_t>(random() % kSubjects));
  }
  size_t groups() const { return picks.size() / kGroupSize; }
  const std::string& name(size_t write) const { return names[picks[write]]; }
  const std::string& json(size_t write) const { return properties[write % properties.size()]; }
};

void check(bool good, const char* what) {
  if (good) return;
  std::fprintf(stderr, "failed: %s\n", what);
  std::exit(1);
}

void remove_store(const std::string& path) {
  for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path + suffix);
}

struct Cost {
  double seconds = 0;    // that passed
  double processor = 0;  // seconds of this process alone: what the disk and other programs do not disturb
};

class Stopwatch {
 public:
  Cost cost() const {
    return {std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(),
            static_cast<double>(std::clock() - processor_) / CLOCKS_PER_SEC};
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::clock_t processor_ = std::clock();
};

Cost with_store(const std::string& path, const Workload& work, krules::CommitSync sync) {
  remove_store(path);
  std::unique_ptr<krules::Store> store;
  krules::SqliteStoreOptions options;
  options.path = path;
  options.sync = sync;
  check(krules::open_sqlite_store(options, store).ok(), "open");
  krules::CommitGroup group;
  const std::string outputs(300, 'x');
  const Stopwatch clock;
  for (size_t number = 1, write = 0; number <= work.groups(); ++number) {
    group.clear();
    group.number = number;
    group.confirmed = number - 1;
    group.outputs = outputs;
    for (size_t i = 0; i < kGroupSize; ++i, ++write) {
      group.subjects.push_back({work.name(write), 0, work.json(write), {}});
    }
    krules::SourcePosition& position = group.positions.emplace_back();
    position.source = "/data/events/devices.jsonl";
    position.offset = write * 140;
    position.line = write;
    check(store->commit(group).ok(), "commit");
  }
  return clock.cost();
}

Cost with_bare_sqlite(const std::string& path, const Workload& work, krules::CommitSync sync) {
  remove_store(path);
  sqlite3* connection = nullptr;
  check(sqlite3_open(path.c_str(), &connection) == SQLITE_OK, "open");
  const auto execute = [&](const char* sql) {
    check(sqlite3_exec(connection, sql, nullptr, nullptr, nullptr) == SQLITE_OK, sql);
  };
  const auto prepare = [&](const char* sql) {
    sqlite3_stmt* statement = nullptr;
    check(sqlite3_prepare_v2(connection, sql, -1, &statement, nullptr) == SQLITE_OK, sql);
    return statement;
  };
  const auto run = [&](sqlite3_stmt* statement) {
    check(sqlite3_step(statement) == SQLITE_DONE, "step");
    sqlite3_reset(statement);
  };
  execute("PRAGMA journal_mode=WAL");
  execute(sync == krules::CommitSync::kFull ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL");
  execute(
      "CREATE TABLE subjects(name TEXT, part INTEGER, props TEXT, ext TEXT, PRIMARY KEY(name, part)) WITHOUT "
      "ROWID");
  sqlite3_stmt* begin = prepare("BEGIN");
  sqlite3_stmt* commit = prepare("COMMIT");
  sqlite3_stmt* put = prepare("INSERT OR REPLACE INTO subjects VALUES(?1, 0, ?2, NULL)");
  const Stopwatch clock;
  for (size_t number = 1, write = 0; number <= work.groups(); ++number) {
    run(begin);
    for (size_t i = 0; i < kGroupSize; ++i, ++write) {
      const std::string& name = work.name(write);
      const std::string& json = work.json(write);
      sqlite3_bind_text(put, 1, name.data(), static_cast<int>(name.size()), SQLITE_STATIC);
      sqlite3_bind_text(put, 2, json.data(), static_cast<int>(json.size()), SQLITE_STATIC);
      run(put);
    }
    run(commit);
  }
  const Cost cost = clock.cost();
  for (sqlite3_stmt* statement : {begin, commit, put}) sqlite3_finalize(statement);
  sqlite3_close(connection);
  return cost;
}

double median(std::vector<double> numbers) {
  std::sort(numbers.begin(), numbers.end());
  return numbers[numbers.size() / 2];
}

}  // namespace

int main(int count, char** arguments) {
  const std::string folder = count > 1 ? arguments[1] : ".";
  const int rounds = count > 2 ? std::atoi(arguments[2]) : 11;
  const Workload work(count > 3 ? static_cast<size_t>(std::atol(arguments[3])) : 1000);
  const auto sync = count > 4 && std::string_view(arguments[4]) == "normal" ? krules::CommitSync::kNormal
                                                                            : krules::CommitSync::kFull;
  const std::string path = folder + "/store-commit.db";
  const auto writes = static_cast<double>(work.picks.size());
  std::vector<double> ratios, processor_ratios, store, bare;
  for (int round = 0; round < rounds; ++round) {
    // Who goes first changes from round to round.
    Cost bare_cost;
    if (round % 2 == 0) bare_cost = with_bare_sqlite(path, work, sync);
    const Cost store_cost = with_store(path, work, sync);
    if (round % 2 != 0) bare_cost = with_bare_sqlite(path, work, sync);
    ratios.push_back(bare_cost.seconds / store_cost.seconds);
    processor_ratios.push_back(bare_cost.processor / store_cost.processor);
    store.push_back(writes / store_cost.seconds);
    bare.push_back(writes / bare_cost.seconds);
  }
  remove_store(path);
  std::printf("store %.0f writes/s, bare SQLite %.0f writes/s, ratio %.1f%% (processor time alone %.1f%%)\n",
              median(store), median(bare), 100 * median(ratios), 100 * median(processor_ratios));
  std::printf("medians of %d rounds of %zu groups\n", rounds, work.groups());
}
