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
