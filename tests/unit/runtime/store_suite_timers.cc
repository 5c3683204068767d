// What every store must do with timers and outside calls.
#include <map>
#include <random>

#include "store_support.h"

namespace krules::test {

namespace {

using Ids = std::vector<uint64_t>;

template <class Item>
Ids ids_in(const std::vector<Item>& items) {
  Ids ids;
  for (const Item& item : items) ids.push_back(item.id);
  return ids;
}

TimerWrite timer(uint64_t id, int64_t due = 0) {
  TimerWrite write;
  write.id = id;
  write.due = due;
  write.subject = "door:1";
  write.type = "door.check";
  write.payload = "{}";
  return write;
}

TimerWrite no_timer(uint64_t id) {
  TimerWrite write;
  write.id = id;
  write.removed = true;
  return write;
}

CallWrite call(uint64_t id, uint32_t attempts = 0) {
  CallWrite write;
  write.id = id;
  write.action = "http.get";
  write.attempts = attempts;
  return write;
}

CallWrite no_call(uint64_t id) {
  CallWrite write;
  write.id = id;
  write.removed = true;
  return write;
}

void commit(Store& store, uint64_t number, std::vector<TimerWrite> timers,
            std::vector<CallWrite> calls = {}) {
  CommitGroup group;
  group.number = number;
  group.timers = std::move(timers);
  group.calls = std::move(calls);
  check_ok(store.commit(group));
}

std::vector<int64_t> dues(Store& store) {
  std::vector<int64_t> found;
  for (const StoredTimer& kept : timers_of(store)) found.push_back(kept.due);
  return found;
}

}  // namespace

TEMPLATE_TEST_CASE("a new store has no timers and no calls", "", InMemory, InFile) {
  TestType made;
  const auto store = made.open();
  CHECK(timers_of(*store).empty());
  CHECK(calls_of(*store).empty());
}

TEMPLATE_TEST_CASE("a timer is kept as it is", "", InMemory, InFile) {
  TestType made;
  const auto store = made.open();
  const std::string odd("a\0b \xFF", 5);
  const std::string long_text(100'000, 'x');
  CommitGroup group;
  group.number = 1;
  group.text = R"(order-1remind{"n":1}{"m":2})";
  const std::string_view text = group.text;
  TimerWrite write;
  write.id = 7;
  write.due = 1'790'000'000'123'456;
  write.subject = text.substr(0, 7);
  write.key = text.substr(7, 6);
  write.type = "order.remind";
  write.payload = text.substr(13, 7);
  write.meta = text.substr(20);
  write.schedule = "every 5m";
  write.rule = "remind";
  group.timers.push_back(write);
  TimerWrite bare = timer(INT64_MAX, -1);
  bare.subject = odd;
  bare.payload = long_text;
  group.timers.push_back(bare);
  check_ok(store->commit(group));
  group.clear();  // nothing of it is needed any more

  const std::vector<StoredTimer> timers = timers_of(*store);
  REQUIRE(ids_in(timers) == Ids{7, static_cast<uint64_t>(INT64_MAX)});
  CHECK(timers[0].due == 1'790'000'000'123'456);
  CHECK(timers[0].subject == "order-1");
  CHECK(timers[0].key == "remind");
  CHECK(timers[0].type == "order.remind");
  CHECK(timers[0].payload == R"({"n":1})");
  CHECK(timers[0].meta == R"({"m":2})");
  CHECK(timers[0].schedule == "every 5m");
  CHECK(timers[0].rule == "remind");
  CHECK(timers[1].due == -1);
  CHECK(timers[1].subject == odd);
  CHECK(timers[1].key.empty());
  CHECK(timers[1].payload == long_text);
  CHECK(timers[1].meta.empty());
  CHECK(timers[1].schedule.empty());
  CHECK(timers[1].rule.empty());
}

TEMPLATE_TEST_CASE("timers are added, replaced and removed, and listed in the order of their ids", "",
                   InMemory, InFile) {
  TestType made;
  const auto store = made.open();
  commit(*store, 1, {timer(5, 50), timer(1, 10), timer(900, 9000), timer(3, 30)});
  CHECK(ids_in(timers_of(*store)) == Ids{1, 3, 5, 900});
  CHECK(dues(*store) == std::vector<int64_t>{10, 30, 50, 9000});
  commit(*store, 2, {timer(3, 31), no_timer(5), no_timer(77)});
  CHECK(ids_in(timers_of(*store)) == Ids{1, 3, 900});
  CHECK(dues(*store) == std::vector<int64_t>{10, 31, 9000});
  commit(*store, 3, {no_timer(1), no_timer(3), no_timer(900)});
  CHECK(timers_of(*store).empty());
  commit(*store, 4, {timer(3, 1)});
  CHECK(ids_in(timers_of(*store)) == Ids{3});
}

TEMPLATE_TEST_CASE("the last write of a timer or call in a group is the one that holds", "", InMemory,
                   InFile) {
  TestType made;
  const auto store = made.open();
  commit(*store, 1, {timer(1, 10), timer(2, 20)}, {call(1), call(2)});
  commit(*store, 2,
         {no_timer(1), timer(1, 11), timer(2, 21), no_timer(2), timer(3, 30), no_timer(3), timer(4, 40),
          timer(4, 41)},
         {no_call(1), call(1, 9), call(2, 1), no_call(2), call(3), no_call(3), call(4, 1), call(4, 2)});
  CHECK(ids_in(timers_of(*store)) == Ids{1, 4});
  CHECK(dues(*store) == std::vector<int64_t>{11, 41});
  const std::vector<StoredCall> calls = calls_of(*store);
  REQUIRE(ids_in(calls) == Ids{1, 4});
  CHECK(calls[0].attempts == 9);
  CHECK(calls[1].attempts == 2);
}

TEMPLATE_TEST_CASE("a call is kept as it is, replaced and removed", "", InMemory, InFile) {
  TestType made;
  const auto store = made.open();
  CallWrite write;
  write.id = 12;
  write.time = 1'790'000'000'000'001;
  write.action = "http.post";
  write.arguments = R"(["https://example.org/",{"body":"x"}])";
  write.reply = "api.replied";
  write.subject = "order-1";
  write.extra = R"({"order":1})";
  write.timeout = 5'000'000;
  write.attempts = 1;
  write.most_attempts = UINT32_MAX;
  write.backoff = 1'000'000;
  write.not_before = 1'790'000'000'000'002;
  write.rule = "ask";
  commit(*store, 1, {}, {write, call(3)});

  std::vector<StoredCall> calls = calls_of(*store);
  REQUIRE(ids_in(calls) == Ids{3, 12});
  CHECK(calls[0].reply.empty());
  CHECK(calls[0].extra.empty());
  CHECK(calls[1].time == write.time);
  CHECK(calls[1].action == write.action);
  CHECK(calls[1].arguments == write.arguments);
  CHECK(calls[1].reply == write.reply);
  CHECK(calls[1].subject == write.subject);
  CHECK(calls[1].extra == write.extra);
  CHECK(calls[1].timeout == write.timeout);
  CHECK(calls[1].attempts == 1);
  CHECK(calls[1].most_attempts == UINT32_MAX);
  CHECK(calls[1].backoff == write.backoff);
  CHECK(calls[1].not_before == write.not_before);
  CHECK(calls[1].rule == write.rule);

  write.attempts = 2;
  commit(*store, 2, {}, {write, no_call(3), no_call(4)});
  calls = calls_of(*store);
  REQUIRE(ids_in(calls) == Ids{12});
  CHECK(calls[0].attempts == 2);
  commit(*store, 3, {}, {no_call(12)});
  CHECK(calls_of(*store).empty());
}

TEMPLATE_TEST_CASE("a visit of timers or calls ends when it is told to, and may load subjects", "", InMemory,
                   InFile) {
  TestType made;
  const auto store = made.open();
  put(*store, 1, "a", "{}");
  commit(*store, 2, {timer(1), timer(2), timer(3)}, {call(1), call(2), call(3)});
  Ids visited;
  check_ok(store->timers([&](const StoredTimer& kept) {
    CHECK(parts_of(*store, "a") == "0:{}|");
    visited.push_back(kept.id);
    return kept.id < 2;
  }));
  CHECK(visited == Ids{1, 2});
  visited.clear();
  check_ok(store->calls([&](const StoredCall& kept) {
    CHECK(parts_of(*store, "a") == "0:{}|");
    visited.push_back(kept.id);
    return kept.id < 2;
  }));
  CHECK(visited == Ids{1, 2});
}

TEMPLATE_TEST_CASE("ids that no timer and no call can have are refused with the whole group", "", InMemory,
                   InFile) {
  TestType made;
  const auto store = made.open();
  CommitGroup group;
  group.number = 1;
  group.subjects.push_back({"a", 0, "{}", {}});
  const uint64_t id = GENERATE(uint64_t{0}, uint64_t{INT64_MAX} + 1);
  std::string expected;
  SECTION("a timer") {
    group.timers = {timer(4), timer(id)};
    expected = std::to_string(id) + " cannot be the id of a timer";
  }
  SECTION("a call") {
    group.timers = {timer(4)};
    group.calls = {no_call(id)};
    expected = std::to_string(id) + " cannot be the id of a call";
  }
  const StoreStatus status = store->commit(group);
  REQUIRE_FALSE(status.ok());
  CHECK(status.error().kind == StoreErrorKind::kMisuse);
  CHECK_THAT(status.error().message, Catch::Matchers::EndsWith(expected));
  CHECK(parts_of(*store, "a").empty());
  CHECK(timers_of(*store).empty());
  group.timers = {timer(4)};
  group.calls.clear();
  check_ok(store->commit(group));
  CHECK(ids_in(timers_of(*store)) == Ids{4});
}

TEMPLATE_TEST_CASE("a hundred thousand timers, set and removed in any order", "", InMemory, InFile) {
  constexpr uint64_t kTimers = 100'000;
  constexpr uint64_t kGroup = 1000;
  TestType made;
  const auto store = made.open();
  std::mt19937_64 random(20261124);
  std::map<uint64_t, int64_t> expected;
  CommitGroup group;
  for (uint64_t first = 1; first <= kTimers; first += kGroup) {
    group.clear();
    group.number = first;
    for (uint64_t id = first; id < first + kGroup; ++id) {
      const auto due = static_cast<int64_t>(random() % 1'000'000);
      group.timers.push_back(timer(id, due));
      expected[id] = due;
      const uint64_t other = random() % id + 1;
      if (random() % 4 == 0 && expected.erase(other) > 0) group.timers.push_back(no_timer(other));
    }
    check_ok(store->commit(group));
  }
  REQUIRE(expected.size() > kTimers / 2);
  auto next = expected.begin();
  uint64_t wrong = 0;
  check_ok(store->timers([&](const StoredTimer& kept) {
    if (next == expected.end() || kept.id != next->first || kept.due != next->second ||
        kept.subject != "door:1" || kept.payload != "{}")
      ++wrong;
    if (next != expected.end()) ++next;
    return true;
  }));
  CHECK(wrong == 0);
  CHECK(next == expected.end());
}

}  // namespace krules::test
