#include "line_source.h"

#include <fcntl.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <fstream>

#include "store_support.h"

// Events out of files: lines, positions, and what is no event.
namespace krules::test {

namespace {

struct Read {
  std::vector<std::string> events;  // "LINE TYPE SUBJECT" or "LINE error"
  std::vector<SourcePosition> positions;
};

std::shared_ptr<const SymbolTable> names() {
  auto table = std::make_shared<SymbolTable>();
  for (const char* name : {"type", "subject", "data"}) table->intern(name);
  return table;
}

Read read_all(LineSource& source) {
  Read read;
  InputBatch batch;
  int wake[2];
  REQUIRE(pipe(wake) == 0);
  while (true) {
    batch.clear();
    batch.symbols = names();
    if (!source.read(batch, wake[0])) break;
    for (const InputEvent& event : batch.events) {
      std::string text = std::to_string(event.line) + " ";
      if (!event.error.empty()) {
        text.append(event.error);
      } else {
        text.append(event.type->text()).append(" ").append(event.subject);
      }
      read.events.push_back(text);
      read.positions.push_back(source.position_after(batch, event));
    }
  }
  close(wake[0]);
  close(wake[1]);
  return read;
}

std::string event(const std::string& subject) {
  return R"({"type":"t","subject":")" + subject + "\"}\n";
}

}  // namespace

TEST_CASE("lines of every shape") {
  const TemporaryFolder folder;
  const std::string path = folder.file("e.jsonl");
  write_bytes(path, event("a") + "\r\n\n  \n" + R"({"type":"t","subject":"b"})" + "\r\nnot json\n[1]\n{}\n" +
                        R"({"type":"t","subject":5})" + "\n" + R"({"type":"t","subject":"\ud83d\ude00"} x)" +
                        "\n" + R"({"type":"t","subject":"😀","data":{"k":"é"}})" + "\n{\"type\":\"\xff\"}\n" +
                        R"({"type":"t","subject":"last"})");
  LineSource source;
  REQUIRE(source.open(path));
  const Read read = read_all(source);
  CHECK(read.events == std::vector<std::string>{"1 t a", "5 t b", "6 not a JSON object",
                                                "7 not a JSON object", "8 an event needs a `type`",
                                                "9 `subject` is not a string", "10 not valid JSON", "11 t 😀",
                                                "12 the text is not valid UTF-8", "13 t last"});
}

TEST_CASE("reading goes on behind any event, also across reads of many sizes") {
  const TemporaryFolder folder;
  const std::string path = folder.file("e.jsonl");
  std::string text;
  for (int i = 0; i < 3000; ++i)
    text += event("s" + std::string(static_cast<size_t>(i % 200), 'x') + std::to_string(i));
  write_bytes(path, text);
  LineSource whole;
  REQUIRE(whole.open(path));
  const Read all = read_all(whole);
  REQUIRE(all.events.size() == 3000);
  for (size_t at : {size_t{0}, size_t{1}, size_t{777}, size_t{2999}}) {
    LineSource again;
    REQUIRE(again.open(path));
    REQUIRE(again.resume(all.positions[at]));
    const Read rest = read_all(again);
    CHECK(rest.events ==
          std::vector<std::string>(all.events.begin() + static_cast<ptrdiff_t>(at) + 1, all.events.end()));
  }
}

TEST_CASE("a file that grew goes on, one with other content is another file") {
  const TemporaryFolder folder;
  const std::string path = folder.file("e.jsonl");
  write_bytes(path, event("a") + event("b"));
  LineSource first;
  REQUIRE(first.open(path));
  const SourcePosition end = read_all(first).positions.back();

  write_bytes(path, event("a") + event("b") + event("c"));
  LineSource grown;
  REQUIRE(grown.open(path));
  REQUIRE(grown.resume(end));
  CHECK(read_all(grown).events == std::vector<std::string>{"3 t c"});

  write_bytes(path, event("x") + event("b") + event("c"));
  LineSource other;
  REQUIRE(other.open(path));
  CHECK_FALSE(other.resume(end));
  CHECK(read_all(other).events.size() == 3);

  write_bytes(path, event("a"));
  LineSource shorter;
  REQUIRE(shorter.open(path));
  CHECK_FALSE(shorter.resume(end));
}

TEST_CASE("a last line without an end is read, and is not read again when its end comes") {
  const TemporaryFolder folder;
  const std::string path = folder.file("e.jsonl");
  write_bytes(path, event("a") + R"({"type":"t","subject":"b"})");
  LineSource first;
  REQUIRE(first.open(path));
  const Read read = read_all(first);
  REQUIRE(read.events.size() == 2);
  write_bytes(path, event("a") + event("b") + event("c"));
  LineSource again;
  REQUIRE(again.open(path));
  REQUIRE(again.resume(read.positions.back()));
  const Read rest = read_all(again);
  REQUIRE(rest.events.size() == 1);
  CHECK(rest.events[0].ends_with("t c"));
}

TEST_CASE("a line that is too long is reported and skipped") {
  const TemporaryFolder folder;
  const std::string path = folder.file("e.jsonl");
  {
    std::ofstream file(path, std::ios::binary);
    file << event("a") << R"({"type":"t","subject":"big","data":")";
    const std::string chunk(1 << 20, 'y');
    for (size_t i = 0; i < (kMaxLineBytes >> 20) + 2; ++i) file << chunk;
    file << "\"}\n" << event("b");
  }
  LineSource source;
  REQUIRE(source.open(path));
  const Read read = read_all(source);
  REQUIRE(read.events.size() == 3);
  CHECK(read.events[0] == "1 t a");
  CHECK(read.events[1].starts_with("2 the line has "));
  CHECK(read.events[2] == "3 t b");
  LineSource again;
  REQUIRE(again.open(path));
  REQUIRE(again.resume(read.positions[1]));
  CHECK(read_all(again).events == std::vector<std::string>{"3 t b"});
}

TEST_CASE("what cannot be read says why") {
  const TemporaryFolder folder;
  LineSource missing;
  CHECK_FALSE(missing.open(folder.file("none")));
  CHECK(missing.error().find("No such file") != std::string::npos);
  LineSource is_folder;
  CHECK_FALSE(is_folder.open(folder.path()));
  CHECK(is_folder.error().find("folder") != std::string::npos);
}

}  // namespace krules::test
