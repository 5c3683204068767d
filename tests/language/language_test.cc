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

}  // namespace krules::test
