#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string_view>

#include "forger.h"
#include "krules/load_program.h"
#include "krules/replay.h"
#include "krules/stdlib.h"
#include "program_maker.h"

// Holds what the checker claims of programs made by chance against the engine: no program that it calls
// finite may come to the fuse, and no loop that it calls certain may end. And what the reader of certificates
// confirms: of a program that loops nothing, whatever is claimed.
namespace krules::test {

namespace {

constexpr uint32_t kFuse = 10'000;
constexpr uint32_t kTimers = 300;

struct Options {
  uint64_t seed = 1;
  uint64_t first = 0;  ///< the number of the first program
  uint64_t count = 1'000;
  uint64_t inputs = 60;         ///< sequences of events tried on each program
  uint64_t forgeries = 20;      ///< steps tried on the reader of certificates, of each program that loops
  bool print_needless = false;  ///< warnings about programs that were not seen to loop
  bool print_weak = false;      ///< warnings about programs that do
  bool print_doubts = false;    ///< proofs that the reader of certificates does not confirm
  bool print_programs = false;
};

enum class Claim : uint8_t { kFinite, kBeyondFuse, kPossible, kCertain };

/// What came of one program.
struct Trial {
  bool compiled = false;
  std::string errors;
  Claim claim = Claim::kFinite;
  std::string said;                ///< the checker's messages about cascades
  std::optional<ReplaySeed> loop;  ///< inputs that never end
  std::string failure;             ///< the claim is wrong; empty: it is not
  bool has_proof = false;          ///< of circles that are all said to end
  bool is_confirmed = false;       ///< the proof was read again
  std::string doubt;               ///< what the reader could not confirm
};

bool never_ends(const ReplayOutcome& outcome) {
  return outcome.end == ReplayOutcome::End::kRepeats || outcome.end == ReplayOutcome::End::kFuse;
}

/// The first inputs of `seed` up to the one whose cascade never ends.
std::optional<ReplaySeed> find_loop(Replayer& replayer, const ReplaySeed& seed) {
  ReplaySeed beginning;
  beginning.timers = 20;
  for (const ReplaySeed::Input& input : seed.inputs) {
    beginning.inputs.push_back(input);
    if (never_ends(replayer.run(beginning, kFuse))) return beginning;
  }
  return std::nullopt;
}

/// The first inputs up to the one that leads from timer to timer without end. Counters that begin far away
/// from where they end take long, and prove nothing.
std::optional<ReplaySeed> find_perpetual(Replayer& replayer, const ReplaySeed& seed) {
  ReplaySeed beginning;
  beginning.timers = kTimers;
  for (const ReplaySeed::Input& input : seed.inputs) {
    for (const char* far : {"0000", "e300", "46116860", "92233720"}) {
      if (input.data.find(far) != std::string::npos) return std::nullopt;
    }
    beginning.inputs.push_back(input);
    if (replayer.run(beginning, kFuse).end == ReplayOutcome::End::kGoesOn) return beginning;
  }
  return std::nullopt;
}

Trial try_program(const MadeProgram& made, const Options& options, uint64_t number) {
  Trial trial;
  FunctionTable functions;
  add_standard_functions(functions);
  CompileOptions compile_options;
  compile_options.functions = &functions;
  const LoadedProgram loaded =
      load_program({std::make_shared<Source>("made.krules", made.text())}, compile_options);
  if (loaded.program == nullptr) {
    for (const Diagnostic& diagnostic : loaded.diagnostics) trial.errors += render_text(diagnostic);
    return trial;
  }
  trial.compiled = true;

  CheckOptions check_options;
  check_options.max_cascade = kFuse;
  check_options.findings = false;
  const CheckResult result = check_loaded(loaded, compile_options, check_options);
  bool perpetual = false;
  for (const Diagnostic& diagnostic : result.diagnostics) {
    perpetual |= diagnostic.code == "K0303";
    const Claim claim = diagnostic.code == "K0301"   ? Claim::kCertain
                        : diagnostic.code == "K0302" ? Claim::kPossible
                        : diagnostic.code == "K0304" ? Claim::kBeyondFuse
                                                     : Claim::kFinite;
    if (claim == Claim::kFinite) continue;
    trial.claim = std::max(trial.claim, claim);
    trial.said += render_text(diagnostic);
  }

  Replayer replayer(loaded.program);
  for (const Cycle& cycle : result.cycles) {
    if (cycle.verdict == Verdict::kCertain &&
        (!cycle.replay || !never_ends(replayer.run(*cycle.replay, kFuse)))) {
      trial.failure = "a loop is called certain, and its replay ends";
      return trial;
    }
  }
  for (const Cycle& cycle : result.cycles) {
    if (cycle.verdict == Verdict::kPerpetual && cycle.replay &&
        replayer.run(*cycle.replay, kFuse).end != ReplayOutcome::End::kGoesOn) {
      trial.failure = "it is said to go on for ever, and its replay ends";
      return trial;
    }
  }
  const Verify verify = [&](std::string_view certificate) {
    return verify_certificate(loaded.modules, *loaded.program, functions, certificate);
  };
  const CertificateReport report = verify(result.certificate);
  trial.has_proof =
      report.steps > 0 && std::all_of(result.cycles.begin(), result.cycles.end(),
                                      [](const Cycle& cycle) { return cycle.verdict == Verdict::kEnds; });
  trial.is_confirmed = report.ok;
  if (!report.doubts.empty()) trial.doubt = report.doubts.front();
  Dice dice(~options.seed, number);
  for (uint64_t i = 0; i < options.inputs && !trial.loop; ++i)
    trial.loop = find_loop(replayer, make_inputs(made, dice));
  if (trial.loop && trial.claim == Claim::kFinite)
    trial.failure = "the program is called finite, and comes to the fuse";
  if (trial.loop) {
    if (const std::string forged = forge(result.certificate, verify, options.forgeries); !forged.empty()) {
      trial.failure = "a certificate is confirmed that says that it ends, and it comes to the fuse";
      trial.said += forged;
    }
  }
  Dice more(~options.seed, number);
  for (uint64_t i = 0; i < options.inputs / 2 && !trial.loop && !perpetual && trial.claim == Claim::kFinite;
       ++i) {
    trial.loop = find_perpetual(replayer, make_inputs(made, more));
    if (trial.loop) trial.failure = "nothing says that it goes on for ever, from timer to timer";
  }
  return trial;
}

std::string told(const ReplaySeed& seed) {
  std::string text;
  for (const ReplaySeed::Input& input : seed.inputs)
    text += fmt::format("  {{\"type\":\"{}\",\"subject\":\"{}\",\"data\":{}}}\n", input.type, input.subject,
                        input.data);
  return text;
}

void report(std::string_view what, const MadeProgram& made, const Trial& trial, const Options& options,
            uint64_t number) {
  fmt::print("---- {} (--seed {} --first {} --count 1)\n{}", what, options.seed, number, made.text());
  if (trial.loop) fmt::print("never ends after:\n{}", told(*trial.loop));
  fmt::print("{}\n", trial.said);
}

/// The program with as few rules as show the same failure.
MadeProgram smaller(MadeProgram made, const Options& options, uint64_t number) {
  for (size_t i = made.rules.size(); i-- > 0 && made.rules.size() > 1;) {
    MadeProgram without = made;
    without.rules.erase(without.rules.begin() + static_cast<ptrdiff_t>(i));
    if (!try_program(without, options, number).failure.empty()) made = std::move(without);
  }
  return made;
}

int run(const Options& options) {
  uint64_t claims[4] = {};
  uint64_t looping[4] = {};
  uint64_t not_compiled = 0;
  uint64_t failures = 0;
  uint64_t proofs = 0;
  uint64_t confirmed = 0;
  for (uint64_t number = options.first; number < options.first + options.count; ++number) {
    Dice dice(options.seed, number);
    const MadeProgram made = make_program(dice);
    if (options.print_programs) {
      fmt::print("# {}\n{}\n", number, made.text());
      std::fflush(stdout);
    }
    const Trial trial = try_program(made, options, number);
    if (!trial.compiled) {
      ++not_compiled;
      if (options.print_programs) fmt::print("{}\n", trial.errors);
      continue;
    }
    ++claims[static_cast<size_t>(trial.claim)];
    if (trial.loop) ++looping[static_cast<size_t>(trial.claim)];
    if (trial.has_proof) {
      ++proofs;
      confirmed += trial.is_confirmed ? 1 : 0;
      if (options.print_doubts && !trial.is_confirmed) report(trial.doubt, made, trial, options, number);
    }
    if (!trial.failure.empty()) {
      ++failures;
      const MadeProgram small = smaller(made, options, number);
      report(trial.failure, small, try_program(small, options, number), options, number);
    } else if (options.print_needless && trial.claim == Claim::kPossible && !trial.loop) {
      report("a warning, and no loop was seen", made, trial, options, number);
    } else if (options.print_weak && trial.claim == Claim::kPossible && trial.loop) {
      report("a warning where there is a loop", made, trial, options, number);
    }
  }
  constexpr const char* kNames[] = {"finite", "finite, perhaps beyond the fuse", "possible", "certain"};
  fmt::print("programs {}, not compiled {}\n", options.count, not_compiled);
  for (size_t i = 0; i < 4; ++i)
    fmt::print("{:<32}{:>8}, of these seen to go on for ever {:>8}\n", kNames[i], claims[i], looping[i]);
  fmt::print("proofs {}, confirmed {}\n", proofs, confirmed);
  fmt::print("warned about without a loop seen{:>8}\nwrong claims {}\n", claims[2] - looping[2], failures);
  // What the maker makes must be fit to be tried.
  return failures == 0 && not_compiled * 5 <= options.count ? 0 : 1;
}

bool read_options(int argc, char** argv, Options& options) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    bool* flag = name == "--needless"   ? &options.print_needless
                 : name == "--weak"     ? &options.print_weak
                 : name == "--doubts"   ? &options.print_doubts
                 : name == "--programs" ? &options.print_programs
                                        : nullptr;
    if (flag != nullptr) {
      *flag = true;
      continue;
    }
    uint64_t* number = name == "--seed"        ? &options.seed
                       : name == "--first"     ? &options.first
                       : name == "--count"     ? &options.count
                       : name == "--inputs"    ? &options.inputs
                       : name == "--forgeries" ? &options.forgeries
                                               : nullptr;
    if (number == nullptr || ++i == argc) return false;
    const char* end = argv[i] + std::strlen(argv[i]);
    if (std::from_chars(argv[i], end, *number).ptr != end) return false;
  }
  return true;
}

}  // namespace

}  // namespace krules::test

int main(int argc, char** argv) {
  krules::test::Options options;
  if (!krules::test::read_options(argc, argv, options)) {
    fmt::print(stderr,
               "usage: check_fuzz [--seed S] [--first N] [--count N] [--inputs N] [--forgeries N] "
               "[--needless] [--weak] "
               "[--doubts] [--programs]\n");
    return 2;
  }
  return krules::test::run(options);
}
