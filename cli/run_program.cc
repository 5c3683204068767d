#include "run_program.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstring>
#include <map>
#include <memory>
#include <optional>

#include "krules/glob.h"
#include "krules/sqlite_store.h"
#include "metrics_file.h"
#include "progress.h"
#include "replay_files.h"
#include "run_summary.h"
#include "signals.h"
#include "stdout_sink.h"
#include "store_access.h"
#include "wording.h"

namespace krules::cli {

namespace {

using std::chrono::duration;
using std::chrono::steady_clock;

/// A run from its beginning to its end.
class Run {
 public:
  explicit Run(RunRequest request)
      : request_(std::move(request)),
        logger_(console_, request_.log_level, request_.log_format),
        trace_glob_(request_.trace) {}

  ExitStatus execute();

 private:
  ExitStatus fail(ExitStatus status, std::string_view message) {
    logger_.tell(LogSeverity::kError, message);
    return status;
  }
  bool keeps_nothing() const { return request_.engine.durability == Durability::kOff; }
  std::string events_name() const {
    return request_.runner.events == "-" ? "standard input" : request_.runner.events;
  }

  ExitStatus read_rules();
  ExitStatus check_events();
  ExitStatus check_metrics_file();
  ExitStatus open_store();
  void report(const std::vector<Diagnostic>& diagnostics, const std::vector<Cycle>& cycles);
  ExitStatus load_rules();
  ExitStatus deliver_again();
  void tell_start();
  void tell_cascade(const CascadeTrace& trace);
  ExitStatus go();
  ExitStatus engine_failed();
  void remove_new_store();

  RunRequest request_;
  Console console_;
  ConsoleLogger logger_;
  Glob trace_glob_;
  std::vector<SourcePtr> sources_;
  bool store_is_new_ = false;
  StdoutSink* sink_ = nullptr;  // the engine's
  std::unique_ptr<Engine> engine_;
  std::unique_ptr<Runner> runner_;
  std::unique_ptr<MetricsFile> metrics_file_;  // null: none; its thread ends before the runner
};

ExitStatus Run::read_rules() {
  RuleTexts rules = read_rule_files(request_.runner.rule_paths);
  sources_ = std::move(rules.sources);
  for (const std::string& error : rules.errors) logger_.tell(LogSeverity::kError, error);
  return rules.errors.empty() ? ExitStatus::kOk : ExitStatus::kUsage;
}

ExitStatus Run::check_events() {
  const std::string& path = request_.runner.events;
  if (path == "-") return ExitStatus::kOk;
  struct stat info {};
  if (::stat(path.c_str(), &info) == 0 && S_ISDIR(info.st_mode)) {
    return fail(ExitStatus::kUsage,
                fmt::format("cannot read `{}`: it is a folder, not a file of events", path));
  }
  if (::access(path.c_str(), R_OK) == 0) return ExitStatus::kOk;
  return fail(ExitStatus::kUsage, fmt::format("cannot read `{}`: {}", path, std::strerror(errno)));
}

ExitStatus Run::check_metrics_file() {
  if (request_.metrics_file.empty()) return ExitStatus::kOk;
  metrics_file_ = std::make_unique<MetricsFile>(request_.metrics_file, [this](const std::string& message) {
    logger_.tell(LogSeverity::kWarn, message);
  });
  std::string error;
  return metrics_file_->write({}, error) ? ExitStatus::kOk : fail(ExitStatus::kUsage, error);
}

ExitStatus Run::open_store() {
  std::unique_ptr<Store> store;
  if (!keeps_nothing()) {
    SqliteStoreOptions options;
    options.path = request_.store_path;
    options.sync = request_.engine.durability == Durability::kFull ? CommitSync::kFull : CommitSync::kNormal;
    struct stat info {};
    store_is_new_ = ::lstat(options.path.c_str(), &info) != 0 && errno == ENOENT;
    StoreUpgrade upgrade;
    if (StoreStatus status = open_sqlite_store(options, store, &upgrade); !status.ok()) {
      return fail(status_of(status.error()), status.error().message);
    }
    if (upgrade.from != 0 && upgrade.from != upgrade.to) {
      logger_.say(LogSeverity::kInfo, fmt::format("{} was a store of version {} and is one of version {} now",
                                                  options.path, upgrade.from, upgrade.to));
    }
  }
  auto sink = std::make_unique<StdoutSink>();
  sink_ = sink.get();
  std::unique_ptr<Clock> clock;
  if (request_.virtual_time) {
    auto virtual_clock = std::make_unique<VirtualClock>();
    request_.runner.virtual_clock = virtual_clock.get();
    clock = std::move(virtual_clock);
  } else {
    clock = make_system_clock();
  }
  engine_ =
      std::make_unique<Engine>(request_.engine, std::move(store), std::move(sink), logger_, std::move(clock));
  if (!request_.trace.empty()) engine_->trace([this](const CascadeTrace& trace) { tell_cascade(trace); });
  return engine_->failure().empty() ? ExitStatus::kOk : engine_failed();
}

void Run::tell_cascade(const CascadeTrace& trace) {
  const bool wanted = std::any_of(trace.events.begin(), trace.events.end(), [this](const TracedEvent& event) {
    return trace_glob_.matches(event.type);
  });
  if (!wanted) return;
  if (request_.log_format == LogFormat::kJson) {
    console_.write("{\"trace\":" + trace_as_json(trace) + "}\n");
    return;
  }
  TraceTextOptions options;
  options.colour = console_.colour();
  console_.write(trace_as_text(trace, options));
}

/// Rules with errors leave no empty store behind. It is still ours alone: no other program can have begun to
/// use it.
void Run::remove_new_store() {
  if (!store_is_new_) return;
  for (const char* ending : {"", "-wal", "-shm"}) ::unlink((request_.store_path + ending).c_str());
}

/// Tells what is to be said about rules, and writes the replays that it speaks of.
void Run::report(const std::vector<Diagnostic>& diagnostics, const std::vector<Cycle>& cycles) {
  logger_.report(diagnostics);
  const std::map<std::string, std::string>& parameters = request_.engine.parameters;
  std::string error;
  write_replay_files(
      cycles,
      {request_.runner.rule_paths, {parameters.begin(), parameters.end()}, request_.engine.max_cascade},
      error);
  if (!error.empty()) logger_.tell(LogSeverity::kWarn, error);
}

ExitStatus Run::load_rules() {
  LoadResult loaded = engine_->load(sources_);
  report(loaded.diagnostics, loaded.cycles);
  sources_.clear();
  if (loaded.ok) return ExitStatus::kOk;
  remove_new_store();
  uint64_t errors = 0;
  for (const Diagnostic& diagnostic : loaded.diagnostics)
    errors += diagnostic.severity == Severity::kError ? 1 : 0;
  return fail(ExitStatus::kNo, fmt::format("{} in the rules; nothing was run", counted(errors, "error")));
}

ExitStatus Run::deliver_again() {
  std::string pending;
  if (Store* store = engine_->store()) {
    std::vector<Store::PendingOutput> outputs;
    if (StoreStatus status = store->pending_outputs(outputs); !status.ok()) {
      return fail(status_of(status.error()), status.error().message);
    }
    for (const Store::PendingOutput& output : outputs) pending.append(output.lines);
  }
  if (const size_t again = sink_->go_on_after(pending); again > 0) {
    logger_.say(LogSeverity::kInfo, fmt::format("{} that an earlier run may not have written {} first",
                                                counted(again, "event"), again == 1 ? "comes" : "come"));
  }
  if (StoreStatus status = engine_->redeliver(); !status.ok()) {
    return fail(status_of(status.error()), status.error().message);
  }
  return engine_->failure().empty() ? ExitStatus::kOk : engine_failed();
}

void Run::tell_start() {
  if (const uint64_t lines = runner_->lines_skipped(); lines > 0) {
    logger_.say(LogSeverity::kInfo, fmt::format("going on after line {} of {}", lines, events_name()));
  }
  if (request_.runner.events == "-" && ::isatty(STDIN_FILENO) == 1) {
    logger_.tell(LogSeverity::kInfo, "type events, one JSON object a line; Ctrl-D ends");
  } else if (!is_finite(request_.runner.events)) {
    const size_t rules = engine_->program()->rules().size();
    logger_.say(LogSeverity::kInfo,
                fmt::format("{} in force, waiting for events on {}", counted(rules, "rule"), events_name()));
  }
}

ExitStatus Run::engine_failed() {
  if (engine_->output_closed()) {
    return fail(
        ExitStatus::kFailed,
        fmt::format(
            "stopped: {}{}", sink_->error(),
            keeps_nothing() ? "" : "; what was not written comes first in the next run on this store"));
  }
  return fail(
      ExitStatus::kFailed,
      fmt::format("stopped: {}; the next run on this store goes on after what it holds", engine_->failure()));
}

ExitStatus Run::go() {
  const auto started = steady_clock::now();
  RunEnd end;
  {
    std::optional<ProgressLine> progress;
    if (console_.is_terminal() && ::isatty(STDOUT_FILENO) == 0 && is_finite(request_.runner.events)) {
      progress.emplace(console_, *runner_);
    }
    if (metrics_file_ != nullptr) {
      metrics_file_->start(
          [this] { runner_->ask([this] { metrics_file_->write_soon(engine_->metrics_text()); }); });
    }
    end = runner_->run();
    if (metrics_file_ != nullptr) metrics_file_->finish(engine_->metrics_text());
  }
  RunSummary summary;
  summary.counts = engine_->statistics();
  summary.seconds = duration<double>(steady_clock::now() - started).count();
  summary.open_calls = engine_->open_call_count();
  summary.resumed_after = runner_->lines_skipped();
  summary.events = events_name();
  if (!keeps_nothing()) summary.store = request_.store_path;
  if (logger_.level() != LogLevel::kOff) tell_summary(logger_, summary);
  if (sink_->held_back()) {
    logger_.tell(LogSeverity::kWarn,
                 fmt::format("nobody reads standard output: what was not written {}",
                             keeps_nothing() ? "is lost" : "comes first in the next run on this store"));
  }
  switch (end) {
    case RunEnd::kStopped:
      return ExitStatus::kOk;
    case RunEnd::kEngineFailed:
      return engine_failed();
    case RunEnd::kInputFailed:
      return fail(ExitStatus::kFailed, runner_->error());
    case RunEnd::kInputEnded:
      break;
  }
  return summary.counts.dead_letters > 0 ? ExitStatus::kDeadLetters : ExitStatus::kOk;
}

ExitStatus Run::execute() {
  // Before the engine and the runner, which start threads, and ended before them.
  SignalThread signals;
  if (!request_.unused_store.empty()) {
    logger_.tell(LogSeverity::kWarn,
                 fmt::format("--durability off keeps everything in memory: the store {} is not used",
                             request_.unused_store));
  }
  for (ExitStatus (Run::*step)() :
       {&Run::read_rules, &Run::check_events, &Run::check_metrics_file, &Run::open_store, &Run::load_rules}) {
    if (const ExitStatus status = (this->*step)(); status != ExitStatus::kOk) return status;
  }
  runner_ = std::make_unique<Runner>(*engine_, logger_, request_.runner, [this](const PreparedRules& rules) {
    report(rules.diagnostics, rules.cycles);
  });
  const auto stop = [this] {
    runner_->stop();
    sink_->hurry();
  };
  signals.start({stop, [this] { runner_->reload(); }});
  if (!runner_->open()) return fail(ExitStatus::kUsage, runner_->error());
  tell_start();
  if (const ExitStatus status = deliver_again(); status != ExitStatus::kOk) return status;
  return go();
}

}  // namespace

bool is_finite(const std::string& events) {
  struct stat info {};
  const int failed = events == "-" ? ::fstat(STDIN_FILENO, &info) : ::stat(events.c_str(), &info);
  return failed == 0 && S_ISREG(info.st_mode);
}

ExitStatus run_program(RunRequest request) {
  // A closed pipe, or a file that may not grow, is an error of write(), not the end of the process.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  return Run(std::move(request)).execute();
}

}  // namespace krules::cli
