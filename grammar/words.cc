#include "words.h"

#include <array>
#include <cstdint>

#include "krules/parser.h"

namespace krules {

namespace grammar {

namespace {

// NOLINTBEGIN(readability-identifier-naming): one letter each, so that the table below can be read
constexpr unsigned D = static_cast<unsigned>(WordUse::kDeclaration);
constexpr unsigned H = static_cast<unsigned>(WordUse::kHead);
constexpr unsigned S = static_cast<unsigned>(WordUse::kStatement);
constexpr unsigned C = static_cast<unsigned>(WordUse::kClause);
constexpr unsigned E = static_cast<unsigned>(WordUse::kExpression);
constexpr unsigned P = static_cast<unsigned>(WordUse::kPatternPlace);
// NOLINTEND(readability-identifier-naming)

struct Word {
  std::string_view text;
  unsigned uses;
};

/// The words of the language, sorted.
constexpr auto kWords = std::to_array<Word>({
    {"allow", H},  {"and", E},     {"as", S},   {"cascade", 0},    {"catch", 0},   {"const", D},
    {"delete", S}, {"direct", C},  {"div", E},  {"else", 0},       {"emit", S},    {"fail", S},
    {"false", E},  {"fn", D},      {"for", S},  {"from", C},       {"if", S | E},  {"in", E},
    {"input", D},  {"let", S | H}, {"log", S},  {"match", E},      {"matches", E}, {"muted", C},
    {"not", E},    {"null", E},    {"of", H},   {"on", D | H | C}, {"or", E},      {"output", D},
    {"param", D},  {"rule", D},    {"set", S},  {"stop", S},       {"then", E},    {"true", E},
    {"try", S},    {"when", H},    {"with", C},
});

/// The words of parts to come, sorted, and where they would stand.
constexpr auto kFutureWords = std::to_array<Word>({
    {"advance", 0}, {"after", C},      {"at", H},         {"backoff", C},   {"call", S},    {"cancel", S},
    {"every", H},   {"expect", 0},     {"gate", D},       {"given", 0},     {"held", P},    {"key", C},
    {"metric", D},  {"middleware", D}, {"next", S},       {"partition", D}, {"pending", E}, {"reply", C},
    {"retry", C},   {"secret", D},     {"send", 0},       {"table", D},     {"test", D},    {"throttle", H},
    {"timeout", C}, {"use", D},        {"window", D | P}, {"within", P},    {"without", P},
});

template <size_t N>
constexpr bool is_sorted(const std::array<Word, N>& words) {
  for (size_t i = 1; i < N; ++i) {
    if (!(words[i - 1].text < words[i].text)) return false;
  }
  return true;
}
static_assert(is_sorted(kWords) && is_sorted(kFutureWords));

/// For every length, which first letters a word can have: most names fail here and never reach the search.
struct Filter {
  std::array<uint32_t, 11> first_letters{};
};
template <size_t N>
constexpr void add_words(Filter& filter, const std::array<Word, N>& words) {
  for (const Word& word : words) filter.first_letters[word.text.size()] |= 1U << (word.text[0] - 'a');
}
constexpr Filter make_filter() {
  Filter filter;
  add_words(filter, kWords);
  add_words(filter, kFutureWords);
  return filter;
}
constexpr Filter kFilter = make_filter();

template <size_t N>
constexpr const Word* find_word(const std::array<Word, N>& words, std::string_view text) {
  size_t low = 0;
  size_t high = N;
  while (low < high) {
    const size_t middle = (low + high) / 2;
    if (words[middle].text < text) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low < N && words[low].text == text ? &words[low] : nullptr;
}

}  // namespace

bool is_word_for(std::string_view word, WordUse use) {
  const Word* found = find_word(kWords, word);
  return found != nullptr && (found->uses & static_cast<unsigned>(use)) != 0;
}

bool is_future_word_for(std::string_view word, WordUse use) {
  const Word* found = find_word(kFutureWords, word);
  return found != nullptr && (found->uses & static_cast<unsigned>(use)) != 0;
}

std::vector<std::string_view> words_for(WordUse use) {
  std::vector<std::string_view> result;
  for (const Word& word : kWords) {
    if ((word.uses & static_cast<unsigned>(use)) != 0) result.push_back(word.text);
  }
  return result;
}

}  // namespace grammar

bool is_reserved_word(std::string_view word) {
  if (word.empty() || word.size() >= grammar::kFilter.first_letters.size()) return false;
  if (word[0] < 'a' || word[0] > 'z') return false;
  if ((grammar::kFilter.first_letters[word.size()] >> (word[0] - 'a') & 1U) == 0) return false;
  return grammar::find_word(grammar::kWords, word) != nullptr ||
         grammar::find_word(grammar::kFutureWords, word) != nullptr;
}

}  // namespace krules
