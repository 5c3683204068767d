#include "recovery.h"

#include <algorithm>
#include <string>

#include "krules/parser.h"
#include "path_text.h"
#include "words.h"

namespace krules::grammar {

namespace {

/// Goes through text that did not parse, roughly: words, brackets, and whatever else, strings and comments
/// left out.
class Skimmer {
 public:
  Skimmer(std::string_view text, uint32_t at) : text_(text), at_(at) {}

  struct Token {
    uint32_t offset;
    char first;  ///< 0 at the end of the text
    std::string_view word;
  };

  Token next() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      const uint32_t begin = at_;
      if (c == '#') {
        to_end_of_line();
      } else if (c == '"' || c == '\'') {
        ++at_;
        while (at_ < text_.size() && text_[at_] != c && text_[at_] != '\n') {
          at_ += text_[at_] == '\\' && c == '"' ? 2 : 1;
        }
        at_ = std::min(at_ + 1, size());
      } else if (is_pattern_char(c)) {
        while (at_ < text_.size() && is_pattern_char(text_[at_]) && !is_comment(at_)) ++at_;
        if (at_ == begin) {
          to_end_of_line();
          continue;
        }
        return {begin, c, leading_word(begin)};
      } else {
        ++at_;
        if (c != ' ' && c != '\t' && c != '\r' && c != '\n') return {begin, c, {}};
      }
    }
    return {size(), 0, {}};
  }

 private:
  uint32_t size() const { return static_cast<uint32_t>(text_.size()); }
  bool is_comment(uint32_t at) const { return text_.substr(at).starts_with("//"); }
  void to_end_of_line() {
    while (at_ < text_.size() && text_[at_] != '\n') ++at_;
  }
  /// The run as a word: empty where it is more than one, such as a type, and where it is the key of a map.
  std::string_view leading_word(uint32_t begin) const {
    const std::string_view run = text_.substr(begin, at_ - begin);
    return std::all_of(run.begin(), run.end(), is_word_char) ? run : std::string_view{};
  }

  std::string_view text_;
  uint32_t at_;
};

/// The words that begin a rule without a name stand inside of heads as well.
bool begins_head(std::string_view word) {
  return word == "on" || word == "every" || word == "at";
}

bool is_declaration_word(std::string_view word) {
  return is_word_for(word, WordUse::kDeclaration) || is_future_word_for(word, WordUse::kDeclaration);
}

/// First on its line, nearly a word that begins a statement or a step, and followed by another word: `emitt
/// order.shipped`.
bool is_misspelt(const Context& context, uint32_t offset, std::string_view word, WordUse use) {
  if (word.size() < 2 || !context.first_on_line(offset) || is_reserved_word(word)) return false;
  const size_t after = offset + word.size();
  const std::string_view text = context.text();
  if (after + 1 >= text.size() || text[after] != ' ' || !is_word_start(text[after + 1])) return false;
  return !is_reserved_word(context.text(context.token_at(static_cast<uint32_t>(after + 1)))) &&
         !nearest_name(word, words_for(use)).empty();
}

void note(State& state, const SyntaxError& error) {
  if (error.reach == SyntaxError::Reach::kFile) throw error;
  if (error.reach == SyntaxError::Reach::kReported) return;
  // What was said of the text of a string that is not closed was said of what stands behind it.
  if (error.diagnostic.code == codes::kUnclosedString) {
    const Span string = error.diagnostic.primary.where.span;
    std::erase_if(state.context.diagnostics, [&](const Diagnostic& each) {
      const Span span = each.primary.where.span;
      return span.begin >= string.begin && span.end <= string.end;
    });
  }
  state.context.report(error.diagnostic);
}

uint32_t place_of(const SyntaxError& error, uint32_t begin) {
  if (error.reach == SyntaxError::Reach::kReported) return begin;
  return std::max(begin, error.diagnostic.primary.where.span.begin);
}

}  // namespace

bool begins_declaration(const Context& context, uint32_t offset) {
  const std::string_view text = context.text();
  if (offset >= text.size() || (offset > 0 && text[offset - 1] != '\n')) return false;
  const Span span = context.token_at(offset);
  const char after = span.end < text.size() ? text[span.end] : '\n';
  return is_declaration_word(context.text(span)) && !begins_head(context.text(span)) &&
         (after == ' ' || after == '\t');
}

bool begins_unnamed_rule(const Context& context, uint32_t offset) {
  Skimmer skimmer(context.text(), offset);
  if (skimmer.next().word != "on") return false;
  unsigned depth = 0;
  bool value_follows = false;  // so that a brace is a map's, or that of the arms of a `match`
  bool in_match = false;
  for (;;) {
    const Skimmer::Token token = skimmer.next();
    if (token.first == 0) return false;
    if (token.first == '(' || token.first == '[' || (token.first == '{' && (depth > 0 || value_follows))) {
      ++depth;
    } else if (token.first == '{') {
      return true;
    } else if (token.first == ')' || token.first == ']' || token.first == '}') {
      if (depth == 0) return false;
      --depth;
    } else if (depth == 0 && (token.word == "as" || is_declaration_word(token.word))) {
      return false;
    }
    if (token.word == "match") in_match = true;
    if (token.first == '{') in_match = false;
    value_follows = in_match || token.first == '=' || token.word == "in" || token.word == "and" ||
                    token.word == "or" || token.word == "not";
  }
}

namespace {

/// Where the statements or steps go on behind the one that begins at `begin` and is wrong at `failed`.
uint32_t next_statement(const State& state, uint32_t begin, uint32_t failed, WordUse use) {
  const SyntaxError give_up{{}, SyntaxError::Reach::kReported};
  std::string open;
  Skimmer skimmer(state.context.text(), begin);
  for (;;) {
    const Skimmer::Token token = skimmer.next();
    if (token.first == 0) throw give_up;
    const bool behind = token.offset > begin && token.offset >= failed;
    if (token.first == '(' || token.first == '[' || token.first == '{') {
      open += token.first;
    } else if (token.first == '}') {
      while (!open.empty() && open.back() != '{') open.pop_back();
      if (open.empty()) return token.offset;
      open.pop_back();
    } else if (token.first == ')' || token.first == ']') {
      if (!open.empty() && open.back() != '{') open.pop_back();
    } else if (behind && begins_declaration(state.context, token.offset)) {
      throw give_up;
    } else if (behind && open.empty() && is_misspelt(state.context, token.offset, token.word, use)) {
      return token.offset;
    } else if (behind && (is_word_for(token.word, use) || is_future_word_for(token.word, use))) {
      const bool first = state.context.first_on_line(token.offset);
      const bool in_braces = open.find('{') != std::string::npos;
      const bool sure = first || (open.empty() && token.word != "if");
      if (sure && (!in_braces || (first && token.offset == failed))) return token.offset;
    }
  }
}

}  // namespace

uint32_t recover_statement(State& state, const SyntaxError& error, const State::Mark& mark, uint32_t begin) {
  state.rewind(mark);
  note(state, error);
  if (error.reach != SyntaxError::Reach::kStatement) throw SyntaxError{{}, SyntaxError::Reach::kReported};
  const uint32_t end = next_statement(state, begin, place_of(error, begin), WordUse::kStatement);
  state.declarations.skip_statement({begin, end});
  return end;
}

uint32_t recover_step(State& state, const SyntaxError& error, const State::Mark& mark, uint32_t begin) {
  state.rewind(mark);
  note(state, error);
  if (error.reach != SyntaxError::Reach::kStatement) throw SyntaxError{{}, SyntaxError::Reach::kReported};
  const uint32_t end = next_statement(state, begin, place_of(error, begin), WordUse::kStep);
  state.tests.skip_step({begin, end});
  return end;
}

uint32_t recover_declaration(State& state, const SyntaxError& error, const State::Mark& mark,
                             uint32_t begin) {
  state.rewind(mark);
  state.declarations.reset();
  note(state, error);
  const uint32_t failed = place_of(error, begin);
  Skimmer skimmer(state.context.text(), begin);
  const Skimmer::Token start = skimmer.next();
  state.declarations.skip_declaration(start.word, word_at(state.context, Skimmer(skimmer).next().offset));
  const bool has_body = start.word == "rule" || begins_head(start.word) || start.word == "middleware" ||
                        start.word == "gate" || start.word == "test" || start.word == "module";
  bool seen_body = !has_body;
  unsigned depth = start.first == '{' ? 1 : 0;
  for (;;) {
    const Skimmer::Token token = skimmer.next();
    if (token.first == 0) return token.offset;
    if (token.first == '{') ++depth;
    if (token.first == '}') {
      if (depth == 0 && state.declarations.in_module() && token.offset >= failed) return token.offset;
      if (depth > 0) --depth;
      if (depth == 0) seen_body = true;
    }
    if (token.offset < failed) continue;
    if (begins_declaration(state.context, token.offset)) return token.offset;
    if (depth > 0 || !(is_declaration_word(token.word) || token.word == "subject")) continue;
    const bool first = state.context.first_on_line(token.offset);
    if (begins_head(token.word) || token.word == "subject" ? seen_body && first : seen_body || first)
      return token.offset;
  }
}

}  // namespace krules::grammar
