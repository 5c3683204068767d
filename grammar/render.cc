#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "krules/diagnostic.h"
#include "utf8.h"

namespace krules {

namespace {

constexpr uint32_t kTabWidth = 4;
/// Of longer lines only the part around the span is shown.
constexpr uint32_t kWidest = 160;
constexpr uint32_t kBeforeSpan = 60;

std::string_view name_of(Severity severity) {
  switch (severity) {
    case Severity::kError:
      return "error";
    case Severity::kWarning:
      return "warning";
    case Severity::kNote:
      return "note";
  }
  return "error";
}

class Painter {
 public:
  explicit Painter(Colour colour) : on_(colour == Colour::kAlways) {}
  std::string bold(std::string_view text) const { return paint("1", text); }
  std::string frame(std::string_view text) const { return paint("1;34", text); }
  std::string mark(std::string_view text, Severity severity, bool primary) const {
    return primary ? paint(severity_colour(severity), text) : paint("1;34", text);
  }
  static std::string_view severity_colour(Severity severity) {
    switch (severity) {
      case Severity::kError:
        return "1;31";
      case Severity::kWarning:
        return "1;33";
      case Severity::kNote:
        return "1;36";
    }
    return "1";
  }

 private:
  std::string paint(std::string_view colour, std::string_view text) const {
    return on_ ? fmt::format("\x1b[{}m{}\x1b[0m", colour, text) : std::string(text);
  }
  bool on_;
};

/// One label on one line of a source: what is underlined there.
struct Mark {
  const Label* label;
  uint32_t line;
  uint32_t begin;  ///< bytes within the line
  uint32_t end;
  bool primary;
};

/// A line as it is shown: tabs and control characters replaced, long ones cut. `columns[i]` is where byte i
/// begins.
struct ShownLine {
  std::string text;
  std::vector<uint32_t> columns;
};

ShownLine show(std::string_view line) {
  ShownLine shown;
  shown.columns.reserve(line.size() + 1);
  uint32_t column = 0;
  for (size_t i = 0; i < line.size();) {
    const size_t length = std::max<size_t>(1, grammar::utf8_length(line.substr(i)));
    for (size_t k = 0; k < length; ++k) shown.columns.push_back(column);
    const auto byte = static_cast<unsigned char>(line[i]);
    if (byte == '\t') {
      const uint32_t width = kTabWidth - column % kTabWidth;
      shown.text.append(width, ' ');
      column += width;
    } else if (byte < 0x20 || byte == 0x7F || grammar::utf8_length(line.substr(i)) == 0) {
      shown.text += "\xEF\xBF\xBD";
      ++column;
    } else {
      shown.text += line.substr(i, length);
      column += grammar::display_width(grammar::decode_utf8(line.substr(i)));
    }
    i += length;
  }
  shown.columns.push_back(column);
  return shown;
}

/// The part of a long line around bytes `begin` to `end`, which are adjusted to it.
std::string cut(std::string_view line, std::vector<Mark>& marks) {
  if (line.size() <= kWidest) return std::string(line);
  uint32_t first = marks.front().begin;
  for (const Mark& mark : marks) first = mark.primary ? mark.begin : first;
  uint32_t from = first > kBeforeSpan ? first - kBeforeSpan : 0;
  while (from > 0 && (static_cast<unsigned char>(line[from]) & 0xC0U) == 0x80U) --from;
  size_t to = std::min<size_t>(line.size(), from + kWidest);
  while (to < line.size() && (static_cast<unsigned char>(line[to]) & 0xC0U) == 0x80U) ++to;
  const std::string before = from > 0 ? "..." : "";
  std::string result = before + std::string(line.substr(from, to - from)) + (to < line.size() ? "..." : "");
  const auto moved = [&](uint32_t at) {
    const auto within = static_cast<uint32_t>(std::clamp<size_t>(at, from, to) - from + before.size());
    return within;
  };
  for (Mark& mark : marks) {
    mark.begin = moved(mark.begin);
    mark.end = moved(mark.end);
  }
  return result;
}

class Renderer {
 public:
  Renderer(const Diagnostic& diagnostic, Colour colour) : diagnostic_(diagnostic), paint_(colour) {}

  std::string run() {
    const std::string head = fmt::format("{}[{}]", name_of(diagnostic_.severity), diagnostic_.code);
    out_ = paint_.mark(head, diagnostic_.severity, true) + paint_.bold(": " + diagnostic_.message) + "\n";
    std::vector<const Source*> sources;
    add_source(sources, diagnostic_.primary);
    for (const Label& label : diagnostic_.related) add_source(sources, label);
    std::vector<Mark> all;
    add_mark(all, diagnostic_.primary, true);
    for (const Label& label : diagnostic_.related) add_mark(all, label, false);
    for (const Mark& mark : all) gutter_ = std::max(gutter_, std::to_string(mark.line).size());
    for (const Source* source : sources) section(*source, all);
    for (const Label& label : diagnostic_.related) {
      if (label.where.source == nullptr && !label.text.empty()) {
        out_ += fmt::format("{} {} note: {}\n", std::string(gutter_, ' '), paint_.frame("="), label.text);
      }
    }
    helps();
    return std::move(out_);
  }

 private:
  static void add_source(std::vector<const Source*>& sources, const Label& label) {
    const Source* source = label.where.source.get();
    if (source == nullptr || std::find(sources.begin(), sources.end(), source) != sources.end()) return;
    sources.push_back(source);
  }

  static void add_mark(std::vector<Mark>& marks, const Label& label, bool primary) {
    const Source* source = label.where.source.get();
    if (source == nullptr) return;
    const Span span = label.where.span;
    const uint32_t line = source->position(span.begin).line;
    const uint32_t start = source->line_start(line);
    const auto length = static_cast<uint32_t>(source->line(line).size());
    const uint32_t begin = std::min(span.begin - start, length);
    const uint32_t end = std::clamp(span.end > start ? span.end - start : 0, begin, length);
    marks.push_back({&label, line, begin, end, primary});
  }

  void section(const Source& source, const std::vector<Mark>& all) {
    std::vector<Mark> marks;
    for (const Mark& mark : all) {
      if (mark.label->where.source.get() == &source) marks.push_back(mark);
    }
    const LineColumn at = source.position(marks.front().label->where.span.begin);
    const bool main = &source == diagnostic_.primary.where.source.get();
    out_ += fmt::format("{}{} {}:{}:{}\n", std::string(gutter_, ' '), paint_.frame(main ? "-->" : ":::"),
                        source.name(), at.line, at.column);
    bar();
    std::stable_sort(marks.begin(), marks.end(),
                     [](const Mark& a, const Mark& b) { return a.line < b.line; });
    uint32_t last_line = 0;
    for (size_t i = 0; i < marks.size();) {
      std::vector<Mark> of_line;
      const uint32_t line = marks[i].line;
      while (i < marks.size() && marks[i].line == line) of_line.push_back(marks[i++]);
      if (last_line != 0 && line > last_line + 1) out_ += paint_.frame("...") + "\n";
      show_line(source, line, of_line);
      last_line = line;
    }
    bar();
  }

  void bar() { out_ += std::string(gutter_ + 1, ' ') + paint_.frame("|") + "\n"; }

  void show_line(const Source& source, uint32_t line, std::vector<Mark>& marks) {
    const std::string text = cut(source.line(line), marks);
    const ShownLine shown = show(text);
    out_ += fmt::format("{:>{}} {}{}{}\n", paint_.frame(fmt::format("{:>{}}", line, gutter_)), 0,
                        paint_.frame("|"), shown.text.empty() ? "" : " ", shown.text);
    std::stable_sort(marks.begin(), marks.end(),
                     [](const Mark& a, const Mark& b) { return a.primary > b.primary; });
    for (const Mark& mark : marks) {
      const uint32_t begin = shown.columns[std::min<size_t>(mark.begin, shown.columns.size() - 1)];
      const uint32_t end = shown.columns[std::min<size_t>(mark.end, shown.columns.size() - 1)];
      const std::string underline(std::max<uint32_t>(1, end - begin), mark.primary ? '^' : '-');
      out_ += std::string(gutter_ + 1, ' ') + paint_.frame("|") + " " + std::string(begin, ' ') +
              paint_.mark(underline, diagnostic_.severity, mark.primary);
      if (!mark.label->text.empty()) {
        out_ += ' ';
        out_ += paint_.mark(mark.label->text, diagnostic_.severity, mark.primary);
      }
      out_ += "\n";
    }
  }

  void helps() {
    for (const std::string& help : diagnostic_.helps) {
      const std::string indent(gutter_ + 1, ' ');
      std::string text;
      for (const char c : help) {
        text += c;
        if (c == '\n') text += indent + "        ";
      }
      out_ += indent + paint_.frame("=") + " " + paint_.bold("help") + ": " + text + "\n";
    }
  }

  const Diagnostic& diagnostic_;
  Painter paint_;
  std::string out_;
  size_t gutter_ = 1;
};

}  // namespace

std::string render_text(const Diagnostic& diagnostic, Colour colour) {
  return Renderer(diagnostic, colour).run();
}

}  // namespace krules
