#include <fmt/format.h>

#include <memory>
#include <string>
#include <vector>

#include "command.h"
#include "options.h"
#include "store_access.h"
#include "usage.h"

namespace krules::cli {

namespace {

constexpr const char* kExamples = R"(Examples:
  krules help                      # as krules --help
  krules help run                  # as krules run --help
  krules help dead-letters list
)";

ExitStatus show_help(CLI::App& root, const std::vector<std::string>& words) {
  CLI::App* app = &root;
  for (const std::string& word : words) {
    const auto found = app->get_subcommands([&](const CLI::App* each) { return each->get_name() == word; });
    if (found.empty()) wrong_usage(unknown_command(*app, word));
    app = found.front();
  }
  // The root's help() would be that of the command that was named: this one.
  fmt::print("{}", app->get_formatter()->make_help(app, app->get_name(), CLI::AppFormatMode::Normal));
  return finish_output(ExitStatus::kOk);
}

}  // namespace

Action declare_help(CLI::App& app) {
  auto words = std::make_shared<std::vector<std::string>>();
  // All others are declared by now.
  std::string names;
  for (const CLI::App* each : app.get_parent()->get_subcommands([](CLI::App*) { return true; }))
    names.append(names.empty() ? "" : "|").append(each->get_name());
  add_texts(app, "COMMAND", names, *words, "the command to tell about (default: all of them, a line each)")
      ->option_text("[COMMAND...]");
  app.footer(kExamples);
  return [words, &app] { return show_help(*app.get_parent(), *words); };
}

}  // namespace krules::cli
