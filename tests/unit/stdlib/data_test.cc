#include <catch2/catch.hpp>
#include <cstdlib>

#include "calculator.h"

namespace krules::test {

TEST_CASE("json and parse_json") {
  check_all({
      {R"(json({ a: [1, 2.0, null, true], b: "x\n", c: 5m }))",
       R"("{\"a\":[1,2.0,null,true],\"b\":\"x\\n\",\"c\":\"5m\"}")"},
      {R"(json("a"))", R"("\"a\"")"},
      {R"(json(timestamp("2026-11-23")))", R"("\"2026-11-23T00:00:00Z\"")"},
      {R"(parse_json('{"a": [1, 2.0], "é": null}'))", R"({"a":[1,2.0],"é":null})"},
      {R"(parse_json(json({ a: { b: [] } })))", R"({"a":{"b":[]}})"},
      {R"(parse_json("17"))", "17"},
      {R"(parse_json("no", null))", "null"},
      {"parse_json(payload.x, {})", "{}"},
      {"parse_json(null)", "error: `parse_json` takes a string as `text`, got null"},
      {"parse_json(1, 2)", "error: `parse_json` takes a string as `text`, got int"},
  });
  Calculator calculator;
  CHECK_THAT(calculator.work_out(R"(parse_json('{"a":'))"),
             Catch::StartsWith(R"(error: `parse_json` got "{"a":": not valid JSON)"));
  CHECK_THAT(calculator.work_out(R"(parse_json(""))"), Catch::StartsWith("error: `parse_json` got \"\": "));
  CHECK_THAT(calculator.work_out(R"(parse_json("[".repeat(200) + "]".repeat(200)))"),
             Catch::StartsWith("error: `parse_json` got "));
}

TEST_CASE("base64") {
  check_all({
      {R"([base64(""), base64("k"), base64("kr"), base64("kru"), base64("né😀")])",
       R"(["","aw==","a3I=","a3J1","bsOp8J+YgA=="])"},
      {R"(["", "aw==", "a3I=", "a3J1", "bsOp8J+YgA==", "bsOp8J-YgA"].map(t => base64_decode(t)))",
       R"(["","k","kr","kru","né😀","né😀"])"},
      {R"(base64_decode("a3J"))", R"("kr")"},
      {R"(base64_decode("a"))", "error: `base64_decode` got \"a\", which is not base64"},
      {R"(base64_decode("a3="))", "error: `base64_decode` got \"a3=\", which is not base64"},
      {R"(base64_decode("a 3J1"))", "error: `base64_decode` got \"a 3J1\", which is not base64"},
      {R"(base64_decode("/w=="))", "error: `base64_decode` got bytes that are no text: they are not UTF-8"},
      {"base64(null)", "error: `base64` takes a string as `text`, got null"},
      {"base64_decode(1)", "error: `base64_decode` takes a string as `text`, got int"},
  });
}

TEST_CASE("url_encode and url_decode") {
  check_all({
      {R"(url_encode("a b&c/é~_-."))", R"("a%20b%26c%2F%C3%A9~_-.")"},
      {R"(url_encode(""))", R"("")"},
      {R"(url_decode("a%20b%26c%2f%C3%A9+"))", R"("a b&c/é+")"},
      {R"(url_decode(url_encode("né 😀%")))", R"("né 😀%")"},
      {R"(url_decode("%2"))", "error: `url_decode` takes two hexadecimal digits after %, got \"%2\""},
      {R"(url_decode("%zz"))", "error: `url_decode` takes two hexadecimal digits after %, got \"%zz\""},
      {R"(url_decode("%FF"))", "error: `url_decode` got bytes that are no text: they are not UTF-8"},
      {"url_encode(1)", "error: `url_encode` takes a string as `text`, got int"},
      {"url_decode(null)", "error: `url_decode` takes a string as `text`, got null"},
  });
}

// These numbers must never change: programs split their traffic by them.
TEST_CASE("hash is stable") {
  check_all({
      {R"(hash("user-7"))", "6408407981598671519"},
      {"hash(7)", "3981212122809158609"},
      {"hash([1, null, { a: true }])", "3427015568552198164"},
      {R"(hash_hex("user-7"))", R"("b1de7a364def053e")"},
      {"hash(1) == hash(1.0)", "true"},
      {R"(hash({ a: 1, b: 2 }) == hash({ b: 2, a: 1 }))", "true"},
      {R"(hash("1") == hash(1))", "false"},
      {"range(1000).all(i => hash(i) >= 0)", "true"},
      {"range(10000).map(i => hash(i)).distinct().len()", "10000"},
      {"len(hash_hex(null))", "16"},
  });
}

TEST_CASE("env reads what was granted") {
  REQUIRE(setenv("KRULES_TEST_REGION", "eu-south-1", 1) == 0);
  REQUIRE(unsetenv("KRULES_TEST_UNSET") == 0);
  Calculator calculator({"KRULES_TEST_REGION", "KRULES_TEST_UNSET"});
  REQUIRE(setenv("KRULES_TEST_REGION", "changed later", 1) == 0);
  check_all(calculator, {
                            {R"(env("KRULES_TEST_REGION"))", R"("eu-south-1")"},
                            {R"(env("KRULES_TEST_UNSET"))", "null"},
                            {R"(env("HOME"))",
                             "error: `env` may not read `HOME`; start with `--allow-env HOME` to grant it"},
                            {"env(1)", "error: `env` takes a string as `name`, got int"},
                            {"env(null)", "error: `env` takes a string as `name`, got null"},
                        });
}

TEST_CASE("env gives no bytes that are no text") {
  REQUIRE(setenv("KRULES_TEST_REGION", "a\xFFz", 1) == 0);
  Calculator calculator({"KRULES_TEST_REGION"});
  check_all(calculator,
            {{R"(env("KRULES_TEST_REGION"))",
              "error: the environment variable `KRULES_TEST_REGION` is no text: its bytes are not UTF-8"}});
}

}  // namespace krules::test
