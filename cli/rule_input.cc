#include "rule_input.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "krules/engine.h"
#include "krules/runner.h"
#include "krules/stdlib.h"
#include "options.h"
#include "store_access.h"

namespace krules::cli {

void add_rule_input(CLI::App& app, RuleInputOptions& options) {
  add_texts(app, "PATH", "PATH", options.paths, "rule files, or folders with .krules files in them")
      ->option_text("PATH...");
  add_texts(app, "--set", "NAME=VALUE", options.settings, "the value of a param of the rules");
  add_texts(app, "--allow-env", "NAME", options.granted_environment,
            "an environment variable that env() may read");
}

std::map<std::string, std::string> parse_settings(const std::vector<std::string>& settings) {
  std::map<std::string, std::string> values;
  for (const std::string& setting : settings) {
    const size_t equals = setting.find('=');
    if (equals == 0 || equals == std::string::npos)
      wrong_usage(fmt::format("`{}` is no value of --set: write `--set name=value`", setting));
    values[setting.substr(0, equals)] = setting.substr(equals + 1);
  }
  return values;
}

ExitStatus read_rule_input(const RuleInputOptions& options, RuleInput& input) {
  if (options.paths.empty()) wrong_usage("name at least one rule file or folder");
  input.compile_options.parameters = parse_settings(options.settings);
  StandardFunctionOptions function_options;
  function_options.environment = options.granted_environment;
  add_standard_functions(input.functions, function_options);
  input.compile_options.functions = &input.functions;
  const RuleTexts rules = read_rule_files(options.paths);
  for (const std::string& error : rules.errors) complain(ExitStatus::kUsage, error);
  if (!rules.errors.empty()) return ExitStatus::kUsage;
  input.loaded = load_program(rules.sources, input.compile_options);
  return ExitStatus::kOk;
}

bool write_file(const std::string& path, std::string_view text) {
  std::FILE* file = std::fopen(path.c_str(), "wb");
  bool ok = file != nullptr && std::fwrite(text.data(), 1, text.size(), file) == text.size();
  if (file != nullptr) ok = std::fclose(file) == 0 && ok;
  if (!ok) complain(ExitStatus::kUsage, fmt::format("cannot write `{}`: {}", path, std::strerror(errno)));
  return ok;
}

}  // namespace krules::cli
