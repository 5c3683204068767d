#include "replay_files.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "krules/replay.h"

namespace krules::cli {

namespace {

std::string path_of(size_t number) {
  return fmt::format(".krules-check/K0301-{}.json", number);
}

}  // namespace

std::vector<std::string> write_replay_files(const std::vector<Cycle>& cycles, const ReplayPlace& place,
                                            std::string& error) {
  std::vector<std::string> paths(cycles.size());
  size_t last = 0;
  for (size_t i = 0; i < cycles.size(); ++i) {
    const Cycle& cycle = cycles[i];
    if (cycle.verdict != Verdict::kCertain || !cycle.replay) continue;
    const std::string path = path_of(++last);
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
  while (::unlink(path_of(++last).c_str()) == 0) {
  }
  return paths;
}

}  // namespace krules::cli
