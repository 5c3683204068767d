#include "krules/json.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstring>

namespace krules {

namespace {

constexpr int64_t kSecond = 1'000'000;
constexpr int64_t kMinute = 60 * kSecond;
constexpr int64_t kHour = 60 * kMinute;
constexpr int64_t kDay = 24 * kHour;

void append_int(std::string& out, int64_t number) {
  char buffer[24];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, number).ptr;
  out.append(buffer, end);
}

void append_padded(std::string& out, unsigned number, int width) {
  char buffer[12];
  int at = width;
  while (at > 0) {
    buffer[--at] = static_cast<char>('0' + number % 10);
    number /= 10;
  }
  out.append(buffer, static_cast<size_t>(width));
}

void append_float(std::string& out, double number) {
  // Most measured numbers have few decimals: n / 10^k rounds to the same double as the decimal text does.
  static constexpr double kPowers[] = {1.0, 10.0, 100.0, 1000.0};
  if (std::fabs(number) < 1e12) {
    for (int decimals = 0; decimals < 4; ++decimals) {
      const double scaled = number * kPowers[decimals];
      const auto whole = static_cast<int64_t>(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
      if (static_cast<double>(whole) / kPowers[decimals] != number) continue;
      if (whole == 0 && std::signbit(number)) break;
      const auto power = static_cast<int64_t>(kPowers[decimals]);
      if (whole < 0) out.push_back('-');
      const int64_t magnitude = whole < 0 ? -whole : whole;
      append_int(out, magnitude / power);
      out.push_back('.');
      append_padded(out, static_cast<unsigned>(magnitude % power), decimals == 0 ? 1 : decimals);
      return;
    }
  }
  char buffer[40];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, number).ptr;
  const std::string_view text(buffer, static_cast<size_t>(end - buffer));
  out.append(text);
  if (text.find_first_of(".e") == std::string_view::npos) out.append(".0");
}

constexpr uint64_t kOnes = 0x0101010101010101;

/// Whether JSON wants one of these eight bytes escaped.
bool wants_escape(uint64_t bytes) {
  constexpr uint64_t kHigh = 0x8080808080808080;
  const uint64_t quote = bytes ^ (kOnes * '"');
  const uint64_t backslash = bytes ^ (kOnes * '\\');
  const uint64_t control = (bytes - kOnes * 0x20) & ~bytes;
  return ((((quote - kOnes) & ~quote) | ((backslash - kOnes) & ~backslash) | control) & kHigh) != 0;
}

/// Where, from `at` on, the first byte stands that JSON wants escaped; the end if there is none. Eight bytes
/// at a time.
size_t plain_run(std::string_view text, size_t at) {
  uint64_t bytes;
  for (; at + 8 <= text.size(); at += 8) {
    std::memcpy(&bytes, text.data() + at, 8);
    if (wants_escape(bytes)) break;
  }
  if (at + 8 > text.size()) {
    bytes = kOnes * ' ';
    std::memcpy(&bytes, text.data() + at, text.size() - at);
    if (!wants_escape(bytes)) return text.size();
  }
  for (; at < text.size(); ++at) {
    const auto c = static_cast<unsigned char>(text[at]);
    if (c < 0x20 || c == '"' || c == '\\') return at;
  }
  return at;
}

bool needs_wrapping(const MapRep& map) {
  return map.size != 0 && map.begin()[0].key->text().starts_with('$');
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  size_t plain = 0;
  const size_t first = plain_run(text, 0);
  constexpr size_t kShort = 62;
  if (first == text.size() && first <= kShort) {
    // Nearly all texts: in one go.
    char quoted[kShort + 2] = {'"'};
    std::copy(text.begin(), text.end(), quoted + 1);
    quoted[first + 1] = '"';
    out.append(quoted, first + 2);
    return;
  }
  out.push_back('"');
  for (size_t i = first; i < text.size(); i = plain_run(text, i + 1)) {
    const auto c = static_cast<unsigned char>(text[i]);
    out.append(text.substr(plain, i - plain));
    plain = i + 1;
    switch (c) {
      case '"':
        out.append("\\\"");
        break;
      case '\\':
        out.append("\\\\");
        break;
      case '\n':
        out.append("\\n");
        break;
      case '\t':
        out.append("\\t");
        break;
      case '\r':
        out.append("\\r");
        break;
      default: {
        constexpr char kHex[] = "0123456789abcdef";
        out.append("\\u00");
        out.push_back(kHex[c >> 4]);
        out.push_back(kHex[c & 15]);
      }
    }
  }
  out.append(text.substr(plain));
  out.push_back('"');
}

void append_json(std::string& out, const Value& value, JsonStyle style) {
  switch (value.kind()) {
    case ValueKind::kBool:
      out.append(value.as_bool() ? "true" : "false");
      return;
    case ValueKind::kInt:
      append_int(out, value.as_int());
      return;
    case ValueKind::kFloat:
      append_float(out, value.as_float());
      return;
    case ValueKind::kString:
      append_json_string(out, value.text());
      return;
    case ValueKind::kDuration:
    case ValueKind::kTimestamp: {
      const bool is_time = value.is(ValueKind::kTimestamp);
      if (style == JsonStyle::kTagged) out.append(is_time ? "{\"$timestamp\":\"" : "{\"$duration\":\"");
      if (style == JsonStyle::kPlain) out.push_back('"');
      is_time ? append_timestamp(out, value.as_microseconds())
              : append_duration(out, value.as_microseconds());
      out.append(style == JsonStyle::kTagged ? "\"}" : "\"");
      return;
    }
    case ValueKind::kList: {
      out.push_back('[');
      bool first = true;
      for (const Value& item : value.as_list().items()) {
        if (!first) out.push_back(',');
        first = false;
        append_json(out, item, style);
      }
      out.push_back(']');
      return;
    }
    case ValueKind::kMap: {
      const MapRep& map = value.as_map();
      const bool wrap = style == JsonStyle::kTagged && needs_wrapping(map);
      out.append(wrap ? "{\"$map\":{" : "{");
      bool first = true;
      for (const MapRep::Entry& entry : map.entries()) {
        if (!first) out.push_back(',');
        first = false;
        append_json_string(out, entry.key->text());
        out.push_back(':');
        append_json(out, entry.value, style);
      }
      out.append(wrap ? "}}" : "}");
      return;
    }
    default:
      out.append("null");
      return;
  }
}

JsonResult parse_json(std::string_view text, JsonStyle style, Arena& arena, const SymbolTable& symbols) {
  JsonTexts texts;
  JsonResult result;
  if (!texts.read(text, style, arena, symbols, result.value)) {
    result.error = texts.error();
    result.value = Value::null();
  }
  return result;
}

// ---------------------------------------------------------------- time

void append_timestamp(std::string& out, int64_t microseconds) {
  using namespace std::chrono;
  const sys_time<std::chrono::microseconds> time{std::chrono::microseconds(microseconds)};
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const int64_t in_day = (time - day).count();
  const int year = static_cast<int>(date.year());
  const auto magnitude = static_cast<unsigned>(year < 0 ? -year : year);
  if (year < 0) out.push_back('-');
  append_padded(out, magnitude, magnitude > 9999 ? 6 : 4);
  out.push_back('-');
  append_padded(out, static_cast<unsigned>(date.month()), 2);
  out.push_back('-');
  append_padded(out, static_cast<unsigned>(date.day()), 2);
  out.push_back('T');
  append_padded(out, static_cast<unsigned>(in_day / kHour), 2);
  out.push_back(':');
  append_padded(out, static_cast<unsigned>(in_day % kHour / kMinute), 2);
  out.push_back(':');
  append_padded(out, static_cast<unsigned>(in_day % kMinute / kSecond), 2);
  if (auto fraction = static_cast<unsigned>(in_day % kSecond); fraction != 0) {
    int digits = 6;
    for (; fraction % 10 == 0; fraction /= 10) --digits;
    out.push_back('.');
    append_padded(out, fraction, digits);
  }
  out.push_back('Z');
}

namespace {

/// Reads exactly `width` digits.
bool take_digits(std::string_view& text, int width, int& number) {
  if (text.size() < static_cast<size_t>(width)) return false;
  number = 0;
  for (int i = 0; i < width; ++i) {
    if (text[static_cast<size_t>(i)] < '0' || text[static_cast<size_t>(i)] > '9') return false;
    number = number * 10 + (text[static_cast<size_t>(i)] - '0');
  }
  text.remove_prefix(static_cast<size_t>(width));
  return true;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text[0] != c) return false;
  text.remove_prefix(1);
  return true;
}

bool take_time_of_day(std::string_view& text, int64_t& microseconds) {
  int hour = 0;
  int minute = 0;
  int second = 0;
  if (!take_digits(text, 2, hour) || !take(text, ':') || !take_digits(text, 2, minute)) return false;
  if (take(text, ':') && !take_digits(text, 2, second)) return false;
  if (hour > 23 || minute > 59 || second > 60) return false;
  microseconds = hour * kHour + minute * kMinute + second * kSecond;
  if (take(text, '.')) {
    int64_t unit = kSecond / 10;
    size_t digits = 0;
    for (; digits < text.size() && text[digits] >= '0' && text[digits] <= '9'; ++digits, unit /= 10) {
      microseconds += unit * (text[digits] - '0');
    }
    if (digits == 0) return false;
    text.remove_prefix(digits);
  }
  return true;
}

bool take_offset(std::string_view& text, int64_t& microseconds) {
  if (take(text, 'Z') || take(text, 'z')) {
    microseconds = 0;
    return true;
  }
  const bool negative = !text.empty() && text[0] == '-';
  if (!take(text, '-') && !take(text, '+')) return false;
  int hour = 0;
  int minute = 0;
  if (!take_digits(text, 2, hour)) return false;
  (void)take(text, ':');
  if (!take_digits(text, 2, minute) || hour > 23 || minute > 59) return false;
  microseconds = (hour * kHour + minute * kMinute) * (negative ? -1 : 1);
  return true;
}

}  // namespace

namespace {

/// What follows the year.
bool take_rest(std::string_view text, int year_number, int64_t& microseconds) {
  using namespace std::chrono;
  int month_number = 0;
  int day_number = 0;
  if (!take(text, '-') || !take_digits(text, 2, month_number) || !take(text, '-') ||
      !take_digits(text, 2, day_number)) {
    return false;
  }
  const year_month_day date(year(year_number), month(static_cast<unsigned>(month_number)),
                            day(static_cast<unsigned>(day_number)));
  if (!date.ok()) return false;
  int64_t in_day = 0;
  int64_t offset = 0;
  if (!text.empty()) {
    if (!take(text, 'T') && !take(text, 't') && !take(text, ' ')) return false;
    if (!take_time_of_day(text, in_day) || !take_offset(text, offset) || !text.empty()) return false;
  }
  microseconds = int64_t{sys_days(date).time_since_epoch().count()} * kDay + in_day - offset;
  return true;
}

}  // namespace

bool parse_timestamp(std::string_view text, int64_t& microseconds) {
  int year = 0;
  return take_digits(text, 4, year) && take_rest(text, year, microseconds) && is_timestamp(microseconds);
}

bool parse_stored_timestamp(std::string_view text, int64_t& microseconds) {
  const bool negative = take(text, '-');
  const size_t digits = text.find('-');
  int year = 0;
  // A year of more than four digits has six.
  if ((digits != 4 && digits != 6) || !take_digits(text, static_cast<int>(digits), year)) return false;
  return take_rest(text, negative ? -year : year, microseconds);
}

namespace {

struct DurationUnit {
  std::string_view name;
  int64_t microseconds;
};
constexpr DurationUnit kDurationUnits[] = {{"d", kDay},    {"h", kHour}, {"m", kMinute},
                                           {"s", kSecond}, {"ms", 1000}, {"us", 1}};

}  // namespace

void append_duration(std::string& out, int64_t microseconds) {
  if (microseconds == 0) {
    out.append("0s");
    return;
  }
  auto left = static_cast<uint64_t>(microseconds);
  if (microseconds < 0) {
    out.push_back('-');
    left = ~left + 1;
  }
  for (const DurationUnit& unit : kDurationUnits) {
    const auto size = static_cast<uint64_t>(unit.microseconds);
    if (left < size) continue;
    append_int(out, static_cast<int64_t>(left / size));
    out.append(unit.name);
    left %= size;
  }
}

bool parse_duration(std::string_view text, int64_t& microseconds) {
  const bool negative = take(text, '-');
  if (text.empty()) return false;
  int64_t total = 0;
  size_t next_unit = 0;  // units come in falling order, each once
  while (!text.empty()) {
    int64_t number = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (code != std::errc() || number < 0) return false;
    text.remove_prefix(static_cast<size_t>(end - text.data()));
    size_t letters = 0;
    while (letters < text.size() && text[letters] >= 'a' && text[letters] <= 'z') ++letters;
    const std::string_view name = text.substr(0, letters);
    while (next_unit < std::size(kDurationUnits) && kDurationUnits[next_unit].name != name) ++next_unit;
    if (next_unit == std::size(kDurationUnits)) return false;
    int64_t part = 0;
    if (__builtin_mul_overflow(number, kDurationUnits[next_unit].microseconds, &part) ||
        __builtin_add_overflow(total, part, &total)) {
      return false;
    }
    ++next_unit;
    text.remove_prefix(letters);
  }
  microseconds = negative ? -total : total;
  return true;
}

void append_display(std::string& out, const Value& value) {
  switch (value.kind()) {
    case ValueKind::kString:
      out.append(value.text());
      return;
    case ValueKind::kTimestamp:
      append_timestamp(out, value.as_microseconds());
      return;
    case ValueKind::kDuration:
      append_duration(out, value.as_microseconds());
      return;
    default:
      append_json(out, value);
      return;
  }
}

}  // namespace krules
