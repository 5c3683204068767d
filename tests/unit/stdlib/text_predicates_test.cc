#include <catch2/catch.hpp>

#include "calculator.h"

namespace krules::test {

TEST_CASE("contains, starts_with, ends_with: plain strings") {
  check_all({
      {R"("device:7".starts_with("device:"))", "true"},
      {R"("device:7".starts_with("evice"))", "false"},
      {R"("device:7".starts_with(""))", "true"},
      {R"("a".starts_with("ab"))", "false"},
      {R"("photo.png".ends_with(".png"))", "true"},
      {R"("photo.png".ends_with("PNG"))", "false"},
      {R"("png".ends_with("photo.png"))", "false"},
      {R"("the server is down".contains("server"))", "true"},
      {R"("the server is down".contains("Server"))", "false"},
      {R"("".contains(""))", "true"},
      {R"("".contains("a"))", "false"},
      {R"("naïve 😀 text".contains("😀"))", "true"},
  });
}

TEST_CASE("contains, starts_with, ends_with: a list means any of, `all:` each of") {
  check_all({
      {R"("server-7".starts_with(["db", "server"]))", "true"},
      {R"("server-7".starts_with(["db", "cache"]))", "false"},
      {R"("server-7".starts_with([]))", "false"},
      {R"("server-7".contains(all: ["serv", "7"]))", "true"},
      {R"("server-7".contains(all: ["serv", "8"]))", "false"},
      {R"("server-7".contains(all: []))", "true"},
      {R"("a.tar.gz".ends_with(all: [".gz", ".tar.gz"]))", "true"},
      {R"("server-7".contains(["x", 7]))", "error: `contains` takes a list of strings as `part`, got int"},
      {R"("server-7".ends_with(all: [null]))",
       "error: `ends_with` takes a list of strings as `all`, got null"},
      {R"("server-7".contains("a", all: ["b"]))",
       "error: `contains` takes either what to look for or `all: [...]`"},
      {R"("server-7".istarts_with())", "error: `istarts_with` takes either what to look for or `all: [...]`"},
  });
}

TEST_CASE("contains of a list is membership") {
  check_all({
      {"[1, 2].contains(2.0)", "true"},
      {"[1, 2].contains(3)", "false"},
      {"[1, 2].contains(null)", "false"},
      {R"(["a", "b"].contains(["x", "b"]))", "true"},
      {R"(["a", "b"].contains(all: ["a", "b"]))", "true"},
      {R"(["a", "b"].contains(all: ["a", "c"]))", "false"},
      {"[{ a: 1 }].contains({ a: 1 })", "true"},
      {"[[1]].contains([[1]])", "true"},
      {"{ a: 1 }.contains(1)", "error: `contains` takes a string or list as `text`, got map"},
      {"[1].contains(all: 1)", "error: `contains` takes a list as `all`, got int"},
  });
}

TEST_CASE("Null in the first place is false, in the second an error") {
  check_all({
      {R"(payload.ip.starts_with("10."))", "false"},
      {R"(not payload.ip.starts_with("10."))", "true"},
      {R"(payload.x.contains(["a"]))", "false"},
      {R"(payload.x.iends_with(all: ["a"]))", "false"},
      {R"("10.0.0.1".starts_with(payload.x))",
       "error: `starts_with` takes a string or list as `part`, got null"},
      {R"(payload.n.starts_with("1"))", "false"},
  });
  Calculator calculator;
  CHECK(calculator.work_out(R"(payload.n.starts_with("1"))", R"({"n":17})") ==
        "error: `starts_with` takes a string as `text`, got int");
}

TEST_CASE("icontains, istarts_with, iends_with take capital and small letters alike") {
  check_all({
      {R"("Disk FULL".icontains("disk full"))", "true"},
      {R"("Disk FULL".icontains("ull"))", "true"},
      {R"("Disk FULL".icontains("fulls"))", "false"},
      {R"("".icontains(""))", "true"},
      {R"("ERROR 17".istarts_with("Error"))", "true"},
      {R"("ERR".istarts_with("error"))", "false"},
      {R"("README.MD".iends_with(".md"))", "true"},
      {R"("md".iends_with(".md"))", "false"},
      {R"("GRÖSSE ΣΟΦΙΑ ЖУК".icontains(all: ["größe".replace("ß", "ss"), "σοφια", "жук"]))", "true"},
      // Letters whose two cases take different numbers of bytes.
      {R"("ȺB".istarts_with("ⱥb"))", "true"},
      {R"("xȺ".iends_with("ⱥ"))", "true"},
      {R"("25 K".icontains("25 k"))", "true"},
  });
}

TEST_CASE("icontains gives the same for long texts, which it searches in another way") {
  check_all({
      {R"((("ab ".repeat(200)) + "ȺÉ").icontains("B ⱥé"))", "true"},
      {R"((("ab ".repeat(200)) + "ȺÉ").icontains("B ⱥe"))", "false"},
      {R"("Ⱥ".repeat(300).icontains("ⱥ".repeat(300)))", "true"},
  });
}

}  // namespace krules::test
