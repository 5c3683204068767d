#include <fmt/format.h>

#include <cstdio>
#include <memory>
#include <string>

#include "command.h"
#include "krules/arena.h"
#include "krules/glob.h"
#include "krules/json.h"
#include "options.h"
#include "store_access.h"

namespace krules::cli {

namespace {

struct SubjectsOptions {
  std::string name;
  std::string store = kDefaultStore;
};

constexpr const char* kExamples =
    R"(Prints one JSON object a line: subject, properties, ext, in the order of the names. Timestamps
and durations are text. Works while `krules run` runs on the store, and shows what was
committed.

Exit status: 1 when NAME has no `*` or `?` and there is no such subject.

Examples:
  krules subjects --db shop.db                  # all of them
  krules subjects order-17 --db shop.db
  krules subjects 'order-*' --db shop.db | wc -l
)";

/// Puts stored subjects into words for the outside.
class SubjectPrinter {
 public:
  /// False, with error() set, when the stored text is not what it should be or cannot be written.
  bool print(std::string_view name, const std::vector<StoredPart>& parts) {
    line_ = "{\"subject\":";
    append_json_string(line_, name);
    line_ += ",\"properties\":{";
    for (const StoredPart& part : parts) {
      if (!append_members(part.properties)) return refuse(name);
    }
    line_ += "},\"ext\":{";
    for (const StoredPart& part : parts) {
      if (!append_members(part.extended)) return refuse(name);
    }
    line_ += "}}\n";
    ++count_;
    return std::fwrite(line_.data(), 1, line_.size(), stdout) == line_.size();
  }

  uint64_t count() const { return count_; }
  const std::string& error() const { return error_; }

 private:
  bool append_members(const std::string& object) {
    if (object.empty()) return true;
    arena_.reset();
    const JsonResult parsed = parse_json(object, JsonStyle::kTaggedRow, arena_, symbols_);
    if (!parsed.value.is(ValueKind::kMap)) return false;
    for (const MapRep::Entry& entry : parsed.value.as_map().entries()) {
      if (line_.back() != '{') line_.push_back(',');
      append_json_string(line_, entry.key->text());
      line_.push_back(':');
      append_json(line_, entry.value);
    }
    return true;
  }

  bool refuse(std::string_view name) {
    error_ = fmt::format("the store is damaged: what it holds of `{}` is not a JSON object", name);
    return false;
  }

  std::string line_;
  std::string error_;
  Arena arena_;
  SymbolTable symbols_;
  uint64_t count_ = 0;
};

ExitStatus print_subjects(const SubjectsOptions& options) {
  std::unique_ptr<Store> store;
  if (const ExitStatus status = open_to_look(options.store, store); status != ExitStatus::kOk) return status;
  SubjectPrinter printer;
  const bool one = !options.name.empty() && Glob(options.name).is_exact();
  StoreStatus status;
  if (one) {
    std::vector<StoredPart> parts;
    status = store->load(options.name, parts);
    if (status.ok() && parts.empty()) {
      return complain(ExitStatus::kNo,
                      fmt::format("there is no subject `{}` in {}", options.name, options.store));
    }
    if (status.ok()) (void)printer.print(options.name, parts);
  } else {
    status = store->scan(options.name, [&](std::string_view name, const std::vector<StoredPart>& parts) {
      return printer.print(name, parts);
    });
  }
  if (!status.ok()) return complain(status_of(status.error()), status.error().message);
  if (!printer.error().empty()) return complain(ExitStatus::kFailed, printer.error());
  return finish_output(ExitStatus::kOk);
}

}  // namespace

Action declare_subjects(CLI::App& app) {
  auto options = std::make_shared<SubjectsOptions>();
  add_text(app, "NAME", "NAME", options->name, "a subject, or a pattern: `*` is any text, `?` one character")
      ->option_text("[NAME|GLOB]");
  add_store(app, options->store);
  app.footer(kExamples);
  return [options] { return print_subjects(*options); };
}

}  // namespace krules::cli
