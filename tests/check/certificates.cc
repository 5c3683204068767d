#include <fmt/format.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <iostream>
#include <map>

#include "krules/load_program.h"
#include "krules/stdlib.h"
#include "program_file.h"

// What the checker proves it writes down, and a second routine reads it without trusting it.
namespace krules::test {

namespace {

/// Of so many programs of the collection that are said to end the reader may doubt the proof: what resets a
/// count when a reply is good, and so never beside the next attempt, it does not see over delays.
constexpr size_t kMostDoubted = 1;

class Proved {
 public:
  explicit Proved(const std::string& text, const std::string& name = "test") {
    add_standard_functions(functions_);
    options_.functions = &functions_;
    loaded_ = load_program({std::make_shared<Source>(name + ".krules", text)}, options_);
    if (loaded_.program != nullptr) result_ = check_loaded(loaded_, options_, {});
  }

  bool is_loaded() const { return loaded_.program != nullptr; }
  const CheckResult& result() const { return result_; }
  const std::string& certificate() const { return result_.certificate; }
  bool is_proved() const {
    return std::all_of(result_.cycles.begin(), result_.cycles.end(),
                       [](const Cycle& cycle) { return cycle.verdict == Verdict::kEnds; });
  }
  CertificateReport verify(std::string_view json) const {
    return verify_certificate(loaded_.modules, *loaded_.program, functions_, json);
  }

 private:
  FunctionTable functions_;
  CompileOptions options_;
  LoadedProgram loaded_;
  CheckResult result_;
};

std::string all_of(const CertificateReport& report) {
  std::string text;
  for (const auto* list : {&report.errors, &report.doubts}) {
    for (const std::string& each : *list) text += each + "\n";
  }
  return text;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const size_t at = text.find(from);
  if (at == std::string::npos) return {};
  return text.replace(at, from.size(), to);
}

/// `text` without the first item of the list behind `name`.
std::string without_first(std::string text, std::string_view name) {
  size_t begin = text.find(name);
  if (begin == std::string::npos) return {};
  begin = text.find('[', begin) + 1;
  int depth = 0;
  size_t end = begin;
  for (; end < text.size(); ++end) {
    if (text[end] == '[' || text[end] == '{') ++depth;
    if (depth == 0 && (text[end] == ',' || text[end] == ']')) break;
    if (text[end] == ']' || text[end] == '}') --depth;
  }
  if (text[end] == ',') ++end;
  return text.erase(begin, end - begin);
}

constexpr const char* kClimb = R"(
rule climb on tick when subject.n ?? 0 < 500 {
    set n += 1 from 0
    emit tick
}
)";
constexpr const char* kMeasure = R"(
input count { n: int }
rule count on count when payload.n > 0 { emit count { n: payload.n - 1 } }
)";
constexpr const char* kStatus = R"(
rule validate on changed status when new == "new" { set status = "validated" }
rule pay on changed status when new == "validated" { set status = "paid" }
)";

void check_refused(const Proved& proved, const std::string& json, std::string_view reason) {
  INFO(json);
  REQUIRE_FALSE(json.empty());
  REQUIRE(json != proved.certificate());
  const CertificateReport report = proved.verify(json);
  INFO(all_of(report));
  CHECK_FALSE(report.ok);
  CHECK(all_of(report).find(reason) != std::string::npos);
}

}  // namespace

TEST_CASE("a certificate is confirmed step by step") {
  for (const char* text : {kClimb, kMeasure, kStatus}) {
    const Proved proved(text);
    REQUIRE(proved.is_loaded());
    REQUIRE(proved.is_proved());
    INFO(proved.certificate());
    const CertificateReport report = proved.verify(proved.certificate());
    INFO(all_of(report));
    CHECK(report.ok);
    CHECK(report.steps > 0);
  }
}

TEST_CASE("a certificate in which something was changed is refused") {
  for (const char* text : {kClimb, kMeasure, kStatus}) {
    const Proved proved(text);
    REQUIRE(proved.is_proved());
    check_refused(proved, without_first(proved.certificate(), "\"links\""), "links are not those");
    check_refused(proved, without_first(proved.certificate(), "\"steps\""), "can still lead to itself");
    check_refused(proved, without_first(proved.certificate(), "\"components\""), "sets of rules");
    check_refused(proved, without_first(proved.certificate(), "\"paths\":["), "left out");
    check_refused(proved, replaced(proved.certificate(), "\"steps\"", "\"stairs\""), "damaged");
    check_refused(proved, proved.certificate().substr(0, proved.certificate().size() / 2), "no certificate");
  }
}

TEST_CASE("a bound that is not kept is refused") {
  const Proved climb(kClimb);
  const size_t at = climb.certificate().find("\"bound\":");
  REQUIRE(at != std::string::npos);
  const std::string bound = climb.certificate().substr(at, climb.certificate().find(',', at) - at);
  check_refused(climb, replaced(climb.certificate(), bound, "\"bound\":1"), "past 1");
  check_refused(climb, replaced(climb.certificate(), "\"up\"", "\"down\""), "could not be confirmed");
  const Proved measure(kMeasure);
  check_refused(measure, replaced(measure.certificate(), "\"down\"", "\"up\""), "could not be confirmed");
  check_refused(measure, replaced(measure.certificate(), "payload.n", "payload.m"), "could not be confirmed");
}

TEST_CASE("a certificate of another program is refused") {
  const Proved climb(kClimb);
  const Proved higher(replaced(kClimb, "< 500", "< 501"));
  REQUIRE(higher.is_loaded());
  check_refused(higher, climb.certificate(), "another program");
  const Proved endless("rule climb on tick { set n += 1 from 0\n emit tick }");
  check_refused(endless, climb.certificate(), "another program");
}

// The certificate of one program, said of another one.
std::string forged(const Proved& from, const Proved& of) {
  const auto fingerprint = [](const std::string& json) {
    const size_t at = json.find("\"program\":");
    return json.substr(at, json.find(',', at) - at);
  };
  return replaced(from.certificate(), fingerprint(from.certificate()), fingerprint(of.certificate()));
}

TEST_CASE("what is no proof is not taken for one") {
  // The proof of what counts up to five hundred, said of what counts for ever.
  const Proved climb(kClimb);
  const Proved endless(replaced(kClimb, "when subject.n ?? 0 < 500 ", ""));
  check_refused(endless, forged(climb, endless), "could not be confirmed");
  for (const char* text : {"", "{}", "[]", "null", "{\"certificate\":1}", "{\"certificate\":3}",
                           R"({"certificate":1,"program":"","components":[1],"steps":[[]]})"}) {
    INFO(text);
    CHECK_FALSE(climb.verify(text).ok);
  }
}

namespace {

/// A program whose cascades end, and a change of it after which one loops.
struct Neighbours {
  const char* name;
  const char* text;
  const char* from;
  const char* to;
};

// Each stands for something that the reader sees.
constexpr Neighbours kNeighbours[] = {
    {"one event of its kind", R"(
input go
rule go on go { emit turn { seen: -1 } }
rule turn on turn when subject.x != payload.seen {
    set x = (subject.x ?? 0) + 1 muted
    emit turn { seen: subject.x }
}
)",
     "emit turn { seen: -1 }", "emit turn { seen: -1 } emit turn { seen: -1 }"},
    {"nothing else writes it", R"(
rule dim on dim { set level = payload.level }
rule there on changed level { set brightness = new }
rule back on changed brightness { set level = new }
)",
     "set level = new", "set level = 1 - new"},
    {"one event, and both rules cannot fire", R"(
input start
rule start on start { set "count" = 3 }
rule again on changed count when new == 0 { set "count" = 3 muted }
rule down on changed count when new > 0 { set "count" = subject["count"] - 1 }
)",
     "new == 0", "new == 1"},
    {"a way that is over", R"(
rule place on order.placed { set attempts = 0 emit payment.due }
rule pay on payment.due when subject.attempts < 3 {
    set attempts += 1
    if subject.card == "good" { emit payment.made } else { emit payment.refused }
}
rule again on payment.refused { emit payment.due }
)",
     "attempts += 1", "attempts += 0"},
    {"a distance", R"(
rule begin on begin { set { n: 0, limit: 9 } emit chase }
rule chase on chase when subject.n < subject.limit { set n += 1 set limit -= 1 emit chase }
)",
     "limit -= 1", "limit += 1"},
    {"a distance that half a step makes shorter", R"(
rule begin on begin { set { n: 0, limit: 9 } emit chase }
rule chase on chase when subject.n < subject.limit { set n += 2 set limit += 1 emit chase }
)",
     "n += 2", "n += 1"},
    {"a bound with something added", R"(
input begin { wanted: int }
rule begin on begin { set { wanted: payload.wanted, done: 0 } muted emit turn }
rule turn on turn when subject.wanted - subject.done > 0 { set done += 1 muted emit turn }
)",
     "wanted - subject.done", "wanted + subject.done"},
    {"clamp", R"(
rule measure on measured { set x = payload.x }
rule keep on changed x { set x = clamp(new, 0, 100) }
)",
     "clamp(new, 0, 100)", "100 - clamp(new, 0, 100)"},
    {"abs", R"(
rule measure on measured { set x = payload.x }
rule turn on changed x { set x = abs(new) }
)",
     "abs(new)", "0 - new"},
    {"the lesser of two", R"(
input swap { a: int, b: int }
rule swap on swap when payload.a > 0 and payload.b > 0 {
    emit swap { a: min(payload.a, payload.b) - 1, b: max(payload.a, payload.b) - 1 }
}
)",
     "min(payload.a, payload.b) - 1", "min(payload.a, payload.b + 9)"},
    {"a remainder", R"(
input gcd { a: int, b: int }
rule gcd on gcd when payload.b > 0 { emit gcd { a: payload.b, b: payload.a % payload.b } }
)",
     "payload.a % payload.b", "payload.a % payload.b + 1"},
    {"a whole division", R"(
input cut { amount: int }
rule cut on cut when payload.amount > 10000 { emit cut { amount: payload.amount * 9 div 10 } }
)",
     "* 9 div 10", "* 19 div 19"},
    {"what two conditions say together", R"(
input gcd { a: int, b: int }
rule left on gcd when payload.a > payload.b and payload.b > 0 {
    emit gcd { a: payload.a - payload.b, payload.b }
}
rule right on gcd when payload.b > payload.a and payload.a > 0 {
    emit gcd { payload.a, b: payload.b - payload.a }
}
)",
     "b: payload.b - payload.a", "b: payload.b"},
    {"a text that begins so", R"(
rule audit on * when event != "audit.noted" and not event.starts_with("subject-") {
    set noted += 1 from 0
    emit audit.noted
}
)",
     "subject-", "object-"},
    {"a range", R"(
input count { n: int }
rule count on count when payload.n in range(1, 20) { emit count { ...payload, n: payload.n - 1 } }
)",
     "payload.n - 1", "payload.n - 0"},
    {"the length of a list", R"(
rule measure on measured { set x = payload.x }
rule remember on changed x, history when len(subject.history ?? []) < 3 { set history ++= "x" from [] }
)",
     "< 3", ">= 0"},
    {"a name that is on a list", R"(
rule join on joined { set last = payload.who }
rule remember on changed last, people when not ((subject.last ?? "nobody") in (subject.people ?? [])) {
    set people ++= subject.last ?? "nobody" from []
}
)",
     "people ++= subject.last ?? \"nobody\"", "people ++= \"anna\""},
    {"what a context brings", R"(
rule go on go { set x = 0 }
rule deeper on changed x when extra.depth ?? 0 < 3 { set x += 1 with { depth: extra.depth ?? 0 + 1 } }
)",
     "depth: extra.depth ?? 0 + 1", "depth: extra.depth ?? 0 + 0"},
    {"a subject that is gone", R"(
input leave
rule join on join { set name = "anna" }
rule leave on leave { delete subject }
rule gone on subject deleted { emit leave }
)",
     "emit leave", "set name = \"anna\" emit leave"},
    {"a loop over what is written out", R"(
const lamps = ["lamp:1", "lamp:2", "lamp:3"]
rule group on changed level of group:living { for lamp in lamps { set level = new on lamp } }
rule lamp on changed level of lamp:* when subject("group:living").level != new {
    set level = new on "group:living"
}
rule dim on dimmed of group:* , lamp:* { set level = payload.level }
)",
     "set level = new on lamp", "set level = new + 1 on lamp"},
    {"what is in a list", R"(
rule visit on node.visit when subject.visited != true {
    set visited = true
    for n in subject.links ?? ["a"] { emit node.visit on n }
}
)",
     "on n }", "on \"{subject}{n}\" }"},
};

}  // namespace

TEST_CASE("what is confirmed of a program is refused of one like it that loops") {
  for (const Neighbours& each : kNeighbours) {
    INFO(each.name);
    const Proved proved(each.text);
    REQUIRE(proved.is_loaded());
    REQUIRE(proved.is_proved());
    const CertificateReport report = proved.verify(proved.certificate());
    INFO(all_of(report));
    CHECK(report.ok);
    CHECK(report.steps > 0);
    const Proved loops(replaced(each.text, each.from, each.to));
    REQUIRE(loops.is_loaded());
    CHECK_FALSE(loops.is_proved());
    check_refused(loops, forged(proved, loops), "could not be confirmed");
  }
}

TEST_CASE("certificates of the collection are confirmed") {
  std::map<std::string, std::pair<size_t, size_t>> kinds;
  size_t proved_programs = 0;
  size_t confirmed = 0;
  std::string told;
  for (const ProgramFile& file : read_program_files(KRULES_CHECK_PROGRAMS)) {
    const Proved proved(file.text, file.name);
    if (!proved.is_loaded() || proved.certificate().find("\"removed\"") == std::string::npos) continue;
    const CertificateReport report = proved.verify(proved.certificate());
    if (!proved.is_proved()) continue;
    if (file.expectation == Expectation::kLoop) {
      INFO(file.path);
      CHECK_FALSE((report.ok && report.open.empty()));
    }
    ++proved_programs;
    confirmed += report.ok ? 1 : 0;
    // The steps of both parts, each with its number in its part.
    const size_t later = proved.certificate().find("\"in_time\":");
    for (const bool in_time : {false, true}) {
      size_t at = in_time ? later : proved.certificate().find("\"at_once\":");
      const size_t end = in_time ? std::string::npos : later;
      size_t step = 0;
      while ((at = proved.certificate().find("\"kind\":\"", at)) < end) {
        at += 8;
        const std::string kind = proved.certificate().substr(at, proved.certificate().find('"', at) - at);
        const std::string name = fmt::format("{}step {}:", in_time ? "over delays: " : "", ++step);
        const bool doubted = std::any_of(report.doubts.begin(), report.doubts.end(),
                                         [&](const std::string& doubt) { return doubt.starts_with(name); });
        auto& [all, good] = kinds[kind];
        ++all;
        good += doubted ? 0 : 1;
      }
    }
    if (!report.ok) told += fmt::format("{}: {}", file.name, all_of(report));
  }
  std::cout << told;
  for (const auto& [kind, counts] : kinds)
    std::cout << fmt::format("{:<10}{:>5} of {:>5} steps confirmed\n", kind, counts.second, counts.first);
  std::cout << fmt::format("{} of {} certificates confirmed\n", confirmed, proved_programs);
  CHECK(proved_programs >= 100);
  CHECK(confirmed + kMostDoubted >= proved_programs);
}

}  // namespace krules::test
