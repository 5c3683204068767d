#include "runner.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "event_reader.h"
#include "krules/engine.h"
#include "krules/json.h"
#include "krules/stored_call.h"
#include "script.h"

namespace krules::test {

namespace {

constexpr int64_t kStart = 1'700'000'000'000'000;

/// Something that went wrong while rules ran, and where.
struct Failure {
  std::string file;
  uint32_t line = 0;
  std::string message;
  bool expected = false;
};

/// Keeps the records of `log` statements and the failures of rules and of conditions apart.
class SortingLogger final : public Logger {
 public:
  bool wants(LogSeverity) const override { return true; }
  void write(const LogEntry& entry) override {
    if (take(entry, "rule failed: ", failures)) return;
    if (take(entry, "a condition failed and counts as false: ", condition_failures)) return;
    if (entry.rule.empty()) return;  // the engine's own, such as a dead letter
    static constexpr const char* kLevels[] = {"debug", "info", "warn", "error"};
    std::string text = kLevels[static_cast<size_t>(entry.severity)];
    text.append(" ").append(entry.message);
    if (!entry.data.is_null()) {
      text.push_back(' ');
      append_json(text, entry.data);
    }
    if (entry.undone) text.append(" undone");
    records.push_back(std::move(text));
  }

  std::vector<Failure> failures;
  std::vector<Failure> condition_failures;
  std::vector<std::string> records;

 private:
  static bool take(const LogEntry& entry, std::string_view beginning, std::vector<Failure>& list) {
    if (!entry.message.starts_with(beginning)) return false;
    Failure failure;
    std::string_view text = entry.message.substr(beginning.size());
    // A failure that comes again says so.
    if (const size_t more = text.rfind(" (more of these "); more != std::string_view::npos)
      text = text.substr(0, more);
    const size_t open = text.rfind(" (");
    if (open != std::string_view::npos && text.ends_with(')')) {
      const std::string_view place = text.substr(open + 2, text.size() - open - 3);
      const size_t line = place.rfind(':', place.rfind(':') - 1);
      if (line != std::string_view::npos &&
          std::from_chars(place.data() + line + 1, place.data() + place.size(), failure.line).ec ==
              std::errc()) {
        failure.file = place.substr(0, line);
        text = text.substr(0, open);
      }
    }
    failure.message = text;
    list.push_back(std::move(failure));
    return true;
  }
};

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

/// Cuts `beginning` off `text` where it begins so.
bool cut(std::string_view& text, std::string_view beginning) {
  if (!text.starts_with(beginning)) return false;
  text.remove_prefix(beginning.size());
  return true;
}

class Run {
 public:
  explicit Run(Script script) : script_(std::move(script)) {}

  std::vector<std::string> result() {
    for (const std::string& mistake : script_.mistakes) problems_.push_back(mistake);
    take_options();
    start();
    check_diagnostics();
    if (loaded_) play();
    return std::move(problems_);
  }

 private:
  static bool is_one_of(const std::string& name, std::initializer_list<std::string_view> names) {
    return std::find(names.begin(), names.end(), name) != names.end();
  }

  void problem(const Directive& directive, std::string text) {
    problems_.push_back(fmt::format("{}: {}", directive.written_at, text));
  }

  void take_options() {
    bool expects = false;
    for (const Directive& directive : script_.directives) {
      const std::string& name = directive.name;
      const std::string& text = directive.text;
      if (name == "set") {
        const size_t equals = text.find('=');
        options_.parameters[text.substr(0, equals)] =
            equals == std::string::npos ? "" : text.substr(equals + 1);
      } else if (name == "emit") {
        options_.emit_globs.push_back(text);
      } else if (name == "env") {
        options_.granted_environment.push_back(text);
      } else if (name == "max cascade") {
        options_.max_cascade = static_cast<uint32_t>(std::stoul(text));
      } else if (name == "max steps") {
        options_.max_steps = std::stoul(text);
      } else if (name == "time") {
        if (!parse_timestamp(text, start_time_)) problem(directive, fmt::format("`{}` is no time", text));
      } else if (is_one_of(name, {"expect", "state", "call", "error", "warning", "fails", "condition fails",
                                  "dead letter", "log"})) {
        expects = true;
      } else if (!is_one_of(name, {"send", "reply", "advance", "help", "related"})) {
        problem(directive, fmt::format("unknown directive `{}`", name));
      }
    }
    if (!expects) problems_.push_back("1: this file expects nothing");
  }

  void start() {
    auto sink = make_callback_sink([this](const EmittedEvent& event) {
      std::string text(event.type);
      text.append(" on ").append(event.subject).append(" ");
      append_json(text, event.data);
      outputs_.push_back(std::move(text));
    });
    // What the rules do is told here, loops included, and not what krules thinks of them.
    options_.check = LoopCheck::kOff;
    // Calls are looked at and answered here, not made.
    options_.calls = CallHandling::kHold;
    auto clock = std::make_unique<VirtualClock>(start_time_);
    clock_ = clock.get();
    engine_ =
        std::make_unique<Engine>(options_, make_memory_store(), std::move(sink), logger_, std::move(clock));
    LoadResult result = engine_->load(script_.files);
    loaded_ = result.ok;
    diagnostics_ = std::move(result.diagnostics);
  }

  // What was said when the rules were loaded.

  size_t file_of(const SourcePtr& source) const {
    for (size_t i = 0; i < script_.files.size(); ++i) {
      if (script_.files[i] == source) return i;
    }
    return 0;
  }
  static LineColumn position(const Location& where) {
    return where.source == nullptr ? LineColumn{0, 0} : where.source->position(where.span.begin);
  }

  bool fits(const Directive& directive, const Diagnostic& diagnostic) {
    const Severity severity = directive.name == "error" ? Severity::kError : Severity::kWarning;
    const LineColumn at = position(diagnostic.primary.where);
    if (diagnostic.severity != severity || at.line != directive.line) return false;
    if (at.line != 0 && file_of(diagnostic.primary.where.source) != directive.file) return false;
    std::string_view text = directive.text;
    if (!cut(text, diagnostic.code)) return false;
    if (cut(text, "@")) {
      uint32_t column = 0;
      const char* end = std::from_chars(text.data(), text.data() + text.size(), column).ptr;
      text.remove_prefix(static_cast<size_t>(end - text.data()));
      if (column != at.column) return false;
    }
    if (text.empty()) return true;
    return cut(text, " ") && contains(diagnostic.message, text);
  }

  bool has_related(const Directive& directive, const Diagnostic& diagnostic) {
    for (const Label& label : diagnostic.related) {
      if (position(label.where).line == directive.line && contains(label.text, directive.text)) return true;
    }
    return false;
  }

  void check_diagnostics() {
    std::vector<bool> seen(diagnostics_.size());
    const Diagnostic* last = nullptr;
    bool told = false;
    for (const Directive& directive : script_.directives) {
      if (is_one_of(directive.name, {"error", "warning"})) {
        last = nullptr;
        for (size_t i = 0; i < diagnostics_.size() && last == nullptr; ++i) {
          if (seen[i] || !fits(directive, diagnostics_[i])) continue;
          seen[i] = true;
          last = &diagnostics_[i];
        }
        if (last == nullptr)
          problem(directive, fmt::format("nothing says `{}` on line {}", directive.text, directive.line));
      } else if (directive.name == "help") {
        const auto helps = [&](const std::string& help) { return contains(help, directive.text); };
        if (last == nullptr || std::none_of(last->helps.begin(), last->helps.end(), helps))
          problem(directive, fmt::format("no help `{}`", directive.text));
      } else if (directive.name == "related") {
        if (last == nullptr || !has_related(directive, *last))
          problem(directive, fmt::format("line {} is not shown with `{}`", directive.line, directive.text));
      } else if (!loaded_ && !told &&
                 is_one_of(directive.name, {"send", "reply", "advance", "expect", "state", "call", "fails",
                                            "condition fails", "dead letter", "log"})) {
        problem(directive, "the rules have errors, nothing runs");
        told = true;
      }
    }
    for (size_t i = 0; i < diagnostics_.size(); ++i) {
      if (seen[i]) continue;
      problems_.push_back(fmt::format("not expected:\n{}", render_text(diagnostics_[i])));
    }
  }

  // What happened when events came.

  void play() {
    for (const Directive& directive : script_.directives) {
      if (directive.name == "send") {
        settle(fmt::format("{}", directive.written_at));
        send(directive);
      } else if (directive.name == "advance") {
        settle(fmt::format("{}", directive.written_at));
        advance(directive);
      } else if (directive.name == "expect") {
        expect(directive);
      } else if (directive.name == "call") {
        next(directive, compact_json(directive.text), calls_, taken_calls_, "called");
      } else if (directive.name == "reply") {
        settle(fmt::format("{}", directive.written_at));
        reply(directive);
      } else if (directive.name == "state") {
        expect_state(directive);
      } else if (directive.name == "log") {
        next(directive, directive.text, logger_.records, taken_records_, "logged");
      } else if (directive.name == "dead letter") {
        next(directive, directive.text, dead_letters_, taken_dead_letters_, "a dead letter");
      }
    }
    settle("end");
    check_failures("fails", logger_.failures);
    check_failures("condition fails", logger_.condition_failures);
  }

  void send(const Directive& directive) {
    InputBatch batch;
    batch.text = directive.text;
    batch.text.append(kJsonPadding, '\0');
    batch.symbols = engine_->symbols();
    sent_ += directive.text.size() + 1;
    const std::string_view line = std::string_view(batch.text).substr(0, directive.text.size());
    reader_.read_line(line, 0, sent_ - line.size(), sent_, batch);
    for (const InputEvent& event : batch.events) {
      if (!engine_->process(event, {"test", 0, 0})) problem(directive, engine_->failure());
    }
    commit(directive);
  }

  /// Lets the time pass, and every timer fire at its own.
  void advance(const Directive& directive) {
    int64_t delay = 0;
    if (!parse_duration(directive.text, delay)) {
      problem(directive, fmt::format("`{}` is no duration", directive.text));
      return;
    }
    const int64_t until = clock_->now() + delay;
    while (true) {
      const std::optional<int64_t> next = engine_->next_timer();
      if (!next.has_value() || *next > until) break;
      clock_->advance_to(*next);
      if (!engine_->fire_timers()) {
        problem(directive, engine_->failure());
        return;
      }
    }
    clock_->advance_to(until);
    commit(directive);
  }

  /// Commits, and takes down what came of it besides events.
  void commit(const Directive& directive) {
    if (!engine_->flush()) problem(directive, engine_->failure());
    for (const StoredCall& call : engine_->open_calls()) {
      if (call.id <= last_call_) continue;
      last_call_ = call.id;
      calls_.push_back(compact_json(told(call)));
    }
    std::vector<DeadLetter> letters;
    if (!engine_->store()->dead_letters(letters).ok()) problem(directive, "no dead letters can be read");
    for (size_t i = dead_letters_.size(); i < letters.size(); ++i)
      dead_letters_.push_back(fmt::format("{} {}", letters[i].kind, letters[i].message));
  }

  /// `http.post {...} reply TYPE on SUBJECT timeout 5s retry 3 backoff 1s with {...}`; what is the usual is
  /// left out, and secrets stand as `<secret NAME>`.
  static std::string told(const StoredCall& call) {
    std::string text = call.action + " " + shown_arguments(call);
    if (!call.reply.empty()) text += fmt::format(" reply {} on {}", call.reply, call.subject);
    const auto duration = [&](std::string_view word, int64_t microseconds, int64_t usual) {
      if (microseconds == usual) return;
      text += fmt::format(" {} ", word);
      append_duration(text, microseconds);
    };
    duration("timeout", call.timeout, 30'000'000);
    if (call.most_attempts != 1) text += fmt::format(" retry {}", call.most_attempts - 1);
    duration("backoff", call.backoff, 1'000'000);
    if (!call.extra.empty()) text += " with " + call.extra;
    return text;
  }

  /// Answers the oldest call that has no answer yet.
  void reply(const Directive& directive) {
    const std::vector<StoredCall> open = engine_->open_calls();
    if (open.empty()) {
      problem(directive, "no call waits for an answer");
      return;
    }
    ActionResult result;
    std::string_view text = directive.text;
    if (cut(text, "error ")) {
      result.error = text;
    } else {
      result.status = std::atoi(std::string(text.substr(0, 3)).c_str());
      result.ok = result.status >= 200 && result.status <= 299;
      result.body_kind = ActionResult::Body::kJson;
      result.body = text.substr(std::min<size_t>(4, text.size()));
    }
    if (!engine_->answer_call(open.front().id, result)) problem(directive, engine_->failure());
    commit(directive);
  }

  /// All that came of the events so far must have been said.
  void settle(const std::string& place) {
    leftover(place, outputs_, taken_outputs_, "emitted");
    leftover(place, logger_.records, taken_records_, "logged");
    leftover(place, dead_letters_, taken_dead_letters_, "a dead letter");
    leftover(place, calls_, taken_calls_, "called");
  }
  void leftover(const std::string& place, const std::vector<std::string>& list, size_t& taken,
                std::string_view what) {
    for (; taken < list.size(); ++taken)
      problems_.push_back(fmt::format("{}: before this, also {}: {}", place, what, list[taken]));
  }

  void next(const Directive& directive, std::string_view wanted, const std::vector<std::string>& list,
            size_t& taken, std::string_view what) {
    if (taken == list.size()) {
      problem(directive, fmt::format("not {}: {}", what, wanted));
    } else if (list[taken++] != wanted) {
      problem(directive, fmt::format("{}: {}\n      instead of {}", what, list[taken - 1], wanted));
    }
  }

  void expect(const Directive& directive) {
    std::string_view text = directive.text;
    if (text == "nothing") {
      settle(fmt::format("{}", directive.written_at));
      return;
    }
    if (cut(text, "emitted ")) {
      const size_t equals = text.find(" = ");
      const size_t data = equals == std::string_view::npos ? text.find(" {") : equals + 2;
      std::string wanted(text.substr(0, std::min(equals, data)));
      wanted.append(" ").append(data == std::string_view::npos ? "{}" : compact_json(text.substr(data)));
      next(directive, wanted, outputs_, taken_outputs_, "emitted");
      return;
    }
    const bool absent = text.ends_with(" absent");
    const size_t equals = absent ? text.size() - 7 : text.find(" == ");
    const size_t dot = equals == std::string_view::npos ? equals : text.rfind('.', equals);
    if (dot == std::string_view::npos) {
      problem(directive, fmt::format("`{}` cannot be understood", text));
      return;
    }
    const std::string wanted = absent ? "" : compact_json(text.substr(equals + 4));
    const std::string found =
        engine_->property_json(text.substr(0, dot), text.substr(dot + 1, equals - dot - 1));
    if (found != wanted)
      problem(directive, fmt::format("it is {}", found.empty() ? std::string("absent") : found));
  }

  /// `SUBJECT {properties} [ext {...}]`, or `SUBJECT none`, as the store holds it.
  void expect_state(const Directive& directive) {
    std::string_view text = directive.text;
    const size_t end = text.find(text.ends_with(" none") ? " none" : " {");
    if (end == std::string_view::npos) {
      problem(directive, fmt::format("`{}` cannot be understood", text));
      return;
    }
    const std::string_view subject = text.substr(0, end);
    std::vector<StoredPart> parts;
    if (!engine_->store()->load(subject, parts).ok()) problem(directive, "the store cannot be read");
    std::string found;
    for (const StoredPart& part : parts) {
      found.append(compact_json(part.properties));
      if (!part.extended.empty()) found.append("ext").append(compact_json(part.extended));
    }
    if (found.empty()) found = "none";
    if (found != compact_json(text.substr(end))) problem(directive, fmt::format("the store has {}", found));
  }

  void check_failures(std::string_view name, std::vector<Failure>& failures) {
    for (const Directive& directive : script_.directives) {
      if (directive.name != name) continue;
      bool found = false;
      for (Failure& failure : failures) {
        const bool same_file = failure.line == 0 || failure.file == script_.files[directive.file]->name();
        if (!same_file || failure.line != directive.line || !contains(failure.message, directive.text))
          continue;
        found = failure.expected = true;
      }
      if (!found) problem(directive, fmt::format("nothing fails with `{}`", directive.text));
    }
    for (const Failure& failure : failures) {
      if (!failure.expected)
        problems_.push_back(fmt::format("{}:{}: {}: {}", failure.file, failure.line, name, failure.message));
    }
  }

  Script script_;
  std::vector<std::string> problems_;
  EngineOptions options_;
  SortingLogger logger_;
  int64_t start_time_ = kStart;
  VirtualClock* clock_ = nullptr;  // the engine's
  std::unique_ptr<Engine> engine_;
  std::vector<Diagnostic> diagnostics_;
  bool loaded_ = false;
  EventReader reader_;
  uint64_t sent_ = 0;
  std::vector<std::string> outputs_;
  std::vector<std::string> dead_letters_;
  std::vector<std::string> calls_;
  uint64_t last_call_ = 0;
  size_t taken_calls_ = 0;
  size_t taken_outputs_ = 0;
  size_t taken_records_ = 0;
  size_t taken_dead_letters_ = 0;
};

}  // namespace

std::vector<std::string> run_language_text(const std::string& name, const std::string& text) {
  std::vector<std::string> problems = Run(read_script(name, text)).result();
  for (std::string& problem : problems) problem.insert(0, name + ":");
  return problems;
}

std::vector<std::string> run_language_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file) return {path + ": cannot be read"};
  return run_language_text(std::filesystem::path(path).filename().string(), text.str());
}

}  // namespace krules::test
