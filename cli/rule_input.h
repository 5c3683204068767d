#pragma once

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <map>
#include <string>
#include <vector>

#include "exit_status.h"
#include "krules/function_table.h"
#include "krules/load_program.h"
#include "krules/source.h"

namespace krules::cli {

/// What `check`, `graph` and `test` are told about the rules.
struct RuleInputOptions {
  std::vector<std::string> paths;
  std::vector<std::string> settings;  ///< `name=value`
  std::vector<std::string> granted_environment;
  std::vector<std::string> externs;  ///< `name(parameter, parameter)`
};

/// PATH..., `--set`, `--allow-env` and `--extern`.
void add_rule_input(CLI::App& app, RuleInputOptions& options);

/// Of these `--allow-env` and `--extern` alone.
void add_surroundings(CLI::App& app, RuleInputOptions& options);

/// Adds the standard functions, and what a C++ program that embeds the rules brings: functions, which fail
/// when they are called here, and actions, whose names have a dot. Throws what is reported as wrong usage.
void add_functions(const RuleInputOptions& options, FunctionTable& functions);

/// Throws what is reported as wrong usage where one is no name of a variable.
void check_granted_environment(const std::vector<std::string>& names);

/// The values of params by name, from texts `name=value`. Throws what is reported as wrong usage.
std::map<std::string, std::string> parse_settings(const std::vector<std::string>& settings);

/// The rules that were named, parsed and compiled with the standard functions.
struct RuleInput {
  FunctionTable functions;
  CompileOptions compile_options;
  LoadedProgram loaded;
};

/// Complains about files that cannot be read, and gives kUsage then. Errors in the rules are in
/// `input.loaded`. Throws what is reported as wrong usage. `input` stays where it is.
ExitStatus read_rule_input(const RuleInputOptions& options, RuleInput& input);

/// Writes a file as a whole; false after a complaint.
bool write_file(const std::string& path, std::string_view text);

}  // namespace krules::cli
