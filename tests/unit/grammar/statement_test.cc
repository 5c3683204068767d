#include <catch2/catch.hpp>

#include "parse_text.h"

using namespace krules;
using krules::test::Body;
using krules::test::parse_body;
using krules::test::shape;

namespace {

template <typename Node>
const Node& at(const Body& body, size_t index) {
  REQUIRE(index < body.statements().size());
  const auto* node = std::get_if<Node>(&body.statements()[index].node);
  REQUIRE(node != nullptr);
  return *node;
}

}  // namespace

TEST_CASE("line ends mean nothing between statements") {
  const Body body = parse_body("set x = subject.total\nset y = 2 set z = a stop");
  REQUIRE(body.statements().size() == 4);
  CHECK(shape(*at<ast::Set>(body, 0).value) == "(. subject total)");
  CHECK(shape(*at<ast::Set>(body, 1).value) == "2");
  CHECK(shape(*at<ast::Set>(body, 2).value) == "a");
}

TEST_CASE("set: targets") {
  const Body body = parse_body(
      "set status = 1 set on = true set address.city = \"Rome\" set ext.tags = [] set meta.k = 2\n"
      "set \"field{i}\" = i set \"cpu-load\" = 3 set ext[\"a b\"] = 4 set a[\"b c\"].d = 5 set 'raw' = 6\n"
      "set external = 7 set ext.rule.when = 8");
  CHECK(shape(*at<ast::Set>(body, 0).target.name) == "\"status\"");
  CHECK(shape(*at<ast::Set>(body, 1).target.name) == "\"on\"");
  CHECK(shape(*at<ast::Set>(body, 2).target.name) == "\"address\"");
  CHECK(at<ast::Set>(body, 2).target.path == std::vector<std::string>{"city"});
  CHECK(at<ast::Set>(body, 3).target.kind == ast::Target::Kind::kExtended);
  CHECK(shape(*at<ast::Set>(body, 3).target.name) == "\"tags\"");
  CHECK(at<ast::Set>(body, 4).target.kind == ast::Target::Kind::kMeta);
  CHECK(shape(*at<ast::Set>(body, 5).target.name) == "\"field{i}\"");
  CHECK(shape(*at<ast::Set>(body, 6).target.name) == "\"cpu-load\"");
  CHECK(shape(*at<ast::Set>(body, 7).target.name) == "\"a b\"");
  CHECK(at<ast::Set>(body, 7).target.kind == ast::Target::Kind::kExtended);
  CHECK(at<ast::Set>(body, 8).target.path == std::vector<std::string>{"b c", "d"});
  CHECK(at<ast::Set>(body, 10).target.kind == ast::Target::Kind::kProperty);
  CHECK(shape(*at<ast::Set>(body, 11).target.name) == "\"rule\"");
  CHECK(at<ast::Set>(body, 11).target.path == std::vector<std::string>{"when"});
}

TEST_CASE("set: operators") {
  const Body body = parse_body(
      "set a = 1 set a += 1 set a -= 1 set a *= 1 set a ++= 1 set a "
      "?"
      "?= 1 set a+=1 from 0");
  CHECK(at<ast::Set>(body, 0).op == ast::AssignOp::kAssign);
  CHECK(at<ast::Set>(body, 1).op == ast::AssignOp::kAdd);
  CHECK(at<ast::Set>(body, 2).op == ast::AssignOp::kSubtract);
  CHECK(at<ast::Set>(body, 3).op == ast::AssignOp::kMultiply);
  CHECK(at<ast::Set>(body, 4).op == ast::AssignOp::kAppend);
  CHECK(at<ast::Set>(body, 5).op == ast::AssignOp::kIfNull);
  CHECK(at<ast::Set>(body, 5).from == nullptr);
  CHECK(shape(*at<ast::Set>(body, 6).from) == "0");
}

TEST_CASE("trailing clauses stand in any order") {
  const Body body = parse_body(
      "set a = 1 on \"s\" muted with { r: 1 } direct\nset a += 1 direct with payload from 2 on f(x)\n"
      "set { a: 1, payload.b } muted\ndelete a on \"t\" with { r: 2 }\ndelete subject muted\n"
      "emit a.b { c: 1 } with {} on \"u\"");
  const ast::Set& first = at<ast::Set>(body, 0);
  CHECK(shape(*first.value) == "1");
  CHECK(shape(*first.clauses.on) == "\"s\"");
  CHECK(shape(*first.clauses.with) == "{\"r\":1}");
  CHECK(first.clauses.muted);
  CHECK(first.clauses.direct);
  CHECK(body.result.module.source->text(first.clauses.span) == "on \"s\" muted with { r: 1 } direct");
  const ast::Set& second = at<ast::Set>(body, 1);
  CHECK(second.clauses.direct);
  CHECK_FALSE(second.clauses.muted);
  CHECK(shape(*second.clauses.with) == "payload");
  CHECK(shape(*second.clauses.on) == "(f x)");
  CHECK(shape(*second.from) == "2");
  CHECK(shape(*at<ast::SetMany>(body, 2).map) == "{\"a\":1 path \"b\":(. payload b)}");
  CHECK(at<ast::SetMany>(body, 2).clauses.muted);
  CHECK(shape(*at<ast::Delete>(body, 3).clauses.on) == "\"t\"");
  CHECK(at<ast::DeleteSubject>(body, 4).clauses.muted);
  CHECK(shape(*at<ast::Emit>(body, 5).clauses.on) == "\"u\"");
  CHECK(shape(*at<ast::Emit>(body, 5).clauses.with) == "{}");
}

TEST_CASE("delete: targets") {
  const Body body =
      parse_body("delete temp delete ext.k delete subject delete \"subject\" delete set delete subjects");
  CHECK(shape(*at<ast::Delete>(body, 0).target.name) == "\"temp\"");
  CHECK(at<ast::Delete>(body, 1).target.kind == ast::Target::Kind::kExtended);
  at<ast::DeleteSubject>(body, 2);
  CHECK(shape(*at<ast::Delete>(body, 3).target.name) == "\"subject\"");
  CHECK(shape(*at<ast::Delete>(body, 4).target.name) == "\"set\"");
  CHECK(shape(*at<ast::Delete>(body, 5).target.name) == "\"subjects\"");
}

TEST_CASE("emit: type and payload") {
  const Body body = parse_body(
      "emit a.b emit a.b { x: 1 } emit a.b payload emit a.b extra.request emit \"alert.{kind}\" (merge(a, "
      "b))\n"
      "emit set.done emit urn:x/y@z-1 emit a.b xs[0].get(1) if x { emit a.b } emit single stop");
  CHECK(shape(*at<ast::Emit>(body, 0).type) == "\"a.b\"");
  CHECK(at<ast::Emit>(body, 0).payload == nullptr);
  CHECK(shape(*at<ast::Emit>(body, 1).payload) == "{\"x\":1}");
  CHECK(shape(*at<ast::Emit>(body, 2).payload) == "payload");
  CHECK(shape(*at<ast::Emit>(body, 3).payload) == "(. extra request)");
  CHECK(shape(*at<ast::Emit>(body, 4).type) == "\"alert.{kind}\"");
  CHECK(shape(*at<ast::Emit>(body, 4).payload) == "(merge a b)");
  CHECK(shape(*at<ast::Emit>(body, 5).type) == "\"set.done\"");
  CHECK(shape(*at<ast::Emit>(body, 6).type) == "\"urn:x/y@z-1\"");
  CHECK(shape(*at<ast::Emit>(body, 7).payload) == "(.get ([] xs 0) 1)");
  CHECK(at<ast::If>(body, 8).then_block.statements.size() == 1);
  CHECK(shape(*at<ast::Emit>(body, 9).type) == "\"single\"");
  at<ast::Stop>(body, 10);
}

TEST_CASE("if, for, try, as, fail, log, let") {
  const Body body = parse_body(
      "if a { stop } else if b { stop } else { stop stop }\n"
      "for x in list { } for k, v in payload.map { stop }\n"
      "try { fail \"x\" } catch err { stop }\n"
      "as \"dlq-{uuid()}\" { stop }\n"
      "fail cascade \"why\" fail err.message\n"
      "log info \"shipped {subject}\" { total: 1 } log warn msg log debug \"x\" payload log error \"e\"\n"
      "let x = 1 if { a: 1 }.a == 1 { }");
  const ast::If& branch = at<ast::If>(body, 0);
  CHECK(branch.has_else);
  REQUIRE(branch.else_block.statements.size() == 1);
  const auto& inner = std::get<ast::If>(branch.else_block.statements[0].node);
  CHECK(shape(*inner.condition) == "b");
  CHECK(inner.else_block.statements.size() == 2);
  CHECK(at<ast::For>(body, 1).first == "x");
  CHECK(at<ast::For>(body, 1).second.empty());
  CHECK(at<ast::For>(body, 2).second == "v");
  CHECK(shape(*at<ast::For>(body, 2).sequence) == "(. payload map)");
  CHECK(at<ast::For>(body, 2).body.statements.size() == 1);
  CHECK(at<ast::Try>(body, 3).error_name == "err");
  CHECK(std::holds_alternative<ast::Fail>(at<ast::Try>(body, 3).body.statements.at(0).node));
  CHECK(std::holds_alternative<ast::Stop>(at<ast::Try>(body, 3).handler.statements.at(0).node));
  CHECK(shape(*at<ast::As>(body, 4).subject) == "\"dlq-{(uuid)}\"");
  CHECK(at<ast::Fail>(body, 5).cascade);
  CHECK_FALSE(at<ast::Fail>(body, 6).cascade);
  CHECK(at<ast::Log>(body, 7).level == ast::LogLevel::kInfo);
  CHECK(shape(*at<ast::Log>(body, 7).data) == "{\"total\":1}");
  CHECK(at<ast::Log>(body, 8).data == nullptr);
  CHECK(shape(*at<ast::Log>(body, 9).data) == "payload");
  CHECK(at<ast::Log>(body, 10).level == ast::LogLevel::kError);
  CHECK(at<ast::Let>(body, 11).name == "x");
  CHECK(shape(*at<ast::If>(body, 12).condition) == "(== (. {\"a\":1} a) 1)");
  CHECK_FALSE(at<ast::If>(body, 12).has_else);
}

TEST_CASE("else belongs to the nearest if, and blocks nest") {
  const Body body =
      parse_body("if a { if b { stop } } else { for x in y { if c { stop } else { fail \"x\" } } }");
  const ast::If& outer = at<ast::If>(body, 0);
  CHECK(outer.has_else);
  CHECK_FALSE(std::get<ast::If>(outer.then_block.statements.at(0).node).has_else);
  const auto& loop = std::get<ast::For>(outer.else_block.statements.at(0).node);
  CHECK(std::get<ast::If>(loop.body.statements.at(0).node).has_else);
}

TEST_CASE("statement spans end with their last token") {
  const Body body = parse_body("  set a = 1  # note\n  emit x.y  \n  if a { stop }  ");
  const Source& source = *body.result.module.source;
  CHECK(source.text(body.statements().at(0).span) == "set a = 1");
  CHECK(source.text(body.statements().at(1).span) == "emit x.y");
  CHECK(source.text(body.statements().at(2).span) == "if a { stop }");
}
