#include "command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <memory>

#include "console.h"
#include "krules/as_utf8.h"
#include "krules/glob.h"
#include "krules/rule_tests.h"
#include "krules/runner.h"
#include "options.h"
#include "rule_input.h"
#include "store_access.h"
#include "test_programs.h"
#include "test_report.h"
#include "wording.h"

namespace krules::cli {

namespace {

enum class TestFormat : uint8_t { kText, kJson, kJunit };

struct TestCommandOptions {
  RuleInputOptions input;
  std::vector<std::string> filters;
  TestFormat format = TestFormat::kText;
  bool coverage = false;
  bool together = false;
};

constexpr const char* kExamples =
    R"(Runs every `test` of the rules, each on a store of its own in memory and at a time of its own: nothing is
called, no other store is touched. A folder that holds no rule file itself, only folders with some, is a
collection: each of those is a program of its own. All of the report goes to standard output.

Exit status: 0 all tests passed, 1 one failed or the rules have errors, 2 wrong usage, or there is no test.

Examples:
  krules test rules/
  krules test rules/ --filter '*ships*'           # those whose name fits
  krules test rules/ --coverage                   # which rules ran, how each `when` came out
  krules test rules/ --format junit > tests.xml   # for continuous integration
)";

bool wanted(const std::vector<Glob>& filters, const std::string& name) {
  return filters.empty() ||
         std::any_of(filters.begin(), filters.end(), [&](const Glob& glob) { return glob.matches(name); });
}

/// The rule files of a program; kUsage after complaints.
ExitStatus read_program(const TestProgram& program, std::vector<SourcePtr>& sources) {
  RuleTexts rules = read_rule_files(program.paths);
  for (const std::string& error : rules.errors) complain(ExitStatus::kUsage, error);
  sources = std::move(rules.sources);
  return rules.errors.empty() ? ExitStatus::kOk : ExitStatus::kUsage;
}

ExitStatus no_tests(const TestCommandOptions& options, const std::vector<std::string>& names) {
  if (names.empty()) {
    return complain(
        ExitStatus::kUsage,
        fmt::format("there is no test in {}: write one beside the rules, `test \"an order ships\" {{ ... }}`",
                    fmt::join(options.input.paths, " ")));
  }
  const std::vector<std::string_view> known(names.begin(), names.end());
  const std::string_view near = nearest_name(options.filters.front(), known);
  return complain(ExitStatus::kUsage,
                  fmt::format("no test is called `{}`{}", fmt::join(options.filters, "` or `"),
                              near.empty() ? fmt::format("; there is `{}`", names.front())
                                           : fmt::format("; did you mean `{}`?", near)));
}

ExitStatus test(const TestCommandOptions& options) {
  if (options.input.paths.empty()) wrong_usage("name at least one rule file or folder");
  CompileOptions compile_options;
  compile_options.parameters = parse_settings(options.input.settings);
  FunctionTable functions;
  add_functions(options.input, functions);
  compile_options.functions = &functions;
  std::vector<Glob> filters;
  for (const std::string& filter : options.filters) filters.emplace_back(filter);

  TestReport report;
  report.with_coverage = options.coverage;
  std::vector<std::string> names;
  size_t run = 0;
  for (const TestProgram& program : find_test_programs(options.input.paths, options.together)) {
    std::vector<SourcePtr> sources;
    if (const ExitStatus status = read_program(program, sources); status != ExitStatus::kOk) return status;
    RuleTests tests(sources, compile_options);
    const std::string paths = as_utf8(fmt::format("{}", fmt::join(program.paths, " ")));
    if (tests.written() == 0 && program.in_collection) {
      report.without_tests.push_back(paths);
      continue;
    }
    ProgramTests& made = report.programs.emplace_back();
    made.name = paths;
    made.diagnostics = tests.diagnostics();
    made.loaded = tests.ok();
    for (size_t i = 0; i < tests.size(); ++i) {
      names.push_back(tests.name(i));
      if (!wanted(filters, tests.name(i))) continue;
      made.tests.push_back({tests.name(i), tests.where(i), tests.run(i)});
      ++run;
    }
    if (options.coverage) made.coverage = tests.coverage();
  }
  const TestCounts counts = counts_of(report);
  if (run == 0 && counts.not_loaded == 0) return no_tests(options, names);
  const std::string text = options.format == TestFormat::kJson ? json_report(report)
                           : options.format == TestFormat::kJunit
                               ? junit_report(report)
                               : text_report(report, colour_for(STDOUT_FILENO));
  std::fwrite(text.data(), 1, text.size(), stdout);
  return finish_output(counts.failed > 0 || counts.not_loaded > 0 ? ExitStatus::kNo : ExitStatus::kOk);
}

}  // namespace

Action declare_test(CLI::App& app) {
  auto options = std::make_shared<TestCommandOptions>();
  add_rule_input(app, options->input);
  add_texts(app, "--filter", "GLOB", options->filters,
            "run those tests alone whose name fits; may be repeated");
  add_choice<TestFormat>(
      app, "--format",
      {{"text", TestFormat::kText}, {"junit", TestFormat::kJunit}, {"json", TestFormat::kJson}},
      options->format, "how to tell it (default: text)");
  app.add_flag("--coverage", options->coverage,
               "tell which rules ran, and how each of their conditions came out");
  app.add_flag("--together", options->together, "take all rule files for one program, as `krules run` does");
  app.footer(kExamples);
  return [options] { return test(*options); };
}

}  // namespace krules::cli
