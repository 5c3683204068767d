#include "krules/rule_tests.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "krules/json.h"
#include "test_machine.h"

namespace krules {

uint32_t UnitCoverage::seen() const {
  uint32_t count = runs > 0 ? 1 : 0;
  for (const When& when : whens) count += (when.held > 0 ? 1 : 0) + (when.did_not_hold > 0 ? 1 : 0);
  return count;
}

RuleTests::RuleTests(const std::vector<SourcePtr>& sources, CompileOptions compile_options,
                     RuleTestOptions options)
    : compile_options_(std::move(compile_options)), options_(options) {
  loaded_ = load_program(sources, compile_options_, Trees::kAllWithTests);
}

RuleTests::~RuleTests() = default;

size_t RuleTests::written() const {
  size_t count = 0;
  for (const ast::Module& module : loaded_.modules) {
    count += static_cast<size_t>(std::count_if(
        module.declarations.begin(), module.declarations.end(),
        [](const ast::Declaration& each) { return std::holds_alternative<ast::Test>(each.node); }));
  }
  return count;
}
size_t RuleTests::size() const {
  return ok() ? tests_of(*loaded_.program).size() : 0;
}
const std::string& RuleTests::name(size_t test) const {
  return tests_of(*loaded_.program)[test].name;
}
const Location& RuleTests::where(size_t test) const {
  return tests_of(*loaded_.program)[test].where;
}

std::shared_ptr<const Program> RuleTests::program_for(const CompiledTest& test, RuleTestResult& result) {
  if (test.parameters.empty()) return loaded_.program;
  std::string key;
  for (const auto& [name, value] : test.parameters) {
    key.append(name).push_back('=');
    append_json(key, value, JsonStyle::kTagged);
    key.push_back('\n');
  }
  auto [known, is_new] = variants_.emplace(std::move(key), nullptr);
  if (!is_new) return known->second;
  CompileResult compiled = compile_with_tests(loaded_.modules, compile_options_, test.parameters);
  // What fails with these values alone, such as a constant that follows from them.
  if (compiled.program == nullptr) {
    std::copy_if(compiled.diagnostics.begin(), compiled.diagnostics.end(),
                 std::back_inserter(result.failures),
                 [](const Diagnostic& each) { return each.severity == Severity::kError; });
    variants_.erase(known);
    return nullptr;
  }
  known->second = std::move(compiled.program);
  return known->second;
}

RuleTestResult RuleTests::run(size_t test) {
  using Steady = std::chrono::steady_clock;
  const Steady::time_point begin = Steady::now();
  RuleTestResult result;
  if (auto program = program_for(tests_of(*loaded_.program)[test], result)) {
    const CompiledTest& compiled = tests_of(*program)[test];
    result = TestMachine(std::move(program), compiled, options_).run();
  }
  result.seconds = std::chrono::duration<double>(Steady::now() - begin).count();
  return result;
}

std::vector<UnitCoverage> RuleTests::coverage() const {
  std::vector<UnitCoverage> coverage;
  if (!ok()) return coverage;
  const auto add = [&](const CompiledRule& unit) {
    UnitCoverage& made = coverage.emplace_back();
    made.role = unit.role;
    made.name = unit.name;
    made.where = unit.where;
    const auto count = [&](const Program& program) {
      const UnitCounts counts = counts_of(program.unit(unit.number));
      made.runs += counts.runs;
      made.failed += counts.failed;
      made.whens.resize(counts.whens.size());
      for (size_t i = 0; i < counts.whens.size(); ++i) {
        UnitCoverage::When& when = made.whens[i];
        when.where = {counts.whens[i].source < program.sources().size()
                          ? program.sources()[counts.whens[i].source]
                          : unit.where.source,
                      counts.whens[i].span};
        when.held += counts.whens[i].held;
        when.did_not_hold += counts.whens[i].did_not_hold;
        when.failed += counts.whens[i].failed;
      }
    };
    count(*loaded_.program);
    for (const auto& [values, program] : variants_) count(*program);
  };
  for (const CompiledRule& rule : loaded_.program->rules()) add(rule);
  for (const CompiledRule& wrapper : loaded_.program->wrappers()) add(wrapper);
  return coverage;
}

}  // namespace krules
