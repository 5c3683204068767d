#include "krules/json.h"

#include <algorithm>
#include <bit>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>

namespace krules::test {
namespace {

/// Reads numbers as events, stores and parse_json() do.
class NumberReader {
 public:
  /// The value of `number`; null when it is refused.
  Value read(const std::string& number) {
    Value value;
    return texts_.read(number, JsonStyle::kPlain, arena_, symbols_, value) ? value : Value::null();
  }
  /// The same within a list within a map, where simdjson takes another way.
  Value read_inside(const std::string& number) {
    Value value;
    if (!texts_.read("{\"a\":[" + number + "]}", JsonStyle::kPlain, arena_, symbols_, value))
      return Value::null();
    return value.as_map().begin()[0].value.as_list().items()[0];
  }
  const std::string& error() const { return texts_.error(); }

 private:
  JsonTexts texts_;
  Arena arena_;
  SymbolTable symbols_;
};

bool same_bits(Value value, double wanted) {
  return value.is(ValueKind::kFloat) &&
         std::bit_cast<uint64_t>(value.as_float()) == std::bit_cast<uint64_t>(wanted);
}

/// The float that C's own reader makes of `number` comes out, to the last bit.
void check_number(NumberReader& reader, const std::string& number) {
  INFO(number);
  const double wanted = std::strtod(number.c_str(), nullptr);
  if (std::isinf(wanted)) {
    CHECK(reader.read(number).is_null());
    CHECK(reader.read_inside(number).is_null());
  } else {
    CHECK(same_bits(reader.read(number), wanted));
    CHECK(same_bits(reader.read_inside(number), wanted));
  }
}

std::string printed(const char* format, int digits, double number) {
  std::string text(512, '\0');
  text.resize(static_cast<size_t>(std::snprintf(text.data(), text.size(), format, digits, number)));
  return text;
}

}  // namespace

TEST_CASE("a float of many digits is read as the nearest double") {
  NumberReader reader;
  for (const char* number : {
           "3.14159265358979323846",
           "123.45600000000000000000000",
           "18446744073709551615.0",
           "12.34500000000000000001",
           "-12.34500000000000000001",
           "1764441234567890523.0",
           "9007199254740993.0000000000000000000000000000001",
           "0.00000000000000000000000000000000000000000000000000012345678901234567890123",
           "12345678901234567890123456789e-40",
           "12345678901234567890123456789E+40",
           "12345678901234567890e0",
           "0.0",
           "-0.0",
           "0e5",
           "-0e-400",
           "0.0000000000000000000000000000000000",
           "-0.0000000000000000000000000000000000",
           "1e-400",
           "-1.2345678901234567890123e-400",
           "2.4703282292062327208e-324",
           "2.4703282292062328e-324",
           "4.9406564584124654e-324",
           "2.2250738585072011e-308",
           "1.7976931348623157e308",
           "179769313486231570000000000000000000000.0e270",
           "1e309",
           "1.79769313486231580794e308",
           "123456789012345678901234567890e300",
       }) {
    check_number(reader, number);
  }
}

TEST_CASE("every spelling of a double is read back as strtod reads it") {
  NumberReader reader;
  std::mt19937_64 chance(20261128);
  for (int i = 0; i < 20'000; ++i) {
    const double number = std::bit_cast<double>(chance());
    if (!std::isfinite(number)) continue;
    check_number(reader, printed("%.*e", static_cast<int>(16 + chance() % 24), number));
    // Of a size that a person writes, without an exponent.
    const double plain =
        std::ldexp(static_cast<double>(static_cast<int64_t>(chance())), -static_cast<int>(chance() % 128));
    check_number(reader, printed("%.*f", static_cast<int>(1 + chance() % 40), plain));
  }
}

TEST_CASE("digits drawn at random are read as strtod reads them") {
  NumberReader reader;
  std::mt19937_64 chance(7);
  for (int i = 0; i < 20'000; ++i) {
    std::string digits(17 + chance() % 24, '0');
    for (char& digit : digits) digit = static_cast<char>('0' + chance() % 10);
    if (digits[0] == '0') digits[0] = '1';
    digits.insert(1 + chance() % (digits.size() - 1), ".");
    if (chance() % 2 == 0) digits.insert(0, "-");
    if (chance() % 2 == 0) digits += "e" + std::to_string(static_cast<int>(chance() % 700) - 350);
    check_number(reader, digits);
  }
}

TEST_CASE("a whole number beyond 64 bits is no float") {
  NumberReader reader;
  for (const char* number :
       {"9223372036854775808", "18446744073709551615", "123456789012345678901234567890"}) {
    INFO(number);
    CHECK(reader.read(number).is_null());
    CHECK_THAT(reader.error(), Catch::EndsWith("does not fit in 64 bits"));
    CHECK(reader.read_inside(number).is_null());
    CHECK_THAT(reader.error(), Catch::EndsWith("does not fit in 64 bits"));
  }
}

TEST_CASE("is_utf8") {
  for (const std::string& text : {std::string(), std::string("aé→😀z"), std::string("\0", 1)})
    CHECK(is_utf8(text));
  for (const char* text :
       {"\x80", "\xC3", "\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xFF"}) {
    CHECK_FALSE(is_utf8(text));
  }
}

}  // namespace krules::test
