#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <set>

#include "runner.h"

// The language, feature by feature: every file below this folder is run and must do what its comments say.
namespace krules::test {

namespace {

namespace fs = std::filesystem;

std::vector<std::string> files_of(const std::string& feature) {
  std::vector<std::string> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(fs::path(KRULES_LANGUAGE_TESTS) / feature)) {
    files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  return files;
}

/// Runs each file of the folder `feature`.
void run_feature(const std::string& feature) {
  const std::vector<std::string> files = files_of(feature);
  CHECK_FALSE(files.empty());
  for (const std::string& file : files) {
    INFO(feature << '/' << fs::path(file).filename().string());
    CHECK(fs::path(file).extension() == ".krules");
    for (const std::string& problem : run_language_file(file)) {
      INFO(problem);
      CHECK(problem.empty());
    }
  }
}

}  // namespace

// The folders, each a test of its own. A folder that is not in features.inc is found below.
#define KRULES_FEATURE(name) \
  TEST_CASE(#name) {         \
    run_feature(#name);      \
  }
#include "features.inc"
#undef KRULES_FEATURE

TEST_CASE("every folder is run") {
  std::set<std::string> listed;
#define KRULES_FEATURE(name) listed.insert(#name);
#include "features.inc"
#undef KRULES_FEATURE
  std::set<std::string> found;
  for (const fs::directory_entry& entry : fs::directory_iterator(KRULES_LANGUAGE_TESTS)) {
    if (entry.is_directory()) found.insert(entry.path().filename().string());
  }
  CHECK(found == listed);
}

TEST_CASE("what is not as a file says is noticed") {
  const auto problems = [](const std::string& text) {
    std::string joined;
    for (const std::string& problem : run_language_text("t", text)) joined.append(problem).append("\n");
    return joined;
  };
  using Catch::Contains;
  const std::string rule = "rule a on go { set x = 1 emit seen { a: 1 } }\n";
  const std::string send = "# send: {\"type\": \"go\", \"subject\": \"s\"}\n";
  const std::string seen = "# expect: emitted seen on s {\"a\": 1}\n";
  CHECK(problems(rule + send + seen + "# expect: s.x == 1\n# state: s {\"x\": 1}\n").empty());
  CHECK_THAT(problems(rule), Contains("this file expects nothing"));
  CHECK_THAT(problems(rule + "# expects: nothing\n"), Contains("t:2: unknown directive `expects`"));
  CHECK_THAT(problems(rule + send + "# expect: nothing\n"), Contains("also emitted: seen on s {\"a\":1}"));
  CHECK_THAT(problems(rule + send + seen + send + "# expect: s.x == 1\n"),
             Contains("end: before this, also"));
  CHECK_THAT(problems(rule + seen), Contains("t:2: not emitted: seen"));
  CHECK_THAT(problems(rule + send + "# expect: emitted seen on s\n"), Contains("instead of seen on s {}"));
  CHECK_THAT(problems(rule + send + seen + "# expect: s.x == 2\n"), Contains("t:4: it is 1"));
  CHECK_THAT(problems(rule + send + seen + "# state: s {}\n"), Contains("the store has {\"x\":1}"));
  CHECK_THAT(problems(rule + send + seen + "# dead letter: fail x\n"), Contains("not a dead letter: fail x"));
  CHECK_THAT(problems(rule + send + seen + "# log: info x\n"), Contains("not logged: info x"));
  CHECK_THAT(problems(rule + send + seen + "# fails: x\n"), Contains("nothing fails with `x`"));
  CHECK_THAT(problems("rule a on go { fail \"no\" }\n" + send + "# expect: nothing\n"),
             Contains("1: fails: no"));
  CHECK_THAT(problems("rule a on go when 1 / payload.x > 0 { }\n" + send + "# expect: nothing\n"),
             Contains("1: condition fails: "));
  CHECK_THAT(problems("rule a on go { fail cascade \"no\" }\n" + send + "# expect: nothing\n"),
             Contains("also a dead letter: fail no"));
  CHECK_THAT(problems("rule a on go { log info \"x\" }\n" + send + "# expect: nothing\n"),
             Contains("also logged: info x"));
  const std::string late = "rule a on go { emit late after 2s }\n" + send;
  CHECK(problems(late + "# advance: 1s\n# expect: nothing\n# advance: 1s\n# expect: emitted late on s\n")
            .empty());
  CHECK_THAT(problems(late + "# advance: 2s\n# expect: nothing\n"), Contains("also emitted: late on s {}"));
  CHECK_THAT(problems(late + "# advance: soon\n# expect: nothing\n"), Contains("`soon` is no duration"));
  CHECK_THAT(problems("# time: noon\n" + late + "# expect: nothing\n"), Contains("`noon` is no time"));
  const std::string wrong = "rule a on go when totl { }";
  CHECK(problems(wrong + "  # error: K0200@19 unknown name `totl`\n").empty());
  CHECK_THAT(problems(wrong + "\n# expect: nothing\n"), Contains("not expected:"));
  CHECK_THAT(problems(wrong + "\n# error at 2: K0200\n"), Contains("nothing says `K0200` on line 2"));
  CHECK_THAT(problems(wrong + "  # error: K0200@18\n"), Contains("nothing says"));
  CHECK_THAT(problems(wrong + "  # error: K0201\n"), Contains("nothing says"));
  CHECK_THAT(problems(wrong + "  # error: K0200 total\n"), Contains("nothing says"));
  CHECK_THAT(problems(wrong + "  # warning: K0200\n"), Contains("nothing says"));
  CHECK_THAT(problems(wrong + "  # error: K0200\n# help: quote it\n"), Contains("no help `quote it`"));
  CHECK_THAT(problems(wrong + "  # error: K0200\n# related at 1: x\n"), Contains("line 1 is not shown"));
}

}  // namespace krules::test
