#include "replay_files.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "krules/check_codes.h"
#include "krules/replay.h"

namespace krules::cli {

namespace {

std::string path_of(std::string_view code, size_t number) {
  return fmt::format(".krules-check/{}-{}.json", code, number);
}

}  // namespace

std::vector<std::string> write_replay_files(const std::vector<Cycle>& cycles, const ReplayPlace& place,
                                            std::string& error) {
  std::vector<std::string> paths(cycles.size());
  size_t loops = 0;
  size_t perpetual = 0;
  for (size_t i = 0; i < cycles.size(); ++i) {
    const Cycle& cycle = cycles[i];
    if (!cycle.replay) continue;
    const bool loop = cycle.verdict == Verdict::kCertain;
    const std::string path =
        loop ? path_of(check_codes::kCertainLoop, ++loops) : path_of(check_codes::kPerpetual, ++perpetual);
    ReplayFile file;
    file.rules = place.rule_paths;
    file.max_cascade = place.max_cascade;
    file.seed = *cycle.replay;
    for (const auto& parameter : place.parameters) {
      const bool given = std::any_of(file.seed.parameters.begin(), file.seed.parameters.end(),
                                     [&](const auto& other) { return other.first == parameter.first; });
      if (!given) file.seed.parameters.push_back(parameter);
    }
    ReplayFile::Expected& expected = file.expected.emplace();
    expected.end = cycle.outcome.end;
    expected.events = cycle.outcome.events;
    expected.period = cycle.outcome.period;
    for (const CycleStep& step : cycle.steps) expected.path.push_back(step.event);
    if (write_replay_file(path, file, error)) paths[i] = path;
  }
  // A number that is free now would show a loop that is mended.
  while (::unlink(path_of(check_codes::kCertainLoop, ++loops).c_str()) == 0) {
  }
  while (::unlink(path_of(check_codes::kPerpetual, ++perpetual).c_str()) == 0) {
  }
  return paths;
}

}  // namespace krules::cli
