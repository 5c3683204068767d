#include <catch2/catch.hpp>

#include "calculator.h"

namespace krules::test {

TEST_CASE("int") {
  check_all({
      {R"(int("12"))", "12"},
      {R"(int(" -12 "))", "-12"},
      {R"(int("+5"))", "5"},
      {"int(3.0)", "3"},
      {"int(-3.9)", "-3"},
      {"int(7)", "7"},
      {R"(int("9223372036854775807"))", "9223372036854775807"},
      {R"(int("9223372036854775808"))",
       "error: `int` got \"9223372036854775808\", which does not fit in 64 bits"},
      {"int(1e30)", "error: `int` got 1e+30, which does not fit in 64 bits"},
      {R"(int("3.7"))",
       "error: `int` takes a whole number, got \"3.7\"; `int(float(s))` cuts the fraction off"},
      {R"(int("twelve"))", "error: `int` takes a whole number, got \"twelve\""},
      {R"(int(""))", "error: `int` takes a whole number, got \"\""},
      {R"(int("0x10"))", "error: `int` takes a whole number, got \"0x10\""},
      {R"(int("n/a", 0))", "0"},
      {R"(int(payload.x, -1))", "-1"},
      {R"(int(true, null))", "null"},
      {"int(null)", "error: `int` takes a number or string as `value`, got null"},
      {"int(true)", "error: `int` takes a number or string as `value`, got bool"},
      {"int(5m)",
       "error: `int` takes a number or string, got duration; `seconds(d)` or `milliseconds(d)` makes it a "
       "number"},
      {"int(now())", "error: `int` takes a number or string, got timestamp; `to_unix(t)` makes it a number"},
  });
}

TEST_CASE("float, number and bool") {
  check_all({
      {R"(float("2.5"))", "2.5"},
      {R"(float("1e3"))", "1000.0"},
      {"float(2)", "2.0"},
      {R"(float("inf"))", "error: `float` takes a number, got \"inf\""},
      {R"(float("nan"))", "error: `float` takes a number, got \"nan\""},
      {R"(float("1e999"))", "error: `float` got \"1e999\", which does not fit in 64 bits"},
      {R"(float("x", 0.5))", "0.5"},
      {"float([])", "error: `float` takes a number or string as `value`, got list"},
      {R"(number("7"))", "7"},
      {R"(number("7.0"))", "7.0"},
      {R"(number(" 1e2"))", "100.0"},
      {"number(2.5)", "2.5"},
      {R"(number("seven"))", "error: `number` takes a number, got \"seven\""},
      {R"(number("seven", null))", "null"},
      {R"(number("99999999999999999999"))",
       "error: `number` got \"99999999999999999999\", which does not fit in 64 bits"},
      {"number({})", "error: `number` takes a number or string as `value`, got map"},
      {R"(bool("true"))", "true"},
      {R"(bool("false"))", "false"},
      {"bool(true)", "true"},
      {R"(bool("yes"))", "error: `bool` takes \"true\" or \"false\", got \"yes\""},
      {R"(bool("yes", false))", "false"},
      {"bool(1)", "error: `bool` takes a bool or string as `value`, got int"},
  });
}

TEST_CASE("string gives what interpolation gives") {
  check_all({
      {"string(1h30m)", R"("1h30m")"},
      {"string(null)", R"("null")"},
      {"string(2.0)", R"("2.0")"},
      {R"(string("a"))", R"("a")"},
      {"string([1, { a: null }])", R"("[1,{\"a\":null}]")"},
      {R"(string(timestamp("2026-11-23")))", R"("2026-11-23T00:00:00Z")"},
  });
}

TEST_CASE("duration and timestamp") {
  check_all({
      {R"(duration("90m") == 1h30m)", "true"},
      {R"(duration(5s) == 5s)", "true"},
      {R"(duration("soon"))", "error: `duration` takes a text such as \"1h30m\", got \"soon\""},
      {R"(duration("soon", 1s) == 1s)", "true"},
      {"duration(5)", "error: `duration` takes a string, got int; a number times a unit is one: `n * 1s`"},
      {"duration(5, 1s) == 1s", "true"},
      {"duration([])", "error: `duration` takes a string as `value`, got list"},
      {R"(timestamp("2026-11-23T22:30:00+01:00"))", R"("2026-11-23T21:30:00Z")"},
      {R"(timestamp("2026-11-23"))", R"("2026-11-23T00:00:00Z")"},
      {"timestamp(now()) == now()", "true"},
      {R"(timestamp("9999-12-31T23:59:59.999999Z"))", R"("9999-12-31T23:59:59.999999Z")"},
      {R"(timestamp("9999-12-31T23:59:60Z", null))", "null"},
      {R"(timestamp("9999-12-31T23:59:59-01:00", null))", "null"},
      {R"(timestamp("0000-01-01T00:00:00+01:00", null))", "null"},
      {R"(timestamp("010000-01-01T00:00:00Z", null))", "null"},
      {R"(timestamp("-0001-01-01T00:00:00Z", null))", "null"},
      {R"(timestamp("yesterday"))",
       "error: `timestamp` takes a date and time such as \"2026-11-23T21:30:00Z\", got \"yesterday\"; "
       "`parse_time` reads other forms"},
      {R"(timestamp("2026-02-30", null))", "null"},
      {"timestamp(1700000000)",
       "error: `timestamp` takes a string, got int; `from_unix(n)` takes seconds since 1970"},
      {"timestamp(null)", "error: `timestamp` takes a string as `value`, got null"},
  });
}

TEST_CASE("kind and the tests of kinds") {
  check_all({
      {R"([kind(null), kind(true), kind(1), kind(1.0), kind("")])",
       R"(["null","bool","int","float","string"])"},
      {R"([kind(1s), kind(now()), kind([]), kind({})])", R"(["duration","timestamp","list","map"])"},
      {"[is_null(null), is_null(payload.x), is_null(0)]", "[true,true,false]"},
      {"[is_bool(false), is_bool(null)]", "[true,false]"},
      {"[is_int(1), is_int(1.0)]", "[true,false]"},
      {"[is_float(1.0), is_float(1)]", "[true,false]"},
      {R"([is_number(1), is_number(1.5), is_number("1"), is_number(null)])", "[true,true,false,false]"},
      {R"([is_string(""), is_string(1)])", "[true,false]"},
      {R"([is_duration(1s), is_duration("1s")])", "[true,false]"},
      {R"([is_timestamp(now()), is_timestamp("2026-11-23")])", "[true,false]"},
      {"[is_list([]), is_list({})]", "[true,false]"},
      {"[is_map({}), is_map([])]", "[true,false]"},
  });
}

}  // namespace krules::test
