#include <catch2/catch.hpp>

#include "rig.h"

using krules::test::complaint;
using krules::test::eval;
using krules::test::test;

TEST_CASE("arithmetic of ints") {
  CHECK(eval("payload.a + 2", R"({"a":3})") == "5");
  CHECK(eval("payload.a - payload.b", R"({"a":3,"b":5})") == "-2");
  CHECK(eval("2 * subject.total") == "6");
  CHECK(eval("7 / 2") == "3.5");
  CHECK(eval("payload.a / 2", R"({"a":8})") == "4.0");
  CHECK(eval("[7 div 2, -7 div 2, 7 div -2, -7 div -2]") == "[3,-4,-4,3]");
  CHECK(eval("[7 % 3, -7 % 3, 7 % -3, -7 % -3]") == "[1,2,-2,-1]");
  CHECK(eval("payload.a % 7", R"({"a":-1})") == "6");
  CHECK(eval("2 ** 10") == "1024");
  CHECK(eval("2 ** 3 ** 2") == "512");
  CHECK(eval("2 ** -1") == "0.5");
  CHECK(eval("-2 ** 2") == "-4");
  CHECK(eval("-payload.a", R"({"a":4})") == "-4");
  CHECK(eval("payload.a div 2 * 2 + payload.a % 2 == payload.a", R"({"a":-5})") == "true");
}

TEST_CASE("int arithmetic does not wrap around") {
  const std::string most = R"({"most":9223372036854775807,"least":-9223372036854775808})";
  CHECK(eval("payload.most + 1", most) == "overflow: `+` does not fit into 64 bits");
  CHECK(eval("payload.least - 1", most) == "overflow: `-` does not fit into 64 bits");
  CHECK(eval("payload.most * 2", most) == "overflow: `*` does not fit into 64 bits");
  CHECK(eval("payload.least div -1", most) == "overflow: `div` does not fit into 64 bits");
  CHECK(eval("payload.least % -1", most) == "0");
  CHECK(eval("-payload.least", most) == "overflow: `-` does not fit into 64 bits");
  CHECK(eval("payload.n ** 63", R"({"n":2})") == "overflow: `**` does not fit into 64 bits");
  CHECK(eval("payload.n ** 63", R"({"n":-2})") == "-9223372036854775808");
  CHECK(eval("payload.n ** 62", R"({"n":2})") == "4611686018427387904");
}

TEST_CASE("arithmetic of floats and mixtures") {
  CHECK(eval("payload.a + 1", R"({"a":0.5})") == "1.5");
  CHECK(eval("payload.a * payload.a", R"({"a":1.5})") == "2.25");
  CHECK(eval("payload.a % 1", R"({"a":-0.25})") == "0.75");
  CHECK(eval("payload.a div 2", R"({"a":-5.0})") == "-3");
  CHECK(eval("payload.a ** 0.5", R"({"a":4})") == "2.0");
  CHECK(eval("payload.a * 10", R"({"a":1e308})") == "overflow: the result of `*` is not a finite number");
  CHECK(eval("payload.a ** 0.5", R"({"a":-4})") == "overflow: the result of `**` is not a finite number");
  CHECK(eval("payload.a div 1", R"({"a":1e30})") == "overflow: `div` does not fit into 64 bits");
}

TEST_CASE("division by zero") {
  for (const std::string sign : {"/", "div", "%"}) {
    CHECK(eval("1 " + sign + " payload.a", R"({"a":0})") == "division by zero: division by zero");
    CHECK(eval("1.5 " + sign + " payload.a", R"({"a":0.0})") == "division by zero: division by zero");
  }
  CHECK(eval("payload.a ** -1", R"({"a":0})") == "division by zero: division by zero");
  CHECK(eval("payload.a ** -1", R"({"a":0.0})") == "division by zero: division by zero");
}

TEST_CASE("arithmetic of times") {
  CHECK(eval("5m + 30s") == "\"5m30s\"");
  CHECK(eval("5m - 6m") == "\"-1m\"");
  CHECK(eval("now() + 1h - now()") == "\"1h\"");
  CHECK(eval("1h + now() > now()") == "true");
  CHECK(eval("2 * 5m") == "\"10m\"");
  CHECK(eval("1s * 2 ** payload.n", R"({"n":3})") == "\"8s\"");
  CHECK(eval("5m * 0.5") == "\"2m30s\"");
  CHECK(eval("1h / 2") == "\"30m\"");
  CHECK(eval("1h / 30m") == "2.0");
  CHECK(eval("1h div 25m") == "2");
  CHECK(eval("1h % 25m") == "\"10m\"");
  CHECK(eval("-5m") == "\"-5m\"");
  CHECK(eval("now() + now()") == "kind: `+` does not take timestamp and timestamp");
  CHECK(eval("5m - now()") == "kind: `-` does not take duration and timestamp");
  CHECK(eval("payload.d + 1", R"({"d":{"$duration":"5m"}})") == "kind: `+` does not take duration and int");
  CHECK(eval("payload.d / 0", R"({"d":{"$duration":"5m"}})") == "division by zero: division by zero");
}

TEST_CASE("a moment beyond the calendar is a failure") {
  const std::string last = R"({"t":{"$timestamp":"9999-12-31T23:59:59.999999Z"}})";
  const std::string first = R"({"t":{"$timestamp":"0000-01-01T00:00:00Z"}})";
  CHECK(eval("payload.t", last) == "\"9999-12-31T23:59:59.999999Z\"");
  CHECK(eval("payload.t - 1us", last) == "\"9999-12-31T23:59:59.999998Z\"");
  CHECK(eval("payload.t + 1us", last) == "overflow: the result of `+` lies beyond the year 9999");
  CHECK(eval("1us + payload.t", last) == "overflow: the result of `+` lies beyond the year 9999");
  CHECK(eval("payload.t - -1us", last) == "overflow: the result of `-` lies beyond the year 9999");
  CHECK(eval("payload.t + 100000000d", last) == "overflow: the result of `+` lies beyond the year 9999");
  CHECK(eval("payload.t + 1us", first) == "\"0000-01-01T00:00:00.000001Z\"");
  CHECK(eval("payload.t - 1us", first) == "overflow: the result of `-` lies before the year 0");
  CHECK(eval("-1us + payload.t", first) == "overflow: the result of `+` lies before the year 0");
  CHECK(eval("payload.t - 100000000d", first) == "overflow: the result of `-` lies before the year 0");
  CHECK(eval("now() + payload.days * 1d", R"({"days":3000000})") ==
        "overflow: the result of `+` lies beyond the year 9999");
}

// Earlier versions stored them.
TEST_CASE("a moment beyond the calendar is read from a store and can be brought back") {
  CHECK(eval("payload.t", R"({"t":{"$timestamp":"010240-08-18T19:24:01.548853Z"}})") ==
        "\"010240-08-18T19:24:01.548853Z\"");
  CHECK(eval("payload.t - 3000000d", R"({"t":{"$timestamp":"010240-08-18T19:24:01.548853Z"}})") ==
        "\"2026-11-28T19:24:01.548853Z\"");
  CHECK(eval("payload.t - now() > 1000000d", R"({"t":{"$timestamp":"010240-08-18T19:24:01Z"}})") == "true");
  CHECK(eval("payload.t", R"({"t":{"$timestamp":"-0001-12-31T00:00:00Z"}})") == "\"-0001-12-31T00:00:00Z\"");
  CHECK(eval("payload.t + 1d", R"({"t":{"$timestamp":"-0001-12-31T00:00:00Z"}})") ==
        "\"0000-01-01T00:00:00Z\"");
  CHECK(eval("payload.t", R"({"t":{"$timestamp":"-012345-12-31T00:00:00Z"}})") ==
        "\"-012345-12-31T00:00:00Z\"");
}

TEST_CASE("text and lists can be added") {
  CHECK(eval("'ab' + 'cd'") == "\"abcd\"");
  CHECK(eval("payload.a + 'a text that does not fit inside'", R"({"a":"x"})") ==
        "\"xa text that does not fit inside\"");
  CHECK(eval("[1] + subject.list") == "[1,1,2,3]");
  CHECK(eval("'a' + payload.n", R"({"n":1})") ==
        "kind: `+` does not take string and int: put text together with \"{a}{b}\"");
}

TEST_CASE("arithmetic refuses other kinds") {
  CHECK(eval("payload.x + 1") == "kind: `+` does not take null and int: give a value for null with `?? 0`");
  CHECK(eval("1 - subject.nothing") ==
        "kind: `-` does not take int and null: give a value for null with `?? 0`");
  CHECK(eval("subject.name_text * 2") == "kind: `*` does not take string and int");
  CHECK(eval("payload.x / 2", R"({"x":true})") == "kind: `/` does not take bool and int");
  CHECK(eval("payload.x % 2", R"({"x":[1]})") == "kind: `%` does not take list and int");
  CHECK(eval("-payload.x", R"({"x":"a"})") == "kind: `-` takes a number or a duration, got string");
}

TEST_CASE("order") {
  CHECK(test("payload.a < 2", R"({"a":1})") == "holds");
  CHECK(test("payload.a <= 1 and payload.a >= 1", R"({"a":1})") == "holds");
  CHECK(test("payload.a > 1", R"({"a":1.5})") == "holds");
  CHECK(test("1 < payload.a", R"({"a":1.0})") == "does not hold");
  CHECK(test("payload.a < payload.b", R"({"a":"abc","b":"abd"})") == "holds");
  CHECK(test("subject.total > 2") == "holds");
  CHECK(test("5m < 1h") == "holds");
  CHECK(test("now() <= now()") == "holds");
  // Exact, where a float would round: 2^53 + 1 against 2^53.
  CHECK(test("payload.a > payload.b", R"({"a":9007199254740993,"b":9007199254740992.0})") == "holds");
}

TEST_CASE("order refuses different kinds") {
  CHECK(test("payload.x < 1") ==
        "kind: `<` does not compare null with int: give a value for null with `?? 0`");
  CHECK(test("subject.total >= 'a'") == "kind: `>=` does not compare int with string");
  CHECK(test("payload.a > payload.a", R"({"a":true})") == "kind: `>` does not compare bool with bool");
  CHECK(test("payload.a <= payload.a", R"({"a":[1]})") == "kind: `<=` does not compare list with list");
}

TEST_CASE("equality goes by content") {
  CHECK(test("payload.a == 1", R"({"a":1.0})") == "holds");
  CHECK(test("1 == payload.a", R"({"a":1})") == "holds");
  CHECK(test("payload.a == 1", R"({"a":true})") == "does not hold");
  CHECK(test("payload.a != 1", R"({"a":"1"})") == "holds");
  CHECK(test("payload.a == null") == "holds");
  CHECK(test("payload.a == payload.b", R"({"a":[1,{"x":2}],"b":[1.0,{"x":2}]})") == "holds");
  CHECK(test("payload.a == 'short'", R"({"a":"short"})") == "holds");
  CHECK(test("payload.a == 'short'", R"({"a":"a text that is longer than that"})") == "does not hold");
  CHECK(test("payload.a == 'a text that is longer'", R"({"a":"a text that is longer"})") == "holds");
  CHECK(test("payload.a != 'a text that is longer'", R"({"a":"a text that is longe!"})") == "holds");
  CHECK(test("subject.name_text == 'abc'") == "holds");
  CHECK(test("not (subject.name_text == 'abc')") == "does not hold");
}

TEST_CASE("in") {
  CHECK(test("payload.a in [1, 2]", R"({"a":2.0})") == "holds");
  CHECK(test("payload.a in ['x', 'y']", R"({"a":"y"})") == "holds");
  CHECK(test("payload.a not in ['x', 'y']", R"({"a":"y"})") == "does not hold");
  CHECK(test("not (payload.a in ['x', 'y'])", R"({"a":"z"})") == "holds");
  CHECK(test("3 in subject.list") == "holds");
  CHECK(test("'a' in payload", R"({"a":null})") == "holds");
  CHECK(test("1 in payload", R"({"1":null})") == "does not hold");
  CHECK(test("'ell' in payload.a", R"({"a":"hello"})") == "holds");
  CHECK(test("payload.x in payload.a", R"({"a":"hello"})") == "does not hold");
  CHECK(test("1 in payload.x") == "does not hold");
  CHECK(test("1 not in payload.x") == "holds");
  CHECK(test("1 in payload.a", R"({"a":"hello"})") == "kind: `in` looks for a string in a string, got int");
  CHECK(test("1 in payload.a", R"({"a":5})") == "kind: `in` takes a list, a map or a string, got int");
}

TEST_CASE("matches") {
  CHECK(test("payload.a matches 'device:*'", R"({"a":"device:7"})") == "holds");
  CHECK(test("payload.a matches payload.p", R"({"a":"device:7","p":"d*7"})") == "holds");
  CHECK(test("payload.a matches 'x*'") == "does not hold");
  CHECK(test("payload.a matches 'x*'", R"({"a":1})") == "kind: `matches` takes a string, got int");
  CHECK(test("'a' matches payload.a", R"({"a":1})") == "kind: `matches` takes a pattern (a string), got int");
  CHECK(test("event matches 'test.*'") == "holds");
}

TEST_CASE("and, or and not do not depend on the order of their sides") {
  // T: true, F: false, N: null, E: an error.
  const std::map<char, std::string> side = {
      {'T', "payload.t"}, {'F', "payload.f"}, {'N', "payload.n"}, {'E', "payload.t < 1"}};
  const std::string payload = R"({"t":true,"f":false})";
  const std::string failed = "kind: `<` does not compare bool with int";
  const auto join = [&](char a, const std::string& op, char b) {
    return test("(" + side.at(a) + ") " + op + " (" + side.at(b) + ")", payload);
  };
  for (const char a : {'T', 'F', 'N', 'E'}) {
    for (const char b : {'T', 'F', 'N', 'E'}) {
      const auto is_false = [](char c) { return c == 'F' || c == 'N'; };
      const std::string both = is_false(a) || is_false(b) ? "does not hold"
                               : a == 'E' || b == 'E'     ? failed
                                                          : "holds";
      const std::string either = a == 'T' || b == 'T'   ? "holds"
                                 : a == 'E' || b == 'E' ? failed
                                                        : "does not hold";
      INFO(a << " " << b);
      CHECK(join(a, "and", b) == both);
      CHECK(join(a, "or", b) == either);
    }
  }
  CHECK(test("not payload.t", payload) == "does not hold");
  CHECK(test("not payload.f", payload) == "holds");
  CHECK(test("not payload.n", payload) == "holds");
  CHECK(test("not (payload.t < 1)", payload) == failed);
  CHECK(test("not (payload.x or payload.t < 1)", payload) == failed);
  CHECK(test("payload.t < 1 and payload.t and payload.f", payload) == "does not hold");
  CHECK(test("payload.f or payload.t < 1 or payload.t", payload) == "holds");
}

TEST_CASE("conditions take bools and null") {
  CHECK(test("payload.x") == "does not hold");
  CHECK(test("payload.x", R"({"x":1})") == "kind: a condition takes a bool, got int");
  CHECK(test("payload.x and true", R"({"x":"yes"})") == "kind: a condition takes a bool, got string");
  CHECK(test("not payload.x", R"({"x":[]})") == "kind: a condition takes a bool, got list");
  CHECK(eval("if payload.x then 1 else 2") == "2");
  CHECK(eval("if payload.x then 1 else 2", R"({"x":3})") == "kind: a condition takes a bool, got int");
  CHECK(eval("payload.x and payload.x") == "false");
}

TEST_CASE("coalescing") {
  CHECK(eval("payload.x ?? 5") == "5");
  CHECK(eval("payload.x ?? 5", R"({"x":false})") == "false");
  CHECK(eval("payload.x ?? 0 + 1 < 3") == "true");
  CHECK(eval("payload.x ?? payload.y ?? 'z'") == "\"z\"");
  CHECK(eval("payload.x ?? 5", R"({"x":0})") == "0");
  CHECK(eval("(1 / payload.x) ?? 5", R"({"x":0})") == "division by zero: division by zero");
}

TEST_CASE("long chains") {
  std::string any = "payload.a == 0";
  for (int i = 1; i < 400; ++i) any += " or payload.a == " + std::to_string(i);
  CHECK(test(any, R"({"a":399})") == "holds");
  CHECK(test(any, R"({"a":400})") == "does not hold");
}

TEST_CASE("what is constant is computed when rules are loaded, and refused when it can only fail") {
  CHECK(complaint("1 + 'a' == 2") ==
        "K0216 1:27 this can only fail: `+` does not take int and string: put text together with \"{a}{b}\"");
  CHECK(complaint("1 / 0 > 1") == "K0216 1:27 this can only fail: division by zero");
  CHECK(complaint("payload.a < -9223372036854775808 - 1") ==
        "K0216 1:39 this can only fail: `-` does not fit into 64 bits");
  CHECK(complaint("lower(1) == 'a'") ==
        "K0216 1:27 this can only fail: `lower` takes a string as `text`, got int");
}
