#include <catch2/catch.hpp>

#include "parse_text.h"

using namespace krules;
using krules::test::Body;
using krules::test::parse_body;
using krules::test::parse_text;
using krules::test::shape;

namespace {

ParseResult parsed(const std::string& text) {
  ParseResult result = parse_text(text);
  INFO(text);
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

template <typename Node>
const Node& at(const Body& body, size_t index = 0) {
  REQUIRE(index < body.statements().size());
  const auto* node = std::get_if<Node>(&body.statements()[index].node);
  REQUIRE(node != nullptr);
  return *node;
}

template <typename Node>
const Node& step(const ParseResult& result, size_t index) {
  const auto& test = at<ast::Test>(result);
  REQUIRE(index < test.steps.size());
  const auto* node = std::get_if<Node>(&test.steps[index].node);
  REQUIRE(node != nullptr);
  return *node;
}

std::string shape_or(const ast::ExprPtr& expr) {
  return expr == nullptr ? "-" : shape(*expr);
}

}  // namespace

TEST_CASE("an emit that waits, and cancel") {
  const Body body = parse_body(
      "emit a.b after 2s\nemit a.b { x: 1 } on \"s\" after 1s * 2 ** n key \"off{i}\" with { k: 1 }\n"
      "emit a.b extra.request after 1s\nemit a.b payload key \"k\" after 5m\ncancel \"off\"\n"
      "cancel \"off\" on subject.peer");
  CHECK(shape_or(at<ast::Emit>(body, 0).clauses.after) == "2000000us");
  CHECK(at<ast::Emit>(body, 0).clauses.key == nullptr);
  CHECK(shape_or(at<ast::Emit>(body, 1).clauses.after) == "(* 1000000us (** 2 n))");
  CHECK(shape_or(at<ast::Emit>(body, 1).clauses.key) == "\"off{i}\"");
  CHECK(shape_or(at<ast::Emit>(body, 1).clauses.on) == "\"s\"");
  CHECK(shape_or(at<ast::Emit>(body, 2).payload) == "(. extra request)");
  CHECK(shape_or(at<ast::Emit>(body, 3).clauses.key) == "\"k\"");
  CHECK(shape_or(at<ast::Cancel>(body, 4).key) == "\"off\"");
  CHECK(at<ast::Cancel>(body, 4).clauses.on == nullptr);
  CHECK(shape_or(at<ast::Cancel>(body, 5).key) == "\"off\"");
  CHECK(shape_or(at<ast::Cancel>(body, 5).clauses.on) == "(. subject peer)");
}

TEST_CASE("outside calls") {
  const Body body = parse_body(
      "call http.post(\"https://x\", { body: payload }) reply api.replied timeout 5s retry 3 backoff 1s on "
      "payload.who with { order: f(1) }\n"
      "call notify() with { a: 1 } backoff 2 * s retry n + 1 reply \"api.{kind}\"\n"
      "call mail.send(to: subject.mail, payload.text,)\nstop");
  const auto& first = at<ast::CallAction>(body, 0);
  CHECK(first.action == "http.post");
  CHECK(body.result.module.source->text(first.action_span) == "http.post");
  REQUIRE(first.arguments.size() == 2);
  CHECK(shape_or(first.arguments[1].value) == "{\"body\":payload}");
  CHECK(shape_or(first.reply) == "\"api.replied\"");
  CHECK(shape_or(first.timeout) == "5000000us");
  CHECK(shape_or(first.retry) == "3");
  CHECK(shape_or(first.backoff) == "1000000us");
  CHECK(shape_or(first.clauses.on) == "(. payload who)");
  CHECK(shape_or(first.clauses.with) == "{\"order\":(f 1)}");
  const auto& second = at<ast::CallAction>(body, 1);
  CHECK(second.action == "notify");
  CHECK(second.arguments.empty());
  CHECK(shape_or(second.reply) == "\"api.{kind}\"");
  CHECK(shape_or(second.retry) == "(+ n 1)");
  CHECK(second.timeout == nullptr);
  const auto& third = at<ast::CallAction>(body, 2);
  REQUIRE(third.arguments.size() == 2);
  CHECK(third.arguments[0].name == "to");
  CHECK(third.reply == nullptr);
  at<ast::Stop>(body, 3);
}

TEST_CASE("rules that the clock fires") {
  const ParseResult result = parsed(
      "rule sweep every 5m of device:*, room:1 when x { stop }\n"
      "rule nightly at \"0 3 * * *\" in \"Europe/Rome\" { }\nrule plain\nat '0 * * * *'\nlet a = 1\n{ }\n"
      "every pause { }\nat times in zone of a:* { }\nrule two every (5m * 2) at \"1 1 * * *\" allow cycle "
      "\"w\" { }");
  const auto& sweep = at<ast::Rule>(result, 0);
  REQUIRE(sweep.triggers.size() == 1);
  CHECK(sweep.triggers[0].kind == ast::Trigger::Kind::kEvery);
  CHECK(shape_or(sweep.triggers[0].every) == "300000000us");
  CHECK(sweep.triggers[0].patterns.empty());
  REQUIRE(sweep.triggers[0].subjects.size() == 2);
  CHECK(sweep.triggers[0].subjects[0].text == "device:*");
  CHECK(result.module.source->text(sweep.triggers[0].span) == "every 5m of device:*, room:1");
  CHECK(sweep.head.size() == 1);
  const auto& nightly = at<ast::Rule>(result, 1).triggers.at(0);
  CHECK(nightly.kind == ast::Trigger::Kind::kAt);
  CHECK(shape_or(nightly.at) == "\"0 3 * * *\"");
  CHECK(shape_or(nightly.zone) == "\"Europe/Rome\"");
  CHECK(nightly.every == nullptr);
  CHECK(at<ast::Rule>(result, 2).triggers.at(0).zone == nullptr);
  CHECK(at<ast::Rule>(result, 3).name.empty());
  CHECK(result.module.source->text(at<ast::Rule>(result, 3).name_span) == "every");
  CHECK(shape_or(at<ast::Rule>(result, 3).triggers.at(0).every) == "pause");
  CHECK(shape_or(at<ast::Rule>(result, 4).triggers.at(0).at) == "times");
  CHECK(at<ast::Rule>(result, 5).triggers.size() == 2);
}

TEST_CASE("middleware and gates") {
  const ParseResult result = parsed(
      "## Doc.\nmiddleware guard on * of a:*, changed x when not (event matches \"error.*\") let y = 1 allow "
      "cycle \"ends\" {\n  try { next }\n  catch err { fail err.message }\n}\n"
      "gate limit(list: string = \"x\", a, b: int? = 3,) on api.* on b { stop }\n"
      "middleware bare() { if x { next } }\ngate plain { }");
  const auto& guard = at<ast::Wrapper>(result, 0);
  CHECK(guard.kind == ast::Wrapper::Kind::kMiddleware);
  CHECK(guard.name == "guard");
  CHECK(result.module.source->text(guard.head_span).ends_with("\"ends\""));
  CHECK(guard.triggers.size() == 2);
  CHECK(guard.head.size() == 2);
  CHECK(guard.allow_cycle == "ends");
  CHECK(guard.body.statements.size() == 1);
  CHECK(result.module.declarations[0].doc == "Doc.");
  const auto& limit = at<ast::Wrapper>(result, 1);
  CHECK(limit.kind == ast::Wrapper::Kind::kGate);
  REQUIRE(limit.parameters.size() == 3);
  CHECK(limit.parameters[0].name == "list");
  CHECK(limit.parameters[0].kind->kind == ast::Kind::kString);
  CHECK(shape_or(limit.parameters[0].default_value) == "\"x\"");
  CHECK_FALSE(limit.parameters[1].kind.has_value());
  CHECK(limit.parameters[1].default_value == nullptr);
  CHECK(limit.parameters[2].kind->optional);
  CHECK(limit.triggers.size() == 2);
  CHECK(at<ast::Wrapper>(result, 2).triggers.empty());
  CHECK(at<ast::Wrapper>(result, 3).name == "plain");
}

TEST_CASE("modules hold declarations") {
  const ParseResult result = parsed(
      "const before = 1\n## Letters.\nmodule letters(a: string, keep: duration = 7d) {\n  const k = 3\n"
      "  ## Inside.\n  rule put on dead { emit x.y }\n  on changed z { }\n  gate g on * { stop }\n"
      "  middleware m { next }\n  fn f(x) = x + a\n}\nmodule empty { }\nconst behind = 2");
  REQUIRE(result.module.declarations.size() == 4);
  const auto& module = at<ast::ModuleDecl>(result, 1);
  CHECK(module.name == "letters");
  CHECK(result.module.declarations[1].doc == "Letters.");
  REQUIRE(module.parameters.size() == 2);
  CHECK(module.parameters[1].name == "keep");
  REQUIRE(module.declarations.size() == 6);
  CHECK(std::get<ast::Rule>(module.declarations[1].node).name == "put");
  CHECK(module.declarations[1].doc == "Inside.");
  CHECK(std::get<ast::Wrapper>(module.declarations[4].node).name == "m");
  CHECK(at<ast::ModuleDecl>(result, 2).declarations.empty());
  CHECK(at<ast::Const>(result, 3).name == "behind");
}

TEST_CASE("use and secret") {
  const ParseResult result = parsed(
      "use std.circuit_breaker(threshold: 5, reset: 5m, 3) on api.* of a:* when x on b when y as breaker\n"
      "use std.retry\nuse my_gate() on *\nsecret api_key");
  const auto& breaker = at<ast::Use>(result, 0);
  CHECK(breaker.path == "std.circuit_breaker");
  CHECK(result.module.source->text(breaker.path_span) == "std.circuit_breaker");
  REQUIRE(breaker.arguments.size() == 3);
  CHECK(breaker.arguments[1].name == "reset");
  CHECK(shape_or(breaker.arguments[1].value) == "300000000us");
  CHECK(breaker.arguments[2].name.empty());
  CHECK(breaker.triggers.size() == 2);
  CHECK(breaker.head.size() == 2);
  CHECK(breaker.as_name == "breaker");
  CHECK(result.module.source->text(breaker.as_span) == "breaker");
  CHECK(at<ast::Use>(result, 1).path == "std.retry");
  CHECK(at<ast::Use>(result, 1).triggers.empty());
  CHECK(at<ast::Use>(result, 2).triggers.size() == 1);
  CHECK(at<ast::Secret>(result, 3).name == "api_key");
}

TEST_CASE("an `on` with a body behind a use is a rule") {
  const ParseResult result = parsed(
      "use std.letters\non a.b { stop }\nuse g on api.*\non x when y == { a: 1 } and z in { b: 2 } { }\n"
      "use g on api.* when match k { 1 -> true }\nuse h on q\nevery 5m { }\nuse g on m of n:*, o # { no }\n"
      "rule r on s { }");
  REQUIRE(result.module.declarations.size() == 9);
  CHECK(at<ast::Use>(result, 0).triggers.empty());
  at<ast::Rule>(result, 1);
  CHECK(at<ast::Use>(result, 2).triggers.size() == 1);
  CHECK(at<ast::Rule>(result, 3).head.size() == 1);
  CHECK(at<ast::Use>(result, 4).head.size() == 1);
  CHECK(at<ast::Use>(result, 5).triggers.size() == 1);
  at<ast::Rule>(result, 6);
  CHECK(at<ast::Use>(result, 7).triggers.at(0).subjects.size() == 2);
}

TEST_CASE("tests: what there is and what happens") {
  const ParseResult result = parsed(
      "test \"an order ships\" {\n  param debug = true\n  let id = \"order-{1}\"\n  given id { total: 10 }\n"
      "  given \"a\" { x: 1 } ext { tags: [] }\n  given \"b\" ext { y: 2 }\n  given \"c\" props\n"
      "  send order.submitted on id\n  send \"x.{k}\" { a: 1 } with { topic: \"t\" } on id\n"
      "  reply http.post { ok: true }\n  advance 2s\n}");
  const auto& test = at<ast::Test>(result);
  CHECK(test.name == "an order ships");
  CHECK(result.module.source->text(test.name_span) == "\"an order ships\"");
  REQUIRE(test.steps.size() == 10);
  CHECK(step<ast::SetParam>(result, 0).name == "debug");
  CHECK(step<ast::Let>(result, 1).name == "id");
  CHECK(shape_or(step<ast::Given>(result, 2).subject) == "id");
  CHECK(shape_or(step<ast::Given>(result, 2).properties) == "{\"total\":10}");
  CHECK(shape_or(step<ast::Given>(result, 3).extended) == "{\"tags\":[]}");
  CHECK(step<ast::Given>(result, 4).properties == nullptr);
  CHECK(shape_or(step<ast::Given>(result, 4).extended) == "{\"y\":2}");
  CHECK(shape_or(step<ast::Given>(result, 5).properties) == "props");
  CHECK(shape_or(step<ast::Send>(result, 6).type) == "\"order.submitted\"");
  CHECK(step<ast::Send>(result, 6).payload == nullptr);
  CHECK(shape_or(step<ast::Send>(result, 7).payload) == "{\"a\":1}");
  CHECK(shape_or(step<ast::Send>(result, 7).clauses.with) == "{\"topic\":\"t\"}");
  CHECK(step<ast::Reply>(result, 8).action == "http.post");
  CHECK(shape_or(step<ast::Reply>(result, 8).answer) == "{\"ok\":true}");
  CHECK(shape_or(step<ast::Advance>(result, 9).by) == "2000000us");
  CHECK(result.module.source->text(test.steps[9].span) == "advance 2s");
}

TEST_CASE("tests: what is expected") {
  const ParseResult result = parsed(
      "test 't' {\n  expect emitted order.shipped on \"o\"\n  expect not emitted error.*\n"
      "  expect emitted \"a b\" { x: 1 } times 2 on s\n  expect emitted x.y found times n + 1\n"
      "  expect called http.post\n  expect not called http.post { url: \"u\" } times 3\n"
      "  expect failed take_payment\n  expect not failed \"file:a.b\"\n"
      "  expect subject(\"o\").status == \"shipped\"\n  expect not x == 1\n  expect emitted == 3\n"
      "  expect failed in [1]\n}");
  CHECK(step<ast::ExpectEmitted>(result, 0).type.text == "order.shipped");
  CHECK_FALSE(step<ast::ExpectEmitted>(result, 0).negated);
  CHECK(shape_or(step<ast::ExpectEmitted>(result, 0).on) == "\"o\"");
  CHECK(step<ast::ExpectEmitted>(result, 1).negated);
  CHECK(step<ast::ExpectEmitted>(result, 1).type.is_glob);
  CHECK(step<ast::ExpectEmitted>(result, 1).payload == nullptr);
  CHECK(step<ast::ExpectEmitted>(result, 2).type.text == "a b");
  CHECK(shape_or(step<ast::ExpectEmitted>(result, 2).payload) == "{\"x\":1}");
  CHECK(shape_or(step<ast::ExpectEmitted>(result, 2).times) == "2");
  CHECK(shape_or(step<ast::ExpectEmitted>(result, 2).on) == "s");
  CHECK(shape_or(step<ast::ExpectEmitted>(result, 3).payload) == "found");
  CHECK(shape_or(step<ast::ExpectEmitted>(result, 3).times) == "(+ n 1)");
  CHECK(step<ast::ExpectCalled>(result, 4).action == "http.post");
  CHECK(step<ast::ExpectCalled>(result, 5).negated);
  CHECK(shape_or(step<ast::ExpectCalled>(result, 5).arguments) == "{\"url\":\"u\"}");
  CHECK(shape_or(step<ast::ExpectCalled>(result, 5).times) == "3");
  CHECK(step<ast::ExpectFailed>(result, 6).rule == "take_payment");
  CHECK(step<ast::ExpectFailed>(result, 7).rule == "file:a.b");
  CHECK(step<ast::ExpectFailed>(result, 7).negated);
  CHECK(shape_or(step<ast::ExpectTrue>(result, 8).condition) ==
        "(== (. (subject \"o\") status) \"shipped\")");
  CHECK(shape_or(step<ast::ExpectTrue>(result, 9).condition) == "(not (== x 1))");
  CHECK(shape_or(step<ast::ExpectTrue>(result, 10).condition) == "(== emitted 3)");
  CHECK(shape_or(step<ast::ExpectTrue>(result, 11).condition) == "(in failed [1])");
}

TEST_CASE("the words of these parts are free behind a dot, as keys, as targets, in longer types") {
  for (const char* word :
       {"advance", "after",      "at",   "backoff", "call",  "cancel", "every", "expect", "gate",    "given",
        "key",     "middleware", "next", "reply",   "retry", "secret", "send",  "test",   "timeout", "use"}) {
    INFO(word);
    const std::string w = word;
    parse_body("set " + w + " = payload." + w + " + subject." + w + "\nset { " + w + ": 1 }\nset ext." + w +
               " = { " + w + ": f(" + w + ": 1) }\ndelete " + w + "\nemit " + w + ".done { payload." + w +
               " }\nlog info \"x\" { " + w + ": 2 }");
    parsed("on " + w + ".*, x." + w + " of " + w + ":1 when payload." + w + " == 1 { }");
    parsed("on changed \"" + w + "\" { }");
    CHECK_FALSE(parse_text("const " + w + " = 1").ok());
  }
  parsed("const module = 1\nfn pending(times) = module + times\non module { emit module let ext = emitted }");
}
