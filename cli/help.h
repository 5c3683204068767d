#pragma once

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <memory>
#include <string>

namespace krules::cli {

/// How `--help` looks, for every command of the program.
std::shared_ptr<CLI::FormatterBase> make_help_format();

/// "krules dead-letters list".
std::string whole_name(const CLI::App& app);

/// The names of an option as one types them, "--watch, --no-watch"; of a positional, as its usage shows it.
std::string shown_names(const CLI::Option& option);

}  // namespace krules::cli
