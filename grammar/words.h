#pragma once

#include <string_view>
#include <vector>

namespace krules::grammar {

inline bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
inline bool is_word_start(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
inline bool is_word_char(char c) {
  return is_word_start(c) || is_digit(c);
}
/// What a bare event type, property name or subject name is made of; patterns have `*` and `?` besides.
inline bool is_bare_char(char c) {
  return is_word_char(c) || c == '.' || c == ':' || c == '-' || c == '/' || c == '@';
}
inline bool is_pattern_char(char c) {
  return is_bare_char(c) || c == '*' || c == '?';
}

/// What a word of the language is for. A word may stand in several places.
enum class WordUse : unsigned {
  kDeclaration = 1,    ///< begins a declaration
  kHead = 2,           ///< begins a clause of a rule's head
  kStatement = 4,      ///< begins a statement
  kClause = 8,         ///< begins a trailing clause of a statement
  kExpression = 16,    ///< stands in expressions
  kPatternPlace = 32,  ///< stands among the patterns of `on`
  kStep = 64,          ///< begins a step of a test
};

/// Whether `word` is of that use in the language as it is now.
bool is_word_for(std::string_view word, WordUse use);
/// Whether `word` is kept for a part of the language to come and would have that use.
bool is_future_word_for(std::string_view word, WordUse use);
/// The words of today that can stand there, for suggestions.
std::vector<std::string_view> words_for(WordUse use);

}  // namespace krules::grammar
