#include "rule_input.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "krules/engine.h"
#include "krules/runner.h"
#include "krules/stdlib.h"
#include "options.h"
#include "store_access.h"

namespace krules::cli {

namespace {

struct ExternParameter {
  std::string name;
  bool optional = false;
};

struct Extern {
  std::string name;
  std::vector<ExternParameter> parameters;
};

bool is_name(std::string_view text) {
  const auto is_letter = [](char c) { return c == '_' || std::isalpha(static_cast<unsigned char>(c)) != 0; };
  return !text.empty() && is_letter(text[0]) && std::all_of(text.begin(), text.end(), [&](char c) {
    return is_letter(c) || std::isdigit(static_cast<unsigned char>(c)) != 0;
  });
}

/// The parts of a text between a mark, without the blanks around them.
std::vector<std::string_view> parts_of(std::string_view text, char mark) {
  std::vector<std::string_view> parts;
  while (true) {
    const size_t end = text.find(mark);
    std::string_view part = text.substr(0, end);
    while (part.starts_with(' ')) part.remove_prefix(1);
    while (part.ends_with(' ')) part.remove_suffix(1);
    parts.push_back(part);
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

Extern parse_extern(std::string_view text) {
  Extern parsed;
  const size_t open = text.find('(');
  const std::vector<std::string_view> names = parts_of(text.substr(0, open), '.');
  bool right = open != std::string_view::npos && text.ends_with(')') &&
               std::all_of(names.begin(), names.end(), is_name);
  if (right) {
    parsed.name = text.substr(0, open);
    const std::string_view inside = text.substr(open + 1, text.size() - open - 2);
    for (std::string_view part : parts_of(inside, ',')) {
      if (part.empty() && parsed.parameters.empty() && inside.find(',') == std::string_view::npos) break;
      const bool optional = part.ends_with('?');
      if (optional) part.remove_suffix(1);
      right = right && is_name(part);
      parsed.parameters.push_back({std::string(part), optional});
    }
  }
  if (!right) {
    wrong_usage(fmt::format(
        "`{}` is no value of --extern: write `--extern 'with_tax(amount, country?)'` for a function, "
        "`--extern 'shop.print_label(text)'` for an action",
        text));
  }
  return parsed;
}

/// Refuses what a `fn` of the rules could not be called, or could not take.
void check_extern(const std::string& text, const Extern& parsed) {
  const auto refuse = [&](const std::string& why) {
    wrong_usage(fmt::format("`{}` is no value of --extern: {}", text, why));
  };
  const bool is_action = parsed.name.find('.') != std::string::npos;
  std::string declared = fmt::format("fn {}(", is_action ? "action" : parsed.name);
  const ExternParameter* optional = nullptr;
  for (const ExternParameter& each : parsed.parameters) {
    if (!each.optional && optional != nullptr) {
      refuse(fmt::format("`{}` can be left out, and then `{}`, which stands behind it, can, too: write `{}?`",
                         optional->name, each.name, each.name));
    }
    if (each.optional) optional = &each;
    declared += fmt::format("{}{}", declared.ends_with('(') ? "" : ", ", each.name);
  }
  const FunctionTable none;
  CompileOptions options;
  options.functions = &none;
  const auto source = std::make_shared<Source>("--extern", declared + ") = null");
  for (const Diagnostic& diagnostic : load_program({source}, options).diagnostics) {
    if (diagnostic.severity == Severity::kError) refuse(diagnostic.message);
  }
}

void add_extern(const std::string& text, FunctionTable& functions) {
  const Extern parsed = parse_extern(text);
  check_extern(text, parsed);
  bool added = false;
  if (parsed.name.find('.') != std::string::npos) {
    ActionSpec action;
    action.name = parsed.name;
    for (const ExternParameter& each : parsed.parameters) {
      action.parameters.push_back({each.name, ast::Kind::kAny, each.optional, {}});
    }
    added = functions.add_action(std::move(action));
  } else {
    FunctionSpec function;
    function.name = parsed.name;
    function.category = "extern";
    function.result = "any";
    function.pure = false;
    for (const ExternParameter& each : parsed.parameters) {
      ParameterSpec parameter;
      parameter.name = each.name;
      parameter.kinds = "any";
      parameter.optional = each.optional;
      function.parameters.push_back(std::move(parameter));
    }
    added = functions.add(std::move(function), [name = parsed.name](CallContext& context, auto) {
      return context.error("value",
                           fmt::format("`{}` is there only in the program that embeds these rules", name));
    });
  }
  if (!added) wrong_usage(fmt::format("`{}` of --extern is there already", parsed.name));
}

}  // namespace

void add_surroundings(CLI::App& app, RuleInputOptions& options) {
  add_texts(app, "--allow-env", "NAME", options.granted_environment,
            "an environment variable that env() may read");
  add_texts(app, "--extern", "NAME(PARAMETER, ...)", options.externs,
            "a function, or a dotted action, of the program that embeds the rules");
}

void add_rule_input(CLI::App& app, RuleInputOptions& options) {
  add_texts(app, "PATH", "PATH", options.paths, "rule files, or folders with .krules files in them")
      ->option_text("PATH...");
  add_texts(app, "--set", "NAME=VALUE", options.settings, "the value of a param of the rules");
  add_surroundings(app, options);
}

void add_functions(const RuleInputOptions& options, FunctionTable& functions) {
  check_granted_environment(options.granted_environment);
  StandardFunctionOptions function_options;
  function_options.environment = options.granted_environment;
  add_standard_functions(functions, function_options);
  for (const std::string& text : options.externs) add_extern(text, functions);
}

void check_granted_environment(const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (name.find('=') == std::string::npos) continue;
    wrong_usage(fmt::format(
        "`{}` is no value of --allow-env: it is the name of a variable alone, without its value", name));
  }
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
  add_functions(options, input.functions);
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
