#include "test_machine.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "dispatcher.h"
#include "krules/event.h"
#include "krules/json.h"
#include "krules/program_codes.h"
#include "test_match.h"

namespace krules {

TestMachine::TestMachine(std::shared_ptr<const Program> program, const CompiledTest& test,
                         const RuleTestOptions& options)
    : program_(std::move(program)), test_(test), options_(options), nobody_("") {
  auto clock = std::make_unique<VirtualClock>(options.start);
  clock_ = clock.get();
  EngineOptions engine_options;
  engine_options.max_cascade = options.max_cascade;
  engine_options.max_steps = options.max_steps;
  engine_options.emit_globs = {"*"};
  engine_options.check = LoopCheck::kOff;
  engine_options.calls = CallHandling::kHold;
  auto sink = make_callback_sink([this](const EmittedEvent& event) {
    emitted_.push_back({std::string(event.type), std::string(event.subject), clone_into(event.data, arena_)});
  });
  engine_ = std::make_unique<Engine>(engine_options, make_memory_store(), std::move(sink), logger_,
                                     std::move(clock));
  engine_->trace([this](const CascadeTrace& cascade) {
    constexpr size_t kMostKept = 20;
    if (cascades_.size() == kMostKept) cascades_.pop_front();
    cascades_.push_back(cascade);
  });
  engine_->install(program_);
  host_ = std::make_unique<TestHost>(*engine_, *program_, *clock_, arena_);
  no_event_.type = program_->symbols()->find_or_foreign("test", arena_);
  no_event_.subject = &nobody_;
  no_event_.payload = Value::map(&empty_map());
  frame_.host = host_.get();
  frame_.arena = &arena_;
  frame_.program = program_.get();
  frame_.event = &no_event_;
  frame_.subject = frame_.origin = &nobody_;
  frame_.locals = arena_.allocate_array<Value>(test.local_count);
  std::fill(frame_.locals, frame_.locals + test.local_count, Value::null());
  const size_t units = program_->rules().size() + program_->wrappers().size();
  for (uint32_t unit = 0; unit < units; ++unit)
    failed_before_.push_back(counts_of(program_->unit(unit)).failed);
}

TestMachine::~TestMachine() = default;

RuleTestResult TestMachine::run() {
  for (const CompiledTest::Step& step : test_.steps) {
    frame_.steps_left = options_.max_steps;
    if (!std::visit([&](const auto& node) { return take(step, node); }, step.node)) break;
  }
  if (!result_.passed()) result_.cascades.assign(cascades_.begin(), cascades_.end());
  return std::move(result_);
}

// ---------------------------------------------------------------- failures and values

Diagnostic& TestMachine::fail(Span span, std::string message) {
  Diagnostic& failure = result_.failures.emplace_back();
  failure.code = program_codes::kTestFailed;
  failure.message = std::move(message);
  failure.primary = {place(span), {}};
  return failure;
}

bool TestMachine::fail_with(const Value& error) {
  const ErrorRep& rep = error.as_error();
  Diagnostic& failure = fail(rep.span, fmt::format("this failed: {}", rep.message));
  failure.primary.where.source =
      rep.source < program_->sources().size() ? program_->sources()[rep.source] : nullptr;
  return false;
}

bool TestMachine::value(const Node* node, Value& value) {
  value = Value::null();
  if (node == nullptr) return true;
  value = evaluate(*node, frame_);
  return value.is_error() ? fail_with(value) : true;
}

bool TestMachine::value_of(const CompiledTest::Step& step, const Node* node, ValueKind kind,
                           std::string_view what, Value& got) {
  if (!value(node, got)) return false;
  if (node == nullptr || got.is(kind)) {
    if (node == nullptr || kind != ValueKind::kString || !got.text().empty()) return true;
    fail(step.span, fmt::format("{} is empty", what));
    return false;
  }
  fail(step.span, fmt::format("{} is of kind {}, not {}", what, kind_name(got.kind()), kind_name(kind)));
  return false;
}

bool TestMachine::times(const CompiledTest::Step& step, const Node* node, int64_t& times) {
  Value count;
  times = -1;
  if (!value_of(step, node, ValueKind::kInt, "the count of `times`", count)) return false;
  if (node != nullptr) times = count.as_int();
  return true;
}

Value TestMachine::as_json(const Value& value) {
  std::string text;
  append_json(text, value);
  return parse_json(text, JsonStyle::kPlain, arena_, *program_->symbols()).value;
}

// ---------------------------------------------------------------- what happens

bool TestMachine::engine_failed(const CompiledTest::Step& step) {
  fail(step.span, fmt::format("the engine failed: {}", engine_->failure()));
  return false;
}

bool TestMachine::fire_until(const CompiledTest::Step& step, int64_t time) {
  const uint64_t before = engine_->statistics().timers;
  while (true) {
    if (!engine_->flush()) return engine_failed(step);
    bool answered = false;
    if (!take_calls(step, answered)) return false;
    if (answered) continue;
    const std::optional<int64_t> next = engine_->next_timer();
    if (!next.has_value() || *next > time) return true;
    if (engine_->statistics().timers - before > options_.max_timers) {
      fail(step.span, fmt::format("more than {} timers fired in this step", options_.max_timers)).helps = {
          "some rule sets one again and again: `advance` by less, or give it an end"};
      return false;
    }
    clock_->advance_to(*next);
    if (!engine_->fire_timers()) return engine_failed(step);
  }
}

bool TestMachine::settle(const CompiledTest::Step& step) {
  const bool fine = fire_until(step, clock_->now());
  host_->refresh();
  return fine;
}

bool TestMachine::take(const CompiledTest::Step& step, const CompiledTest::Given& given) {
  Value subject;
  Value properties;
  Value extended;
  if (!value_of(step, given.subject, ValueKind::kString, "the subject's name", subject) ||
      !value_of(step, given.properties, ValueKind::kMap, "what is given", properties) ||
      !value_of(step, given.extended, ValueKind::kMap, "what is given", extended))
    return false;
  if (!engine_->put(subject.text(), properties, extended)) return engine_failed(step);
  return settle(step);
}

bool TestMachine::take(const CompiledTest::Step& step, const CompiledTest::Send& send) {
  Value type;
  Value payload;
  Value subject;
  Value meta;
  if (!value_of(step, send.type, ValueKind::kString, "the event's type", type) ||
      !value(send.payload, payload) ||
      !value_of(step, send.on, ValueKind::kString, "the subject's name", subject) ||
      !value_of(step, send.with, ValueKind::kMap, "what `with` gives", meta))
    return false;
  InputEvent event;
  event.type = program_->symbols()->find_or_foreign(type.text(), arena_);
  if (send.on != nullptr) event.subject = subject.text();
  event.payload = send.payload == nullptr ? Value::map(&empty_map()) : as_json(payload);
  event.meta = meta;
  event.begin = event.line = engine_->statistics().events + 1;
  if (!engine_->process(event, {"test", 0, 0})) return engine_failed(step);
  return settle(step);
}

bool TestMachine::take(const CompiledTest::Step& step, const CompiledTest::Advance& advance) {
  Value by;
  if (!value_of(step, advance.by, ValueKind::kDuration, "what `advance` takes", by)) return false;
  int64_t until = 0;
  if (by.as_microseconds() < 0 || __builtin_add_overflow(clock_->now(), by.as_microseconds(), &until)) {
    fail(step.span, fmt::format("time cannot advance by {}", shown_value(by)));
    return false;
  }
  const bool fine = fire_until(step, until);
  clock_->advance_to(until);
  host_->refresh();
  return fine;
}

bool TestMachine::take(const CompiledTest::Step&, const CompiledTest::Let& let) {
  Value got;
  if (!value(let.value, got)) return false;
  // Subjects that it came from may change.
  frame_.locals[let.slot] = clone_into(got, arena_);
  return true;
}

// ---------------------------------------------------------------- what is expected

std::string TestMachine::shown(const EmittedInTest& event) const {
  return fmt::format("`{}` on `{}` {}", event.type, event.subject, shown_value(event.data));
}

bool TestMachine::take(const CompiledTest::Step& step, const CompiledTest::ExpectEmitted& expect) {
  Value payload;
  Value on;
  int64_t wanted = 0;
  if (!value(expect.payload, payload) ||
      !value_of(step, expect.on, ValueKind::kString, "the subject's name", on) ||
      !times(step, expect.times, wanted))
    return false;
  payload = as_json(payload);
  std::vector<const EmittedInTest*> found;
  for (const EmittedInTest& event : emitted_) {
    if (!expect.type.glob.matches(event.type) || (expect.on != nullptr && event.subject != on.text()))
      continue;
    if (expect.payload == nullptr || fits(payload, event.data)) found.push_back(&event);
  }
  const bool holds = wanted < 0 ? !found.empty() : found.size() == static_cast<uint64_t>(wanted);
  if (holds != expect.negated) return true;
  std::string what = "`" + expect.type.text + "`";
  if (expect.on != nullptr) what += fmt::format(" on `{}`", on.text());
  if (expect.payload != nullptr) what += fmt::format(" with {}", shown_value(payload));
  if (found.empty()) {
    Diagnostic& failure = fail(step.span, fmt::format("no {} was emitted{}", what, instead_of(wanted)));
    tell_emitted(expect, payload, on, failure);
    return true;
  }
  Diagnostic& failure =
      fail(step.span, fmt::format("{} was emitted {}{}", what, how_often(found.size()), instead_of(wanted)));
  constexpr size_t kMostShown = 5;
  for (size_t i = 0; i < found.size() && i < kMostShown; ++i) note(failure, shown(*found[i]));
  if (found.size() > kMostShown) note(failure, fmt::format("and {} more", found.size() - kMostShown));
  return true;
}

/// What was emitted instead, the closest first.
void TestMachine::tell_emitted(const CompiledTest::ExpectEmitted& expect, const Value& payload,
                               const Value& on, Diagnostic& failure) const {
  struct Near {
    const EmittedInTest* event;
    std::vector<std::string> differences;
    bool same_type;
    bool same_subject;
    size_t beginning;
  };
  const bool built_in = expect.type.text.starts_with("subject-");
  std::vector<Near> near;
  for (const EmittedInTest& event : emitted_) {
    const bool same_type = expect.type.glob.matches(event.type);
    // What `set` and `delete` make is told where it was asked for.
    if (!same_type && built_in != event.type.starts_with("subject-")) continue;
    near.push_back({&event,
                    expect.payload != nullptr ? differences(payload, event.data) : std::vector<std::string>(),
                    same_type, expect.on == nullptr || event.subject == on.text(),
                    common_beginning(expect.type.text, event.type)});
  }
  std::stable_sort(near.begin(), near.end(), [](const Near& a, const Near& b) {
    if (a.same_type != b.same_type) return a.same_type;
    if (a.same_type && a.same_subject != b.same_subject) return a.same_subject;
    if (a.same_type && a.differences.size() != b.differences.size())
      return a.differences.size() < b.differences.size();
    return a.beginning > b.beginning;
  });
  if (near.empty()) {
    note(failure, "nothing was emitted");
    return;
  }
  constexpr size_t kMostShown = 5;
  for (size_t i = 0; i < near.size() && i < kMostShown; ++i) {
    std::string text = (i == 0 ? "emitted instead: " : "also: ") + shown(*near[i].event);
    if (near[i].same_type && !near[i].same_subject)
      text += fmt::format("; it is on `{}`", near[i].event->subject);
    if (near[i].same_type && near[i].same_subject && !near[i].differences.empty())
      text += fmt::format("; {}", fmt::join(near[i].differences, ", "));
    note(failure, std::move(text));
  }
  if (near.size() > kMostShown) note(failure, fmt::format("and {} more", near.size() - kMostShown));
}

bool TestMachine::take(const CompiledTest::Step& step, const CompiledTest::ExpectFailed& expect) {
  const CompiledRule& unit = program_->unit(expect.unit);
  const UnitCounts counts = counts_of(unit);
  const uint64_t failed = counts.failed - failed_before_[expect.unit];
  if ((failed > 0) != expect.negated) return true;
  if (expect.negated) {
    fail(step.span, fmt::format("`{}` failed {}", unit.name, how_often(failed)));
  } else {
    fail(step.span, fmt::format("`{}` did not fail", unit.name));
  }
  return true;
}

bool TestMachine::take(const CompiledTest::Step&, const CompiledTest::ExpectTrue& expect) {
  const Value came = evaluate_condition(*expect.claim.node, frame_);
  if (came.is_true()) return true;
  const std::string_view text = program_->sources()[test_.source]->text(expect.claim.span);
  Diagnostic& failure =
      fail(expect.claim.span, came.is_error() ? fmt::format("this failed: {}", came.as_error().message)
                                              : std::string("this does not hold"));
  const std::vector<FailedClaim> claims = why_not(expect.claim, frame_);
  for (const FailedClaim& claim : claims) {
    const Source& source = *program_->sources()[test_.source];
    if (claims.size() > 1 || claim.span.begin != expect.claim.span.begin ||
        claim.span.end != expect.claim.span.end) {
      note(failure,
           claim.error.is_error()
               ? fmt::format("`{}` failed: {}", source.text(claim.span), claim.error.as_error().message)
               : fmt::format("`{}` is {}", source.text(claim.span), claim.wanted ? "false" : "true"));
    }
    for (const auto& [span, value] : claim.values) {
      if (source.text(span) != text || !value.is(ValueKind::kBool))
        note(failure, fmt::format("`{}` is {}", source.text(span), shown_value(value)));
    }
  }
  return true;
}

}  // namespace krules
