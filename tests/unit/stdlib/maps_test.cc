#include <catch2/catch.hpp>

#include "calculator.h"

namespace krules::test {

TEST_CASE("keys, values and entries keep the map's order") {
  check_all({
      {"{ b: 1, a: 2 }.keys()", R"(["b","a"])"},
      {"{}.keys()", "[]"},
      {R"({ "a key longer than fourteen bytes": 1 }.keys())", R"(["a key longer than fourteen bytes"])"},
      {"keys([])", "error: `keys` takes a map as `map`, got list"},
      {"{ b: 1, a: 2 }.values()", "[1,2]"},
      {"values(null)", "error: `values` takes a map as `map`, got null"},
      {"{ a: 1, b: null }.entries()", R"([{"key":"a","value":1},{"key":"b","value":null}])"},
      {"{ a: 1, b: 2 }.entries().filter(e => e.value > 1).map(e => e.key)", R"(["b"])"},
      {"entries(1)", "error: `entries` takes a map as `map`, got int"},
      {"{ a: 1, b: 2 }.entries().from_entries()", R"({"a":1,"b":2})"},
      {R"([{ key: "a", value: 1 }, { key: "a", value: 2 }, { key: "b" }].from_entries())",
       R"({"a":2,"b":null})"},
      {"[].from_entries()", "{}"},
      {"[{ key: 1 }].from_entries()",
       "error: `from_entries` takes a list of maps { key: string, value: any }, got an item that is a map "
       "without "
       "such a key"},
      {"[1].from_entries()",
       "error: `from_entries` takes a list of maps { key: string, value: any }, got an item that is int"},
      {"from_entries({})", "error: `from_entries` takes a list as `list`, got map"},
  });
}

TEST_CASE("with, without, pick and merge") {
  check_all({
      {R"({ a: 1 }.with("b", 2))", R"({"a":1,"b":2})"},
      {R"({ a: 1, b: 1 }.with("a", null))", R"({"a":null,"b":1})"},
      {"{ a: 1 }.with({ b: 2, a: 3 })", R"({"a":3,"b":2})"},
      {"{}.with({})", "{}"},
      {R"({}.with("a"))", "error: `with` takes a map (or a name and its value) as `name`, got string"},
      {"{}.with(1)", "error: `with` takes a string or map as `name`, got int"},
      {"{}.with(1, 2)", "error: `with` takes a string as `name`, got int"},
      {R"([].with("a", 1))", "error: `with` takes a map as `map`, got list"},
      {R"({ a: 1, b: 2, c: 3 }.without("a", "c"))", R"({"b":2})"},
      {R"({ a: 1, b: 2, c: 3 }.without(["a", "c"]))", R"({"b":2})"},
      {R"({ a: 1 }.without("x"))", R"({"a":1})"},
      {R"({ a: 1 }.without("a"))", "{}"},
      {"{}.without(1)", "error: `without` takes a string or list as `keys`, got int"},
      {R"({}.without("a", [1]))", "error: `without` takes a list of strings as `keys`, got int"},
      {R"({ a: 1, b: 2, c: 3 }.pick("c", "a", "z"))", R"({"c":3,"a":1})"},
      {R"({ a: 1 }.pick([]))", "{}"},
      {R"(pick([], "a"))", "error: `pick` takes a map as `map`, got list"},
      {R"({}.pick(null))", "error: `pick` takes a string or list as `keys`, got null"},
      {"merge({ a: 1, b: 1 }, { b: 2 }, { c: 3 })", R"({"a":1,"b":2,"c":3})"},
      {"merge({}, {})", "{}"},
      {"merge({}, null)", "error: `merge` takes a map as `other`, got null"},
  });
}

TEST_CASE("Maps with many entries") {
  const std::string many = R"(range(100).map(i => { "key": "k{i}", value: i }).from_entries())";
  const std::vector<std::pair<std::string, std::string>> sums = {
      {".len()", "100"},
      {R"(.get("k42"))", "42"},
      {R"(.pick("k99", "k0"))", R"({"k99":99,"k0":0})"},
      {R"(.without(range(98).map(i => "k{i}")))", R"({"k98":98,"k99":99})"},
      {R"(.with("k7", null).get("k7", 1))", "null"},
  };
  Calculator calculator;
  for (const auto& [expression, result] : sums) CHECK(calculator.work_out(many + expression) == result);
}

TEST_CASE("has_key and get") {
  check_all({
      {R"({ a: null }.has_key("a"))", "true"},
      {R"({ a: null }.has_key("b"))", "false"},
      {"{}.has_key(1)", "error: `has_key` takes a string as `name`, got int"},
      {R"(has_key(null, "a"))", "error: `has_key` takes a map as `map`, got null"},
      {R"({ a: 1 }.get("a", 0))", "1"},
      {R"({ a: 1 }.get("b", 0))", "0"},
      {R"({ a: 1 }.get("b"))", "null"},
      {R"({ a: null }.get("a", 0))", "null"},
      {R"(payload.x.get("a", 0))", "0"},
      {"[7, 8].get(1)", "8"},
      {"[7, 8].get(-1)", "8"},
      {"[7, 8].get(2, 0)", "0"},
      {"[7, 8].get(-3, 0)", "0"},
      {R"([7].get("a"))", "error: `get` takes an int as `name`, got string"},
      {"{}.get(1)", "error: `get` takes a string as `name`, got int"},
      {"get(1, 2)", "error: `get` takes a map or list as `map`, got int"},
  });
}

}  // namespace krules::test
