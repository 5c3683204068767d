#include "utf8.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

namespace krules::library {

TEST_CASE("Code points are read forwards and backwards and written as they were, stray bytes too") {
  for (const std::string& text : {std::string("aé→😀z"), std::string("\x80\xC3(\xE2\x82\xFF\xF0\x9F\x98"),
                                  std::string("\xF8\x88\x80\x80\x80"), std::string("\xC3")}) {
    std::string forwards;
    std::vector<uint32_t> read;
    char buffer[4];
    const char* end = text.data() + text.size();
    for (const char* at = text.data(); at != end;) {
      read.push_back(next_code_point(at, end));
      const char* written = put_code_point(buffer, read.back());
      CHECK(static_cast<size_t>(written - buffer) == code_point_bytes(read.back()));
      forwards.append(buffer, static_cast<size_t>(written - buffer));
    }
    CHECK(forwards == text);
    std::vector<uint32_t> backwards;
    for (const char* at = end; at != text.data();) {
      backwards.insert(backwards.begin(), previous_code_point(text.data(), at));
    }
    CHECK(backwards == read);
  }
}

TEST_CASE("The case of letters") {
  CHECK(to_lower('A') == 'a');
  CHECK(to_lower('[') == '[');
  CHECK(to_upper('z') == 'Z');
  CHECK(to_lower(0xC9) == 0xE9);  // É é
  CHECK(to_upper(0xE9) == 0xC9);
  CHECK(to_lower(0xD7) == 0xD7);    // the sign × has no case
  CHECK(to_lower(0x100) == 0x101);  // Ā ā, where every other letter is a capital
  CHECK(to_lower(0x101) == 0x101);
  CHECK(to_upper(0x101) == 0x100);
  CHECK(to_lower(0x3A3) == 0x3C3);  // Σ σ
  CHECK(to_upper(0x3C2) == 0x3A3);  // ς Σ
  CHECK(to_lower(0x416) == 0x436);  // Ж ж
  CHECK(to_lower(0x1E9E) == 0xDF);  // ẞ ß
  CHECK(to_upper(0xDF) == 0xDF);    // two letters in capitals, so left alone
  CHECK(to_lower(0x10400) == 0x10428);
  CHECK(to_lower(0x10FFFF) == 0x10FFFF);
}

TEST_CASE("Counting code points") {
  CHECK(count_code_points("né😀") == 3);
  CHECK(count_code_points("") == 0);
  CHECK(offset_of_code_point("né😀x", 2) == 3);
  CHECK(offset_of_code_point("né😀x", 3) == 7);
  CHECK(offset_of_code_point("né😀x", 4) == 8);
  CHECK(offset_of_code_point("né😀x", 99) == 8);
}

}  // namespace krules::library
