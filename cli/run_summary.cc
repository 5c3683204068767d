#include "run_summary.h"

#include <fmt/format.h>

#include <algorithm>

#include "krules/json.h"
#include "wording.h"

namespace krules::cli {

namespace {

std::string as_text(const RunSummary& summary, double rate) {
  const EngineStatistics& counts = summary.counts;
  std::string text = counted(counts.events, "event");
  if (summary.resumed_after > 0) {
    text += fmt::format(" after line {} of {}", summary.resumed_after, summary.events);
  }
  text += fmt::format(", {} fired, {} emitted, {}", counted(counts.rules_fired, "rule"),
                      grouped(counts.emitted), counted(counts.failures, "failure"));
  if (counts.when_errors > 0) text += ", " + counted(counts.when_errors, "condition error");
  if (counts.timers > 0) text += ", " + counted(counts.timers, "timer");
  if (counts.calls > 0) text += ", " + counted(counts.calls, "call");
  if (counts.dropped > 0) text += ", " + grouped(counts.dropped) + " dropped";
  if (counts.held_back > 0) text += ", " + grouped(counts.held_back) + " held back";
  if (counts.duplicates > 0) text += ", " + counted(counts.duplicates, "duplicate");
  text += ", " + counted(counts.dead_letters, "dead letter");
  return text +
         fmt::format(", {} events/s ({:.2f} s)", grouped(static_cast<uint64_t>(rate)), summary.seconds);
}

std::string as_json(const RunSummary& summary, double rate) {
  const EngineStatistics& counts = summary.counts;
  std::string text = fmt::format(
      "{{\"events\":{},\"cascade_events\":{},\"rules_fired\":{},\"emitted\":{},\"failures\":{},\"condition_"
      "errors\":{},"
      "\"timers\":{},\"calls\":{},\"dropped\":{},\"held_back\":{},"
      "\"duplicates\":{},\"dead_letters\":{},\"commits\":{},\"events_per_second\":{:.0f},\"seconds\":{:.6f}",
      counts.events, counts.cascade_events, counts.rules_fired, counts.emitted, counts.failures,
      counts.when_errors, counts.timers, counts.calls, counts.dropped, counts.held_back, counts.duplicates,
      counts.dead_letters, counts.commits, rate, summary.seconds);
  text += fmt::format(",\"open_calls\":{},\"resumed_after_line\":{},\"source\":", summary.open_calls,
                      summary.resumed_after);
  append_json_string(text, summary.events);
  text += "}";
  return text;
}

}  // namespace

void tell_summary(ConsoleLogger& logger, const RunSummary& summary) {
  const double rate = static_cast<double>(summary.counts.events) / std::max(summary.seconds, 1e-6);
  if (logger.format() == LogFormat::kJson) {
    logger.tell(LogSeverity::kInfo, "done", as_json(summary, rate));
    return;
  }
  logger.tell(LogSeverity::kInfo, as_text(summary, rate));
  if (summary.open_calls > 0) {
    const std::string calls = counted(summary.open_calls, "call");
    const std::string_view have = summary.open_calls == 1 ? "has" : "have";
    logger.tell(LogSeverity::kInfo, summary.store.empty()
                                        ? fmt::format("{} {} no answer yet and {} lost", calls, have,
                                                      summary.open_calls == 1 ? "is" : "are")
                                        : fmt::format("{} {} no answer yet: made again by the next run on {}",
                                                      calls, have, summary.store));
  }
  if (summary.counts.dead_letters == 0) return;
  if (summary.store.empty()) {
    logger.tell(LogSeverity::kInfo, "the dead letters are gone: --durability off keeps none");
  } else {
    logger.tell(LogSeverity::kInfo,
                fmt::format("see the dead letters with: krules dead-letters list --db {}", summary.store));
  }
}

}  // namespace krules::cli
