#include <fmt/format.h>

#include <iterator>

#include "check_report.h"
#include "krules/all_codes.h"
#include "krules/json.h"

namespace krules::cli {

namespace {

constexpr std::string_view kSchema =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// A path as a URI: what may not stand in one is written as its bytes.
std::string uri_of(std::string_view path) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/";
  std::string uri;
  while (path.starts_with("./")) path.remove_prefix(2);
  for (const char c : path) {
    if (kPlain.find(c) != std::string_view::npos) {
      uri.push_back(c);
    } else {
      fmt::format_to(std::back_inserter(uri), "%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return path.starts_with('/') ? "file://" + uri : uri;
}

std::string_view level_of(Severity severity) {
  switch (severity) {
    case Severity::kError:
      return "error";
    case Severity::kWarning:
      return "warning";
    case Severity::kNote:
      return "note";
  }
  return {};
}

void append_message(std::string& out, std::string_view text) {
  out.append("\"message\":{\"text\":");
  append_json_string(out, text);
  out.push_back('}');
}

void append_location(std::string& out, const Location& where) {
  const LineColumn begin = where.source->position(where.span.begin);
  const LineColumn end = where.source->position(where.span.end);
  out.append("\"physicalLocation\":{\"artifactLocation\":{\"uri\":");
  append_json_string(out, uri_of(where.source->name()));
  fmt::format_to(std::back_inserter(out),
                 "}},\"region\":{{\"startLine\":{},\"startColumn\":{},\"endLine\":{},\"endColumn\":{}}}}}",
                 begin.line, begin.column, end.line, end.column);
}

void append_result(std::string& out, const Diagnostic& diagnostic,
                   const std::vector<std::string_view>& codes) {
  out.append("{\"ruleId\":");
  append_json_string(out, diagnostic.code);
  for (size_t i = 0; i < codes.size(); ++i) {
    if (codes[i] == diagnostic.code) fmt::format_to(std::back_inserter(out), ",\"ruleIndex\":{}", i);
  }
  out.append(",\"level\":\"").append(level_of(diagnostic.severity)).append("\",");
  std::string message = diagnostic.message;
  for (const std::string& help : diagnostic.helps) message += "\nhelp: " + help;
  append_message(out, message);
  if (diagnostic.primary.where.source != nullptr) {
    out.append(",\"locations\":[{");
    append_location(out, diagnostic.primary.where);
    if (!diagnostic.primary.text.empty()) {
      out.push_back(',');
      append_message(out, diagnostic.primary.text);
    }
    out.append("}]");
  }
  bool first = true;
  for (const Label& label : diagnostic.related) {
    if (label.where.source == nullptr) continue;
    out.append(first ? ",\"relatedLocations\":[{" : ",{");
    first = false;
    append_location(out, label.where);
    if (!label.text.empty()) {
      out.push_back(',');
      append_message(out, label.text);
    }
    out.push_back('}');
  }
  out.append(first ? "}" : "]}");
}

}  // namespace

std::string sarif_report(const CheckReport& report) {
  std::string out = "{\"$schema\":";
  append_json_string(out, kSchema);
  out.append(
      ",\"version\":\"2.1.0\",\"runs\":[{\"tool\":{\"driver\":{\"name\":\"krules\",\"version\":"
      "\"" KRULES_VERSION "\",\"rules\":[");
  bool first = true;
  for (const CodeMeaning& each : all_codes()) {
    if (!first) out.push_back(',');
    first = false;
    out.append("{\"id\":");
    append_json_string(out, each.code);
    out.append(",\"shortDescription\":{\"text\":");
    append_json_string(out, each.meaning);
    out.append("}}");
  }
  out.append("]}},\"columnKind\":\"unicodeCodePoints\",\"results\":[");
  const std::vector<std::string_view> codes = all_code_names();
  for (size_t i = 0; i < report.diagnostics.size(); ++i) {
    if (i > 0) out.push_back(',');
    append_result(out, report.diagnostics[i], codes);
  }
  return out + "]}]}\n";
}

}  // namespace krules::cli
