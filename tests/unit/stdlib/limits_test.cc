#include <catch2/catch.hpp>

#include "calculator.h"

namespace krules::test {

TEST_CASE("What would be too large is an error at once") {
  check_all({
      {"range(1000000000000000)",
       "error: `range` would make 1000000000000000 items; at most 4194304 are allowed"},
      {"range(-9223372036854775807, 9223372036854775807)",
       "error: `range` would make 18446744073709551614 items; at most 4194304 are allowed"},
      {R"("x".repeat(1000000000000))",
       "error: `repeat` would make a string of 1000000000000 bytes; at most 67108864 are allowed"},
      {R"("long".repeat(9223372036854775807))",
       "error: `repeat` would make a string of 18446744073709551615 bytes; at most 67108864 are allowed"},
      {R"("x".pad_start(1000000000000))",
       "error: `pad_start` would make a string of 999999999999 bytes; at most 67108864 are allowed"},
      {R"("x".pad_end(9223372036854775807, "😀"))",
       "error: `pad_end` would make a string of 18446744073709551615 bytes; at most 67108864 are allowed"},
      {R"("x".repeat(10000).replace("x", "y".repeat(10000)))",
       "error: `replace` would make a string of 100000000 bytes; at most 67108864 are allowed"},
      {R"(range(10000).join("y".repeat(10000)))",
       "error: `join` would make a string of 99990000 bytes; at most 67108864 are allowed"},
      {"[range(3000000), range(3000000)].flatten()",
       "error: `flatten` would make 6000000 items; at most 4194304 are allowed"},
      {R"(len("x".repeat(20000).re_replace("x", "y".repeat(5000))))",
       "error: `re_replace` would make a string of more than 67108864 bytes"},
      {R"("x".repeat(1000000).re_replace('x+', '\0'.repeat(1000000)))",
       "error: `re_replace` would make a string of more than 67108864 bytes"},
  });
}

TEST_CASE("A small value that is endless to walk is refused") {
  // Each round puts the list ten times into a list: 10 to the 12th items, all shared.
  const std::string deep =
      "range(12).reduce([1], (inner, i) => [inner, inner, inner, inner, inner, inner, inner, "
      "inner, inner, inner])";
  Calculator calculator;
  for (const char* function : {"json", "string", "hash", "hash_hex"}) {
    INFO(function);
    CHECK(calculator.work_out(std::string(function) + "(" + deep + ")") ==
          "error: `" + std::string(function) + "` got a value of more than 4194304 parts or 67108864 bytes");
  }
  CHECK_THAT(calculator.work_out(deep + ".distinct()"),
             Catch::StartsWith("error: `distinct` got a value of more"));
  CHECK_THAT(calculator.work_out(deep + ".join()"), Catch::StartsWith("error: `join` got a value of more"));
}

TEST_CASE("reduce does not nest without end") {
  check_all({
      {"range(1000000).reduce(null, (inner, i) => [inner])",
       "error: `reduce` got lists and maps that nest deeper than 128"},
      {"range(100).reduce([1], (inner, i) => [inner, inner])",
       "error: `reduce` got a value of more than 4194304 parts or 67108864 bytes"},
      {"range(100).reduce([], (all, i) => [...all, i]).len()", "100"},
  });
}

TEST_CASE("The budget of steps pays for what functions do") {
  Calculator calculator;
  calculator.allow_steps(10'000);
  for (const char* expression :
       {"range(20000)", "range(500).map(x => range(x + 50).sum())", R"("x".repeat(1000000))",
        R"("x".repeat(100000).split("").len() + "x".repeat(100000).split("").len() + payload.n)",
        "range(5000).sort().reverse().sort()", "range(9000).contains(range(9000))",
        R"(range(3000).reduce("", (s, x) => s + "a long text that grows"))"}) {
    INFO(expression);
    CHECK_THAT(calculator.work_out(expression, R"({"n":1})"), Catch::Contains("budget"));
  }
  CHECK(calculator.work_out("range(100).map(x => x * payload.n).sum()", R"({"n":1})") == "4950");
  CHECK(calculator.steps_taken() >= 200);
}

}  // namespace krules::test
