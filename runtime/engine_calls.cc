#include <fmt/format.h>

#include <algorithm>

#include "engine_impl.h"
#include "krules/base64.h"
#include "krules/json.h"
#include "krules/program_codes.h"
#include "stored_call.h"

/// Outside calls: what rules ask for, and the events that bring the answers.
namespace krules {

namespace {

// Ids of one run of a store lie behind those of all runs before it.
constexpr int kRunShift = 40;

/// The payload of the event that brings the outcome.
Value reply_payload(const ActionResult& result, Arena& arena, const SymbolTable& symbols) {
  MapBuilder payload(arena, 6);
  const auto add = [&](std::string_view name, const Value& value) {
    payload.add(symbols.find_or_foreign(name, arena), value);
  };
  const auto add_text = [&](std::string_view name, std::string_view text) {
    add(name, Value::string(text, arena));
  };
  std::string error = result.error;
  add("ok", Value::boolean(result.ok));
  if (result.status != 0) add("status", Value::integer(result.status));
  switch (result.body_kind) {
    case ActionResult::Body::kNone:
      break;
    case ActionResult::Body::kJson: {
      const JsonResult json = parse_json(result.body, JsonStyle::kPlain, arena, symbols);
      if (json.error.empty()) {
        add("body", json.value);
        break;
      }
      if (error.empty()) error = fmt::format("the body is not JSON, though it says so: {}", json.error);
      add_text("body", result.body);
      break;
    }
    case ActionResult::Body::kText:
      add_text("body", result.body);
      break;
    case ActionResult::Body::kBytes:
      add_text("body", base64_text(result.body));
      add_text("encoding", "base64");
      break;
  }
  if (!result.headers.empty())
    add("headers", parse_json(result.headers, JsonStyle::kPlain, arena, symbols).value);
  if (!error.empty()) add_text("error", error);
  return payload.finish();
}

}  // namespace

std::string secret_variable(std::string_view name) {
  std::string variable = "KRULES_SECRET_";
  for (const char c : name) variable.push_back(c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c);
  return variable;
}

StoreStatus Engine::Impl::load_calls() {
  last_call_id = store->run_number() << kRunShift;
  return store->calls([&](const StoredCall& call) {
    open_calls.emplace(call.id, call);
    left_calls.push_back(call.id);
    last_call_id = std::max(last_call_id, call.id);
    return true;
  });
}

void Engine::Impl::open_desk() {
  CallDesk::Options desk_options;
  desk_options.most_in_flight = std::max<uint32_t>(options.max_calls, 1);
  desk_options.response_bytes = options.max_response_bytes;
  desk_options.secret = options.secret;
  desk_options.handlers = &actions;
  for (const std::string& host : options.granted_hosts) {
    if (const std::string error = grants.add(host); !error.empty()) failure = error;
  }
  desk_options.grants = grants;
  desk = std::make_unique<CallDesk>(std::move(desk_options));
}

void Engine::Impl::go_on_with_calls() {
  if (desk == nullptr || left_calls.empty()) return;
  for (const uint64_t id : left_calls) {
    const auto found = open_calls.find(id);
    if (found != open_calls.end()) desk->add(0, found->second);
  }
  left_calls.clear();
  desk->release(0);
}

void Engine::Impl::take_calls() {
  for (StoredCall& call : cascade->calls()) {
    ++statistics.calls;
    call.id = ++last_call_id;
    group.set_call(call);
    if (desk != nullptr) desk->add(group.number(), call);
    open_calls.emplace(call.id, std::move(call));
  }
  cascade->calls().clear();
}

bool Engine::Impl::run_reply(const StoredCall& call, const ActionResult& result) {
  timer_arena.reset();
  const SymbolTable& symbols = *index->program()->symbols();
  const std::string key = idempotency_key(call);
  InputEvent event;
  event.call = call.id;
  event.id = key;
  event.type = symbols.find_or_foreign(call.reply, timer_arena);
  event.subject = call.subject;
  event.payload = reply_payload(result, timer_arena, symbols);
  if (!call.extra.empty())
    event.extra = parse_json(call.extra, JsonStyle::kTagged, timer_arena, symbols).value;
  static const SourceKey kSource{"call", 0, 0};
  return run_cascade(event, kSource) != Outcome::kEngineFailed;
}

void Engine::Impl::tell_failed_call(const StoredCall& call, const ActionResult& result) {
  const std::string text = fmt::format("call {} failed: {}", call.action, result.error);
  failures.write(fmt::format("call\n{}\n{}", call.rule, call.action),
                 {LogSeverity::kWarn, text, Value::null(), call.rule, {}, call.subject, false});
}

bool Engine::Impl::answer(uint64_t id, const ActionResult& result) {
  const auto found = open_calls.find(id);
  if (found == open_calls.end() || index == nullptr) return failure.empty();
  const StoredCall& call = found->second;
  if (call.reply.empty()) {
    if (!result.ok) tell_failed_call(call, result);
  } else if (!run_reply(call, result)) {
    return false;
  }
  group.end_call(id);
  open_calls.erase(found);
  after_cascade();
  return failure.empty();
}

bool Engine::Impl::take_outcome(CallDesk::Outcome& outcome) {
  if (outcome.is_last) return answer(outcome.call.id, outcome.result);
  const auto found = open_calls.find(outcome.call.id);
  if (found == open_calls.end()) return true;
  found->second = std::move(outcome.call);
  group.set_call(found->second);
  return true;
}

// What is certain to be refused is told before anything runs.
void Engine::Impl::check_hosts(const Program& program, std::vector<Diagnostic>& diagnostics) const {
  if (desk == nullptr) return;
  for (const CallSite& call : program.calls()) {
    HttpPlace place;
    std::string error;
    if (!call.action.starts_with("http.") || call.first_text.empty()) continue;
    if (find_http_place(call.first_text, place, error) && grants.allow(place)) continue;
    Diagnostic& diagnostic = diagnostics.emplace_back();
    diagnostic.severity = Severity::kWarning;
    diagnostic.code = program_codes::kNotGranted;
    diagnostic.message = error.empty() ? fmt::format("calls of `{}` are not granted", place.text())
                                       : fmt::format("this call can only fail: {}", error);
    diagnostic.primary = {call.where, {}};
    if (error.empty()) diagnostic.helps = {fmt::format("start with `--allow-http {}`", place.text())};
  }
}

void Engine::Impl::check_secrets(const Program& program, std::vector<Diagnostic>& diagnostics) const {
  if (options.calls == CallHandling::kHold) return;
  for (const SecretDeclaration& secret : program.secrets()) {
    const std::optional<std::string> value = options.secret ? options.secret(secret.name) : std::nullopt;
    if (value.has_value() && !value->empty()) continue;
    Diagnostic& diagnostic = diagnostics.emplace_back();
    diagnostic.severity = Severity::kError;
    diagnostic.code = program_codes::kSecret;
    diagnostic.message =
        fmt::format("the secret `{}` {}", secret.name, value.has_value() ? "is empty" : "has no value");
    diagnostic.primary = {secret.where, {}};
    diagnostic.helps = {fmt::format("set {} in the environment, or give `--secret-file {}=FILE`",
                                    secret_variable(secret.name), secret.name)};
  }
}

bool Engine::add_action(ActionSpec spec, ActionHandler handler) {
  const std::string name = spec.name;
  if (!impl_->functions.add_action(std::move(spec))) return false;
  impl_->actions.emplace(name, std::move(handler));
  return true;
}

std::vector<StoredCall> Engine::open_calls() const {
  std::vector<StoredCall> calls;
  for (const auto& [id, call] : impl_->open_calls) calls.push_back(call);
  return calls;
}

size_t Engine::open_call_count() const {
  return impl_->open_calls.size();
}

bool Engine::take_replies() {
  if (impl_->desk == nullptr || !impl_->desk->has_outcomes()) return impl_->failure.empty();
  for (CallDesk::Outcome& outcome : impl_->desk->take()) {
    if (!impl_->failure.empty() || !impl_->take_outcome(outcome)) return false;
  }
  return impl_->failure.empty();
}

bool Engine::wait_for_replies(int64_t microseconds) {
  if (!flush()) return false;
  if (impl_->desk != nullptr && !impl_->open_calls.empty()) impl_->desk->wait(microseconds);
  return true;
}

void Engine::on_reply(std::function<void()> listener) {
  if (impl_->desk != nullptr) impl_->desk->on_outcome(std::move(listener));
}

bool Engine::answer_call(uint64_t id, const ActionResult& result) {
  return impl_->answer(id, result);
}

}  // namespace krules
