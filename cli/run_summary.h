#pragma once

#include <cstdint>
#include <string>

#include "console_logger.h"
#include "krules/engine.h"

namespace krules::cli {

/// What a run came to.
struct RunSummary {
  EngineStatistics counts;
  double seconds = 0;
  uint64_t open_calls = 0;     ///< outside calls without an answer
  uint64_t resumed_after = 0;  ///< lines of the source taken in by earlier runs
  std::string events;          ///< as it was named
  std::string store;           ///< empty: none
};

/// "krules: 1,200 events, 800 rules fired, 12 emitted, ..."
void tell_summary(ConsoleLogger& logger, const RunSummary& summary);

}  // namespace krules::cli
