#include "krules/source.h"

#include <catch2/catch.hpp>

#include "krules/as_utf8.h"

using krules::LineColumn;
using krules::Source;

namespace {

bool operator==(LineColumn a, LineColumn b) {
  return a.line == b.line && a.column == b.column;
}

}  // namespace

TEST_CASE("a byte order mark is dropped, line ends are kept") {
  const Source source("f",
                      "\xEF\xBB\xBF"
                      "a\r\nb\n");
  CHECK(source.text() == "a\r\nb\n");
  CHECK(source.line(1) == "a");
  CHECK(source.line(2) == "b");
  CHECK(source.line(3).empty());
  CHECK(source.line_count() == 3);
  CHECK(source.line_start(2) == 3);
  CHECK(source.name() == "f");
}

TEST_CASE("names of files may have any bytes, and are shown as UTF-8") {
  CHECK(krules::as_utf8("a\xFF\xFE.krules") == "a\uFFFD\uFFFD.krules");
  CHECK(krules::as_utf8("\xC3") == "\uFFFD");
  CHECK(krules::as_utf8("gr\u00FCn \U0001F600") == "gr\u00FCn \U0001F600");
  CHECK(krules::as_utf8("").empty());
  CHECK(Source("\xFF", "").name() == "\uFFFD");
}

TEST_CASE("positions count from one, in code points") {
  const Source source("f",
                      "a\xF0\x9F\x98\x80"
                      "b\nc\xC3\xA9");
  CHECK((source.position(0) == LineColumn{1, 1}));
  CHECK((source.position(1) == LineColumn{1, 2}));
  CHECK((source.position(5) == LineColumn{1, 3}));
  CHECK((source.position(6) == LineColumn{1, 4}));
  CHECK((source.position(7) == LineColumn{2, 1}));
  CHECK((source.position(10) == LineColumn{2, 3}));
  CHECK((source.position(1000) == LineColumn{2, 3}));
}

TEST_CASE("editors count UTF-16 units from zero") {
  const Source source("f",
                      "x\na\xF0\x9F\x98\x80"
                      "b\xC3\xA9"
                      "c");
  CHECK(source.utf16_column(2) == 0);
  CHECK(source.utf16_column(3) == 1);
  CHECK(source.utf16_column(7) == 3);
  CHECK(source.utf16_column(10) == 5);
}

TEST_CASE("an empty text has one empty line") {
  const Source source("f", "");
  CHECK(source.line_count() == 1);
  CHECK((source.position(0) == LineColumn{1, 1}));
  CHECK(source.line(1).empty());
  CHECK(source.line(7).empty());
}

TEST_CASE("bytes that are not UTF-8 count as one column each") {
  const Source source("f",
                      "\xFF\xFE"
                      "a");
  CHECK((source.position(2) == LineColumn{1, 3}));
}
