#include <catch2/catch.hpp>
#include <set>
#include <string>

#include "calculator.h"
#include "krules/parser.h"
#include "krules/stdlib.h"

namespace krules::test {

TEST_CASE("Every function is described: kinds, one line, an example") {
  const std::set<std::string, std::less<>> kinds = {"any",    "bool",   "int",      "float",
                                                    "number", "string", "duration", "timestamp",
                                                    "list",   "map",    "lambda",   "null"};
  auto known = [&](std::string_view text) {
    for (size_t at = 0; at <= text.size();) {
      const size_t end = std::min(text.find('|', at), text.size());
      if (!kinds.contains(text.substr(at, end - at))) return false;
      at = end + 1;
    }
    return true;
  };
  const Calculator calculator;
  CHECK(calculator.functions().all().size() > 100);
  for (const FunctionSpec* spec : calculator.functions().all()) {
    INFO(spec->name);
    CHECK(spec->function != nullptr);
    CHECK_FALSE(spec->category.empty());
    CHECK_FALSE(spec->summary.empty());
    CHECK(spec->summary.find('\n') == std::string::npos);
    CHECK(spec->summary.back() != '.');
    CHECK(spec->example.find(spec->name) != std::string::npos);
    CHECK(known(spec->result));
    std::set<std::string> names;
    bool optional = false;
    for (const ParameterSpec& parameter : spec->parameters) {
      CHECK(known(parameter.kinds));
      CHECK(names.insert(parameter.name).second);
      CHECK_FALSE(is_reserved_word(parameter.name));
      // What may be left out stands at the end.
      CHECK((parameter.optional || !optional));
      optional = optional || parameter.optional;
    }
  }
}

TEST_CASE("Every example gives what it says") {
  REQUIRE(setenv("REGION", "eu", 1) == 0);
  Calculator calculator({"REGION"});
  for (const FunctionSpec* spec : calculator.functions().all()) {
    const size_t comment = spec->example.rfind("  # ");
    INFO(spec->example);
    REQUIRE(comment != std::string::npos);
    const std::string result =
        calculator.work_out(spec->example.substr(0, comment), "{}", JsonStyle::kTagged);
    CHECK_THAT(result, !Catch::StartsWith("error"));
    CHECK(result == calculator.work_out(spec->example.substr(comment + 4), "{}", JsonStyle::kTagged));
  }
}

TEST_CASE("What `krules doc` prints") {
  Calculator calculator;
  CHECK(describe_function(calculator.functions(), "nothing") == std::nullopt);
  CHECK(describe_function(calculator.functions(), "round") ==
        "round(number: number [, digits: int]) -> int|float\n"
        "  the nearest whole number, or the nearest with so many decimal digits; halves away from zero\n"
        "\n"
        "  [round(2.5), round(2.675, 2)]  # [3, 2.68]\n");
  CHECK(*describe_function(calculator.functions(), "pick") ==
        "pick(map: map, keys: string|list, ...) -> map\n"
        "  these keys (several, or a list) of the map alone\n"
        "\n"
        "  { a: 1, b: 2, c: 3 }.pick(\"c\", \"a\", \"z\")  # { c: 3, a: 1 }\n");
  CHECK_THAT(*describe_function(calculator.functions(), "starts_with"),
             Catch::Contains("starts_with(text: string [, part: string|list] [, all: list]) -> bool") &&
                 Catch::Contains("False when the first argument is null."));
  CHECK_THAT(*describe_function(calculator.functions(), "now"), Catch::StartsWith("now() -> timestamp\n"));

  const std::string all = describe_functions(calculator.functions());
  CHECK_THAT(all, Catch::StartsWith("strings\n  contains(") && Catch::EndsWith("\n"));
  for (const FunctionSpec* spec : calculator.functions().all()) {
    CHECK_THAT(all, Catch::Contains("\n  " + function_signature(*spec) + "  "));
    CHECK_THAT(all, Catch::Contains("\n" + spec->category + "\n  ") || Catch::StartsWith(spec->category));
  }
}

TEST_CASE("A function of the embedder's stays in the place of a built-in one") {
  FunctionTable functions;
  REQUIRE(functions.add(
      {.name = "upper",
       .category = "own",
       .parameters = {},
       .result = "int",
       .summary = "",
       .example = "",
       .function = [](CallContext&, std::span<const Value>, const void*) { return Value::integer(7); }}));
  add_standard_functions(functions);
  CHECK(functions.find("upper")->category == "own");
  CHECK(functions.find("lower")->category == "strings");
}

}  // namespace krules::test
