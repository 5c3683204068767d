#include "test_report.h"

#include <fmt/format.h>

#include <algorithm>

#include "wording.h"

namespace krules::cli {

TestCounts counts_of(const TestReport& report) {
  TestCounts counts;
  for (const ProgramTests& program : report.programs) {
    if (!program.loaded) ++counts.not_loaded;
    for (const ProgramTests::Test& test : program.tests) {
      ++(test.result.passed() ? counts.passed : counts.failed);
      counts.seconds += test.result.seconds;
    }
  }
  return counts;
}

CoverageFigure figure_of(const std::vector<UnitCoverage>& coverage) {
  CoverageFigure figure;
  for (const UnitCoverage& unit : coverage) {
    figure.seen += unit.seen();
    figure.points += unit.points();
    figure.ran += unit.runs > 0 ? 1 : 0;
    ++figure.units;
  }
  return figure;
}

namespace {

std::string how_often(uint64_t count) {
  return count == 1 ? "once" : count == 2 ? "twice" : fmt::format("{} times", grouped(count));
}

std::string_view role_name(CompiledRule::Role role) {
  switch (role) {
    case CompiledRule::Role::kRule:
      return "rule";
    case CompiledRule::Role::kGate:
      return "gate";
    case CompiledRule::Role::kMiddleware:
      return "middleware";
  }
  return {};
}

std::string run_text(const UnitCoverage& unit) {
  if (unit.runs == 0) return "never ran";
  std::string text = "ran " + how_often(unit.runs);
  if (unit.failed > 0) text += fmt::format(", failed {}", how_often(unit.failed));
  return text;
}

std::string when_text(const UnitCoverage::When& when) {
  if (when.held + when.did_not_hold + when.failed == 0) return "never looked at";
  std::string text = when.held == 0 ? "never held" : "held " + how_often(when.held);
  text +=
      when.did_not_hold == 0 ? ", always" : fmt::format(", did not hold {}", how_often(when.did_not_hold));
  if (when.held == 0 && when.did_not_hold == 0) text = "never held";
  if (when.failed > 0) text += fmt::format(", failed {}", how_often(when.failed));
  return text;
}

uint32_t line_of(const Location& where) {
  return where.source == nullptr ? 0 : where.source->position(where.span.begin).line;
}

/// "take_order", "gate rate_limit".
std::string name_text(const UnitCoverage& unit) {
  return unit.role == CompiledRule::Role::kRule ? unit.name
                                                : fmt::format("{} {}", role_name(unit.role), unit.name);
}

/// "when payload.total > 0", on one line, cut where it is long.
std::string condition_text(const Location& where) {
  constexpr size_t kLongest = 60;
  std::string text = "when ";
  for (const char c : where.source == nullptr ? std::string_view() : where.source->text(where.span)) {
    const bool space = c == ' ' || c == '\t' || c == '\n' || c == '\r';
    if (!space) text.push_back(c);
    if (space && !text.ends_with(' ')) text.push_back(' ');
  }
  if (text.size() > kLongest) {
    size_t end = kLongest;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
    text = text.substr(0, end) + " ...";
  }
  return text;
}

std::string coverage_text(const ProgramTests& program) {
  const CoverageFigure figure = figure_of(program.coverage);
  std::string out =
      fmt::format("coverage of {}: {:.0f} % ({} of {}; {} of {} ran)\n", program.name, figure.percent(),
                  figure.seen, figure.points, figure.ran, counted(figure.units, "rule"));
  size_t width = 0;
  for (const UnitCoverage& unit : program.coverage) {
    width = std::max(width, name_text(unit).size());
    for (const UnitCoverage::When& when : unit.whens)
      width = std::max(width, condition_text(when.where).size() + 2);
  }
  const Source* file = nullptr;
  for (const UnitCoverage& unit : program.coverage) {
    if (unit.where.source.get() != file) {
      file = unit.where.source.get();
      out += fmt::format("  {}\n", file->name());
    }
    out += fmt::format("  {:>5}  {:<{}}  {}\n", line_of(unit.where), name_text(unit), width, run_text(unit));
    for (const UnitCoverage::When& when : unit.whens) {
      out += fmt::format("  {:>5}    {:<{}}  {}\n", line_of(when.where), condition_text(when.where),
                         width - 2, when_text(when));
    }
  }
  const bool all_ran = figure.ran == figure.units;
  if (!all_ran) out += "never ran:\n";
  for (const UnitCoverage& unit : program.coverage) {
    if (unit.runs > 0) continue;
    out += fmt::format("  {} ({}:{})\n", unit.name, unit.where.source->name(), line_of(unit.where));
  }
  return out;
}

std::string cascades_text(const std::vector<CascadeTrace>& cascades, Colour colour) {
  if (cascades.empty()) return {};
  TraceTextOptions options;
  options.colour = colour;
  options.durations = false;
  std::string out = "what happened:\n";
  for (const CascadeTrace& cascade : cascades) out += trace_as_text(cascade, options);
  return out;
}

std::string summary(const TestReport& report) {
  const TestCounts counts = counts_of(report);
  std::string out =
      fmt::format("{} passed, {} failed", counted(counts.passed, "test"), grouped(counts.failed));
  if (counts.not_loaded > 0) out += fmt::format(", {} with errors", counted(counts.not_loaded, "program"));
  if (report.programs.size() > 1) out += fmt::format(", in {}", counted(report.programs.size(), "program"));
  if (report.with_coverage && report.programs.size() > 1) {
    std::vector<UnitCoverage> all;
    for (const ProgramTests& program : report.programs)
      all.insert(all.end(), program.coverage.begin(), program.coverage.end());
    out += fmt::format(", coverage {:.0f} %", figure_of(all).percent());
  }
  out += fmt::format(" ({:.2f} s)\n", counts.seconds);
  if (!report.without_tests.empty())
    out += fmt::format("without tests: {}\n", fmt::join(report.without_tests, ", "));
  return out;
}

}  // namespace

std::string text_report(const TestReport& report, Colour colour) {
  std::string out;
  for (const ProgramTests& program : report.programs) {
    for (const Diagnostic& each : program.diagnostics) out += render_text(each, colour) + "\n";
    for (const ProgramTests::Test& test : program.tests) {
      if (test.result.passed()) continue;
      out += fmt::format("test failed: {}\n", test.name);
      for (const Diagnostic& each : test.result.failures) out += render_text(each, colour);
      out += cascades_text(test.result.cascades, colour) + "\n";
    }
  }
  if (report.with_coverage) {
    for (const ProgramTests& program : report.programs) {
      if (program.loaded) out += coverage_text(program) + "\n";
    }
  }
  return out + summary(report);
}

}  // namespace krules::cli
