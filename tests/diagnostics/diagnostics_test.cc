#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "krules/engine.h"

// What an author sees, letter by letter: each broken NAME.krules of this folder beside its NAME.txt. With
// KRULES_UPDATE=1 the texts are written anew, to be read before they are committed.
namespace krules::test {

namespace {

namespace fs = std::filesystem;

class SilentLogger final : public Logger {
 public:
  bool wants(LogSeverity) const override { return false; }
  void write(const LogEntry&) override {}
};

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// All messages about the rules in `path`, as a terminal without colours shows them.
std::string messages_about(const fs::path& path) {
  SilentLogger logger;
  Engine engine({}, make_memory_store(), make_callback_sink([](const EmittedEvent&) {}), logger);
  const LoadResult result =
      engine.load({std::make_shared<Source>(path.filename().string(), read_file(path))});
  std::string text;
  for (const Diagnostic& diagnostic : result.diagnostics) {
    if (!text.empty()) text.push_back('\n');
    text.append(render_text(diagnostic));
  }
  return text;
}

}  // namespace

TEST_CASE("messages as they are shown") {
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(KRULES_DIAGNOSTICS_TESTS)) {
    if (entry.path().extension() == ".krules") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  REQUIRE_FALSE(files.empty());
  const bool update = std::getenv("KRULES_UPDATE") != nullptr;
  for (const fs::path& file : files) {
    const fs::path expected = fs::path(file).replace_extension(".txt");
    const std::string text = messages_about(file);
    if (update) std::ofstream(expected, std::ios::binary) << text;
    INFO(file.filename().string());
    CHECK_FALSE(text.empty());
    CHECK(text == read_file(expected));
  }
}

}  // namespace krules::test
