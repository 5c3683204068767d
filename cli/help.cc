#include "help.h"

#include <fmt/format.h>

#include <string_view>

namespace krules::cli {

namespace {

constexpr size_t kColumn = 34;
constexpr size_t kWidth = 100;

/// "  name      text", the text broken into lines of its own column.
void append_entry(std::string& out, std::string_view name, std::string_view text) {
  std::string line = fmt::format("  {:<{}}", name, kColumn - 2);
  if (line.size() > kColumn) {
    out.append(line).push_back('\n');
    line.assign(kColumn, ' ');
  }
  bool first = true;
  while (!text.empty()) {
    const size_t end = std::min(text.find(' '), text.size());
    if (!first && line.size() + 1 + end > kWidth) {
      out.append(line).push_back('\n');
      line.assign(kColumn, ' ');
      first = true;
    }
    if (!first) line.push_back(' ');
    line.append(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    first = false;
  }
  out.append(line).push_back('\n');
}

class HelpFormat final : public CLI::FormatterBase {
 public:
  std::string make_help(const CLI::App* app, std::string, CLI::AppFormatMode) const override {
    const auto options = app->get_options();
    const auto commands = app->get_subcommands([](const CLI::App*) { return true; });
    std::string usage = "Usage: " + whole_name(*app);
    std::string arguments;
    std::string named;
    for (const CLI::Option* option : options) {
      if (option->get_positional()) {
        usage += " " + shown_names(*option);
        append_entry(arguments, shown_names(*option), option->get_description());
      } else {
        std::string names = shown_names(*option);
        if (option->get_type_size() > 0 && !option->get_type_name().empty())
          names += " " + option->get_type_name();
        append_entry(named, names, option->get_description());
      }
    }
    if (!commands.empty()) usage += " COMMAND";
    std::string text = app->get_description() + "\n\n" + usage + " [OPTIONS]\n";
    if (!arguments.empty()) text += "\n" + arguments;
    if (!commands.empty()) {
      text += "\nCommands:\n";
      for (const CLI::App* command : commands)
        append_entry(text, command->get_name(), command->get_description());
      text += fmt::format("\n`{} COMMAND --help` tells more about each.\n", whole_name(*app));
    }
    if (!named.empty()) text += "\nOptions:\n" + named;
    if (!app->get_footer().empty()) text += "\n" + app->get_footer();
    return text;
  }
};

}  // namespace

std::shared_ptr<CLI::FormatterBase> make_help_format() {
  return std::make_shared<HelpFormat>();
}

std::string whole_name(const CLI::App& app) {
  const CLI::App* parent = app.get_parent();
  return parent == nullptr ? app.get_name() : whole_name(*parent) + " " + app.get_name();
}

std::string shown_names(const CLI::Option& option) {
  if (option.get_positional()) return option.get_option_text();
  std::string text;
  for (const std::string& name : option.get_snames()) text += (text.empty() ? "-" : ", -") + name;
  for (const std::string& name : option.get_lnames()) text += (text.empty() ? "--" : ", --") + name;
  return text;
}

}  // namespace krules::cli
