#include <fmt/format.h>

#include <algorithm>

#include "krules/json.h"
#include "krules/stored_call.h"
#include "test_machine.h"
#include "test_match.h"

/// Outside calls in tests: none is made. They are written down, and answered where a `reply` says how.
namespace krules {

namespace {

constexpr std::string_view kOptions = "options";

const Value* field(const Value& map, std::string_view name) {
  return map.is(ValueKind::kMap) ? map.as_map().find(name) : nullptr;
}

/// What a `reply` says, as the reply event carries it.
ActionResult result_of(const Value& answer) {
  ActionResult result;
  if (const Value* status = field(answer, "status"); status != nullptr && status->is(ValueKind::kInt))
    result.status = static_cast<int>(status->as_int());
  if (const Value* error = field(answer, "error"); error != nullptr && error->is(ValueKind::kString))
    result.error = error->text();
  if (const Value* body = field(answer, "body")) {
    result.body_kind = ActionResult::Body::kJson;
    append_json(result.body, *body);
  }
  if (const Value* headers = field(answer, "headers")) append_json(result.headers, *headers);
  const Value* ok = field(answer, "ok");
  const bool fine = result.status == 0 ? result.error.empty() : result.status >= 200 && result.status < 300;
  result.ok = ok != nullptr ? ok->is_true() : fine;
  return result;
}

}  // namespace

/// The arguments as a test names them: by parameter, and what stands in its options beside them.
Value TestMachine::arguments_of(const StoredCall& call) {
  const Value named =
      parse_json(shown_arguments(call), JsonStyle::kPlain, arena_, *program_->symbols()).value;
  MapBuilder made(arena_);
  if (!named.is(ValueKind::kMap)) return named;
  for (const MapRep::Entry& entry : named.as_map().entries()) {
    if (entry.key->text() != kOptions || !entry.value.is(ValueKind::kMap)) {
      made.add(entry.key, entry.value);
      continue;
    }
    for (const MapRep::Entry& option : entry.value.as_map().entries()) made.add(option.key, option.value);
  }
  return made.finish();
}

bool TestMachine::answer(uint64_t call, const Value& with) {
  const auto open =
      std::find_if(called_.begin(), called_.end(), [&](const CallInTest& each) { return each.id == call; });
  open->answered = true;
  return engine_->answer_call(call, result_of(with));
}

bool TestMachine::take_calls(const CompiledTest::Step& step, bool& answered) {
  answered = false;
  for (const StoredCall& call : engine_->open_calls()) {
    if (call.id <= last_call_) continue;
    last_call_ = call.id;
    called_.push_back({call.id, call.action, arguments_of(call), false});
    const auto reply = std::find_if(replies_.begin(), replies_.end(),
                                    [&](const auto& each) { return each.first == call.action; });
    if (reply == replies_.end()) continue;
    const Value with = reply->second;
    replies_.erase(reply);
    answered = true;
    if (!answer(call.id, with)) return engine_failed(step);
  }
  return true;
}

bool TestMachine::take(const CompiledTest::Step& step, const CompiledTest::Reply& reply) {
  Value with;
  if (!value_of(step, reply.answer, ValueKind::kMap, "an answer", with)) return false;
  with = clone_into(with, arena_);
  const auto open = std::find_if(called_.begin(), called_.end(), [&](const CallInTest& each) {
    return each.action == reply.action && !each.answered;
  });
  if (open == called_.end()) {
    replies_.emplace_back(reply.action, with);
    return true;
  }
  if (!answer(open->id, with)) return engine_failed(step);
  return settle(step);
}

bool TestMachine::take(const CompiledTest::Step& step, const CompiledTest::ExpectCalled& expect) {
  Value arguments;
  int64_t wanted = 0;
  if (!value(expect.arguments, arguments) || !times(step, expect.times, wanted)) return false;
  arguments = as_json(arguments);
  std::vector<const CallInTest*> found;
  for (const CallInTest& call : called_) {
    if (call.action == expect.action && (expect.arguments == nullptr || fits(arguments, call.arguments)))
      found.push_back(&call);
  }
  const bool holds = wanted < 0 ? !found.empty() : found.size() == static_cast<uint64_t>(wanted);
  if (holds != expect.negated) return true;
  std::string what = "`" + expect.action + "`";
  if (expect.arguments != nullptr) what += fmt::format(" with {}", shown_value(arguments));
  Diagnostic& failure = fail(
      step.span, found.empty()
                     ? fmt::format("{} was not called{}", what, instead_of(wanted))
                     : fmt::format("{} was called {}{}", what, how_often(found.size()), instead_of(wanted)));
  constexpr size_t kMostShown = 5;
  size_t shown = 0;
  for (const CallInTest& call : called_) {
    const bool counts = std::find(found.begin(), found.end(), &call) != found.end();
    if (counts == found.empty() || ++shown > kMostShown) continue;
    std::string text = fmt::format("{}`{}` {}", found.empty() ? "called instead: " : "", call.action,
                                   shown_value(call.arguments));
    if (found.empty() && call.action == expect.action && expect.arguments != nullptr)
      text += fmt::format("; {}", fmt::join(differences(arguments, call.arguments), ", "));
    note(failure, std::move(text));
  }
  if (called_.empty()) note(failure, "nothing was called");
  return true;
}

}  // namespace krules
