#include <catch2/catch.hpp>

#include "parse_text.h"

using krules::test::parse_text;

TEST_CASE("the tree as text: one node a line with its place") {
  const auto result = parse_text(
      "## Doc.\nrule a on b.c of d:* when x {\n  set n += 1 from 0 muted\n  emit e.f { y: 1 }\n}\n");
  CHECK(krules::dump_tree(result.module) ==
        "rule name=\"a\" doc=\"Doc.\" @2:1\n"
        "  on: event pattern=\"b.c\" of=\"d:*\" @2:11\n"
        "  head: when @2:22\n"
        "    condition: name name=\"x\" @2:27\n"
        "  body: block @2:29\n"
        "    statement: set operator=\"+=\" clause=\"muted\" @3:3\n"
        "      name: string text=\"n\" @3:7\n"
        "      value: int value=\"1\" @3:12\n"
        "      from: int value=\"0\" @3:19\n"
        "    statement: emit @4:3\n"
        "      type: string text=\"e.f\" @4:8\n"
        "      payload: map @4:12\n"
        "        entry: entry @4:14\n"
        "          key: string text=\"y\" @4:14\n"
        "          value: int value=\"1\" @4:17\n");
}

TEST_CASE("the tree as JSON") {
  const auto result = parse_text("const a = \"q\\\"\"");
  CHECK(krules::dump_json(result.module) ==
        "{\"file\":\"test.krules\",\"declarations\":[{\"node\":\"const\",\"line\":1,\"column\":1,\"end_"
        "line\":1,"
        "\"end_column\":16,\"attributes\":[{\"name\":\"name\",\"value\":\"a\"}],\"children\":[{\"node\":"
        "\"string\","
        "\"role\":\"value\",\"line\":1,\"column\":11,\"end_line\":1,\"end_column\":16,\"attributes\":"
        "[{\"name\":\"text\",\"value\":\"q\\\"\"}]}]}]}");
}

TEST_CASE("every construct can be dumped") {
  const auto result = parse_text(
      "const c = match a { 1 | 2 -> if x then 1.5 else 5m, _ -> [null, true, ...b] }\n"
      "fn f(x) = x.map(y => -y)[0].z + g(n: 'r') param p: int? = 3\ninput i.j { k: string } on "
      "\"{l}\"\noutput m.*\n"
      "on deleted q let r = 1 allow cycle \"w\" { set { a: 1, ...b } set ext.t.u = 1 set meta.v = 2 }\n"
      "on subject deleted { delete ext.w delete subject for k, v in m { log warn \"x{k}\" { v } } try { fail "
      "\"f\" }\n"
      "catch e { fail cascade \"g\" } as \"s\" { stop } if a { let b = 1 } else { emit \"t{u}\" p with {} on "
      "\"z\" } }\n");
  // The spread in `set { }` is an error; that rule is left out, the others are whole.
  CHECK(result.diagnostics.size() == 1);
  const std::string tree = krules::dump_tree(result.module);
  for (const char* word : {"match",
                           "otherwise",
                           "if value",
                           "float",
                           "duration",
                           "list",
                           "null",
                           "true",
                           "spread",
                           "lambda",
                           "unary",
                           "index",
                           "method call",
                           "argument n",
                           "raw string",
                           "param",
                           "kind=\"int?\"",
                           "default",
                           "input",
                           "field",
                           "subject:",
                           "output",
                           "subject deleted",
                           "delete of=\"ext\"",
                           "delete subject",
                           "for name=\"k\" name=\"v\"",
                           "log level=\"warn\"",
                           "try error=\"e\"",
                           "fail cascade",
                           "as @",
                           "stop",
                           "else: block",
                           "let name=\"b\"",
                           "part: text",
                           "with: map"}) {
    INFO(word);
    CHECK(tree.find(word) != std::string::npos);
  }
}

TEST_CASE("the parts around rules as text") {
  const auto result = parse_text(
      "middleware m(a: int = 3, b) on x { next }\ngate g { call h.p(1, k: 2) reply r.s timeout 5s retry 3 "
      "backoff "
      "1s\n  cancel \"k\" emit y after 2s key \"k\" }\nrule t every 5m of d:* { }\nrule n at \"0 3 * * *\" "
      "in "
      "\"UTC\" { }\nmodule o(c: string) { fn f() = 1 }\nuse o.p(c: 1) on z when w as q\nsecret s\n");
  CHECK(krules::dump_tree(result.module) ==
        "middleware name=\"m\" @1:1\n"
        "  parameter: parameter name=\"a\" kind=\"int\" @1:14\n"
        "    default: int value=\"3\" @1:23\n"
        "  parameter: parameter name=\"b\" @1:26\n"
        "  on: event pattern=\"x\" @1:32\n"
        "  body: block @1:34\n"
        "    statement: next @1:36\n"
        "gate name=\"g\" @2:1\n"
        "  body: block @2:8\n"
        "    statement: call action action=\"h.p\" @2:10\n"
        "      argument: int value=\"1\" @2:19\n"
        "      argument k: int value=\"2\" @2:25\n"
        "      reply: string text=\"r.s\" @2:34\n"
        "      timeout: duration microseconds=\"5000000\" @2:46\n"
        "      retry: int value=\"3\" @2:55\n"
        "      backoff: duration microseconds=\"1000000\" @2:65\n"
        "    statement: cancel @3:3\n"
        "      key: string text=\"k\" @3:10\n"
        "    statement: emit @3:14\n"
        "      type: string text=\"y\" @3:19\n"
        "      after: duration microseconds=\"2000000\" @3:27\n"
        "      key: string text=\"k\" @3:34\n"
        "rule name=\"t\" @4:1\n"
        "  on: every of=\"d:*\" @4:8\n"
        "    every: duration microseconds=\"300000000\" @4:14\n"
        "  body: block @4:24\n"
        "rule name=\"n\" @5:1\n"
        "  on: at @5:8\n"
        "    at: string text=\"0 3 * * *\" @5:11\n"
        "    zone: string text=\"UTC\" @5:26\n"
        "  body: block @5:32\n"
        "module name=\"o\" @6:1\n"
        "  parameter: parameter name=\"c\" kind=\"string\" @6:10\n"
        "  declaration: fn name=\"f\" @6:23\n"
        "    body: int value=\"1\" @6:32\n"
        "use path=\"o.p\" as=\"q\" @7:1\n"
        "  argument c: int value=\"1\" @7:12\n"
        "  on: event pattern=\"z\" @7:18\n"
        "  head: when @7:20\n"
        "    condition: name name=\"w\" @7:25\n"
        "secret name=\"s\" @8:1\n");
}

TEST_CASE("tests as text, and a step as JSON") {
  const auto result = parse_text(
      "test \"t\" { param p = 1 let a = 2 given \"s\" { x: 1 } ext e send b.c on \"s\" advance 2s reply h.p "
      "r "
      "expect emitted d.* m on \"s\" times 2 expect not called h.p expect failed q expect z }");
  const std::string tree = krules::dump_tree(result.module);
  for (const char* line :
       {"test name=\"t\" @1:1\n", "  step: param name=\"p\" @1:12\n", "  step: let name=\"a\"",
        "  step: given @", "    properties: map @", "    extended: name name=\"e\"", "  step: send @",
        "    type: string text=\"b.c\"", "  step: advance @", "    by: duration",
        "  step: reply action=\"h.p\"", "    answer: name name=\"r\"", "  step: expect emitted type=\"d.*\"",
        "    payload: name name=\"m\"", "    times: int value=\"2\"",
        "  step: expect not called action=\"h.p\"", "  step: expect failed rule=\"q\"", "  step: expect @",
        "    condition: name name=\"z\""}) {
    INFO(line);
    CHECK_THAT(tree, Catch::Contains(line));
  }
  CHECK(
      krules::dump_json(parse_text("test \"t\" { expect not failed q }").module) ==
      "{\"file\":\"test.krules\",\"declarations\":[{\"node\":\"test\",\"line\":1,\"column\":1,\"end_line\":1,"
      "\"end_column\":33,\"attributes\":[{\"name\":\"name\",\"value\":\"t\"}],\"children\":[{\"node\":"
      "\"expect not failed\",\"role\":\"step\",\"line\":1,\"column\":12,\"end_line\":1,\"end_column\":31,"
      "\"attributes\":[{\"name\":\"rule\",\"value\":\"q\"}]}]}]}");
}
