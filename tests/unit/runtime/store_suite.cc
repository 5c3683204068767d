// What every store must do: each test runs on a store in memory and on one in a file.
#include <atomic>
#include <thread>

#include "store_support.h"

namespace krules::test {

namespace {

SourcePosition position_at(std::string source, uint64_t offset) {
  SourcePosition position;
  position.source = std::move(source);
  position.offset = offset;
  position.line = offset / 10;
  position.device = 7;
  position.inode = UINT64_MAX;
  position.prefix_length = 4096;
  position.prefix_hash = 0xFEDCBA9876543210;
  position.tail_length = 64;
  position.tail_hash = 0x8000000000000000;
  return position;
}

DeadLetter letter(std::string message, bool retry = false) {
  DeadLetter made;
  made.time = 1'790'000'000'000'000;
  made.kind = "input";
  made.message = std::move(message);
  made.event = std::string("not \0 JSON \xFF", 12);
  made.source = "/data/events.jsonl";
  made.line = 17;
  made.path = R"(["a","b"])";
  made.retry = retry;
  return made;
}

bool seen(Store& store, std::string_view source, std::string_view id) {
  bool answer = false;
  check_ok(store.was_seen(source, id, answer));
  return answer;
}

std::vector<std::string> pending(Store& store) {
  std::vector<Store::PendingOutput> outputs;
  check_ok(store.pending_outputs(outputs));
  std::vector<std::string> texts;
  for (const auto& output : outputs) texts.push_back(std::to_string(output.number) + ": " + output.lines);
  return texts;
}

uint64_t last_group(Store& store) {
  uint64_t number = 12345;
  check_ok(store.last_group(number));
  return number;
}

void commit_output(Store& store, uint64_t number, std::string lines, uint64_t confirmed = 0) {
  CommitGroup group;
  group.number = number;
  group.outputs = std::move(lines);
  group.confirmed = confirmed;
  check_ok(store.commit(group));
}

using Names = std::vector<std::string>;
using Ids = std::vector<int64_t>;

}  // namespace

TEMPLATE_TEST_CASE("a new store is empty", "", InMemory, InFile) {
  TestType made;
  const auto store = made.open();
  CHECK(parts_of(*store, "order-1").empty());
  CHECK(scan_names(*store).empty());
  uint64_t count = 99;
  check_ok(store->count_subjects(count));
  CHECK(count == 0);
  CHECK(last_group(*store) == 0);
  CHECK(pending(*store).empty());
  CHECK(store->run_number() == 1);
  CHECK_FALSE(seen(*store, "s", "1"));
  std::optional<SourcePosition> position = SourcePosition{};
  check_ok(store->position("x", position));
  CHECK_FALSE(position.has_value());
  std::vector<DeadLetter> letters(1);
  check_ok(store->dead_letters(letters));
  CHECK(letters.empty());
}

TEMPLATE_TEST_CASE("a subject is written, replaced and deleted by parts", "", InMemory, InFile) {
  TestType made;
  const auto store = made.open();
  put(*store, 1, "order-1", R"({"total":3})");
  CHECK(parts_of(*store, "order-1") == R"(0:{"total":3}|)");
  put(*store, 2, "order-1", R"({"b":1})", 300, R"({"tags":[]})");
  put(*store, 3, "order-1", R"({"c":1})", 2);
  CHECK(parts_of(*store, "order-1") == R"(0:{"total":3}| 2:{"c":1}| 300:{"b":1}|{"tags":[]})");
  put(*store, 4, "order-1", "", 300, R"({"only":"ext"})");
  put(*store, 5, "order-1", "", 2);
  CHECK(parts_of(*store, "order-1") == R"(0:{"total":3}| 300:|{"only":"ext"})");
  uint64_t count = 0;
  check_ok(store->count_subjects(count));
  CHECK(count == 1);
  put(*store, 6, "order-1", "", 0);
  put(*store, 7, "order-1", "", 300);
  put(*store, 8, "never-there", "");
  CHECK(parts_of(*store, "order-1").empty());
  CHECK(scan_names(*store).empty());
}

TEMPLATE_TEST_CASE("the last write of a row in a group is the one that stays", "", InMemory, InFile) {
  TestType made;
  const auto store = made.open();
  CommitGroup group;
  group.number = 1;
  group.text = R"(order-1{"n":1}{"n":2})";
  const std::string_view text = group.text;
  group.subjects.push_back({text.substr(0, 7), 0, text.substr(7, 7), {}});
  group.subjects.push_back({text.substr(0, 7), 0, text.substr(14), {}});
  group.subjects.push_back({"gone", 0, "{}", {}});
  group.subjects.push_back({"gone", 0, {}, {}});
  check_ok(store->commit(group));
  CHECK(parts_of(*store, "order-1") == R"(0:{"n":2}|)");
  CHECK(scan_names(*store) == Names{"order-1"});
}

TEMPLATE_TEST_CASE("names are bytes", "", InMemory, InFile) {
  TestType made;
  const auto store = made.open();
  const std::string with_zero("a\0b", 3);
  const Names names = {"", " ", "a", with_zero, "a'b", "a-\xF0\x9F\x98\x80", "order-1", "\xFF not utf-8"};
  for (size_t i = 0; i < names.size(); ++i) put(*store, i + 1, names[i], std::to_string(i));
  for (size_t i = 0; i < names.size(); ++i)
    CHECK(parts_of(*store, names[i]) == "0:" + std::to_string(i) + "|");
  CHECK(scan_names(*store) == names);
}

TEMPLATE_TEST_CASE("a scan goes in order of names and stops when it is told to", "", InMemory, InFile) {
  TestType made;
  const auto store = made.open();
  CommitGroup group;
  group.number = 1;
  for (const char* name : {"room:b", "device-10", "device-2", "device-1", "dev", "device", "room:a", "e"}) {
    group.subjects.push_back({name, 0, R"({"v":1})", {}});
  }
  group.subjects.push_back({"device-2", 5, R"({"w":1})", R"({"x":1})"});
  check_ok(store->commit(group));

  CHECK(scan_names(*store) ==
        Names{"dev", "device", "device-1", "device-10", "device-2", "e", "room:a", "room:b"});
  CHECK(scan_names(*store, "*") == scan_names(*store));
  CHECK(scan_names(*store, "device-*") == Names{"device-1", "device-10", "device-2"});
  CHECK(scan_names(*store, "device-?") == Names{"device-1", "device-2"});
  CHECK(scan_names(*store, "*:?") == Names{"room:a", "room:b"});
  CHECK(scan_names(*store, "d*1*") == Names{"device-1", "device-10"});
  CHECK(scan_names(*store, "device-1") == Names{"device-1"});
  CHECK(scan_names(*store, "device-0").empty());
  CHECK(scan_names(*store, "z*").empty());

  Names visited;
  check_ok(store->scan("", [&](std::string_view name, const std::vector<StoredPart>& parts) {
    visited.emplace_back(name);
    if (name == "device-2") {
      CHECK(parts.size() == 2);
      CHECK(parts[1].extended == R"({"x":1})");
    }
    CHECK(parts_of(*store, "room:a") == R"(0:{"v":1}|)");
    return name != "device-2";
  }));
  CHECK(visited == Names{"dev", "device", "device-1", "device-10", "device-2"});
}

TEMPLATE_TEST_CASE("a position is found by source and by identity", "", InMemory, InFile) {
  TestType made;
  const auto store = made.open();
  CommitGroup group;
  group.number = 1;
  group.positions = {position_at("/data/a", 100), position_at("/data/b", UINT64_MAX)};
  group.positions[1].inode = 5;
  check_ok(store->commit(group));

  std::optional<SourcePosition> found;
  check_ok(store->position("/data/a", found));
  REQUIRE(found.has_value());
  const SourcePosition expected = position_at("/data/a", 100);
  CHECK(found->source == expected.source);
  CHECK(found->offset == expected.offset);
  CHECK(found->line == expected.line);
  CHECK(found->device == expected.device);
  CHECK(found->inode == expected.inode);
  CHECK(found->prefix_length == expected.prefix_length);
  CHECK(found->prefix_hash == expected.prefix_hash);
  CHECK(found->tail_length == expected.tail_length);
  CHECK(found->tail_hash == expected.tail_hash);

  check_ok(store->position_by_identity(7, 5, found));
  REQUIRE(found.has_value());
  CHECK(found->source == "/data/b");
  CHECK(found->offset == UINT64_MAX);
  check_ok(store->position_by_identity(8, 5, found));
  CHECK_FALSE(found.has_value());

  // The file got a new name: both positions have its identity, and the later one counts.
  group.number = 2;
  group.positions = {position_at("/data/A-renamed", 300)};
  check_ok(store->commit(group));
  check_ok(store->position_by_identity(7, UINT64_MAX, found));
  REQUIRE(found.has_value());
  CHECK(found->source == "/data/A-renamed");
  group.number = 3;
  group.positions = {position_at("/data/a", 101)};
  check_ok(store->commit(group));
  check_ok(store->position_by_identity(7, UINT64_MAX, found));
  REQUIRE(found.has_value());
  CHECK(found->source == "/data/a");
  CHECK(found->offset == 101);
}

TEMPLATE_TEST_CASE("an event id is remembered for its source", "", InMemory, InFile) {
  TestType made;
  const auto store = made.open();
  CommitGroup group;
  group.number = 1;
  group.seen = {{"s", "1"}, {"s", "2"}, {"s", "1"}, {"", "3"}};
  check_ok(store->commit(group));
  CHECK(seen(*store, "s", "1"));
  CHECK(seen(*store, "s", "2"));
  CHECK(seen(*store, "", "3"));
  CHECK_FALSE(seen(*store, "s", "3"));
  CHECK_FALSE(seen(*store, "t", "1"));
  group.number = 2;
  check_ok(store->commit(group));
  CHECK(seen(*store, "s", "1"));
}

TEMPLATE_TEST_CASE("the newest event ids are remembered, the oldest forgotten", "", InMemory, InFile) {
  constexpr int kLimit = 100;
  TestType made;
  const auto store = made.open(kLimit);
  std::vector<std::string> ids;
  for (int i = 0; i < 1000; ++i) ids.push_back("id-" + std::to_string(i * 7919 % 1000));
  CommitGroup group;
  for (size_t i = 0; i < ids.size(); i += 10) {
    group.clear();
    group.number = i + 1;
    for (size_t k = i; k < i + 10; ++k) group.seen.push_back({"s", ids[k]});
    check_ok(store->commit(group));
    for (size_t k = i + 10 >= kLimit ? i + 10 - kLimit : 0; k < i + 10; ++k)
      REQUIRE(seen(*store, "s", ids[k]));
    for (size_t k = 0; k + kLimit < i + 10; ++k) REQUIRE_FALSE(seen(*store, "s", ids[k]));
  }
}

TEMPLATE_TEST_CASE("outputs wait until they are confirmed", "", InMemory, InFile) {
  TestType made;
  const auto store = made.open();
  commit_output(*store, 1, "one\n");
  commit_output(*store, 2, "");
  commit_output(*store, 3, "three\n");
  CHECK(pending(*store) == Names{"1: one\n", "3: three\n"});
  CHECK(last_group(*store) == 3);
  commit_output(*store, 4, "four\n", 1);
  CHECK(pending(*store) == Names{"3: three\n", "4: four\n"});
  commit_output(*store, 5, "", 4);
  CHECK(pending(*store).empty());
  CHECK(last_group(*store) == 5);
  commit_output(*store, 6, "", 4);
  commit_output(*store, 9, std::string(100'000, 'x'), 4);
  CHECK(last_group(*store) == 9);
  CHECK(pending(*store) == Names{"9: " + std::string(100'000, 'x')});
}

TEMPLATE_TEST_CASE("group numbers grow", "", InMemory, InFile) {
  TestType made;
  const auto store = made.open();
  put(*store, 5, "a", "{}");
  CommitGroup group;
  group.subjects.push_back({"b", 0, "{}", {}});
  for (const uint64_t number : {0, 4, 5}) {
    group.number = number;
    const StoreStatus status = store->commit(group);
    REQUIRE_FALSE(status.ok());
    CHECK(status.error().kind == StoreErrorKind::kMisuse);
  }
  CHECK(parts_of(*store, "b").empty());
  put(*store, 6, "b", "{}");
  CHECK(parts_of(*store, "b") == "0:{}|");
}

TEMPLATE_TEST_CASE("dead letters are kept as they are, listed in order, sent again and removed", "", InMemory,
                   InFile) {
  TestType made;
  const auto store = made.open();
  CommitGroup group;
  group.number = 1;
  group.dead_letters = {letter("first"), letter("second", true), letter("third"), letter("fourth", true)};
  check_ok(store->commit(group));

  std::vector<DeadLetter> letters;
  check_ok(store->dead_letters(letters));
  REQUIRE(ids_of(letters) == Ids{1, 2, 3, 4});
  const DeadLetter expected = letter("second", true);
  CHECK(letters[1].time == expected.time);
  CHECK(letters[1].kind == expected.kind);
  CHECK(letters[1].message == expected.message);
  CHECK(letters[1].event == expected.event);
  CHECK(letters[1].source == expected.source);
  CHECK(letters[1].line == expected.line);
  CHECK(letters[1].path == expected.path);
  CHECK(letters[1].retry);
  CHECK_FALSE(letters[0].retry);

  check_ok(store->dead_letters_to_retry(10, letters));
  CHECK(ids_of(letters) == Ids{2, 4});
  check_ok(store->dead_letters_to_retry(1, letters));
  CHECK(ids_of(letters) == Ids{2});

  // Sent again: the second one went well, the fourth came back as a new letter.
  group.clear();
  group.number = 2;
  group.retried = {2, 4, 99};
  group.dead_letters = {letter("fourth again")};
  check_ok(store->commit(group));
  check_ok(store->dead_letters(letters));
  CHECK(ids_of(letters) == Ids{1, 3, 5});
  CHECK(letters[2].message == "fourth again");
  check_ok(store->dead_letters_to_retry(10, letters));
  CHECK(letters.empty());

  // Numbers are not used again.
  group.clear();
  group.number = 3;
  group.retried = {5};
  check_ok(store->commit(group));
  group.clear();
  group.number = 4;
  group.dead_letters = {letter("sixth")};
  check_ok(store->commit(group));
  check_ok(store->dead_letters(letters));
  CHECK(ids_of(letters) == Ids{1, 3, 6});
}

TEMPLATE_TEST_CASE("one thread loads while another commits, and never sees half a group", "", InMemory,
                   InFile) {
  constexpr uint64_t kGroups = 300;
  TestType made;
  const auto store = made.open();
  std::atomic<uint64_t> committed{0};
  std::atomic<bool> failed{false};
  std::jthread committer([&] {
    CommitGroup group;
    for (uint64_t number = 1; number <= kGroups; ++number) {
      group.clear();
      group.number = number;
      group.confirmed = number - 1;
      group.outputs = "line\n";
      const std::string properties = std::to_string(number);
      const std::string id = std::to_string(number);
      group.subjects = {{"a", 0, properties, {}}, {"a", 1, properties, {}}, {"b", 0, properties, {}}};
      group.positions = {position_at("/data/a", number)};
      group.seen = {{"s", id}};
      if (!store->commit(group).ok()) {
        failed = true;
        return;
      }
      committed.store(number, std::memory_order_release);
    }
  });

  std::vector<StoredPart> parts;
  std::vector<DeadLetter> letters;
  std::optional<SourcePosition> position;
  uint64_t before = 0;
  while (before < kGroups && !failed) {
    before = committed.load(std::memory_order_acquire);
    check_ok(store->load("a", parts));
    if (!parts.empty()) {
      REQUIRE(parts.size() == 2);
      REQUIRE(parts[0].properties == parts[1].properties);
    }
    if (before > 0) {
      REQUIRE_FALSE(parts.empty());
      const uint64_t loaded = std::stoull(parts[0].properties);
      REQUIRE(loaded >= before);
      check_ok(store->position("/data/a", position));
      REQUIRE(position->offset >= loaded);
      REQUIRE(seen(*store, "s", std::to_string(before)));
    }
    check_ok(store->dead_letters_to_retry(5, letters));
  }
  committer.join();
  CHECK_FALSE(failed);
  CHECK(parts_of(*store, "b") == "0:" + std::to_string(kGroups) + "|");
}

}  // namespace krules::test
