#include <catch2/catch.hpp>

#include "engine_rig.h"

// How an event is processed: order, atomicity, isolation, the fuse.
namespace krules::test {

using Lines = std::vector<std::string>;

TEST_CASE("a rule reads the event, writes and emits") {
  EngineRig rig(R"(
    rule ship on order.paid when payload.total > 0 {
      set status = "shipped"
      emit order.shipped { payload.total }
    })");
  rig.send("order.paid", "order-1", R"({"total": 3})");
  CHECK(rig.take() == Lines{R"(order.shipped order-1 {"total":3})"});
  CHECK(rig.property("order-1", "status") == "\"shipped\"");
  CHECK(rig.stored("order-1") == R"({"status":"shipped"})");
  rig.send("order.paid", "order-2", R"({"total": 0})");
  CHECK(rig.take().empty());
  CHECK(rig.stored("order-2").empty());
}

TEST_CASE("events of a cascade are first in, first out, not nested") {
  EngineRig rig(R"(
    rule one on start { emit step.a  emit step.b }
    rule two on start { emit step.c }
    rule a on step.a { emit step.a1 }
    rule b on step.b { emit step.b1 })");
  rig.send("start", "s");
  CHECK(rig.take() == Lines{"step.a s {}", "step.b s {}", "step.c s {}", "step.a1 s {}", "step.b1 s {}"});
}

TEST_CASE("rules of one event run in the order of their declaration and see what earlier ones wrote") {
  EngineRig rig(R"(
    rule first on go { set n = 1 }
    rule second on go when subject.n == 1 { set n = 2 }
    rule third on go when subject.n == 1 { emit never.comes })");
  rig.send("go", "s");
  CHECK(rig.take().empty());
  CHECK(rig.property("s", "n") == "2");
}

TEST_CASE("change events follow all writes of their rule, in the order written") {
  EngineRig rig(R"(
    rule write on go { set a = 1  emit mid.point  set b = 2 }
    rule seen on changed a, b { emit saw.change { property, old, new, b: subject.b } })");
  rig.send("go", "s");
  CHECK(rig.take() == Lines{"mid.point s {}", R"(saw.change s {"property":"a","old":null,"new":1,"b":2})",
                            R"(saw.change s {"property":"b","old":null,"new":2,"b":2})"});
}

TEST_CASE("a rule that fails undoes all that it did and nothing else") {
  EngineRig rig(R"(
    rule good on go { set a = 1  emit good.done }
    rule bad on go { set a = 2  set b = 3  set ext.note = 1  delete a  emit bad.done  fail "no {subject}" }
    rule later on go { emit after.done { a: subject.a, b: subject.b, note: ext.note } })");
  rig.send("go", "s");
  CHECK(rig.take() == Lines{"good.done s {}", R"(after.done s {"a":1,"b":null,"note":null})"});
  CHECK(rig.stored("s") == R"({"a":1})");
  CHECK(rig.engine->statistics().failures == 1);
  CHECK(rig.logger.has("no s"));
}

TEST_CASE("a failed rule puts deleted properties back where they were") {
  EngineRig rig(R"(
    rule make on make { set a = 1  set b = 2  set c = 3 }
    rule bad on go { delete a  delete subject  fail "x" })");
  rig.send("make", "s");
  rig.send("go", "s");
  CHECK(rig.stored("s") == R"({"a":1,"b":2,"c":3})");
  CHECK(rig.property("s", "b") == "2");
}

TEST_CASE("a condition that fails counts as false and stops nothing") {
  EngineRig rig(R"(
    rule odd on go when subject.absent > 3 { emit odd.fired }
    rule even on go { emit even.fired })");
  rig.send("go", "s");
  CHECK(rig.take() == Lines{"even.fired s {}"});
  CHECK(rig.engine->statistics().when_errors == 1);
  CHECK(rig.engine->statistics().failures == 0);
}

TEST_CASE("fail cascade undoes everything and sends the first event to the dead letters") {
  EngineRig rig(R"(
    rule start on go { set a = 1  emit next.step  log info "started" }
    rule follow on next.step { set b = 2  fail cascade "stop here" })");
  rig.send("go", "s", R"({"k":1})");
  CHECK(rig.take().empty());
  CHECK(rig.stored("s").empty());
  CHECK(rig.property("s", "a").empty());
  const auto letters = rig.dead_letters();
  REQUIRE(letters.size() == 1);
  CHECK(letters[0].kind == "fail");
  CHECK(letters[0].message == "stop here");
  CHECK(letters[0].event == R"({"within":true,"type":"go","subject":"s","data":{"k":1}})");
  const bool marked = std::any_of(rig.logger.entries.begin(), rig.logger.entries.end(),
                                  [](const KeptLog& log) { return log.message == "started" && log.undone; });
  CHECK(marked);
}

TEST_CASE("a cascade without end is undone by the fuse, with the path that it took") {
  EngineOptions options;
  options.max_cascade = 100;
  EngineRig rig(R"(
    rule fine on other { emit other.done }
    rule round on ping { set n += 1 from 0  emit ping })",
                options);
  rig.send("ping", "s");
  rig.send("other", "s");
  CHECK(rig.take() == Lines{"other.done s {}"});
  CHECK(rig.property("s", "n").empty());
  const auto letters = rig.dead_letters();
  REQUIRE(letters.size() == 1);
  CHECK(letters[0].kind == "fuse");
  CHECK(letters[0].message.find("100 events") != std::string::npos);
  CHECK(letters[0].path.find(R"({"event":"ping","subject":"s","by":"round"})") != std::string::npos);
  CHECK(letters[0].path.find(R"("left_out":)") != std::string::npos);
}

TEST_CASE("the fuse lets exactly as many events pass as it says") {
  EngineOptions options;
  options.max_cascade = 5;
  // The root, four pings; then one more is too many.
  EngineRig rig("rule round on ping when payload.n > 0 { emit ping { n: payload.n - 1 } }", options);
  rig.send("ping", "s", R"({"n":4})");
  CHECK(rig.take().size() == 4);
  rig.send("ping", "s", R"({"n":5})");
  CHECK(rig.take().empty());
  CHECK(rig.dead_letters().size() == 1);
}

TEST_CASE("property changes that no rule looks at do not wear out the fuse") {
  EngineOptions options;
  options.max_cascade = 10;
  EngineRig rig("rule many on go { for i in range(100) { set \"field{i}\" = i } }", options);
  rig.send("go", "s");
  CHECK(rig.property("s", "field99") == "99");
  CHECK(rig.dead_letters().empty());
}

TEST_CASE("a rule that uses up its steps fails alone") {
  EngineOptions options;
  options.max_steps = 1000;
  EngineRig rig(R"(
    rule long on go { set a = 1  for i in range(100000) { set n = i } }
    rule short on go { emit short.done })",
                options);
  rig.send("go", "s");
  CHECK(rig.take() == Lines{"short.done s {}"});
  CHECK(rig.stored("s").empty());
  CHECK(rig.engine->statistics().failures == 1);
}

TEST_CASE("several patterns that match one event run the rule once") {
  EngineRig rig(R"(rule once on a.*, *.b  on a.b of s*  on changed x { emit ran.once })");
  rig.send("a.b", "s1");
  CHECK(rig.take() == Lines{"ran.once s1 {}"});
  rig.send("c.b", "t1");
  CHECK(rig.take() == Lines{"ran.once t1 {}"});
}

TEST_CASE("subject patterns choose subjects") {
  EngineRig rig(R"(
    rule dev on ping of device:*, "thing one" { emit dev.ping }
    rule room on ping of room:? { emit room.ping })");
  rig.send("ping", "device:7");
  rig.send("ping", "thing one");
  rig.send("ping", "room:1");
  rig.send("ping", "room:12");
  CHECK(rig.take() == Lines{"dev.ping device:7 {}", "dev.ping thing one {}", "room.ping room:1 {}"});
}

TEST_CASE("many rules with equality guards: those that match run, in order") {
  std::string rules = "rule before on reading { emit before.all }\n";
  for (int i = 0; i < 50; ++i) {
    const std::string n = std::to_string(i);
    rules += "rule r" + n + " on reading when payload.sensor == \"s" + n + "\" { emit hit." + n + " }\n";
  }
  rules += "rule both on reading when payload.sensor in [\"s7\", \"s8\"] { emit both.hit }\n";
  rules += "rule number on reading when payload.value == 3 { emit value.three }\n";
  EngineRig rig(rules);
  rig.send("reading", "g", R"({"sensor":"s7","value":3.0})");
  CHECK(rig.take() == Lines{"before.all g {}", "hit.7 g {}", "both.hit g {}", "value.three g {}"});
  rig.send("reading", "g", R"({"sensor":"none"})");
  CHECK(rig.take() == Lines{"before.all g {}"});
  rig.send("reading", "g", R"([1])");
  CHECK(rig.take() == Lines{"before.all g {}"});
}

TEST_CASE("now is one time for the whole cascade; uuid and random are fixed by event, rule and count") {
  const char* rules = R"(
    rule a on go { set t1 = now()  emit next.one }
    rule b on next.one { set t2 = now()  set u = [uuid(), uuid(), random()] })";
  EngineRig one(rules);
  one.send("go", "s", "", "event-1");
  CHECK(one.property("s", "t1") == one.property("s", "t2"));
  EngineRig two(rules);
  two.time += 5'000'000;
  two.send("go", "s", "", "event-1");
  CHECK(one.property("s", "u") == two.property("s", "u"));
  CHECK(one.property("s", "t1") != two.property("s", "t1"));
  two.send("go", "s", "", "event-2");
  CHECK(one.property("s", "u") != two.property("s", "u"));
}

}  // namespace krules::test
