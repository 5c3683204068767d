#include "krules/load_program.h"

#include <algorithm>
#include <atomic>
#include <iterator>
#include <map>
#include <thread>
#include <utility>

#include "krules/compiled_test.h"
#include "krules/cron.h"
#include "krules/expand.h"
#include "krules/parser.h"
#include "krules/release_trees.h"
#include "krules/replay.h"
#include "krules/stdlib.h"

namespace krules {

namespace {

void sort_by_place(std::vector<Diagnostic>& diagnostics, const std::vector<SourcePtr>& sources) {
  std::map<const Source*, size_t> order;
  for (const SourcePtr& source : sources) order.emplace(source.get(), order.size() + 1);
  order[nullptr] = 0;
  std::stable_sort(diagnostics.begin(), diagnostics.end(), [&](const Diagnostic& a, const Diagnostic& b) {
    const size_t file_of_a = order[a.primary.where.source.get()];
    const size_t file_of_b = order[b.primary.where.source.get()];
    return file_of_a != file_of_b ? file_of_a < file_of_b
                                  : a.primary.where.span.begin < b.primary.where.span.begin;
  });
}

std::string clock_problem(std::string_view line, std::string_view zone) {
  std::string error;
  (void)CronSchedule::parse(line, zone, error);
  return error;
}

/// So many declarations take longer to look through than a thread to start.
constexpr size_t kManyDeclarations = 1000;

/// Compiles, and meanwhile finds out whether there may be cycles.
CompileResult compile_and_look(LoadedProgram& loaded, const CompileOptions& options) {
  std::atomic<bool> may_release = false;
  const auto look = [&] {
    loaded.may_have_cycles = may_have_cycles(loaded.modules);
    may_release.store(!loaded.may_have_cycles, std::memory_order_release);
  };
  size_t declarations = 0;
  for (const ast::Module& module : loaded.modules) declarations += module.declarations.size();
  if (declarations < kManyDeclarations) {
    look();
    return compile_and_release(loaded.modules, may_release, options);
  }
  std::thread looking(look);
  CompileResult compiled = compile_and_release(loaded.modules, may_release, options);
  looking.join();
  return compiled;
}

}  // namespace

bool has_errors(const std::vector<Diagnostic>& diagnostics) {
  return std::any_of(diagnostics.begin(), diagnostics.end(),
                     [](const Diagnostic& each) { return each.severity == Severity::kError; });
}

LoadedProgram load_program(const std::vector<SourcePtr>& sources, const CompileOptions& given, Trees trees) {
  LoadedProgram loaded;
  for (const SourcePtr& source : sources) {
    ParseResult parsed = parse(source);
    std::move(parsed.diagnostics.begin(), parsed.diagnostics.end(), std::back_inserter(loaded.diagnostics));
    loaded.modules.push_back(std::move(parsed.module));
  }
  Expansion expansion = expand_uses(loaded.modules, standard_modules());
  std::move(expansion.diagnostics.begin(), expansion.diagnostics.end(),
            std::back_inserter(loaded.diagnostics));
  CompileOptions options = given;
  options.clock_problem = clock_problem;
  options.uses = std::move(expansion.uses);
  CompileResult compiled = trees == Trees::kWhereCyclesMayBe ? compile_and_look(loaded, options)
                           : trees == Trees::kAllWithTests   ? compile_with_tests(loaded.modules, options)
                                                             : compile(loaded.modules, options);
  std::move(compiled.diagnostics.begin(), compiled.diagnostics.end(), std::back_inserter(loaded.diagnostics));
  sort_by_place(loaded.diagnostics, sources);
  if (!has_errors(loaded.diagnostics)) loaded.program = std::move(compiled.program);
  return loaded;
}

CheckResult check_loaded(const LoadedProgram& loaded, const CompileOptions& compile_options,
                         CheckOptions options) {
  ReplayOptions replay_options;
  replay_options.with_parameters = [&](const auto& parameters) {
    CompileOptions other = compile_options;
    for (const auto& [name, value] : parameters) other.parameters[name] = value;
    return compile(loaded.modules, other).program;
  };
  // Made when there is something to try.
  std::unique_ptr<Replayer> replayer;
  options.functions = compile_options.functions;
  options.replay = [&](const ReplaySeed& seed, uint32_t max_events) {
    if (replayer == nullptr) replayer = std::make_unique<Replayer>(loaded.program, replay_options);
    return replayer->run(seed, max_events);
  };
  return check_program(loaded.modules, *loaded.program, options);
}

}  // namespace krules
