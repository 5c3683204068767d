#include "context.h"

#include <algorithm>
#include <cstring>

#include "utf8.h"
#include "words.h"

namespace krules::grammar {

namespace {

bool is_doc_comment(std::string_view comment) {
  return comment.starts_with("##") && !comment.starts_with("###");
}

}  // namespace

std::string backquoted(std::string_view text) {
  std::string out(1, '`');
  out += text;
  out += '`';
  return out;
}

Context::Context(SourcePtr source) : source_(std::move(source)), text_(source_->text()) {}

Diagnostic Context::diagnostic(std::string_view code, Span span, std::string message,
                               std::string help) const {
  Diagnostic result;
  result.code = std::string(code);
  result.message = std::move(message);
  result.primary = {{source_, span}, {}};
  if (!help.empty()) result.helps.push_back(std::move(help));
  return result;
}

void Context::report(Diagnostic diagnostic) {
  const Span where = diagnostic.primary.where.span;
  for (auto known = diagnostics.rbegin(); known != diagnostics.rend() && known - diagnostics.rbegin() < 4;
       ++known) {
    if (known->primary.where.span.begin == where.begin && known->code == diagnostic.code) return;
  }
  diagnostics.push_back(std::move(diagnostic));
  if (diagnostics.size() < kMaxDiagnostics) return;
  throw SyntaxError{this->diagnostic(codes::kTooMany, where, "this file has too many errors to go on"),
                    SyntaxError::Reach::kFile};
}

void Context::fail(Diagnostic diagnostic) const {
  throw SyntaxError{std::move(diagnostic)};
}

void Context::fail(std::string_view code, Span span, std::string message, std::string help) const {
  throw SyntaxError{diagnostic(code, span, std::move(message), std::move(help))};
}

bool Context::first_visit(uint32_t begin, uint32_t end) {
  if (end <= trivia_seen_) return false;
  const bool whole = begin >= trivia_seen_;
  trivia_seen_ = end;
  return whole;
}

bool Context::divides(uint32_t offset) const {
  const std::string_view text = text_;
  const size_t before = text.substr(0, offset).find_last_not_of(" \t");
  if (before == std::string_view::npos) return false;
  if (!is_word_char(text[before]) && text[before] != ')' && text[before] != ']') return false;
  const size_t begin = text.find_first_not_of(" \t", offset + 2);
  if (begin == std::string_view::npos || !is_word_char(text[begin])) return false;
  size_t end = begin;
  while (end < text.size() && (is_word_char(text[end]) || text[end] == '.')) ++end;
  const size_t after = std::min(text.find_first_not_of(" \t\r", end), text.size());
  // One word up to the end of the line may as well be a note.
  if (after == text.size() || text[after] == '\n') return is_digit(text[begin]);
  return std::string_view(")]},+-*%<>=!").find(text[after]) != std::string_view::npos;
}

const char* Context::skip_trivia(const char* at, const char* end) {
  const auto rest = [&] { return static_cast<size_t>(end - at); };
  const auto end_of_line = [&] {
    const void* newline = std::memchr(at, '\n', rest());
    const char* stop = newline == nullptr ? end : static_cast<const char*>(newline);
    return stop != at && stop[-1] == '\r' ? stop - 1 : stop;
  };
  while (at != end) {
    if (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t') {
      ++at;
    } else if (*at == '#') {
      const char* stop = end_of_line();
      const Span span{offset(at), offset(stop)};
      if (first_visit(span.begin, span.end)) comments.push_back({span});
      at = stop;
    } else if (*at == ';') {
      const Span span{offset(at), offset(at) + 1};
      if (first_visit(span.begin, span.end)) {
        report(diagnostic(codes::kSemicolon, span, "krules has no `;`",
                          "remove it: every statement begins with its own word"));
      }
      ++at;
    } else if (*at == '/' && rest() > 1 && (at[1] == '*' || (at[1] == '/' && !divides(offset(at))))) {
      const char* stop = end_of_line();
      if (at[1] == '*') {
        const std::string_view remaining(at, rest());
        const size_t close = remaining.find("*/", 2);
        stop = close == std::string_view::npos ? end : at + close + 2;
      }
      const Span span{offset(at), offset(stop)};
      if (first_visit(span.begin, span.end)) {
        const Span sign{span.begin, span.begin + 2};
        report(diagnostic(codes::kForeignComment, sign, backquoted(text(sign)) + " does not begin a comment",
                          "a comment begins with `#` and ends with its line"));
      }
      at = stop;
    } else {
      break;
    }
  }
  return at;
}

Span Context::token_at(uint32_t offset) const {
  const auto size = static_cast<uint32_t>(text_.size());
  if (offset >= size) return {size, size};
  uint32_t end = offset;
  const char first = text_[offset];
  if (is_word_char(first)) {
    while (end < size && is_word_char(text_[end])) ++end;
    return {offset, end};
  }
  if (first == '"' || first == '\'') {
    ++end;
    while (end < size && text_[end] != first && text_[end] != '\n')
      end += text_[end] == '\\' && first == '"' ? 2 : 1;
    if (end < size && text_[end] == first) ++end;
    return {offset, std::min(end, size)};
  }
  for (const std::string_view sign : {"...", "**", "==", "!=", "<=", ">=", "=>", "->", "??", "&&", "||", "++",
                                      "+=", "-=", "*=", "/=", "::", ":="}) {
    if (text_.substr(offset).starts_with(sign)) return {offset, offset + static_cast<uint32_t>(sign.size())};
  }
  const size_t length = utf8_length(text_.substr(offset));
  return {offset, offset + static_cast<uint32_t>(std::max<size_t>(1, length))};
}

std::string Context::describe(uint32_t offset) const {
  if (offset >= text_.size()) return "the end of the file";
  const Span span = token_at(offset);
  const std::string_view token = text(span);
  if (token[0] == '"' || token[0] == '\'') return "a string";
  const auto code = static_cast<unsigned char>(token[0]);
  if (code < 0x20 || code == 0x7F) return "a control character";
  if (code >= 0x80 && utf8_length(token) == 0) return "a byte that is not UTF-8";
  if (token.size() > 40) return backquoted(std::string(token.substr(0, 37)) + "...");
  return backquoted(token);
}

bool Context::first_on_line(uint32_t offset) const {
  while (offset > 0) {
    const char before = text_[--offset];
    if (before == '\n') return true;
    if (before != ' ' && before != '\t' && before != '\r') return false;
  }
  return true;
}

std::string Context::doc_above(uint32_t declaration) const {
  auto next = std::partition_point(comments.begin(), comments.end(),
                                   [&](const ast::Comment& c) { return c.span.begin < declaration; });
  const auto last = next;
  uint32_t below = declaration;
  while (next != comments.begin()) {
    const Span span = std::prev(next)->span;
    const std::string_view between = text({span.end, below});
    if (!is_doc_comment(text(span)) || std::count(between.begin(), between.end(), '\n') != 1 ||
        between.find_first_not_of(" \t\r\n") != std::string_view::npos || !first_on_line(span.begin)) {
      break;
    }
    below = span.begin;
    --next;
  }
  std::string doc;
  for (auto line = next; line != last; ++line) {
    std::string_view words = text(line->span).substr(2);
    if (words.starts_with(' ')) words.remove_prefix(1);
    while (words.ends_with(' ') || words.ends_with('\t')) words.remove_suffix(1);
    if (line != next) doc += '\n';
    doc += words;
  }
  return doc;
}

void Context::enter(uint32_t offset) {
  if (depth_ >= kMaxNesting) {
    throw SyntaxError{diagnostic(codes::kTooDeep, token_at(offset),
                                 "this is nested more than " + std::to_string(kMaxNesting) + " levels deep",
                                 "give inner parts a name with `let` or `fn`"),
                      SyntaxError::Reach::kDeclaration};
  }
  ++depth_;
}

}  // namespace krules::grammar
