#include "explain.h"

#include "krules/parser.h"
#include "path_text.h"
#include "recovery.h"
#include "slips.h"
#include "words.h"

namespace krules::grammar {

namespace {

using Reach = SyntaxError::Reach;

bool is_name_place(Place place) {
  return place == Place::kName;
}

bool is_value_place(Place place) {
  return place == Place::kExpression || place == Place::kOperand || place == Place::kInterpolation;
}

/// A word that is kept for later, where it would stand.
bool is_future_here(const Context& context, uint32_t offset, Place place) {
  const std::string_view word = word_at(context, offset);
  switch (place) {
    case Place::kDeclaration:
      return is_future_word_for(word, WordUse::kDeclaration) || word == "subject";
    case Place::kTrigger:
      return is_future_word_for(word, WordUse::kHead);
    case Place::kHead:
    case Place::kWrapperHead:
      return is_future_word_for(word, WordUse::kHead) || is_future_word_for(word, WordUse::kPatternPlace) ||
             (word == "then" && !is_in_condition(context, offset));
    case Place::kStatement:
    case Place::kLatePayload:
      return is_future_word_for(word, WordUse::kStatement) || is_future_word_for(word, WordUse::kClause);
    case Place::kExpression:
    case Place::kOperand:
    case Place::kInterpolation:
      return is_future_word_for(word, WordUse::kExpression);
    default:
      return false;
  }
}

std::string_view code_for(Place place) {
  switch (place) {
    case Place::kDeclaration:
      return codes::kNoDeclaration;
    case Place::kStatement:
    case Place::kStep:
      return codes::kNoStatement;
    case Place::kExpression:
    case Place::kOperand:
      return codes::kNoExpression;
    case Place::kTrigger:
      return codes::kNoTrigger;
    case Place::kLatePayload:
      return codes::kPayloadPlace;
    case Place::kTarget:
    case Place::kSubjectTarget:
    case Place::kDataTarget:
      return codes::kTarget;
    case Place::kMapEntry:
      return codes::kMapEntry;
    case Place::kInterpolation:
      return codes::kInterpolation;
    default:
      return codes::kUnexpected;
  }
}

/// The string that began on a line before `offset` and is still open; null where there is none.
const Opener* string_left_open(const Context& context, uint32_t offset) {
  for (const Opener& opener : context.openers) {
    const bool string = opener.bracket == '"' || opener.bracket == '\'';
    if (string && context.text({opener.span.begin, offset}).find('\n') != std::string_view::npos)
      return &opener;
  }
  return nullptr;
}

/// The string `opener`, whose closing quote is missing.
Diagnostic unclosed_string(const Context& context, const Opener& opener) {
  const std::string_view rest = context.text().substr(opener.span.begin);
  std::string_view line = rest.substr(0, rest.find('\n'));
  if (line.ends_with('\r')) line.remove_suffix(1);
  const auto end = opener.span.begin + static_cast<uint32_t>(line.size());
  const std::string quote(1, opener.bracket);
  Diagnostic error = context.diagnostic(
      codes::kUnclosedString, {opener.span.begin, end}, "this string is not closed on its line",
      "end it with `" + quote + "`; a line end inside a string is written `\\n`");
  error.related.push_back(context.label(opener.span, "it begins here"));
  return error;
}

std::string closer_of(char bracket) {
  switch (bracket) {
    case '(':
      return ")";
    case '[':
      return "]";
    case '{':
      return "}";
    default:
      return std::string(1, bracket);
  }
}

/// The file ends, or the next declaration begins, while something is open.
Diagnostic unclosed(const Context& context, uint32_t offset) {
  const Opener& opener = context.openers.back();
  const std::string sign(1, opener.bracket);
  Diagnostic error =
      context.diagnostic(codes::kUnclosed, context.token_at(offset),
                         backquoted(sign) + " is not closed before " + context.describe(offset),
                         "add the missing `" + closer_of(opener.bracket) + "`");
  error.related.push_back(context.label(opener.span, "opened here"));
  return error;
}

Diagnostic not_yet(const Context& context, uint32_t offset) {
  const Span span = context.token_at(offset);
  return context.diagnostic(codes::kNotYet, span,
                            backquoted(context.text(span)) + " is not yet part of krules",
                            "the word is kept for a later version");
}

/// A near miss of a word that could stand here.
std::string_view near_word(std::string_view word, Place place) {
  switch (place) {
    case Place::kDeclaration: {
      std::vector<std::string_view> words = words_for(WordUse::kDeclaration);
      std::erase(words, "at");  // seldom meant, and near to much
      return nearest_name(word, words);
    }
    case Place::kTrigger:
    case Place::kHead:
    case Place::kWrapperHead:
      return nearest_name(word, words_for(WordUse::kHead));
    case Place::kStep:
      return nearest_name(word, words_for(WordUse::kStep));
    case Place::kStatement: {
      std::vector<std::string_view> words = words_for(WordUse::kStatement);
      for (const std::string_view clause : words_for(WordUse::kClause)) words.push_back(clause);
      words.push_back("else");
      return nearest_name(word, words);
    }
    case Place::kThen:
      return nearest_name(word, {"then"});
    case Place::kElse:
      return nearest_name(word, {"else"});
    default:
      return {};
  }
}

Diagnostic general(const Context& context, uint32_t offset, const Expected& expected) {
  const std::string found = context.describe(offset);
  const Span span = context.token_at(offset);
  const std::string_view word = word_at(context, offset);
  const std::string_view near =
      word.empty() || is_reserved_word(word) ? std::string_view{} : near_word(word, expected.place);
  Diagnostic error = context.diagnostic(code_for(expected.place), span,
                                        "expected " + std::string(expected.what) + ", found " + found);
  if (!near.empty()) error.helps.push_back("did you mean " + backquoted(near) + "?");
  if (is_value_place(expected.place) && is_reserved_word(word)) {
    error.helps.push_back(backquoted(word) +
                          " is a word of the language; a property of that name is read as " +
                          backquoted("subject." + std::string(word)));
  }
  if (error.helps.empty() && expected.place == Place::kStatement) {
    error.helps.emplace_back("a statement begins with its own word: `set`, `emit`, `let`, `if` ...");
  }
  if (error.helps.empty() && expected.place == Place::kStep) {
    error.helps.emplace_back("a step begins with its own word: `given`, `send`, `advance`, `expect` ...");
  }
  if (error.helps.empty() && expected.place == Place::kDeclaration) {
    error.helps.emplace_back(
        "a declaration begins with its own word: `rule`, `const`, `fn`, `input`, `test` ...");
  }
  // That of a closing bracket is about two items, and none may stand here.
  if (!expected.help.empty() && expected.place != Place::kClose) error.helps.emplace_back(expected.help);
  if (expected.place == Place::kClose && !context.openers.empty()) {
    error.related.push_back(context.label(context.openers.back().span, "opened here"));
  }
  return error;
}

}  // namespace

SyntaxError explain(const Context& context, uint32_t offset, const Expected& expected) {
  if (const Opener* string = string_left_open(context, offset)) return {unclosed_string(context, *string)};
  if (expected.place == Place::kString) return {unclosed_string(context, context.openers.back())};
  const bool ends = offset >= context.text().size();
  const bool next_declaration = expected.place != Place::kDeclaration && begins_declaration(context, offset);
  if ((ends || next_declaration) && !context.openers.empty())
    return {unclosed(context, offset), Reach::kDeclaration};
  const std::string_view word = word_at(context, offset);
  if (is_future_here(context, offset, expected.place)) return {not_yet(context, offset)};
  if (is_name_place(expected.place) && word == "on" && !expected.help.empty()) {
    return {general(context, offset, expected)};
  }
  if (is_name_place(expected.place) && is_reserved_word(word)) {
    Diagnostic error =
        context.diagnostic(codes::kReserved, context.token_at(offset),
                           backquoted(word) + " is a word of the language and cannot be a name",
                           "choose another name, such as " + backquoted(std::string(word) + "_"));
    return {std::move(error)};
  }
  if (expected.place == Place::kClose &&
      (is_word_for(word, WordUse::kStatement) || is_word_for(word, WordUse::kStep)) &&
      context.first_on_line(offset)) {
    return {unclosed(context, offset)};
  }
  if (std::optional<Diagnostic> slip = find_slip(context, offset, expected)) return {std::move(*slip)};
  return {general(context, offset, expected)};
}

}  // namespace krules::grammar
