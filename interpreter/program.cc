#include "krules/program.h"

#include <fmt/format.h>

#include <algorithm>

#include "krules/forget_subjects.h"
#include "krules/json.h"
#include "program_impl.h"

namespace krules {

namespace {

std::string_view spelled_kind(ast::Kind kind) {
  switch (kind) {
    case ast::Kind::kAny:
      return "any";
    case ast::Kind::kBool:
      return "bool";
    case ast::Kind::kInt:
      return "int";
    case ast::Kind::kFloat:
      return "float";
    case ast::Kind::kNumber:
      return "number";
    case ast::Kind::kString:
      return "string";
    case ast::Kind::kDuration:
      return "duration";
    case ast::Kind::kTimestamp:
      return "timestamp";
    case ast::Kind::kList:
      return "list";
    case ast::Kind::kMap:
      return "map";
  }
  return {};
}

// From outside, times arrive as text.
bool fits_input(const Value& value, const ast::KindSpec& spec) {
  if (fits_kind(value, spec)) return true;
  int64_t microseconds = 0;
  if (!value.is(ValueKind::kString)) return false;
  if (spec.kind == ast::Kind::kTimestamp) return parse_timestamp(value.text(), microseconds);
  return spec.kind == ast::Kind::kDuration && parse_duration(value.text(), microseconds);
}

Value input_error(Arena& arena, const CompiledInput& input, std::string_view message) {
  return Value::error(new (arena.allocate(sizeof(ErrorRep), alignof(ErrorRep)))
                          ErrorRep{.kind = error_kind::kValue,
                                   .message = arena.copy(message),
                                   .span = input.span,
                                   .source = input.source,
                                   .fatal = false});
}

void prepare(Frame& frame, uint32_t local_count) {
  const Value& payload = frame.event->payload;
  frame.payload_begin = frame.payload_end = 0;
  if (payload.is(ValueKind::kMap)) {
    frame.payload_begin = reinterpret_cast<uintptr_t>(payload.as_map().begin());
    frame.payload_end = reinterpret_cast<uintptr_t>(payload.as_map().end());
  }
  frame.entropy_used = 0;
  frame.locals = local_count != 0 ? frame.arena->allocate_array<Value>(local_count) : nullptr;
}

inline void begin(const CompiledRule& rule, Frame& frame) {
  frame.rule = &rule;
  frame.origin = frame.subject;
  prepare(frame, rule.local_count);
  if (rule.local_count == 0) return;
  for (const uint32_t slot : rule.lazy_slots) frame.locals[slot] = Value::missing();
}

}  // namespace

bool fits_kind(const Value& value, const ast::KindSpec& spec) {
  if (value.is_null()) return spec.optional || spec.kind == ast::Kind::kAny;
  switch (spec.kind) {
    case ast::Kind::kAny:
      return value.kind() < ValueKind::kLambda;
    case ast::Kind::kBool:
      return value.is(ValueKind::kBool);
    case ast::Kind::kInt:
      return value.is(ValueKind::kInt);
    case ast::Kind::kFloat:
    case ast::Kind::kNumber:
      return value.is_number();
    case ast::Kind::kString:
      return value.is(ValueKind::kString);
    case ast::Kind::kDuration:
      return value.is(ValueKind::kDuration);
    case ast::Kind::kTimestamp:
      return value.is(ValueKind::kTimestamp);
    case ast::Kind::kList:
      return value.is(ValueKind::kList);
    case ast::Kind::kMap:
      return value.is(ValueKind::kMap);
  }
  return false;
}

std::string spelled(const ast::KindSpec& spec) {
  return fmt::format("{}{}", spelled_kind(spec.kind), spec.optional ? "?" : "");
}

Program::Program(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Program::~Program() = default;

const std::vector<CompiledRule>& Program::rules() const {
  return impl_->rules;
}
const std::vector<CompiledRule>& Program::wrappers() const {
  return impl_->wrappers;
}
const std::vector<SecretDeclaration>& Program::secrets() const {
  return impl_->secrets;
}
const std::vector<CallSite>& Program::calls() const {
  return impl_->calls;
}
const std::vector<CompiledSchedule>& Program::schedules() const {
  return impl_->schedules;
}
const std::shared_ptr<const SymbolTable>& Program::symbols() const {
  return impl_->symbols;
}
const std::vector<SourcePtr>& Program::sources() const {
  return impl_->sources;
}
bool Program::has_inputs() const {
  return !impl_->inputs.empty();
}
const std::vector<NamePattern>& Program::outputs() const {
  return impl_->outputs;
}

const CompiledInput* Program::input(const Symbol* type) const {
  const Symbol* known = type->interned() ? type : impl_->symbols->find(type->text(), type->hash);
  const auto exact = impl_->inputs_by_type.find(known);
  if (exact != impl_->inputs_by_type.end()) return exact->second;
  for (const CompiledInput* input : impl_->inputs_by_glob) {
    if (input->type.glob.matches(type->text())) return input;
  }
  return nullptr;
}

Value Program::check_input(const CompiledInput& input, const Value& payload, Arena& arena) const {
  if (!input.has_fields) return Value::null();
  if (!payload.is(ValueKind::kMap) && !payload.is_null()) {
    return input_error(
        arena, input,
        fmt::format("the data of `{}` is a map, got {}", input.type.text, kind_name(payload.kind())));
  }
  const MapRep& map = payload.is_null() ? empty_map() : payload.as_map();
  for (const CompiledInput::Field& field : input.fields) {
    const Value* value = map.find(field.name);
    if (fits_input(value != nullptr ? *value : Value::null(), field.kind)) continue;
    if (value == nullptr) {
      return input_error(arena, input,
                         fmt::format("`{}` needs a field `{}` of kind {}", input.type.text,
                                     field.name->text(), spelled(field.kind)));
    }
    return input_error(arena, input,
                       fmt::format("the field `{}` of `{}` is of kind {}, got {}", field.name->text(),
                                   input.type.text, spelled(field.kind), kind_name(value->kind())));
  }
  return Value::null();
}

Value Program::read_input(const CompiledInput& input, const Value& payload, Arena& arena) const {
  std::vector<MapRep::Entry> times;
  if (!payload.is(ValueKind::kMap)) return payload;
  const MapRep& map = payload.as_map();
  for (const CompiledInput::Field& field : input.fields) {
    const bool timestamp = field.kind.kind == ast::Kind::kTimestamp;
    if (!timestamp && field.kind.kind != ast::Kind::kDuration) continue;
    const Value* value = map.find(field.name);
    if (value == nullptr || !value->is(ValueKind::kString)) continue;
    int64_t microseconds = 0;
    if (timestamp && parse_timestamp(value->text(), microseconds)) {
      times.push_back({field.name, Value::timestamp(microseconds)});
    } else if (!timestamp && parse_duration(value->text(), microseconds)) {
      times.push_back({field.name, Value::duration(microseconds)});
    }
  }
  if (times.empty()) return payload;
  MapBuilder builder(arena, map.size);
  for (const MapRep::Entry& entry : map.entries()) builder.add(entry.key, entry.value);
  for (const MapRep::Entry& time : times) builder.add(time.key, time.value);
  return builder.finish();
}

Value Program::input_subject(const CompiledInput& input, Frame& frame) const {
  if (input.subject == nullptr) return Value::null();
  frame.program = this;
  frame.rule = nullptr;
  prepare(frame, input.local_count);
  const Value name = input.subject->eval(*input.subject, frame);
  if (name.is_error() || (name.is(ValueKind::kString) && !name.text().empty())) return name;
  return input_error(*frame.arena, input,
                     fmt::format("the subject that `input {}` computes is {}", input.type.text,
                                 name.is(ValueKind::kString) ? "empty" : kind_name(name.kind())));
}

void forget_subjects(const Program& program) {
  ++program.impl().cascade;
}

void begin_rule_frame(const CompiledRule& rule, Frame& frame) {
  begin(rule, frame);
}

WhenResult evaluate_whens(const CompiledRule& rule, Frame& frame) {
  begin(rule, frame);
  for (const CompiledRule::HeadStep& when : rule.whens) {
    const Truth truth = when.condition->truth(*when.condition, frame);
    if (truth != Truth::kTrue) {
      return truth == Truth::kFalse ? WhenResult::kDoesNotHold : WhenResult::kError;
    }
  }
  return WhenResult::kHolds;
}

RunResult run_body(const CompiledRule& rule, Frame& frame) {
  const Flow flow = rule.body->run(*rule.body, frame);
  frame.subject = frame.origin;
  if (flow != Flow::kFail) return flow == Flow::kStop ? RunResult::kStopped : RunResult::kDone;
  const ErrorRep& error = frame.failure.as_error();
  return error.fatal && error.kind == error_kind::kCascade ? RunResult::kFailedCascade : RunResult::kFailed;
}

}  // namespace krules
