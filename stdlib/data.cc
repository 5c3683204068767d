// Forms of data: JSON, base64, URL components, hashes.
#include <array>
#include <string>

#include "call.h"
#include "krules/base64.h"
#include "krules/json.h"
#include "library.h"
#include "utf8.h"

namespace krules::library {

namespace {

Value json(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "json", arguments);
  if (!call.charge_value(arguments[0])) return call.failure();
  std::string text;
  append_json(text, arguments[0]);
  return call.charge_result(text.size()) ? call.string(text) : call.failure();
}

Value parse_json_text(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "parse_json", arguments);
  if (arguments[0].is_null() && call.given(1)) return arguments[1];
  const std::string_view text = call.text(0, "text");
  if (call.failed() || !call.charge_text(text.size() * 4)) return call.failure();
  const JsonResult result = parse_json(text, JsonStyle::kPlain, call.arena(), context.symbols());
  if (result.error.empty()) return result.value;
  if (call.given(1)) return arguments[1];
  return call.error("value", "`parse_json` got \"{}\": {}", shown_text(text), result.error);
}

// ---------------------------------------------------------------- base64

constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void write_base64(std::string_view bytes, char* to) {
  for (size_t at = 0; at < bytes.size(); at += 3) {
    auto byte = [&](size_t i) -> uint32_t {
      return at + i < bytes.size() ? static_cast<unsigned char>(bytes[at + i]) : 0;
    };
    const uint32_t bits = byte(0) << 16 | byte(1) << 8 | byte(2);
    *to++ = kDigits[bits >> 18];
    *to++ = kDigits[bits >> 12 & 63];
    *to++ = at + 1 < bytes.size() ? kDigits[bits >> 6 & 63] : '=';
    *to++ = at + 2 < bytes.size() ? kDigits[bits & 63] : '=';
  }
}

Value base64(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "base64", arguments);
  const std::string_view text = call.text(0, "text");
  const size_t size = (text.size() + 2) / 3 * 4;
  if (call.failed() || !call.charge_result(size)) return call.failure();
  char* memory = call.arena().allocate_array<char>(size);
  write_base64(text, memory);
  return Value::string_view({memory, size});
}

// -1 for what is no digit; both alphabets are read.
constexpr int base64_digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+' || c == '-') return 62;
  return c == '/' || c == '_' ? 63 : -1;
}

Value base64_decode(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "base64_decode", arguments);
  std::string_view text = call.text(0, "text");
  if (call.failed() || !call.charge_result(text.size())) return call.failure();
  const std::string_view whole = text;
  for (int i = 0; i < 2 && text.ends_with('='); ++i) text.remove_suffix(1);
  const bool fits = text.size() == whole.size() ? text.size() % 4 != 1 : whole.size() % 4 == 0;
  char* memory = call.arena().allocate_array<char>(text.size());
  char* to = memory;
  uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const int digit = base64_digit(c);
    if (digit < 0 || !fits)
      return call.error("value", "`base64_decode` got \"{}\", which is not base64", shown_text(whole));
    bits = bits << 6 | static_cast<uint32_t>(digit);
    count += 6;
    if (count >= 8) {
      count -= 8;
      *to++ = static_cast<char>(bits >> count & 0xFF);
    }
  }
  const std::string_view decoded(memory, static_cast<size_t>(to - memory));
  if (!is_utf8(decoded))
    return call.error("value", "`base64_decode` got bytes that are no text: they are not UTF-8");
  return Value::string_view(decoded);
}

// ---------------------------------------------------------------- parts of a URL

constexpr std::string_view kHexDigits = "0123456789ABCDEF";

bool stays_in_url(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

Value url_encode(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "url_encode", arguments);
  const std::string_view text = call.text(0, "text");
  if (call.failed() || !call.charge_text(text.size())) return call.failure();
  size_t size = 0;
  for (const char c : text) size += stays_in_url(c) ? 1 : 3;
  if (!call.charge_result(size)) return call.failure();
  char* memory = call.arena().allocate_array<char>(size);
  char* to = memory;
  for (const char c : text) {
    if (stays_in_url(c)) {
      *to++ = c;
      continue;
    }
    *to++ = '%';
    *to++ = kHexDigits[static_cast<unsigned char>(c) >> 4];
    *to++ = kHexDigits[static_cast<unsigned char>(c) & 15];
  }
  return Value::string_view({memory, size});
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

Value url_decode(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "url_decode", arguments);
  const std::string_view text = call.text(0, "text");
  if (call.failed() || !call.charge_result(text.size())) return call.failure();
  char* memory = call.arena().allocate_array<char>(text.size());
  char* to = memory;
  for (size_t at = 0; at < text.size(); ++at) {
    if (text[at] != '%') {
      *to++ = text[at];
      continue;
    }
    const int high = at + 2 < text.size() ? hex_digit(text[at + 1]) : -1;
    const int low = high >= 0 ? hex_digit(text[at + 2]) : -1;
    if (low < 0) {
      return call.error("value", "`url_decode` takes two hexadecimal digits after %, got \"{}\"",
                        shown_text(text.substr(at, 3)));
    }
    *to++ = static_cast<char>(high * 16 + low);
    at += 2;
  }
  const std::string_view decoded(memory, static_cast<size_t>(to - memory));
  if (!is_utf8(decoded))
    return call.error("value", "`url_decode` got bytes that are no text: they are not UTF-8");
  return Value::string_view(decoded);
}

// ---------------------------------------------------------------- hashes

Value hash(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "hash", arguments);
  if (!call.charge_value(arguments[0])) return call.failure();
  return Value::integer(static_cast<int64_t>(hash_value(arguments[0]) >> 1));
}

Value hash_hex(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "hash_hex", arguments);
  if (!call.charge_value(arguments[0])) return call.failure();
  return call.string(fmt::format("{:016x}", hash_value(arguments[0])));
}

}  // namespace

void add_data(FunctionTable& functions) {
  const Category add(functions, "data");
  const ParameterSpec text{"text", "string"};
  const ParameterSpec value{"value", "any"};
  add("json", {value}, "string", "the value as JSON", R"(json([1, null, 5m])  # '[1,null,"5m"]')", json);
  add("parse_json", {text, {"otherwise", "any", true}}, "any",
      "the value of a JSON text; `otherwise` where it is none",
      R"(parse_json('{"a": [1, 2.0]}')  # { a: [1, 2.0] })", parse_json_text);
  add("base64", {text}, "string", "the bytes of the text in base64", R"(base64("krules")  # "a3J1bGVz")",
      base64);
  add("base64_decode", {text}, "string", "the text of a base64 form, be it the one for URLs, padded or not",
      R"(base64_decode("a3J1bGVz")  # "krules")", base64_decode);
  add("url_encode", {text}, "string", "the text as a part of a URL", R"(url_encode("a b&c")  # "a%20b%26c")",
      url_encode);
  add("url_decode", {text}, "string", "the text of a part of a URL", R"(url_decode("a%20b%26c")  # "a b&c")",
      url_decode);
  add("hash", {value}, "int",
      "a number of 63 bits that equal values share; the same on every machine and in every version",
      R"(hash("user-7") % 100  # 19)", hash);
  add("hash_hex", {value}, "string", "the same in 64 bits, as 16 hexadecimal digits",
      R"(hash_hex("user-7")  # "b1de7a364def053e")", hash_hex);
}

}  // namespace krules::library

namespace krules {

std::string base64_text(std::string_view bytes) {
  std::string text((bytes.size() + 2) / 3 * 4, '\0');
  library::write_base64(bytes, text.data());
  return text;
}

}  // namespace krules
