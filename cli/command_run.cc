#include <fmt/format.h>

#include <cstdlib>
#include <limits>
#include <memory>
#include <optional>
#include <string_view>

#include "command.h"
#include "file_uses.h"
#include "krules/http_grants.h"
#include "options.h"
#include "rule_input.h"
#include "run_program.h"
#include "secrets.h"

namespace krules::cli {

namespace {

struct RunOptions {
  RunRequest request;
  std::string store = kDefaultStore;
  bool store_given = false;
  std::vector<std::string> settings;
  std::optional<bool> watch;
  bool from_start = false;
  bool drain = false;
  uint64_t max_cascade = EngineOptions().max_cascade;
  uint64_t max_steps = EngineOptions().max_steps;
  uint64_t cache_mb = EngineOptions().cache_bytes >> 20;
  uint64_t commit_batch = EngineOptions().max_commit_batch;
  uint64_t journal_mb = EngineOptions().journal_bytes >> 20;
  uint64_t max_calls = EngineOptions().max_calls;
  uint64_t max_waiting_calls = RunnerOptions().most_open_calls;
  uint64_t max_response = EngineOptions().max_response_bytes >> 20;
  std::vector<std::string> secret_files;
};

/// What the environment asks for where no option does.
std::string trace_of_environment() {
  const char* debug = std::getenv("DEBUG_EVENTS");
  return debug != nullptr && std::string_view(debug) == "true" ? "*" : "";
}

constexpr const char* kExamples =
    R"(Standard output carries the emitted events as CloudEvents JSON lines, in the order of their
commits; everything else goes to standard error.

Exit status: 0 done, 1 the rules have errors, 2 wrong usage, 3 some input went to the dead
letters, 4 stopped because the store or the output failed.

Signals: SIGINT and SIGTERM finish the event in hand, commit and exit with 0; SIGHUP reads
the rules again.

Examples:
  krules run orders.krules --events orders.jsonl        # a file of events, the store krules.db
  krules run rules/ --events orders.jsonl               # again: goes on where it stopped
  tail -F orders.jsonl | krules run rules/ --db shop.db # a stream; saved rules take effect at once
  krules run rules/ --events - --durability off --emit 'alert.*' < orders.jsonl
)";

void refuse_overwriting_of(const RunOptions& options) {
  const RunRequest& request = options.request;
  std::vector<FileUse> read = rule_file_uses(request.runner.rule_paths);
  const std::string& events = request.runner.events;
  read.push_back({events == "-" ? "/dev/stdin" : events, "the file of the events"});
  for (const std::string& secret : options.secret_files)
    read.push_back({secret.substr(secret.find('=') + 1), "the file of a secret"});
  std::vector<FileUse> written;
  if (request.engine.durability != Durability::kOff) {
    written.push_back({options.store, "the store", "--db"});
    for (const char* ending : {"-wal", "-shm", "-lock"})
      written.push_back({options.store + ending, "a file of the store", "--db"});
  }
  if (!request.metrics_file.empty())
    written.push_back({request.metrics_file, "the file of --metrics-file", "--metrics-file"});
  refuse_overwriting(read, written);
}

ExitStatus run(RunOptions& options) {
  RunRequest& request = options.request;
  if (request.runner.rule_paths.empty()) wrong_usage("name at least one rule file or folder");
  request.engine.parameters = parse_settings(options.settings);
  for (const std::string& host : request.engine.granted_hosts) {
    HttpGrants grants;
    if (const std::string error = grants.add(host); !error.empty())
      wrong_usage(fmt::format("`{}` is no value of --allow-http: {}", host, error));
  }
  check_granted_environment(request.engine.granted_environment);
  request.engine.secret = secrets_of_process(options.secret_files);
  refuse_overwriting_of(options);
  request.engine.max_calls = static_cast<uint32_t>(options.max_calls);
  request.runner.most_open_calls = options.max_waiting_calls;
  request.engine.max_response_bytes = static_cast<size_t>(options.max_response) << 20;
  request.engine.commit_thread = CommitThread::kOwn;
  request.engine.max_cascade = static_cast<uint32_t>(options.max_cascade);
  request.engine.max_steps = options.max_steps;
  request.engine.cache_bytes = static_cast<size_t>(options.cache_mb) << 20;
  request.engine.metrics = !request.metrics_file.empty();
  request.engine.journal_bytes = options.journal_mb << 20;
  if (request.trace.empty()) request.trace = trace_of_environment();
  request.engine.max_commit_batch = static_cast<uint32_t>(options.commit_batch);
  request.store_path = options.store;
  if (request.engine.durability == Durability::kOff && options.store_given)
    request.unused_store = options.store;
  request.runner.start_at = options.from_start ? StartAt::kBeginning : StartAt::kWhereItStopped;
  if (options.drain) request.runner.at_end = AtEnd::kDrainTimers;
  request.runner.watch = options.watch.value_or(!is_finite(request.runner.events)) ? Watch::kOn : Watch::kOff;
  return run_program(std::move(request));
}

}  // namespace

Action declare_run(CLI::App& app) {
  auto options = std::make_shared<RunOptions>();
  RunRequest& request = options->request;
  request.engine.journal = Journal::kFailures;
  add_texts(app, "PATH", "PATH", request.runner.rule_paths,
            "rule files, or folders with .krules files in them")
      ->option_text("PATH...");
  add_text(app, "--events", "FILE", request.runner.events,
           "where events come from, JSON lines; - is standard input (the default)");
  CLI::Option* store = add_store(app, options->store);
  add_choice<Durability>(
      app, "--durability",
      {{"full", Durability::kFull}, {"normal", Durability::kNormal}, {"off", Durability::kOff}},
      request.engine.durability,
      "what must survive before an event is printed: full, a loss of power (the default); normal, the "
      "end of the process; off, nothing, all is in memory");
  add_texts(app, "--emit", "GLOB", request.engine.emit_globs,
            "print the emitted events of these types alone (default: all but the built-in ones)");
  app.add_flag_function(
         "--watch,!--no-watch", [options](int64_t count) { options->watch = count > 0; },
         "whether saved rule files take effect at once (default: where the events are no file)")
      ->disable_flag_override()
      ->multi_option_policy(CLI::MultiOptionPolicy::Throw);
  app.add_flag("--from-start", options->from_start,
               "read the file of events from its beginning, also where an earlier run got further")
      ->disable_flag_override();
  app.add_flag("--drain", options->drain,
               "where the input ends: wait until every timer has fired, but for those of every and at")
      ->disable_flag_override();
  app.add_flag("--virtual-time", request.virtual_time,
               "let the `time` of the events be what time it is: timers fire between the events, at once, "
               "and the rest "
               "of them when the input has ended")
      ->disable_flag_override();
  add_texts(app, "--set", "NAME=VALUE", options->settings, "the value of a param of the rules");
  add_texts(app, "--allow-env", "NAME", request.engine.granted_environment,
            "an environment variable that env() may read");
  add_texts(app, "--allow-http", "HOST", request.engine.granted_hosts,
            "a host that calls may ask: api.example.com, *.example.com, 127.0.0.1:8080 (default: none)");
  add_texts(app, "--secret-file", "NAME=FILE", options->secret_files,
            "a file with the value of a secret (default: the environment variable KRULES_SECRET_NAME)");
  add_choice<LogLevel>(app, "--log-level",
                       {{"debug", LogLevel::kDebug},
                        {"info", LogLevel::kInfo},
                        {"warn", LogLevel::kWarn},
                        {"error", LogLevel::kError},
                        {"off", LogLevel::kOff}},
                       request.log_level, "the least important log entries to show (default: info)");
  add_choice<LogFormat>(app, "--log-format", {{"text", LogFormat::kText}, {"json", LogFormat::kJson}},
                        request.log_format, "of everything on standard error (default: text)");
  app.add_flag(
         "--trace{*}", request.trace,
         "print each cascade as a tree to standard error: which rules ran, which were held back and why, "
         "what they did; with =GLOB those with an event of such a type alone")
      ->multi_option_policy(CLI::MultiOptionPolicy::Throw);
  add_text(app, "--metrics-file", "FILE", request.metrics_file,
           "write what was counted and timed there, for Prometheus: every few seconds and at the end");
  add_choice<Journal>(
      app, "--journal", {{"all", Journal::kAll}, {"failures", Journal::kFailures}, {"off", Journal::kOff}},
      request.engine.journal,
      "which cascades leave their story in the store, for `krules why`: all; failures, those in which "
      "something failed (the default); off, none");
  add_number(
      app, "--journal-mb", 1, 1 << 20, options->journal_mb,
      fmt::format("the oldest stories go when they take more, in MiB (default: {})", options->journal_mb));
  constexpr uint64_t kMost = std::numeric_limits<uint32_t>::max();
  add_number(app, "--max-cascade", 1, kMost, options->max_cascade,
             fmt::format("undo a cascade of more events than this (default: {})", options->max_cascade));
  add_number(app, "--max-steps", 1, std::numeric_limits<int64_t>::max(), options->max_steps,
             fmt::format("steps that one rule may take (default: {})", options->max_steps));
  add_number(app, "--cache-mb", 1, 1 << 20, options->cache_mb,
             fmt::format("memory for subjects, in MiB (default: {})", options->cache_mb));
  add_number(app, "--commit-batch", 1, kMost, options->commit_batch,
             fmt::format("events in one commit at most (default: {})", options->commit_batch));
  add_number(app, "--max-calls", 1, 10'000, options->max_calls,
             fmt::format("outside calls at the same time at most (default: {})", options->max_calls));
  add_number(app, "--max-waiting-calls", 1, kMost, options->max_waiting_calls,
             fmt::format("no input is taken while more outside calls wait (default: {})",
                         options->max_waiting_calls));
  add_number(app, "--max-response", 1, 1 << 10, options->max_response,
             fmt::format("MiB of a response that are read at most (default: {})", options->max_response));
  app.footer(kExamples);
  return [options, store] {
    options->store_given = store->count() > 0;
    return run(*options);
  };
}

}  // namespace krules::cli
