#pragma once

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "exit_status.h"

namespace krules::cli {

/// The innermost command that was named.
CLI::App& innermost(CLI::App& root);

/// Complains about words that no option or command stands for, with a near one where there is one. kOk when
/// all is well.
ExitStatus check_leftovers(CLI::App& root);

/// Says on standard error what is wrong with the command line, and where help is.
ExitStatus complain_of_usage(CLI::App& root, const std::string& message);

/// The same for what CLI11 found.
ExitStatus complain_of_usage(CLI::App& root, const CLI::ParseError& error);

}  // namespace krules::cli
