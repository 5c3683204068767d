#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "command.h"
#include "krules/arena.h"
#include "krules/glob.h"
#include "krules/json.h"
#include "options.h"
#include "store_access.h"

namespace krules::cli {

namespace {

struct TimersOptions {
  std::string subjects;
  std::string store = kDefaultStore;
};

constexpr const char* kExamples =
    R"(Prints one JSON object a line for each timer that is set: subject, key, type, due, payload, rule,
schedule, the next one to come first. GLOB chooses by subject. `key` is empty where none was
given, `schedule` where an `emit` set the timer and no `every` or `at`. Works while `krules run`
runs on the store, and shows what was committed.

Examples:
  krules timers --db shop.db                    # all of them
  krules timers 'order-*' --db shop.db          # those of some subjects
  krules timers order-17 --db shop.db
  krules timers --db shop.db | head -1          # the next one
)";

/// Collects timers as lines, and prints them in the order in which they come.
class TimerLines {
 public:
  /// False, with error() set, when the stored text is not what it should be.
  bool add(const StoredTimer& timer) {
    arena_.reset();
    const std::string_view text = timer.payload.empty() ? std::string_view("null") : timer.payload;
    const JsonResult payload = parse_json(text, JsonStyle::kTagged, arena_, symbols_);
    if (!payload.error.empty()) {
      error_ = fmt::format("the store is damaged: the payload of timer {} is not JSON", timer.id);
      return false;
    }
    lines_.push_back({timer.due, text_.size(), 0});
    append_text("{\"subject\":", timer.subject);
    append_text(",\"key\":", timer.key);
    append_text(",\"type\":", timer.type);
    text_ += ",\"due\":\"";
    append_timestamp(text_, timer.due);
    text_ += "\",\"payload\":";
    append_json(text_, payload.value);
    append_text(",\"rule\":", timer.rule);
    append_text(",\"schedule\":", timer.schedule);
    text_ += "}\n";
    lines_.back().end = text_.size();
    return true;
  }

  void print() {
    std::stable_sort(lines_.begin(), lines_.end(),
                     [](const Line& a, const Line& b) { return a.due < b.due; });
    for (const Line& line : lines_) {
      // What is left is not tried when nobody reads it; who looks at the stream afterwards sees why.
      if (std::fwrite(text_.data() + line.begin, line.end - line.begin, 1, stdout) != 1) return;
    }
  }

  const std::string& error() const { return error_; }

 private:
  struct Line {
    int64_t due;
    size_t begin;
    size_t end;
  };

  void append_text(std::string_view name, std::string_view text) {
    text_ += name;
    append_json_string(text_, text);
  }

  std::string text_;
  std::vector<Line> lines_;
  std::string error_;
  Arena arena_;
  SymbolTable symbols_;
};

ExitStatus print_timers(const TimersOptions& options) {
  std::unique_ptr<Store> store;
  if (const ExitStatus status = open_to_look(options.store, store); status != ExitStatus::kOk) return status;
  const Glob subjects(options.subjects.empty() ? "*" : options.subjects);
  TimerLines lines;
  const StoreStatus status = store->timers(
      [&](const StoredTimer& timer) { return !subjects.matches(timer.subject) || lines.add(timer); });
  if (!status.ok()) return complain(status_of(status.error()), status.error().message);
  if (!lines.error().empty()) return complain(ExitStatus::kFailed, lines.error());
  lines.print();
  return finish_output(ExitStatus::kOk);
}

}  // namespace

Action declare_timers(CLI::App& app) {
  auto options = std::make_shared<TimersOptions>();
  add_text(app, "GLOB", "GLOB", options->subjects,
           "timers of these subjects: `*` is any text, `?` one character (default: of all)")
      ->option_text("[GLOB]");
  add_store(app, options->store);
  app.footer(kExamples);
  return [options] { return print_timers(*options); };
}

}  // namespace krules::cli
