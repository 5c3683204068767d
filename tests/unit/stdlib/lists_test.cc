#include <catch2/catch.hpp>

#include "calculator.h"

namespace krules::test {

TEST_CASE("any and all") {
  check_all({
      {"[3, 95].any(x => x > 90)", "true"},
      {"[].any(x => x > 90)", "false"},
      {"[].all(x => x > 90)", "true"},
      {"[3, 95].all(x => x > 1)", "true"},
      {"[3, 95].all(x => x > 90)", "false"},
      {"[false, null, true].any()", "true"},
      {"[true, null].all()", "false"},
      {"[null].any(x => x)", "false"},
      {"[1].any()", "error: `any` takes a list of bools (or a condition) as `list`, got int"},
      {"[1].any(x => x)", "error: the condition of `any` is to give a bool, got int"},
      {"null.any(x => true)", "error: `any` takes a list as `list`, got null"},
  });
}

TEST_CASE("any and all do not depend on the order of the items, errors included") {
  check_all({
      {R"(["a", 95].any(x => x > 90))", "true"},
      {R"([95, "a"].any(x => x > 90))", "true"},
      {R"(["a", 1].all(x => x > 90))", "false"},
      {R"([1, "a"].all(x => x > 90))", "false"},
  });
  Calculator calculator;
  CHECK_THAT(calculator.work_out(R"(["a", 1].any(x => x > 90))"), Catch::StartsWith("error: "));
  CHECK_THAT(calculator.work_out(R"(["a", 95].all(x => x > 90))"), Catch::StartsWith("error: "));
}

TEST_CASE("filter, find, count, map and reduce") {
  check_all({
      {"[1, 2, 3].filter(x => x > 1)", "[2,3]"},
      {"[1, 2, 3].filter(x => null)", "[]"},
      {"[].filter(x => x > 1)", "[]"},
      {"[1].filter(x => 1)", "error: the condition of `filter` is to give a bool, got int"},
      {"filter(1, x => true)", "error: `filter` takes a list as `list`, got int"},
      {"[1, 2, 3].find(x => x > 1)", "2"},
      {"[1].find(x => x > 1)", "null"},
      {R"([1].find(x => "yes"))", "error: the condition of `find` is to give a bool, got string"},
      {"[1, 2, 3].count()", "3"},
      {"[1, 2, 3].count(x => x > 1)", "2"},
      {R"(count("abc"))", "error: `count` takes a list as `list`, got string"},
      {"[1, 2].map(x => x * 10)", "[10,20]"},
      {"[1, 2].map(x => [x, [x].map(y => x + y)])", "[[1,[2]],[2,[4]]]"},
      {"{ a: 1 }.map(x => x)", "error: `map` takes a list as `list`, got map"},
      {"[1, 2, 3].reduce(1, (product, x) => product * x)", "6"},
      {"[].reduce(null, (so_far, x) => x)", "null"},
      {"reduce(1, 2, (so_far, x) => x)", "error: `reduce` takes a list as `list`, got int"},
  });
  Calculator calculator;
  CHECK_THAT(calculator.work_out(R"([1, "a"].map(x => x + 1))"), Catch::StartsWith("error: "));
  CHECK_THAT(calculator.work_out(R"([1, "a"].reduce(0, (s, x) => s + x))"), Catch::StartsWith("error: "));
}

TEST_CASE("sort and sort_by") {
  check_all({
      {"[3, 1.5, 2].sort()", "[1.5,2,3]"},
      {R"(["b", "a", "ab"].sort())", R"(["a","ab","b"])"},
      {"[].sort()", "[]"},
      {"[1m, 5s].sort().first() == 5s", "true"},
      {R"([{ n: 2 }, { n: 1 }].sort_by(x => x.n))", R"([{"n":1},{"n":2}])"},
      {R"([[1, "a"], [0, "b"], [1, "c"], [0, "d"]].sort_by(x => x[0]).map(x => x[1]).join())", R"("bdac")"},
      {R"([1, "a"].sort())", "error: `sort` orders values of one kind, got int and string"},
      {"[null, 1].sort()", "error: `sort` orders numbers, strings, durations or timestamps, got null"},
      {"[{}].sort_by(x => x.n)",
       "error: `sort_by` orders numbers, strings, durations or timestamps, got null"},
      {"sort({})", "error: `sort` takes a list as `list`, got map"},
  });
}

TEST_CASE("group_by") {
  check_all({
      {R"([1, 2, 3].group_by(x => if x > 1 then "big" else "small"))", R"({"small":[1],"big":[2,3]})"},
      {"[1, 2, 1].group_by(x => x)", R"({"1":[1,1],"2":[2]})"},
      {"[{}].group_by(x => x.a)", R"({"null":[{}]})"},
      {"[].group_by(x => x)", "{}"},
      {"range(40).group_by(x => x % 20).len()", "20"},
      {"range(40).group_by(x => x % 20)[\"19\"]", "[19,39]"},
      {"[1].group_by(x => [])", "error: `group_by` takes a string, an int, a bool or null as key, got list"},
      {"group_by(1, x => x)", "error: `group_by` takes a list as `list`, got int"},
  });
}

TEST_CASE("slice, take, drop, first and last") {
  check_all({
      {"[1, 2, 3, 4].slice(1, 3)", "[2,3]"},
      {"[1, 2, 3, 4].slice(-2)", "[3,4]"},
      {"[1, 2, 3, 4].slice(0, -1)", "[1,2,3]"},
      {"[1, 2].slice(2)", "[]"},
      {"[1, 2].slice(-9223372036854775807 - 1, 9223372036854775807)", "[1,2]"},
      {R"([1].slice("a"))", "error: `slice` takes an int as `start`, got string"},
      {"[1, 2, 3].take(2)", "[1,2]"},
      {"[1, 2, 3].take(9)", "[1,2,3]"},
      {"[1, 2, 3].take(6 / 3)", "[1,2]"},
      {"[1].take(-1)", "error: `take` takes 0 or more as `count`, got -1; `slice` counts from the end"},
      {R"("abc".take(1))", "error: `take` takes a list as `list`, got string"},
      {"[1, 2, 3].drop(2)", "[3]"},
      {"[1].drop(5)", "[]"},
      {"[1].drop(null)", "error: `drop` takes an int as `count`, got null"},
      {"[4, 5].first()", "4"},
      {"[].first()", "null"},
      {"first(1)", "error: `first` takes a list as `list`, got int"},
      {"[4, 5].last()", "5"},
      {"[].last()", "null"},
      {"last(null)", "error: `last` takes a list as `list`, got null"},
      {"len([1, [2, 3]])", "2"},
  });
}

TEST_CASE("range") {
  check_all({
      {"range(3)", "[0,1,2]"},
      {"range(2, 5)", "[2,3,4]"},
      {"range(5, 0, -2)", "[5,3,1]"},
      {"range(0)", "[]"},
      {"range(-3)", "[]"},
      {"range(5, 2)", "[]"},
      {"range(0, 1, 5)", "[0]"},
      {"range(-9000000000000000000, 9000000000000000000, 5000000000000000000)",
       "[-9000000000000000000,-4000000000000000000,1000000000000000000,6000000000000000000]"},
      {"range(1, 2, 0)", "error: `range` takes a `step` other than 0"},
      {R"(range("3"))", "error: `range` takes an int as `end`, got string"},
      {"range(1.5)", "error: `range` takes a whole number as `end`, got 1.5"},
  });
}

TEST_CASE("reverse, distinct, flatten, zip and index_of") {
  check_all({
      {"[1, 2].reverse()", "[2,1]"},
      {"[].reverse()", "[]"},
      {"[2, 1, 2.0, 1].distinct()", "[2,1]"},
      {R"([{ a: 1, b: 2 }, { b: 2, a: 1 }, "x", null, null].distinct())", R"([{"a":1,"b":2},"x",null])"},
      {"[].distinct()", "[]"},
      {"range(1000).map(x => x % 7).distinct()", "[0,1,2,3,4,5,6]"},
      {"distinct(1)", "error: `distinct` takes a list as `list`, got int"},
      {"[[1, 2], 3, [[4]], []].flatten()", "[1,2,3,[4]]"},
      {"flatten(1)", "error: `flatten` takes a list as `list`, got int"},
      {R"(zip([1, 2], ["a", "b", "c"]))", R"([[1,"a"],[2,"b"]])"},
      {"zip([], [1])", "[]"},
      {"zip([1], 1)", "error: `zip` takes a list as `other`, got int"},
      {"[7, 8].index_of(8.0)", "1"},
      {"[7, 8].index_of(9)", "null"},
      {"[[1], [2]].index_of([2])", "1"},
  });
}

}  // namespace krules::test
