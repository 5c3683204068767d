// krules inside a C++ program: load rules, add a function and an outside action of our own, send events, be
// called for what the rules emit.
//
//     cmake -S rules_examples/embedding -B /tmp/embedding -DCMAKE_PREFIX_PATH=WHERE_KRULES_IS_INSTALLED
//     cmake --build /tmp/embedding && /tmp/embedding/embedding rules_examples/embedding/prices.krules
#include <krules/diagnostic.h>
#include <krules/engine.h>

#include <cstdio>

namespace {

/// What the rules and the engine have to say goes to standard error.
class StderrLogger final : public krules::Logger {
 public:
  bool wants(krules::LogSeverity severity) const override { return severity >= krules::LogSeverity::kInfo; }
  void write(const krules::LogEntry& entry) override {
    std::fprintf(stderr, "%.*s: %.*s\n", static_cast<int>(entry.rule.size()), entry.rule.data(),
                 static_cast<int>(entry.message.size()), entry.message.data());
  }
};

/// with_tax(amount): what our own program knows and rules cannot.
krules::Value with_tax(krules::CallContext& context, std::span<const krules::Value> arguments) {
  if (!arguments[0].is_number()) return context.kind_error("with_tax", "amount", "number", arguments[0]);
  return krules::Value::floating(arguments[0].as_number() * 1.22);
}

/// shop.print_label(text): something that takes its time, and may be finished in any thread. Here it is done
/// at once.
void print_label(const krules::ActionAttempt& attempt) {
  std::fprintf(stderr, "printing %s\n", attempt.arguments.c_str());
  attempt.finish(krules::ActionResult::success(R"({"number": 1})"));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: embedding FILE.krules\n");
    return 2;
  }
  auto print = [](const krules::EmittedEvent& event) {
    std::printf("%.*s\n", static_cast<int>(event.line.size()), event.line.data());
  };
  StderrLogger logger;
  // A store in memory; open_sqlite_store() of krules/sqlite_store.h gives one that lasts.
  krules::Engine engine({}, krules::make_memory_store(), krules::make_callback_sink(print), logger);

  krules::FunctionSpec tax;
  tax.name = "with_tax";
  tax.category = "shop";
  tax.parameters = {{"amount", "number"}};
  tax.result = "float";
  tax.summary = "The amount with value added tax.";
  tax.function = [](krules::CallContext& context, std::span<const krules::Value> arguments, const void*) {
    return with_tax(context, arguments);
  };
  engine.functions().add(tax);

  krules::ActionSpec label;
  label.name = "shop.print_label";
  label.parameters = {{"text", krules::ast::Kind::kString, false, {}}};
  engine.add_action(label, print_label);

  std::string error;
  const krules::SourcePtr rules = krules::read_source(argv[1], error);
  if (rules == nullptr) {
    std::fprintf(stderr, "%s\n", error.c_str());
    return 2;
  }
  const krules::LoadResult loaded = engine.load({rules});
  for (const krules::Diagnostic& diagnostic : loaded.diagnostics) {
    std::fputs(krules::render_text(diagnostic).c_str(), stderr);
  }
  if (!loaded.ok) return 1;

  engine.send("price.set", "apple", R"({"amount": 100})");
  engine.send("price.set", "apple", R"({"amount": 150})");
  engine.send("price.set", "pear", R"({"amount": "much"})");  // the rule fails: logged, nothing else happens
  // Calls are made when what asked for them is stored, and answered whenever that may be.
  while (engine.open_call_count() > 0) {
    constexpr int64_t kSecond = 1'000'000;
    if (!engine.wait_for_replies(kSecond) || !engine.take_replies()) break;
  }
  if (!engine.flush()) {
    std::fprintf(stderr, "%s\n", engine.failure().c_str());
    return 4;
  }
  std::printf("apple costs %s\n", engine.property_json("apple", "price").c_str());
  return 0;
}
