#include "krules/replay.h"

#include <catch2/catch.hpp>

#include "krules/parser.h"
#include "krules/stdlib.h"

// Seeds run on the engine in memory: how a cascade ends, where it repeats, what stops it.
namespace krules::test {

namespace {

using End = ReplayOutcome::End;
using Rules = std::vector<std::string>;

std::shared_ptr<const Program> compiled(std::string_view rules, const FunctionTable& functions,
                                        const std::map<std::string, std::string>& parameters = {}) {
  std::vector<ast::Module> modules;
  ParseResult parsed = parse(std::make_shared<Source>("test.krules", std::string(rules)));
  for (const Diagnostic& diagnostic : parsed.diagnostics) UNSCOPED_INFO(render_text(diagnostic));
  REQUIRE(parsed.ok());
  modules.push_back(std::move(parsed.module));
  CompileOptions options;
  options.functions = &functions;
  options.parameters = parameters;
  CompileResult result = compile(modules, options);
  for (const Diagnostic& diagnostic : result.diagnostics) UNSCOPED_INFO(render_text(diagnostic));
  return result.program;
}

class ReplayRig {
 public:
  explicit ReplayRig(std::string_view rules) {
    add_standard_functions(functions_);
    ReplayOptions options;
    options.with_parameters =
        [this, text = std::string(rules)](const std::vector<std::pair<std::string, std::string>>& given) {
          ++compilations;
          return compiled(text, functions_, {given.begin(), given.end()});
        };
    replayer = std::make_unique<Replayer>(compiled(rules, functions_), std::move(options));
  }

  ReplayOutcome run(const ReplaySeed& seed, uint32_t max_events = 1000) {
    return replayer->run(seed, max_events, max_events, story);
  }
  /// One event without data, and nothing before it.
  ReplayOutcome send(const std::string& type, uint32_t max_events = 1000) {
    return run({{}, {{type, "s", ""}}, {}}, max_events);
  }
  Rules names(const ReplayOutcome& outcome) const {
    Rules names;
    for (const uint32_t rule : outcome.rules) names.push_back(replayer->program().rules()[rule].name);
    return names;
  }
  /// "3<2 subject-property-changed s on true->false" for each event that was told.
  std::vector<std::string> told() const {
    std::vector<std::string> lines;
    for (const ReplayStory::Event& event : story.events) {
      std::string line = std::to_string(event.number) + "<" + std::to_string(event.cause) + " " + event.type +
                         " " + event.subject;
      if (!event.property.empty())
        line += " " + event.property + " " + event.old_value + "->" + event.new_value;
      if (!event.heard) line += " unheard";
      lines.push_back(std::move(line));
    }
    return lines;
  }

  int compilations = 0;
  ReplayStory story;
  std::unique_ptr<Replayer> replayer;

 private:
  FunctionTable functions_;
};

}  // namespace

// ---------------------------------------------------------------- how it ends

TEST_CASE("a cascade that runs out ends, with as many events as rules see") {
  ReplayRig rig(R"(
    rule one on start { set a = 1  emit next.step }
    rule two on next.step { set b = 2  emit nobody.waits }
    rule three on changed a { log info "a" })");
  const ReplayOutcome outcome = rig.send("start");
  CHECK(outcome.end == End::kEnds);
  CHECK(outcome.events == 4);
  CHECK(outcome.rules.empty());
  CHECK(rig.told() == std::vector<std::string>{"1<0 start s", "2<1 subject-property-changed s a null->1",
                                               "3<1 next.step s", "4<3 nobody.waits s unheard"});
  CHECK(rig.story.events[0].fired == std::vector<uint32_t>{0});
  CHECK(rig.story.events[2].rule == 0);
  CHECK(rig.story.events[2].fired == std::vector<uint32_t>{1});
}

TEST_CASE("a rule that changes a property on any change runs into the fuse") {
  ReplayRig rig(R"(
    rule start on bump { set counter = 0 }
    rule count_changes on subject-property-changed { set counter += 1 })");
  const ReplayOutcome outcome = rig.send("bump", 50);
  CHECK(outcome.end == End::kFuse);
  CHECK(outcome.events == 51);
  CHECK(outcome.period == 0);
  CHECK(rig.names(outcome) == Rules{"start", "count_changes"});
  CHECK(rig.told()[3] == "4<3 subject-property-changed s counter 1->2");
  CHECK(rig.names(rig.send("bump", 500)) == Rules{"count_changes"});
}

TEST_CASE("its cures end") {
  const char* body = GENERATE("set counter += 1 muted", "set ext.counter += 1 from 0");
  ReplayRig rig("rule start on bump { set counter = 0 } rule count_changes on subject-property-changed { " +
                std::string(body) + " }");
  CHECK(rig.send("bump").end == End::kEnds);
}

TEST_CASE("a toggling pair repeats") {
  ReplayRig rig(R"(
    rule begin on go { set on = true }
    rule off on changed "on" when new == true { set on = false }
    rule back on changed "on" when new == false { set on = true })");
  const ReplayOutcome outcome = rig.send("go");
  CHECK(outcome.end == End::kRepeats);
  CHECK(outcome.period == 2);
  CHECK(outcome.events < 12);
  Rules names = rig.names(outcome);
  std::sort(names.begin(), names.end());
  CHECK(names == Rules{"back", "off"});
  // null->true, true->false, false->true, true->false: from the third on it is as it was.
  CHECK(rig.story.turn_begins == 2);
  CHECK(rig.story.turn_ends == 4);
}

TEST_CASE("an event that comes back with the same content repeats, with another it does not") {
  ReplayRig same("rule again on ping { emit ping { payload.n } }");
  ReplayOutcome outcome = same.run({{}, {{"ping", "s", R"({"n":[1,{"a":2.5}]})"}}, {}});
  CHECK(outcome.end == End::kRepeats);
  CHECK(outcome.period == 1);
  CHECK(same.story.turn_begins == 0);
  CHECK(same.story.turn_ends == 1);
  ReplayRig grows("rule again on ping { emit ping { n: payload.n + 1 } }");
  CHECK(grows.run({{}, {{"ping", "s", R"({"n":1})"}}, {}}).end == End::kFuse);
}

TEST_CASE("kinds and the order of keys are part of the state") {
  // 1 and 1.0 are equal, and a rule can tell them apart: the event that follows is not the same.
  ReplayRig kinds(R"(rule again on ping { emit ping { n: 1.0 } })");
  const ReplayOutcome outcome = kinds.run({{}, {{"ping", "s", R"({"n":1})"}}, {}});
  CHECK(outcome.end == End::kRepeats);
  CHECK(kinds.story.turn_begins == 1);
  ReplayRig keys(R"(rule again on ping { emit ping { b: payload.b, a: payload.a } })");
  CHECK(keys.run({{}, {{"ping", "s", R"({"a":1,"b":2})"}}, {}}).end == End::kRepeats);
  CHECK(keys.story.turn_begins == 1);
}

TEST_CASE("a long way in and a long turn are found at a cost that follows the events") {
  ReplayRig rig(R"(
    rule count on tick { set n += 1 from 0  emit tock }
    rule wrap on tock when subject.n >= 107 { set n = 7 }
    rule again on tock { emit tick })");
  const ReplayOutcome outcome = rig.send("tick", 5000);
  CHECK(outcome.end == End::kRepeats);
  CHECK(outcome.period == 200);
  CHECK(outcome.events < 1200);
  CHECK(rig.story.turn_ends - rig.story.turn_begins == 200);
  CHECK(rig.story.turn_begins == 14);
}

TEST_CASE("more and more waiting events are no repetition") {
  ReplayRig rig("rule double on ping { emit ping  emit ping }");
  CHECK(rig.send("ping", 300).end == End::kFuse);
}

TEST_CASE("one failing rule does not end a cascade, `fail cascade` does") {
  ReplayRig rig(R"(
    rule bad on ping { set a = 1  fail "no" }
    rule good on ping { emit ping })");
  CHECK(rig.send("ping").end == End::kRepeats);
  REQUIRE(!rig.story.failures.empty());
  CHECK(rig.story.failures[0].event == 1);
  CHECK(rig.story.failures[0].message.find("no (test.krules:2:") == 0);
  ReplayRig stops(R"(
    rule first on ping when not payload.last { emit ping { last: true } }
    rule give_up on ping when payload.last { fail cascade "enough" })");
  const ReplayOutcome outcome = stops.send("ping");
  CHECK(outcome.end == End::kEnds);
  CHECK(outcome.events == 2);
  CHECK(stops.story.failed == "enough");
}

// ---------------------------------------------------------------- what the state is

TEST_CASE("deleted and new properties count, also those that no rule waits for") {
  ReplayRig rig(R"(
    rule mark on ping when subject.seen == null { set seen = true muted  emit pong }
    rule clear on pong when subject.seen { delete seen muted  emit ping })");
  const ReplayOutcome outcome = rig.send("ping");
  CHECK(outcome.end == End::kRepeats);
  CHECK(outcome.period == 2);
  CHECK(rig.story.turn_begins == 0);
  ReplayRig counts("rule again on ping { set ext.n += 1 from 0  emit ping }");
  CHECK(counts.send("ping").end == End::kFuse);
}

TEST_CASE("a subject that is deleted and made again is as it was") {
  ReplayRig rig(R"(
    rule make on ping { set a = 1 muted  set b = [1, 2] muted  set ext.c = "x"  emit pong }
    rule drop on pong { delete subject muted  emit ping })");
  const ReplayOutcome outcome = rig.send("ping");
  CHECK(outcome.end == End::kRepeats);
  CHECK(outcome.period == 2);
  CHECK(rig.story.turn_begins == 0);
}

TEST_CASE("the order of properties is part of the state") {
  // Each event moves the first property to the end; after two it is as it was.
  ReplayRig rig(R"(
    rule turn on ping when payload.a { delete a muted  set a = 1 muted  emit ping { a: false } }
    rule other on ping when not payload.a { delete b muted  set b = 1 muted  emit ping { a: true } })");
  const ReplayOutcome outcome =
      rig.run({{{"s", "a", "1"}, {"s", "b", "1"}}, {{"ping", "s", R"({"a":true})"}}, {}});
  CHECK(outcome.end == End::kRepeats);
  CHECK(outcome.period == 2);
}

TEST_CASE("many writes of one rule are all seen") {
  ReplayRig rig(R"(
    rule many on ping {
      for i in range(0, 40) { set "p{i}" = payload.up muted on "other" }
      for i in range(0, 40) { set "p{i}" = i muted }
      emit ping { up: not payload.up }
    })");
  const ReplayOutcome outcome = rig.run({{}, {{"ping", "s", R"({"up":true})"}}, {}});
  CHECK(outcome.end == End::kRepeats);
  CHECK(outcome.period == 2);
}

TEST_CASE("a cascade that asks for chance is not said to repeat") {
  ReplayRig stored("rule again on ping { set id = uuid() muted  emit ping }");
  CHECK(stored.send("ping", 100).end == End::kFuse);
  // The chance goes nowhere here; nobody can know that.
  ReplayRig thrown("rule again on ping { if random() < 2 { emit ping } }");
  CHECK(thrown.send("ping", 100).end == End::kFuse);
  ReplayRig once(R"(
    rule first on start { set id = uuid()  emit ping }
    rule again on ping { emit ping })");
  CHECK(once.send("start", 100).end == End::kRepeats);
  CHECK(once.story.turn_begins == 1);
}

TEST_CASE("time stands still") {
  ReplayRig rig(R"(rule again on ping { set at = now() muted  emit ping { at: now() } })");
  CHECK(rig.send("ping").end == End::kRepeats);
  CHECK(rig.story.events[1].payload == R"({"at":"2026-01-01T12:00:00Z"})");
}

// ---------------------------------------------------------------- seeds

TEST_CASE("properties of several subjects are there at the start") {
  ReplayRig rig(R"(
    rule look on go when subject("a").n == 1 and subject("b").n == 2.5 and subject("b").since < now() {
      emit found.it { since: subject("b").since, list: subject("a").list }
    })");
  const ReplaySeed seed{{{"a", "n", "7"},
                         {"a", "n", "1"},
                         {"b", "n", "2.5"},
                         {"b", "since", R"({"$timestamp":"2025-01-01T00:00:00Z"})"},
                         {"a", "list", R"(["a string that is not short", {"k": null}])"}},
                        {{"go", "s", ""}},
                        {}};
  CHECK(rig.run(seed).end == End::kEnds);
  REQUIRE(rig.story.events.size() == 2);
  CHECK(rig.story.events[1].payload ==
        R"({"since":"2025-01-01T00:00:00Z","list":["a string that is not short",{"k":null}]})");
}

TEST_CASE("inputs before the last prepare the state, and each run begins with nothing") {
  ReplayRig rig(R"(
    rule arm on arm { set armed = true }
    rule again on ping when subject.armed { emit ping })");
  CHECK(rig.run({{}, {{"arm", "s", ""}, {"ping", "s", ""}}, {}}).end == End::kRepeats);
  CHECK(rig.told().front() == "1<0 ping s");
  CHECK(rig.send("ping").end == End::kEnds);
  CHECK(rig.run({{{"s", "armed", "true"}}, {{"ping", "s", ""}}, {}}).end == End::kRepeats);
  CHECK(rig.send("ping").end == End::kEnds);
}

TEST_CASE("what cannot be run is refused with a reason") {
  ReplayRig rig(R"(
    input order.paid { total: number }
    input door.opened { id: string } on "door:{payload.id}"
    rule again on order.paid { emit other.event }
    rule loop on spin { emit spin }
    rule give_up on halt { fail cascade "no more" }
    rule open on door.opened { emit door.seen on "hall" })");
  const auto refusal = [&](const ReplaySeed& seed) {
    CHECK(rig.run(seed, 20).end == End::kInvalid);
    CHECK(rig.story.events.empty());
    return rig.story.refused;
  };
  CHECK(refusal({}) == "there is no input");
  CHECK(refusal({{}, {{"order.paid", "s", R"({"total":"x"})"}}, {}}).find("input 1 (`order.paid`): ") == 0);
  CHECK(refusal({{}, {{"order.paid", "s", "{"}}, {}}).find("the data of input `order.paid`: ") == 0);
  CHECK(refusal({{}, {{"any", "", "{}"}}, {}}) == "input 1 (`any`): an event needs a `subject`");
  CHECK(refusal({{}, {{"", "s", "{}"}}, {}}) == "an input needs a `type`");
  CHECK(refusal({{}, {{"subject-deleted", "s", "{}"}}, {}}).find("built-in event") != std::string::npos);
  CHECK(refusal({{{"s", "n", "nonsense"}}, {{"any", "s", ""}}, {}}).find("property `n` of `s`") !=
        std::string::npos);
  CHECK(refusal({{{"", "n", "1"}}, {{"any", "s", ""}}, {}}).find("needs a `subject`") != std::string::npos);
  CHECK(refusal({{}, {{"spin", "s", ""}, {"any", "s", ""}}, {}}) ==
        "input 1 (`spin`): its cascade made more than 20 events");
  CHECK(refusal({{}, {{"halt", "s", ""}, {"any", "s", ""}}, {}}) ==
        "input 1 (`halt`): a rule said `fail cascade`: no more");
  // The subject that a declaration computes.
  CHECK(rig.run({{}, {{"door.opened", "", R"({"id":"7"})"}}, {}}).end == End::kEnds);
  CHECK(rig.told() == std::vector<std::string>{"1<0 door.opened door:7", "2<1 door.seen hall unheard"});
}

TEST_CASE("seeds choose the values of params") {
  ReplayRig rig(R"(
    param most: int = 3
    rule again on ping when payload.n < most or most == 0 { emit ping { n: payload.n } })");
  const ReplaySeed plain{{}, {{"ping", "s", R"({"n":5})"}}, {}};
  ReplaySeed more = plain;
  more.parameters = {{"most", "9"}};
  ReplaySeed wrong = plain;
  wrong.parameters = {{"most", "many"}};
  CHECK(rig.run(plain).end == End::kEnds);
  CHECK(rig.run(more).end == End::kRepeats);
  CHECK(rig.run(more).end == End::kRepeats);
  CHECK(rig.compilations == 1);
  CHECK(rig.run(plain).end == End::kEnds);
  CHECK(rig.run(wrong).end == End::kInvalid);
  CHECK(rig.story.refused == "the program cannot be made with these values of its params");
}

TEST_CASE("a story tells no more than it is asked to") {
  ReplayRig rig("rule again on ping { emit nobody.waits  emit ping { n: 1 }}");
  ReplayStory story;
  CHECK(rig.replayer->run({{}, {{"ping", "s", ""}}, {}}, 100, 3, story).end == End::kRepeats);
  CHECK(story.events.size() == 3);
  CHECK(story.turn_begins > 0);
}

// ---------------------------------------------------------------- files

TEST_CASE("a replay file reads back as it was written") {
  ReplayFile file;
  file.rules = {"rules/a b.krules", "more"};
  file.max_cascade = 77;
  file.seed.parameters = {{"most", "\"3\""}};
  file.seed.properties = {{"s \"1\"", "n", "1.0"},
                          {"s", "since", R"({"$timestamp":"2025-01-01T00:00:00Z"})"},
                          {"s", "nothing", "null"}};
  file.seed.inputs = {{"ping", "s", R"({"n":9007199254740993})"}, {"go", "", ""}};
  file.expected = {ReplayOutcome::End::kRepeats, 12, 3, {"ping", "changed \"n\""}};
  const std::string text = replay_file_text(file);
  INFO(text);
  std::string error;
  const auto read = parse_replay_file(text, "x.json", error);
  CHECK(error.empty());
  REQUIRE(read.has_value());
  CHECK(read->rules == file.rules);
  CHECK(read->max_cascade == 77);
  CHECK(read->seed.parameters == file.seed.parameters);
  REQUIRE(read->seed.properties.size() == 3);
  CHECK(read->seed.properties[0].subject == "s \"1\"");
  CHECK(read->seed.properties[0].json == "1.0");
  CHECK(read->seed.properties[1].json == R"({"$timestamp":"2025-01-01T00:00:00Z"})");
  CHECK(read->seed.properties[2].json == "null");
  REQUIRE(read->seed.inputs.size() == 2);
  CHECK(read->seed.inputs[0].data == R"({"n":9007199254740993})");
  CHECK(read->seed.inputs[1].subject.empty());
  REQUIRE(read->expected.has_value());
  CHECK(read->expected->end == ReplayOutcome::End::kRepeats);
  CHECK(read->expected->events == 12);
  CHECK(read->expected->period == 3);
  CHECK(read->expected->path == file.expected->path);
  CHECK(replay_file_text(*read) == replay_file_text({file.rules, 77, read->seed, file.expected}));
}

TEST_CASE("a broken replay file says what is wrong") {
  const auto wrong = [](std::string_view text) {
    std::string error;
    CHECK(!parse_replay_file(text, "x.json", error).has_value());
    const std::string start = "`x.json` cannot be replayed: ";
    REQUIRE(error.starts_with(start));
    return error.substr(start.size());
  };
  CHECK(wrong("{").starts_with("not valid JSON"));
  CHECK(wrong("[]") == "it is not a JSON object");
  CHECK(wrong("{}") == "`krules_replay` is missing: this is no replay file");
  CHECK(wrong(R"({"krules_replay":2})") == "it is of version 2, and this krules reads version 1");
  CHECK(wrong(R"({"krules_replay":1})") == "`inputs` is missing or empty: there is no event to run");
  CHECK(wrong(R"({"krules_replay":1,"inputs":{}})") == "`inputs` is not a list");
  CHECK(wrong(R"({"krules_replay":1,"inputs":[1]})") == "entry 1 of `inputs` is not a JSON object");
  CHECK(wrong(R"({"krules_replay":1,"inputs":[{"subject":"s"}]})") == "entry 1 of `inputs` needs a `type`");
  CHECK(wrong(R"({"krules_replay":1,"inputs":[{"type":""}]})") == "`type` of entry 1 of `inputs` is empty");
  CHECK(wrong(R"({"krules_replay":1,"rules":[1]})") == "`rules` holds something that is not a string");
  CHECK(wrong(R"({"krules_replay":1,"max_cascade":0})").starts_with("`max_cascade` is not a whole number"));
  CHECK(wrong(R"({"krules_replay":1,"parameters":{"a":1}})").starts_with("the value of `a` in `parameters`"));
  CHECK(wrong(R"({"krules_replay":1,"properties":[{"subject":"s","name":"n"}]})") ==
        "entry 1 of `properties` needs a `value`");
  CHECK(wrong(R"({"krules_replay":1,"inputs":[{"type":"t"}],"expected":{"end":"soon"}})")
            .starts_with("`end` of `expected` is `soon`"));
  CHECK(wrong(R"({"krules_replay":1,"properties":[{"subject":"s","name":"n","value":99999999999999999999}]})")
            .find("number") != std::string::npos);
}

}  // namespace krules::test
