#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "krules/check.h"
#include "krules/diagnostic.h"

namespace krules::cli {

/// What `krules check` found, ready to be told.
struct CheckReport {
  /// With the severities that count: what is denied is an error.
  std::vector<Diagnostic> diagnostics;
  /// Null where errors in the text or the program left nothing to check.
  const CheckResult* result = nullptr;
  /// By cycle; empty where none was written.
  std::vector<std::string> replay_files;
};

/// "41 rules, 12 events: every cascade ends; the longest fires 7 rules (order.submitted -> ...)".
std::string summary_line(const CheckReport& report);

/// For a person: each finding with the lines it is about, then the summary.
std::string text_report(const CheckReport& report, Colour colour);
/// One JSON document with `diagnostics`, `cycles` and `summary`.
std::string json_report(const CheckReport& report);
/// SARIF 2.1.0, for tools that collect findings.
std::string sarif_report(const CheckReport& report);
/// Workflow commands of GitHub, which show each finding at its line of a change.
std::string github_report(const CheckReport& report);

}  // namespace krules::cli
