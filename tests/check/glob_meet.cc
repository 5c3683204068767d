#include "checker/glob_meet.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "krules/glob.h"
#include "krules/glob_table.h"

// Whether patterns meet, held against all short texts. The letters share bytes with each other.
namespace krules::test {

namespace {

/// All texts of so many of these letters at most.
std::vector<std::string> texts_of(const std::vector<std::string>& letters, size_t most) {
  std::vector<std::string> texts = {""};
  size_t begin = 0;
  for (size_t length = 0; length < most; ++length) {
    const size_t end = texts.size();
    for (; begin < end; ++begin) {
      for (const std::string& letter : letters) texts.push_back(texts[begin] + letter);
    }
  }
  return texts;
}

struct Globs {
  std::vector<std::string> patterns = texts_of({"a", "é", "è", "©", "?", "*"}, 3);
  /// By pattern, which of the texts it fits. Where two patterns of three letters meet, a text of four does.
  std::vector<std::vector<bool>> fits;

  Globs() {
    const std::vector<std::string> texts = texts_of({"a", "é", "è", "©"}, 4);
    for (const std::string& pattern : patterns) {
      const Glob glob(pattern);
      std::vector<bool>& row = fits.emplace_back();
      for (const std::string& text : texts) row.push_back(glob.matches(text));
    }
  }
  bool meet(size_t a, size_t b) const {
    for (size_t i = 0; i < fits[a].size(); ++i) {
      if (fits[a][i] && fits[b][i]) return true;
    }
    return false;
  }
  bool covers(size_t all, size_t part) const {
    for (size_t i = 0; i < fits[all].size(); ++i) {
      if (fits[part][i] && !fits[all][i]) return false;
    }
    return true;
  }
};

}  // namespace

TEST_CASE("two patterns meet where some text fits both") {
  const Globs globs;
  size_t meetings = 0;
  for (size_t a = 0; a < globs.patterns.size(); ++a) {
    for (size_t b = 0; b < globs.patterns.size(); ++b) {
      const bool meet = globs.meet(a, b);
      meetings += meet ? 1 : 0;
      if (check::globs_meet(globs.patterns[a], globs.patterns[b]) != meet)
        FAIL_CHECK(globs.patterns[a] << " and " << globs.patterns[b] << " meet: " << meet);
      if (check::glob_covers(globs.patterns[a], globs.patterns[b]) && !globs.covers(a, b))
        FAIL_CHECK(globs.patterns[a] << " does not cover " << globs.patterns[b]);
    }
  }
  CHECK(meetings > 10'000);
}

TEST_CASE("the table of patterns leaves out none that meets") {
  const Globs globs;
  GlobTable table;
  for (size_t i = 0; i < globs.patterns.size(); ++i) table.add(globs.patterns[i], static_cast<uint32_t>(i));
  table.finish();
  for (size_t a = 0; a < globs.patterns.size(); ++a) {
    const std::vector<uint32_t> near = table.near(globs.patterns[a]);
    for (size_t b = 0; b < globs.patterns.size(); ++b) {
      if (globs.meet(a, b) && std::find(near.begin(), near.end(), b) == near.end())
        FAIL_CHECK(globs.patterns[b] << " is not near " << globs.patterns[a]);
    }
  }
}

}  // namespace krules::test
