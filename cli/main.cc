#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <vector>

#include "command.h"
#include "help.h"
#include "store_access.h"
#include "usage.h"

namespace {

using krules::cli::Action;
using krules::cli::Command;
using krules::cli::ExitStatus;

constexpr Command kCommands[] = {
    {"run", "run rules over events, and keep what they remember", krules::cli::declare_run},
    {"check", "prove that every cascade ends, or show how one does not", krules::cli::declare_check},
    {"graph", "draw which events fire which rules, and what those make", krules::cli::declare_graph},
    {"replay", "run a loop that check found again, and show it turning", krules::cli::declare_replay},
    {"test", "run the tests that stand beside the rules", krules::cli::declare_test},
    {"subjects", "show the subjects of a store", krules::cli::declare_subjects},
    {"timers", "show the timers of a store, the next one first", krules::cli::declare_timers},
    {"calls", "show the outside calls of a store that wait for their answers", krules::cli::declare_calls},
    {"why", "tell what an event set off, or what gave a property its value", krules::cli::declare_why},
    {"dead-letters", "look at input that could not be taken, and send it again",
     krules::cli::declare_dead_letters},
    {"parse", "show how a rule file is understood", krules::cli::declare_parse},
    {"doc", "describe the functions that rules can call", krules::cli::declare_doc},
    {"completions", "print a completion script for a shell", krules::cli::declare_completions},
    {"help", "tell how a command is used", krules::cli::declare_help},
};

constexpr const char* kExamples = R"(Examples:
  krules run doors.krules --events events.jsonl
  krules check doors.krules
  krules subjects 'door:*'
  krules doc split
)";

/// A program may be started with its standard streams closed. Files opened later must not get their numbers:
/// what is meant for standard output would end in them.
void keep_standard_numbers() {
  while (true) {
    // Reading alone: a write to what was closed goes on being an error.
    const int file = ::open("/dev/null", O_RDONLY);
    if (file < 0) return;
    if (file > STDERR_FILENO) {
      ::close(file);
      return;
    }
  }
}

ExitStatus run(int argc, char** argv) {
  CLI::App root("Rules on events, with an engine that remembers.", "krules");
  root.set_version_flag("--version", "krules " KRULES_VERSION, "show the version");
  root.footer(kExamples);
  root.allow_extras();
  // What follows a command is never another one: a folder may be called `doc`.
  root.require_subcommand(0, 1);
  root.formatter(krules::cli::make_help_format());
  root.set_help_flag("-h,--help", "show this help");

  std::vector<std::pair<CLI::App*, Action>> actions;
  for (const Command& command : kCommands) {
    CLI::App* sub = root.add_subcommand(command.name, command.summary);
    actions.emplace_back(sub, command.declare(*sub));
  }
  if (const ExitStatus status = krules::cli::check_words(root, argc, argv); status != ExitStatus::kOk)
    return status;
  try {
    root.parse(argc, argv);
    if (const ExitStatus status = krules::cli::check_leftovers(root); status != ExitStatus::kOk)
      return status;
    for (const auto& [sub, action] : actions) {
      if (sub->parsed()) return action();
    }
    fmt::print(stderr, "{}", root.help());
    return ExitStatus::kUsage;
  } catch (const CLI::CallForHelp&) {
    fmt::print("{}", krules::cli::innermost(root).help());
    return ExitStatus::kOk;
  } catch (const CLI::CallForVersion&) {
    fmt::print("krules " KRULES_VERSION "\n");
    return ExitStatus::kOk;
  } catch (const CLI::ParseError& error) {
    return krules::cli::complain_of_usage(root, error);
  }
}

}  // namespace

int main(int argc, char** argv) {
  keep_standard_numbers();
  try {
    return static_cast<int>(run(argc, argv));
  } catch (const std::exception& error) {
    // What prints text throws where it cannot.
    if (std::ferror(stdout) != 0) return static_cast<int>(krules::cli::finish_output(ExitStatus::kOk));
    fmt::print(stderr, "krules: this should not happen: {}\n", error.what());
    return static_cast<int>(ExitStatus::kFailed);
  }
}
