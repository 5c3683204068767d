#include "krules/glob_table.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "krules/glob.h"

using namespace krules;

namespace {

/// All texts of up to so many of these letters.
std::vector<std::string> texts_of(const std::string& letters, size_t most) {
  std::vector<std::string> texts = {""};
  for (size_t i = 0; i < texts.size(); ++i) {
    if (texts[i].size() == most) continue;
    for (const char letter : letters) {
      std::string text = texts[i];
      text.push_back(letter);
      texts.push_back(std::move(text));
    }
  }
  return texts;
}

bool has(const std::vector<uint32_t>& numbers, uint32_t number) {
  return std::find(numbers.begin(), numbers.end(), number) != numbers.end();
}

}  // namespace

TEST_CASE("a glob table finds every pattern that some text fits, too") {
  const std::vector<std::string> patterns = texts_of("ab*?", 3);
  const std::vector<std::string> texts = texts_of("ab", 5);
  std::vector<std::vector<char>> fits;  // by pattern and text
  GlobTable table;
  for (uint32_t i = 0; i < patterns.size(); ++i) {
    table.add(patterns[i], i);
    const Glob glob(patterns[i]);
    std::vector<char>& row = fits.emplace_back();
    for (const std::string& text : texts) row.push_back(glob.matches(text) ? 1 : 0);
  }
  table.finish();
  for (uint32_t i = 0; i < patterns.size(); ++i) {
    const std::vector<uint32_t> near = table.near(patterns[i]);
    for (uint32_t k = 0; k < patterns.size(); ++k) {
      bool meet = false;
      for (size_t t = 0; t < texts.size(); ++t) meet = meet || (fits[i][t] != 0 && fits[k][t] != 0);
      INFO(patterns[i] << " and " << patterns[k]);
      if (meet) CHECK(has(near, k));
    }
  }
}

TEST_CASE("a glob table leaves out what begins or ends with other letters") {
  const std::vector<std::string> patterns = {"order.*", "order.paid", "stock.*", "*.paid", "*.sent", "*"};
  GlobTable table;
  for (uint32_t i = 0; i < patterns.size(); ++i) table.add(patterns[i], i);
  table.finish();
  const auto near = [&](std::string_view text) {
    std::vector<uint32_t> numbers = table.near(text);
    std::sort(numbers.begin(), numbers.end());
    return numbers;
  };
  CHECK(near("order.paid") == std::vector<uint32_t>{0, 1, 3, 5});
  CHECK(near("stock.sent") == std::vector<uint32_t>{2, 4, 5});
  CHECK(near("*.sent") == std::vector<uint32_t>{0, 2, 4, 5});
  CHECK(near("stock.*") == std::vector<uint32_t>{2, 3, 4, 5});
  CHECK(near("stock.gone") == std::vector<uint32_t>{2, 5});
}

TEST_CASE("where names tell little apart, a glob table goes by subjects") {
  std::vector<std::string> subjects;
  for (int i = 0; i < 20; ++i) subjects.push_back("device" + std::to_string(i) + ":*");
  GlobTable table;
  for (uint32_t i = 0; i < subjects.size(); ++i) table.add("door.*", {subjects[i]}, i);
  table.add("door.*", {"house", "device7:lamp"}, 20);
  table.add("door.*", 21);
  table.finish();
  std::vector<uint32_t> near = table.near("door.opened", "device7:lamp");
  std::sort(near.begin(), near.end());
  CHECK(near == std::vector<uint32_t>{7, 20, 21});
  CHECK(table.near("door.opened").size() == 22);
}
