#pragma once

#include <string>

#include "krules/check.h"
#include "krules/program.h"
#include "krules/replay.h"

namespace krules::cli {

/// All that is to be said about a replay that ran.
struct ReplayReport {
  const ReplayFile& file;
  const ReplayOutcome& outcome;
  const ReplayStory& story;
  const Program& program;
};

/// As a person reads it: the start, the events with where they come from, the turn marked, the verdict.
std::string replay_as_text(const ReplayReport& report);

/// One JSON object on one line.
std::string replay_as_json(const ReplayReport& report);

}  // namespace krules::cli
