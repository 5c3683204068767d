#include "console_logger.h"

#include <fmt/format.h>

#include <chrono>
#include <string>

#include "krules/as_utf8.h"
#include "krules/json.h"

namespace krules::cli {

namespace {

std::string_view severity_name(LogSeverity severity) {
  switch (severity) {
    case LogSeverity::kDebug:
      return "debug";
    case LogSeverity::kInfo:
      return "info";
    case LogSeverity::kWarn:
      return "warn";
    case LogSeverity::kError:
      return "error";
  }
  return {};
}

std::string_view severity_colour(LogSeverity severity) {
  switch (severity) {
    case LogSeverity::kDebug:
      return "\x1b[2m";
    case LogSeverity::kInfo:
      return "\x1b[32m";
    case LogSeverity::kWarn:
      return "\x1b[33m";
    case LogSeverity::kError:
      return "\x1b[31m";
  }
  return {};
}

constexpr std::string_view kPlainColour = "\x1b[0m";

/// "2026-11-23T21:30:00.250Z": always as long, so that what follows stands in a column.
void append_now(std::string& out) {
  using namespace std::chrono;
  const auto now = system_clock::now();
  const auto second = floor<seconds>(now);
  append_timestamp(out, duration_cast<microseconds>(second.time_since_epoch()).count());
  out.pop_back();
  fmt::format_to(std::back_inserter(out), ".{:03}Z", duration_cast<milliseconds>(now - second).count());
}

/// One line stays one line, and what comes from outside does not steer the terminal.
void append_on_one_line(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c == '\n') {
      out.append("\\n");
    } else if (c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F)) {
      out.push_back(c);
    } else {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(c));
    }
  }
}

void append_field(std::string& out, std::string_view name, std::string_view text) {
  if (text.empty()) return;
  out.append(",\"").append(name).append("\":");
  append_json_string(out, text);
}

void append_head(std::string& out, LogSeverity severity, std::string_view message) {
  out.append("{\"time\":\"");
  append_now(out);
  out.append("\",\"level\":\"").append(severity_name(severity)).append("\",\"message\":");
  append_json_string(out, as_utf8(message));
}

std::string as_json(const LogEntry& entry) {
  std::string line;
  append_head(line, entry.severity, entry.message);
  append_field(line, "rule", entry.rule);
  append_field(line, "event", entry.event);
  append_field(line, "subject", entry.subject);
  if (!entry.data.is_null()) {
    line.append(",\"data\":");
    append_json(line, entry.data);
  }
  if (entry.undone) line.append(",\"undone\":true");
  line.append("}\n");
  return line;
}

std::string as_text(const LogEntry& entry, Colour colour) {
  std::string line;
  append_now(line);
  const bool coloured = colour == Colour::kAlways;
  line.push_back(' ');
  if (coloured) line.append(severity_colour(entry.severity));
  fmt::format_to(std::back_inserter(line), "{:<5}", severity_name(entry.severity));
  if (coloured) line.append(kPlainColour);
  line.push_back(' ');
  append_on_one_line(line, entry.message);
  if (!entry.data.is_null()) {
    line.push_back(' ');
    append_json(line, entry.data);
  }
  if (!entry.rule.empty() || !entry.event.empty()) {
    std::string place;
    if (!entry.rule.empty()) place.append("rule ").append(entry.rule);
    if (!entry.event.empty()) place.append(place.empty() ? "" : ", ").append("event ").append(entry.event);
    if (!entry.subject.empty()) place.append(", subject ").append(entry.subject);
    if (entry.undone) place.append(", undone");
    line.append(" (");
    append_on_one_line(line, place);
    line.push_back(')');
  }
  line.push_back('\n');
  return line;
}

}  // namespace

bool ConsoleLogger::wants(LogSeverity severity) const {
  return static_cast<uint8_t>(severity) >= static_cast<uint8_t>(level_);
}

void ConsoleLogger::write(const LogEntry& entry) {
  if (!wants(entry.severity)) return;
  console_.write(format_ == LogFormat::kJson ? as_json(entry) : as_text(entry, console_.colour()));
}

void ConsoleLogger::tell(LogSeverity severity, std::string_view message) {
  tell(severity, message, {});
}

void ConsoleLogger::tell(LogSeverity severity, std::string_view message, std::string_view data) {
  std::string line;
  if (format_ == LogFormat::kJson) {
    append_head(line, severity, message);
    if (!data.empty()) line.append(",\"data\":").append(data);
    line.append("}\n");
  } else {
    line.append("krules: ");
    append_on_one_line(line, message);
    line.push_back('\n');
  }
  console_.write(line);
}

void ConsoleLogger::report(const std::vector<Diagnostic>& diagnostics) {
  for (const Diagnostic& diagnostic : diagnostics) {
    if (diagnostic.severity != Severity::kError && !wants(LogSeverity::kWarn)) continue;
    console_.write(format_ == LogFormat::kJson ? render_json(diagnostic) + "\n"
                                               : render_text(diagnostic, console_.colour()) + "\n");
  }
}

}  // namespace krules::cli
