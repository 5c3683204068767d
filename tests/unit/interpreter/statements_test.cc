#include <catch2/catch.hpp>

#include "rig.h"

using krules::Severity;
using krules::test::Rig;

using Lines = std::vector<std::string>;

namespace {

/// What a body does on an event of "s", and how it ends, the outcome as the last line.
Lines effects(const std::string& body, const std::string& payload = "{}", const std::string& given = "") {
  Rig rig("rule r on test.event {\n" + body + "\n}");
  if (rig.result.program == nullptr || !rig.syntax.empty()) return rig.messages();
  if (!given.empty()) {
    const krules::Value properties = rig.host->read(given);
    for (const auto& entry : properties.as_map().entries()) {
      std::string json;
      krules::append_json(json, entry.value, krules::JsonStyle::kTagged);
      rig.host->give("s", entry.key->text(), json);
    }
  }
  const std::string outcome = rig.event("test.event", "s", payload).run();
  Lines lines = rig.host->effects;
  lines.push_back(outcome);
  return lines;
}

}  // namespace

TEST_CASE("set") {
  CHECK(effects("set a = 1") == Lines{"set s.a = 1", "done"});
  CHECK(effects("set a = 1 muted") == Lines{"set s.a = 1 muted", "done"});
  CHECK(effects("set a = payload.x on \"t\" direct with { why: \"z\" }") ==
        Lines{R"(set t.a = null direct with {"why":"z"})", "done"});
  CHECK(effects("set \"k{payload.i}\" = 2", R"({"i":3})") == Lines{"set s.k3 = 2", "done"});
  CHECK(effects("set \"{payload.i}\" = 2", R"({"i":""})") ==
        Lines{"failed value: a property's name is not empty"});
  CHECK(effects("set ext.a = [1]") == Lines{"set s.ext.a = [1]", "done"});
  CHECK(effects("set ext.a = 1 on \"t\"") == Lines{"set t.ext.a = 1", "done"});
  CHECK(effects("set meta.a = 1") == Lines{"set meta.a = 1", "done"});
  CHECK(effects("set a = 1 / payload.x", R"({"x":0})") == Lines{"failed division by zero: division by zero"});
  CHECK(effects("set a = 1 with payload.w", R"({"w":3})") ==
        Lines{"failed kind: `with` takes a map, got int"});
  CHECK(effects("set a = 1 with payload.w") == Lines{"set s.a = 1", "done"});
  CHECK(effects("set a = 1 on payload.t", R"({"t":3})") ==
        Lines{"failed kind: a subject's name is a string, got int"});
}

TEST_CASE("set from the present value") {
  const std::string given = R"({"n":4,"l":[1],"z":null,"t":"x"})";
  CHECK(effects("set n += 2", "{}", given) == Lines{"set s.n = 6", "done"});
  CHECK(effects("set n -= 2 from 10", "{}", given) == Lines{"set s.n = 2", "done"});
  CHECK(effects("set n *= 1.5", "{}", given) == Lines{"set s.n = 6.0", "done"});
  CHECK(effects("set m += 1 from 10") == Lines{"set s.m = 11", "done"});
  CHECK(effects("set z += 1 from 10", "{}", given) == Lines{"set s.z = 11", "done"});
  CHECK(effects("set m += 1") ==
        Lines{"failed kind: the property has no value yet: say with `from` where to start"});
  CHECK(effects("set t += 1", "{}", given) ==
        Lines{"failed kind: `+` does not take string and int: put text together with \"{a}{b}\""});
  CHECK(effects("set l ++= 2", "{}", given) == Lines{"set s.l = [1,2]", "done"});
  CHECK(effects("set m ++= [2] from []") == Lines{"set s.m = [[2]]", "done"});
  CHECK(effects("set n ++= 2", "{}", given) == Lines{"failed kind: `++=` appends to a list, got int"});
  CHECK(effects("set n ?"
                "?= 2",
                "{}", given) == Lines{"done"});
  CHECK(effects("set z ?"
                "?= 2 set m ?"
                "?= 3",
                "{}", given) == Lines{"set s.z = 2", "set s.m = 3", "done"});
  CHECK(effects("set n ?"
                "?= 1 / payload.x",
                R"({"x":0})", given) == Lines{"done"});
  CHECK(effects("set ext.c += 1 from 0 set ext.c += 1") ==
        Lines{"set s.ext.c = 1", "set s.ext.c = 2", "done"});
  CHECK(effects("set n += 1 set n += subject.n", "{}", given) ==
        Lines{"set s.n = 5", "set s.n = 10", "done"});
}

TEST_CASE("set within a property") {
  const std::string given = R"({"a":{"x":1,"in":{"y":2}},"n":4})";
  CHECK(effects("set a.x = 5", "{}", given) == Lines{R"(set s.a = {"x":5,"in":{"y":2}})", "done"});
  CHECK(effects("set a.in.z = 5", "{}", given) == Lines{R"(set s.a = {"x":1,"in":{"y":2,"z":5}})", "done"});
  CHECK(effects("set b.c.d = 5") == Lines{R"(set s.b = {"c":{"d":5}})", "done"});
  CHECK(effects("set a.x += 1", "{}", given) == Lines{R"(set s.a = {"x":2,"in":{"y":2}})", "done"});
  CHECK(effects("set a.w += 1 from 0", "{}", given) ==
        Lines{R"(set s.a = {"x":1,"in":{"y":2},"w":1})", "done"});
  CHECK(effects("set n.x = 1", "{}", given) ==
        Lines{"failed kind: cannot set `x` in int: only maps have fields"});
  CHECK(effects("delete a.in.y", "{}", given) == Lines{R"(set s.a = {"x":1,"in":{}})", "done"});
  CHECK(effects("delete a.x delete b.c delete a.q.r", "{}", given) ==
        Lines{R"(set s.a = {"in":{"y":2}})", R"(set s.a = {"in":{"y":2}})", "done"});
}

TEST_CASE("set of several computes all values first") {
  CHECK(
      effects("set { a: subject.b, b: subject.a, payload.c, 'd d': 4 }", R"({"c":3})", R"({"a":1,"b":2})") ==
      Lines{"set s.a = 2", "set s.b = 1", "set s.c = 3", "set s.d d = 4", "done"});
  CHECK(effects("set { payload.c } muted on \"t\"", R"({"c":3})") == Lines{"set t.c = 3 muted", "done"});
}

TEST_CASE("delete") {
  CHECK(effects("delete a") == Lines{"delete s.a", "done"});
  CHECK(effects("delete a on \"t\" muted with { x: 1 }") ==
        Lines{R"(delete t.a muted with {"x":1})", "done"});
  CHECK(effects("delete ext.a delete meta.b delete \"k{1}\"") ==
        Lines{"delete s.ext.a", "delete meta.b", "delete s.k1", "done"});
  CHECK(effects("delete subject on \"t\"") == Lines{"delete subject t", "done"});
}

TEST_CASE("emit") {
  CHECK(effects("emit a.b") == Lines{"emit a.b on s {}", "done"});
  CHECK(effects("emit a.b payload", R"({"x":1})") == Lines{R"(emit a.b on s {"x":1})", "done"});
  CHECK(effects("emit \"a.{payload.k}\" { x: 1 } on \"t\" with { hops: 2 }", R"({"k":"c"})") ==
        Lines{R"(emit a.c on t {"x":1} with {"hops":2})", "done"});
  CHECK(effects("emit \"{payload.k}\"", R"({"k":""})") ==
        Lines{"failed value: an event's type is not empty"});
  CHECK(effects("emit \"{payload.k}\"", R"({"k":"subject-deleted"})") ==
        Lines{"failed value: `subject-deleted` is emitted by what happens, not by rules"});
}

TEST_CASE("if, for, stop, log") {
  CHECK(effects("if payload.a > 1 { emit x } else if payload.a == 1 { emit y } else { emit z }",
                R"({"a":1})") == Lines{"emit y on s {}", "done"});
  CHECK(effects("if payload.a { emit x }", R"({"a":"yes"})") ==
        Lines{"failed kind: a condition takes a bool, got string"});
  CHECK(effects("for x in [1, 2] { emit e { x } }") ==
        Lines{R"(emit e on s {"x":1})", R"(emit e on s {"x":2})", "done"});
  CHECK(effects("for i, x in ['a', 'b'] { emit e { i, x } }") ==
        Lines{R"(emit e on s {"i":0,"x":"a"})", R"(emit e on s {"i":1,"x":"b"})", "done"});
  CHECK(effects("for k, v in payload { emit e { k, v } }", R"({"a":1})") ==
        Lines{R"(emit e on s {"k":"a","v":1})", "done"});
  CHECK(effects("for k in payload { emit e { k } }", R"({"a":1})") ==
        Lines{R"(emit e on s {"k":"a"})", "done"});
  CHECK(effects("for x in payload.none { emit e }") ==
        Lines{"failed kind: `for` goes through a list or a map, got null: where it may be absent, write `?"
              "? []` behind it"});
  CHECK(effects("for x in payload.l { if x == 2 { stop } emit e { x } } emit never", R"({"l":[1,2,3]})") ==
        Lines{R"(emit e on s {"x":1})", "done"});
  Rig rig("rule r on a { log warn \"n {payload.n}\" { payload.n } log debug 5 }");
  CHECK(rig.event("a", "s", R"({"n":1})").run() == "done");
  CHECK(rig.host->logs == Lines{R"(warn: n 1 {"n":1})", "debug: 5"});
}

TEST_CASE("as acts on another subject") {
  CHECK(
      effects(
          "as \"t\" { set a = subject emit e { origin, subject.a } as \"u\" { emit e } } set b = subject") ==
      Lines{R"(set t.a = "t")", R"(emit e on t {"origin":"s","a":"t"})", "emit e on u {}", R"(set s.b = "s")",
            "done"});
  CHECK(effects("as \"t\" { set x = origin.n }", "{}", R"({"n":7})") == Lines{"set t.x = 7", "done"});
  CHECK(effects("as payload.none { emit e }") ==
        Lines{"failed kind: a subject's name is a string, got null"});
}

TEST_CASE("fail") {
  CHECK(effects("set a = 1 fail \"no {payload.x}\"", R"({"x":5})") ==
        Lines{"set s.a = 1", "failed fail: no 5"});
  CHECK(effects("fail cascade \"all of it\"") == Lines{"cascade failed cascade: all of it"});
  CHECK(effects("fail payload", R"({"a":1})") == Lines{R"(failed fail: {"a":1})"});
}

TEST_CASE("try undoes what its block did") {
  CHECK(effects("set a = 1\ntry { set a = 2 as \"t\" { set b = 3 emit e\n fail \"oops\" } }\n"
                "catch err { set c = [err.message, err.kind, err.rule, err.line, subject, subject.a] }") ==
        Lines{"set s.a = 1", R"(set s.c = ["oops","fail","r",4,"s",1])", "done"});
  CHECK(effects("try { set a = 2 } catch err { emit never } emit later") ==
        Lines{"set s.a = 2", "emit later on s {}", "done"});
  CHECK(effects("try { set a = 2 stop } catch err { emit never } emit never") ==
        Lines{"set s.a = 2", "done"});
  CHECK(effects("try { set x = 1 / payload.n } catch err { set k = err.kind }", R"({"n":0})") ==
        Lines{R"(set s.k = "division by zero")", "done"});
  CHECK(effects("try { fail \"a\" } catch err { fail \"b: {err.message}\" }") == Lines{"failed fail: b: a"});
  CHECK(effects("try { try { set a = 1 fail \"x\" } catch e { set b = 2 fail \"y\" } } catch f { set c = "
                "f.message }") == Lines{R"(set s.c = "y")", "done"});
  CHECK(effects("try { fail cascade \"all\" } catch err { emit never }") ==
        Lines{"cascade failed cascade: all"});
}

TEST_CASE("the budget of steps ends a rule, and nothing catches that") {
  const std::string spent = "failed budget: the rule used up its budget of steps";
  CHECK(effects("for x in range(10 ** 15) { emit e }") == Lines{spent});
  CHECK(effects("try { for x in range(900000) { for y in range(10) { } } } catch e { emit never }") ==
        Lines{spent});
  CHECK(effects("set n = range(900000).map(x => x + 1)") == Lines{spent});
  std::string doubling = "let s0 = 'a text of thirty-two characters.'\n";
  for (int i = 1; i < 60; ++i) {
    doubling +=
        "let s" + std::to_string(i) + " = s" + std::to_string(i - 1) + " + s" + std::to_string(i - 1) + "\n";
  }
  CHECK(effects(doubling) == Lines{spent});
  // Small in memory, endless to walk.
  std::string shared = "let l0 = [payload]\n";
  for (int i = 1; i < 60; ++i) {
    const std::string before = "l" + std::to_string(i - 1);
    shared += "let l" + std::to_string(i) + " = [" + before + ", " + before + "]\n";
  }
  CHECK(effects(shared + "set a = l59") == Lines{spent});
  CHECK(effects(shared + "emit a { x: l59 }") == Lines{spent});
  CHECK(effects(shared + "log info \"{l59}\"") == Lines{spent});
  CHECK(effects(shared + "let r = l59 == [l58, l57]") == Lines{spent});
  CHECK(effects(shared + "let r = l59 in [l58, l59]") == Lines{spent});
  CHECK(effects(shared + "fail l59") == Lines{spent});
}

TEST_CASE("functions that call each other often are paid for") {
  std::string text = "fn f0(x) = x + 1\n";
  for (int i = 1; i < 31; ++i) {
    const std::string before = "f" + std::to_string(i - 1) + "(x)";
    text += "fn f" + std::to_string(i) + "(x) = " + before + " + " + before + "\n";
  }
  Rig rig(text + "rule r on a { emit e { v: f30(payload.n) } }");
  CHECK(rig.messages().empty());
  CHECK(rig.event("a", "s", R"({"n":1})").run() == "failed budget: the rule used up its budget of steps");
}

TEST_CASE("a value that nests too deep is not kept") {
  std::string body = "let v0 = [1]\n";
  for (int i = 1; i < 130; ++i) body += "let v" + std::to_string(i) + " = [v" + std::to_string(i - 1) + "]\n";
  CHECK(effects(body + "set a = v127").back() == "done");
  CHECK(effects(body + "set a = v128") == Lines{"failed value: lists and maps nest too deep"});
  CHECK(effects(body + "emit e { v129 }") == Lines{"failed value: lists and maps nest too deep"});
}

TEST_CASE("a rule run twice starts afresh") {
  Rig rig("rule r on a when payload.go { as \"t\" { fail \"x\" } }");
  CHECK(rig.event("a", "s", R"({"go":true})").run() == "failed fail: x");
  CHECK(rig.event("a", "s", R"({"go":true})").run() == "failed fail: x");
  CHECK(rig.event("a", "s").run() == "not fired");
}
