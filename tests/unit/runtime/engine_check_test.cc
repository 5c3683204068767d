#include <algorithm>
#include <catch2/catch.hpp>
#include <string>

#include "krules/engine.h"

using namespace krules;

namespace {

class SilentLogger final : public Logger {
 public:
  bool wants(LogSeverity) const override { return false; }
  void write(const LogEntry&) override {}
};

constexpr const char* kGood = "rule greet on go { emit greeted }\n";
constexpr const char* kLoop = "rule ping on go { emit pong }\nrule pong on pong { emit go }\n";
constexpr const char* kPossible =
    "rule step on go when subject.n ?? 0 != 10 {\n  set n += 2 from 0\n  emit go\n}\n";

struct Rig {
  explicit Rig(LoopCheck check) : engine(options_for(check), nullptr, sink(), logger) {}

  static EngineOptions options_for(LoopCheck check) {
    EngineOptions options;
    options.durability = Durability::kOff;
    options.check = check;
    options.max_cascade = 100;
    return options;
  }
  std::unique_ptr<OutputSink> sink() {
    return make_callback_sink([this](const EmittedEvent& event) { emitted.emplace_back(event.type); });
  }
  LoadResult load(const char* rules) { return engine.load({std::make_shared<Source>("test.krules", rules)}); }

  SilentLogger logger;
  std::vector<std::string> emitted;
  Engine engine;
};

bool says(const LoadResult& loaded, Severity severity, const std::string& code) {
  return std::any_of(loaded.diagnostics.begin(), loaded.diagnostics.end(),
                     [&](const Diagnostic& each) { return each.severity == severity && each.code == code; });
}

}  // namespace

TEST_CASE("rules that certainly loop are refused, and those in force stay") {
  Rig rig(LoopCheck::kRefuse);
  REQUIRE(rig.load(kGood).ok);
  const LoadResult loaded = rig.load(kLoop);
  CHECK_FALSE(loaded.ok);
  CHECK(says(loaded, Severity::kError, "K0301"));
  REQUIRE(loaded.cycles.size() == 1);
  CHECK(loaded.cycles[0].verdict == Verdict::kCertain);
  CHECK(loaded.cycles[0].replay.has_value());
  REQUIRE(rig.engine.send("go", "s"));
  REQUIRE(rig.engine.flush());
  CHECK(rig.emitted == std::vector<std::string>{"greeted"});
}

TEST_CASE("rules that may loop are taken with a warning, unless a comment accepts it") {
  Rig rig(LoopCheck::kRefuse);
  const LoadResult loaded = rig.load(kPossible);
  CHECK(loaded.ok);
  CHECK(says(loaded, Severity::kWarning, "K0302"));
  const std::string accepted = std::string(kPossible).insert(std::string(kPossible).find("rule"),
                                                             "# krules: allow K0302 \"steps run out\"\n");
  CHECK(rig.load(accepted.c_str()).diagnostics.empty());
}

TEST_CASE("an embedder can take what loops, and rely on the fuse") {
  Rig rig(LoopCheck::kOff);
  const LoadResult loaded = rig.load(kLoop);
  CHECK(loaded.ok);
  CHECK(loaded.diagnostics.empty());
  CHECK(loaded.cycles.empty());
  REQUIRE(rig.engine.send("go", "s"));
  REQUIRE(rig.engine.flush());
  CHECK(rig.engine.statistics().dead_letters == 1);
}
