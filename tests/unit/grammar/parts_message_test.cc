#include <catch2/catch.hpp>

#include "parse_text.h"

using namespace krules;
using krules::test::errors_of;
using krules::test::Found;
using krules::test::parse_text;

namespace {

/// The only error of `text`, and a part of its help.
void check(const std::string& text, const Found& error, const std::string& help) {
  INFO(text);
  const ParseResult result = parse_text(text);
  for (const auto& each : errors_of(result)) UNSCOPED_INFO(each);
  REQUIRE(result.diagnostics.size() == 1);
  CHECK(errors_of(result)[0] == error);
  std::string helps;
  for (const std::string& each : result.diagnostics[0].helps) helps += each + "\n";
  CHECK_FALSE(helps.empty());
  CHECK_THAT(helps, Catch::Contains(help));
}

}  // namespace

TEST_CASE("near misses of the words of these parts") {
  check("middlewear guard on * { next }", {"K0101", 1, 1, "expected a declaration, found `middlewear`"},
        "did you mean `middleware`?");
  check("gat limit on api.* { stop }", {"K0101", 1, 1, "expected a declaration, found `gat`"},
        "did you mean `gate`?");
  check("moduel x { }", {"K0101", 1, 1, "expected a declaration, found `moduel`"}, "`module`");
  check("rule a evry 5m { }", {"K0128", 1, 8, "expected `on` and what fires the rule, found `evry`"},
        "did you mean `every`?");
  check("test \"a\" {\n  gven \"s\" { }\n  send x\n}",
        {"K0102", 2, 3, "expected a step of the test or `}`, found `gven`"}, "did you mean `given`?");
  check("on x { expect y == 1 }", {"K0127", 1, 8, "`expect` is a step of a test, not a statement of a rule"},
        "tests stand beside the rules");
  check("let x = 1", {"K0101", 1, 1, "expected a declaration, found `let`"}, "`const name = ...`");
  check("given \"s\" { }", {"K0101", 1, 1, "`given` stands outside of a test"}, "in its braces");
}

TEST_CASE("slips: clocks") {
  check("rule a every { stop }", {"K0100", 1, 14, "expected a duration, found `{`"}, "write `every 5m`");
  check("rule a every 5 { stop }", {"K0109", 1, 14, "`every` needs a duration, and this is a plain number"},
        "write `every 5s`");
  check("rule a every 5 hours { stop }",
        {"K0109", 1, 14, "`every` needs a duration, and this is a plain number"}, "write `every 5h`");
  check("rule a every \"5m\" { stop }", {"K0109", 1, 14, "`every` needs a duration, and this is a string"},
        "write `every 5m`");
  check("rule a at 0 3 * * * { }", {"K0100", 1, 11, "expected the times in quotes, found `0`"},
        "\"0 3 * * *\" in \"Europe/Rome\"");
  check("rule a at \"0 3 * * *\" in Europe/Rome { }", {"K0100", 1, 26, "a time zone stands in quotes"},
        "write `in \"Europe/Rome\"`");
  check("rule a on x every 5m at \"1\" { }",
        {"K0120", 1, 13, "a rule waits for events or for the clock, not for both"}, "two rules");
  check("rule a every 5m on x { }",
        {"K0120", 1, 17, "a rule waits for events or for the clock, not for both"}, "two rules");
}

TEST_CASE("slips: timers and calls") {
  check("on x { set a = 1 after 5m }", {"K0120", 1, 18, "`set` has no `after`"},
        "emit reminder.due after 5m");
  check("on x { emit a key \"off\" }",
        {"K0120", 1, 15, "`key` names a timer, and without `after` there is none"}, "after 5m key \"off\"");
  check("on x { emit a after 90 seconds set x = 1 }",
        {"K0109", 1, 21, "`after` needs a duration, and this is a plain number"}, "write `after 90s`");
  check("on x { emit a after 5m after 6m }", {"K0119", 1, 24, "`after` is given twice"}, "keep one");
  check("on x { emit a timeout 5s }", {"K0120", 1, 15, "`emit` has no `timeout`"}, "call http.post(...)");
  check("on x { after 5m emit y }", {"K0120", 1, 8, "`after` belongs behind an `emit`"}, "at the end");
  check("on x { reply a.b }", {"K0120", 1, 8, "`reply` belongs behind a `call`"}, "at the end");
  check("on x { cancel \"k\" with { a: 1 } }", {"K0120", 1, 19, "`cancel` has no `with`"}, "emit");
  check("on x { call http.post }", {"K0100", 1, 23, "expected `(` and the arguments, found `}`"},
        "call http.post(");
  check("on x { call http.post(1) backoff 1s }",
        {"K0120", 1, 26, "`backoff` is the pause between tries, and without `retry` there is one"},
        "write `retry 3 backoff 1s`");
  check("on x { call http.post(1) direct }", {"K0120", 1, 26, "`call` has no `direct`"},
        "`set` and `delete`");
  check("on x { call http.post(1) reply a.* }",
        {"K0117", 1, 32, "`reply` needs one event type, `a.*` is a pattern"}, "reply \"alert.{kind}\"");
  check("on x { http.post(1) }", {"K0127", 1, 8, "`http` is not a statement of a rule"}, "call http.post(");
}

TEST_CASE("slips: middleware, gates, modules, use") {
  check("on x { next }", {"K0130", 1, 8, "`next` has a meaning in middleware alone"}, "middleware name on *");
  check("gate g on * { next }", {"K0130", 1, 15, "a gate has no `next`: where it ends, the event goes on"},
        "`stop` drops");
  check("middleware on * { next }", {"K0100", 1, 12, "expected a name, found `on`"}, "middleware name on *");
  check("middleware rate-limit on * { next }",
        {"K0123", 1, 12, "the name of middleware or a gate has letters, digits and `_`, not `-`"},
        "`rate_limit`");
  check("gate m every 5m { stop }",
        {"K0120", 1, 8, "`every` fires rules alone; middleware and gates run where events do"}, "rule name");
  check("gate m on * when x stop", {"K0100", 1, 20, "expected `{` and the body, found `stop`"}, "in braces");
  check("middleware m(a, a) { next }", {"K0119", 1, 17, "the parameter `a` is declared twice"}, "keep one");
  check("module m { param a: int = 3 }", {"K0130", 1, 12, "`param` cannot stand in a module"},
        "parameters of its own");
  check("module m { module n { rule r on x { } } }", {"K0130", 1, 12, "`module` cannot stand in a module"},
        "put it outside");
  check("use on *", {"K0100", 1, 5, "expected the name of what is used, found `on`"}, "use std.rate_limit(");
  check("use std.x on y let z = 1", {"K0100", 1, 16, "expected a declaration, found `let`"}, "`use` has no");
  check("secret k = \"x\"", {"K0100", 1, 10, "expected a declaration, found `=`"}, "from the environment");
}

TEST_CASE("slips: tests") {
  check("test ships { }", {"K0100", 1, 6, "expected the name of the test in quotes, found `ships`"},
        "test \"an order ships\"");
  check("test \"a{b}\" { }", {"K0107", 1, 6, "the name of a test is fixed text, it cannot interpolate"},
        "`\\{`");
  check("test \"a\" { emit x }", {"K0127", 1, 12, "`emit` is not a step of a test"}, "send order.submitted");
  check("test \"a\" { wait 5s }", {"K0127", 1, 12, "`wait` is not a step of a test"}, "advance 2s");
  check("test \"a\" { given \"s\" }", {"K0100", 1, 22, "expected the properties, a map, found `}`"},
        "{ total: 10 }");
  check("test \"a\" { send a on \"s\" { x: 1 } }",
        {"K0125", 1, 26, "the payload stands directly behind the event type"}, "write `send type");
  check("test \"a\" { send a param b = 1 }",
        {"K0130", 1, 19, "a parameter has its value from the start of the test on"},
        "before the other steps");
  check("test \"a\" { expect emitted a times 2 times 3 }", {"K0119", 1, 37, "`times` is given twice"}, "one");
  check("test \"a\" {\n  send a { x: 1\n  expect y\n}", {"K0104", 3, 3, "`{` is not closed before `expect`"},
        "missing `}`");
}
