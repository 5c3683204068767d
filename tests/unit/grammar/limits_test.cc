#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "parse_text.h"

using namespace krules;
using krules::test::errors_of;
using krules::test::parse_text;

namespace {

std::string repeat(const std::string& text, size_t count) {
  std::string out;
  out.reserve(text.size() * count);
  for (size_t i = 0; i < count; ++i) out += text;
  return out;
}

struct Nesting {
  const char* name;
  std::string open, middle, close;
  bool in_set = true;
};

std::string nested(const Nesting& n, size_t depth) {
  const std::string inner = repeat(n.open, depth) + n.middle + repeat(n.close, depth);
  return "on a.b {\n" + (n.in_set ? "set x = " + inner : inner) + "\n}";
}

TEST_CASE("a large file that is parsed in halves is parsed as one") {
  std::string text = "# large\n";
  for (int i = 0; i < 6000; ++i) {
    text += "\n## number " + std::to_string(i) + "\n\nrule r" + std::to_string(i) +
            " on a.b when payload.x == \"rule \" {\n  set x = 1  # one\n}\n";
  }
  REQUIRE(text.size() > 400'000);
  const ParseResult whole = parse(std::make_shared<Source>("large.krules", text));
  REQUIRE(whole.diagnostics.empty());
  REQUIRE(whole.module.declarations.size() == 6000);
  CHECK(whole.module.comments.size() == 12001);
  const auto begin_of = [&](size_t i) {
    return whole.module.source->text(whole.module.declarations[i].span)
        .substr(0, 6 + std::to_string(i).size());
  };
  for (size_t i = 0; i < 6000; ++i) CHECK(begin_of(i) == "rule r" + std::to_string(i));

  // An error anywhere is told as in a small file, and the rules around it are kept.
  text.insert(text.rfind("payload.x"), "+ * ");
  const ParseResult broken = parse(std::make_shared<Source>("large.krules", text));
  REQUIRE(broken.diagnostics.size() == 1);
  CHECK(broken.module.source->position(broken.diagnostics[0].primary.where.span.begin).line > 30'000);
  CHECK(broken.module.declarations.size() == 5999);
}

}  // namespace

TEST_CASE("what nests a hundred deep parses, a thousand or more deep is one clear error") {
  const std::vector<Nesting> shapes = {
      {"parentheses", "(", "1", ")"},
      {"lists", "[", "1", "]"},
      {"maps", "{ a: ", "1", "}"},
      {"calls", "f(", "1", ")"},
      {"lambdas", "f(x => ", "1", ")"},
      {"indexes", "a[", "1", "]"},
      {"interpolations", "\"{", "1", "}\""},
      {"not", "not ", "a", ""},
      {"minus", "-", "1", ""},
      {"if in condition", "if a then ", "1", " else 2"},
      {"if in else", "if a then 1 else ", "2", ""},
      {"match", "match ", "1", " { 1 -> 2 }"},
      {"match arms", "match 1 { 1 -> ", "2", " }"},
      {"members", "a", "", ".b"},
      {"method calls", "a", "", ".b()"},
      {"power", "2 ** ", "1", ""},
      {"default", "a ?? ", "1", ""},
      {"blocks", "if a {", "", "}", false},
      {"else if", "if a { } else ", "{ }", "", false},
      {"for", "for x in y {", "", "}", false},
      {"try", "try {", "", "} catch e { }", false},
      {"as", "as \"x\" {", "", "}", false},
  };
  for (const Nesting& n : shapes) {
    INFO(n.name);
    const bool chain = std::string(n.name) == "members" || std::string(n.name) == "method calls";
    const auto text = [&](size_t depth) {
      return chain ? "on a.b {\nset x = a" + repeat(n.close, depth) + "\n}" : nested(n, depth);
    };
    CHECK(errors_of(text(100)).empty());
    for (const size_t depth : {size_t{1000}, size_t{20000}}) {
      const auto errors = errors_of(text(depth));
      REQUIRE(errors.size() == 1);
      CHECK(errors[0].code == "K0121");
    }
  }
}

TEST_CASE("an unclosed flood of brackets is one error each declaration") {
  for (const char* bracket : {"(", "[", "{ a: ", "f(", "\"{"}) {
    INFO(bracket);
    CHECK(errors_of("on a.b { set x = " + repeat(bracket, 100000)).size() == 1);
  }
}

TEST_CASE("a sum of four hundred terms parses, one of ten thousand is a clear error") {
  CHECK(errors_of("const a = 1" + repeat(" + 1", 400)).empty());
  const auto errors = errors_of("const a = 1" + repeat(" + 1", 10000) + "\nconst b = (");
  REQUIRE(errors.size() == 2);
  CHECK(errors[0].code == "K0121");
  CHECK(errors[0].message == "this expression is more than 500 operations deep");
  CHECK(errors[1].line == 2);
}

TEST_CASE("long lists, maps, blocks and alternatives are not deep") {
  CHECK(errors_of("const a = [" + repeat("1, ", 50000) + "]").empty());
  CHECK(errors_of("const a = {" + repeat("k: 1, ", 50000) + "}").empty());
  CHECK(errors_of("const a = \"" + repeat("{x}", 50000) + "\"").empty());
  CHECK(errors_of("on a.b {" + repeat("set x = 1 ", 50000) + "}").empty());
  CHECK(errors_of("const a = match x { 1" + repeat(" | 1", 50000) + " -> 2 }").empty());
}

TEST_CASE("ten thousand rules") {
  std::string text;
  for (int i = 0; i < 10000; ++i) {
    const std::string n = std::to_string(i);
    text += "rule r" + n + " on a.b" + n + " of d:* when payload.x > " + n +
            " { set y = \"v{subject.z}\" emit c.d { i: " + n + " } }\n";
  }
  const ParseResult result = parse_text(text);
  CHECK(result.ok());
  REQUIRE(result.module.declarations.size() == 10000);
  const auto& last = std::get<ast::Rule>(result.module.declarations.back().node);
  CHECK(last.name == "r9999");
  CHECK(result.module.source->position(last.name_span.begin).line == 10000);
}

TEST_CASE("a file of nothing but errors is given up after a thousand") {
  const ParseResult result = parse_text("on a.b {\n" + repeat("set = 1\n", 5000) + "}");
  CHECK(result.diagnostics.size() == 1001);
  CHECK(result.diagnostics.back().code == "K0129");
}

TEST_CASE("every file of the fuzzer's corpus parses or says why not") {
  size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(KRULES_CORPUS)) {
    std::ifstream in(entry.path(), std::ios::binary);
    std::stringstream text;
    text << in.rdbuf();
    INFO(entry.path());
    const ParseResult result = parse_text(text.str());
    for (const Diagnostic& diagnostic : result.diagnostics) {
      CHECK_FALSE(render_text(diagnostic).empty());
      CHECK(diagnostic.primary.where.span.end <= result.module.source->text().size());
    }
    ++files;
  }
  CHECK(files > 0);
}
