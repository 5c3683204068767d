#include "krules/rule_tests.h"

#include <catch2/catch.hpp>
#include <string>

#include "krules/stdlib.h"

namespace krules::test {

namespace {

/// Rules with tests, and the functions that they call.
struct Rig {
  explicit Rig(std::string text, RuleTestOptions options = {}) {
    add_standard_functions(functions, {});
    FunctionSpec twice;
    twice.name = "twice";
    twice.parameters = {{"n", "int"}};
    functions.add(twice, [](CallContext&, std::span<const Value> arguments) {
      return Value::integer(2 * arguments[0].as_int());
    });
    CompileOptions compile_options;
    compile_options.functions = &functions;
    tests = std::make_unique<RuleTests>(
        std::vector<SourcePtr>{std::make_shared<Source>("r.krules", std::move(text))}, compile_options,
        options);
    for (const Diagnostic& each : tests->diagnostics()) UNSCOPED_INFO(render_text(each));
  }

  RuleTestResult run(size_t test = 0) {
    REQUIRE(tests->ok());
    RuleTestResult result = tests->run(test);
    for (const Diagnostic& each : result.failures) UNSCOPED_INFO(render_text(each));
    return result;
  }

  FunctionTable functions;
  std::unique_ptr<RuleTests> tests;
};

const UnitCoverage& unit(const std::vector<UnitCoverage>& coverage, std::string_view name) {
  for (const UnitCoverage& each : coverage) {
    if (each.name == name) return each;
  }
  FAIL("no unit " << name);
  return coverage.front();
}

}  // namespace

TEST_CASE("tests of rules: an embedder's function is called, its tests pass") {
  Rig rig(
      "rule a on go { set x = twice(payload.n) }\n"
      "test \"doubles\" { send go { n: 4 } on \"s\" expect subject(\"s\").x == twice(2) + 4 }");
  REQUIRE(rig.tests->size() == 1);
  CHECK(rig.tests->name(0) == "doubles");
  CHECK(rig.tests->where(0).source->position(rig.tests->where(0).span.begin).line == 2);
  CHECK(rig.run().passed());
}

TEST_CASE("tests of rules: with an error in the rules there are none") {
  Rig rig("rule a on go { set x = unknwn }\ntest \"t\" { expect failed a }");
  CHECK_FALSE(rig.tests->ok());
  CHECK(rig.tests->size() == 0);
  CHECK(rig.tests->written() == 1);
  CHECK(rig.tests->diagnostics().size() == 1);
}

TEST_CASE("tests of rules: each begins anew, however often it is run") {
  Rig rig(
      "rule a on go { set x += 1 from 0 emit went { id: uuid() } after 1s }\n"
      "test \"t\" { send go on \"s\" advance 1s expect subject(\"s\").x == 1 expect emitted went times 1 }\n"
      "test \"u\" { expect subject(\"s\").x == null expect not emitted * }");
  for (int i = 0; i < 3; ++i) {
    CHECK(rig.run(0).passed());
    CHECK(rig.run(1).passed());
  }
}

TEST_CASE("tests of rules: coverage is of all runs, with other params too") {
  Rig rig(
      "param limit: int = 5\n"
      "rule a on go when payload.n < limit { set x = 1 }\n"
      "rule b on go when payload.kind == \"b\" when payload.n == 1 { fail \"no\" }\n"
      "gate g on go { }\n"
      "rule c on never { }\n"
      "test \"t\" { send go { n: 4 } on \"s\" expect not failed b }\n"
      "test \"u\" { param limit = 2 send go { n: 4, kind: \"b\" } on \"s\" expect not has(subject(\"s\").x) "
      "}\n"
      "test \"v\" { send go { n: 1, kind: \"b\" } on \"s\" expect failed b }");
  for (size_t i = 0; i < 3; ++i) CHECK(rig.run(i).passed());
  const std::vector<UnitCoverage> coverage = rig.tests->coverage();
  const UnitCoverage& a = unit(coverage, "a");
  CHECK(a.runs == 2);
  REQUIRE(a.whens.size() == 1);
  CHECK(a.whens[0].held == 2);
  CHECK(a.whens[0].did_not_hold == 1);
  CHECK(a.seen() == a.points());
  // A condition on a field with a constant is looked up and not tested one by one; it is counted all the
  // same.
  const UnitCoverage& b = unit(coverage, "b");
  CHECK(b.runs == 1);
  CHECK(b.failed == 1);
  REQUIRE(b.whens.size() == 2);
  CHECK(b.whens[0].held == 2);
  CHECK(b.whens[0].did_not_hold == 1);
  CHECK(b.whens[1].held == 1);
  CHECK(b.whens[1].did_not_hold == 1);
  CHECK(unit(coverage, "g").role == CompiledRule::Role::kGate);
  CHECK(unit(coverage, "g").runs == 3);
  CHECK(unit(coverage, "c").runs == 0);
  CHECK(unit(coverage, "c").seen() == 0);
}

TEST_CASE("tests of rules: a param that makes a constant impossible fails the tests that set it") {
  Rig rig(
      "param n: int = 1\nconst share = 10 div n\nrule a on go { set x = share }\n"
      "test \"t\" { param n = 0 send go on \"s\" expect subject(\"s\").x == 0 }\n"
      "test \"u\" { param n = 5 send go on \"s\" expect subject(\"s\").x == 2 }");
  const RuleTestResult failed = rig.run(0);
  REQUIRE(failed.failures.size() == 1);
  CHECK(failed.failures[0].message.find("has no value") != std::string::npos);
  CHECK(rig.run(1).passed());
}

TEST_CASE("tests of rules: values of every kind go through given, let and emit") {
  Rig rig(
      "rule a on go { emit went subject.props() }\n"
      "test \"t\" {\n"
      "  let m = { d: 5m, t: now(), f: 1.0, i: 1, s: \"a text that is longer than a few bytes\", l: [1, "
      "[2]], n: null }\n"
      "  given \"s\" m\n  send go on \"s\"\n  expect subject(\"s\").props() == m\n"
      "  expect emitted went m\n  expect emitted went { d: \"5m\", f: 1, l: [1, [2]], absent: null }\n"
      "  expect not emitted went { l: [1] }\n  expect not emitted went { i: \"1\" }\n"
      "  expect not emitted went { n: false }\n}");
  CHECK(rig.run().passed());
}

TEST_CASE("tests of rules: timers without end stop a test") {
  RuleTestOptions options;
  options.max_timers = 10;
  Rig rig(
      "rule a on go { emit go after 1s }\n"
      "test \"t\" { send go on \"s\" advance 9s expect emitted go times 9 }\n"
      "test \"u\" { send go on \"s\" advance 1d expect emitted go }",
      options);
  CHECK(rig.run(0).passed());
  const RuleTestResult stopped = rig.run(1);
  REQUIRE(stopped.failures.size() == 1);
  CHECK(stopped.failures[0].message == "more than 10 timers fired in this step");
}

TEST_CASE("tests of rules: what a cascade that was undone emitted does not count, its failure does") {
  Rig rig(
      "rule a on go { emit went }\nrule b on went { fail cascade \"no\" }\nrule c on on_and_on { emit "
      "on_and_on }\n"
      "test \"t\" { send go on \"s\" expect not emitted went expect failed b expect not failed a }\n"
      "test \"u\" { send on_and_on on \"s\" expect not emitted * }");
  CHECK(rig.run(0).passed());
  CHECK(rig.run(1).passed());
}

}  // namespace krules::test
