#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <iostream>
#include <map>
#include <random>

#include "krules/load_program.h"
#include "krules/replay.h"
#include "krules/stdlib.h"
#include "program_file.h"

// The collection of programs that end, or do not: the engine must agree with what each says of itself, and
// the checker with both.
namespace krules::test {

namespace {

using End = ReplayOutcome::End;

constexpr uint32_t kFuse = 10'000;
/// A program whose timers end sets no more than these.
constexpr uint32_t kTimers = 200;
/// More timers than that at once are ever more.
constexpr uint64_t kManyTimers = 50;
/// Programs that end and are warned about all the same: not more than these.
constexpr size_t kMostNeedless = 5;
/// Things that programs say should be told and that are not: not more than these. To be lowered, never
/// raised.
constexpr size_t kMostUntold = 2;

const std::vector<ProgramFile>& collection() {
  static const std::vector<ProgramFile> files = read_program_files(KRULES_CHECK_PROGRAMS);
  return files;
}

bool never_ends(const ReplayOutcome& outcome) {
  return outcome.end == End::kRepeats || outcome.end == End::kFuse;
}

bool goes_on(const ReplayOutcome& outcome) {
  return never_ends(outcome) || outcome.end == End::kGoesOn;
}

bool contains(const std::vector<std::string>& list, std::string_view item) {
  return std::find(list.begin(), list.end(), item) != list.end();
}

/// A program of the collection, compiled.
class Loaded {
 public:
  explicit Loaded(const ProgramFile& file) {
    add_standard_functions(functions_);
    options_.functions = &functions_;
    loaded_ = load_program({std::make_shared<Source>(file.name + ".krules", file.text)}, options_);
  }

  /// What is wrong with it; empty where it can be run.
  std::string errors() const {
    std::string text;
    for (const Diagnostic& diagnostic : loaded_.diagnostics) text += render_text(diagnostic);
    if (loaded_.program != nullptr) text.clear();
    return text;
  }
  const Program& program() const { return *loaded_.program; }
  Replayer replayer() const { return Replayer(loaded_.program); }
  CheckResult check() const { return check_loaded(loaded_, options_, {}); }

 private:
  FunctionTable functions_;
  CompileOptions options_;
  LoadedProgram loaded_;
};

/// Sequences of the inputs that a program names, with other values in their data: what a person, or a sensor,
/// may send as well.
class OtherInputs {
 public:
  explicit OtherInputs(const ReplaySeed& seed) : seed_(seed) {}

  ReplaySeed next_seed() {
    ReplaySeed seed{seed_.properties, {}, {}, 0};
    const size_t count = 1 + below(4);
    for (size_t i = 0; i < count; ++i) {
      ReplaySeed::Input input = seed_.inputs[below(seed_.inputs.size())];
      input.data = other_data(input.data);
      seed.inputs.push_back(std::move(input));
    }
    return seed;
  }

 private:
  size_t below(size_t n) { return random_() % n; }

  std::string other_data(const std::string& data) {
    static constexpr const char* kValues[] = {
        "-1e300", "1e300", "-1",   "0",    "1",     "2",    "3",  "5",     "12", "100",    "0.5",  "-7.25",
        "\"a\"",  "\"b\"", "\"\"", "true", "false", "null", "[]", "[1,2]", "{}", "\"on\"", "1e-30"};
    simdjson::dom::object fields;
    if (data.empty() || parser_.parse(data).get(fields) != simdjson::SUCCESS) return data;
    std::string text = "{";
    for (const auto& [name, value] : fields) {
      const bool other = below(10) < 7;
      text += fmt::format("{}\"{}\":{}", text.size() > 1 ? "," : "", name,
                          other ? std::string(kValues[below(std::size(kValues))]) : simdjson::minify(value));
    }
    return text + "}";
  }

  const ReplaySeed& seed_;
  std::mt19937 random_{20260301};
  simdjson::dom::parser parser_;
};

/// Each cascade of the seed is looked at, not the last one alone, and what its timers lead to.
bool some_cascade_never_ends(Replayer& replayer, const ReplaySeed& seed) {
  ReplaySeed beginning{seed.properties, {}, seed.parameters, kTimers};
  for (const ReplaySeed::Input& input : seed.inputs) {
    beginning.inputs.push_back(input);
    if (goes_on(replayer.run(beginning, kFuse))) return true;
  }
  return false;
}

std::string told(const ReplaySeed& seed) {
  std::string text;
  for (const ReplaySeed::Input& input : seed.inputs)
    text += fmt::format("\n  {} on {} {}", input.type, input.subject, input.data);
  return text;
}

}  // namespace

TEST_CASE("every program of the collection says what to expect, and can be compiled") {
  REQUIRE(collection().size() >= 400);
  for (const ProgramFile& file : collection()) {
    INFO(file.path);
    for (const std::string& mistake : file.mistakes) FAIL_CHECK(mistake);
    CHECK(Loaded(file).errors() == "");
  }
}

TEST_CASE("the engine does what the programs say") {
  for (const ProgramFile& file : collection()) {
    const Loaded loaded(file);
    if (!loaded.errors().empty() || !file.mistakes.empty()) continue;
    INFO(file.path);
    Replayer replayer = loaded.replayer();
    ReplaySeed in_time = file.seed;
    in_time.timers = kTimers;
    const ReplayOutcome outcome = replayer.run(in_time, kFuse);
    CHECK(replay_end_name(outcome.end) != "invalid");
    if (file.expectation == Expectation::kLoop) {
      CHECK(never_ends(outcome));
    } else if (file.expectation == Expectation::kPerpetual) {
      CHECK(outcome.end == End::kGoesOn);
      CHECK(outcome.waiting < kManyTimers);
    } else if (file.expectation == Expectation::kGrows) {
      CHECK(outcome.end == End::kGoesOn);
      CHECK(outcome.waiting > kManyTimers);
    } else if (file.expectation == Expectation::kCycle) {
      CHECK_FALSE(some_cascade_never_ends(replayer, file.seed));
    } else if (!contains(file.codes, "K0304")) {
      CHECK_FALSE(some_cascade_never_ends(replayer, file.seed));
      OtherInputs others(file.seed);
      for (int i = 0; i < 40; ++i) {
        const ReplaySeed seed = others.next_seed();
        if (some_cascade_never_ends(replayer, seed)) FAIL_CHECK("it goes on for ever:" << told(seed));
      }
    }
  }
}

namespace {

enum class Judgement : uint8_t { kRight, kWeak, kNeedless, kMissed, kWrong };
constexpr const char* kJudgements[] = {"right", "weak", "needless warning", "missed loop", "wrong claim"};

/// What the checker says about one program.
class Verdicts {
 public:
  explicit Verdicts(const ProgramFile& file) : file_(file), loaded_(file) {
    if (!loaded_.errors().empty() || !file.expectation) return;
    result_ = loaded_.check();
    judgement_ = judge();
    if (judgement_ == Judgement::kRight || judgement_ == Judgement::kWeak) look_closer();
  }

  Judgement judgement() const { return judgement_; }
  const std::vector<std::string>& complaints() const { return complaints_; }

 private:
  bool says(std::string_view code) const {
    return std::any_of(result_.diagnostics.begin(), result_.diagnostics.end(),
                       [&](const Diagnostic& each) { return each.code == code; });
  }

  Judgement judge() {
    const bool certain = says("K0301");
    const bool possible = says("K0302");
    const bool perpetual = says("K0303");
    for (const Cycle& cycle : result_.cycles) {
      if (cycle.verdict != Verdict::kCertain) continue;
      if (!cycle.replay || !never_ends(loaded_.replayer().run(*cycle.replay, kFuse))) {
        complaints_.push_back("a loop is certain, and its replay comes to an end");
        return Judgement::kWrong;
      }
    }
    switch (*file_.expectation) {
      case Expectation::kEnds:
        return certain ? Judgement::kWrong : possible || perpetual ? Judgement::kNeedless : Judgement::kRight;
      case Expectation::kPerpetual:
      case Expectation::kGrows:
        return certain     ? Judgement::kWrong
               : perpetual ? Judgement::kRight
               : possible  ? Judgement::kWeak
                           : Judgement::kMissed;
      case Expectation::kLoop:
        return certain ? Judgement::kRight : possible ? Judgement::kWeak : Judgement::kMissed;
      case Expectation::kCycle:
        return possible && !certain ? Judgement::kRight : Judgement::kWrong;
    }
    return Judgement::kWrong;
  }

  void look_closer() {
    for (const std::string& code : file_.codes) {
      if (!says(code)) complaints_.push_back(fmt::format("nothing says {}", code));
    }
    for (const std::string& rule : file_.rules) {
      if (!in_a_cycle(rule))
        complaints_.push_back(fmt::format("`{}` is not part of a cycle that is reported", rule));
    }
  }

  bool in_a_cycle(const std::string& rule) const {
    for (const Cycle& cycle : result_.cycles) {
      if (cycle.verdict == Verdict::kEnds) continue;
      for (const uint32_t number : cycle.rules) {
        if (loaded_.program().unit(number).name == rule) return true;
      }
    }
    return false;
  }

  const ProgramFile& file_;
  Loaded loaded_;
  CheckResult result_;
  Judgement judgement_ = Judgement::kWrong;
  std::vector<std::string> complaints_;
};

}  // namespace

TEST_CASE("the checker tells what ends and what does not") {
  std::map<std::string, std::map<Judgement, size_t>> families;
  std::map<Judgement, size_t> all;
  std::string told;
  size_t untold = 0;
  for (const ProgramFile& file : collection()) {
    const Verdicts verdicts(file);
    const Judgement judgement = verdicts.judgement();
    ++families[file.family][judgement];
    ++all[judgement];
    if (judgement != Judgement::kRight)
      told += fmt::format("{:<18}{}\n", kJudgements[static_cast<size_t>(judgement)], file.name);
    for (const std::string& complaint : verdicts.complaints()) {
      told += fmt::format("{:<18}{}: {}\n", "", file.name, complaint);
      ++untold;
    }
  }
  std::cout << told
            << fmt::format("\n{:<12}{:>8}{:>8}{:>10}{:>8}{:>8}\n", "", "right", "weak", "needless", "missed",
                           "wrong");
  const auto print = [](const std::string& name, std::map<Judgement, size_t>& counts) {
    std::cout << fmt::format("{:<12}{:>8}{:>8}{:>10}{:>8}{:>8}\n", name, counts[Judgement::kRight],
                             counts[Judgement::kWeak], counts[Judgement::kNeedless],
                             counts[Judgement::kMissed], counts[Judgement::kWrong]);
  };
  for (auto& [family, counts] : families) print(family, counts);
  print("all", all);
  CHECK(untold <= kMostUntold);
  CHECK(all[Judgement::kMissed] == 0);
  CHECK(all[Judgement::kWrong] == 0);
  CHECK(all[Judgement::kNeedless] <= kMostNeedless);
}

}  // namespace krules::test
