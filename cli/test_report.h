#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "krules/diagnostic.h"
#include "krules/rule_tests.h"

namespace krules::cli {

/// What came of the tests of one program.
struct ProgramTests {
  struct Test {
    std::string name;
    Location where;
    RuleTestResult result;
  };
  std::string name;  ///< its paths
  std::vector<Diagnostic> diagnostics;
  bool loaded = false;  ///< without errors, so that its tests could run
  std::vector<Test> tests;
  std::vector<UnitCoverage> coverage;
};

struct TestReport {
  std::vector<ProgramTests> programs;
  std::vector<std::string> without_tests;  ///< programs that were passed over
  bool with_coverage = false;
};

struct TestCounts {
  uint64_t passed = 0;
  uint64_t failed = 0;
  uint64_t not_loaded = 0;  ///< programs with errors
  double seconds = 0;
};
TestCounts counts_of(const TestReport& report);

/// What the tests showed of the rules, in points: see UnitCoverage.
struct CoverageFigure {
  uint64_t seen = 0;
  uint64_t points = 0;
  uint64_t ran = 0;
  uint64_t units = 0;
  double percent() const {
    return points == 0 ? 100.0 : 100.0 * static_cast<double>(seen) / static_cast<double>(points);
  }
};
CoverageFigure figure_of(const std::vector<UnitCoverage>& coverage);

/// For a person: what failed, each with the lines it is about; then the coverage, then the summary.
std::string text_report(const TestReport& report, Colour colour);
/// One JSON document with `programs` and `summary`.
std::string json_report(const TestReport& report);
/// JUnit's XML, as tools for continuous integration read it.
std::string junit_report(const TestReport& report);

}  // namespace krules::cli
