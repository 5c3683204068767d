// What every store must do with the journal.
#include <algorithm>

#include "store_support.h"

namespace krules::test {

namespace {

using Numbers = std::vector<uint64_t>;

/// Adds one entry, with what it changed, under the given limit.
void add(Store& store, uint64_t group_number, std::string_view event_id,
         std::vector<PropertyNameView> touched = {}, uint64_t limit = 0, std::string_view story = "{}") {
  CommitGroup group;
  group.number = group_number;
  JournalWrite write;
  write.event_id = event_id;
  write.story = story;
  write.touched = static_cast<uint32_t>(touched.size());
  group.journal.push_back(write);
  group.touched = std::move(touched);
  group.journal_limit_bytes = limit;
  check_ok(store.commit(group));
}

Numbers numbers_in(const std::vector<JournalEntry>& entries) {
  Numbers numbers;
  for (const JournalEntry& entry : entries) numbers.push_back(entry.number);
  return numbers;
}

Numbers of_event(Store& store, std::string_view id) {
  Numbers numbers;
  check_ok(store.journal_of_event(id, [&](const JournalEntry& entry) {
    CHECK(entry.event_id == id);
    numbers.push_back(entry.number);
    return true;
  }));
  return numbers;
}

Numbers of_property(Store& store, std::string_view subject, std::string_view property, size_t limit = 100) {
  Numbers numbers;
  check_ok(store.journal_of_property(subject, property, limit, [&](const JournalEntry& entry) {
    numbers.push_back(entry.number);
    return true;
  }));
  return numbers;
}

uint64_t bytes_in(Store& store) {
  uint64_t bytes = 12345;
  check_ok(store.journal_bytes(bytes));
  return bytes;
}

}  // namespace

TEMPLATE_TEST_CASE("a new store has no journal", "", InMemory, InFile) {
  TestType made;
  const auto store = made.open();
  CHECK(journal_of(*store).empty());
  CHECK(of_event(*store, "e").empty());
  CHECK(of_property(*store, "s", "p").empty());
  CHECK(bytes_in(*store) == 0);
}

TEMPLATE_TEST_CASE("an entry of the journal is kept as it is, with what it changed once each", "", InMemory,
                   InFile) {
  TestType made;
  const auto store = made.open();
  CommitGroup group;
  group.number = 1;
  JournalWrite write;
  write.time = 1'790'000'000'123'456;
  write.event_id = "e-1";
  write.source = "/data/events.jsonl";
  write.type = "order.submitted";
  write.subject = "order-1";
  write.story = R"({"fired":["validate"]})";
  write.touched = 4;
  group.journal.push_back(write);
  JournalWrite second;
  second.event_id = "e-2";
  group.journal.push_back(second);
  JournalWrite third;
  third.event_id = "e-3";
  third.touched = 1;
  group.journal.push_back(third);
  group.touched = {
      {"order-1", "total"}, {"order-1", "status"}, {"order-1", "total"}, {"customer-7", "z"}, {"x", "y"}};
  check_ok(store->commit(group));

  const std::vector<JournalEntry> entries = journal_of(*store);
  REQUIRE(numbers_in(entries) == Numbers{3, 2, 1});
  CHECK(entries[0].event_id == "e-3");
  CHECK(entries[0].touched == std::vector<PropertyName>{{"x", "y"}});
  CHECK(entries[1].event_id == "e-2");
  CHECK(entries[1].touched.empty());
  const JournalEntry& first = entries[2];
  CHECK(first.time == write.time);
  CHECK(first.event_id == write.event_id);
  CHECK(first.source == write.source);
  CHECK(first.type == write.type);
  CHECK(first.subject == write.subject);
  CHECK(first.story == write.story);
  CHECK(first.touched ==
        std::vector<PropertyName>{{"customer-7", "z"}, {"order-1", "status"}, {"order-1", "total"}});
}

TEMPLATE_TEST_CASE("the journal is looked up by event and by property, newest first", "", InMemory, InFile) {
  TestType made;
  const auto store = made.open();
  add(*store, 10, "a", {{"s", "p"}});
  add(*store, 20, "b", {{"s", "q"}, {"t", "p"}});
  add(*store, 30, "a", {{"s", "p"}, {"s", "q"}});
  add(*store, 40, "c", {{"s", "p"}, {"s", "p"}});
  CHECK(of_event(*store, "a") == Numbers{3, 1});
  CHECK(of_event(*store, "c") == Numbers{4});
  CHECK(of_event(*store, "A").empty());
  CHECK(of_property(*store, "s", "p") == Numbers{4, 3, 1});
  CHECK(of_property(*store, "s", "q") == Numbers{3, 2});
  CHECK(of_property(*store, "t", "p") == Numbers{2});
  CHECK(of_property(*store, "t", "q").empty());
  CHECK(of_property(*store, "s", "").empty());
  CHECK(of_property(*store, "s", "p", 2) == Numbers{4, 3});
  CHECK(of_property(*store, "s", "p", 0).empty());

  Numbers visited;
  const auto until_two = [&](const JournalEntry& entry) {
    visited.push_back(entry.number);
    CHECK(parts_of(*store, "s").empty());
    return visited.size() < 2;
  };
  check_ok(store->journal_recent(3, until_two));
  CHECK(visited == Numbers{4, 3});
  visited.clear();
  check_ok(store->journal_recent(1, until_two));
  CHECK(visited == Numbers{4});
  visited.clear();
  check_ok(store->journal_of_property("s", "p", SIZE_MAX, until_two));
  CHECK(visited == Numbers{4, 3});
  visited.clear();
  check_ok(store->journal_of_event("a", [&](const JournalEntry& entry) {
    visited.push_back(entry.number);
    return false;
  }));
  CHECK(visited == Numbers{3});
}

TEMPLATE_TEST_CASE("the journal loses its oldest entries when it grows above its limit", "", InMemory,
                   InFile) {
  constexpr uint64_t kLimit = 20'000;
  TestType made;
  const auto store = made.open();
  std::vector<std::string> ids;
  for (int i = 0; i < 300; ++i) ids.push_back("event-" + std::to_string(1000 + i));
  uint64_t most = 0;
  for (size_t i = 0; i < ids.size(); ++i) {
    add(*store, i + 1, ids[i], {{"s", ids[i]}, {"s", "p"}}, kLimit, std::string(i % 7 * 50, 'x'));
    REQUIRE(bytes_in(*store) <= kLimit);
    most = std::max(most, bytes_in(*store));
  }
  CHECK(most > kLimit - 1000);  // no more goes than has to

  const std::vector<JournalEntry> entries = journal_of(*store);
  REQUIRE(entries.size() > 20);
  REQUIRE(entries.size() < 200);
  for (size_t i = 0; i < entries.size(); ++i) REQUIRE(entries[i].number == ids.size() - i);
  // What was cut is found in no way, what was kept in every way.
  const size_t kept = ids.size() - entries.size();
  for (size_t i = 0; i < ids.size(); ++i) {
    const Numbers expected = i < kept ? Numbers{} : Numbers{i + 1};
    REQUIRE(of_event(*store, ids[i]) == expected);
    REQUIRE(of_property(*store, "s", ids[i]) == expected);
  }
  CHECK(of_property(*store, "s", "p", SIZE_MAX).size() == entries.size());
}

TEMPLATE_TEST_CASE("the newest entry stays, however large it is, and numbers go on", "", InMemory, InFile) {
  TestType made;
  const auto store = made.open();
  add(*store, 1, "a", {{"s", "p"}}, 1000);
  add(*store, 2, "b", {{"s", "p"}}, 1000, std::string(5000, 'x'));
  CHECK(numbers_in(journal_of(*store)) == Numbers{2});
  CHECK(bytes_in(*store) > 5000);
  add(*store, 3, "c", {{"s", "p"}}, 1000);
  CHECK(numbers_in(journal_of(*store)) == Numbers{3});
  CHECK(bytes_in(*store) < 1000);
  CHECK(of_property(*store, "s", "p") == Numbers{3});
  add(*store, 4, "d", {}, 1);
  CHECK(numbers_in(journal_of(*store)) == Numbers{4});
}

TEMPLATE_TEST_CASE("without a limit and without new entries nothing of the journal goes", "", InMemory,
                   InFile) {
  TestType made;
  const auto store = made.open();
  for (uint64_t number = 1; number <= 50; ++number) add(*store, number, "a", {}, 0, std::string(1000, 'x'));
  CHECK(journal_of(*store).size() == 50);
  CommitGroup group;
  group.number = 51;
  group.journal_limit_bytes = 1000;
  check_ok(store->commit(group));
  CHECK(journal_of(*store).size() == 50);
  add(*store, 52, "b", {}, 1000);
  CHECK(numbers_in(journal_of(*store)) == Numbers{51});
}

TEMPLATE_TEST_CASE("a group whose journal does not tell whose the changes are is refused", "", InMemory,
                   InFile) {
  TestType made;
  const auto store = made.open();
  CommitGroup group;
  group.number = 1;
  group.subjects.push_back({"a", 0, "{}", {}});
  group.journal.resize(2);
  group.journal[0].touched = GENERATE(0U, 1U, 3U);
  group.touched = {{"s", "p"}, {"s", "q"}};
  const StoreStatus status = store->commit(group);
  REQUIRE_FALSE(status.ok());
  CHECK(status.error().kind == StoreErrorKind::kMisuse);
  CHECK(parts_of(*store, "a").empty());
  CHECK(journal_of(*store).empty());
  group.journal[0].touched = 1;
  group.journal[1].touched = 1;
  check_ok(store->commit(group));
  CHECK(of_property(*store, "s", "q") == Numbers{2});
}

}  // namespace krules::test
