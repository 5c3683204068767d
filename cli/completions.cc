#include "completions.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "command.h"
#include "help.h"
#include "options.h"
#include "store_access.h"

namespace krules::cli {

namespace {

std::vector<CLI::App*> commands_of(CLI::App& app) {
  return app.get_subcommands([](CLI::App*) { return true; });
}

/// What may follow an option, or stand in the place of a positional.
enum class Follows : uint8_t { kNothing, kWords, kFile, kUnknown };

Follows what_follows(const CLI::Option& option) {
  // Flags, also those that may have a value behind a `=`.
  if (option.get_items_expected_max() == 0) return Follows::kNothing;
  const std::string type = option.get_type_name();
  if (type.find('|') != std::string::npos) return Follows::kWords;
  return type == "FILE" || type == "PATH" ? Follows::kFile : Follows::kUnknown;
}

/// "full normal off".
std::string words_of(const CLI::Option& option) {
  std::string words = option.get_type_name();
  std::replace(words.begin(), words.end(), '|', ' ');
  return words;
}

std::vector<std::string> names_of(const CLI::Option& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.get_snames()) names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) names.push_back("--" + name);
  return names;
}

/// Text within single quotes of a shell.
std::string in_quotes(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out.append(c == '\'' ? "'\\''" : std::string(1, c));
  return out + "'";
}

// ---------------------------------------------------------------- bash

/// The command's words so far, " dead-letters list"; the root's are none.
std::string bash_path(const CLI::App& app) {
  return app.get_parent() == nullptr ? std::string() : bash_path(*app.get_parent()) + " " + app.get_name();
}

struct BashCases {
  std::string commands;   // patterns of "path word" that lead into a command
  std::string values;     // what follows an option
  std::string arguments;  // what can stand at a command
};

void add_bash_cases(CLI::App& app, BashCases& cases) {
  const std::string path = bash_path(app);
  std::string words;
  std::string options;
  bool files = false;
  for (const CLI::Option* option : app.get_options()) {
    const Follows follows = what_follows(*option);
    if (option->get_positional()) {
      if (follows == Follows::kWords) words += " " + words_of(*option);
      files = files || follows == Follows::kFile;
      continue;
    }
    std::string patterns;
    for (const std::string& name : names_of(*option)) {
      options += (options.empty() ? "" : " ") + name;
      patterns += fmt::format("{}\"{} {}\"", patterns.empty() ? "" : "|", path, name);
    }
    if (follows == Follows::kNothing) continue;
    const std::string reply = follows == Follows::kWords
                                  ? fmt::format("_krules_words '{}'; return", words_of(*option))
                              : follows == Follows::kFile ? std::string("_krules_files; return")
                                                          : std::string("return");
    cases.values += fmt::format("        {}) {} ;;\n", patterns, reply);
  }
  for (CLI::App* command : commands_of(app)) {
    words += " " + command->get_name();
    cases.commands +=
        fmt::format("{}\"{} {}\"", cases.commands.empty() ? "" : "|", path, command->get_name());
    add_bash_cases(*command, cases);
  }
  cases.arguments += fmt::format("        \"{}\") options='{}' words='{}' files={} ;;\n", path, options,
                                 words.empty() ? words : words.substr(1), files ? 1 : 0);
}

std::string bash_script(CLI::App& root) {
  BashCases cases;
  add_bash_cases(root, cases);
  return fmt::format(R"(# bash completion for krules: source <(krules completions bash)

_krules_words() {{
    COMPREPLY=($(compgen -W "$1" -- "${{COMP_WORDS[COMP_CWORD]}}"))
}}

_krules_files() {{
    compopt -o filenames 2>/dev/null
    local IFS=$'\n'
    COMPREPLY=($(compgen -f -- "${{COMP_WORDS[COMP_CWORD]}}"))
}}

_krules() {{
    local command= options= words= files= word
    for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
        case "$command $word" in
        {}) command="$command $word" ;;
        esac
    done
    COMPREPLY=()
    case "$command ${{COMP_WORDS[COMP_CWORD-1]}}" in
{}    esac
    case "$command" in
{}    esac
    if [[ ${{COMP_WORDS[COMP_CWORD]}} == -* ]]; then
        _krules_words "$options"
    elif [[ $files == 1 ]]; then
        _krules_files
    else
        _krules_words "$words"
    fi
}}

complete -F _krules krules
)",
                     cases.commands, cases.values, cases.arguments);
}

// ---------------------------------------------------------------- zsh

std::string zsh_function(const CLI::App& app) {
  if (app.get_parent() == nullptr) return "_krules";
  std::string name = app.get_name();
  std::replace(name.begin(), name.end(), '-', '_');
  return zsh_function(*app.get_parent()) + "_" + name;
}

/// For the text within the brackets of _arguments.
std::string zsh_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '[' || c == ']' || c == ':' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  return out;
}

std::string zsh_value(const CLI::Option& option) {
  switch (what_follows(option)) {
    case Follows::kNothing:
      return {};
    case Follows::kWords:
      return fmt::format(":value:({})", words_of(option));
    case Follows::kFile:
      return ":file:_files";
    case Follows::kUnknown:
      return fmt::format(":{}:", zsh_text(option.get_type_name()));
  }
  return {};
}

void append_zsh_function(CLI::App& app, std::string& out) {
  std::string arguments;
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_positional()) {
      arguments += " \\\n        " + in_quotes("*" + zsh_value(*option));
      continue;
    }
    for (const std::string& name : names_of(*option)) {
      arguments +=
          " \\\n        " +
          in_quotes(fmt::format("*{}[{}]{}", name, zsh_text(option->get_description()), zsh_value(*option)));
    }
  }
  const std::vector<CLI::App*> commands = commands_of(app);
  if (commands.empty()) {
    out += fmt::format("{}() {{\n    _arguments{}\n}}\n\n", zsh_function(app), arguments);
    return;
  }
  std::string described;
  std::string cases;
  for (CLI::App* command : commands) {
    append_zsh_function(*command, out);
    described +=
        "            " + in_quotes(command->get_name() + ":" + zsh_text(command->get_description())) + "\n";
    cases += fmt::format("        {}) {} ;;\n", command->get_name(), zsh_function(*command));
  }
  out += fmt::format(R"({}() {{
    local state line
    local -a commands
    typeset -A opt_args
    _arguments -C{} \
        '1:command:->command' '*::argument:->argument'
    case $state in
    command)
        commands=(
{}        )
        _describe command commands ;;
    argument)
        case $line[1] in
{}        esac ;;
    esac
}}

)",
                     zsh_function(app), arguments, described, cases);
}

std::string zsh_script(CLI::App& root) {
  std::string text = "#compdef krules\n# zsh completion for krules: source <(krules completions zsh)\n\n";
  append_zsh_function(root, text);
  return text + "compdef _krules krules\n";
}

// ---------------------------------------------------------------- fish

std::string fish_condition(const CLI::App& app) {
  if (app.get_parent() == nullptr) return {};
  const std::string before = fish_condition(*app.get_parent());
  return (before.empty() ? "" : before + "; and ") + "__fish_seen_subcommand_from " + app.get_name();
}

void append_fish(CLI::App& app, std::string& out) {
  const std::string inside = fish_condition(app);
  const std::string here = inside.empty() ? "__fish_use_subcommand" : inside;
  std::string siblings;
  for (const CLI::App* command : commands_of(app)) siblings += " " + command->get_name();
  for (const CLI::App* command : commands_of(app)) {
    const std::string condition =
        here + (inside.empty() ? "" : "; and not __fish_seen_subcommand_from" + siblings);
    out += fmt::format("complete -c krules -f -n {} -a {} -d {}\n", in_quotes(condition), command->get_name(),
                       in_quotes(command->get_description()));
  }
  for (const CLI::Option* option : app.get_options()) {
    const Follows follows = what_follows(*option);
    std::string line = "complete -c krules -n " + in_quotes(here);
    if (!option->get_positional()) {
      for (const std::string& name : option->get_snames()) line += " -s " + name;
      for (const std::string& name : option->get_lnames()) line += " -l " + name;
    }
    if (follows == Follows::kWords)
      line += (option->get_positional() ? " -f -a " : " -x -a ") + in_quotes(words_of(*option));
    if (follows == Follows::kFile) line += option->get_positional() ? " -F" : " -r -F";
    if (follows == Follows::kUnknown) line += option->get_positional() ? " -f" : " -x";
    out += line + " -d " + in_quotes(option->get_description()) + "\n";
  }
  for (CLI::App* command : commands_of(app)) append_fish(*command, out);
}

std::string fish_script(CLI::App& root) {
  std::string text =
      "# fish completion for krules: krules completions fish | source\n\ncomplete -c krules -f\n";
  append_fish(root, text);
  return text;
}

constexpr const char* kExamples = R"(Examples:
  source <(krules completions bash)                       # in ~/.bashrc
  source <(krules completions zsh)                        # in ~/.zshrc, after compinit
  krules completions fish > ~/.config/fish/completions/krules.fish
)";

}  // namespace

std::string completion_script(CLI::App& root, Shell shell) {
  switch (shell) {
    case Shell::kBash:
      return bash_script(root);
    case Shell::kZsh:
      return zsh_script(root);
    case Shell::kFish:
      return fish_script(root);
  }
  return {};
}

Action declare_completions(CLI::App& app) {
  auto shell = std::make_shared<Shell>();
  CLI::Option* given =
      add_choice<Shell>(app, "SHELL", {{"bash", Shell::kBash}, {"zsh", Shell::kZsh}, {"fish", Shell::kFish}},
                        *shell, "the shell to complete for");
  given->option_text("bash|zsh|fish");
  app.footer(kExamples);
  return [shell, given, &app] {
    if (given->count() == 0) wrong_usage("name the shell: bash, zsh or fish");
    fmt::print("{}", completion_script(*app.get_parent(), *shell));
    return finish_output(ExitStatus::kOk);
  };
}

}  // namespace krules::cli
