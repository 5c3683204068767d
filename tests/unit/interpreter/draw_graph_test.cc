#include "krules/draw_graph.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>

using namespace krules;

namespace {

constexpr uint32_t kNone = CascadeGraph::kNone;

struct Sketch {
  uint32_t event(const std::string& name, EventClass::Kind kind = EventClass::Kind::kPlain,
                 bool external = false) {
    graph.events.push_back({kind, name, external});
    return static_cast<uint32_t>(graph.events.size() - 1);
  }
  uint32_t rule(const std::string& name, std::vector<std::string> guards = {}) {
    CascadeGraph::Rule made;
    made.name = name;
    made.guards = std::move(guards);
    made.where.source = file;
    graph.rules.push_back(made);
    return static_cast<uint32_t>(graph.rules.size() - 1);
  }
  void fires(uint32_t from, uint32_t to, uint32_t cycle = kNone) {
    graph.reactions.push_back({from, to, false, cycle});
    if (cycle != kNone) graph.rules[to].cycle = cycle;
  }
  void makes(uint32_t from, uint32_t to, std::vector<std::string> conditions = {}, uint32_t cycle = kNone) {
    graph.emissions.push_back({from, to, {}, std::move(conditions), cycle, {}});
  }
  void loop(Verdict verdict, std::vector<uint32_t> rules) {
    Cycle cycle;
    cycle.verdict = verdict;
    for (const uint32_t each : rules) cycle.steps.push_back({each, "x", {}, {}});
    cycle.rules = std::move(rules);
    cycles.push_back(cycle);
  }
  std::string dot(const DrawOptions& options = {}) const { return draw_dot(graph, cycles, options); }
  std::string mermaid(const DrawOptions& options = {}) const { return draw_mermaid(graph, cycles, options); }

  SourcePtr file = std::make_shared<Source>("a.krules", "text");
  CascadeGraph graph;
  std::vector<Cycle> cycles;
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

size_t count(const std::string& text, const std::string& part) {
  size_t found = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

/// submitted -> validate -> validated -> ship; validate -> rejected (if ..)
Sketch orders() {
  Sketch sketch;
  const uint32_t submitted = sketch.event("order.submitted", EventClass::Kind::kPlain, true);
  const uint32_t validated = sketch.event("order.validated");
  const uint32_t rejected = sketch.event("order.rejected");
  const uint32_t validate = sketch.rule("validate", {"payload.total > 0", "a or b"});
  const uint32_t ship = sketch.rule("ship");
  sketch.fires(submitted, validate);
  sketch.makes(validate, validated);
  sketch.makes(validate, rejected, {"payload.total > 10"});
  sketch.fires(validated, ship);
  return sketch;
}

}  // namespace

TEST_CASE("events are called as a person would") {
  using Kind = EventClass::Kind;
  CHECK(readable_label({Kind::kPlain, "order.paid", false}) == "order.paid");
  CHECK(readable_label({Kind::kChanged, "cpu", false}) == "cpu changes");
  CHECK(readable_label({Kind::kChanged, "*", false}) == "any property changes");
  CHECK(readable_label({Kind::kDeleted, "token", false}) == "token is deleted");
  CHECK(readable_label({Kind::kSubjectDeleted, "", false}) == "a subject is deleted");
}

TEST_CASE("a graph has events, rules, guards and conditions") {
  const std::string dot = orders().dot();
  CHECK(has(dot, "label=\"order.submitted\", shape=ellipse, fillcolor=\"#2f6db0\""));
  CHECK(has(dot, "label=\"order.validated\", shape=ellipse, fillcolor=\"#dcebfa\""));
  CHECK(has(dot, "label=\"validate\", shape=box"));
  CHECK(has(dot, "label=\"payload.total > 0 and (a or b)\""));
  CHECK(has(dot, "label=\"if payload.total > 10\""));
  CHECK(has(dot, "event from outside"));
  CHECK_FALSE(has(dot, "change of state"));
  CHECK(count(dot, " -> n") == 4);
}

TEST_CASE("a long guard is cut, and whole in the tooltip") {
  Sketch sketch = orders();
  const std::string guard =
      "payload.customer.address.country in [\"D\u00fcsseldorf\", \"\u00c5rhus\", \"Z\"]";
  sketch.graph.rules[1].guards = {guard};
  const std::string dot = sketch.dot();
  CHECK(has(dot, "label=\"payload.customer.address.country in [\\\"D\u2026\""));
  CHECK(has(
      dot,
      "when payload.customer.address.country in [\\\"D\u00fcsseldorf\\\", \\\"\u00c5rhus\\\", \\\"Z\\\"]\""));
}

TEST_CASE("refuted reactions are left out or dotted") {
  Sketch sketch = orders();
  const uint32_t never = sketch.event("order.lost");
  sketch.graph.reactions.push_back({never, 1, true, kNone});
  CHECK_FALSE(has(sketch.dot(), "order.lost"));
  DrawOptions all;
  all.idle = IdleReactions::kDrawn;
  CHECK(has(sketch.dot(all), "order.lost"));
  CHECK(has(sketch.dot(all), "style=dotted"));
  CHECK(has(sketch.mermaid(all), "-.->"));
}

TEST_CASE("changes that no rule waits for are left out") {
  Sketch sketch = orders();
  sketch.makes(1, sketch.event("status", EventClass::Kind::kChanged));
  CHECK_FALSE(has(sketch.dot(), "status changes"));
  DrawOptions all;
  all.idle = IdleReactions::kDrawn;
  CHECK(has(sketch.dot(all), "status changes"));
  DrawOptions focus;
  focus.focus = "status";
  CHECK(has(sketch.dot(focus), "status changes"));
}

TEST_CASE("cycles have the colour of their verdict, and a number where they are loops") {
  Sketch sketch;
  for (const Verdict verdict : {Verdict::kEnds, Verdict::kPossible, Verdict::kCertain, Verdict::kPerpetual}) {
    const auto number = static_cast<uint32_t>(sketch.cycles.size());
    const uint32_t event = sketch.event("e" + std::to_string(number));
    const uint32_t rule = sketch.rule("r" + std::to_string(number));
    sketch.loop(verdict, {rule});
    sketch.fires(event, rule, number);
    sketch.makes(rule, event, {}, number);
  }
  sketch.cycles[0].bound = 3;
  const std::string dot = sketch.dot();
  CHECK(has(dot, ">ends, after 3 firings at most<"));
  CHECK(has(dot, "color=\"#e67e00\">loop 1: may never end<"));
  CHECK(has(dot, "color=\"#d32f2f\">loop 2: never ends<"));
  CHECK(has(dot, "color=\"#8e44ad\">loop 3: goes on for ever, with delays<"));
  CHECK(has(dot, "loop 2: never ends: r2 -&gt; r2"));
  CHECK(count(dot, "color=\"#d32f2f\", fontcolor=\"#d32f2f\", penwidth=2.8") == 2);
  CHECK(count(dot, "color=\"#e67e00\", fontcolor=\"#e67e00\", style=dashed") == 2);
  const std::string mermaid = sketch.mermaid();
  CHECK(has(mermaid, "loop 2#58; never ends") == false);
  CHECK(has(mermaid, "r2<br/>loop 2: never ends"));
  CHECK(has(mermaid, "stroke:#d32f2f,stroke-width:3px"));
  CHECK(has(mermaid, "linkStyle 2,6 stroke:#d32f2f"));
}

TEST_CASE("names cannot break out of the text of a picture") {
  Sketch sketch;
  const uint32_t event = sketch.event("a\"];b");
  const uint32_t rule = sketch.rule("x\\\" <b> & [c] | {d}\n#e;");
  sketch.fires(event, rule);
  const std::string dot = sketch.dot();
  CHECK(has(dot, "label=\"a\\\"];b\""));
  CHECK(has(dot, "label=\"x\\\\\\\" <b> &amp; [c] | {d} #e;\""));
  const std::string mermaid = sketch.mermaid();
  CHECK(has(mermaid, "([\"a#34;#93;#59;b\"])"));
  CHECK(has(mermaid, "[\"x#92;#34; #60;b#62; #38; #91;c#93; #124; #123;d#125; #35;e#59;\"]"));
}

TEST_CASE("places that make the same event are one edge") {
  Sketch sketch = orders();
  sketch.makes(0, 2, {"payload.total < 0"});
  const std::string dot = sketch.dot();
  CHECK(count(dot, " -> n") == 4);
  CHECK_FALSE(has(dot, "label=\"if payload.total"));
  CHECK(has(dot, "\\nif payload.total > 10\\nif payload.total < 0"));
}

TEST_CASE("a focus shows what leads to it and from it") {
  Sketch sketch;
  std::vector<uint32_t> events;
  for (int i = 0; i < 6; ++i) events.push_back(sketch.event("step." + std::to_string(i)));
  for (uint32_t i = 0; i < 5; ++i) {
    const uint32_t rule = sketch.rule("r" + std::to_string(i));
    sketch.fires(events[i], rule);
    sketch.makes(rule, events[i + 1]);
  }
  DrawOptions options;
  options.focus = "step.2";
  options.depth = 1;
  const std::string dot = sketch.dot(options);
  for (const char* shown : {"\"step.1\"", "\"step.2\"", "\"step.3\"", "\"r1\"", "\"r2\""})
    CHECK(has(dot, shown));
  for (const char* hidden : {"\"step.0\"", "\"step.4\"", "\"r0\"", "\"r3\""}) CHECK_FALSE(has(dot, hidden));
  CHECK(has(dot, "3 rules and 3 events are not shown"));
  options.focus = "r4";
  CHECK(has(sketch.dot(options), "\"step.5\""));
  CHECK_FALSE(has(sketch.dot(options), "\"step.2\""));
  CHECK(has_focus(sketch.graph, "step.*"));
  CHECK_FALSE(has_focus(sketch.graph, "nowhere"));
}

TEST_CASE("a focus on a property event may be said in several ways") {
  Sketch sketch;
  sketch.event("cpu", EventClass::Kind::kChanged);
  for (const char* focus : {"cpu", "cpu changes", "changed cpu"}) CHECK(has_focus(sketch.graph, focus));
  CHECK(focus_names(sketch.graph) == std::vector<std::string>{"changed cpu", "cpu"});
}

TEST_CASE("clusters are made by entity or by file, where there are several") {
  Sketch sketch = orders();
  CHECK_FALSE(has(sketch.dot(), "subgraph"));
  sketch.file = std::make_shared<Source>("b.krules", "text");
  const uint32_t paid = sketch.event("payment.paid");
  for (const char* name : {"book", "thank"}) sketch.fires(paid, sketch.rule(name));
  const std::string by_entity = sketch.dot();
  CHECK(has(by_entity, "label=\"order\""));
  CHECK(has(by_entity, "label=\"payment\""));
  DrawOptions options;
  options.clusters = GraphClusters::kFile;
  CHECK(has(sketch.dot(options), "label=\"b.krules\""));
  CHECK(has(sketch.mermaid(options), "subgraph c1[\"b.krules\"]"));
  options.clusters = GraphClusters::kNone;
  CHECK_FALSE(has(sketch.dot(options), "subgraph"));
}

TEST_CASE("with many rules a name stands for an event of another cluster") {
  Sketch sketch;
  const uint32_t raised = sketch.event("alert.raised");
  for (int entity = 0; entity < 10; ++entity) {
    const uint32_t event = sketch.event("e" + std::to_string(entity) + ".done");
    for (int i = 0; i < 6; ++i) {
      const uint32_t rule = sketch.rule("r" + std::to_string(entity) + std::to_string(i));
      sketch.fires(event, rule);
      sketch.makes(rule, raised);
    }
  }
  for (int i = 0; i < 3; ++i) sketch.fires(raised, sketch.rule("tell" + std::to_string(i)));
  const std::string dot = sketch.dot();
  CHECK(count(dot, "\"\u2192 alert.raised\"") == 10);
  CHECK(count(dot, "URL=\"#event0\"") == 10);
  CHECK(has(dot, "id=\"event0\""));
  DrawOptions focus;
  focus.focus = "r00";
  CHECK_FALSE(has(sketch.dot(focus), "URL="));
}
