#include <catch2/catch.hpp>

#include "parse_text.h"

using namespace krules;
using krules::test::parse_text;
using krules::test::shape;

namespace {

ParseResult parsed(const std::string& text) {
  ParseResult result = parse_text(text);
  for (const auto& error : test::errors_of(result)) UNSCOPED_INFO(error);
  REQUIRE(result.ok());
  return result;
}

template <typename Node>
const Node& at(const ParseResult& result, size_t index = 0) {
  REQUIRE(index < result.module.declarations.size());
  const auto* node = std::get_if<Node>(&result.module.declarations[index].node);
  REQUIRE(node != nullptr);
  return *node;
}

/// "changed a b of x" and the like, for every group.
std::vector<std::string> triggers(const std::string& head) {
  const ParseResult result = parsed(head + " { }");
  std::vector<std::string> out;
  for (const ast::Trigger& trigger : at<ast::Rule>(result).triggers) {
    static constexpr const char* kNames[] = {"event", "changed", "deleted", "subject deleted"};
    std::string text = kNames[static_cast<int>(trigger.kind)];
    for (const auto& pattern : trigger.patterns) text += " " + pattern.text;
    if (!trigger.subjects.empty()) text += " of";
    for (const auto& subject : trigger.subjects) text += " " + subject.text;
    out.push_back(text);
  }
  return out;
}

using Strings = std::vector<std::string>;

}  // namespace

TEST_CASE("a rule with all its parts") {
  const ParseResult result = parsed(
      "## Doc of it.\n##   Second.\nrule a\non order.submitted\nlet n = subject.n ?? 0\nwhen n > 0 when x\n"
      "allow cycle \"ends\"\n{\n  stop\n}\n");
  const auto& rule = at<ast::Rule>(result);
  CHECK(rule.name == "a");
  CHECK(result.module.source->text(rule.name_span) == "a");
  CHECK(result.module.source->text(rule.head_span).starts_with("rule a"));
  CHECK(result.module.source->text(rule.head_span).ends_with("\"ends\""));
  REQUIRE(rule.head.size() == 3);
  CHECK(std::get<ast::Let>(rule.head[0]).name == "n");
  CHECK(shape(*std::get<ast::When>(rule.head[1]).condition) == "(> n 0)");
  CHECK(rule.allow_cycle == "ends");
  CHECK(rule.body.statements.size() == 1);
  CHECK(result.module.source->text(rule.body.span) == "{\n  stop\n}");
  CHECK(result.module.declarations[0].doc == "Doc of it.\n  Second.");
}

TEST_CASE("a rule without a name points at its `on`") {
  const ParseResult result = parsed("on a.b { }");
  CHECK(at<ast::Rule>(result).name.empty());
  CHECK(result.module.source->text(at<ast::Rule>(result).name_span) == "on");
}

TEST_CASE("event and subject patterns") {
  CHECK(triggers("on order.submitted") == Strings{"event order.submitted"});
  CHECK(triggers("on *") == Strings{"event *"});
  CHECK(triggers("on a.*, b.?x of dev:*, room:1") == Strings{"event a.* b.?x of dev:* room:1"});
  CHECK(triggers("on a.* of dev:*  on b of room:*") == Strings{"event a.* of dev:*", "event b of room:*"});
  CHECK(triggers("on \"my event\", 'x y*' of \"sub ject\"") == Strings{"event my event x y* of sub ject"});
  CHECK(triggers("on urn:a/b@c-1.2") == Strings{"event urn:a/b@c-1.2"});
  CHECK(triggers("on set.done, when-x, changed.x, subject-deleted of 10.0.0.1") ==
        Strings{"event set.done when-x changed.x subject-deleted of 10.0.0.1"});
  CHECK(triggers("on \"changed\"") == Strings{"event changed"});
  const ParseResult result = parsed("on a.*, a.b { }");
  CHECK(at<ast::Rule>(result).triggers[0].patterns[0].is_glob);
  CHECK_FALSE(at<ast::Rule>(result).triggers[0].patterns[1].is_glob);
  CHECK(result.module.source->text(at<ast::Rule>(result).triggers[0].span) == "a.*, a.b");
}

TEST_CASE("property events") {
  CHECK(triggers("on changed cpu, memory of device:*") == Strings{"changed cpu memory of device:*"});
  CHECK(triggers("on changed cpu_*") == Strings{"changed cpu_*"});
  CHECK(triggers("on changed cpu-load") == Strings{"changed cpu-load"});
  CHECK(triggers("on changed") == Strings{"changed"});
  CHECK(triggers("on changed of device:*") == Strings{"changed of device:*"});
  CHECK(triggers("on deleted temp_token") == Strings{"deleted temp_token"});
  CHECK(triggers("on subject deleted") == Strings{"subject deleted"});
  CHECK(triggers("on subject deleted of a:*") == Strings{"subject deleted of a:*"});
  CHECK(triggers("on changed when x == 1") == Strings{"changed"});
  CHECK(triggers("on changed \"a b\"") == Strings{"changed a b"});
  CHECK(triggers("on changed subject") == Strings{"changed subject"});
}

TEST_CASE("after a comma `changed` and `deleted` begin a new group") {
  CHECK(triggers("on changed a, deleted b") == Strings{"changed a", "deleted b"});
  CHECK(triggers("on changed a, b, deleted c, subject deleted") ==
        Strings{"changed a b", "deleted c", "subject deleted"});
  CHECK(triggers("on x.y, changed a") == Strings{"event x.y", "changed a"});
  CHECK(triggers("on changed a of x:*, deleted b of y:*") == Strings{"changed a of x:*", "deleted b of y:*"});
}

TEST_CASE("an `of` at the end holds for the groups before it that have none") {
  CHECK(triggers("on changed a, deleted b of x:*") == Strings{"changed a of x:*", "deleted b of x:*"});
  CHECK(triggers("on changed a of y:*, deleted b, subject deleted of x:*") ==
        Strings{"changed a of y:*", "deleted b of x:*", "subject deleted of x:*"});
  CHECK(triggers("on changed a of y:*, deleted b") == Strings{"changed a of y:*", "deleted b"});
  CHECK(triggers("on changed a on b.c of x:*") == Strings{"changed a", "event b.c of x:*"});
}

TEST_CASE("const, param, fn") {
  const ParseResult result = parsed(
      "const limit = 3 param debug: bool = false param zone: string param t: duration? = null\n"
      "fn is_premium() = subject.tier == \"premium\" fn band(x, y) = if x > 90 then \"a\" else \"b\"");
  CHECK(shape(*at<ast::Const>(result, 0).value) == "3");
  CHECK(at<ast::Param>(result, 1).kind.kind == ast::Kind::kBool);
  CHECK(shape(*at<ast::Param>(result, 1).default_value) == "false");
  CHECK(at<ast::Param>(result, 2).default_value == nullptr);
  CHECK(at<ast::Param>(result, 2).kind.kind == ast::Kind::kString);
  CHECK(at<ast::Param>(result, 3).kind.optional);
  CHECK(at<ast::Fn>(result, 4).parameters.empty());
  REQUIRE(at<ast::Fn>(result, 5).parameters.size() == 2);
  CHECK(at<ast::Fn>(result, 5).parameters[1].name == "y");
  CHECK(at<ast::Fn>(result, 5).name == "band");
}

TEST_CASE("input and output") {
  const ParseResult result = parsed(
      "input order.submitted { total: number, items: list, coupon: string?, \"x y\": any, }\n"
      "input login.failed { src: string } on \"ip:{payload.src}\"\ninput free.form\ninput empty.one {}\n"
      "output order.shipped, alert.*");
  const auto& first = at<ast::Input>(result, 0);
  CHECK(first.type.text == "order.submitted");
  CHECK(first.has_fields);
  REQUIRE(first.fields.size() == 4);
  CHECK(first.fields[2].kind.optional);
  CHECK(first.fields[2].kind.kind == ast::Kind::kString);
  CHECK(first.fields[3].name == "x y");
  CHECK(first.subject == nullptr);
  CHECK(shape(*at<ast::Input>(result, 1).subject) == "\"ip:{(. payload src)}\"");
  CHECK_FALSE(at<ast::Input>(result, 2).has_fields);
  CHECK(at<ast::Input>(result, 3).has_fields);
  REQUIRE(at<ast::Output>(result, 4).types.size() == 2);
  CHECK(at<ast::Output>(result, 4).types[1].is_glob);
}

TEST_CASE("a rule without a name may follow an input") {
  const ParseResult result = parsed(
      "input a.b { x: int }\non a.b { stop }\ninput c.d\non \"c d\" when x { stop }\n"
      "input e.f on payload.src\non changed cpu { stop }\ninput g.h\non g.h, i.j { stop }\ninput k.l on "
      "subject deleted { }");
  REQUIRE(result.module.declarations.size() == 10);
  CHECK(at<ast::Input>(result, 0).subject == nullptr);
  at<ast::Rule>(result, 1);
  CHECK(at<ast::Input>(result, 2).subject == nullptr);
  at<ast::Rule>(result, 3);
  CHECK(shape(*at<ast::Input>(result, 4).subject) == "(. payload src)");
  at<ast::Rule>(result, 5);
  at<ast::Rule>(result, 7);
  CHECK(at<ast::Input>(result, 8).subject == nullptr);
  at<ast::Rule>(result, 9);
}

TEST_CASE("documentation is what stands directly above") {
  const ParseResult result = parsed(
      "## file header\n\n## one\nconst a = 1 ## not doc\nconst b = 2\n# plain\nconst c = 3\n### ruler\n## "
      "yes\n"
      "const d = 4\n## far\n\nconst e = 5\n  ##\tindented \n  const f = 6\r\n## crlf\r\nconst g = 7\r\n");
  const auto doc = [&](size_t i) { return result.module.declarations.at(i).doc; };
  CHECK(doc(0) == "one");
  CHECK(doc(1).empty());
  CHECK(doc(2).empty());
  CHECK(doc(3) == "yes");
  CHECK(doc(4).empty());
  CHECK(doc(5) == "\tindented");
  CHECK(doc(6) == "crlf");
}

TEST_CASE("every comment is kept once, in order") {
  const ParseResult result = parsed("# a\non x.y { # b\n  set m = f(x, # c\n (y)) # d\r\n} # e");
  Strings texts;
  for (const auto& comment : result.module.comments)
    texts.emplace_back(result.module.source->text(comment.span));
  CHECK(texts == Strings{"# a", "# b", "# c", "# d", "# e"});
}

TEST_CASE("line ends, marks and empty files") {
  CHECK(parsed("").module.declarations.empty());
  CHECK(parsed("  # only a comment").module.declarations.empty());
  CHECK(parsed("\xEF\xBB\xBFrule a on b.c\r\n{\r\n\tset x = 1\r\n}\r\n").module.declarations.size() == 1);
}

TEST_CASE("words of the language are reserved") {
  for (const char* word :
       {"rule", "when", "matches", "middleware", "key", "cascade", "input", "throttle", "on"}) {
    CHECK(is_reserved_word(word));
  }
  for (const char* word :
       {"", "rules", "subject", "payload", "changed", "info", "Rule", "middlewares", "ke"}) {
    CHECK_FALSE(is_reserved_word(word));
  }
}
