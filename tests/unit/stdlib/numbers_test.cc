#include <catch2/catch.hpp>

#include "calculator.h"

namespace krules::test {

TEST_CASE("round, floor and ceil") {
  check_all({
      {"[round(2.5), round(-2.5), round(2.4), round(7)]", "[3,-3,2,7]"},
      {"[round(2.675, 2), round(1.005, 2), round(-1.005, 2)]", "[2.68,1.01,-1.01]"},
      {"[round(9.995, 2), round(99.5, 0), round(0.05, 1), round(0.04, 1)]", "[10.0,100.0,0.1,0.0]"},
      {"[round(1234.5, -2), round(1250, -2), round(-1250, -2), round(49, -2)]", "[1200.0,1300,-1300,0]"},
      {"[round(0.1, 20), round(1e300, 2), round(5e-324, 400), round(1.5, 1000)]", "[0.1,1e+300,5e-324,1.5]"},
      {"[round(12.5, -3), round(12.5, -1000), round(12, -1000), round(600.0, -3)]", "[0.0,0.0,0,1000.0]"},
      {"round(9223372036854775807, -1)", "error: the result of `round` does not fit in 64 bits"},
      {"round(1e19)", "error: the result of `round` does not fit in 64 bits"},
      {R"(round("2.5"))", "error: `round` takes a number as `number`, got string"},
      {"round(null)", "error: `round` takes a number as `number`, got null"},
      {"round(2.5, 0.5)", "error: `round` takes a whole number as `digits`, got 0.5"},
      {"[floor(2.9), floor(-2.1), floor(3)]", "[2,-3,3]"},
      {"floor(-1e30)", "error: the result of `floor` does not fit in 64 bits"},
      {"floor(true)", "error: `floor` takes a number as `number`, got bool"},
      {"[ceil(2.1), ceil(-2.9), ceil(3)]", "[3,-2,3]"},
      {"ceil([])", "error: `ceil` takes a number as `number`, got list"},
  });
}

TEST_CASE("abs, sqrt and clamp") {
  check_all({
      {"[abs(-3), abs(-2.5), abs(4)]", "[3,2.5,4]"},
      {"abs(-5m) == 5m", "true"},
      {"abs(-9223372036854775807 - 1)", "error: the result of `abs` does not fit in 64 bits"},
      {R"(abs("1"))", "error: `abs` takes a number or duration as `number`, got string"},
      {"[sqrt(9), sqrt(0)]", "[3.0,0.0]"},
      {"sqrt(-1)", "error: `sqrt` takes a number of 0 or more, got -1"},
      {"sqrt(1s)", "error: `sqrt` takes a number as `number`, got duration"},
      {"[clamp(130, 0, 100), clamp(-1, 0, 100), clamp(7, 0.5, 100)]", "[100,0,7]"},
      {"clamp(2h, 1s, 1h) == 1h", "true"},
      {"clamp(1, 5, 2)", "error: `clamp` takes a `low` that is not above `high`, got 5 and 2"},
      {R"(clamp(1, "a", 2))", "error: `clamp` takes an int as `low`, got string"},
      {"clamp(null, 1, 2)",
       "error: `clamp` takes a number, string, duration or timestamp as `value`, got null"},
  });
}

TEST_CASE("min and max") {
  check_all({
      {"[min(3, 1, 2), max(3, 1, 2)]", "[1,3]"},
      {"[min([3, 1.5]), max([3, 1.5])]", "[1.5,3]"},
      {"[min([]), max([])]", "[null,null]"},
      {"max([1, 1.0])", "1"},
      {R"([min("b", "a"), max(["b", "a"])])", R"(["a","b"])"},
      {"max(5s, 1m) == 1m", "true"},
      {R"(min(now(), timestamp("2020-01-01")))", R"("2020-01-01T00:00:00Z")"},
      {"[5, 7].max()", "7"},
      {"max(9007199254740993, 9007199254740992.0)", "9007199254740993"},
      {"min(1, null)", "error: `min` takes a number, string, duration or timestamp as `values`, got null"},
      {R"(max([1, "a"]))", "error: `max` takes values of one kind, got int and string"},
      {"max([true])", "error: `max` takes a number, string, duration or timestamp as `values`, got bool"},
      {"max(5)", "error: `max` takes a list, or two or more values as `values`, got int"},
      {"min([1], [2])", "error: `min` takes a number, string, duration or timestamp as `values`, got list"},
  });
}

TEST_CASE("sum and avg") {
  check_all({
      {"[sum([]), sum([1, 2]), sum([1, 2.5]), sum(1, 2, 3)]", "[0,3,3.5,6]"},
      {"sum([1s, 1m]) == 61s", "true"},
      {"sum([9223372036854775807, 1])", "error: the result of `sum` does not fit in 64 bits"},
      {"sum([9223372036854775807, 1, -1])", "9223372036854775807"},
      {"sum([1e308, 1e308])", "error: the result of `sum` does not fit in 64 bits"},
      {"sum([1, null])", "error: `sum` takes a number or duration as `values`, got null"},
      {"sum([1, 1s])", "error: `sum` takes values of one kind, got int and duration"},
      {R"(sum("a"))", "error: `sum` takes a list, or two or more values as `values`, got string"},
      {"[avg([1, 2]), avg([]), avg(1, 2, 6)]", "[1.5,null,3.0]"},
      {"avg([1m, 2m]) == 90s", "true"},
      {R"(avg([1, "2"]))", "error: `avg` takes a number or duration as `values`, got string"},
      {"avg([9223372036854775807, 9223372036854775807])",
       "error: the result of `avg` does not fit in 64 bits"},
  });
}

}  // namespace krules::test
