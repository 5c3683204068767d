#include <catch2/catch.hpp>

#include "parse_text.h"

using namespace krules;
using krules::test::errors_of;
using krules::test::parse_text;

namespace {

/// The lines on which there are errors.
std::vector<uint32_t> lines(const std::string& text) {
  std::vector<uint32_t> out;
  for (const auto& error : errors_of(text)) out.push_back(error.line);
  return out;
}
using Lines = std::vector<uint32_t>;

/// The rules that are whole.
std::vector<std::string> rules(const std::string& text) {
  const ParseResult result = parse_text(text);
  std::vector<std::string> names;
  for (const auto& declaration : result.module.declarations) {
    const auto* rule = std::get_if<ast::Rule>(&declaration.node);
    if (rule != nullptr && rule->skipped.empty()) names.push_back(rule->name);
  }
  return names;
}
using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("every broken statement of a body is reported") {
  CHECK(lines("on a.b {\n  set = 1\n  set x = 1\n  emit\n  let y 2\n  if )\n}\n") == Lines{2, 5, 5, 6});
}

TEST_CASE("statements after a broken one are parsed") {
  CHECK(lines("on a.b {\n  set x = (1 + \n  set y = = 2\n  set z = 3\n  emit a.b {\n  set w = )\n}\n") ==
        Lines{3, 3, 6, 6});
  CHECK(lines("on a.b { set x = ) set y = 2 set z = ] }") == Lines{1, 1});
  CHECK(lines("on a.b {\n  set x = f(1, { a: [ } )\n  set y = )\n}") == Lines{2, 3});
  CHECK(
      lines(
          "on a.b {\n  if x {\n    set = 1\n    set a = )\n  } else {\n    set b = )\n  }\n  set c = )\n}") ==
      Lines{3, 4, 6, 8});
}

TEST_CASE("every broken declaration is reported, whole ones are kept") {
  const std::string text =
      "rule a on x.y { stop }\nrule b { stop }\nrule c on x.y when { stop }\nrule d on x.y { set = 1 "
      "}\nconst e\n"
      "rule f on x.y { stop }\nfn g( = 1\ninput\noutput a.b,\nparam h\nrule i on x.y { stop }\n";
  CHECK(lines(text) == Lines{2, 3, 4, 6, 7, 9, 10, 11});
  CHECK(rules(text) == Names{"a", "f", "i"});
}

TEST_CASE("a missing brace does not hide the next rules") {
  const std::string text =
      "rule a on x.y {\n  set q = 1\n\nrule b on x.y {\n  if z {\n    stop\n}\n\nrule c on x.y {\n  "
      "stop\n}\n";
  CHECK(lines(text) == Lines{4, 9});
  CHECK(rules(text) == Names{"c"});
}

TEST_CASE("a brace too many is one error") {
  const std::string text = "rule a on x.y { stop } }\nrule b on x.y { stop }\n";
  CHECK(lines(text) == Lines{1});
  CHECK(rules(text) == Names{"a", "b"});
}

TEST_CASE("an unclosed string costs its statement only") {
  const std::string text = "rule a on x.y {\n  set q = \"abc\n  set r = )\n}\nrule b on x.y { stop }\n";
  CHECK(lines(text) == Lines{2, 3});
  CHECK(rules(text) == Names{"b"});
}

TEST_CASE("an unclosed interpolation is an unclosed string") {
  const auto errors =
      errors_of("rule a on x.y {\n  set q = \"abc {x\n  set r = )\n}\nrule b on x.y { stop }\n");
  REQUIRE(errors.size() == 2);
  CHECK(errors[0] == test::Found{"K0105", 2, 11, "this string is not closed on its line"});
  CHECK(errors[1].line == 3);
}

TEST_CASE("constructs of later versions are one error each, however long") {
  const std::string text =
      "table t from \"file.csv\"\n"
      "metric count m { a }\n"
      "subject device:* { cpu: number = 0 }\n"
      "rule d on x.y then z.w within 5s { stop }\n"
      "rule e on held subject.x > 3 for 5m of r:* { stop }\n"
      "rule f on x.y throttle 10m by subject { stop }\n"
      "rule g on x.y of device:{id} { stop }\n"
      "rule h on x.y { stop }\n";
  for (const auto& error : errors_of(text)) {
    INFO(error);
    CHECK(error.code == "K0110");
  }
  CHECK(lines(text) == Lines{1, 2, 3, 4, 5, 6, 7});
  CHECK(rules(text) == Names{"h"});
}

TEST_CASE("parsing goes on behind a step with an error, and behind a member of a module") {
  const ParseResult result = parse_text(
      "test \"t\" {\n  emit a.b { x: 1 }\n  send a.b on\n  expect x ==\n  advance 5\n  snd a.b\n  expect "
      "y\n}\n"
      "module m {\n  rule a on { }\n  rule b on x { set = 1 stop }\n  param p: int = 1\n  module n { rule z "
      "on q { } }\n"
      "  rule c on x { }\n}\nrule d on x { }\n");
  std::vector<uint32_t> found;
  for (const auto& error : test::errors_of(result)) found.push_back(error.line);
  CHECK(found == Lines{2, 4, 5, 5, 6, 10, 11, 12, 13});
  REQUIRE(result.module.declarations.size() == 3);
  CHECK(std::get<ast::Test>(result.module.declarations[0].node).steps.size() == 1);
  CHECK(std::get<ast::Test>(result.module.declarations[0].node).skipped.size() == 5);
  const auto& module = std::get<ast::ModuleDecl>(result.module.declarations[1].node);
  REQUIRE(module.declarations.size() == 2);
  const auto& rule = std::get<ast::Rule>(module.declarations[0].node);
  CHECK(rule.name == "b");
  CHECK(rule.body.statements.size() == 1);
  CHECK(std::get<ast::Rule>(module.declarations[1].node).name == "c");
}

TEST_CASE("a module that is not closed leaves nothing of itself behind") {
  const ParseResult result = parse_text("rule a on x { }\nmodule m {\n  rule b on x { }\n  const c = 1\n");
  CHECK(result.diagnostics.size() == 1);
  CHECK(result.module.declarations.size() == 1);
}

TEST_CASE("a statement with an error is left out, mended slips are errors too") {
  const std::string text = "rule a on x.y { set q = a && b; }\nrule b on x.y { set = 1 set p = 2 }\n";
  const ParseResult result = parse_text(text);
  CHECK_FALSE(result.ok());
  CHECK(result.diagnostics.size() == 3);
  CHECK(result.module.errors.size() == 3);
  REQUIRE(result.module.declarations.size() == 2);
  const auto& broken = std::get<ast::Rule>(result.module.declarations[1].node);
  CHECK(broken.body.statements.size() == 1);
  REQUIRE(broken.skipped.size() == 1);
  CHECK(result.module.source->text(broken.skipped[0]) == "set = 1 ");
}

TEST_CASE("the names of declarations that do not parse are known") {
  const ParseResult result =
      parse_text("fn f(x) = \nconst c : 2\nparam p: = 3\nrule r on = { }\nconst d = 1\n");
  CHECK(result.module.unparsed == std::vector<std::string>{"f", "c", "p"});
}
