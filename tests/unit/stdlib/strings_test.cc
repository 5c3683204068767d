#include <catch2/catch.hpp>

#include "calculator.h"

namespace krules::test {

TEST_CASE("lower and upper") {
  check_all({
      {R"("Größe ΑΒΓ Жук".lower())", R"("größe αβγ жук")"},
      {R"("débit".upper())", R"("DÉBIT")"},
      {R"("straße".upper())", R"("STRAßE")"},
      {R"("already lower, long enough".lower())", R"("already lower, long enough")"},
      {R"("".upper())", R"("")"},
      {R"("ⱥ".upper().lower() == "ⱥ")", "true"},
      {"null.lower()", "error: `lower` takes a string as `text`, got null"},
      {"upper(3)", "error: `upper` takes a string as `text`, got int"},
  });
}

TEST_CASE("trim") {
  check_all({
      {R"("  a b \n".trim())", R"("a b")"},
      {R"("\u{a0}\u{3000}a\u{2003}".trim())", R"("a")"},
      {R"("   ".trim())", R"("")"},
      {R"("".trim())", R"("")"},
      {R"("--a-b--".trim("-"))", R"("a-b")"},
      {R"("äöaöä".trim("öä"))", R"("a")"},
      {R"("007".trim_start("0"))", R"("7")"},
      {R"("  x ".trim_start())", R"("x ")"},
      {R"("  x ".trim_end())", R"("  x")"},
      {R"("a/b//".trim_end("/"))", R"("a/b")"},
      {R"("x".trim(""))", R"("x")"},
      {"[].trim()", "error: `trim` takes a string as `text`, got list"},
      {R"("x".trim_end(1))", "error: `trim_end` takes a string as `characters`, got int"},
      {"trim_start(1)", "error: `trim_start` takes a string as `text`, got int"},
  });
}

TEST_CASE("split, lines and join") {
  check_all({
      {R"("a,b,,c".split(","))", R"(["a","b","","c"])"},
      {R"("a--b".split("--"))", R"(["a","b"])"},
      {R"("".split(","))", R"([""])"},
      {R"("a,".split(","))", R"(["a",""])"},
      {R"("  one two\tthree ".split())", R"(["one","two","three"])"},
      {R"("".split())", "[]"},
      {R"("né😀".split(""))", R"(["n","é","😀"])"},
      {R"("a long first part, a long second part".split(", "))",
       R"(["a long first part","a long second part"])"},
      {"split(1)", "error: `split` takes a string as `text`, got int"},
      {R"("a".split(1))", "error: `split` takes a string as `separator`, got int"},
      {R"("one\ntwo\r\n\nfour".lines())", R"(["one","two","","four"])"},
      {R"("".lines())", "[]"},
      {R"("one\n".lines())", R"(["one"])"},
      {"lines(null)", "error: `lines` takes a string as `text`, got null"},
      {R"(["a", 1, true, null, 2.5].join("-"))", R"("a-1-true-null-2.5")"},
      {R"([].join(","))", R"("")"},
      {R"(["a", "b"].join())", R"("ab")"},
      {R"([[1], { a: 5m }].join(" "))", R"("[1] {\"a\":\"5m\"}")"},
      {R"("ab".join(","))", "error: `join` takes a list as `list`, got string"},
      {R"(["a"].join(1))", "error: `join` takes a string as `separator`, got int"},
  });
}

TEST_CASE("replace, repeat and pad") {
  check_all({
      {R"("a.b.c".replace(".", "/"))", R"("a/b/c")"},
      {R"("aaa".replace("aa", "b"))", R"("ba")"},
      {R"("abc".replace("x", "y"))", R"("abc")"},
      {R"("abc".replace("b", ""))", R"("ac")"},
      {R"("abc".replace("", "x"))", "error: `replace` takes a text to look for that is not empty"},
      {R"("abc".replace("a", 1))", "error: `replace` takes a string as `new`, got int"},
      {R"("ab".repeat(3))", R"("ababab")"},
      {R"("ab".repeat(0))", R"("")"},
      {R"("".repeat(1000000000000))", R"("")"},
      {R"("ab".repeat(-1))", "error: `repeat` takes 0 or more as `times`, got -1"},
      {R"("ab".repeat(1.5))", "error: `repeat` takes a whole number as `times`, got 1.5"},
      {R"("7".pad_start(3, "0"))", R"("007")"},
      {R"("é".pad_start(3))", R"("  é")"},
      {R"("1234".pad_start(3, "0"))", R"("1234")"},
      {R"("ab".pad_end(4, "→"))", R"("ab→→")"},
      {R"("ab".pad_end(-1))", R"("ab")"},
      {R"("ab".pad_end(4, "--"))", "error: `pad_end` takes one character as `fill`, got \"--\""},
      {R"("ab".pad_start(4, ""))", "error: `pad_start` takes one character as `fill`, got \"\""},
      {R"("ab".pad_start("4"))", "error: `pad_start` takes an int as `width`, got string"},
  });
}

TEST_CASE("substr, slice, len, index_of and reverse count characters") {
  check_all({
      {R"("krules".substr(1, 3))", R"("rul")"},
      {R"("né😀x".substr(2))", R"("😀x")"},
      {R"("abc".substr(5))", R"("")"},
      {R"("abc".substr(1, 0))", R"("")"},
      {R"("abc".substr(-1))",
       "error: `substr` takes 0 or more as `start` and `length`; `slice` counts from the end"},
      {R"("abc".substr("a"))", "error: `substr` takes an int as `start`, got string"},
      {R"("né😀x".slice(1, 3))", R"("é😀")"},
      {R"("né😀x".slice(-2))", R"("😀x")"},
      {R"("né😀x".slice(0, -1))", R"("né😀")"},
      {R"("abc".slice(2, 1))", R"("")"},
      {R"("abc".slice(-9, 99))", R"("abc")"},
      {R"(len("né😀"))", "3"},
      {R"(len(""))", "0"},
      {"len(null)", "error: `len` takes a string, list or map as `value`, got null"},
      {R"("né😀x".index_of("😀x"))", "2"},
      {R"("abc".index_of("d"))", "null"},
      {R"("abc".index_of(""))", "0"},
      {R"("abc".index_of(1))", "error: `index_of` takes a string as `part`, got int"},
      {R"("né😀".reverse())", R"("😀én")"},
      {"reverse(1)", "error: `reverse` takes a list or string as `value`, got int"},
      {"slice(1, 2)", "error: `slice` takes a list or string as `value`, got int"},
      {"index_of(1, 2)", "error: `index_of` takes a list or string as `value`, got int"},
  });
}

}  // namespace krules::test
