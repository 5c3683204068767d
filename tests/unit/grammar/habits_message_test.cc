#include <catch2/catch.hpp>

#include "parse_text.h"

using namespace krules;
using krules::test::errors_of;
using krules::test::Found;
using krules::test::parse_text;

// What authors write who think of another language: each is one error, with a help that fits.

namespace {

/// The only error of `text`, what is underlined, and a part of its help.
void check(const std::string& text, const Found& error, const std::string& underlined,
           const std::string& help) {
  INFO(text);
  const ParseResult result = parse_text(text);
  for (const auto& each : errors_of(result)) UNSCOPED_INFO(each);
  REQUIRE(result.diagnostics.size() == 1);
  CHECK(errors_of(result)[0] == error);
  CHECK(result.module.source->text(result.diagnostics[0].primary.where.span) == underlined);
  std::string helps;
  for (const std::string& each : result.diagnostics[0].helps) helps += each + "\n";
  CHECK_THAT(helps, Catch::Contains(help));
  CHECK_THAT(helps, !Catch::Contains("between two patterns") || Catch::Contains(help));
}

}  // namespace

TEST_CASE("habits: heads of rules") {
  check("rule a on x when subject.n == 1 then { }",
        {"K0100", 1, 33, "expected `{` and the body of the rule, found `then`"}, "then",
        "the body stands in braces");
  check("rule a on x when old is not null { }",
        {"K0100", 1, 22, "expected `{` and the body of the rule, found `is`"}, "is",
        "values are compared with `==` and `!=`");
  check("gate a on x when subject.n between 0 and 5 { stop }",
        {"K0100", 1, 28, "expected `{` and the body, found `between`"}, "between",
        "write both bounds: `x >= 0 and x <= 5`");
  check("rule a on x when payload.b not_in subject.c { }",
        {"K0100", 1, 28, "expected `{` and the body of the rule, found `not_in`"}, "not_in",
        "these are two words: `not in`");
  check("rule a on x when subject.n several { }",
        {"K0100", 1, 28, "expected `{` and the body of the rule, found `several`"}, "several",
        "goes on with an operator");
  check("rule a on x.y and x.z { }", {"K0100", 1, 15, "expected `{` and the body of the rule, found `and`"},
        "and", "one event fires a rule");
  check("rule a on x.y or x.z { }", {"K0100", 1, 15, "expected `{` and the body of the rule, found `or`"},
        "or", "between two patterns stands a comma");
  check("rule a on x.y x.z { }", {"K0100", 1, 15, "expected `{` and the body of the rule, found `x`"}, "x",
        "between two patterns stands a comma");
  check("rule a on changed on when new == true { }", {"K0111", 1, 19, "`on` is a word of the language"}, "on",
        "quote it: `on changed \"on\"`");
  check("rule r\u00fcckgabe on x { }",
        {"K0123", 1, 7, "the name of a rule has letters a to z, digits and `_`"}, "\u00fc",
        "write it without `\u00fc`");
  check("rule a every day { }", {"K0109", 1, 14, "`every` needs a duration, and `day` is none"}, "day",
        "write `every 1d`");
}

TEST_CASE("habits: statements") {
  check("on x { emit a.b { n: 1 } to \"user\" }", {"K0102", 1, 26, "expected a statement or `}`, found `to`"},
        "to", "`emit type { ... } on \"user-7\"`");
  check("on x { emit a.b { n: 1 } in 3d }", {"K0102", 1, 26, "expected a statement or `}`, found `in`"}, "in",
        "`emit type { ... } after 5m`");
  check("on x { emit a.b on depot:rome }", {"K0102", 1, 20, "the name of a subject stands in quotes"},
        "depot:rome", "write `on \"depot:rome\"`");
  check("on x { if subject.a like \"b*\" { } }", {"K0100", 1, 21, "expected `{`, found `like`"}, "like",
        "`matches \"home*\"`");
  check("on x { if subject.a matches home* { emit b } }", {"K0103", 1, 29, "a pattern stands in quotes"},
        "home*", "write `matches \"home*\"`");
  check("on x { if subject.a matches /home.*/ { emit b } }", {"K0103", 1, 29, "expected a value, found `/`"},
        "/", "`matches \"home*\"`");
  check("on x { for (b in payload.c) { set d = b } }", {"K0100", 1, 12, "expected a name, found `(`"}, "(",
        "`for x in list { ... }`");
  check("on x { delete(subject) }", {"K0116", 1, 14, "expected the name of a property, found `(`"}, "(",
        "`delete subject`");
  check("on x { let r = call http.get(\"http://a\") reply b }",
        {"K0103", 1, 16, "expected a value, found `call`"}, "call", "its answer is an event");
}

TEST_CASE("habits: values") {
  check("on x { set a = f(limit = 5) }", {"K0113", 1, 24, "an argument that is named has a colon"}, "=",
        "write `limit: ...`");
  check("use std.rate_limit(limit = 5, per: 1m) on x",
        {"K0113", 1, 26, "an argument that is named has a colon"}, "=", "write `limit: ...`");
  check("on x { set a = payload.b.map(c -> c) }", {"K0100", 1, 32, "expected `,` or `)`, found `->`"}, "->",
        "`x => ...`");
  check("on x { set a = payload.b.map(|c| c) }", {"K0103", 1, 30, "expected an argument, found `|`"}, "|",
        "`x => ...`");
  check("on x { set a = payload.b.map(lambda c: c) }", {"K0100", 1, 37, "expected `,` or `)`, found `c`"},
        "c", "`x => ...`");
  check("on x { emit y { a: f\"b\" } }", {"K0100", 1, 21, "expected `,` or `}`, found a string"}, "\"b\"",
        "a string has no letter before it");
  check("on x { emit y { cause name } }", {"K0100", 1, 23, "expected `,` or `}`, found `name`"}, "name",
        "an entry is a key, a colon and a value: `cause: ...`");
  check("on x { emit y { \"a\" = 3 } }", {"K0100", 1, 21, "expected `:` and a value, found `=`"}, "=",
        "an entry is a key, a colon and a value");
  check("test \"t\" { expect emitted y { book == \"b1\" } }",
        {"K0124", 1, 36, "expected `,` or `}`, found `==`"}, "==", "`book: \"b1\"`");
  check("test \"t\" { expect loan.begun { book: 1 } }",
        {"K0102", 1, 19, "an event is expected with the word `emitted`"}, "loan.begun",
        "write `expect emitted loan.begun { ... }`");
}

TEST_CASE("habits: a comma between two of what") {
  const auto comma = [](const std::string& text, const std::string& help) {
    INFO(text);
    const ParseResult result = parse_text(text);
    REQUIRE(result.diagnostics.size() == 1);
    CHECK(result.diagnostics[0].helps == std::vector<std::string>{help});
  };
  comma("on x { set a = [1 2] }", "a comma stands between two items of a list");
  comma("on x { set a = f(1 2) }", "a comma stands between two arguments");
  comma("on x { set a = { b: 1 c: 2 } }", "a comma stands between two entries of a map");
  comma("fn f(a b) = 1", "a comma stands between two parameters");
  comma("input x { a: int b: int }", "a comma stands between two fields");
}

TEST_CASE("habits: division of integers") {
  for (const std::string behind : {"1 }", "2 + 1 }", "payload.n }"}) {
    check("on x { set a = payload.b // " + behind + "\n", {"K0113", 1, 26, "`//` is written `div`"}, "//",
          "write `div`");
  }
  // A note at the end of a line.
  check("on x {\n set a = payload.b // five\n}", {"K0114", 2, 20, "`//` does not begin a comment"}, "//",
        "begins with `#`");
  check("on x {\n set a = 1 // the first, of many\n}", {"K0114", 2, 12, "`//` does not begin a comment"},
        "//", "`#`");
}

TEST_CASE("habits: what follows from one mistake is not told") {
  // The `}` is one of the rule, not of the string.
  check("on x {\n emit y { a: \"at most {b} }\n}", {"K0105", 2, 14, "this string is not closed on its line"},
        "\"at most {b} }", "end it with `\"`");
  for (const std::string word : {"function", "def", "let", "var"}) {
    const ParseResult result = parse_text(word + " fee(group) = 1\n");
    CHECK(result.module.unparsed == std::vector<std::string>{"fee"});
  }
}
