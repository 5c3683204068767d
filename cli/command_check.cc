#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <limits>
#include <memory>
#include <optional>

#include "check_report.h"
#include "command.h"
#include "console.h"
#include "file_uses.h"
#include "krules/all_codes.h"
#include "krules/allowances.h"
#include "krules/engine.h"
#include "options.h"
#include "picture_file.h"
#include "replay_files.h"
#include "rule_input.h"
#include "store_access.h"
#include "wording.h"

namespace krules::cli {

namespace {

enum class ReportFormat : uint8_t { kText, kJson, kSarif, kGithub };

struct CheckCommandOptions {
  RuleInputOptions input;
  ReportFormat format = ReportFormat::kText;
  std::vector<std::string> denied;
  std::vector<std::string> allowed;
  uint64_t max_cascade = EngineOptions().max_cascade;
  std::string graph;
  std::string certificate;
  std::string verify;
};

constexpr std::string_view kWarnings = "warnings";

constexpr const char* kExamples =
    R"(Proves that every cascade ends, or shows how one does not, and says what else looks wrong. All of
it goes to standard output. Nothing is run and no store is touched; for each loop that is
certain, a replay is written to .krules-check/.

Exit status: 0 nothing is denied, 1 errors or what --deny names, 2 wrong usage.

Examples:
  krules check rules/
  krules check rules/ --deny warnings --allow K0409     # warnings fail, but for one kind
  krules check rules/ --format sarif > krules.sarif     # for a tool that collects findings
  krules check rules/ --graph rules.svg
  krules check rules/ --certificate proof.json          # why it ends ...
  krules check rules/ --verify proof.json               # ... checked again
)";

// ---------------------------------------------------------------- what is denied and allowed

void check_code(std::string_view option, const std::string& code) {
  const std::vector<std::string_view> known = all_code_names();
  if (std::find(known.begin(), known.end(), code) != known.end()) return;
  std::vector<std::string_view> words = known;
  if (option == "--deny") words.push_back(kWarnings);
  const std::string_view near = nearest_name(code, words);
  wrong_usage(fmt::format("there is no code `{}` for {}{}", code, option,
                          near.empty() ? "" : fmt::format("; did you mean `{}`?", near)));
}

void check_codes_of(const CheckCommandOptions& options) {
  for (const std::string& code : options.denied) {
    if (code != kWarnings) check_code("--deny", code);
  }
  for (const std::string& code : options.allowed) {
    check_code("--allow", code);
    if (const std::string_view reason = why_never_allowed(code); !reason.empty())
      wrong_usage(fmt::format("`{}` cannot be allowed: {}", code, reason));
    if (std::find(options.denied.begin(), options.denied.end(), code) != options.denied.end())
      wrong_usage(fmt::format("`{}` is both allowed and denied", code));
  }
}

void apply(const CheckCommandOptions& options, std::vector<Diagnostic>& diagnostics) {
  const auto holds = [](const std::vector<std::string>& codes, std::string_view code) {
    return std::find(codes.begin(), codes.end(), code) != codes.end();
  };
  std::erase_if(diagnostics, [&](const Diagnostic& each) {
    return each.severity != Severity::kError && holds(options.allowed, each.code);
  });
  const bool warnings = holds(options.denied, kWarnings);
  for (Diagnostic& each : diagnostics) {
    if (holds(options.denied, each.code) || (warnings && each.severity == Severity::kWarning))
      each.severity = Severity::kError;
  }
}

// ---------------------------------------------------------------- the check

std::string report_text(ReportFormat format, const CheckReport& report) {
  switch (format) {
    case ReportFormat::kText:
      return text_report(report, colour_for(STDOUT_FILENO));
    case ReportFormat::kJson:
      return json_report(report);
    case ReportFormat::kSarif:
      return sarif_report(report);
    case ReportFormat::kGithub:
      return github_report(report);
  }
  return {};
}

ExitStatus print(std::string_view text, ExitStatus status) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  return finish_output(status);
}

ExitStatus verify(const CheckCommandOptions& options, const RuleInput& input) {
  std::string error;
  const SourcePtr certificate = read_source(options.verify, error);
  if (certificate == nullptr) return complain(ExitStatus::kUsage, error);
  const CertificateReport report = verify_certificate(input.loaded.modules, *input.loaded.program,
                                                      *input.compile_options.functions, certificate->text());
  std::string text;
  for (const std::string& each : report.errors) text += fmt::format("{}: {}\n", options.verify, each);
  if (!report.errors.empty()) return print(text + "the certificate does not hold\n", ExitStatus::kNo);
  for (const std::string& each : report.doubts) text += fmt::format("{}: {}\n", options.verify, each);
  if (!report.ok)
    return print(text + "the certificate is not confirmed: it may be right, but its steps do not show it\n",
                 ExitStatus::kNo);
  for (const std::string& each : report.open)
    text += fmt::format("{}: it does not say that cascades through {} end\n", options.verify, each);
  for (const std::string& each : report.open_in_time)
    text += fmt::format("{}: it does not say that {} come to rest: they may go on with time in between\n",
                        options.verify, each);
  const std::string steps = counted(report.steps, "step");
  if (!report.open.empty())
    return print(
        fmt::format("{}what the certificate says holds ({} verified), but not all cascades are said to "
                    "end\n",
                    text, steps),
        ExitStatus::kNo);
  return print(fmt::format("{}the certificate holds: every cascade ends ({} verified)\n", text, steps),
               ExitStatus::kOk);
}

/// What was asked for beside the report: false after a complaint.
bool write_files(const CheckCommandOptions& options, std::optional<PictureFormat> picture,
                 const CheckResult& result) {
  if (!options.certificate.empty() && !write_file(options.certificate, result.certificate)) return false;
  if (!picture) return true;
  DrawOptions draw;
  draw.clusters = usual_clusters(result.graph);
  std::string error;
  const std::string text = draw_picture(*picture, result.graph, result.cycles, draw, error);
  if (!error.empty()) {
    complain(ExitStatus::kUsage, error);
    return false;
  }
  return write_file(options.graph, text);
}

void refuse_overwriting_of(const CheckCommandOptions& options) {
  std::vector<FileUse> read = rule_file_uses(options.input.paths);
  if (!options.verify.empty()) read.push_back({options.verify, "the certificate of --verify"});
  std::vector<FileUse> written;
  if (!options.graph.empty()) written.push_back({options.graph, "the picture of --graph", "--graph"});
  if (!options.certificate.empty())
    written.push_back({options.certificate, "the certificate", "--certificate"});
  refuse_overwriting(read, written);
}

ExitStatus check(const CheckCommandOptions& options) {
  check_codes_of(options);
  std::optional<PictureFormat> picture;
  if (!options.graph.empty()) {
    picture = picture_format_of(options.graph);
    if (!picture)
      wrong_usage(
          fmt::format("`{}` does not tell what to draw: let it end in .svg, .dot or .mmd", options.graph));
  }
  refuse_overwriting_of(options);
  RuleInput input;
  if (const ExitStatus status = read_rule_input(options.input, input); status != ExitStatus::kOk)
    return status;
  CheckReport report;
  report.diagnostics = input.loaded.diagnostics;
  CheckResult result;
  ExitStatus files = ExitStatus::kOk;
  if (input.loaded.program != nullptr) {
    if (!options.verify.empty()) return verify(options, input);
    CheckOptions check_options;
    check_options.max_cascade = static_cast<uint32_t>(options.max_cascade);
    result = check_loaded(input.loaded, input.compile_options, check_options);
    report.result = &result;
    report.diagnostics.insert(report.diagnostics.end(), result.diagnostics.begin(), result.diagnostics.end());
    report.diagnostics =
        apply_allowances(input.loaded.modules, std::move(report.diagnostics), AllowanceFindings::kAdded);
    const std::map<std::string, std::string>& parameters = input.compile_options.parameters;
    std::string error;
    report.replay_files = write_replay_files(
        result.cycles,
        {options.input.paths, {parameters.begin(), parameters.end()}, check_options.max_cascade}, error);
    if (!error.empty()) files = complain(ExitStatus::kUsage, error);
    if (!write_files(options, picture, result)) files = ExitStatus::kUsage;
  }
  apply(options, report.diagnostics);
  const ExitStatus found = has_errors(report.diagnostics) ? ExitStatus::kNo : ExitStatus::kOk;
  return print(report_text(options.format, report), files == ExitStatus::kOk ? found : files);
}

}  // namespace

Action declare_check(CLI::App& app) {
  auto options = std::make_shared<CheckCommandOptions>();
  add_rule_input(app, options->input);
  add_choice<ReportFormat>(app, "--format",
                           {{"text", ReportFormat::kText},
                            {"json", ReportFormat::kJson},
                            {"sarif", ReportFormat::kSarif},
                            {"github", ReportFormat::kGithub}},
                           options->format, "how to tell it (default: text)");
  add_texts(app, "--deny", "CODE", options->denied,
            "findings of this code are errors; `warnings`: all warnings are");
  add_texts(app, "--allow", "CODE", options->allowed, "leave out findings of this code");
  constexpr uint64_t kMost = std::numeric_limits<uint32_t>::max();
  add_number(app, "--max-cascade", 1, kMost, options->max_cascade,
             fmt::format("the fuse that `krules run` will have (default: {})", options->max_cascade));
  add_text(app, "--graph", "FILE", options->graph, "draw the cascades, to a .svg, .dot or .mmd file");
  add_text(app, "--certificate", "FILE", options->certificate, "write down why every cascade ends");
  add_text(app, "--verify", "FILE", options->verify,
           "look through such a certificate, and check nothing else");
  app.footer(kExamples);
  return [options] { return check(*options); };
}

}  // namespace krules::cli
