#include <catch2/catch.hpp>
#include <set>

#include "krules/program_codes.h"
#include "rig.h"

using krules::test::Rig;
using Lines = std::vector<std::string>;

namespace {

Lines messages(const std::string& text, std::map<std::string, std::string> parameters = {}) {
  return Rig(text, std::move(parameters)).messages();
}

/// Of a rule on `a`, whose body begins on line 2.
Lines in_body(const std::string& body) {
  return messages("rule r on a {\n" + body + "\n}");
}

std::string first(const Lines& lines) {
  return lines.empty() ? "" : lines[0];
}

}  // namespace

TEST_CASE("a program without mistakes has no messages") {
  CHECK(in_body("let x = payload.a\nset b = x").empty());
}

TEST_CASE("unknown names") {
  CHECK(first(in_body("set b = paylod.x")) == "K0200 2:9 unknown name `paylod` | did you mean `payload`?");
  CHECK(
      first(in_body("set b = ready")) ==
      "K0200 2:9 unknown name `ready` | a text stands in quotes: \"ready\"; a property is `subject.ready`, a "
      "field of the event's data `payload.ready`");
  CHECK(first(in_body("let total = 1\nset b = totl")).find("did you mean `total`?") != std::string::npos);
  CHECK(first(messages("const limit = 1\nrule r on a when payload.x > limt { }"))
            .find("did you mean `limit`?") != std::string::npos);
  CHECK(first(in_body("set b = lower")) ==
        "K0200 2:9 `lower` is a function, not a value | call it: `lower(...)`");
  CHECK(first(messages("fn f() = 1\nrule r on a { set b = f }")) ==
        "K0200 2:23 `f` is a function, not a value | call it: `f(...)`");
}

TEST_CASE("locals out of reach") {
  CHECK(first(in_body("set b = x\nlet x = 1")) ==
        "K0207 2:9 `x` is used before it is declared | move the `let` up");
  CHECK(first(in_body("if payload.a { let x = 1 }\nset b = x")) ==
        "K0207 3:9 `x` exists only inside the block that declares it | declare it before the block");
  CHECK(first(in_body("set b = payload.l.map(i => i)\nset c = i")) ==
        "K0207 3:9 `i` exists only inside the block that declares it | declare it before the block");
  CHECK(first(messages("rule r on a when n > 1 let n = payload.n { }")) ==
        "K0207 1:18 `n` is used before it is declared | move the `let` up");
}

TEST_CASE("calls that do not fit their function") {
  CHECK(first(in_body("set b = lowr('A')")) == "K0201 2:9 unknown function `lowr` | did you mean `lower`?");
  CHECK(first(in_body("set b = payload.x.lowr()")) ==
        "K0201 2:19 unknown function `lowr` | did you mean `lower`?");
  CHECK(first(messages("fn band(x) = x\nrule r on a { set b = bnd(1) }")) ==
        "K0201 2:23 unknown function `bnd` | did you mean `band`?");
  CHECK(first(in_body("let n = 1\nset b = n(2)")) ==
        "K0201 3:9 `n` is a value, not a function | read it without `( )`");
  CHECK(first(in_body("set b = payload.props()")) ==
        "K0201 2:17 unknown function `props` | `subject.props()` gives all properties of a subject");
  CHECK(first(in_body("set b = round()")) ==
        "K0202 2:9 `round` needs an argument `x` | its parameters are `round(x: number, digits?: int)`");
  CHECK(first(in_body("set b = round(1, 2, 3)")) ==
        "K0202 2:9 `round` takes 1 to 2 arguments, got 3 | its parameters are `round(x: number, digits?: "
        "int)`");
  CHECK(first(in_body("set b = lower('a', 'b')")) ==
        "K0202 2:9 `lower` takes 1 argument, got 2 | its parameters are `lower(text: string)`");
  CHECK(first(messages("fn f(x, y) = x\nrule r on a { set b = f(1) }")) ==
        "K0202 2:23 `f` needs an argument `y` | its parameters are `f(x, y)`");
  CHECK(first(in_body("set b = round(1, digts: 2)")) ==
        "K0203 2:18 `round` has no parameter `digts` | did you mean `digits`? | its parameters are `round(x: "
        "number, "
        "digits?: int)`");
  CHECK(first(in_body("set b = round(1, x: 2)")) ==
        "K0203 2:18 `round` gets `x` twice | its parameters are `round(x: number, digits?: int)`");
  CHECK(first(in_body("set b = subject('a', 'b').c")) ==
        "K0202 2:9 `subject` takes one name | `subject(\"user-7\").tier`");
}

TEST_CASE("lambdas stand where a function takes them") {
  CHECK(first(in_body("set b = lower(x => x)")) ==
        "K0210 2:15 `lower` takes no lambda as `text` | its parameters are `lower(text: string)`");
  CHECK(first(in_body("set b = payload.l.map(3)")) ==
        "K0210 2:23 `map` takes a lambda as `f` | such as `x => x.value`; its parameters are `map(list: "
        "list, f: lambda)`");
  CHECK(first(messages("fn f(x) = x\nrule r on a { set b = f(x => x) }")) ==
        "K0210 2:25 a lambda stands here, where no function takes one | lambdas are arguments of functions "
        "over lists: "
        "`readings.map(r => r.value)`");
}

TEST_CASE("names declared twice") {
  Rig two(std::vector<Rig::File>{{"a.krules", "rule r on a { }\nconst c = 1"},
                                 {"b.krules", "fn c() = 2\nrule r on b { }"}});
  CHECK(
      two.messages() ==
      Lines{"K0204 1:4 `c` is declared twice | all files of a program share their names: choose another one",
            "K0204 2:6 the rule `r` is declared twice | all files of a program share their names: choose "
            "another one"});
  CHECK(two.result.diagnostics[0].primary.where.source->name() == "b.krules");
  REQUIRE(two.result.diagnostics[0].related.size() == 1);
  CHECK(two.result.diagnostics[0].related[0].where.source->name() == "a.krules");
  CHECK(first(messages("input a { x: int }\ninput a")) == "K0204 2:7 the input `a` is declared twice");
  CHECK(first(messages("output a, b\noutput b")) == "K0204 2:8 the output `b` is declared twice");
  CHECK(first(messages("const payload = 1")) ==
        "K0205 1:7 `payload` is a built-in name | choose another name");
  CHECK(first(messages("fn lower(x) = x")) ==
        "K0205 1:4 `lower` is a built-in function | choose another name");
  CHECK(first(in_body("let event = 1")) == "K0205 2:5 `event` is a built-in name | choose another name");
  CHECK(first(in_body("let x = 1\nfor x in [1] { }")) ==
        "K0206 3:5 `x` is declared already | a local is never reassigned: choose another name");
  CHECK(first(messages("const limit = 1\nrule r on a { let limit = 2 }")) ==
        "K0206 2:19 `limit` is a const of the program | choose another name");
  CHECK(in_body("if payload.a { let x = 1 } else { let x = 2 }\nlet lower = 'a'\nset b = lower.lower()")
            .empty());
}

TEST_CASE("event types that cannot be meant") {
  CHECK(first(in_body("let kind = 'a'\nemit kind")) ==
        "K0208 3:6 `kind` is a local, but a bare event type is taken as it is written | for the value of "
        "`kind` write "
        "`emit \"{kind}\"` | for the type `kind` itself write `emit \"kind\"`");
  CHECK(first(in_body("let order = payload\nemit order.kind")).find("emit \"{order.kind}\"") !=
        std::string::npos);
  CHECK(first(in_body("emit event")).substr(0, 41) == "K0208 2:6 `event` is a built-in name, but");
  CHECK(first(in_body("emit subject-deleted")) ==
        "K0208 2:6 `subject-deleted` is emitted by what happens, not by rules | `set` and `delete` cause it");
  CHECK(in_body("let kind = 'a'\nemit \"kind\"").empty());
}

TEST_CASE("subject.name") {
  CHECK(first(messages("rule r on a when subject.name == 'x' { }")) ==
        "K0209 1:18 warning: `subject.name` reads a property called name, which no rule sets | the subject's "
        "name is "
        "`subject`");
  CHECK(messages("rule r on a when subject.name == 'x' { set name = 'y' }").empty());
}

TEST_CASE("values of property events need a property event") {
  CHECK(first(messages("rule r on a when old == 1 { }")) ==
        "K0211 1:18 `old` is null here: no property event fires this rule | `old` is there for `on changed "
        "NAME` and `on "
        "deleted NAME`; a field of the event's data is `payload.old`");
  CHECK(messages("rule r on subject-* when old == 1 { }").empty());
  CHECK(messages("rule r on a on deleted b when property == 'b' { }").empty());
}

TEST_CASE("fields that the input declaration does not have") {
  const std::string input = "input order.submitted { total: number, items: list? }\n";
  CHECK(first(messages(input + "rule r on order.submitted when payload.totl > 1 { }")) ==
        "K0212 2:40 the event's `input` declaration has no field `totl` | did you mean `total`? | or declare "
        "it there: "
        "`totl: any?`");
  CHECK(messages(input + "rule r on order.submitted, other when payload.totl > 1 { }").empty());
  CHECK(messages(input + "rule r on order.* when payload.totl > 1 { }").empty());
  CHECK(messages(input + "rule r on order.submitted when payload.extra > 1 { }\n"
                         "rule s on b { emit order.submitted { extra: 2 } }")
            .empty());
  CHECK(messages(input + "rule r on order.submitted when payload.extra > 1 { }\nrule s on b { emit "
                         "order.submitted payload }")
            .empty());
}

TEST_CASE("circles are told as a person would walk them") {
  CHECK(messages("fn f(x) = g(x)\nfn g(x) = h(x)\nfn h(x) = f(x)\nrule r on a { set b = f(1) }") ==
        Lines{"K0213 1:4 `f` needs itself: `f` -> `g` -> `h` -> `f` | there is no recursion: go through "
              "lists with "
              "`map`, `filter` and the like"});
  CHECK(first(messages("fn f(x) = if x > 0 then f(x - 1) else 0")).substr(0, 25) ==
        "K0213 1:4 `f` needs itsel");
  CHECK(first(messages("const a = b\nconst b = [a]")).substr(0, 44) ==
        "K0213 1:7 `a` needs itself: `a` -> `b` -> `a");
  std::string chain = "fn f0(x) = x\n";
  for (int i = 1; i < 3000; ++i) {
    chain += "fn f" + std::to_string(i) + "(x) = f" + std::to_string(i - 1) + "(x)\n";
  }
  CHECK(first(messages(chain)).substr(0, 58) == "K0222 34:13 functions call each other through more than 32");
}

TEST_CASE("constants and parameters are known when rules are loaded") {
  CHECK(first(messages("const c = payload.x")).substr(0, 67) ==
        "K0214 1:11 `payload` is not known when the rules are loaded | a con");
  CHECK(first(messages("const c = subject.x")).substr(0, 28) == "K0214 1:11 `subject` is not ");
  CHECK(first(messages("const c = now()")) ==
        "K0214 1:11 `now` is not known when the rules are loaded | call it in the rule");
  CHECK(first(messages("fn f() = payload.x\nconst c = f()")).substr(0, 42) ==
        "K0214 2:11 `f` is not known when the rules");
  CHECK(first(messages("const c = 1 / 0")) == "K0216 1:11 this can only fail: division by zero");
  CHECK(first(messages("const z = 0\nconst c = 1 / z")) ==
        "K0216 2:11 the const `c` has no value: division by zero");
  CHECK(first(messages("const c = range(10 ** 12)")) ==
        "K0216 1:11 the const `c` has no value: the rule used up its budget of steps");
  CHECK(messages("param d: int = 0\nrule r on a { set b = if d != 0 then 1 / d else 0 }").empty());
  CHECK(first(messages("param p: int")) ==
        "K0215 1:7 the param `p` has no value | give it at start: `--set p=...` | or give it a default: `= "
        "...`");
  CHECK(
      first(messages("param p: int = 1", {{"p", "x"}})) ==
      "K0215 1:7 the param `p` is of kind int, and `x` is none | give another value at start: `--set p=...`");
  for (const char* kind : {"string", "any", "list"}) {
    CHECK(
        first(messages(std::string("param p: ") + kind, {{"p", "a\xFF"}})) ==
        "K0215 1:7 what is given for the param `p` is no text: its bytes are not UTF-8 | give another value "
        "at start: `--set p=...`");
  }
  CHECK(first(messages("param p: int = 'x'")) ==
        "K0215 1:16 the default of `p` is string, not int | give it a default of kind int, or declare "
        "another kind: `p: string`");
  CHECK(first(messages("param pause: duration = 5m", {{"paus", "1s"}})) ==
        "K0215 `--set paus=1s`: no file declares a param `paus` | did you mean `pause`?");
}

TEST_CASE("arms of match") {
  CHECK(first(in_body("set b = match payload.x { 1 -> 2, 1.0 -> 3 }")) ==
        "K0217 2:35 this arm is never reached: the value has one already");
  CHECK(first(in_body("set b = match payload.x { _ -> 2, 1 -> 3 }")) ==
        "K0217 2:35 this arm is never reached: it stands behind `_`");
  CHECK(messages("const one = 1\nrule r on a { set b = match payload.x { one -> 2 } }").empty());
}

TEST_CASE("keys, has, fields, clauses") {
  CHECK(first(in_body("set b = { x: 1, payload.x }")) ==
        "K0218 2:17 the key `x` stands here twice | only `...` can be overwritten by a later entry");
  CHECK(first(in_body("set b = has(payload)")).substr(0, 68) ==
        "K0219 2:13 `has` asks whether a place is filled, and takes the place");
  CHECK(first(in_body("set b = event.type")) ==
        "K0220 2:15 `event` is a text and has no fields | `event` is the event's type; its data is "
        "`payload.type`");
  CHECK(first(in_body("set meta.x = 1 muted")).substr(0, 32) == "K0221 2:16 `muted` has no meanin");
  CHECK(first(in_body("set x = 1 / 0")) == "K0216 2:9 this can only fail: division by zero");
}

TEST_CASE("an input's subject is computed before there is one") {
  CHECK(messages("input a { x: string } on \"ip:{payload.x}\"").empty());
  CHECK(first(messages("input a on \"{subject}\"")).substr(0, 40) ==
        "K0223 1:14 `subject` does not exist befo");
  CHECK(first(messages("fn f() = subject.x\ninput a on \"{f()}\"")) ==
        "K0223 2:12 this reads a subject, before the event's own is known | compute the subject from "
        "`payload` alone");
}

TEST_CASE("all mistakes of all files are told at once, in the order of the text") {
  Rig rig(
      std::vector<Rig::File>{{"a.krules", "rule r on a { set x = nope  set y = nada() }\nconst c = 1 / 0"},
                             {"b.krules", "const c = 2"}});
  Lines codes;
  for (const std::string& line : rig.messages()) codes.push_back(line.substr(0, 10));
  CHECK(codes == Lines{"K0200 1:23", "K0201 1:37", "K0216 2:11", "K0204 1:7 "});
  CHECK(rig.result.program == nullptr);
}

TEST_CASE("every code stands once in the table") {
  std::set<std::string_view> codes;
  for (const auto& each : krules::program_codes::kAll) {
    CHECK(each.code.substr(0, 3) == "K02");
    CHECK(!each.meaning.empty());
    CHECK(codes.insert(each.code).second);
  }
}
