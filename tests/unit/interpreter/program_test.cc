#include <catch2/catch.hpp>

#include "rig.h"

using krules::CompiledRule;
using krules::EqualityGuard;
using krules::test::Rig;
using Source = EqualityGuard::Source;
using Lines = std::vector<std::string>;

namespace {

/// The guards of a condition: `field=a|b`.
Lines guards(const std::string& condition, const std::string& trigger = "changed") {
  const Rig rig("rule r on " + trigger + " when " + condition + " { }");
  REQUIRE(rig.messages().empty());
  Lines lines;
  for (const EqualityGuard& guard : rig.rule().guards) {
    static constexpr std::string_view kNames[] = {"payload.", "property", "new", "old", "subject"};
    std::string line(kNames[static_cast<size_t>(guard.source)]);
    if (guard.field != nullptr) line += guard.field->text();
    for (size_t i = 0; i < guard.values.size(); ++i) {
      line += (i == 0 ? "=" : "|") + krules::test::FakeHost::json(guard.values[i]);
    }
    lines.push_back(line);
  }
  return lines;
}

}  // namespace

TEST_CASE("guards follow from equalities that must hold") {
  CHECK(guards("payload.s == \"x\"") == Lines{"payload.s=\"x\""});
  CHECK(guards("7 == payload.s") == Lines{"payload.s=7"});
  CHECK(guards("payload.s == 1 and payload.t > 2 and new == \"c\"") == Lines{"payload.s=1", "new=\"c\""});
  CHECK(guards("payload.s in [1, 2]") == Lines{"payload.s=1|2"});
  CHECK(guards("payload.s == 1 or payload.s == 2 or payload.s in [3]") == Lines{"payload.s=1|2|3"});
  CHECK(guards("property in [\"a\", \"b\"]") == Lines{"property=\"a\"|\"b\""});
  CHECK(guards("subject == \"s\" and old == 1") == Lines{"subject=\"s\"", "old=1"});
  CHECK(guards("payload.s == 1 when new == 2") == Lines{"payload.s=1", "new=2"});
}

TEST_CASE("nothing else makes a guard") {
  for (const std::string condition :
       {"payload.s != 1", "not (payload.s == 1)", "payload.s == 1 or payload.t == 1",
        "payload.s == 1 or payload.t", "payload.s == payload.t", "subject.s == 1", "payload.s.t == 1",
        "payload.s == null", "payload.s in [1, null]", "payload.s not in [1]", "payload.s in subject.list",
        "payload.s in \"text\""}) {
    INFO(condition);
    CHECK(guards(condition).empty());
  }
}

TEST_CASE("guards see through names") {
  const Rig rig(
      "const c = \"x\"\nfn is_c() = payload.k == c\n"
      "rule r on a let s = payload.sensor when s == c and is_c() { }");
  REQUIRE(rig.rule().guards.size() == 2);
  CHECK(rig.rule().guards[0].field->text() == "sensor");
  CHECK(rig.rule().guards[1].field->text() == "k");
}

TEST_CASE("triggers") {
  const Rig rig(
      "rule r on a.b, c.* of device:*, x on changed cpu, mem_* of room:1 on deleted on subject deleted { }");
  REQUIRE(rig.messages().empty());
  const auto& triggers = rig.rule().triggers;
  REQUIRE(triggers.size() == 4);
  CHECK(triggers[0].types[0].exact->text() == "a.b");
  CHECK(triggers[0].types[1].exact == nullptr);
  CHECK(triggers[0].types[1].glob.matches("c.d"));
  CHECK(triggers[0].subjects.size() == 2);
  CHECK(triggers[1].types[0].text == krules::kPropertyChangedType);
  CHECK(triggers[1].properties[0].exact->text() == "cpu");
  CHECK(triggers[1].properties[1].glob.matches("mem_free"));
  CHECK(triggers[1].subjects[0].exact->text() == "room:1");
  CHECK(triggers[2].types[0].text == krules::kPropertyDeletedType);
  CHECK(triggers[2].properties.empty());
  CHECK(triggers[3].types[0].text == krules::kSubjectDeletedType);
}

TEST_CASE("rules without a name are named after their file and event") {
  const Rig rig(std::vector<Rig::File>{{"rules/orders.krules",
                                        "on order.submitted { }\non order.submitted { }\non changed a { }\n"
                                        "on subject deleted { }\nrule named on b { }"}});
  REQUIRE(rig.messages().empty());
  Lines names;
  for (const CompiledRule& rule : rig.program().rules()) {
    CHECK(rule.number == names.size());
    names.push_back(rule.name);
  }
  CHECK(names == Lines{"orders:order.submitted", "orders:order.submitted#2", "orders:changed a",
                       "orders:subject deleted", "named"});
}

TEST_CASE("the content hash changes with a rule's text and with what it may use") {
  const std::string rule = "rule r on a { set x = c }";
  const auto hash = [](const std::string& text, std::map<std::string, std::string> parameters = {}) {
    return Rig(text, std::move(parameters)).rule().content_hash;
  };
  CHECK(hash("const c = 1\n" + rule) == hash("const c = 1\n\n\n" + rule));
  CHECK(hash("const c = 1\n" + rule) != hash("const c = 2\n" + rule));
  CHECK(hash("param c: int = 1\n" + rule) != hash("param c: int = 1\n" + rule, {{"c", "2"}}));
  CHECK(hash("const c = 1\n" + rule) != hash("const c = 1\nrule r on a { set y = c }"));
}

TEST_CASE("whether a rule reads its subject before its body") {
  const auto reads = [](const std::string& condition) {
    return Rig("fn f() = subject.x\nrule r on a let l = subject.y when " + condition +
               " { set z = subject.z }")
        .rule()
        .reads_subject_before_body;
  };
  CHECK_FALSE(reads("payload.x == 1 and subject == \"s\""));
  CHECK(reads("subject.x == 1"));
  CHECK(reads("f() == 1"));
  CHECK(reads("l == 1"));
  CHECK(reads("has(subject(\"t\").x)"));
}

TEST_CASE("inputs") {
  Rig rig(
      "input login.failed { src: string, n: int?, at: timestamp?, f: float? } on \"ip:{payload.src}\"\n"
      "input sensor.* { v: number }\ninput free\noutput a.b, c.*\nrule r on x { }");
  REQUIRE(rig.messages().empty());
  const krules::Program& program = rig.program();
  CHECK(program.has_inputs());
  CHECK(program.outputs().size() == 2);
  krules::Arena arena;
  const auto check = [&](std::string_view type, std::string_view payload) -> std::string {
    const krules::CompiledInput* input = program.input(rig.host->symbol(type));
    if (input == nullptr) return "none";
    const krules::Value error = program.check_input(*input, rig.host->read(payload), arena);
    return error.is_error() ? std::string(error.as_error().message) : "fits";
  };
  CHECK(check("login.failed", R"({"src":"a"})") == "fits");
  CHECK(check("login.failed", R"({"src":"a","n":null,"f":1,"more":[]})") == "fits");
  CHECK(check("login.failed", R"({})") == "`login.failed` needs a field `src` of kind string");
  CHECK(check("login.failed", R"({"src":null})") ==
        "the field `src` of `login.failed` is of kind string, got null");
  CHECK(check("login.failed", R"({"src":"a","n":1.5})") ==
        "the field `n` of `login.failed` is of kind int?, got float");
  CHECK(check("login.failed", R"({"src":"a","at":"2026-01-02T03:04:05Z"})") == "fits");
  CHECK(check("login.failed", R"({"src":"a","at":"yesterday"})") ==
        "the field `at` of `login.failed` is of kind timestamp?, got string");
  CHECK(check("login.failed", "[1]") == "the data of `login.failed` is a map, got list");
  CHECK(check("sensor.a", R"({"v":1.5})") == "fits");
  CHECK(check("sensor.a", R"({"v":"1"})") == "the field `v` of `sensor.*` is of kind number, got string");
  CHECK(check("free", "[1]") == "fits");
  CHECK(check("other", "{}") == "none");

  krules::Frame frame;
  frame.host = rig.host.get();
  frame.arena = &arena;
  frame.steps_left = 1000;
  frame.event = &rig.event("login.failed", "ignored", R"({"src":"10.0.0.7"})").current;
  const krules::CompiledInput& input = *program.input(rig.host->symbol("login.failed"));
  const krules::Value name = program.input_subject(input, frame);
  CHECK(name.text() == "ip:10.0.0.7");
  CHECK(program.input_subject(*program.input(rig.host->symbol("free")), frame).is_null());
}

TEST_CASE("symbols of the program before stay where they are") {
  Rig before("rule r on a when payload.total > 1 { }");
  krules::ParseResult parsed =
      krules::parse(std::make_shared<krules::Source>("b.krules", "rule r on a when payload.other > 1 { }"));
  std::vector<krules::ast::Module> modules;
  modules.push_back(std::move(parsed.module));
  krules::CompileOptions options;
  options.functions = &before.functions;
  options.symbols = before.program().symbols();
  const krules::CompileResult after = krules::compile(modules, options);
  REQUIRE(after.program != nullptr);
  CHECK(after.program->symbols()->find("total") == before.program().symbols()->find("total"));
  CHECK(after.program->symbols()->find("other") != nullptr);
  CHECK(before.program().symbols()->find("other") == nullptr);
}
