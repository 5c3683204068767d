#include "script.h"

#include <algorithm>
#include <charconv>

namespace krules::test {

namespace {

constexpr size_t kLongestName = 28;

bool is_space(char c) {
  return c == ' ' || c == '\t';
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && (is_space(text.front()) || text.front() == '\r')) text.remove_prefix(1);
  while (!text.empty() && (is_space(text.back()) || text.back() == '\r')) text.remove_suffix(1);
  return text;
}

/// The place of the `#` of a directive in a line, or npos.
size_t find_directive(std::string_view line) {
  for (size_t at = line.find("# "); at != std::string_view::npos; at = line.find("# ", at + 1)) {
    if (at > 0 && !is_space(line[at - 1])) continue;
    const size_t colon = line.find(':', at);
    if (colon == std::string_view::npos) return std::string_view::npos;
    const std::string_view name = line.substr(at + 2, colon - at - 2);
    const bool closed = colon + 1 == line.size() || is_space(line[colon + 1]) || line[colon + 1] == '\r';
    const bool plain = std::all_of(name.begin(), name.end(), [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == ' ';
    });
    if (closed && plain && !name.empty() && name.size() <= kLongestName && name[0] >= 'a') return at;
  }
  return std::string_view::npos;
}

/// The parts of a script's text, file by file.
struct Cutter {
  Script script;
  std::string name;
  std::string text;
  uint32_t line = 0;        // of the last line added to `text`
  uint32_t last_rules = 0;  // the last line that is no directive standing alone
  std::vector<size_t> at_end;

  void close() {
    if (text.empty() && script.files.empty() && script.directives.empty() && at_end.empty()) return;
    auto source = std::make_shared<Source>(name, text);
    for (const size_t index : at_end) script.directives[index].line = source->line_count();
    at_end.clear();
    script.files.push_back(std::move(source));
    text.clear();
    line = last_rules = 0;
  }
};

void take_directive(Cutter& cutter, std::string_view comment, bool alone, uint32_t written_at) {
  const size_t colon = comment.find(':');
  Directive directive;
  directive.name = trim(comment.substr(2, colon - 2));
  directive.text = trim(comment.substr(colon + 1));
  directive.file = cutter.script.files.size();
  directive.line = alone ? cutter.last_rules : cutter.line;
  directive.written_at = written_at;
  if (const size_t at = directive.name.find(" at "); at != std::string::npos) {
    const std::string where = directive.name.substr(at + 4);
    directive.name.resize(at);
    if (where == "end") {
      cutter.at_end.push_back(cutter.script.directives.size());
    } else if (std::from_chars(where.data(), where.data() + where.size(), directive.line).ec != std::errc()) {
      cutter.script.mistakes.push_back(std::to_string(written_at) + ": no line is called `" + where + "`");
    }
  }
  cutter.script.directives.push_back(std::move(directive));
}

}  // namespace

Script read_script(const std::string& name, const std::string& text) {
  Cutter cutter;
  cutter.name = name;
  uint32_t number = 0;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size() - 1) + 1;
    const std::string_view line = trim(std::string_view(text).substr(begin, text.find('\n', begin) - begin));
    const size_t hash = find_directive(line);
    ++number;
    const std::string_view comment = hash == std::string_view::npos ? std::string_view() : line.substr(hash);
    if (comment.starts_with("# file: ")) {
      cutter.close();
      cutter.name = trim(comment.substr(8));
    } else {
      cutter.text.append(text, begin, end - begin);
      ++cutter.line;
      const bool alone = hash == 0;
      const bool rules = !line.empty() && line.front() != '#';
      if (rules) cutter.last_rules = cutter.line;
      if (!comment.empty()) take_directive(cutter, comment, alone, number);
    }
    begin = end;
  }
  cutter.close();
  return std::move(cutter.script);
}

std::string compact_json(std::string_view text) {
  std::string result;
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') quoted = !quoted;
    if (quoted && c == '\\' && i + 1 < text.size()) {
      result.push_back(c);
      result.push_back(text[++i]);
    } else if (quoted || !is_space(c)) {
      result.push_back(c);
    }
  }
  return result;
}

}  // namespace krules::test
