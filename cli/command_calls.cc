#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <string>

#include "command.h"
#include "krules/glob.h"
#include "krules/json.h"
#include "krules/stored_call.h"
#include "options.h"
#include "store_access.h"

namespace krules::cli {

namespace {

struct CallsOptions {
  std::string subjects;
  std::string store = kDefaultStore;
};

constexpr const char* kExamples =
    R"(Prints one JSON object a line for each outside call that waits to be made or for its answer: id,
action, arguments, subject, reply, extra, rule, time, attempts, most_attempts, not_before, key;
the oldest first. GLOB chooses by subject. `reply` is the event that will bring the answer, empty
where none does; `key` is what the other side gets as the Idempotency-Key. Secrets are not in the
store: `<secret NAME>` stands for them. Works while `krules run` runs on the store.

Examples:
  krules calls --db shop.db                 # all of them
  krules calls 'order-*' --db shop.db       # those of some subjects
)";

std::string call_line(const StoredCall& call) {
  std::string text = fmt::format("{{\"id\":{}", call.id);
  const auto add_text = [&](std::string_view name, std::string_view value) {
    text += fmt::format(",\"{}\":", name);
    append_json_string(text, value);
  };
  const auto add_time = [&](std::string_view name, int64_t time) {
    text += fmt::format(",\"{}\":\"", name);
    append_timestamp(text, time);
    text += "\"";
  };
  add_text("action", call.action);
  text += ",\"arguments\":" + shown_arguments(call);
  add_text("subject", call.subject);
  add_text("reply", call.reply);
  text += ",\"extra\":" + shown_extra(call);
  add_text("rule", call.rule);
  add_time("time", call.time);
  text += fmt::format(",\"attempts\":{},\"most_attempts\":{}", call.attempts, call.most_attempts);
  add_time("not_before", call.not_before);
  add_text("key", idempotency_key(call));
  return text + "}\n";
}

ExitStatus print_calls(const CallsOptions& options) {
  std::unique_ptr<Store> store;
  if (const ExitStatus status = open_to_look(options.store, store); status != ExitStatus::kOk) return status;
  const Glob subjects(options.subjects.empty() ? "*" : options.subjects);
  const StoreStatus status = store->calls([&](const StoredCall& call) {
    if (!subjects.matches(call.subject)) return true;
    const std::string line = call_line(call);
    // What is left is not tried when nobody reads it; who looks at the stream afterwards sees why.
    return std::fwrite(line.data(), line.size(), 1, stdout) == 1;
  });
  if (!status.ok()) return complain(status_of(status.error()), status.error().message);
  return finish_output(ExitStatus::kOk);
}

}  // namespace

Action declare_calls(CLI::App& app) {
  auto options = std::make_shared<CallsOptions>();
  add_text(app, "GLOB", "GLOB", options->subjects,
           "calls of these subjects: `*` is any text, `?` one character (default: of all)")
      ->option_text("[GLOB]");
  add_store(app, options->store);
  app.footer(kExamples);
  return [options] { return print_calls(*options); };
}

}  // namespace krules::cli
