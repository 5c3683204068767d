#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "krules/check.h"

namespace krules::cli {

/// Where the replays of certain loops belong.
struct ReplayPlace {
  std::vector<std::string> rule_paths;
  std::vector<std::pair<std::string, std::string>> parameters;  ///< that the rules were loaded with
  uint32_t max_cascade = 0;
};

/// Writes a replay for each certain loop, `.krules-check/K0301-1.json` and so on in their order, and removes
/// those of loops that are gone. The path by cycle, empty where there is none. `error` is set when a file
/// cannot be written.
std::vector<std::string> write_replay_files(const std::vector<Cycle>& cycles, const ReplayPlace& place,
                                            std::string& error);

}  // namespace krules::cli
