#include <catch2/catch.hpp>

#include "rig.h"

using krules::test::eval;
using krules::test::Rig;
using krules::test::test;

TEST_CASE("what an event and its subject give") {
  CHECK(eval("subject") == "\"s\"");
  CHECK(eval("subject.total") == "3");
  CHECK(eval("subject['total']") == "3");
  CHECK(eval("subject[payload.key]", R"({"key":"total"})") == "3");
  CHECK(eval("subject.absent") == "null");
  CHECK(eval("subject.props()") == R"({"total":3,"name_text":"abc","list":[1,2,3],"nothing":null})");
  CHECK(eval("ext.note") == "\"hi\"");
  CHECK(eval("ext['note']") == "\"hi\"");
  CHECK(eval("subject.ext.note") == "\"hi\"");
  CHECK(eval("ext") == R"({"note":"hi"})");
  CHECK(eval("[payload, event]", R"({"a":1})") == R"([{"a":1},"test.event"])");
  CHECK(eval("payload.a.b[1].c", R"({"a":{"b":[1,{"c":"d"}]}})") == "\"d\"");
  CHECK(eval("[extra, meta, extra.reason, meta.x]") == "[null,null,null,null]");
  CHECK(eval("payload['odd key']", R"({"odd key":1})") == "1");
  CHECK(eval("subject[1]") == "kind: a property is read with a string in [ ], got int");
}

TEST_CASE("other subjects") {
  CHECK(eval("subject('s').total") == "3");
  CHECK(eval("subject('s').ext.note") == "\"hi\"");
  CHECK(eval("subject(payload.name).total", R"({"name":"nobody"})") == "null");
  CHECK(eval("subject('s')") == "\"s\"");
  CHECK(eval("subject('s')['to' + 'tal']") == "3");
  CHECK(eval("subject('s').props()") == R"({"total":3,"name_text":"abc","list":[1,2,3],"nothing":null})");
  CHECK(eval("subject(payload.n).total", R"({"n":3})") == "kind: a subject's name is a string, got int");
  CHECK(eval("subject(payload.n).total", R"({"n":""})") == "value: a subject's name is not empty");
}

TEST_CASE("a local that holds a subject reads its properties") {
  Rig rig(
      "rule r on a let buyer = subject(\"user:{payload.u}\") when buyer.tier == \"gold\" {\n"
      "  let other = subject(\"user:8\")\n"
      "  emit done { buyer.tier, name: buyer, other: other.tier, known: has(other.tier) }\n}");
  rig.host->give("user:7", "tier", "\"gold\"");
  CHECK(rig.event("a", "s", R"({"u":7})").run() == "done");
  CHECK(rig.host->effects ==
        std::vector<std::string>{
            R"(emit done on s {"tier":"gold","name":"user:7","other":null,"known":false})"});
}

TEST_CASE("a store that does not answer ends the rule") {
  Rig rig("rule r on a { try { set x = subject(\"t\").y } catch e { set x = 1 } }");
  rig.host->store_is_gone = true;
  CHECK(rig.event("a", "s").current.subject != nullptr);
  CHECK(rig.run() == "failed store: the store does not answer");
}

TEST_CASE("reading on from null gives null") {
  CHECK(eval("payload.a.b.c") == "null");
  CHECK(eval("payload.a[0]") == "null");
  CHECK(eval("payload.a['b']") == "null");
  CHECK(eval("subject.absent.x[3].y") == "null");
}

TEST_CASE("reading what has no parts") {
  CHECK(eval("payload.a.b", R"({"a":5})") == "kind: cannot read `b` of int: only maps have fields");
  CHECK(eval("payload.a[0]", R"({"a":"text"})") == "kind: [ ] reads a list or a map, got string");
  CHECK(eval("payload.a[payload.k]", R"({"a":[1],"k":"x"})") ==
        "kind: a list is read with an int in [ ], got string");
  CHECK(eval("payload.a[payload.k]", R"({"a":{},"k":1})") ==
        "kind: a map is read with a string in [ ], got int");
  CHECK(eval("payload.a", "[1]") == "kind: cannot read `a` of list: only maps have fields");
}

TEST_CASE("items of lists") {
  CHECK(eval("[subject.list[0], subject.list[2], subject.list[3]]") == "[1,3,null]");
  CHECK(eval("[subject.list[-1], subject.list[-3], subject.list[-4]]") == "[3,1,null]");
  CHECK(eval("[1, 2][0]") == "1");
}

TEST_CASE("has") {
  CHECK(test("has(subject.nothing)") == "holds");
  CHECK(test("has(subject.absent)") == "does not hold");
  CHECK(test("has(subject['total'])") == "holds");
  CHECK(test("has(subject[payload.k])", R"({"k":"total"})") == "holds");
  CHECK(test("has(subject('s').total)") == "holds");
  CHECK(test("has(subject('t').total)") == "does not hold");
  CHECK(test("has(ext.note)") == "holds");
  CHECK(test("has(subject('s').ext.nothing)") == "does not hold");
  CHECK(test("has(payload.a)", R"({"a":null})") == "holds");
  CHECK(test("has(payload.a.b)", R"({"a":{"b":1}})") == "holds");
  CHECK(test("has(payload.a.b)") == "does not hold");
  CHECK(test("has(payload.a[0])", R"({"a":[1]})") == "holds");
  CHECK(test("has(payload.a[1])", R"({"a":[1]})") == "does not hold");
  CHECK(test("has(payload.a.b)", R"({"a":1})") == "kind: `has` cannot look for string in int");
}

TEST_CASE("property events") {
  Rig rig("rule r on changed { emit c { property, old, new } }");
  CHECK(rig.property_event("cpu", "s", "1", "2").run() == "done");
  CHECK(rig.host->effects == std::vector<std::string>{R"(emit c on s {"property":"cpu","old":1,"new":2})"});
  Rig any("rule r on * { emit c { property, old, new } }");
  CHECK(any.event("a", "s", R"({"new":5})").run() == "done");
  CHECK(any.host->effects ==
        std::vector<std::string>{R"(emit c on s {"property":null,"old":null,"new":null})"});
}

TEST_CASE("hints are corrected when fields and properties stand elsewhere") {
  Rig rig("rule r on a when payload.x == 1 and subject.p == 2 { }");
  rig.host->give("s", "p", "2");
  rig.host->give("t", "q", "0");
  rig.host->give("t", "p", "2");
  for (const std::string payload : {R"({"x":1})", R"({"y":0,"x":1})", R"({"x":1,"y":0})"}) {
    CHECK(rig.event("a", "s", payload).whens() == "holds");
    CHECK(rig.event("a", "t", payload).whens() == "holds");
    CHECK(rig.event("a", "u", payload).whens() == "does not hold");
  }
}

TEST_CASE("values are put together") {
  CHECK(eval("\"{payload.a} and {subject}: {1 + 1}, {[1, 'x']}, {null}\"", R"({"a":1.5})") ==
        R"("1.5 and s: 2, [1,\"x\"], null")");
  CHECK(eval("\"{1 / payload.a}\"", R"({"a":0})") == "division by zero: division by zero");
  CHECK(eval("[1, ...subject.list, ...payload.x, 4]") == "[1,1,2,3,4]");
  CHECK(eval("[...payload.x]", R"({"x":1})") == "kind: `...` takes a list here, got int");
  CHECK(eval("{ payload.a, b: 2, 'c c': 3, \"d{1}\": 4 }", R"({"a":1})") ==
        R"({"a":1,"b":2,"c c":3,"d1":4})");
  CHECK(eval("{ ...payload, a: 5 }", R"({"a":1,"b":2})") == R"({"a":5,"b":2})");
  CHECK(eval("{ ...payload.x, a: 5 }") == R"({"a":5})");
  CHECK(eval("{ ...payload.x }", R"({"x":[]})") == "kind: `...` takes a map here, got list");
  CHECK(eval("{ a: payload.b, c: payload.x + 1 }") ==
        "kind: `+` does not take null and int: give a value for null with `?? 0`");
}

TEST_CASE("choosing") {
  CHECK(eval("if payload.a > 1 then 'many' else if payload.a == 1 then 'one' else 'none'", R"({"a":1})") ==
        "\"one\"");
  CHECK(test("if payload.a then payload.b else true", R"({"a":true,"b":false})") == "does not hold");
  const std::string arms = "match payload.a { 'x' -> 1, 'y' | 2 -> 3, null -> 4, _ -> 5 }";
  CHECK(eval(arms, R"({"a":"x"})") == "1");
  CHECK(eval(arms, R"({"a":2.0})") == "3");
  CHECK(eval(arms) == "4");
  CHECK(eval(arms, R"({"a":true})") == "5");
  CHECK(eval("match payload.a { 1 -> 2 }", R"({"a":"x"})") == "match: no arm of the `match` fits \"x\"");
  CHECK(eval("match payload.a { 1 -> 2 }", R"({"a":[1]})") == "match: no arm of the `match` fits [1]");
}

TEST_CASE("calls") {
  CHECK(eval("lower('ABC')") == "\"abc\"");
  CHECK(eval("payload.a.lower()", R"({"a":"ABC"})") == "\"abc\"");
  CHECK(eval("lower(payload.a)", R"({"a":1})") == "kind: `lower` takes a string as `text`, got int");
  CHECK(eval("lower(1 / payload.a)", R"({"a":0})") == "division by zero: division by zero");
  CHECK(eval("round(2.5)") == "2");
  CHECK(eval("[round(payload.a, 1), round(payload.a, digits: 2), round(digits: 3, x: payload.a)]",
             R"({"a":5.5})") == "[6,7,8]");
  CHECK(eval("sum_of(1, 2, payload.a)", R"({"a":3})") == "6");
  CHECK(eval("joined([1, 2], by: '-')") == "\"1-2\"");
  CHECK(eval("subject.list.map(x => x * payload.k)", R"({"k":10})") == "[10,20,30]");
  CHECK(eval("subject.list.map(x => [x].map(y => y + x))") == "[[2],[4],[6]]");
  CHECK(eval("subject.list.map(x => 1 / (x - 2))") == "division by zero: division by zero");
  CHECK(eval("[serial(), serial()]") == "[0,1]");
  CHECK(test("payload.a.starts_with('x')") == "does not hold");
  CHECK(test("not payload.a.starts_with('x')") == "holds");
  CHECK(test("payload.a.starts_with('x')", R"({"a":"xy"})") == "holds");
  CHECK(test("payload.a.starts_with('x')", R"({"a":5})") ==
        "kind: `starts_with` takes a string as `text`, got int");
}

TEST_CASE("a text at hand is held against the beginning of another, whatever their lengths") {
  const std::string letters = "abcdefghijklmnopqr";
  for (size_t size = 0; size <= 17; ++size) {
    const std::string payload = R"({"a":")" + letters.substr(0, size) + R"("})";
    for (size_t part = 0; part <= 17; ++part) {
      const std::string begin = letters.substr(0, part);
      INFO(payload << " and " << begin);
      CHECK(test("payload.a.starts_with('" + begin + "')", payload) ==
            (part <= size ? "holds" : "does not hold"));
      if (part == 0) continue;
      for (const size_t wrong : {size_t{0}, part / 2, part - 1}) {
        std::string other = begin;
        other[wrong] = 'X';
        CHECK(test("payload.a.starts_with('" + other + "')", payload) == "does not hold");
      }
    }
  }
}

TEST_CASE("`and` and `or` of two and of more do not depend on the order of their sides") {
  const std::string payload = R"({"yes":true,"no":false,"zero":0})";
  const std::string fails = "1 / payload.zero > 1";
  for (const std::string& condition :
       {fails + " and payload.no", "payload.no and " + fails, fails + " and payload.yes and payload.no"}) {
    CHECK(test(condition, payload) == "does not hold");
  }
  for (const std::string& condition :
       {fails + " or payload.yes", "payload.yes or " + fails, fails + " or payload.no or payload.yes"}) {
    CHECK(test(condition, payload) == "holds");
  }
  for (const std::string& condition :
       {fails + " and payload.yes", "payload.yes and " + fails, fails + " or payload.no",
        "payload.no or " + fails, "payload.no or payload.no or " + fails}) {
    CHECK(test(condition, payload) == "division by zero: division by zero");
  }
}

TEST_CASE("functions of the program") {
  Rig rig(
      "const limit = 10\n"
      "fn is_large() = payload.n > limit\n"
      "fn twice(x) = x * 2\n"
      "fn both(x, y) = [twice(x), twice(y), payload.items.map(i => i + x)]\n"
      "rule r on a when is_large() { emit done { v: both(1, y: 2), w: 3.twice() } }");
  CHECK(rig.messages().empty());
  CHECK(rig.event("a", "s", R"({"n":10})").run() == "not fired");
  CHECK(rig.event("a", "s", R"({"n":11,"items":[5]})").run() == "done");
  CHECK(rig.host->effects == std::vector<std::string>{R"(emit done on s {"v":[2,4,[6]],"w":6})"});
}

TEST_CASE("constants and parameters") {
  const std::string text =
      "const limits = { warm: 20, hot: base + 10 }\n"
      "const base = 20\n"
      "const names = ['A', 'B'].map(n => n.lower())\n"
      "param pause: duration = 5m\n"
      "param factor: float = 1\n"
      "param label: string\n"
      "param since: timestamp?\n"
      "rule r on a { emit done { limits.hot, names, pause, factor, label, since } }";
  Rig rig(text, {{"label", "12"}, {"pause", "1h"}, {"since", "2026-01-02T03:04:05Z"}});
  CHECK(rig.messages().empty());
  CHECK(rig.event("a", "s").run() == "done");
  CHECK(rig.host->effects ==
        std::vector<std::string>{
            R"(emit done on s {"hot":30,"names":["a","b"],"pause":"1h","factor":1,"label":"12",)"
            R"("since":"2026-01-02T03:04:05Z"})"});
}

TEST_CASE("a let in the head is computed once, when it is first read") {
  Rig rig(
      "rule r on a\nlet n = serial()\nlet bad = 1 / payload.zero\n"
      "let squares = payload.items.map(i => i * i)\n"
      "when payload.go { let x = 100 emit done { a: n, b: n, squares, x } }");
  CHECK(rig.event("a", "s", R"({"go":true,"zero":0,"items":[2,3]})").run() == "done");
  CHECK(rig.event("a", "s", R"({"go":true,"zero":0,"items":[]})").run() == "done");
  CHECK(rig.host->effects ==
        std::vector<std::string>{R"(emit done on s {"a":0,"b":0,"squares":[4,9],"x":100})",
                                 R"(emit done on s {"a":0,"b":0,"squares":[],"x":100})"});
}
