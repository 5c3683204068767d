#include "literals.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

#include "utf8.h"
#include "words.h"

namespace krules::grammar {

namespace {

struct Unit {
  std::string_view name;
  int64_t microseconds;
};
/// From the largest, the order in which they are written.
constexpr Unit kUnits[] = {
    {"d", 86'400'000'000}, {"h", 3'600'000'000}, {"m", 60'000'000},
    {"s", 1'000'000},      {"ms", 1'000},        {"us", 1},
};
constexpr std::string_view kDurationHelp = "durations are written `250ms`, `2s`, `5m`, `1h30m`, `7d`";

std::string without_underscores(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c != '_') result += c;
  }
  return result;
}

bool underscores_between_digits(std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '_' &&
        (i == 0 || i + 1 == text.size() || !is_digit(text[i - 1]) || !is_digit(text[i + 1]))) {
      return false;
    }
  }
  return true;
}

std::string_view hint_for_unit(std::string_view unit) {
  if (unit == "min" || unit == "mins" || unit == "minutes" || unit == "minute") return "m";
  if (unit == "sec" || unit == "secs" || unit == "seconds" || unit == "second") return "s";
  if (unit == "hours" || unit == "hour" || unit == "hr" || unit == "hrs") return "h";
  if (unit == "days" || unit == "day") return "d";
  if (unit == "millis" || unit == "msec") return "ms";
  if (unit == "micros" || unit == "usec") return "us";
  return {};
}

/// `digits` (perhaps with a fraction) times `unit`, if that is a whole number that fits.
std::optional<int64_t> in_microseconds(const std::string& digits, int64_t unit) {
  const size_t dot = std::min(digits.find('.'), digits.size());
  const std::string fraction = dot < digits.size() ? digits.substr(dot + 1) : std::string{};
  int64_t whole = 0;
  if (std::from_chars(digits.data(), digits.data() + dot, whole).ptr != digits.data() + dot)
    return std::nullopt;
  int64_t part = 0;
  int64_t scale = 1;
  if (fraction.size() > 6) return std::nullopt;
  for (const char c : fraction) {
    if (!is_digit(c)) return std::nullopt;
    part = part * 10 + (c - '0');
    scale *= 10;
  }
  if (part * unit % scale != 0) return std::nullopt;
  int64_t result = 0;
  if (__builtin_mul_overflow(whole, unit, &result)) return std::nullopt;
  if (__builtin_add_overflow(result, part * unit / scale, &result)) return std::nullopt;
  return result;
}

/// Reads `1h30m` or reports why it cannot.
ast::Expr::Node parse_duration(Context& context, Span span) {
  const std::string_view text = context.text(span);
  const ast::DurationLiteral none{0};
  const auto report = [&](std::string message, std::string help) {
    context.report(context.diagnostic(codes::kDuration, span, std::move(message), std::move(help)));
    return none;
  };
  int64_t total = 0;
  size_t last_unit = 0;
  bool first = true;
  for (size_t at = 0; at < text.size();) {
    const size_t unit_begin = std::min(text.find_first_not_of("0123456789._", at), text.size());
    const size_t unit_end = std::min(text.find_first_of("0123456789", unit_begin), text.size());
    const std::string_view unit = text.substr(unit_begin, unit_end - unit_begin);
    const std::string_view digits = text.substr(at, unit_begin - at);
    size_t index = 0;
    while (index < std::size(kUnits) && kUnits[index].name != unit) ++index;
    if (unit.empty()) return report("a duration ends in a unit", std::string(kDurationHelp));
    if (index == std::size(kUnits)) {
      const std::string_view hint = hint_for_unit(unit);
      std::string help = "the units are `d`, `h`, `m`, `s`, `ms` and `us`";
      if (!hint.empty()) help = "did you mean `" + std::string(hint) + "`? " + help;
      return report(backquoted(unit) + " is not a unit of time", help);
    }
    if (!first && index <= last_unit) {
      return report("the units of a duration go from the largest to the smallest, each once",
                    std::string(kDurationHelp));
    }
    const std::string plain = without_underscores(digits);
    const std::optional<int64_t> value =
        in_microseconds(without_underscores(digits), kUnits[index].microseconds);
    if (!value || __builtin_add_overflow(total, *value, &total)) {
      return report("this duration does not fit in 64 bits of whole microseconds",
                    std::string(kDurationHelp));
    }
    last_unit = index;
    first = false;
    at = unit_end;
  }
  return ast::DurationLiteral{total};
}

/// Whether a number that no float can hold is too close to zero, not too large.
bool is_tiny(std::string_view text) {
  const size_t exponent = text.find_first_of("eE");
  if (exponent != std::string_view::npos) return text[exponent + 1] == '-';
  return text.starts_with("0");
}

bool is_float_text(std::string_view text) {
  size_t at = 0;
  const auto digits = [&] {
    const size_t begin = at;
    while (at < text.size() && is_digit(text[at])) ++at;
    return at > begin;
  };
  if (!digits()) return false;
  if (at < text.size() && text[at] == '.') {
    ++at;
    if (!digits()) return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    if (!digits()) return false;
  }
  return at == text.size();
}

}  // namespace

ast::Expr::Node parse_number(Context& context, Span span, bool negated) {
  const std::string_view text = context.text(span);
  if (text.find_first_not_of("0123456789") == std::string_view::npos && text.size() <= 18) {
    int64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return ast::IntLiteral{value};
  }
  const auto report = [&](std::string message, std::string help) {
    context.report(context.diagnostic(codes::kNumber, span, std::move(message), std::move(help)));
    return ast::IntLiteral{0};
  };
  if (!underscores_between_digits(text)) {
    return report(backquoted(text) + " is not a number", "a `_` stands between two digits: `1_000`");
  }
  const std::string plain = without_underscores(text);
  if (plain.find_first_not_of("0123456789") == std::string::npos) {
    uint64_t value = 0;
    const auto [end, error] = std::from_chars(plain.data(), plain.data() + plain.size(), value);
    const uint64_t most = static_cast<uint64_t>(std::numeric_limits<int64_t>::max()) + (negated ? 1 : 0);
    if (error != std::errc{} || value > most) {
      return report("this number does not fit in 64 bits",
                    "the largest is 9223372036854775807; for an approximate value write `" + plain + ".0`");
    }
    return ast::IntLiteral{static_cast<int64_t>(value)};
  }
  if (is_float_text(plain)) {
    double value = 0;
    const auto [end, error] = std::from_chars(plain.data(), plain.data() + plain.size(), value);
    if (error == std::errc::result_out_of_range && !is_tiny(plain)) {
      return report("this number is too large for a float", "the largest is about 1.8e308");
    }
    return ast::FloatLiteral{value};
  }
  if (plain.size() > 1 && plain[0] == '0' && !is_digit(plain[1]) &&
      std::string_view("xXbBoO").find(plain[1]) != std::string_view::npos) {
    return report(backquoted(text) + " is not a number", "numbers are written in decimal");
  }
  if (plain.find_first_not_of("0123456789.") == std::string::npos) {
    return report(backquoted(text) + " is not a number", "if it is text, such as an address, quote it");
  }
  return parse_duration(context, span);
}

void parse_escape(Context& context, Span span, std::string& out) {
  const std::string_view text = context.text(span);
  switch (text[1]) {
    case 'n':
      out += '\n';
      return;
    case 't':
      out += '\t';
      return;
    case 'r':
      out += '\r';
      return;
    case '"':
    case '\\':
    case '{':
    case '}':
      out += text[1];
      return;
    default:
      break;
  }
  if (text[1] == 'u') {
    uint32_t code_point = 0;
    const bool braces = text.size() > 4 && text[2] == '{' && text.back() == '}';
    const char* const begin = text.data() + (braces ? 3 : text.size());
    const char* const stop = text.data() + text.size() - (braces ? 1 : 0);
    const auto [end, error] = std::from_chars(begin, stop, code_point, 16);
    const bool scalar = code_point <= 0x10FFFF && (code_point < 0xD800 || code_point > 0xDFFF);
    if (braces && error == std::errc{} && end == stop && scalar) {
      append_utf8(out, code_point);
      return;
    }
    context.report(context.diagnostic(codes::kEscape, span, backquoted(text) + " is not a character",
                                      "write its code point in hexadecimal, up to 10FFFF: `\\u{1F600}`"));
    return;
  }
  std::string help =
      "the escapes are `\\n \\t \\r \\\" \\\\ \\{ \\} \\u{...}`; for a plain backslash write `\\\\`, or the "
      "whole string raw, in single quotes";
  if (text[1] == '\'') help = "a `'` needs no backslash here";
  context.report(context.diagnostic(codes::kEscape, span, "unknown escape `" + std::string(text) + "`",
                                    std::move(help)));
}

/// `every day`: a function of that name would be meant with an argument.
void check_unit_alone(Context& context, const ast::Expr& value, std::string_view word) {
  const auto* name = std::get_if<ast::Name>(&value.node);
  if (name == nullptr) return;
  for (const std::string_view unit : {"day", "hour", "minute", "second"}) {
    if (name->name != unit) continue;
    context.fail(codes::kDuration, value.span,
                 backquoted(word) + " needs a duration, and " + backquoted(unit) + " is none",
                 "write " + backquoted(std::string(word) + " 1" + unit[0]) +
                     "; the units are `ms`, `s`, `m`, `h` and `d`");
  }
}

void check_duration(Context& context, const ast::Expr& value, std::string_view word) {
  check_unit_alone(context, value, word);
  const bool number = std::holds_alternative<ast::IntLiteral>(value.node) ||
                      std::holds_alternative<ast::FloatLiteral>(value.node);
  if (!number && !std::holds_alternative<ast::StringLiteral>(value.node)) return;
  std::string example = "5m";
  if (number) {
    // `5 minutes`: the unit is there, and is not ours.
    const std::string_view behind = context.text().substr(value.span.end);
    const size_t blanks = std::min(behind.find_first_not_of(" \t"), behind.size());
    const std::string_view unit = behind.substr(blanks);
    example = std::string(context.text(value.span));
    if (unit.starts_with("ms") || unit.starts_with("milli")) {
      example += "ms";
    } else {
      const bool known = unit.starts_with('m') || unit.starts_with('h') || unit.starts_with('d');
      example += known ? unit[0] : 's';
    }
  }
  context.fail(
      codes::kDuration, value.span,
      backquoted(word) + " needs a duration, and this is " + (number ? "a plain number" : "a string"),
      "write " + backquoted(std::string(word) + " " + example) +
          "; the units are `ms`, `s`, `m`, `h` and `d`");
}

}  // namespace krules::grammar
