#include <catch2/catch.hpp>
#include <regex>
#include <set>

#include "calculator.h"

namespace krules::test {

TEST_CASE("uuid has the form of version 4, is distinct each time and the same on replay") {
  Calculator calculator;
  const std::regex form("\"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}\"");
  std::set<std::string> seen;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    calculator.set_seed(seed);
    const std::string text = calculator.work_out("uuid()");
    CHECK(std::regex_match(text, form));
    CHECK(seen.insert(text).second);
    CHECK(calculator.work_out("uuid()") == text);
  }
  CHECK(calculator.work_out("uuid() == uuid()") == "false");
}

TEST_CASE("random lies in 0 to below 1") {
  Calculator calculator;
  check_all(calculator, {{"range(2000).map(i => random()).all(x => x >= 0 and x < 1)", "true"},
                         {"range(2000).map(i => random()).distinct().len()", "2000"},
                         {"range(2000).map(i => random()).avg().round(1)", "0.5"}});
}

TEST_CASE("random_int lies in its bounds, both included") {
  Calculator calculator;
  check_all(
      calculator,
      {
          {"range(2000).map(i => random_int(1, 6)).distinct().sort()", "[1,2,3,4,5,6]"},
          {"random_int(5, 5)", "5"},
          {"range(100).map(i => random_int(-9223372036854775807 - 1, 9223372036854775807)).distinct().len()",
           "100"},
          {"range(100).all(i => random_int(9223372036854775806, 9223372036854775807) > 0)", "true"},
          {"random_int(2, 1)", "error: `random_int` takes a `low` that is not above `high`, got 2 and 1"},
          {"random_int(0.5, 1)", "error: `random_int` takes a whole number as `low`, got 0.5"},
          {"random_int(1, null)", "error: `random_int` takes an int as `high`, got null"},
      });
}

}  // namespace krules::test
