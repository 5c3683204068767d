#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "event_reader.h"
#include "krules/engine.h"
#include "krules/json.h"

// Event input: any bytes as lines of events, through the reader and through rules that touch all of an event.
namespace {

constexpr const char* kRules = R"(
input typed.event { n: number, s: string? } on "t:{payload.n}"
rule keep on * when event != "subject-deleted" {
  set last = payload
  set "name {event}" = subject
  set seen += 1 from 0
}
rule read on a.*, typed.event {
  emit was.read { payload.n, text: "{payload} {meta}", first: payload["k"], s: payload.s.lower() }
}
rule watch on changed last { set ext.before = old  emit did.change { old, new } }
rule drop on drop { delete subject }
)";

class SilentLogger final : public krules::Logger {
 public:
  bool wants(krules::LogSeverity) const override { return false; }
  void write(const krules::LogEntry&) override {}
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  SilentLogger logger;
  krules::EngineOptions options;
  options.max_cascade = 200;
  options.max_steps = 10'000;
  options.check = krules::LoopCheck::kOff;
  krules::Engine engine(options, krules::make_memory_store(),
                        krules::make_callback_sink([](const krules::EmittedEvent&) {}), logger);
  if (!engine.load({std::make_shared<krules::Source>("fuzz.krules", kRules)}).ok) __builtin_trap();

  krules::EventReader reader;
  krules::InputBatch batch;
  batch.symbols = engine.symbols();
  batch.text.assign(reinterpret_cast<const char*>(data), size);
  batch.text.append(krules::kJsonPadding, '\n');
  const std::string_view text(batch.text.data(), size);
  uint64_t line = 0;
  for (size_t at = 0; at < size;) {
    const size_t end = std::min(text.find('\n', at), size);
    reader.read_line(text.substr(at, end - at), ++line, at, end + 1, batch);
    at = end + 1;
  }
  const krules::SourceKey key{"fuzz", 1, 2};
  for (const krules::InputEvent& event : batch.events) {
    if (!engine.process(event, key)) __builtin_trap();
  }
  if (!engine.close()) __builtin_trap();
  return 0;
}
