#pragma once

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <string>

#include "exit_status.h"

namespace krules::cli {

/// The innermost command that was named.
CLI::App& innermost(CLI::App& root);

/// "there is no command `rnu`; did you mean `run`?", of those that `app` has.
std::string unknown_command(CLI::App& app, const std::string& word);

/// Complains about an option with nothing behind its `=`. kOk when all is well. Before the words are parsed.
ExitStatus check_words(CLI::App& root, int argc, const char* const* argv);

/// Complains about words that no option or command stands for, with a near one where there is one. kOk when
/// all is well.
ExitStatus check_leftovers(CLI::App& root);

/// Says on standard error what is wrong with the command line, and where help is.
ExitStatus complain_of_usage(CLI::App& root, const std::string& message);

/// The same for what CLI11 found.
ExitStatus complain_of_usage(CLI::App& root, const CLI::ParseError& error);

}  // namespace krules::cli
