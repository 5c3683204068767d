#include "words.h"

#include <array>

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
constexpr unsigned T = static_cast<unsigned>(WordUse::kStep);
/// A word that is one where it stands alone, and can be a name all the same.
constexpr unsigned F = 128;
// NOLINTEND(readability-identifier-naming)

struct Word {
  std::string_view text;
  unsigned uses;
};

/// The words of the language.
constexpr auto kWords = std::to_array<Word>({
    {"advance", T},     {"after", C},      {"allow", H},     {"and", E},     {"as", S},
    {"at", D | H},      {"backoff", C},    {"call", S},      {"cancel", S},  {"cascade", 0},
    {"catch", 0},       {"const", D},      {"delete", S},    {"direct", C},  {"div", E},
    {"else", 0},        {"emit", S},       {"every", D | H}, {"expect", T},  {"fail", S},
    {"false", E},       {"fn", D},         {"for", S},       {"from", C},    {"gate", D},
    {"given", T},       {"if", S | E},     {"in", E},        {"input", D},   {"key", C},
    {"let", S | H | T}, {"log", S},        {"match", E},     {"matches", E}, {"middleware", D},
    {"module", D | F},  {"muted", C},      {"next", S},      {"not", E},     {"null", E},
    {"of", H},          {"on", D | H | C}, {"or", E},        {"output", D},  {"param", D | T},
    {"reply", C | T},   {"retry", C},      {"rule", D},      {"secret", D},  {"send", T},
    {"set", S},         {"stop", S},       {"test", D},      {"then", E},    {"timeout", C},
    {"true", E},        {"try", S},        {"use", D},       {"when", H},    {"with", C},
});

/// The words of parts to come, and where they would stand.
constexpr auto kFutureWords = std::to_array<Word>({
    {"held", P},
    {"metric", D},
    {"partition", D},
    {"table", D},
    {"throttle", H},
    {"window", D | P},
    {"within", P},
    {"without", P},
});

/// Words by what is quick to see of them, as parsing asks for every name whether it is one.
class WordIndex {
 public:
  template <size_t N>
  explicit constexpr WordIndex(const std::array<Word, N>& words) {
    static_assert(N * 2 <= kPlaces);
    for (const Word& word : words) {
      size_t at = first_place(word.text);
      while (places_[at] != nullptr) at = (at + 1) % kPlaces;
      places_[at] = &word;
    }
  }

  constexpr const Word* find(std::string_view text) const {
    if (text.empty()) return nullptr;
    for (size_t at = first_place(text); places_[at] != nullptr; at = (at + 1) % kPlaces) {
      if (places_[at]->text == text) return places_[at];
    }
    return nullptr;
  }

 private:
  static constexpr size_t kPlaces = 256;
  static constexpr size_t first_place(std::string_view text) {
    return (text.size() * 37 + static_cast<unsigned char>(text.front()) * 7 +
            static_cast<unsigned char>(text.back()) * 59) %
           kPlaces;
  }
  std::array<const Word*, kPlaces> places_{};
};
constexpr WordIndex kWordIndex{kWords};
constexpr WordIndex kFutureWordIndex{kFutureWords};

}  // namespace

bool is_word_for(std::string_view word, WordUse use) {
  const Word* found = kWordIndex.find(word);
  return found != nullptr && (found->uses & static_cast<unsigned>(use)) != 0;
}

bool is_future_word_for(std::string_view word, WordUse use) {
  const Word* found = kFutureWordIndex.find(word);
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
  const grammar::Word* found = grammar::kWordIndex.find(word);
  if (found != nullptr) return (found->uses & grammar::F) == 0;
  return grammar::kFutureWordIndex.find(word) != nullptr;
}

}  // namespace krules
