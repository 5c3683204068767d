#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "krules/compiled_test.h"
#include "krules/diagnostic.h"
#include "krules/engine.h"
#include "krules/load_program.h"
#include "krules/program.h"
#include "krules/source.h"
#include "krules/trace.h"

/// The `test`s that stand beside rules, and what running them shows.
namespace krules {

struct RuleTestOptions {
  /// What time it is when a test begins: microseconds since 1970.
  int64_t start = 1'767'268'800'000'000;  // 2026-01-01T12:00:00Z
  /// As EngineOptions has them.
  uint32_t max_cascade = EngineOptions().max_cascade;
  uint64_t max_steps = EngineOptions().max_steps;
  /// Timers that one step may fire.
  uint64_t max_timers = 100'000;
};

/// How one test went.
struct RuleTestResult {
  /// What did not hold, in the order of the steps; none: it passed.
  std::vector<Diagnostic> failures;
  /// Of a test that failed: what its events set off, the latest cascades of it.
  std::vector<CascadeTrace> cascades;
  double seconds = 0;
  bool passed() const { return failures.empty(); }
};

/// How often a rule, gate or middleware ran in the tests so far, and how its conditions came out.
struct UnitCoverage {
  struct When {
    Location where;
    uint64_t held = 0;
    uint64_t did_not_hold = 0;
    uint64_t failed = 0;
  };
  CompiledRule::Role role = CompiledRule::Role::kRule;
  std::string name;
  Location where;  ///< its head
  uint64_t runs = 0;
  uint64_t failed = 0;  ///< of these
  std::vector<When> whens;

  /// What could be seen of it: that it runs, and that each condition holds and that it does not.
  uint32_t points() const { return 1 + 2 * static_cast<uint32_t>(whens.size()); }
  /// How much of that was seen.
  uint32_t seen() const;
};

/// Rules with their tests. Each test runs on a store of its own in memory, with a clock of its own that moves
/// by `advance` alone. For one thread.
///
///     krules::RuleTests tests({krules::read_source("orders.krules", error)}, options);
///     for (size_t i = 0; i < tests.size(); ++i) show(tests.name(i), tests.run(i));
class RuleTests {
 public:
  /// Parses and compiles. The functions of `compile_options` outlive this.
  RuleTests(const std::vector<SourcePtr>& sources, CompileOptions compile_options,
            RuleTestOptions options = {});
  ~RuleTests();
  RuleTests(const RuleTests&) = delete;
  RuleTests& operator=(const RuleTests&) = delete;

  /// What is wrong with the rules or the tests; with an error among it there are no tests.
  const std::vector<Diagnostic>& diagnostics() const { return loaded_.diagnostics; }
  bool ok() const { return loaded_.program != nullptr; }

  /// Tests that are written, whether or not they can run.
  size_t written() const;
  /// By file and place.
  size_t size() const;
  const std::string& name(size_t test) const;
  const Location& where(size_t test) const;
  RuleTestResult run(size_t test);

  /// Rules by number, then gates and middleware.
  std::vector<UnitCoverage> coverage() const;

 private:
  std::shared_ptr<const Program> program_for(const CompiledTest& test, RuleTestResult& result);

  CompileOptions compile_options_;
  RuleTestOptions options_;
  LoadedProgram loaded_;
  /// With the params that tests set, by their values as JSON. The one without is loaded_.program.
  std::map<std::string, std::shared_ptr<const Program>> variants_;
};

}  // namespace krules
