#include "usage.h"

#include <fmt/format.h>

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "help.h"
#include "krules/diagnostic.h"

namespace krules::cli {

namespace {

std::vector<std::string> command_names(CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* sub : app.get_subcommands([](CLI::App*) { return true; }))
    names.push_back(sub->get_name());
  return names;
}

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

std::string suggestion(std::string_view word, const std::vector<std::string>& names) {
  const std::string_view near = nearest_name(word, std::vector<std::string_view>(names.begin(), names.end()));
  return near.empty() ? std::string() : fmt::format("; did you mean `{}`?", near);
}

}  // namespace

CLI::App& innermost(CLI::App& root) {
  const std::vector<CLI::App*> named = root.get_subcommands();
  return named.empty() ? root : innermost(*named.back());
}

std::string unknown_command(CLI::App& app, const std::string& word) {
  return fmt::format("there is no command `{}`{}", word, suggestion(word, command_names(app)));
}

ExitStatus complain_of_usage(CLI::App& root, const std::string& message) {
  fmt::print(stderr, "krules: {}\n`{} --help` shows how it is used\n", message, whole_name(innermost(root)));
  return ExitStatus::kUsage;
}

ExitStatus complain_of_usage(CLI::App& root, const CLI::ParseError& error) {
  std::string message = error.what();
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) {
    // CLI11 begins with the option's name, "--db: 1 required", "--db: At Most 1 required", or for a flag that
    // was given a value "watch was ...".
    const std::string name = message.substr(0, message.find_first_of(": "));
    if (message.find(": At Most ") != std::string::npos || message.find(": At most ") != std::string::npos) {
      message = fmt::format("`{}` is given more than once", name);
    } else {
      message = name.starts_with('-') ? fmt::format("`{}` needs a value", name)
                                      : fmt::format("`--{}` does not take a value", name);
    }
  }
  return complain_of_usage(root, message);
}

ExitStatus check_words(CLI::App& root, int argc, const char* const* argv) {
  for (int i = 1; i < argc && std::string_view(argv[i]) != "--"; ++i) {
    std::string_view word = argv[i];
    // CLI11 would take the word behind it.
    if (!word.starts_with("--") || !word.ends_with('=')) continue;
    word.remove_suffix(1);
    return complain_of_usage(root, fmt::format("`{}` needs a value, and none stands behind the `=`", word));
  }
  return ExitStatus::kOk;
}

ExitStatus check_leftovers(CLI::App& root) {
  CLI::App& app = innermost(root);
  for (CLI::App* at = &app; at != nullptr; at = at->get_parent()) {
    for (const std::string& word : at->remaining()) {
      if (word.size() > 1 && word.front() == '-') {
        const std::string name = word.substr(0, word.find('='));
        return complain_of_usage(
            root, fmt::format("there is no option `{}`{}", name, suggestion(name, option_names(*at))));
      }
      if (&app == at && !command_names(*at).empty()) {
        return complain_of_usage(root, unknown_command(*at, word));
      }
      return complain_of_usage(root, fmt::format("`{}` is one word too many", word));
    }
  }
  return ExitStatus::kOk;
}

}  // namespace krules::cli
