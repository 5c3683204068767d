#include <fmt/format.h>

#include <cstdio>
#include <limits>
#include <memory>

#include "command.h"
#include "console.h"
#include "krules/replay.h"
#include "options.h"
#include "replay_report.h"
#include "rule_input.h"
#include "store_access.h"

namespace krules::cli {

namespace {

enum class StoryFormat : uint8_t { kText, kJson };

struct ReplayCommandOptions {
  std::string file;
  std::vector<std::string> rules;
  RuleInputOptions surroundings;  ///< --allow-env and --extern
  uint64_t events = 40;
  StoryFormat format = StoryFormat::kText;
};

constexpr const char* kExamples =
    R"(Runs what `krules check` wrote down about a loop, with the rules as they are now: in memory, at a
time that stands still, without a store. It shows each event, the rule that made it, and where
the turn begins again.

Exit status: 0 the cascade ends now, 1 it still loops, 2 wrong usage, or it cannot be run.

Examples:
  krules replay .krules-check/K0301-1.json
  krules replay .krules-check/K0301-1.json --rules rules/counter.krules   # with other rules
  krules replay .krules-check/K0301-1.json --events 200                   # more of a long way
  krules replay .krules-check/K0301-1.json --format json | jq .rules
)";

ExitStatus load(const ReplayCommandOptions& options, const ReplayFile& file, RuleInput& rules) {
  RuleInputOptions input = options.surroundings;
  input.paths = options.rules.empty() ? file.rules : options.rules;
  if (input.paths.empty()) wrong_usage(fmt::format("`{}` names no rules: add --rules PATH", options.file));
  for (const auto& [name, value] : file.seed.parameters) input.settings.push_back(name + "=" + value);
  if (const ExitStatus status = read_rule_input(input, rules); status != ExitStatus::kOk) return status;
  if (rules.loaded.program != nullptr) return ExitStatus::kOk;
  Console console;
  for (const Diagnostic& diagnostic : rules.loaded.diagnostics) {
    if (diagnostic.severity == Severity::kError)
      console.write(render_text(diagnostic, console.colour()) + "\n");
  }
  return complain(ExitStatus::kUsage, "the rules have errors; nothing was run");
}

ExitStatus replay(const ReplayCommandOptions& options) {
  if (options.file.empty()) wrong_usage("name a replay file");
  std::string error;
  const std::optional<ReplayFile> file = read_replay_file(options.file, error);
  if (!file.has_value()) return complain(ExitStatus::kUsage, error);
  RuleInput rules;
  if (const ExitStatus status = load(options, *file, rules); status != ExitStatus::kOk) return status;

  Replayer replayer(rules.loaded.program);
  ReplaySeed seed = file->seed;
  seed.parameters.clear();  // the rules were compiled with them
  ReplayStory story;
  const ReplayOutcome outcome =
      replayer.run(seed, file->max_cascade, static_cast<uint32_t>(options.events), story);
  if (outcome.end == ReplayOutcome::End::kInvalid) {
    return complain(ExitStatus::kUsage,
                    fmt::format("`{}` cannot be run with these rules: {}", options.file, story.refused));
  }
  const ReplayReport report{*file, outcome, story, replayer.program()};
  const std::string text =
      options.format == StoryFormat::kJson ? replay_as_json(report) : replay_as_text(report);
  std::fwrite(text.data(), 1, text.size(), stdout);
  return finish_output(outcome.end == ReplayOutcome::End::kEnds ? ExitStatus::kOk : ExitStatus::kNo);
}

}  // namespace

Action declare_replay(CLI::App& app) {
  auto options = std::make_shared<ReplayCommandOptions>();
  add_text(app, "FILE", "FILE", options->file, "a replay that `krules check` wrote")->option_text("FILE");
  add_texts(app, "--rules", "PATH", options->rules,
            "rule files or folders to run in the place of those that the file names");
  add_surroundings(app, options->surroundings);
  add_number(app, "--events", 1, std::numeric_limits<uint32_t>::max(), options->events,
             fmt::format("how many events to show at most (default: {})", options->events));
  add_choice<StoryFormat>(app, "--format", {{"text", StoryFormat::kText}, {"json", StoryFormat::kJson}},
                          options->format, "how to show it (default: text)");
  app.footer(kExamples);
  return [options] { return replay(*options); };
}

}  // namespace krules::cli
