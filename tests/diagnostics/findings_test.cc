#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "krules/load_program.h"
#include "krules/stdlib.h"

// What `krules check` says beyond loops, letter by letter: each NAME.krules of the folder `check` beside its
// NAME.txt. With KRULES_UPDATE=1 the texts are written anew, to be read before they are committed.
namespace krules::test {

namespace {

namespace fs = std::filesystem;

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string findings_in(const fs::path& path) {
  FunctionTable functions;
  add_standard_functions(functions);
  CompileOptions options;
  options.functions = &functions;
  const LoadedProgram loaded =
      load_program({std::make_shared<Source>(path.filename().string(), read_file(path))}, options);
  if (loaded.program == nullptr) return "does not load: " + render_text(loaded.diagnostics.front());
  std::string text;
  for (const Diagnostic& each : check_loaded(loaded, options, {}).diagnostics) {
    if (!each.code.starts_with("K04")) continue;
    if (!text.empty()) text.push_back('\n');
    text.append(render_text(each));
  }
  return text;
}

}  // namespace

TEST_CASE("findings as they are shown") {
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(KRULES_DIAGNOSTICS_TESTS "/check")) {
    if (entry.path().extension() == ".krules") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  REQUIRE_FALSE(files.empty());
  const bool update = std::getenv("KRULES_UPDATE") != nullptr;
  for (const fs::path& file : files) {
    const fs::path expected = fs::path(file).replace_extension(".txt");
    const std::string text = findings_in(file);
    if (update) std::ofstream(expected, std::ios::binary) << text;
    INFO(file.filename().string());
    CHECK(fs::exists(expected));
    CHECK(text == read_file(expected));
  }
}

}  // namespace krules::test
