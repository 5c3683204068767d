#pragma once

#include <string>
#include <vector>

#include "console_logger.h"
#include "exit_status.h"
#include "krules/engine.h"
#include "krules/runner.h"

namespace krules::cli {

/// Everything that `krules run` was asked for.
struct RunRequest {
  EngineOptions engine;
  RunnerOptions runner;
  std::string store_path;
  std::string unused_store;  ///< asked for, though everything is kept in memory
  bool virtual_time = false;
  LogLevel log_level = LogLevel::kInfo;
  LogFormat log_format = LogFormat::kText;
  std::string metrics_file;  ///< "": none
  std::string trace;         ///< a glob for event types: cascades with such an event are told; "": none
};

/// Whether the source of events is a regular file, which ends by itself.
bool is_finite(const std::string& events);

/// Loads the rules, opens the store, and runs until the events end or a signal comes.
ExitStatus run_program(RunRequest request);

}  // namespace krules::cli
