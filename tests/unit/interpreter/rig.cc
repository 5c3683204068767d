#include "rig.h"

#include <algorithm>
#include <stdexcept>

#include "krules/text_tests.h"

namespace krules::test {

namespace {

Value lower(CallContext& context, std::span<const Value> arguments, const void*) {
  if (!arguments[0].is(ValueKind::kString))
    return context.kind_error("lower", "text", "string", arguments[0]);
  std::string text(arguments[0].text());
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return Value::string(text, context.arena());
}

Value starts_with(CallContext& context, std::span<const Value> arguments, const void*) {
  if (!arguments[0].is(ValueKind::kString))
    return context.kind_error("starts_with", "text", "string", arguments[0]);
  if (!arguments[1].is(ValueKind::kString))
    return context.kind_error("starts_with", "start", "string", arguments[1]);
  return Value::boolean(arguments[0].text().starts_with(arguments[1].text()));
}

Value map(CallContext& context, std::span<const Value> arguments, const void*) {
  if (!arguments[0].is(ValueKind::kList)) return context.kind_error("map", "list", "list", arguments[0]);
  const ListRep& from = arguments[0].as_list();
  if (const Value error = context.charge(from.size); error.is_error()) return error;
  ListRep* to = new_list(from.size, context.arena());
  for (uint32_t i = 0; i < from.size; ++i) {
    const Value item = context.invoke(arguments[1], {from.begin() + i, 1});
    if (item.is_error()) return item;
    to->mutable_items()[i] = item;
  }
  return Value::list(to);
}

Value range(CallContext& context, std::span<const Value> arguments, const void*) {
  const int64_t count = arguments[0].as_int();
  if (const Value error = context.charge(static_cast<uint64_t>(count)); error.is_error()) return error;
  ListRep* list = new_list(static_cast<size_t>(count), context.arena());
  for (int64_t i = 0; i < count; ++i) list->mutable_items()[i] = Value::integer(i);
  return Value::list(list);
}

Value round_number(CallContext& context, std::span<const Value> arguments, const void*) {
  if (!arguments[0].is_number()) return context.kind_error("round", "x", "number", arguments[0]);
  const int64_t digits = arguments[1].is(ValueKind::kMissing) ? 0 : arguments[1].as_int();
  return Value::integer(static_cast<int64_t>(arguments[0].as_number()) + digits);
}

Value sum(CallContext&, std::span<const Value> arguments, const void*) {
  int64_t total = 0;
  for (const Value& each : arguments) total += each.as_int();
  return Value::integer(total);
}

Value joined(CallContext& context, std::span<const Value> arguments, const void*) {
  std::string text;
  for (const Value& each : arguments[0].as_list().items()) {
    if (!text.empty()) text += arguments[1].is(ValueKind::kMissing) ? "," : arguments[1].text();
    append_display(text, each);
  }
  return Value::string(text, context.arena());
}

Value now(CallContext& context, std::span<const Value>, const void*) {
  return Value::timestamp(context.now());
}

Value serial(CallContext& context, std::span<const Value>, const void*) {
  return Value::integer(static_cast<int64_t>(context.next_entropy()[1]));
}

std::string described(const Value& error) {
  return std::string(error.as_error().kind) + ": " + std::string(error.as_error().message);
}

}  // namespace

void add_test_functions(FunctionTable& functions) {
  const auto add = [&](std::string name, std::vector<ParameterSpec> parameters, NativeFunction function) {
    FunctionSpec spec;
    spec.name = std::move(name);
    spec.parameters = std::move(parameters);
    spec.function = function;
    return spec;
  };
  functions.add(add("lower", {{"text", "string"}}, lower));
  FunctionSpec starts =
      add("starts_with", {{"text", "string"}, {"start", "string"}, {"all", "list", true, true}}, starts_with);
  starts.null_is_false = true;
  starts.string_predicate = text_begins_with;
  functions.add(starts);
  functions.add(add("map", {{"list", "list"}, {"f", "lambda"}}, map));
  functions.add(add("range", {{"count", "int"}}, range));
  functions.add(add("round", {{"x", "number"}, {"digits", "int", true}}, round_number));
  FunctionSpec variadic = add("sum_of", {{"x", "int"}}, sum);
  variadic.variadic = true;
  functions.add(variadic);
  functions.add(add("joined", {{"list", "list"}, {"by", "string", true, true}}, joined));
  FunctionSpec clock = add("now", {}, now);
  clock.pure = false;
  functions.add(clock);
  FunctionSpec count = add("serial", {}, serial);
  count.pure = false;
  functions.add(count);
}

Rig::Rig(std::string text, std::map<std::string, std::string> parameters)
    : Rig(std::vector<File>{{"test.krules", std::move(text)}}, std::move(parameters)) {}

Rig::Rig(std::vector<File> files, std::map<std::string, std::string> parameters) {
  add_test_functions(functions);
  std::vector<ast::Module> modules;
  for (File& file : files) {
    ParseResult parsed = parse(std::make_shared<Source>(file.name, file.text));
    for (Diagnostic& diagnostic : parsed.diagnostics) syntax.push_back(std::move(diagnostic));
    modules.push_back(std::move(parsed.module));
  }
  CompileOptions options;
  options.functions = &functions;
  options.parameters = std::move(parameters);
  result = compile(modules, options);
  if (result.program != nullptr) host = std::make_unique<FakeHost>(*result.program->symbols());
}

std::vector<std::string> Rig::messages() const {
  std::vector<std::string> lines;
  const auto add = [&](const Diagnostic& diagnostic) {
    std::string line = diagnostic.code;
    if (const SourcePtr& source = diagnostic.primary.where.source) {
      const LineColumn at = source->position(diagnostic.primary.where.span.begin);
      line += " " + std::to_string(at.line) + ":" + std::to_string(at.column);
    }
    line += (diagnostic.severity == Severity::kWarning ? " warning: " : " ") + diagnostic.message;
    for (const std::string& help : diagnostic.helps) line += " | " + help;
    lines.push_back(std::move(line));
  };
  for (const Diagnostic& diagnostic : syntax) add(diagnostic);
  for (const Diagnostic& diagnostic : result.diagnostics) add(diagnostic);
  return lines;
}

Rig& Rig::event(std::string_view type, std::string_view subject, std::string_view payload) {
  current = Event();
  current.type = host->symbol(type);
  current.subject = &host->make(subject);
  current.payload = host->read(payload);
  current.meta = host->meta;
  return *this;
}

Rig& Rig::property_event(std::string_view property, std::string_view subject, std::string_view old_value,
                         std::string_view new_value) {
  event(kPropertyChangedType, subject);
  current.kind = EventKind::kPropertyChanged;
  current.property = host->symbol(property);
  current.old_value = host->read(old_value);
  current.new_value = host->read(new_value);
  return *this;
}

void Rig::prepare() {
  frame_.host = host.get();
  frame_.arena = &arena_;
  frame_.program = result.program.get();
  frame_.event = &current;
  frame_.subject = current.subject;
  frame_.steps_left = steps;
}

std::string Rig::whens(size_t number) {
  prepare();
  switch (evaluate_whens(rule(number), frame_)) {
    case WhenResult::kHolds:
      return "holds";
    case WhenResult::kDoesNotHold:
      return "does not hold";
    case WhenResult::kError:
      break;
  }
  return described(frame_.failure);
}

std::string Rig::run(size_t number) {
  const std::string conditions = whens(number);
  if (conditions != "holds") return conditions == "does not hold" ? "not fired" : "not fired, " + conditions;
  const RunResult outcome = run_body(rule(number), frame_);
  steps_used = steps - frame_.steps_left;
  switch (outcome) {
    case RunResult::kDone:
    case RunResult::kStopped:
      return "done";
    case RunResult::kFailed:
      return "failed " + described(frame_.failure);
    case RunResult::kFailedCascade:
      break;
  }
  return "cascade failed " + described(frame_.failure);
}

namespace {

void fill(Rig& rig, std::string_view payload) {
  rig.host->give("s", "total", "3");
  rig.host->give("s", "name_text", "\"abc\"");
  rig.host->give("s", "list", "[1,2,3]");
  rig.host->give("s", "nothing", "null");
  rig.host->give_extended("s", "note", "\"hi\"");
  rig.event("test.event", "s", payload);
}

}  // namespace

std::string eval(std::string_view expression, std::string_view payload) {
  Rig rig("rule r on test.event { log info \"value\" { v: " + std::string(expression) + " } }");
  if (rig.result.program == nullptr) throw std::logic_error(rig.messages().at(0));
  fill(rig, payload);
  const std::string outcome = rig.run();
  if (outcome != "done") return outcome.substr(outcome.find(' ') + 1);
  const std::string& line = rig.host->logs.at(0);
  constexpr std::string_view kBefore = "info: value {\"v\":";
  return line.substr(kBefore.size(), line.size() - kBefore.size() - 1);
}

std::string test(std::string_view expression, std::string_view payload) {
  Rig rig("rule r on test.event when " + std::string(expression) + " { }");
  if (rig.result.program == nullptr) throw std::logic_error(rig.messages().at(0));
  fill(rig, payload);
  return rig.whens();
}

std::string complaint(std::string_view expression) {
  const Rig rig("rule r on test.event when " + std::string(expression) + " { }");
  const auto messages = rig.messages();
  return messages.empty() ? "" : messages[0];
}

}  // namespace krules::test
