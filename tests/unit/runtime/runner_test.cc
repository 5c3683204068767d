#include "krules/runner.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <thread>

#include "engine_rig.h"
#include "store_support.h"

// The threads around the engine: input, reload, stop.
namespace krules::test {

namespace {

/// Collects output lines; a test waits for what it expects, with a deadline, and does not sleep.
class Mailbox {
 public:
  void put(std::string text) {
    const std::lock_guard lock(mutex_);
    texts_.push_back(std::move(text));
    changed_.notify_all();
  }
  bool wait_for(const std::string& part) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), [&] {
      return std::any_of(texts_.begin(), texts_.end(),
                         [&](const std::string& t) { return t.find(part) != std::string::npos; });
    });
  }
  size_t count(const std::string& part) {
    const std::lock_guard lock(mutex_);
    return static_cast<size_t>(std::count_if(texts_.begin(), texts_.end(), [&](const std::string& t) {
      return t.find(part) != std::string::npos;
    }));
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> texts_;
};

class MailLogger final : public Logger {
 public:
  explicit MailLogger(Mailbox& box) : box_(box) {}
  bool wants(LogSeverity) const override { return true; }
  void write(const LogEntry& entry) override { box_.put("log: " + std::string(entry.message)); }

 private:
  Mailbox& box_;
};

/// An engine that runs in a thread on a stream that the test writes to.
class LiveRun {
 public:
  explicit LiveRun(const std::string& rules_folder, Watch watch) : logger_(box) {
    REQUIRE(::pipe(pipe_) == 0);
    EngineOptions options;
    options.commit_thread = CommitThread::kOwn;
    engine_ = std::make_unique<Engine>(
        options, make_memory_store(),
        make_callback_sink([this](const EmittedEvent& e) { box.put(std::string(e.line)); }), logger_);
    std::vector<SourcePtr> sources;
    for (const std::string& file : find_rule_files({rules_folder}).files) {
      std::string error;
      sources.push_back(read_source(file, error));
    }
    REQUIRE(engine_->load(sources).ok);
    RunnerOptions run_options;
    run_options.rule_paths = {rules_folder};
    run_options.events = "/proc/self/fd/" + std::to_string(pipe_[0]);
    run_options.watch = watch;
    runner = std::make_unique<Runner>(*engine_, logger_, run_options, [this](const PreparedRules& found) {
      for (const Diagnostic& diagnostic : found.diagnostics) box.put("diagnostic: " + diagnostic.message);
    });
    REQUIRE(runner->open());
    thread_ = std::thread([this] { end = runner->run(); });
  }
  ~LiveRun() {
    if (thread_.joinable()) finish();
    ::close(pipe_[0]);
    if (pipe_[1] >= 0) ::close(pipe_[1]);
  }
  void send(const std::string& line) {
    REQUIRE(::write(pipe_[1], line.data(), line.size()) == static_cast<ssize_t>(line.size()));
  }
  void end_input() {
    ::close(pipe_[1]);
    pipe_[1] = -1;
    thread_.join();
  }
  void finish() {
    runner->stop();
    thread_.join();
  }

  Mailbox box;
  std::unique_ptr<Runner> runner;
  RunEnd end = RunEnd::kEngineFailed;

 private:
  MailLogger logger_;
  std::unique_ptr<Engine> engine_;
  int pipe_[2] = {-1, -1};
  std::thread thread_;
};

const std::string kTick = "{\"type\":\"tick\",\"subject\":\"s\"}\n";

std::string answer(int version) {
  return "rule answer on tick { set n += 1 from 0  emit answer.v" + std::to_string(version) +
         " { n: subject.n } }\n";
}

}  // namespace

TEST_CASE("a stream's events come out while it stays open") {
  const TemporaryFolder folder;
  write_bytes(folder.file("a.krules"), answer(1));
  LiveRun run(folder.path(), Watch::kOff);
  run.send(kTick);
  CHECK(run.box.wait_for("answer.v1"));
  run.send(kTick.substr(0, 10));
  run.send(kTick.substr(10));
  CHECK(run.box.wait_for("{\"n\":2}"));
  run.end_input();
  CHECK(run.end == RunEnd::kInputEnded);
}

TEST_CASE("with very many rules each event finds its own, whatever stands beside it") {
  std::string rules;
  for (int i = 0; i < 1000; ++i) {
    const std::string n = std::to_string(i);
    rules += "rule r" + n + " on reading when payload.sensor == \"s" + n + "\" and payload.value > " + n +
             " { set seen_" + n + " = payload.value  emit hit." + n + " { payload.value } }\n";
  }
  const TemporaryFolder folder;
  write_bytes(folder.file("a.krules"), rules);
  LiveRun run(folder.path(), Watch::kOff);
  const auto reading = [](const std::string& data) {
    return R"({"type":"reading","subject":"g","data":)" + data + "}\n";
  };
  run.send(reading(R"({"sensor":"s7","value":8})") + reading("[]") + "no event\n" +
           R"({"type":"strange","subject":"g","data":{"sensor":"s8","value":2000}})" + "\n" +
           reading(R"({"sensor":"s9","value":9})") + reading(R"({"value":9})") +
           reading(R"({"sensor":"s999","value":1000})"));
  run.end_input();
  CHECK(run.box.count("\"type\":\"hit.") == 2);
  CHECK(run.box.count("\"type\":\"hit.7\"") == 1);
  CHECK(run.box.count("\"type\":\"hit.999\"") == 1);
}

TEST_CASE("stop ends a run that waits for input") {
  const TemporaryFolder folder;
  write_bytes(folder.file("a.krules"), answer(1));
  LiveRun run(folder.path(), Watch::kOff);
  run.send(kTick);
  CHECK(run.box.wait_for("answer.v1"));
  run.finish();
  CHECK(run.end == RunEnd::kStopped);
}

TEST_CASE("saved rules take effect without losing state, however they are saved") {
  namespace fs = std::filesystem;
  const TemporaryFolder folder;
  const std::string file = folder.file("a.krules");
  write_bytes(file, answer(1));
  LiveRun run(folder.path(), Watch::kOn);
  run.send(kTick);
  REQUIRE(run.box.wait_for("answer.v1"));

  write_bytes(file, answer(2));  // in place
  REQUIRE(run.box.wait_for("rules reloaded"));
  run.send(kTick);
  CHECK(run.box.wait_for("\"type\":\"answer.v2\""));
  CHECK(run.box.wait_for("{\"n\":2}"));

  write_bytes(folder.file("a.krules.tmp"), answer(3) + "rule second on tick { emit second.v3 }\n");
  fs::rename(folder.file("a.krules.tmp"), file);
  REQUIRE(run.box.wait_for("2 in force"));
  run.send(kTick);
  CHECK(run.box.wait_for("second.v3"));

  write_bytes(folder.file("b.krules"), "rule third on tick { emit third.v4 }\n");  // a new file
  REQUIRE(run.box.wait_for("3 in force"));
  run.send(kTick);
  CHECK(run.box.wait_for("third.v4"));

  fs::create_directory(folder.file("sub"));  // and one in a new folder
  write_bytes(folder.file("sub") + "/c.krules", "rule fourth on tick { emit fourth.v5 }\n");
  REQUIRE(run.box.wait_for("4 in force"));

  fs::remove(folder.file("b.krules"));
  REQUIRE(run.box.wait_for("1 removed: third"));

  write_bytes(file, "rule answer on tick { set n = }\n");  // broken: the old rules go on
  REQUIRE(run.box.wait_for("the rules in force stay"));
  run.send(kTick);
  CHECK(run.box.wait_for("{\"n\":4}"));
  run.end_input();
  CHECK(run.box.count("\"type\":\"answer.v3\"") == 3);
}

TEST_CASE("reload() reads the rules again without watching") {
  const TemporaryFolder folder;
  write_bytes(folder.file("a.krules"), answer(1));
  LiveRun run(folder.path(), Watch::kOff);
  write_bytes(folder.file("a.krules"), answer(2));
  run.runner->reload();
  REQUIRE(run.box.wait_for("rules reloaded"));
  run.send(kTick);
  CHECK(run.box.wait_for("answer.v2"));
}

TEST_CASE("rule files are found in the order of their paths") {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder.file("b/deep"));
  write_bytes(folder.file("z.krules"), "");
  write_bytes(folder.file("a.krules"), "");
  write_bytes(folder.file("b/deep/x.krules"), "");
  write_bytes(folder.file(".hidden.krules"), "");
  write_bytes(folder.file("notes.txt"), "");
  const RuleFiles found = find_rule_files({folder.path(), folder.file("a.krules")});
  CHECK(found.errors.empty());
  CHECK(found.files == std::vector<std::string>{folder.file("a.krules"), folder.file("b/deep/x.krules"),
                                                folder.file("z.krules")});
  std::filesystem::create_directory(folder.file("empty"));
  const RuleFiles nothing = find_rule_files({folder.file("empty"), folder.file("none")});
  REQUIRE(nothing.errors.size() == 2);
  CHECK(nothing.errors[0].find("there are no .krules files") != std::string::npos);
  CHECK(nothing.errors[1].find("is not there") != std::string::npos);
}

}  // namespace krules::test
