#include "metrics.h"

#include <fmt/format.h>

#include <iterator>

namespace krules {

namespace {

constexpr std::string_view kOtherTypes = "other";

/// What stands between the quotes of a label.
std::string label_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || c == '"') out.push_back('\\');
    if (c == '\n') {
      out.append("\\n");
    } else {
      out.push_back(c);
    }
  }
  return out;
}

std::string seconds(uint64_t nanoseconds) {
  return fmt::format("{}", static_cast<double>(nanoseconds) / 1e9);
}

}  // namespace

void Metrics::use(const Program& program) {
  by_symbol_.clear();
  by_number_.clear();
  for (const CompiledRule& rule : program.rules()) by_number_.push_back(&rules_[rule.name]);
}

Durations& Metrics::of_type(const Symbol* type) {
  if (type->interned() && type->number < by_symbol_.size() && by_symbol_[type->number] != nullptr)
    return *by_symbol_[type->number];
  return slowly_of_type(type);
}

Durations& Metrics::slowly_of_type(const Symbol* type) {
  auto found = types_.find(type->text());
  if (found == types_.end()) {
    const bool full = types_.size() >= kMostTypes;
    found = types_.try_emplace(std::string(full ? kOtherTypes : type->text())).first;
  }
  if (type->interned()) {
    if (by_symbol_.size() <= type->number) by_symbol_.resize(type->number + 1);
    by_symbol_[type->number] = &found->second;
  }
  return found->second;
}

void Metrics::append_text(std::string& out) const {
  append_metric_head(out, "krules_events_total", "counter",
                     "Events that went through the rules, or were emitted and no rule waits for them.");
  for (const auto& [type, durations] : types_) {
    fmt::format_to(std::back_inserter(out), "krules_events_total{{event_type=\"{}\"}} {}\n", label_text(type),
                   durations.total());
  }
  append_metric_head(out, "krules_event_duration_seconds", "histogram", "What the rules of an event took.");
  for (const auto& [type, durations] : types_) {
    append_durations(out, "krules_event_duration_seconds", fmt::format("event_type=\"{}\"", label_text(type)),
                     durations);
  }
  const auto per_rule = [&](std::string_view name, std::string_view help, uint64_t RuleCounts::*count) {
    append_metric_head(out, name, "counter", help);
    for (const auto& [rule, counts] : rules_) {
      if (counts.*count > 0)
        fmt::format_to(std::back_inserter(out), "{}{{rule=\"{}\"}} {}\n", name, label_text(rule),
                       counts.*count);
    }
  };
  per_rule("krules_rule_fired_total", "Rule runs that ended well.", &RuleCounts::fired);
  per_rule("krules_rule_held_back_total", "Times a `when` or a middleware held a rule back.",
           &RuleCounts::held_back);
  per_rule("krules_rule_failures_total", "Rule runs that failed and were undone.", &RuleCounts::failed);
  per_rule("krules_rule_condition_failures_total", "Conditions that could not be evaluated.",
           &RuleCounts::condition_failed);
}

void append_metric_head(std::string& out, std::string_view name, std::string_view kind,
                        std::string_view help) {
  fmt::format_to(std::back_inserter(out), "# HELP {} {}\n# TYPE {} {}\n", name, help, name, kind);
}

void append_metric(std::string& out, std::string_view name, std::string_view kind, std::string_view help,
                   uint64_t value) {
  append_metric_head(out, name, kind, help);
  fmt::format_to(std::back_inserter(out), "{} {}\n", name, value);
}

void append_durations(std::string& out, std::string_view name, std::string_view label,
                      const Durations& durations) {
  const std::string_view comma = label.empty() ? "" : ",";
  uint64_t below = 0;
  for (size_t i = 0; i < Durations::kLimits.size(); ++i) {
    below += durations.count(i);
    fmt::format_to(std::back_inserter(out), "{}_bucket{{{}{}le=\"{}\"}} {}\n", name, label, comma,
                   seconds(static_cast<uint64_t>(Durations::kLimits[i])), below);
  }
  below += durations.count(Durations::kLimits.size());
  fmt::format_to(std::back_inserter(out), "{}_bucket{{{}{}le=\"+Inf\"}} {}\n", name, label, comma, below);
  const std::string braces = label.empty() ? std::string() : fmt::format("{{{}}}", label);
  fmt::format_to(std::back_inserter(out), "{}_sum{} {}\n{}_count{} {}\n", name, braces,
                 seconds(durations.sum()), name, braces, below);
}

}  // namespace krules
