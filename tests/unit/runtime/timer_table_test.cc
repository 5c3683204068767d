#include "timer_table.h"

#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <set>
#include <string>

using namespace krules;

namespace {

TimerText text(std::string_view subject, std::string_view key = {}) {
  TimerText text;
  text.subject = subject;
  text.key = key;
  text.type = "t";
  text.payload = "{}";
  return text;
}

}  // namespace

TEST_CASE("a timer keeps what it was told") {
  TimerTable table;
  const std::string long_name(3000, 'x');
  const Timer* timer = table.add(7, 3, {long_name, "off", "a.b", "{\"n\":1}", "{}", "every 5s", "r"});
  CHECK(timer->due() == 7);
  CHECK(timer->id() == 3);
  const TimerText kept = timer->text();
  CHECK(kept.subject == long_name);
  CHECK(kept.key == "off");
  CHECK(kept.type == "a.b");
  CHECK(kept.payload == "{\"n\":1}");
  CHECK(kept.meta == "{}");
  CHECK(kept.schedule == "every 5s");
  CHECK(kept.rule == "r");
}

TEST_CASE("timers that are due together come in the order of their ids") {
  TimerTable table;
  for (const uint64_t id : {5, 1, 4, 2, 3}) table.add(10, id, text("s"));
  for (uint64_t id = 1; id <= 5; ++id) {
    Timer* first = table.first();
    CHECK(first->id() == id);
    table.disarm(first);
    TimerTable::forget(first);
  }
  CHECK(table.first() == nullptr);
}

TEST_CASE("clocks are told from other timers, and counted") {
  TimerTable table;
  TimerText clock = text("timer:r");
  clock.schedule = "every 5s";
  Timer* first = table.add(5, 1, clock);
  Timer* second = table.add(6, 2, text("s"));
  CHECK(first->is_clock());
  CHECK_FALSE(second->is_clock());
  CHECK(table.clocks() == 1);
  table.disarm(first);
  CHECK(table.clocks() == 0);
  table.arm(first);
  CHECK(table.clocks() == 1);
}

TEST_CASE("timers with and without keys, armed and disarmed by chance, agree with a plain map") {
  std::mt19937 random(7);
  TimerTable table;
  std::map<std::pair<int64_t, uint64_t>, Timer*> armed;
  std::map<std::pair<std::string, std::string>, Timer*> keyed;
  std::vector<Timer*> out;
  uint64_t id = 0;
  const auto disarm = [&](Timer* timer) {
    table.disarm(timer);
    armed.erase({timer->due(), timer->id()});
    if (!timer->key().empty()) keyed.erase({std::string(timer->subject()), std::string(timer->key())});
  };
  for (int turn = 0; turn < 20'000; ++turn) {
    const std::string subject = "s" + std::to_string(random() % 20);
    const std::string key = random() % 3 == 0 ? "" : "k" + std::to_string(random() % 4);
    switch (random() % 4) {
      case 0:
      case 1: {
        if (Timer* old = key.empty() ? nullptr : table.find(subject, key)) {
          disarm(old);
          TimerTable::forget(old);
        }
        Timer* timer = table.add(static_cast<int64_t>(random() % 1000), ++id, text(subject, key));
        armed[{timer->due(), timer->id()}] = timer;
        if (!key.empty()) keyed[{subject, key}] = timer;
        break;
      }
      case 2:
        if (Timer* first = table.first()) {
          disarm(first);
          out.push_back(first);
        }
        break;
      case 3:
        if (!out.empty()) {
          Timer* back = out.back();
          if (!back->key().empty() && table.find(back->subject(), back->key()) != nullptr) break;
          out.pop_back();
          table.arm(back);
          armed[{back->due(), back->id()}] = back;
          if (!back->key().empty()) keyed[{std::string(back->subject()), std::string(back->key())}] = back;
        }
        break;
    }
    REQUIRE(table.size() == armed.size());
    REQUIRE(table.first() == (armed.empty() ? nullptr : armed.begin()->second));
    const auto found = keyed.find({subject, key});
    if (!key.empty()) REQUIRE(table.find(subject, key) == (found == keyed.end() ? nullptr : found->second));
    const Timer* any = table.any_of(subject);
    const auto first_of = keyed.lower_bound({subject, ""});
    REQUIRE((any != nullptr) == (first_of != keyed.end() && first_of->first.first == subject));
    if (any != nullptr) REQUIRE(any->subject() == subject);
  }
  for (Timer* timer : out) TimerTable::forget(timer);
}
