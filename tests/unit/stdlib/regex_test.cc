#include <fmt/format.h>

#include <catch2/catch.hpp>

#include "calculator.h"
#include "pattern_cache.h"

namespace krules::test {

TEST_CASE("re_match looks anywhere in the text") {
  check_all({
      {R"("order-17".re_match('\d+'))", "true"},
      {R"("order-17".re_match('^\d+$'))", "false"},
      {R"("order-17".re_match('^order-\d+$'))", "true"},
      {R"("".re_match(''))", "true"},
      {R"("ÉTÉ".re_match('(?i)^été$'))", "true"},
      {R"("é".re_match('^.$'))", "true"},
      {R"(payload.x.re_match('a'))", "false"},
      {R"(re_match(1, 'a'))", "error: `re_match` takes a string as `text`, got int"},
      {R"("a".re_match(payload.p))", "error: `re_match` takes a string as `pattern`, got null"},
      {R"("a".re_match('[a'))",
       "error: `re_match` takes a regular expression as `pattern`, got \"[a\": missing ]: [a"},
      {R"("a".re_match('(a)\1'))",
       "error: `re_match` takes a regular expression as `pattern`, got \"(a)\\1\": invalid escape sequence: "
       "\\1"},
      {R"("a".re_match("a".repeat(10001)))",
       "error: `re_match` takes a pattern of at most 10000 bytes, got 10001"},
      {R"("a".re_match('()'.repeat(65)))", "error: `re_match` takes a pattern of at most 64 groups"},
      {R"("a".re_match('((a{1000}){1000}){1000}'))",
       "error: `re_match` takes a regular expression as `pattern`, got \"((a{1000}){1000}){1000}\": "
       "invalid repetition size: {1000}"},
  });
}

TEST_CASE("re_extract gives the first match or a group of it") {
  check_all({
      {R"("order-17 order-18".re_extract('order-(\d+)'))", R"("17")"},
      {R"("order-17".re_extract('\d+'))", R"("17")"},
      {R"("order-17".re_extract('order-(\d+)', 0))", R"("order-17")"},
      {R"("order-17".re_extract('(?P<kind>\w+)-(?P<no>\d+)', "no"))", R"("17")"},
      {R"("order".re_extract('\d+'))", "null"},
      {R"("b".re_extract('(a)?b'))", "null"},
      {R"("b".re_extract('(a*)b'))", R"("")"},
      {R"("a long text with a long middle part".re_extract('with .* middle'))", R"("with a long middle")"},
      {R"("a".re_extract('(a)', 2))", "error: `re_extract` has no group 2: the pattern has 1"},
      {R"("a".re_extract('(a)', -1))", "error: `re_extract` has no group -1: the pattern has 1"},
      {R"("a".re_extract('(a)', "x"))", "error: `re_extract` knows no group `x` in the pattern"},
      {R"("a".re_extract('(a)', true))", "error: `re_extract` takes an int or string as `group`, got bool"},
      {R"(null.re_extract('(a)'))", "error: `re_extract` takes a string as `text`, got null"},
  });
}

TEST_CASE("re_extract_all gives every match") {
  check_all({
      {R"("a1 b22 c".re_extract_all('\d+'))", R"(["1","22"])"},
      {R"("a=1, b=2".re_extract_all('(\w)=(\d)', 2))", R"(["1","2"])"},
      {R"("axb".re_extract_all('x*'))", R"(["","x",""])"},
      {R"("né".re_extract_all(''))", R"(["","",""])"},
      {R"("ab".re_extract_all('^.'))", R"(["a"])"},
      {R"("".re_extract_all('a'))", "[]"},
      {R"("a".re_extract_all('('))",
       "error: `re_extract_all` takes a regular expression as `pattern`, got \"(\": missing ): ("},
  });
}

TEST_CASE("re_replace") {
  check_all({
      {R"("2026-11-23".re_replace('(\d+)-(\d+)-(\d+)', '\3/\2/\1'))", R"("23/11/2026")"},
      {R"("aXbX".re_replace('X', '-'))", R"("a-b-")"},
      {R"("ab".re_replace('x*', '-'))", R"("-a-b-")"},
      {R"("abc".re_replace('z', '-'))", R"("abc")"},
      {R"("abc".re_replace('b', '[\0]'))", R"("a[b]c")"},
      {R"("abc".re_replace('(b)(x)?', '[\1\2\\]'))", R"("a[b\\]c")"},
      {R"("abc".re_replace('b', '\1'))", "error: `re_replace` has no group 1: the pattern has 0"},
      {R"("abc".re_replace('b', '\n'))",
       R"(error: `re_replace` takes a `new` in which \0 to \9 are groups and \\ is a backslash, got "\n")"},
      {R"("abc".re_replace('b', '\'))",
       R"(error: `re_replace` takes a `new` in which \0 to \9 are groups and \\ is a backslash, got "\")"},
      {R"("abc".re_replace('b', 1))", "error: `re_replace` takes a string as `new`, got int"},
  });
}

TEST_CASE("A pattern cuts no characters") {
  const std::string no =
      R"( takes no \C in `pattern`: it fits a single byte and would cut characters; `(?s:.)` fits any character)";
  check_all({
      {R"("é".re_extract('\C'))", "error: `re_extract`" + no},
      {R"("é".re_extract_all('a|\\\C'))", "error: `re_extract_all`" + no},
      {R"("é".re_replace('(\Q\C\E)?\C', '-'))", "error: `re_replace`" + no},
      {R"("é".re_match('\C'))", "error: `re_match`" + no},
      {R"('\C'.re_extract('\\C'))", R"("\\C")"},
      {R"('\C'.re_extract('\Q\C'))", R"("\\C")"},
      {R"("é\n".re_extract_all('(?s:.)'))", R"(["é","\n"])"},
      {R"("é".re_extract('\'))",
       "error: `re_extract` takes a regular expression as `pattern`, got \"\\\": trailing \\"},
  });
}

TEST_CASE("Compiled patterns are kept, the most recently used ones") {
  library::PatternCache cache;
  const auto first = cache.find("first");
  CHECK(cache.find("first") == first);
  for (size_t i = 1; i < library::PatternCache::kCapacity; ++i) cache.find(fmt::format("p{}", i));
  CHECK(cache.size() == library::PatternCache::kCapacity);
  CHECK(cache.find("first") == first);
  cache.find("one more");
  CHECK(cache.size() == library::PatternCache::kCapacity);
  CHECK(cache.find("first") == first);
  const auto bad = cache.find("(");
  CHECK_FALSE(bad->ok());
  CHECK(cache.find("(") == bad);
}

}  // namespace krules::test
