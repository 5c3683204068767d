#include <catch2/catch.hpp>

#include "krules/diagnostic.h"
#include "parse_text.h"

using namespace krules;
using krules::test::source_of;

namespace {

Diagnostic example(SourcePtr source, Span span) {
  Diagnostic diagnostic;
  diagnostic.code = "K0100";
  diagnostic.message = "a message";
  diagnostic.primary = {{std::move(source), span}, {}};
  return diagnostic;
}

}  // namespace

TEST_CASE("a diagnostic underlines its span and gives its helps") {
  Diagnostic diagnostic = example(source_of("one\n  set x == 3\n"), {12, 14});
  diagnostic.primary.text = "here";
  diagnostic.helps = {"write `=`", "or nothing"};
  CHECK(render_text(diagnostic) ==
        "error[K0100]: a message\n"
        " --> test.krules:2:9\n"
        "  |\n"
        "2 |   set x == 3\n"
        "  |         ^^ here\n"
        "  |\n"
        "  = help: write `=`\n"
        "  = help: or nothing\n");
}

TEST_CASE("related labels: same line, other lines, other files, no file") {
  const SourcePtr source = source_of("a b\n\n\nc d\n");
  const auto other = std::make_shared<const Source>("other.krules", "\n\n\n\n\n\n\n\n\nten\n");
  Diagnostic diagnostic = example(source, {6, 7});
  diagnostic.severity = Severity::kWarning;
  diagnostic.related = {{{source, {8, 9}}, "same line"},
                        {{source, {0, 1}}, "first"},
                        {{other, {9, 12}}, "elsewhere"},
                        {{nullptr, {}}, "it is built in"}};
  CHECK(render_text(diagnostic) ==
        "warning[K0100]: a message\n"
        "  --> test.krules:4:1\n"
        "   |\n"
        " 1 | a b\n"
        "   | - first\n"
        "...\n"
        " 4 | c d\n"
        "   | ^\n"
        "   |   - same line\n"
        "   |\n"
        "  ::: other.krules:10:1\n"
        "   |\n"
        "10 | ten\n"
        "   | --- elsewhere\n"
        "   |\n"
        "   = note: it is built in\n");
}

TEST_CASE("tabs, wide and broken characters keep the underline in place") {
  CHECK(render_text(example(source_of("\tab\tcd"), {4, 6})) ==
        "error[K0100]: a message\n --> test.krules:1:5\n  |\n1 |     ab  cd\n  |         ^^\n  |\n");
  CHECK(render_text(example(source_of("\"\xF0\x9F\x98\x80\" x"), {7, 8})) ==
        "error[K0100]: a message\n --> test.krules:1:5\n  |\n1 | \"\xF0\x9F\x98\x80\" x\n  |      ^\n  |\n");
  CHECK(render_text(example(source_of("\xFF\x01x"), {2, 3})) ==
        "error[K0100]: a message\n --> test.krules:1:3\n  |\n1 | \xEF\xBF\xBD\xEF\xBF\xBDx\n  |   ^\n  |\n");
}

TEST_CASE("a span over several lines is underlined to the end of its first") {
  CHECK(render_text(example(source_of("abc\r\ndef"), {1, 8})) ==
        "error[K0100]: a message\n --> test.krules:1:2\n  |\n1 | abc\n  |  ^^\n  |\n");
}

TEST_CASE("an empty span at the end of the file still has a mark") {
  CHECK(render_text(example(source_of("a\n"), {2, 2})) ==
        "error[K0100]: a message\n --> test.krules:2:1\n  |\n2 |\n  | ^\n  |\n");
}

TEST_CASE("of a very long line the part around the span is shown") {
  const std::string line = std::string(100000, 'a') + "XYZ" + std::string(100000, 'b');
  const std::string text = render_text(example(source_of(line), {100000, 100003}));
  CHECK(text.size() < 700);
  CHECK(text.find("...aaa") != std::string::npos);
  CHECK(text.find("bbb...") != std::string::npos);
  const size_t shown = text.find("XYZ");
  const size_t row = text.rfind('\n', shown) + 1;
  const size_t caret = text.find("^^^");
  const size_t caret_row = text.rfind('\n', caret) + 1;
  CHECK(shown - row == caret - caret_row);
}

TEST_CASE("colour is only added around the text") {
  Diagnostic diagnostic = example(source_of("a"), {0, 1});
  diagnostic.helps = {"b"};
  const std::string coloured = render_text(diagnostic, Colour::kAlways);
  std::string plain;
  for (size_t i = 0; i < coloured.size(); ++i) {
    if (coloured[i] == '\x1b') {
      i = coloured.find('m', i);
    } else {
      plain += coloured[i];
    }
  }
  CHECK(coloured != plain);
  CHECK(plain == render_text(diagnostic));
}

TEST_CASE("a diagnostic as JSON") {
  const SourcePtr source = source_of("\xC3\xA9 x\ny");
  Diagnostic diagnostic = example(source, {3, 6});
  diagnostic.message = "a \"b\"\n\x01";
  diagnostic.related = {{{source, {0, 2}}, "here"}, {{nullptr, {}}, "built in"}};
  diagnostic.helps = {"h"};
  CHECK(render_json(diagnostic) ==
        "{\"code\":\"K0100\",\"severity\":\"error\",\"message\":\"a "
        "\\\"b\\\"\\n\\u0001\",\"file\":\"test.krules\","
        "\"line\":1,\"column\":3,\"end_line\":2,\"end_column\":2,\"related\":[{\"file\":\"test.krules\","
        "\"line\":1,"
        "\"column\":1,\"end_line\":1,\"end_column\":2,\"text\":\"here\"},{\"file\":null,\"text\":\"built "
        "in\"}],"
        "\"helps\":[\"h\"]}");
}

TEST_CASE("the nearest name") {
  CHECK(nearest_name("lowr", {"upper", "lower"}) == "lower");
  CHECK(nearest_name("emitt", {"emit", "set"}) == "emit");
  CHECK(nearest_name("wehn", {"when", "with"}) == "when");
  CHECK(nearest_name("Total", {"total"}) == "total");
  CHECK(nearest_name("strats_with", {"ends_with", "starts_with"}) == "starts_with");
  CHECK(nearest_name("x", {"y"}).empty());
  CHECK(nearest_name("banana", {"emit", "set"}).empty());
  CHECK(nearest_name("", {"a"}).empty());
  CHECK(nearest_name(std::string(100000, 'a'), {"a"}).empty());
}
