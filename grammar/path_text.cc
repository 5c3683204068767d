#include "path_text.h"

#include <algorithm>

#include "words.h"

namespace krules::grammar {

namespace {

/// Where the bracket that `text` begins with is closed, strings left out; the last place where it is not.
size_t closing(std::string_view text) {
  unsigned depth = 0;
  char quote = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '(' || c == '[') {
      ++depth;
    } else if ((c == ')' || c == ']') && --depth == 0) {
      return i;
    }
  }
  return text.size() - 1;
}

uint32_t skip_blanks(const Context& context, uint32_t offset) {
  const std::string_view text = context.text();
  while (offset < text.size() && (text[offset] == ' ' || text[offset] == '\t')) ++offset;
  return offset;
}

}  // namespace

std::string_view word_at(const Context& context, uint32_t offset) {
  const std::string_view text = context.text();
  if (offset >= text.size() || !is_word_start(text[offset])) return {};
  return context.text(context.token_at(offset));
}

uint32_t end_of_path(const Context& context, uint32_t offset) {
  const std::string_view text = context.text();
  unsigned depth = 0;
  uint32_t at = offset;
  while (at < text.size() && text[at] != '\n') {
    const char c = text[at];
    if (c == '"' || c == '\'') {
      if (depth == 0) break;
      at = context.token_at(at).end;
      continue;
    }
    if (c == '(' || c == '[') {
      ++depth;
    } else if (c == ')' || c == ']') {
      if (depth == 0) break;
      --depth;
    } else if (depth == 0 && !is_word_char(c) && c != '.') {
      break;
    }
    ++at;
  }
  return at;
}

uint32_t path_that_ends(const Context& context, uint32_t offset) {
  const std::string_view text = context.text();
  uint32_t begin = offset;
  while (begin > 0 && (is_word_char(text[begin - 1]) || text[begin - 1] == '.')) --begin;
  return begin;
}

std::string_view word_before(const Context& context, uint32_t offset) {
  const std::string_view text = context.text();
  uint32_t end = offset;
  while (end > 0 && (text[end - 1] == ' ' || text[end - 1] == '\t')) --end;
  uint32_t begin = end;
  while (begin > 0 && is_word_char(text[begin - 1])) --begin;
  return text.substr(begin, end - begin);
}

bool is_in_condition(const Context& context, uint32_t offset) {
  uint32_t at = offset;
  const std::string_view text = context.text();
  while (at > 0) {
    while (at > 0 && !is_word_char(text[at - 1])) --at;
    const std::string_view word = word_before(context, at);
    if (word == "when") return true;
    if (word == "on" || word == "of" || word == "let" || word == "allow" || word == "rule") return false;
    at -= static_cast<uint32_t>(word.size());
  }
  return false;
}

bool is_assignment(const Context& context, uint32_t offset) {
  const uint32_t end = skip_blanks(context, end_of_path(context, offset));
  const std::string_view after = context.text().substr(end);
  if (after.starts_with("==") || after.starts_with("=>")) return false;
  for (const std::string_view op : {"=", "+=", "-=", "*=", "++=", "?\?="}) {
    if (after.starts_with(op)) return true;
  }
  return false;
}

Mend mend_of(const Context& context, uint32_t offset) {
  const std::string_view path = context.text({offset, end_of_path(context, offset)});
  Mend mend;
  std::string_view rest = path.substr(std::min(path.size(), word_at(context, offset).size()));
  while (rest.starts_with(' ')) rest.remove_prefix(1);
  if (rest.starts_with('(')) {
    const size_t close = closing(rest);
    mend.clause = " on " + std::string(rest.substr(1, close - 1));
    rest.remove_prefix(close + 1);
  }
  if (rest.starts_with('.')) {
    mend.target = std::string(rest.substr(1));
  } else if (rest.starts_with('[')) {
    const size_t close = closing(rest);
    mend.target = std::string(rest.substr(1, close - 1)) + std::string(rest.substr(close + 1));
  }
  if (mend.target.empty()) mend.target = "name";
  return mend;
}

}  // namespace krules::grammar
