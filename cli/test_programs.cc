#include "test_programs.h"

#include <algorithm>
#include <filesystem>

#include "krules/runner.h"

namespace krules::cli {

namespace fs = std::filesystem;

namespace {

bool is_hidden(const fs::path& path) {
  return path.filename().string().starts_with('.');
}

/// Whether rule files lie in the folder itself.
bool has_own_rules(const fs::path& folder) {
  std::error_code code;
  const fs::directory_iterator entries(folder, code);
  return std::any_of(begin(entries), end(entries), [](const fs::directory_entry& entry) {
    std::error_code ignored;
    return entry.path().extension() == ".krules" && !is_hidden(entry.path()) && !entry.is_directory(ignored);
  });
}

void add_collection(const fs::path& folder, std::vector<TestProgram>& programs) {
  std::error_code code;
  std::vector<fs::path> folders;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, code)) {
    std::error_code ignored;
    if (entry.is_directory(ignored) && !is_hidden(entry.path())) folders.push_back(entry.path());
  }
  std::sort(folders.begin(), folders.end());
  for (const fs::path& each : folders) {
    if (has_own_rules(each)) {
      programs.push_back({{each.string()}, true});
    } else {
      add_collection(each, programs);
    }
  }
}

}  // namespace

std::vector<TestProgram> find_test_programs(const std::vector<std::string>& paths, bool together) {
  std::vector<TestProgram> programs;
  TestProgram joined;
  for (const std::string& path : paths) {
    std::error_code code;
    const size_t before = programs.size();
    if (!together && fs::is_directory(path, code) && !has_own_rules(path)) add_collection(path, programs);
    // What is not there, or holds no rules at all, is told by whoever reads it.
    if (programs.size() == before) joined.paths.push_back(path);
  }
  if (!joined.paths.empty()) programs.insert(programs.begin(), std::move(joined));
  return programs;
}

}  // namespace krules::cli
