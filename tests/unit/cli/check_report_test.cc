#include "check_report.h"

#include <catch2/catch.hpp>
#include <string>

using namespace krules;
using namespace krules::cli;

namespace {

/// Two rules that set each other off, and a report about them.
struct Rig {
  Rig() {
    for (const char* name : {"ping", "pong"}) {
      CascadeGraph::Rule rule;
      rule.name = name;
      result.graph.rules.push_back(rule);
    }
    result.summary.rules = 41;
    result.summary.events = 12;
    report.result = &result;
  }

  Cycle& cycle(Verdict verdict) {
    Cycle& made = result.cycles.emplace_back();
    made.verdict = verdict;
    made.rules = {0, 1};
    return made;
  }

  Diagnostic& find(Severity severity, const std::string& message, Span span = {0, 4}) {
    Diagnostic& made = report.diagnostics.emplace_back();
    made.code = "K0404";
    made.severity = severity;
    made.message = message;
    made.primary.where = {file, span};
    return made;
  }

  SourcePtr file = std::make_shared<Source>("my rules/a:b,c.krules", "rule ping on pong {\n  emit ping\n}\n");
  CheckResult result;
  CheckReport report;
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("the summary says what was proved") {
  Rig rig;
  CHECK(summary_line(rig.report) == "41 rules, 12 events: every cascade ends");
  rig.result.summary.longest = 7;
  rig.result.summary.longest_path = "order.submitted -> ...";
  CHECK(summary_line(rig.report) ==
        "41 rules, 12 events: every cascade ends; the longest fires 7 rules (order.submitted -> ...)");
  rig.cycle(Verdict::kEnds);
  rig.result.summary.longest = 1;
  rig.result.summary.longest_path.clear();
  rig.find(Severity::kWarning, "something");
  rig.find(Severity::kNote, "something");
  CHECK(summary_line(rig.report) ==
        "41 rules, 12 events: every cascade ends; the longest fires 1 rule; 1 warning, 1 note");
}

TEST_CASE("the summary counts loops by what is known of them") {
  Rig rig;
  rig.cycle(Verdict::kCertain);
  rig.find(Severity::kError, "it loops");
  CHECK(summary_line(rig.report) == "41 rules, 12 events: 1 loop that never ends; 1 error");
  rig.cycle(Verdict::kCertain);
  rig.cycle(Verdict::kPossible);
  rig.cycle(Verdict::kPerpetual);
  rig.cycle(Verdict::kPerpetual).replay.emplace();
  rig.cycle(Verdict::kEnds);
  rig.cycle(Verdict::kPossible).allowed = true;
  CHECK(summary_line(rig.report) ==
        "41 rules, 12 events: 2 loops that never end, 1 loop that may never end, 1 loop that goes on for "
        "ever with delays, 1 loop that may go on for ever with delays, 1 loop accepted; 1 error");
}

TEST_CASE("rules with errors are not called checked") {
  Rig rig;
  rig.report.result = nullptr;
  rig.find(Severity::kError, "no such thing");
  rig.find(Severity::kError, "no such thing");
  CHECK(summary_line(rig.report) == "2 errors; what the rules set off was not checked");
  CHECK(has(json_report(rig.report), "\"cycles\":[],\"summary\":{\"checked\":false,\"errors\":2,"));
}

TEST_CASE("JSON has the way of a cycle with its places") {
  Rig rig;
  Cycle& cycle = rig.cycle(Verdict::kCertain);
  cycle.steps = {{0, "\"odd\"", {rig.file, {0, 4}}, {rig.file, {22, 26}}}, {1, "pong", {}, {}}};
  cycle.reasons = {"because"};
  cycle.missing = "`n` > 0";
  cycle.bound = 3;
  rig.report.replay_files = {".krules-check/K0301-1.json"};
  CHECK(
      json_report(rig.report) ==
      "{\"diagnostics\":[],\"cycles\":[{\"verdict\":\"certain\",\"accepted\":false,\"rules\":[\"ping\","
      "\"pong\"],"
      "\"steps\":[{\"rule\":\"ping\",\"event\":\"\\\"odd\\\"\","
      "\"head\":{\"file\":\"my rules/a:b,c.krules\",\"line\":1,\"column\":1,\"end_line\":1,\"end_column\":5},"
      "\"cause\":{\"file\":\"my "
      "rules/a:b,c.krules\",\"line\":2,\"column\":3,\"end_line\":2,\"end_column\":7}},"
      "{\"rule\":\"pong\",\"event\":\"pong\",\"head\":null,\"cause\":null}],\"reasons\":[\"because\"],"
      "\"bound\":3,"
      "\"missing\":\"`n` > 0\",\"replay\":\".krules-check/K0301-1.json\"}],"
      "\"summary\":{\"checked\":true,\"errors\":0,\"warnings\":0,\"notes\":0,\"rules\":41,\"events\":12,"
      "\"every_cascade_ends\":false,\"text\":\"41 rules, 12 events: 1 loop that never ends\"}}\n");
}

TEST_CASE("what would end a workflow command is written as its number") {
  Rig rig;
  Diagnostic& found = rig.find(Severity::kWarning, "100% of `a`, b: c\nd");
  found.related.push_back({{rig.file, {22, 31}}, "here"});
  found.related.push_back({{}, "everywhere"});
  found.helps = {"mend it"};
  CHECK(github_report(rig.report) ==
        "::warning file=my rules/a%3Ab%2Cc.krules,line=1,endLine=1,col=1,endColumn=4,title=K0404::"
        "100%25 of `a`, b: c%0Ad%0Ahere (my rules/a:b,c.krules:2:3)%0Aeverywhere%0Ahelp: mend it\n" +
            summary_line(rig.report) + "\n");
}

TEST_CASE("a workflow command has no columns over several lines, and no place where there is none") {
  Rig rig;
  rig.find(Severity::kNote, "long", {0, 30});
  rig.find(Severity::kError, "nowhere").primary.where = {};
  const std::string text = github_report(rig.report);
  CHECK(has(text, "::notice file=my rules/a%3Ab%2Cc.krules,line=1,endLine=2,title=K0404::long\n"));
  CHECK(has(text, "::error title=K0404::nowhere\n"));
}

TEST_CASE("SARIF names files as URIs and refers to its table of codes") {
  Rig rig;
  rig.find(Severity::kNote, "found").helps = {"mend it"};
  rig.find(Severity::kError, "nowhere").primary.where = {};
  const std::string text = sarif_report(rig.report);
  CHECK(has(text, "\"name\":\"krules\",\"version\":\"1.2.3\""));
  CHECK(has(text, "\"uri\":\"my%20rules/a%3Ab%2Cc.krules\""));
  CHECK(has(text, "\"level\":\"note\",\"message\":{\"text\":\"found\\nhelp: mend it\"}"));
  CHECK(has(text, "\"level\":\"error\",\"message\":{\"text\":\"nowhere\"}}"));
  rig.file = std::make_shared<Source>("/tmp/x.krules", "rule");
  rig.find(Severity::kNote, "absolute");
  CHECK(has(sarif_report(rig.report), "\"uri\":\"file:///tmp/x.krules\""));
}
