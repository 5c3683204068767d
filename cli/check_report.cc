#include "check_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "krules/json.h"
#include "wording.h"

namespace krules::cli {

namespace {

size_t count_of(const CheckReport& report, Severity severity) {
  return static_cast<size_t>(
      std::count_if(report.diagnostics.begin(), report.diagnostics.end(),
                    [&](const Diagnostic& each) { return each.severity == severity; }));
}

size_t count_of(const CheckResult& result, Verdict verdict) {
  return static_cast<size_t>(
      std::count_if(result.cycles.begin(), result.cycles.end(),
                    [&](const Cycle& each) { return each.verdict == verdict && !each.allowed; }));
}

size_t accepted(const CheckResult& result) {
  return static_cast<size_t>(std::count_if(result.cycles.begin(), result.cycles.end(), [](const Cycle& each) {
    return each.allowed && each.verdict != Verdict::kEnds;
  }));
}

bool every_cascade_ends(const CheckResult& result) {
  return std::all_of(result.cycles.begin(), result.cycles.end(),
                     [](const Cycle& each) { return each.verdict == Verdict::kEnds; });
}

void add_part(std::string& text, std::string_view part) {
  if (!text.empty()) text += ", ";
  text += part;
}

/// "1 error, 3 warnings"; empty for none.
std::string counts(const CheckReport& report) {
  std::string text;
  if (const size_t errors = count_of(report, Severity::kError); errors > 0)
    add_part(text, counted(errors, "error"));
  if (const size_t warnings = count_of(report, Severity::kWarning); warnings > 0)
    add_part(text, counted(warnings, "warning"));
  if (const size_t notes = count_of(report, Severity::kNote); notes > 0)
    add_part(text, counted(notes, "note"));
  return text;
}

/// "1 loop that never ends, 2 loops that may never end".
std::string loops(const CheckResult& result) {
  std::string text;
  if (const size_t certain = count_of(result, Verdict::kCertain); certain > 0)
    add_part(text, fmt::format("{} that never end{}", counted(certain, "loop"), certain == 1 ? "s" : ""));
  if (const size_t possible = count_of(result, Verdict::kPossible); possible > 0)
    add_part(text, fmt::format("{} that may never end", counted(possible, "loop")));
  const auto seen =
      static_cast<size_t>(std::count_if(result.cycles.begin(), result.cycles.end(), [](const Cycle& each) {
        return each.verdict == Verdict::kPerpetual && !each.allowed && each.replay.has_value();
      }));
  if (seen > 0)
    add_part(text, fmt::format("{} that go{} on for ever with delays", counted(seen, "loop"),
                               seen == 1 ? "es" : ""));
  if (const size_t perpetual = count_of(result, Verdict::kPerpetual); perpetual > seen)
    add_part(text, fmt::format("{} that may go on for ever with delays", counted(perpetual - seen, "loop")));
  if (const size_t count = accepted(result); count > 0)
    add_part(text, fmt::format("{} accepted", counted(count, "loop")));
  return text;
}

// ---------------------------------------------------------------- JSON

void append_text(std::string& out, std::string_view name, std::string_view text) {
  out.append("\"").append(name).append("\":");
  append_json_string(out, text);
}

template <typename List, typename Append>
void append_list(std::string& out, std::string_view name, const List& list, const Append& append) {
  out.append("\"").append(name).append("\":[");
  bool first = true;
  for (const auto& each : list) {
    if (!first) out.push_back(',');
    first = false;
    append(each);
  }
  out.push_back(']');
}

void append_place(std::string& out, std::string_view name, const Location& where) {
  out.append("\"").append(name).append("\":");
  if (where.source == nullptr) {
    out.append("null");
    return;
  }
  const LineColumn begin = where.source->position(where.span.begin);
  const LineColumn end = where.source->position(where.span.end);
  out.push_back('{');
  append_text(out, "file", where.source->name());
  fmt::format_to(std::back_inserter(out), ",\"line\":{},\"column\":{},\"end_line\":{},\"end_column\":{}}}",
                 begin.line, begin.column, end.line, end.column);
}

std::string_view verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::kEnds:
      return "ends";
    case Verdict::kPerpetual:
      return "perpetual";
    case Verdict::kPossible:
      return "possible";
    case Verdict::kCertain:
      return "certain";
  }
  return {};
}

void append_cycle(std::string& out, const CheckReport& report, size_t number) {
  const CheckResult& result = *report.result;
  const Cycle& cycle = result.cycles[number];
  const auto name_of = [&](uint32_t rule) -> std::string_view {
    return rule < result.graph.rules.size() ? result.graph.rules[rule].name : std::string_view();
  };
  out.push_back('{');
  append_text(out, "verdict", verdict_name(cycle.verdict));
  out.append(cycle.allowed ? ",\"accepted\":true," : ",\"accepted\":false,");
  append_list(out, "rules", cycle.rules, [&](uint32_t rule) { append_json_string(out, name_of(rule)); });
  out.push_back(',');
  append_list(out, "steps", cycle.steps, [&](const CycleStep& step) {
    out.push_back('{');
    append_text(out, "rule", name_of(step.rule));
    out.push_back(',');
    append_text(out, "event", step.event);
    out.push_back(',');
    append_place(out, "head", step.head);
    out.push_back(',');
    append_place(out, "cause", step.cause);
    out.push_back('}');
  });
  out.push_back(',');
  append_list(out, "reasons", cycle.reasons, [&](const std::string& text) { append_json_string(out, text); });
  if (cycle.bound) fmt::format_to(std::back_inserter(out), ",\"bound\":{}", *cycle.bound);
  if (!cycle.missing.empty()) {
    out.push_back(',');
    append_text(out, "missing", cycle.missing);
  }
  if (number < report.replay_files.size() && !report.replay_files[number].empty()) {
    out.push_back(',');
    append_text(out, "replay", report.replay_files[number]);
  }
  out.push_back('}');
}

}  // namespace

std::string summary_line(const CheckReport& report) {
  const std::string found = counts(report);
  if (report.result == nullptr) return found + "; what the rules set off was not checked";
  const CheckResult& result = *report.result;
  std::string text =
      fmt::format("{}, {}: ", counted(result.summary.rules, "rule"), counted(result.summary.events, "event"));
  if (every_cascade_ends(result)) {
    text += "every cascade ends";
    if (result.summary.longest && *result.summary.longest > 0) {
      text += fmt::format("; the longest fires {}", counted(*result.summary.longest, "rule"));
      if (!result.summary.longest_path.empty()) text += fmt::format(" ({})", result.summary.longest_path);
    }
  } else {
    text += loops(result);
  }
  if (!found.empty()) text += "; " + found;
  return text;
}

std::string text_report(const CheckReport& report, Colour colour) {
  std::string text;
  for (const Diagnostic& each : report.diagnostics) text += render_text(each, colour) + "\n";
  return text + summary_line(report) + "\n";
}

std::string json_report(const CheckReport& report) {
  std::string out = "{";
  append_list(out, "diagnostics", report.diagnostics,
              [&](const Diagnostic& each) { out.append(render_json(each)); });
  out.append(",\"cycles\":[");
  const CheckResult* result = report.result;
  for (size_t i = 0; result != nullptr && i < result->cycles.size(); ++i) {
    if (i > 0) out.push_back(',');
    append_cycle(out, report, i);
  }
  fmt::format_to(std::back_inserter(out),
                 "],\"summary\":{{\"checked\":{},\"errors\":{},\"warnings\":{},\"notes\":{}",
                 result != nullptr, count_of(report, Severity::kError), count_of(report, Severity::kWarning),
                 count_of(report, Severity::kNote));
  if (result != nullptr) {
    fmt::format_to(std::back_inserter(out), ",\"rules\":{},\"events\":{},\"every_cascade_ends\":{}",
                   result->summary.rules, result->summary.events, every_cascade_ends(*result));
    if (result->summary.longest) {
      fmt::format_to(std::back_inserter(out), ",\"longest\":{},", *result->summary.longest);
      append_text(out, "longest_path", result->summary.longest_path);
    }
  }
  out.push_back(',');
  append_text(out, "text", summary_line(report));
  return out + "}}\n";
}

}  // namespace krules::cli
