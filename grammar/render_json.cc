#include <fmt/format.h>

#include <iterator>

#include "json_text.h"
#include "krules/diagnostic.h"

namespace krules {

namespace {

/// The members `file` to `end_column`; `file` is null for what no file declares.
void append_place(std::string& out, const Location& where) {
  if (where.source == nullptr) {
    out += "\"file\":null";
    return;
  }
  const LineColumn begin = where.source->position(where.span.begin);
  const LineColumn end = where.source->position(where.span.end);
  out += "\"file\":";
  grammar::append_json(out, where.source->name());
  fmt::format_to(std::back_inserter(out), ",\"line\":{},\"column\":{},\"end_line\":{},\"end_column\":{}",
                 begin.line, begin.column, end.line, end.column);
}

}  // namespace

std::string render_json(const Diagnostic& diagnostic) {
  std::string out = "{\"code\":";
  grammar::append_json(out, diagnostic.code);
  out += ",\"severity\":";
  switch (diagnostic.severity) {
    case Severity::kError:
      out += "\"error\"";
      break;
    case Severity::kWarning:
      out += "\"warning\"";
      break;
    case Severity::kNote:
      out += "\"note\"";
      break;
  }
  out += ",\"message\":";
  grammar::append_json(out, diagnostic.message);
  out += ',';
  append_place(out, diagnostic.primary.where);
  if (!diagnostic.primary.text.empty()) {
    out += ",\"label\":";
    grammar::append_json(out, diagnostic.primary.text);
  }
  out += ",\"related\":[";
  for (const Label& label : diagnostic.related) {
    if (&label != &diagnostic.related.front()) out += ',';
    out += '{';
    append_place(out, label.where);
    out += ",\"text\":";
    grammar::append_json(out, label.text);
    out += '}';
  }
  out += "],\"helps\":[";
  for (const std::string& help : diagnostic.helps) {
    if (&help != &diagnostic.helps.front()) out += ',';
    grammar::append_json(out, help);
  }
  out += "]}";
  return out;
}

}  // namespace krules
