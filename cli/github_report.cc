#include <fmt/format.h>

#include <iterator>

#include "check_report.h"

namespace krules::cli {

namespace {

/// What would end a command's message, written as its number.
std::string message_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '%' || c == '\r' || c == '\n') {
      fmt::format_to(std::back_inserter(out), "%{:02X}", static_cast<unsigned char>(c));
    } else {
      out.push_back(c);
    }
  }
  return out;
}

/// The same for a property, which `:` and `,` would end too.
std::string property_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == ':' || c == ',') {
      fmt::format_to(std::back_inserter(out), "%{:02X}", static_cast<unsigned char>(c));
    } else {
      out.append(message_text({&c, 1}));
    }
  }
  return out;
}

std::string_view command_of(Severity severity) {
  switch (severity) {
    case Severity::kError:
      return "error";
    case Severity::kWarning:
      return "warning";
    case Severity::kNote:
      return "notice";
  }
  return {};
}

std::string place_text(const Location& where) {
  const LineColumn at = where.source->position(where.span.begin);
  return fmt::format("{}:{}:{}", where.source->name(), at.line, at.column);
}

}  // namespace

std::string github_report(const CheckReport& report) {
  std::string out;
  for (const Diagnostic& each : report.diagnostics) {
    fmt::format_to(std::back_inserter(out), "::{} ", command_of(each.severity));
    const Location& where = each.primary.where;
    if (where.source != nullptr) {
      const LineColumn begin = where.source->position(where.span.begin);
      const LineColumn end = where.source->position(where.span.end);
      fmt::format_to(std::back_inserter(out), "file={},line={},endLine={},",
                     property_text(where.source->name()), begin.line, end.line);
      // Columns are for spans of one line alone; the last one belongs to the span.
      if (begin.line == end.line) {
        fmt::format_to(std::back_inserter(out), "col={},endColumn={},", begin.column,
                       end.column > begin.column ? end.column - 1 : begin.column);
      }
    }
    std::string message = each.message;
    for (const Label& label : each.related) {
      if (label.text.empty()) continue;
      message += "\n" + label.text;
      if (label.where.source != nullptr) message += fmt::format(" ({})", place_text(label.where));
    }
    for (const std::string& help : each.helps) message += "\nhelp: " + help;
    fmt::format_to(std::back_inserter(out), "title={}::{}\n", property_text(each.code),
                   message_text(message));
  }
  return out + summary_line(report) + "\n";
}

}  // namespace krules::cli
