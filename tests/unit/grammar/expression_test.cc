#include <catch2/catch.hpp>
#include <limits>

#include "parse_text.h"

using krules::test::shape;

TEST_CASE("literals") {
  CHECK(shape("null") == "null");
  CHECK(shape("true") == "true");
  CHECK(shape("false") == "false");
  CHECK(shape("0") == "0");
  CHECK(shape("1_000") == "1000");
  CHECK(shape("9223372036854775807") == "9223372036854775807");
  CHECK(shape("-9223372036854775808") == "-9223372036854775808");
  CHECK(shape("- 9223372036854775808") == "-9223372036854775808");
  CHECK(shape("-1_000") == "(neg 1000)");
  CHECK(shape("1.5") == "float:1.500000");
  CHECK(shape("1e3") == "float:1000.000000");
  CHECK(shape("1.5e-3") == "float:0.001500");
  CHECK(shape("2E+2") == "float:200.000000");
}

TEST_CASE("durations keep microseconds") {
  CHECK(shape("250ms") == "250000us");
  CHECK(shape("2s") == "2000000us");
  CHECK(shape("5m") == "300000000us");
  CHECK(shape("1h30m") == "5400000000us");
  CHECK(shape("7d") == "604800000000us");
  CHECK(shape("3us") == "3us");
  CHECK(shape("1d2h3m4s5ms6us") == "93784005006us");
  CHECK(shape("1.5s") == "1500000us");
  CHECK(shape("0.25ms") == "250us");
  CHECK(shape("-5m") == "(neg 300000000us)");
}

TEST_CASE("strings") {
  CHECK(shape(R"("")") == R"("")");
  CHECK(shape(R"("a {x} b")") == R"("a {x} b")");
  CHECK(shape(R"("{a}{b}")") == R"("{a}{b}")");
  CHECK(shape(R"("\n\t\r\"\\\{\}")") == "\"\n\t\r\"\\{}\"");
  CHECK(shape(R"("\u{41}\u{1F600}")") == "\"A\xF0\x9F\x98\x80\"");
  CHECK(shape(R"("a { "b {c}" } d")") == R"("a {"b {c}"} d")");
  CHECK(shape(R"("{ {a: 1}.a }")") == R"("{(. {"a":1} a)}")");
  CHECK(shape(R"("# no comment")") == R"("# no comment")");
  CHECK(shape("\"tab\there\"") == "\"tab\there\"");
  CHECK(shape(R"('raw \n {x} "q"')") == R"(raw"raw \n {x} "q"")");
  CHECK(shape("'it''s'") == "raw\"it's\"");
  CHECK(shape("''") == "raw\"\"");
  CHECK(shape("''''") == "raw\"'\"");
  CHECK(shape("\"\xF0\x9F\x98\x80\"") == "\"\xF0\x9F\x98\x80\"");
}

TEST_CASE("operators go by precedence, loosest first") {
  CHECK(shape("a or b and c") == "(or a (and b c))");
  CHECK(shape("a and b or c") == "(or (and a b) c)");
  CHECK(shape("not a and b") == "(and (not a) b)");
  CHECK(shape("not a == b") == "(not (== a b))");
  CHECK(shape("not not a") == "(not (not a))");
  CHECK(shape("a == b + c") == "(== a (+ b c))");
  CHECK(shape("a + b * c") == "(+ a (* b c))");
  CHECK(shape("a * b + c") == "(+ (* a b) c)");
  CHECK(shape("a - b - c") == "(- (- a b) c)");
  CHECK(shape("a / b div c % d") == "(% (div (/ a b) c) d)");
  CHECK(shape("-a * b") == "(* (neg a) b)");
  CHECK(shape("-a ** b") == "(neg (** a b))");
  CHECK(shape("a ** -b") == "(** a (neg b))");
  CHECK(shape("a ** -b ** c") == "(** a (neg (** b c)))");
  CHECK(shape("a ** -b * c") == "(* (** a (neg b)) c)");
  CHECK(shape("a ** b ** c") == "(** a (** b c))");
  CHECK(shape("a * b ** c") == "(* a (** b c))");
  CHECK(shape("a in b and c not in d") == "(and (in a b) (not-in c d))");
  CHECK(shape("a matches \"x:*\" or b") == "(or (matches a \"x:*\") b)");
  CHECK(shape("a != b") == "(!= a b)");
  CHECK(shape("a <= b and a >= b") == "(and (<= a b) (>= a b))");
  CHECK(shape("(a + b) * c") == "(* (+ a b) c)");
  CHECK(shape("a-b") == "(- a b)");
  CHECK(shape("not(a)") == "(not a)");
}

TEST_CASE("`??` binds tighter than arithmetic and takes a postfix expression, perhaps with a minus") {
  CHECK(shape("subject.n ?? 0 + 1 < 3") == "(< (+ (?? (. subject n) 0) 1) 3)");
  CHECK(shape("a ?? b ?? c") == "(?? (?? a b) c)");
  CHECK(shape("a ?? -1") == "(?? a (neg 1))");
  CHECK(shape("a ?? -1 ** 2") == "(** (?? a (neg 1)) 2)");
  CHECK(shape("a ** b ?? c") == "(** a (?? b c))");
  CHECK(shape("-a ?? b") == "(neg (?? a b))");
  CHECK(shape("a ?? b.c[0].d()") == "(?? a (.d ([] (. b c) 0)))");
}

TEST_CASE("postfixes, calls, arguments") {
  CHECK(shape("subject[\"cpu-load\"]") == "([] subject \"cpu-load\")");
  CHECK(shape("subject(\"user-7\").tier") == "(. (subject \"user-7\") tier)");
  CHECK(shape("subject(\"x\").ext.tags") == "(. (. (subject \"x\") ext) tags)");
  CHECK(shape("payload.when.set.on") == "(. (. (. payload when) set) on)");
  CHECK(shape("s.lower()") == "(.lower s)");
  CHECK(shape("f()") == "(f)");
  CHECK(shape("f(1, 2,)") == "(f 1 2)");
  CHECK(shape("f(threshold: 5, key: a)") == "(f threshold:5 key:a)");
  CHECK(shape("a\n  .b\n  .c()") == "(.c (. a b))");
  CHECK(shape("1.max(2)") == "(.max 1 2)");
  CHECK(shape("\"x\".upper()") == "(.upper \"x\")");
  CHECK(shape("[1].first()") == "(.first [1])");
  CHECK(shape("(a + b).abs()") == "(.abs (+ a b))");
}

TEST_CASE("lambdas are arguments") {
  CHECK(shape("readings.map(r => r.value).avg()") == "(.avg (.map readings (=> r: (. r value))))");
  CHECK(shape("f((a, b) => a + b, 0)") == "(f (=> a b: (+ a b)) 0)");
  CHECK(shape("f(() => 1)") == "(f (=>: 1))");
  CHECK(shape("f(by: x => x)") == "(f by:(=> x: x))");
  CHECK(shape("f(x => g(y => x + y))") == "(f (=> x: (g (=> y: (+ x y)))))");
  CHECK(shape("f((a), (b))") == "(f a b)");
}

TEST_CASE("choices") {
  CHECK(shape("if a then b else c") == "(if a b c)");
  CHECK(shape("if a then b else c + 1") == "(if a b (+ c 1))");
  CHECK(shape("if a then 1 else if b then 2 else 3") == "(if a 1 (if b 2 3))");
  CHECK(shape("1 + (if a then b else c)") == "(+ 1 (if a b c))");
  CHECK(shape("match x { \"a\" -> 1, \"b\" | 'c' -> 2, _ -> 0 }") ==
        "(match x [\"a\" -> 1] [\"b\" raw\"c\" -> 2] [-> 0])");
  CHECK(shape("match a + b { -1 -> x, 2.5 | null | true -> y, limit -> z, 5m -> w, }") ==
        "(match (+ a b) [-1 -> x] [float:2.500000 null true -> y] [limit -> z] [300000000us -> w])");
  CHECK(shape("1 + match x { 1 -> 2 } * 3") == "(+ 1 (* (match x [1 -> 2]) 3))");
}

TEST_CASE("lists and maps") {
  CHECK(shape("[]") == "[]");
  CHECK(shape("[1, ...more, 2,]") == "[1 ...more 2]");
  CHECK(shape("{}") == "{}");
  CHECK(shape("{ payload.amount, total: 3, ...payload }") ==
        "{path \"amount\":(. payload amount) \"total\":3 ...payload}");
  CHECK(shape("{ subject, when: 1, \"a-{b}\": 2, 'c d': 3, }") ==
        "{path \"subject\":subject \"when\":1 \"a-{b}\":2 raw\"c d\":3}");
  CHECK(shape("{ subject[\"cpu-load\"] }") == "{path \"cpu-load\":([] subject \"cpu-load\")}");
  CHECK(shape("{a:{b:[{}]}}") == "{\"a\":{\"b\":[{}]}}");
}

TEST_CASE("spans cover exactly what was written") {
  const auto span_text = [](const std::string& text) {
    const krules::ExpressionResult result = krules::parse_expression(krules::test::source_of(text));
    REQUIRE(result.value != nullptr);
    return std::string(result.source->text(result.value->span));
  };
  CHECK(span_text("  a + b  # c") == "a + b");
  CHECK(span_text(" ( a + b ) * (c) ") == "( a + b ) * (c)");
  CHECK(span_text(" f( x ) ") == "f( x )");
  CHECK(span_text(" a . b ") == "a . b");
  CHECK(span_text(" -x ") == "-x");
  CHECK(span_text(" \"a{b}\" ") == "\"a{b}\"");
  CHECK(span_text(" [ 1 ] ") == "[ 1 ]");
  CHECK(span_text(" { a: 1 } ") == "{ a: 1 }");
  CHECK(span_text(" if a then b else c ") == "if a then b else c");
  CHECK(span_text(" match a { 1 -> 2 } ") == "match a { 1 -> 2 }");
  CHECK(span_text(" x.map( y => y ) ") == "x.map( y => y )");
}
