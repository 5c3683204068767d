#include <catch2/catch.hpp>

#include "engine_rig.h"

// What a rule's writes become: change events, deleted events, extended and muted writes, what the store gets.
namespace krules::test {

using Lines = std::vector<std::string>;

namespace {
constexpr const char* kWatch = R"(
    rule changed on changed of * { emit was.changed { property, old, new, why: extra.reason } }
    rule deleted on deleted of * { emit was.deleted { property, old, why: extra.reason } }
    rule gone on subject deleted { emit was.gone { payload.props, payload.ext } }
)";
}

TEST_CASE("several sets of a property in one rule give one change") {
  EngineRig rig(std::string(kWatch) + R"(
    rule go on go { set a = 1  set a = 2  set b = 1  set a = 3 with { reason: "last" } })");
  rig.send("go", "s");
  CHECK(rig.take() == Lines{R"(was.changed s {"property":"b","old":null,"new":1,"why":null})",
                            R"(was.changed s {"property":"a","old":null,"new":3,"why":"last"})"});
}

TEST_CASE("a property that ends as it began changes nothing") {
  EngineRig rig(std::string(kWatch) + R"(
    rule one on one { set a = 1 }
    rule there_and_back on two { set a = 2  set a = 1 }
    rule same on three { set a = 1.0 })");
  rig.send("one", "s");
  rig.take();
  rig.send("two", "s");
  rig.send("three", "s");
  CHECK(rig.take().empty());
  CHECK(rig.stored("s") == R"({"a":1})");
}

TEST_CASE("muted writes make no event; an unmuted one among them decides the place") {
  EngineRig rig(std::string(kWatch) + R"(
    rule quiet on one { set a = 1 muted }
    rule mixed on two { set a = 2 with { reason: "first" }  set b = 1  set a = 3 muted })");
  rig.send("one", "s");
  CHECK(rig.take().empty());
  rig.send("two", "s");
  CHECK(rig.take() == Lines{R"(was.changed s {"property":"a","old":1,"new":3,"why":"first"})",
                            R"(was.changed s {"property":"b","old":null,"new":1,"why":null})"});
}

TEST_CASE("deleting gives the last value; set and delete in one rule give the delete alone") {
  EngineRig rig(std::string(kWatch) + R"(
    rule one on one { set a = 1 }
    rule two on two { set a = 5  delete a with { reason: "old" }  delete absent })");
  rig.send("one", "s");
  rig.take();
  rig.send("two", "s");
  CHECK(rig.take() == Lines{R"(was.deleted s {"property":"a","old":1,"why":"old"})"});
  CHECK(rig.stored("s").empty());
}

TEST_CASE("delete and set in one rule is a change") {
  EngineRig rig(std::string(kWatch) + R"(
    rule one on one { set a = 1 }
    rule two on two { delete a  set a = 2 })");
  rig.send("one", "s");
  rig.take();
  rig.send("two", "s");
  CHECK(rig.take() == Lines{R"(was.changed s {"property":"a","old":1,"new":2,"why":null})"});
}

TEST_CASE("delete subject: properties, then extended ones, then the subject") {
  EngineRig rig(std::string(kWatch) + R"(
    rule make on make { set a = 1  set b = "two"  set ext.note = "x" }
    rule drop on drop { delete subject })");
  rig.send("make", "s");
  rig.take();
  rig.send("drop", "s");
  CHECK(rig.take() == Lines{R"(was.deleted s {"property":"a","old":1,"why":null})",
                            R"(was.deleted s {"property":"b","old":"two","why":null})",
                            R"(was.deleted s {"property":"note","old":"x","why":null})",
                            R"(was.gone s {"props":{"a":1,"b":"two"},"ext":{"note":"x"}})"});
  CHECK(rig.stored("s").empty());
  rig.send("drop", "s");
  CHECK(rig.take().empty());
}

TEST_CASE("extended properties are kept and make no event") {
  EngineRig rig(std::string(kWatch) +
                R"(rule go on go { set ext.tags = ["a"]  set ext.n = 1  delete ext.n })");
  rig.send("go", "s");
  CHECK(rig.take().empty());
  CHECK(rig.stored("s") == R"({}|{"tags":["a"]})");
}

TEST_CASE("writes go to other subjects by `on` and `as`") {
  EngineRig rig(std::string(kWatch) + R"(
    rule go on go {
      set a = 1 on "t"
      as "u-{payload.n}" { set b = subject  set c = origin  emit from.u }
    })");
  rig.send("go", "s", R"({"n":7})");
  CHECK(rig.take() == Lines{"from.u u-7 {}",
                            R"(was.changed t {"property":"a","old":null,"new":1,"why":null})",
                            R"(was.changed u-7 {"property":"b","old":null,"new":"u-7","why":null})",
                            R"(was.changed u-7 {"property":"c","old":null,"new":"s","why":null})"});
  CHECK(rig.stored("u-7") == R"({"b":"u-7","c":"s"})");
  CHECK(rig.stored("s").empty());
}

TEST_CASE("try undoes its block alone") {
  EngineRig rig(std::string(kWatch) + R"(
    rule go on go {
      set a = 1
      try { set a = 2  set b = 2  delete a  emit never.seen  fail "oops" }
      catch err { set why = err.message }
    })");
  rig.send("go", "s");
  CHECK(rig.take() == Lines{R"(was.changed s {"property":"a","old":null,"new":1,"why":null})",
                            R"(was.changed s {"property":"why","old":null,"new":"oops","why":null})"});
  CHECK(rig.stored("s") == R"({"a":1,"why":"oops"})");
}

TEST_CASE("a subject with very many properties is stored in parts, and a change rewrites one of them") {
  auto store = make_memory_store();
  Store* raw = store.get();
  EngineRig rig(R"(
    rule fill on fill { for i in range(200) { set "p{i}" = i } }
    rule touch on touch { set p150 = "new" }
    rule drop on drop { for i in range(64) { delete "p{i}" } })",
                {}, std::move(store));
  // Nothing names these properties, so all of them are strangers to the program but p150.
  rig.send("fill", "s");
  std::vector<StoredPart> parts;
  REQUIRE(raw->load("s", parts).ok());
  REQUIRE(parts.size() == 4);
  rig.send("touch", "s");
  REQUIRE(raw->load("s", parts).ok());
  CHECK(parts[2].properties.find("\"p150\":\"new\"") != std::string::npos);
  rig.send("drop", "s");
  REQUIRE(raw->load("s", parts).ok());
  CHECK(parts.size() == 3);
  CHECK(rig.property("s", "p199") == "199");
  CHECK(rig.property("s", "p0").empty());
}

TEST_CASE("kinds survive the store") {
  auto store = make_memory_store();
  EngineOptions options;
  options.cache_bytes = 1;  // nothing stays in memory
  EngineRig rig(R"(
    rule make on make { set d = 90s  set t = timestamp("2026-01-02T03:04:05Z")  set f = 1.0  set m = { "$map": 1 } }
    rule more on make { set n = { "$map": { "$x": [{ "$map": { "$y": 1 } }] }, b: 2 } }
    rule read on read { emit was.read { sum: subject.t + subject.d, f: subject.f, m: subject.m, n: subject.n } })",
                options, std::move(store));
  rig.send("make", "s");
  rig.send("other", "t");
  rig.send("read", "s");
  CHECK(
      rig.take() ==
      Lines{
          R"(was.read s {"sum":"2026-01-02T03:05:35Z","f":1.0,"m":{"$map":1},"n":{"$map":{"$x":[{"$map":{"$y":1}}]},"b":2}})"});
}

TEST_CASE("a property whose name looks like a tag survives the store") {
  auto store = make_memory_store();
  EngineOptions options;
  options.cache_bytes = 1;  // nothing stays in memory
  EngineRig rig(R"(
    rule make on make { set "$map" = { "$x": 1 }  set ext["$timestamp"] = 5m }
    rule read on read { emit was.read { props: subject.props(), e: subject.ext["$timestamp"] } })",
                options, std::move(store));
  rig.send("make", "s");
  rig.send("other", "t");
  rig.send("read", "s");
  CHECK(rig.take() == Lines{R"(was.read s {"props":{"$map":{"$x":1}},"e":"5m"})"});
}

TEST_CASE("values that nest too deep are refused when they are stored") {
  EngineRig rig("rule go on go { set x = [subject.x] }");
  for (int i = 0; i < 140; ++i) rig.send("go", "s");
  CHECK(rig.engine->statistics().failures == 12);
}

TEST_CASE("the built-in event types can be neither emitted nor sent") {
  EngineRig rig(R"(rule go on go { emit "subject-{payload.rest}" })");
  rig.send("go", "s", R"({"rest":"deleted"})");
  CHECK(rig.engine->statistics().failures == 1);
  rig.send("subject-property-changed", "s", R"({"property":"x"})");
  REQUIRE(rig.dead_letters().size() == 1);
  CHECK(rig.dead_letters()[0].kind == "malformed");
}

}  // namespace krules::test
