#include <catch2/catch.hpp>
#include <set>

#include "krules/codes.h"
#include "parse_text.h"

using namespace krules;
using krules::test::errors_of;
using krules::test::Found;
using krules::test::parse_text;

namespace {

/// What is expected of one broken text: the first error, all of it.
struct Case {
  std::string text;
  Found error;
  std::string underlined;
  std::string help;  ///< a part of the helps; empty: there is none
};

void check(const Case& c) {
  INFO(c.text);
  const ParseResult result = parse_text(c.text);
  for (const auto& error : errors_of(result)) UNSCOPED_INFO(error);
  REQUIRE(result.diagnostics.size() == 1);
  CHECK(errors_of(result)[0] == c.error);
  const Diagnostic& diagnostic = result.diagnostics[0];
  CHECK(result.module.source->text(diagnostic.primary.where.span) == c.underlined);
  std::string helps;
  for (const std::string& help : diagnostic.helps) helps += help + "\n";
  if (c.help.empty()) {
    CHECK(helps.empty());
  } else {
    CHECK_THAT(helps, Catch::Contains(c.help));
  }
}

/// The same within the body of a rule: line and column count from the statement.
void check_body(const std::string& statement, const Found& error, const std::string& underlined,
                const std::string& help) {
  Found moved = error;
  ++moved.line;
  check({"on x.y {\n" + statement + "\n}\n", moved, underlined, help});
}

}  // namespace

TEST_CASE("slips: targets") {
  check_body("set subject.total = 1",
             {"K0116", 1, 5, "the target is named without `subject`: it is the rule's own subject"},
             "subject.total", "write `set total = ...`");
  check_body("set subject[\"cpu-load\"] = 1",
             {"K0116", 1, 5, "the target is named without `subject`: it is the rule's own subject"},
             "subject[\"cpu-load\"]", "write `set \"cpu-load\" = ...`");
  check_body("set subject(\"u\").tier = 1",
             {"K0116", 1, 5, "another subject is named behind the value, with `on`"}, "subject(\"u\").tier",
             "write `set tier = ... on \"u\"`");
  check_body("set subject(f(a, \")\")).ext.k = 1",
             {"K0116", 1, 5, "another subject is named behind the value, with `on`"},
             "subject(f(a, \")\")).ext.k", "write `set ext.k = ... on f(a, \")\")`");
  check_body("delete subject.total",
             {"K0116", 1, 8, "the target is named without `subject`: it is the rule's own subject"},
             "subject.total", "write `delete total`");
  check_body("set subject = 1", {"K0116", 1, 5, "`subject` alone names no property"}, "subject",
             "set total = 1");
  check_body("set ext = 1", {"K0116", 1, 5, "`ext` alone names no property"}, "ext", "`ext.name`");
  check_body("set cpu-load = 3", {"K0116", 1, 5, "`cpu-load` is not a plain name"}, "cpu-load",
             "set \"cpu-load\" = ...");
  check_body("set x == 3", {"K0116", 1, 7, "`==` compares, it does not set"}, "==", "write `=`");
  check_body("set x: 3", {"K0116", 1, 6, "expected `=` and a value, found `:`"}, ":", "write `=`");
  check_body("set x to 3", {"K0116", 1, 7, "expected `=` and a value, found `to`"}, "to", "write `=`");
  check_body("set x++", {"K0116", 1, 6, "krules has no `++`"}, "++", "write `set name += 1`");
  check_body("set x /= 2", {"K0116", 1, 7, "krules has no `/=`"}, "/=", "set name = subject.name / ...");
  check_body("set a[\"x{i}\"] = 2", {"K0116", 1, 7, "the path of a target is fixed text"}, "\"x{i}\"",
             "compute");
  check_body("set 3 = 2", {"K0116", 1, 5, "expected the name of a property, found `3`"}, "3", "");
}

TEST_CASE("slips: emit") {
  check_body("emit device.*", {"K0117", 1, 6, "`emit` needs one event type, `device.*` is a pattern"},
             "device.*", "emit \"alert.{kind}\"");
  check_body("emit a.b on \"x\" { y: 1 }",
             {"K0125", 1, 17, "the payload stands directly behind the event type"}, "{",
             "write `emit type { ... } on S`");
  check_body("emit a.b with m { y: 1 }",
             {"K0125", 1, 17, "the payload stands directly behind the event type"}, "{", "payload");
  check_body("emit set", {"K0111", 1, 6, "`set` is a word of the language"}, "set", "quote it: `\"set\"`");
  check_body("emit changed", {"K0111", 1, 6, "`changed` is a word of the language"}, "changed", "quote it");
  check_body("emit a.b.", {"K0117", 1, 6, "`a.b.` cannot end in `.`"}, "a.b.", "quote it: `\"a.b.\"`");
  check_body("emit (x)", {"K0117", 1, 6, "expected an event type, found `(`"}, "(", "emit \"{expression}\"");
  check_body("emit { a: 1 }", {"K0117", 1, 6, "expected an event type, found `{`"}, "{",
             "the type comes before the payload");
  check_body("emit .x", {"K0117", 1, 6, "an event type does not begin with `.`"}, ".", "quote");
  check_body("emit\nset x = 1", {"K0100", 2, 1, "expected an event type or a name, found `set`"}, "set",
             "quote it");
  check_body("emit a.b muted", {"K0120", 1, 10, "`emit` has no `muted`"}, "muted",
             "belongs to `set` and `delete`");
  check_body("emit a.b { x: 1 } 3", {"K0102", 1, 19, "expected a statement or `}`, found `3`"}, "3",
             "begins with its own word");
}

TEST_CASE("slips: clauses") {
  check_body("set a = 1 muted muted", {"K0119", 1, 17, "`muted` is given twice"}, "muted", "keep one");
  check_body("set a = 1 on \"x\" on \"y\"", {"K0119", 1, 18, "`on` is given twice"}, "on \"y\"", "keep one");
  check_body("set a = 1 from 3", {"K0120", 1, 11, "`from` belongs to `+=`, `-=`, `*=` and `++=`"}, "from 3",
             "`=` needs none");
  check_body("delete a from 3", {"K0120", 1, 10, "`delete` has no `from`"}, "from", "set count += 1 from 0");
  check_body("stop muted", {"K0120", 1, 6, "`muted` belongs behind a `set`, `delete` or `emit`"}, "muted",
             "at the end");
  check_body("set { a: 1, ...b }",
             {"K0124", 1, 13, "`set { ... }` names each property itself, it takes no `...`"}, "...b",
             "set data = payload");
  check_body("set { \"a{b}\": 1 }", {"K0124", 1, 7, "the names in `set { ... }` are fixed text"}, "\"a{b}\"",
             "by itself");
  check_body("set a = 1 with 3", {"K0100", 1, 16, "expected a map, found `3`"}, "3", "{ key: value }");
}

TEST_CASE("slips: operators of other languages are mended") {
  check_body("set a = b && c", {"K0113", 1, 11, "`&&` is written `and`"}, "&&", "write `and`");
  check_body("set a = b || c", {"K0113", 1, 11, "`||` is written `or`"}, "||", "write `or`");
  check_body("set a = !b", {"K0113", 1, 9, "`!` is written `not`"}, "!", "write `not`");
  check_body("if a = b { stop }", {"K0113", 1, 6, "`=` does not compare"}, "=", "write `==`");
  check_body("set a = b ? c : d", {"K0113", 1, 11, "expected a statement or `}`, found `?`"}, "?",
             "if c then a else b");
  check_body("set a = b & c", {"K0113", 1, 11, "expected a statement or `}`, found `&`"}, "&",
             "no operators on bits");
  check_body("set a = b === c", {"K0113", 1, 13, "expected a value, found `=`"}, "=", "`==`");
  check_body("set a = +1", {"K0103", 1, 9, "expected a value, found `+`"}, "+", "leave out the `+`");
  check_body("set a = x => x", {"K0100", 1, 11, "expected a statement or `}`, found `=>`"}, "=>",
             "only as an argument");
}

TEST_CASE("slips: comparisons and operands") {
  check_body("set q = a < b < c", {"K0112", 1, 15, "comparisons cannot be chained"}, "<",
             "write `a < b and b < ...`");
  check_body("set q = a == b != c", {"K0112", 1, 16, "comparisons cannot be chained"},
             "!=", "`a == b and b != ...`");
  check_body("set x = 1 + if a then b else c", {"K0126", 1, 13, "an `if` among operands needs parentheses"},
             "if", "(if c then a else b)");
  check_body("set x = a == not b", {"K0126", 1, 14, "`not` needs parentheses here"}, "not", "(not ...)");
  check_body("set x = a ?? not b", {"K0126", 1, 14, "`not` needs parentheses here"}, "not", "(not ...)");
  check_body("set x = a not b", {"K0100", 1, 15, "expected `in` behind this `not`, found `b`"}, "b",
             "`not in`");
  check_body("set x = on", {"K0103", 1, 9, "expected a value, found `on`"}, "on", "subject.on");
  check_body("set x = $y", {"K0103", 1, 9, "expected a value, found `$`"}, "$", "names stand without signs");
  check_body("set x = a. + 1", {"K0100", 1, 12, "expected a name behind the dot, found `+`"}, "+",
             "[\"cpu-load\"]");
}

TEST_CASE("slips: choices") {
  check_body("set r = if a { b } else { c }", {"K0100", 1, 14, "expected `then`, found `{`"}, "{",
             "if c then a else b");
  check_body("set r = if a then b", {"K0100", 2, 1, "expected `else`, found `}`"}, "}", "says both");
  check_body("set r = if a thn b else c", {"K0100", 1, 14, "expected `then`, found `thn`"}, "thn",
             "did you mean `then`?");
  check_body("set r = match x { }", {"K0100", 1, 19, "expected an arm such as `\"a\" -> 1`, found `}`"}, "}",
             "literals or constants");
  check_body("set r = match x { 1 => 2 }", {"K0113", 1, 21, "expected `->` and a value, found `=>`"}, "=>",
             "write `->`");
  check_body("set r = match x { \"a{b}\" -> 2 }",
             {"K0107", 1, 19, "a pattern of `match` is a constant, it cannot interpolate"}, "\"a{b}\"",
             "compare");
}

TEST_CASE("slips: strings") {
  check_body("set s = \"a \\q\"", {"K0106", 1, 12, "unknown escape `\\q`"}, "\\q", "the escapes are");
  check_body("set s = \"\\u{110000}\"", {"K0106", 1, 10, "`\\u{110000}` is not a character"}, "\\u{110000}",
             "\\u{1F600}");
  check_body("set s = \"\\u0041\"", {"K0106", 1, 10, "`\\u` is not a character"}, "\\u", "\\u{1F600}");
  check_body("set s = \"\\u{D800}\"", {"K0106", 1, 10, "`\\u{D800}` is not a character"}, "\\u{D800}",
             "hexadecimal");
  check_body("set s = \"a {} b\"", {"K0107", 1, 13, "this interpolation is empty"}, "}", "`\\{` and `\\}`");
  check_body("set s = \"a } b\"", {"K0107", 1, 12, "a `}` of the text is written `\\}`"}, "}",
             "single quotes");
  check_body("set s = \"{x:.2f}\"", {"K0107", 1, 12, "expected `}`, found `:`"}, ":", "there are no formats");
  check_body("set s = \"abc", {"K0105", 1, 9, "this string is not closed on its line"}, "\"abc",
             "end it with `\"`");
  check_body("set s = 'abc", {"K0105", 1, 9, "this string is not closed on its line"}, "'abc",
             "end it with `'`");
  check_body("set s = \"a {b", {"K0105", 1, 9, "this string is not closed on its line"}, "\"a {b", "end it");
  check_body("set s = \"a {b +\n c}\"",
             {"K0107", 1, 9, "a string stays on one line, what it interpolates too"}, "\"a {b +", "`let`");
  check_body(
      "set s = \xE2\x80\x9C"
      "a\xE2\x80\x9D",
      {"K0100", 1, 9, "`\xE2\x80\x9C` is not a quote of the language"}, "\xE2\x80\x9C", "strings stand in");
}

TEST_CASE("slips: numbers") {
  check_body("set i = 9223372036854775808", {"K0108", 1, 9, "this number does not fit in 64 bits"},
             "9223372036854775808", "9223372036854775807");
  check_body("set i = 1__0", {"K0108", 1, 9, "`1__0` is not a number"}, "1__0", "between two digits");
  check_body("set i = 0x1F", {"K0108", 1, 9, "`0x1F` is not a number"}, "0x1F", "decimal");
  check_body("set i = 10.0.0.1", {"K0108", 1, 9, "`10.0.0.1` is not a number"}, "10.0.0.1", "quote it");
  check_body("set i = .5", {"K0108", 1, 9, "a number begins with a digit"}, ".", "write `0.5`");
  check_body("set i = 1e999", {"K0108", 1, 9, "this number is too large for a float"}, "1e999", "1.8e308");
  check_body("set d = 5min", {"K0109", 1, 9, "`min` is not a unit of time"}, "5min", "did you mean `m`?");
  check_body("set d = 5m1h",
             {"K0109", 1, 9, "the units of a duration go from the largest to the smallest, each once"},
             "5m1h", "1h30m");
  check_body("set d = 5m3", {"K0109", 1, 9, "a duration ends in a unit"}, "5m3", "1h30m");
  check_body("set d = 999999999999d",
             {"K0109", 1, 9, "this duration does not fit in 64 bits of whole microseconds"}, "999999999999d",
             "1h30m");
  check_body("set d = 1.0000001s",
             {"K0109", 1, 9, "this duration does not fit in 64 bits of whole microseconds"}, "1.0000001s",
             "1h30m");
}

TEST_CASE("slips: maps, lists and calls") {
  check_body("set m = { a b }", {"K0100", 1, 13, "expected `,` or `}`, found `b`"}, "b",
             "a comma stands between");
  check_body("set m = { f(x) }", {"K0124", 1, 11, "this entry of the map has no name"}, "f(x)",
             "`name: f(x)`");
  check_body("set m = { 1: 2 }", {"K0124", 1, 11, "expected an entry of the map, found `1`"}, "1",
             "key: value");
  check_body("set m = { \"a\" 2 }", {"K0100", 1, 15, "expected `:` and a value, found `2`"}, "2",
             "an entry is a key, a colon and a value");
  check_body("set m = { a.b = 2 }", {"K0124", 1, 15, "expected `,` or `}`, found `=`"}, "=",
             "an entry is a key, a colon and a value: `b: 2`");
  check_body("set m = [1 2]", {"K0100", 1, 12, "expected `,` or `]`, found `2`"}, "2",
             "a comma stands between");
  check_body("set m = f(1 2)", {"K0100", 1, 13, "expected `,` or `)`, found `2`"}, "2",
             "a comma stands between");
  check_body("set m = (1 2)", {"K0100", 1, 12, "expected `)`, found `2`"}, "2", "");
  check_body("set m = [1,\nset y = 2", {"K0103", 2, 1, "expected an item, found `set`"}, "set",
             "word of the language");
  check_body("set m = [1\nset y = 2", {"K0104", 2, 1, "`[` is not closed before `set`"}, "set",
             "missing `]`");
}

TEST_CASE("slips: statements") {
  check_body("emitt foo.bar", {"K0102", 1, 1, "expected a statement or `}`, found `emitt`"}, "emitt",
             "did you mean `emit`?");
  check_body("emit a.b\nsett z = 3", {"K0102", 2, 1, "expected a statement or `}`, found `sett`"}, "sett",
             "did you mean `set`?");
  check_body("set a = 1 mutd", {"K0102", 1, 11, "expected a statement or `}`, found `mutd`"}, "mutd",
             "did you mean `muted`?");
  check_body("total = 3", {"K0102", 1, 1, "a statement begins with its own word"}, "total",
             "`set total = ...`");
  check_body("subject(\"u\").x += 3", {"K0102", 1, 1, "a statement begins with its own word"},
             "subject(\"u\").x", "`set x = ... on \"u\"`");
  check_body("while true { }", {"K0127", 1, 1, "`while` is not a statement of a rule"}, "while",
             "every rule ends");
  check_body("return", {"K0127", 1, 1, "`return` is not a statement of a rule"}, "return",
             "`stop` ends a rule");
  check_body("if a { } elif b { }", {"K0127", 1, 10, "`elif` is written `else if`"}, "elif", "else if");
  check_body("if a { } elsif b { } else { }", {"K0127", 1, 10, "`elsif` is written `else if`"}, "elsif",
             "else if");
  check_body("else { }", {"K0102", 1, 1, "this `else` has no `if`"}, "else", "directly behind");
  check_body("if a then { stop }", {"K0100", 1, 6, "expected `{`, found `then`"}, "then", "braces");
  check_body("if a: stop", {"K0100", 1, 5, "expected `{`, found `:`"}, ":", "braces");
  check_body("set x = 1;", {"K0115", 1, 10, "krules has no `;`"}, ";", "remove it");
  check_body("set x = 1 // c", {"K0114", 1, 11, "`//` does not begin a comment"}, "//", "`#`");
  check_body("set x = 1 /* a\n b */ set y = 2", {"K0114", 1, 11, "`/*` does not begin a comment"}, "/*",
             "`#`");
  check_body("set a = 1, b = 2", {"K0102", 1, 10, "expected a statement or `}`, found `,`"}, ",",
             "set { a: 1, b: 2 }");
  check_body("log warning \"x\"", {"K0100", 1, 5, "`warning` is not a log level"}, "warning",
             "did you mean `warn`?");
  check_body("log \"x\"", {"K0100", 1, 5, "expected a log level, found a string"}, "\"x\"", "log info");
  check_body("fail", {"K0103", 2, 1, "expected a reason, found `}`"}, "}", "say why");
  check_body("try { }", {"K0100", 2, 1, "expected `catch`, found `}`"}, "}", "catch err");
  check_body("try { } catch { }", {"K0100", 1, 15, "expected a name for the error, found `{`"}, "{",
             "catch err");
  check_body("for x of y { }", {"K0100", 1, 7, "expected `in` and a list or map, found `of`"}, "of",
             "for x in list");
  check_body("let key = 3", {"K0111", 1, 5, "`key` is a word of the language and cannot be a name"}, "key",
             "`key_`");
  check_body("let 3 = 3", {"K0123", 1, 5, "a name does not begin with a digit"}, "3", "letter");
}

TEST_CASE("slips: heads of rules") {
  check({"rule b on x.y wehn z { }",
         {"K0100", 1, 15, "expected `{` and the body of the rule, found `wehn`"},
         "wehn",
         "did you mean `when`?"});
  check({"rule b on x.y if z { }",
         {"K0100", 1, 15, "expected `{` and the body of the rule, found `if`"},
         "if",
         "`when ...`"});
  check({"rule b on x.y set z = 1",
         {"K0100", 1, 15, "expected `{` and the body of the rule, found `set`"},
         "set",
         "braces"});
  check({"rule ship-order on x {}",
         {"K0123", 1, 6, "the name of a rule has letters, digits and `_`, not `-`"},
         "ship-order",
         "write `ship_order`"});
  check({"rule c { stop }",
         {"K0128", 1, 8, "expected `on` and what fires the rule, found `{`"},
         "{",
         "rule name on order.submitted"});
  check({"rule on x { stop }",
         {"K0111", 1, 6, "`on` is a word of the language and cannot be a name"},
         "on",
         "choose another"});
  check({"rule a on when { stop }",
         {"K0111", 1, 11, "`when` is a word of the language"},
         "when",
         "quote it: `\"when\"`"});
  check({"rule a on a. { stop }", {"K0117", 1, 11, "`a.` cannot end in `.`"}, "a.", "quote it"});
  check({"rule a on x.y//z { stop }", {"K0114", 1, 14, "`//` does not begin a comment"}, "//", "`#`"});
  check({"rule a on \"x{y}\" { stop }",
         {"K0107", 1, 11, "a pattern is fixed text, it cannot interpolate"},
         "\"x{y}\"",
         "`when`"});
  check({"rule a on \"\" { stop }", {"K0117", 1, 11, "an empty pattern matches nothing"}, "\"\"", "`*`"});
  check({"rule a on changed cpu, order.submitted { }",
         {"K0118", 1, 24, "`order.submitted` has a dot, and a list of properties has plain names"},
         "order.submitted",
         "begin another group: `on order.submitted`"});
  check({"rule a on b.c allow cycle \"x\" allow cycle \"y\" { }",
         {"K0119", 1, 31, "`allow cycle` is given twice"},
         "allow cycle \"y\"",
         "keep one"});
  check({"rule a on b.c allow \"x\" { }",
         {"K0100", 1, 21, "expected `cycle`, found a string"},
         "\"x\"",
         "allow cycle"});
  check({"rule a on chnaged cpu { }",
         {"K0100", 1, 19, "expected `{` and the body of the rule, found `cpu`"},
         "cpu",
         "did you mean `changed`?"});
  check({"rule a on x.y z.w { }",
         {"K0100", 1, 15, "expected `{` and the body of the rule, found `z`"},
         "z",
         "stands a comma"});
  check({"rule sweep throttle 5m { stop }",
         {"K0110", 1, 12, "`throttle` is not yet part of krules"},
         "throttle",
         "later"});
  check({"on held subject.x > 3 for 5m { stop }",
         {"K0110", 1, 4, "`held` is not yet part of krules"},
         "held",
         "later"});
}

TEST_CASE("slips: declarations") {
  check({"ruel a on x.y { }",
         {"K0101", 1, 1, "expected a declaration, found `ruel`"},
         "ruel",
         "did you mean `rule`?"});
  check(
      {"def f(x) { }", {"K0101", 1, 1, "expected a declaration, found `def`"}, "def", "`fn name(x) = ...`"});
  check({"set x = 1", {"K0101", 1, 1, "`set` stands outside of a rule"}, "set", "in the body of a rule"});
  check({"} ", {"K0101", 1, 1, "this `}` closes nothing"}, "}", "remove it"});
  check({"fn f(x) { x }",
         {"K0100", 1, 9, "expected `=` and the body of the function, found `{`"},
         "{",
         "one expression"});
  check({"fn f = 1", {"K0100", 1, 6, "expected `(` and the parameters, found `=`"}, "=", "fn name()"});
  check({"param d = 3", {"K0100", 1, 9, "expected `:` and a kind, found `=`"}, "=", "debug: bool"});
  check({"param d: boolean", {"K0100", 1, 10, "`boolean` is not a kind"}, "boolean", "did you mean `bool`?"});
  check({"input x.y { total: nmber }",
         {"K0100", 1, 20, "`nmber` is not a kind"},
         "nmber",
         "did you mean `number`?"});
  check({"input x.y { a: int, a: int }",
         {"K0119", 1, 21, "the field `a` is declared twice"},
         "a: int",
         "keep one"});
  check({"metric count orders", {"K0110", 1, 1, "`metric` is not yet part of krules"}, "metric", "later"});
  check({"const on = 3",
         {"K0111", 1, 7, "`on` is a word of the language and cannot be a name"},
         "on",
         "choose another"});
  check(
      {"const gr\xC3\xB6\xC3\x9F"
       "e = 3",
       {"K0100", 1, 9, "expected `=` and the value, found `\xC3\xB6`"},
       "\xC3\xB6",
       "const limit"});
}

TEST_CASE("what was left open points at where it was opened") {
  const ParseResult result = parse_text("rule a on x.y {\n  set q = f(1,\n    [2, 3\n");
  REQUIRE(result.diagnostics.size() == 1);
  const Diagnostic& error = result.diagnostics[0];
  CHECK(errors_of(result)[0] == Found{"K0104", 4, 1, "`[` is not closed before the end of the file"});
  REQUIRE(error.related.size() == 1);
  CHECK(error.related[0].text == "opened here");
  CHECK(result.module.source->text(error.related[0].where.span) == "[");
  const ParseResult wrong = parse_text("const a = (1 + 2]");
  REQUIRE(wrong.diagnostics.size() == 1);
  CHECK(errors_of(wrong)[0] == Found{"K0100", 1, 17, "expected `)`, found `]`"});
  REQUIRE(wrong.diagnostics[0].related.size() == 1);
}

TEST_CASE("text that is not UTF-8 is an error at each place") {
  const auto errors = errors_of("const a = \"x\xFF\xFEy\"\n# \xC3\nconst b = 1\n");
  REQUIRE(errors.size() == 2);
  CHECK(errors[0] == Found{"K0122", 1, 13, "this is not valid UTF-8"});
  CHECK(errors[1] == Found{"K0122", 2, 3, "this is not valid UTF-8"});
}

TEST_CASE("columns count code points behind tabs and 4-byte characters, with every line end") {
  CHECK(errors_of("on x.y {\r\n\tset s = \"\xF0\x9F\x98\x80\" )\r\n}").at(0) ==
        Found{"K0102", 2, 14, "expected a statement or `}`, found `)`"});
  CHECK(errors_of("\xEF\xBB\xBF)").at(0).column == 1);
}

TEST_CASE("every code has a meaning of its own, in order") {
  std::set<std::string_view> seen;
  std::string_view last;
  for (const auto& [code, meaning] : codes::kSyntax) {
    CHECK(last < code);
    CHECK(seen.insert(meaning).second);
    last = code;
  }
}
