#include "engine_rig.h"

#include <catch2/catch.hpp>

#include "krules/json.h"

namespace krules::test {

bool KeepingLogger::has(std::string_view part) const {
  for (const KeptLog& entry : entries) {
    if (entry.message.find(part) != std::string::npos) return true;
  }
  return false;
}

EngineRig::EngineRig(std::string_view rules, EngineOptions options, std::unique_ptr<Store> store) {
  auto sink = make_callback_sink([this](const EmittedEvent& event) {
    std::string text(event.type);
    text.append(" ").append(event.subject).append(" ");
    append_json(text, event.data);
    outputs_.push_back(std::move(text));
    lines.emplace_back(event.line);
  });
  // What cascades do that never end is looked at too.
  options.check = LoopCheck::kOff;
  engine =
      std::make_unique<Engine>(std::move(options), store == nullptr ? make_memory_store() : std::move(store),
                               std::move(sink), logger, std::make_unique<FixedClock>(&time));
  reload(rules);
}

void EngineRig::reload(std::string_view rules) {
  const LoadResult loaded = engine->load({std::make_shared<Source>("test.krules", std::string(rules))});
  for (const Diagnostic& diagnostic : loaded.diagnostics) UNSCOPED_INFO(render_text(diagnostic));
  REQUIRE(loaded.ok);
}

void EngineRig::send(std::string_view type, std::string_view subject, std::string_view data,
                     std::string_view id) {
  REQUIRE(engine->send(type, subject, data, id));
  REQUIRE(engine->flush());
}

std::vector<std::string> EngineRig::take() {
  return std::exchange(outputs_, {});
}

std::string EngineRig::stored(std::string_view subject) {
  std::vector<StoredPart> parts;
  REQUIRE(engine->store()->load(subject, parts).ok());
  std::string text;
  for (const StoredPart& part : parts) {
    text.append(part.properties);
    if (!part.extended.empty()) text.append("|").append(part.extended);
  }
  return text;
}

std::vector<DeadLetter> EngineRig::dead_letters() {
  std::vector<DeadLetter> letters;
  REQUIRE(engine->store()->dead_letters(letters).ok());
  return letters;
}

}  // namespace krules::test
