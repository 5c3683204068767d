#include "calculator.h"

#include <catch2/catch.hpp>
#include <optional>

#include "krules/host.h"
#include "krules/parser.h"
#include "krules/program.h"
#include "krules/stdlib.h"

namespace krules::test {

namespace {

constexpr int64_t kNow = 1'795'469'400'000'000;

/// Keeps what the rule emits; it has no subjects to read or write.
class EmitHost final : public Host {
 public:
  EmitHost(Arena& arena, const SymbolTable& symbols, uint64_t seed, JsonStyle style)
      : arena_(arena), symbols_(symbols), seed_(seed), style_(style) {}

  const std::optional<std::string>& emitted() const { return emitted_; }

  Subject* subject(std::string_view) override { return nullptr; }
  Value store_error() override { return Value::null(); }
  Value set_property(Subject&, const Symbol*, const Value&, const WriteOptions&) override {
    return Value::null();
  }
  Value delete_property(Subject&, const Symbol*, const WriteOptions&) override { return Value::null(); }
  Value set_extended(Subject&, const Symbol*, const Value&, bool) override { return Value::null(); }
  Value delete_extended(Subject&, const Symbol*, bool) override { return Value::null(); }
  Value delete_subject(Subject&, const WriteOptions&) override { return Value::null(); }
  Value set_meta(const Symbol*, const Value&) override { return Value::null(); }
  Value delete_meta(const Symbol*) override { return Value::null(); }
  Value set_timer(const EmitRequest&, int64_t, std::string_view) override { return {}; }
  void cancel_timer(Subject&, std::string_view) override {}
  Value pending_timer(Subject&, std::string_view) override { return {}; }
  Value call(const CallRequest&) override { return {}; }
  Value emit(const EmitRequest& request) override {
    emitted_.emplace();
    append_json(*emitted_, *request.payload.as_map().find("value"), style_);
    return Value::null();
  }
  const Symbol* symbol(std::string_view text) override { return symbols_.find_or_foreign(text, arena_); }
  size_t savepoint() override { return 0; }
  void rollback(size_t) override {}
  int64_t now() override { return kNow; }
  std::array<uint64_t, 2> entropy(uint32_t n) override {
    const uint64_t numbers[] = {seed_, n};
    const std::string_view bytes(reinterpret_cast<const char*>(numbers), sizeof numbers);
    return {hash_text(bytes), hash_text(bytes.substr(1))};
  }
  void log(LogSeverity, std::string_view, const Value&) override {}

 private:
  Arena& arena_;
  const SymbolTable& symbols_;
  uint64_t seed_;
  JsonStyle style_;
  std::optional<std::string> emitted_;
};

std::string first_message(const std::vector<Diagnostic>& diagnostics) {
  for (const Diagnostic& diagnostic : diagnostics) {
    if (diagnostic.severity != Severity::kError) continue;
    // What can only fail is found when rules are loaded; the sentence is the same.
    constexpr std::string_view kFound = "this can only fail: ";
    const std::string_view message = diagnostic.message;
    return "error: " + std::string(message.starts_with(kFound) ? message.substr(kFound.size()) : message);
  }
  return {};
}

}  // namespace

Calculator::Calculator(std::vector<std::string> environment) {
  add_standard_functions(functions_, {.environment = std::move(environment)});
}

std::string Calculator::work_out(std::string_view expression, std::string_view payload, JsonStyle style) {
  const std::string text = "on asked {\n  emit answered { value: " + std::string(expression) + " }\n}\n";
  ParseResult parsed = parse(std::make_shared<const Source>("sum.krules", text));
  if (const std::string message = first_message(parsed.diagnostics); !message.empty()) return message;
  std::vector<ast::Module> modules;
  modules.push_back(std::move(parsed.module));
  CompileOptions options;
  options.functions = &functions_;
  const CompileResult compiled = compile(modules, options);
  if (compiled.program == nullptr) return first_message(compiled.diagnostics);

  Arena arena;
  const SymbolTable& symbols = *compiled.program->symbols();
  EmitHost host(arena, symbols, seed_, style);
  const JsonResult data = parse_json(payload, JsonStyle::kTagged, arena, symbols);
  REQUIRE(data.error.empty());
  Subject subject("nobody");
  Event event;
  event.type = symbols.find_or_foreign("asked", arena);
  event.subject = &subject;
  event.payload = data.value;
  Frame frame;
  frame.host = &host;
  frame.arena = &arena;
  frame.program = compiled.program.get();
  frame.event = &event;
  frame.subject = &subject;
  frame.origin = &subject;
  frame.steps_left = steps_;
  const CompiledRule& rule = compiled.program->rules().at(0);
  REQUIRE(evaluate_whens(rule, frame) == WhenResult::kHolds);
  const RunResult result = run_body(rule, frame);
  steps_taken_ = steps_ - frame.steps_left;
  if (result != RunResult::kDone) return "error: " + std::string(frame.failure.as_error().message);
  REQUIRE(host.emitted());
  return *host.emitted();
}

void check_all(Calculator& calculator, const std::vector<Sum>& sums) {
  for (const Sum& sum : sums) {
    INFO(sum.expression);
    CHECK(calculator.work_out(sum.expression) == sum.result);
  }
}

void check_all(const std::vector<Sum>& sums) {
  Calculator calculator;
  check_all(calculator, sums);
}

}  // namespace krules::test
