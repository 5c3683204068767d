#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "command.h"
#include "krules/json.h"
#include "krules/sqlite_store.h"
#include "options.h"
#include "store_access.h"
#include "wording.h"

namespace krules::cli {

namespace {

enum class ListFormat : uint8_t { kText, kJson };

struct DeadLetterOptions {
  std::string store = kDefaultStore;
  ListFormat format = ListFormat::kText;
  std::vector<std::string> ids;
  bool all = false;
};

constexpr const char* kExamples =
    R"(Input that could not be taken is kept here with the reason: a line that is no event, an event
that does not fit its `input`, a cascade that was undone. Works beside a running program.

Exit status: 1 when there is no dead letter of that number.

Examples:
  krules dead-letters list --db shop.db
  krules dead-letters show 3 --db shop.db
  krules dead-letters retry 3 4 --db shop.db    # once the rules are mended
  krules dead-letters drop --all --db shop.db
)";

std::string time_text(int64_t time) {
  std::string text;
  append_timestamp(text, time - time % 1'000'000);
  return text;
}

std::string place_of(const DeadLetter& letter) {
  return letter.line == 0 ? letter.source : fmt::format("{}:{}", letter.source, letter.line);
}

/// A line that is no event may hold any bytes: those that are not UTF-8 become U+FFFD.
std::string as_text(std::string_view bytes) {
  if (is_utf8(bytes)) return std::string(bytes);
  std::string text;
  while (!bytes.empty()) {
    size_t length = 1;
    while (length <= 4 && !is_utf8(bytes.substr(0, length))) ++length;
    const bool is_character = length <= 4;
    text.append(is_character ? bytes.substr(0, length) : std::string_view("\uFFFD"));
    bytes.remove_prefix(is_character ? length : 1);
  }
  return text;
}

std::string as_json(const DeadLetter& letter) {
  std::string text = fmt::format("{{\"id\":{},\"time\":\"", letter.id);
  append_timestamp(text, letter.time);
  text.append("\",\"kind\":");
  append_json_string(text, letter.kind);
  text.append(",\"message\":");
  append_json_string(text, letter.message);
  text.append(",\"source\":");
  append_json_string(text, as_text(letter.source));
  text.append(fmt::format(",\"line\":{},\"event\":", letter.line));
  append_json_string(text, as_text(letter.event));
  if (!letter.path.empty()) text.append(",\"path\":").append(letter.path);
  text.append(letter.retry ? ",\"retry\":true}\n" : ",\"retry\":false}\n");
  return text;
}

/// What is shown may come from anywhere: it does not steer the terminal.
std::string printable(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) >= 0x20 && c != 0x7F) {
      out.push_back(c);
    } else {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

ExitStatus read_letters(const DeadLetterOptions& options, std::vector<DeadLetter>& letters) {
  std::unique_ptr<Store> store;
  if (const ExitStatus status = open_to_look(options.store, store); status != ExitStatus::kOk) return status;
  const StoreStatus status = store->dead_letters(letters);
  return status.ok() ? ExitStatus::kOk : complain(status_of(status.error()), status.error().message);
}

ExitStatus list(const DeadLetterOptions& options) {
  std::vector<DeadLetter> letters;
  if (const ExitStatus status = read_letters(options, letters); status != ExitStatus::kOk) return status;
  if (options.format == ListFormat::kJson) {
    for (const DeadLetter& letter : letters) fmt::print("{}", as_json(letter));
    return finish_output(ExitStatus::kOk);
  }
  if (letters.empty())
    return complain(ExitStatus::kOk, fmt::format("there are no dead letters in {}", options.store));
  size_t place_width = 5;
  for (const DeadLetter& letter : letters)
    place_width = std::max(place_width, printable(place_of(letter)).size());
  fmt::print("{:>6}  {:<20}  {:<9}  {:<{}}  {}\n", "ID", "TIME", "KIND", "PLACE", place_width, "MESSAGE");
  for (const DeadLetter& letter : letters) {
    fmt::print("{:>6}  {:<20}  {:<9}  {:<{}}  {}{}\n", letter.id, time_text(letter.time), letter.kind,
               printable(place_of(letter)), place_width, printable(letter.message),
               letter.retry ? " (to be sent again)" : "");
  }
  return finish_output(ExitStatus::kOk);
}

/// The numbers that were given, in the order given; every one of `letters` with --all.
std::vector<int64_t> wanted_ids(const DeadLetterOptions& options) {
  if (options.all == !options.ids.empty())
    wrong_usage("name dead letters by their numbers, or all of them with --all");
  std::vector<int64_t> ids;
  for (const std::string& given : options.ids) {
    int64_t id = 0;
    const auto [stopped, error] = std::from_chars(given.data(), given.data() + given.size(), id);
    if (error != std::errc() || stopped != given.data() + given.size() || id < 1) {
      wrong_usage(
          fmt::format("`{}` is no number of a dead letter; `krules dead-letters list` shows them", given));
    }
    ids.push_back(id);
  }
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

/// Complains about each of `ids` that is not among `letters`.
ExitStatus require_present(const DeadLetterOptions& options, const std::vector<int64_t>& ids,
                           const std::vector<DeadLetter>& letters) {
  ExitStatus status = ExitStatus::kOk;
  for (const int64_t id : ids) {
    if (std::any_of(letters.begin(), letters.end(),
                    [&](const DeadLetter& letter) { return letter.id == id; }))
      continue;
    status = complain(ExitStatus::kNo, fmt::format("there is no dead letter {} in {}", id, options.store));
  }
  return status;
}

ExitStatus show(const DeadLetterOptions& options) {
  const std::vector<int64_t> ids = wanted_ids(options);
  std::vector<DeadLetter> letters;
  if (const ExitStatus status = read_letters(options, letters); status != ExitStatus::kOk) return status;
  for (const DeadLetter& letter : letters) {
    if (!options.all && !std::binary_search(ids.begin(), ids.end(), letter.id)) continue;
    if (options.format == ListFormat::kJson) {
      fmt::print("{}", as_json(letter));
      continue;
    }
    fmt::print("dead letter {}\n", letter.id);
    fmt::print("  time     {}\n", time_text(letter.time));
    fmt::print("  kind     {}\n", letter.kind);
    fmt::print("  message  {}\n", printable(letter.message));
    fmt::print("  place    {}\n", printable(place_of(letter)));
    fmt::print("  event    {}\n", printable(letter.event));
    if (!letter.path.empty()) fmt::print("  path     {}\n", printable(letter.path));
    if (letter.retry) fmt::print("  marked to be sent again\n");
  }
  return finish_output(require_present(options, ids, letters));
}

enum class Change : uint8_t { kRetry, kDrop };

ExitStatus change(const DeadLetterOptions& options, Change what) {
  std::vector<int64_t> ids = wanted_ids(options);
  std::vector<DeadLetter> letters;
  if (const ExitStatus status = read_letters(options, letters); status != ExitStatus::kOk) return status;
  if (options.all) {
    for (const DeadLetter& letter : letters) ids.push_back(letter.id);
    if (ids.empty())
      return complain(ExitStatus::kOk, fmt::format("there are no dead letters in {}", options.store));
  }
  // One wrong number and nothing happens: it is likely a slip.
  if (const ExitStatus status = require_present(options, ids, letters); status != ExitStatus::kOk)
    return status;
  uint64_t changed = 0;
  const StoreStatus status = what == Change::kRetry ? retry_dead_letters(options.store, ids, changed)
                                                    : drop_dead_letters(options.store, ids, changed);
  if (!status.ok()) return complain(status_of(status.error()), status.error().message);
  const std::string subject = counted(changed, "dead letter");
  if (what == Change::kDrop) return complain(ExitStatus::kOk, fmt::format("dropped {}", subject));
  return complain(
      ExitStatus::kOk,
      fmt::format("{} will be sent again by the `krules run` that runs on {} now, or by the next one",
                  subject, options.store));
}

}  // namespace

Action declare_dead_letters(CLI::App& app) {
  auto options = std::make_shared<DeadLetterOptions>();
  using Do = ExitStatus (*)(const DeadLetterOptions&);
  struct Part {
    const char* name;
    const char* summary;
    Do action;
  };
  static constexpr Part kParts[] = {
      {"list", "all of them, a line each", list},
      {"show", "one with its event", show},
      {"retry", "send them again",
       [](const DeadLetterOptions& given) { return change(given, Change::kRetry); }},
      {"drop", "forget them", [](const DeadLetterOptions& given) { return change(given, Change::kDrop); }},
  };
  app.footer(kExamples);
  app.require_subcommand(0, 1);
  const CLI::Option* store = add_store(app, options->store);
  for (const Part& part : kParts) {
    CLI::App* sub = app.add_subcommand(part.name, part.summary);
    add_store(*sub, options->store);
    if (part.action == list || part.action == show) {
      add_choice<ListFormat>(*sub, "--format", {{"text", ListFormat::kText}, {"json", ListFormat::kJson}},
                             options->format, "how to show them (default: text)");
    }
    if (part.action == list) continue;
    add_texts(*sub, "ID", "ID", options->ids, "their numbers, as `list` shows them")->option_text("ID...");
    sub->add_flag("--all", options->all, "all of them")->disable_flag_override();
  }
  return [options, store, &app] {
    for (const Part& part : kParts) {
      if (!app.got_subcommand(part.name)) continue;
      if (store->count() > 0 && app.get_subcommand(part.name)->count("--db") > 0)
        wrong_usage("`--db` is given more than once");
      return part.action(*options);
    }
    wrong_usage("say what to do with the dead letters: list, show, retry or drop");
  };
}

}  // namespace krules::cli
