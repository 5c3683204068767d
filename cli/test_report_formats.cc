#include <fmt/format.h>

#include "krules/json.h"
#include "test_report.h"

/// What came of tests, for programs.
namespace krules::cli {

namespace {

std::string quoted(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

/// `"file": ..., "line": ..., "column": ...`.
std::string place_json(const Location& where) {
  if (where.source == nullptr) return "\"file\":null";
  const LineColumn at = where.source->position(where.span.begin);
  return fmt::format("\"file\":{},\"line\":{},\"column\":{}", quoted(where.source->name()), at.line,
                     at.column);
}

template <class List, class One>
std::string json_list(const List& list, const One& one) {
  std::string out = "[";
  for (const auto& each : list) {
    if (out.size() > 1) out += ',';
    out += one(each);
  }
  return out + "]";
}

std::string_view role_name(CompiledRule::Role role) {
  return role == CompiledRule::Role::kGate         ? "gate"
         : role == CompiledRule::Role::kMiddleware ? "middleware"
                                                   : "rule";
}

std::string coverage_json(const std::vector<UnitCoverage>& coverage) {
  const CoverageFigure figure = figure_of(coverage);
  const auto when_json = [](const UnitCoverage::When& when) {
    const std::string_view text =
        when.where.source == nullptr ? "" : when.where.source->text(when.where.span);
    return fmt::format("{{\"condition\":{},{},\"held\":{},\"did_not_hold\":{},\"failed\":{}}}", quoted(text),
                       place_json(when.where), when.held, when.did_not_hold, when.failed);
  };
  const auto unit_json = [&](const UnitCoverage& unit) {
    return fmt::format("{{\"kind\":\"{}\",\"name\":{},{},\"runs\":{},\"failed\":{},\"whens\":{}}}",
                       role_name(unit.role), quoted(unit.name), place_json(unit.where), unit.runs,
                       unit.failed, json_list(unit.whens, when_json));
  };
  return fmt::format("{{\"percent\":{:.1f},\"seen\":{},\"points\":{},\"rules\":{}}}", figure.percent(),
                     figure.seen, figure.points, json_list(coverage, unit_json));
}

/// For XML, where no other control characters may stand, nor the two last code points of the first plane.
std::string xml(std::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (text.substr(i, 2) == "\xEF\xBF" &&
        (text.substr(i + 2, 1) == "\xBE" || text.substr(i + 2, 1) == "\xBF")) {
      out += '?';
      i += 2;
      continue;
    }
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\n':
        out += "&#10;";
        break;
      default:
        out += static_cast<unsigned char>(c) < 0x20 && c != '\t' ? '?' : c;
    }
  }
  return out;
}

std::string all_text(const std::vector<Diagnostic>& diagnostics) {
  std::string text;
  for (const Diagnostic& each : diagnostics) text += render_text(each);
  return text;
}

std::vector<Diagnostic> errors_of(const ProgramTests& program) {
  std::vector<Diagnostic> errors;
  for (const Diagnostic& each : program.diagnostics) {
    if (each.severity == Severity::kError) errors.push_back(each);
  }
  return errors;
}

}  // namespace

std::string json_report(const TestReport& report) {
  const auto test_json = [](const ProgramTests::Test& test) {
    return fmt::format(
        "{{\"name\":{},{},\"passed\":{},\"seconds\":{:.6f},\"failures\":{},"
        "\"cascades\":{}}}",
        quoted(test.name), place_json(test.where), test.result.passed(), test.result.seconds,
        json_list(test.result.failures, render_json), json_list(test.result.cascades, trace_as_json));
  };
  const auto program_json = [&](const ProgramTests& program) {
    std::string out = fmt::format(
        "{{\"paths\":{},\"loaded\":{},\"diagnostics\":{},\"tests\":{}", quoted(program.name), program.loaded,
        json_list(program.diagnostics, render_json), json_list(program.tests, test_json));
    if (report.with_coverage && program.loaded) out += ",\"coverage\":" + coverage_json(program.coverage);
    return out + "}";
  };
  const TestCounts counts = counts_of(report);
  return fmt::format(
      "{{\"programs\":{},\"without_tests\":{},\"summary\":{{\"passed\":{},\"failed\":{},"
      "\"programs_with_errors\":{},\"seconds\":{:.6f}}}}}\n",
      json_list(report.programs, program_json), json_list(report.without_tests, quoted), counts.passed,
      counts.failed, counts.not_loaded, counts.seconds);
}

std::string junit_report(const TestReport& report) {
  const TestCounts counts = counts_of(report);
  std::string out = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites tests=\"{}\" failures=\"{}\" errors=\"{}\" "
      "time=\"{:.3f}\">\n",
      counts.passed + counts.failed + counts.not_loaded, counts.failed, counts.not_loaded, counts.seconds);
  for (const ProgramTests& program : report.programs) {
    TestReport one;
    one.programs = {program};
    const TestCounts of_program = counts_of(one);
    out +=
        fmt::format("  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" time=\"{:.3f}\">\n",
                    xml(program.name), of_program.passed + of_program.failed + of_program.not_loaded,
                    of_program.failed, of_program.not_loaded, of_program.seconds);
    if (!program.loaded) {
      const std::vector<Diagnostic> errors = errors_of(program);
      out += fmt::format(
          "    <testcase name=\"the rules load\" classname=\"{}\">\n      <error message=\"{}\">{}</error>\n"
          "    </testcase>\n",
          xml(program.name), xml(errors.empty() ? "" : errors.front().message), xml(all_text(errors)));
    }
    for (const ProgramTests::Test& test : program.tests) {
      const std::string& file = test.where.source->name();
      out += fmt::format("    <testcase name=\"{}\" classname=\"{}\" file=\"{}\" line=\"{}\" time=\"{:.6f}\"",
                         xml(test.name), xml(file), xml(file),
                         test.where.source->position(test.where.span.begin).line, test.result.seconds);
      if (test.result.passed()) {
        out += "/>\n";
        continue;
      }
      out += fmt::format(">\n      <failure message=\"{}\">{}</failure>\n    </testcase>\n",
                         xml(test.result.failures.front().message), xml(all_text(test.result.failures)));
    }
    out += "  </testsuite>\n";
  }
  return out + "</testsuites>\n";
}

}  // namespace krules::cli
