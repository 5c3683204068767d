#include "reloader.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "rule_watcher.h"

namespace krules {

namespace {

// A file that had rules and is empty now is looked at again after this long.
constexpr std::chrono::milliseconds kEmptiedFileIsBelieved{300};

}  // namespace

Reloader::Reloader(Engine& engine, Logger& logger, Options options)
    : engine_(engine), logger_(logger), options_(std::move(options)) {}

void Reloader::finish() {
  finished_ = true;
  wake_.raise();
}

void Reloader::run() {
  RuleWatcher watcher(options_.watches_files ? options_.rule_paths : std::vector<std::string>());
  if (!watcher.error().empty()) logger_.say(LogSeverity::kWarn, watcher.error());
  // What was saved between the reading of the rules and now is seen here, what comes later by the watcher.
  if (options_.watches_files && differ_from_those_in_force(read_rule_files(options_.rule_paths))) {
    watcher.settle(wake_.file());
  } else {
    watcher.wait(wake_.file());
  }
  while (!finished_) {
    wake_.clear();
    RuleTexts rules = read_rule_files(options_.rule_paths);
    // An editor that empties a file before it fills it may take its time between the two.
    if (empty_a_file(rules)) {
      watcher.settle(wake_.file(), kEmptiedFileIsBelieved);
      rules = read_rule_files(options_.rule_paths);
    }
    put_in_force(rules);
    if (!finished_) watcher.wait(wake_.file());
  }
}

bool Reloader::differ_from_those_in_force(const RuleTexts& rules) const {
  const std::shared_ptr<const Program> program = engine_.program();
  const std::vector<SourcePtr>& in_force = program->sources();
  if (!rules.errors.empty() || rules.sources.size() > in_force.size()) return true;
  // Behind the files stand the modules that they use: parts of themselves, or of the standard library.
  const auto files_end = in_force.begin() + static_cast<std::ptrdiff_t>(rules.sources.size());
  const bool same = std::equal(rules.sources.begin(), rules.sources.end(), in_force.begin(), files_end,
                               [](const SourcePtr& now, const SourcePtr& before) {
                                 return now->name() == before->name() && now->text() == before->text();
                               });
  return !same || std::any_of(files_end, in_force.end(), [&](const SourcePtr& source) {
    return !source->name().starts_with("std/") && std::find(in_force.begin(), files_end, source) == files_end;
  });
}

bool Reloader::empty_a_file(const RuleTexts& rules) const {
  const std::shared_ptr<const Program> program = engine_.program();
  const std::vector<SourcePtr>& in_force = program->sources();
  return std::any_of(rules.sources.begin(), rules.sources.end(), [&](const SourcePtr& now) {
    return now->text().empty() && std::any_of(in_force.begin(), in_force.end(), [&](const SourcePtr& before) {
             return before->name() == now->name() && !before->text().empty();
           });
  });
}

void Reloader::put_in_force(const RuleTexts& rules) {
  for (const std::string& error : rules.errors) {
    logger_.say(LogSeverity::kError, fmt::format("{}; the rules in force stay", error));
  }
  if (!rules.errors.empty()) return;
  PreparedRules prepared = engine_.prepare(rules.sources);
  options_.report(prepared);
  if (prepared.program == nullptr) {
    logger_.say(LogSeverity::kError, "the changed rules have errors; the rules in force stay");
    return;
  }
  options_.hand_over(std::move(prepared.program));
}

}  // namespace krules
