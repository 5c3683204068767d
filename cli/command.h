#pragma once

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <functional>

#include "exit_status.h"

namespace krules::cli {

/// What a command does once its options are parsed. Throws a CLI::ParseError for what is wrong with their
/// values.
using Action = std::function<ExitStatus()>;

/// One word after `krules`.
struct Command {
  const char* name;
  const char* summary;  ///< one line, as `krules --help` shows it
  /// Declares the command's options on `app`.
  Action (*declare)(CLI::App& app);
};

Action declare_run(CLI::App& app);
Action declare_test(CLI::App& app);
Action declare_subjects(CLI::App& app);
Action declare_timers(CLI::App& app);
Action declare_calls(CLI::App& app);
Action declare_dead_letters(CLI::App& app);
Action declare_check(CLI::App& app);
Action declare_graph(CLI::App& app);
Action declare_replay(CLI::App& app);
Action declare_parse(CLI::App& app);
Action declare_why(CLI::App& app);
Action declare_doc(CLI::App& app);
Action declare_completions(CLI::App& app);
Action declare_help(CLI::App& app);

}  // namespace krules::cli
