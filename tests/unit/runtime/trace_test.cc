#include "krules/trace.h"

#include <catch2/catch.hpp>
#include <optional>

#include "engine_rig.h"

// What is told of a cascade: Engine::trace, the journal, the tree and the JSON.
namespace krules::test {

namespace {

/// A rig whose cascades are told.
class TracedRig {
 public:
  explicit TracedRig(std::string_view rules, EngineOptions options = {}) : rig(rules, std::move(options)) {
    rig.engine->trace([this](const CascadeTrace& trace) { traces.push_back(trace); });
  }

  /// The story of one event.
  const CascadeTrace& send(std::string_view type, std::string_view subject = "s", std::string_view data = {},
                           std::string_view id = {}) {
    traces.clear();
    rig.send(type, subject, data, id);
    REQUIRE(traces.size() == 1);
    return traces.front();
  }

  EngineRig rig;
  std::vector<CascadeTrace> traces;
};

std::string tree(const CascadeTrace& trace) {
  TraceTextOptions options;
  options.durations = false;
  return "\n" + trace_as_text(trace, options);
}

const TracedUnit& unit(const CascadeTrace& trace, std::string_view name, size_t event = 0) {
  REQUIRE(event < trace.events.size());
  for (const TracedUnit& each : trace.events[event].units) {
    if (each.name == name) return each;
  }
  FAIL("no unit " << name << tree(trace));
  return trace.events[event].units.front();
}

/// "subject.total is 3": what a held back rule is told of.
std::string parts(const TracedUnit& unit) {
  REQUIRE(unit.condition.has_value());
  std::string text;
  for (const TracedCondition::Part& part : unit.condition->parts)
    text += (text.empty() ? "" : ", ") + part.text + " is " + part.value;
  return text;
}

std::vector<JournalEntry> journal(Engine& engine) {
  std::vector<JournalEntry> entries;
  REQUIRE(engine.store()
              ->journal_recent(1000,
                               [&](const JournalEntry& entry) {
                                 entries.push_back(entry);
                                 return true;
                               })
              .ok());
  return entries;
}

}  // namespace

TEST_CASE("a cascade is told as a tree") {
  TracedRig rig(R"(
rule check on order.submitted when subject.total ?? 0 > 0 { emit order.valid { n: 1 } }
rule note on order.submitted { set total = payload.total  set seen = true muted  set ext.tag = "x" }
rule big on changed total when new > 100 { emit order.big }
rule ship on order.valid { set status = "shipped"  log info "off it goes" { subject } }
)");
  CHECK(tree(rig.send("order.submitted", "o-1", R"({"total": 12})")) == R"(
event 1  order.submitted of o-1 {"total":12}                            send:1
  held     check: when subject.total ?? 0 > 0; subject.total ?? 0 is 0  test.krules:2
  ran      note                                                         test.krules:3
    set      total of o-1: null -> 12
      event 2  changed total of o-1: null -> 12
        held     big: when new > 100; new is 12                         test.krules:4
    set      seen of o-1: null -> true, muted
    set      ext.tag of o-1: null -> "x"
)");
  CHECK(tree(rig.send("order.submitted", "o-1", R"({"total": 12})")) == R"(
event 1  order.submitted of o-1 {"total":12}                            send:2
  ran      check                                                        test.krules:2
    emit     order.valid on o-1 {"n":1}
      event 2  order.valid of o-1 {"n":1}
        ran      ship                                                   test.krules:5
          set      status of o-1: null -> "shipped"
          log      info "off it goes" {"subject":"o-1"}
  ran      note                                                         test.krules:3
)");
}

TEST_CASE("a rule that is held back shows which part of which condition decided, and the values") {
  TracedRig rig(R"(
const limit = 5
rule a on go when payload.n > limit and payload.m < 2 { set a = 1 }
rule b on go when payload.n < 2 or payload.m == 7 { set b = 1 }
rule c on go when has(subject.x)  when payload.n == 1 { set c = 1 }
rule d on go when not (payload.n == 3) { set d = 1 }
rule e on go when payload.name.starts_with("a") { set e = 1 }
rule f on go when subject.ready { set f = 1 }
rule g on go let twice = payload.n * 2 when twice in [1, 2] { set g = 1 }
rule h on go when payload.name matches "x*" { set h = 1 }
)");
  const CascadeTrace& trace = rig.send("go", "s", R"({"n": 3, "m": 9, "name": "bob"})");
  CHECK(parts(unit(trace, "a")) == "payload.n is 3, limit is 5");
  CHECK(unit(trace, "a").condition->decided == "payload.n > limit");
  CHECK(parts(unit(trace, "b")) == "payload.n is 3, payload.m is 9");
  CHECK(parts(unit(trace, "c")) == "has(subject.x) is false");
  CHECK(unit(trace, "c").condition->text == "has(subject.x)");
  CHECK(parts(unit(trace, "d")) == "payload.n is 3");
  CHECK(parts(unit(trace, "e")) == "payload.name is \"bob\"");
  CHECK(parts(unit(trace, "f")) == "subject.ready is null");
  CHECK(parts(unit(trace, "g")) == "twice is 6");
  CHECK(parts(unit(trace, "h")) == "payload.name is \"bob\"");
  for (const TracedUnit& each : trace.events[0].units) CHECK(each.outcome == TracedUnit::Outcome::kHeldBack);
  CHECK(unit(trace, "f").condition->place.line == 8);
}

TEST_CASE("chance in a condition is explained by the values that decided") {
  TracedRig rig(R"(
rule never on go when random() > 2 and random() < 3 { set a = 1 }
rule draw on go { set drawn = random() }
)");
  const CascadeTrace& trace = rig.send("go");
  REQUIRE(unit(trace, "never").condition->parts.size() == 1);
  CHECK(unit(trace, "never").condition->parts[0].text == "random()");
}

TEST_CASE("a condition that cannot be evaluated says so") {
  TracedRig rig("rule a on go when payload.n > 1 { set a = 1 }");
  const CascadeTrace& trace = rig.send("go", "s", R"({"n": "many"})");
  CHECK(unit(trace, "a").outcome == TracedUnit::Outcome::kConditionFailed);
  CHECK(unit(trace, "a").message.find("does not compare string with int") != std::string::npos);
  CHECK(parts(unit(trace, "a")) == "payload.n is \"many\"");
}

TEST_CASE("what was undone is told, and says so") {
  TracedRig rig(R"(
rule bad on go { set n = 1  emit never  log info "here"  fail "no" }
rule tries on go { set a = 1  try { set b = 2  emit lost  fail "x" } catch err { set c = err.message } }
)");
  CHECK(tree(rig.send("go")) == R"(
event 1  go of s                                                        send:1
  failed   bad: no (test.krules:2:58)                                   test.krules:2
    set      n of s: null -> 1, undone
    emit     never on s, undone
    log      info "here", undone
  ran      tries                                                        test.krules:3
    set      a of s: null -> 1
    set      b of s: null -> 2, undone
    emit     lost on s, undone
    set      c of s: null -> "x"
)");
}

TEST_CASE("the fuse and `fail cascade` undo the whole story") {
  EngineOptions options;
  options.max_cascade = 5;
  TracedRig rig(R"(
rule again on turn { emit turn }
rule stops on halt { fail cascade "enough" }
)",
                options);
  const CascadeTrace fuse = rig.send("turn");
  CHECK(fuse.dead_letter == "fuse");
  CHECK(fuse.events.size() == 5);
  CHECK(fuse.event_count == 6);
  CHECK(tree(fuse).find("undone   all of it (fuse): the cascade made more than 5 events") !=
        std::string::npos);
  const CascadeTrace& failed = rig.send("halt");
  CHECK(failed.dead_letter == "fail");
  CHECK(failed.dead_message == "enough");
}

TEST_CASE("gates and middleware are told with the rule inside them") {
  TracedRig rig(R"(
gate closed on api.* when payload.key == null { emit turned.away  stop }
gate strict on api.* when payload.key == "bad" { fail "bad key" }
middleware outer on * when not (event matches "turned.*") { try { next } catch err { set error = err.message  fail err.message } }
middleware sleepy on api.slow { stop }
rule answer on api.* { set answered = true  if payload.fails { fail "cannot" } }
)");
  CHECK(tree(rig.send("api.get", "s", "{}")) == R"(
event 1  api.get of s                                                   send:1
  stopped  gate closed: the event goes no further                       test.krules:2
    emit     turned.away on s
)");
  CHECK(tree(rig.send("api.get", "s", R"({"key": "bad"})")) == R"(
event 1  api.get of s {"key":"bad"}                                     send:2
  failed   gate strict: bad key (test.krules:3:50)                      test.krules:3
)");
  CHECK(tree(rig.send("api.get", "s", R"({"key": 1, "fails": true})")) == R"(
event 1  api.get of s {"key":1,"fails":true}                            send:3
  failed   middleware outer: cannot (test.krules:4:111)                 test.krules:4
    set      error of s: null -> "cannot"
  failed   answer: cannot (test.krules:6:64)                            test.krules:6
    set      answered of s: null -> true, undone
)");
  CHECK(tree(rig.send("api.slow", "s", R"({"key": 1})")) == R"(
event 1  api.slow of s {"key":1}                                        send:4
  ran      middleware outer                                             test.krules:4
  stopped  middleware sleepy                                            test.krules:5
  skipped  answer: middleware sleepy ran no `next`                      test.krules:6
)");
}

TEST_CASE("timers that a rule sets and ends are told, and what a timer begins") {
  TracedRig rig(R"(
rule arm on go { emit late { n: 1 } after 5m key "k" }
rule disarm on off { cancel "k" }
rule ring on late { set rang = true }
)");
  const CascadeTrace armed = rig.send("go");
  REQUIRE(unit(armed, "arm").deeds.size() == 1);
  CHECK(unit(armed, "arm").deeds[0].kind == TracedDeed::Kind::kSetTimer);
  CHECK(unit(armed, "arm").deeds[0].key == "k");
  const uint64_t timer = unit(armed, "arm").deeds[0].timer;
  const CascadeTrace off = rig.send("off");
  REQUIRE(unit(off, "disarm").deeds.size() == 1);
  CHECK(unit(off, "disarm").deeds[0].kind == TracedDeed::Kind::kEndTimer);
  CHECK(unit(off, "disarm").deeds[0].timer == timer);
  const CascadeTrace again = rig.send("go");
  rig.traces.clear();
  rig.rig.time += 300'000'000;
  REQUIRE(rig.rig.engine->fire_timers());
  REQUIRE(rig.traces.size() == 1);
  CHECK(rig.traces[0].timer == unit(again, "arm").deeds[0].timer);
  CHECK(rig.traces[0].source == "timer");
  CHECK(unit(rig.traces[0], "ring").deeds.size() == 1);
}

TEST_CASE("a few rules that the index rules out are explained, many are counted") {
  std::string rules;
  for (int i = 0; i < 10; ++i)
    rules += "rule r" + std::to_string(i) + " on go when payload.s == \"" + std::to_string(i) +
             "\" { set n = 1 }\n";
  TracedRig few(rules);
  const CascadeTrace& trace = few.send("go", "s", R"({"s": "3"})");
  CHECK(trace.events[0].units.size() == 10);
  CHECK(unit(trace, "r3").outcome == TracedUnit::Outcome::kDone);
  CHECK(unit(trace, "r4").outcome == TracedUnit::Outcome::kHeldBack);
  CHECK(parts(unit(trace, "r4")) == "payload.s is \"3\"");
  for (int i = 10; i < 100; ++i)
    rules += "rule r" + std::to_string(i) + " on go when payload.s == \"" + std::to_string(i) +
             "\" { set n = 1 }\n";
  TracedRig many(rules);
  const CascadeTrace& counted = many.send("go", "s", R"({"s": "3"})");
  REQUIRE(counted.events[0].units.size() == 1);
  REQUIRE(counted.events[0].waiting.size() == 1);
  CHECK(counted.events[0].waiting[0].field == "payload.s");
  CHECK(counted.events[0].waiting[0].rules == 99);
  CHECK(tree(counted).find("99 rules wait for another payload.s than \"3\"") != std::string::npos);
}

TEST_CASE("a story survives its way through JSON") {
  TracedRig rig(R"(
gate g on go { set ext.seen = 1 }
rule a on go { set n = 1  set m = 2 muted  delete n  emit x { s: "ä\n" }  emit late after 1s key "k"  log warn "w" { a: 1 } }
rule b on x when payload.s == "b" { stop }
rule c on x { fail "no" }
rule d on go of other { stop }
)");
  const CascadeTrace& trace = rig.send("go", "s", {}, "id-1");
  CascadeTrace read;
  REQUIRE(trace_from_json(trace_as_json(trace), read));
  CHECK(trace_as_json(read) == trace_as_json(trace));
  CHECK(tree(read) == tree(trace));
  CHECK(read.event_id == "id-1");
  CHECK(read.events.size() == 2);
  CHECK_FALSE(trace_from_json("{}", read));
  CHECK_FALSE(trace_from_json("[1", read));
}

TEST_CASE("long values are cut, and a long cascade ends somewhere") {
  TracedRig rig(R"(
rule grow on go { set text = payload.text }
rule many on lots { for i in range(30000) { emit "step.{i}" } }
rule all on step.* { set n = 1 }
)");
  const std::string text(10'000, 'x');
  const CascadeTrace& cut = rig.send("go", "s", "{\"text\":\"" + text + "\"}");
  CHECK(cut.events[0].payload.size() < 3'000);
  CHECK(unit(cut, "grow").deeds[0].new_value.size() < 3'000);
  EngineOptions options;
  options.max_cascade = 100'000;
  TracedRig wide(R"(
rule many on lots { for i in range(30000) { emit "step.{i}" } }
rule all on step.* { set n = 1 }
)",
                 options);
  const CascadeTrace& trace = wide.send("lots");
  CHECK(trace.event_count == 30'001);
  CHECK(trace.left_out > 0);
  CHECK(trace.events.size() <= 20'000);
}

TEST_CASE("recorded or not, a cascade does the same") {
  const std::string_view rules = R"(
middleware m on go { try { next } catch err { emit caught { err.message } } }
rule a on go { set n = payload.n  set u = uuid()  emit x { r: random() } }
rule b on go when payload.n > 1 { set b = 1  fail "b" }
rule c on go when payload.text > 1 { set c = 1 }
rule d on changed n when new == 2 { emit two { old }  set n = 5 }
rule e on x { log info "x"  fail "e" }
)";
  const auto outcome = [&](bool traced, Journal kept) {
    EngineOptions options;
    options.journal = kept;
    EngineRig rig(rules, options);
    if (traced) rig.engine->trace([](const CascadeTrace&) {});
    std::vector<std::string> all;
    for (int i = 0; i < 4; ++i)
      rig.send("go", "s", R"({"text": "t", "n": )" + std::to_string(i) + "}", "e" + std::to_string(i));
    all = rig.lines;
    all.push_back(rig.stored("s"));
    for (const KeptLog& log : rig.logger.entries) all.push_back(log.message + (log.undone ? " undone" : ""));
    const EngineStatistics& counts = rig.engine->statistics();
    all.push_back(std::to_string(counts.cascade_events) + " " + std::to_string(counts.rules_fired) + " " +
                  std::to_string(counts.failures) + " " + std::to_string(counts.when_errors) + " " +
                  std::to_string(counts.emitted) + " " + std::to_string(counts.events));
    return all;
  };
  const std::vector<std::string> plain = outcome(false, Journal::kOff);
  CHECK(plain.size() > 10);
  CHECK(outcome(true, Journal::kOff) == plain);
  CHECK(outcome(false, Journal::kFailures) == plain);
  CHECK(outcome(false, Journal::kAll) == plain);
}

TEST_CASE("the journal keeps all stories, or those of failures, or none") {
  const std::string_view rules = R"(
rule a on go { set n = payload.n  if payload.n == 2 { set ext.two = true  fail "two" } }
rule b on stop.it { set lost = 1  fail cascade "no" }
)";
  const auto ids = [&](Journal kept) {
    EngineOptions options;
    options.journal = kept;
    EngineRig rig(rules, options);
    for (int i = 1; i <= 3; ++i)
      rig.send("go", "s", "{\"n\":" + std::to_string(i) + "}", "e" + std::to_string(i));
    rig.send("stop.it", "s", {}, "e4");
    std::string text;
    for (const JournalEntry& entry : journal(*rig.engine)) {
      text += entry.event_id;
      for (const PropertyName& name : entry.touched) text += ":" + name.subject + "." + name.property;
      text += " ";
      CascadeTrace trace;
      REQUIRE(trace_from_json(entry.story, trace));
      CHECK(trace.event_id == entry.event_id);
      CHECK(trace.source == "send");
    }
    return text;
  };
  CHECK(ids(Journal::kOff).empty());
  CHECK(ids(Journal::kFailures) == "e4 e2 ");
  CHECK(ids(Journal::kAll) == "e4 e3:s.n e2 e1:s.n ");
}

TEST_CASE("the journal forgets the oldest stories") {
  EngineOptions options;
  options.journal = Journal::kAll;
  options.journal_bytes = 3'000;
  EngineRig rig("rule a on go { set n = payload.n }", options);
  for (int i = 0; i < 100; ++i)
    rig.send("go", "s", "{\"n\":" + std::to_string(i) + "}", "e" + std::to_string(i));
  const std::vector<JournalEntry> entries = journal(*rig.engine);
  REQUIRE(!entries.empty());
  CHECK(entries.size() < 20);
  CHECK(entries.front().event_id == "e99");
}

TEST_CASE("a story that was refused by its input says why") {
  TracedRig rig("input go { n: int }\nrule a on go { set n = payload.n }");
  const CascadeTrace& trace = rig.send("go", "s", R"({"n": "x"})");
  CHECK(trace.dead_letter == "input");
  REQUIRE(trace.events.size() == 1);
  CHECK(trace.events[0].type == "go");
}

}  // namespace krules::test
