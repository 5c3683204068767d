// Times as texts of a given form, and back.
#include <array>
#include <cctype>
#include <cmath>

#include "calendar.h"
#include "krules/json.h"
#include "library.h"

namespace krules::library {

namespace {

constexpr std::array<std::string_view, 12> kMonths = {"January",   "February", "March",    "April",
                                                      "May",       "June",     "July",     "August",
                                                      "September", "October",  "November", "December"};
constexpr std::array<std::string_view, 7> kDays = {"Monday", "Tuesday",  "Wednesday", "Thursday",
                                                   "Friday", "Saturday", "Sunday"};
constexpr std::string_view kFormHelp =
    "%Y %y %m %d %e %j %H %I %M %S %f %L %p %A %a %B %b %u %V %G %F %T %R %z %Z %s and %% are known";

void put_offset(std::string& out, int64_t seconds) {
  const int64_t minutes = (seconds < 0 ? -seconds : seconds) / 60;
  fmt::format_to(std::back_inserter(out), "{}{:02}{:02}", seconds < 0 ? '-' : '+', minutes / 60,
                 minutes % 60);
}

struct IsoWeek {
  int year;
  int week;
};

// The week belongs to the year of its Thursday.
IsoWeek iso_week(const LocalTime& time) {
  int year = time.year;
  int week = (time.day_of_year - time.weekday + 10) / 7;
  auto weeks_of = [](int y) {
    const int64_t first = days_of(y, 1, 1).value_or(0);
    const int64_t next = days_of(y + 1, 1, 1).value_or(0);
    const auto weekday = static_cast<int>(((first + 3) % 7 + 7) % 7) + 1;
    return weekday == 4 || (weekday == 3 && next - first == 366) ? 53 : 52;
  };
  if (week < 1) {
    --year;
    week = weeks_of(year);
  } else if (week > weeks_of(year)) {
    ++year;
    week = 1;
  }
  return {year, week};
}

// Appends what `%letter` stands for; false when it stands for nothing.
bool put_directive(std::string& out, char letter, const LocalTime& time, int64_t microseconds) {
  auto put = [&out]<class... Parts>(fmt::format_string<Parts...> form, Parts&&... parts) {
    fmt::format_to(std::back_inserter(out), form, std::forward<Parts>(parts)...);
    return true;
  };
  const int hour12 = time.hour % 12 == 0 ? 12 : time.hour % 12;
  switch (letter) {
    case 'Y':
      return put("{:04}", time.year);
    case 'y':
      return put("{:02}", ((time.year % 100) + 100) % 100);
    case 'm':
      return put("{:02}", time.month);
    case 'd':
      return put("{:02}", time.day);
    case 'e':
      return put("{}", time.day);
    case 'j':
      return put("{:03}", time.day_of_year);
    case 'H':
      return put("{:02}", time.hour);
    case 'I':
      return put("{:02}", hour12);
    case 'M':
      return put("{:02}", time.minute);
    case 'S':
      return put("{:02}", time.second);
    case 'f':
      return put("{:06}", time.microsecond);
    case 'L':
      return put("{:03}", time.microsecond / 1000);
    case 'p':
      return put("{}", time.hour < 12 ? "AM" : "PM");
    case 'A':
      return put("{}", kDays[static_cast<size_t>(time.weekday - 1)]);
    case 'a':
      return put("{}", kDays[static_cast<size_t>(time.weekday - 1)].substr(0, 3));
    case 'B':
      return put("{}", kMonths[static_cast<size_t>(time.month - 1)]);
    case 'b':
      return put("{}", kMonths[static_cast<size_t>(time.month - 1)].substr(0, 3));
    case 'u':
      return put("{}", time.weekday);
    case 'V':
      return put("{:02}", iso_week(time).week);
    case 'G':
      return put("{:04}", iso_week(time).year);
    case 'F':
      return put("{:04}-{:02}-{:02}", time.year, time.month, time.day);
    case 'T':
      return put("{:02}:{:02}:{:02}", time.hour, time.minute, time.second);
    case 'R':
      return put("{:02}:{:02}", time.hour, time.minute);
    case 'z':
      put_offset(out, time.offset.seconds);
      return true;
    case 'Z':
      if (time.offset.abbreviation.empty()) {
        put_offset(out, time.offset.seconds);
      } else {
        out += time.offset.abbreviation;
      }
      return true;
    case 's':
      return put("{}", floor_divide(microseconds, kMicrosecondsPerSecond));
    case '%':
      out += '%';
      return true;
    default:
      return false;
  }
}

Value unknown_directive(Call& call, std::string_view form, size_t at) {
  return call.error("value", "`{}` does not know `{}` in `format`; {}", call.function(), form.substr(at, 2),
                    kFormHelp);
}

Value format_time(CallContext& context, Arguments arguments, ZoneCache& zones) {
  Call call(context, "format_time", arguments);
  const int64_t microseconds = calendar_time(call, 0, "time");
  const std::string_view form = call.text(1, "format");
  const Zone zone = zone_argument(call, zones, 2);
  // No directive gives more than six bytes for one of its own.
  if (call.failed() || !call.charge_result(form.size() * 6)) return call.failure();
  const LocalTime time = local_time(microseconds, zone);
  std::string out;
  for (size_t at = 0; at < form.size(); ++at) {
    if (form[at] != '%') {
      out += form[at];
      continue;
    }
    if (at + 1 == form.size() || !put_directive(out, form[at + 1], time, microseconds)) {
      return unknown_directive(call, form, at);
    }
    ++at;
  }
  return call.string(out);
}

// ---------------------------------------------------------------- reading

/// Reads a text along a format. The text is what may be wrong; the format is known to be right.
class TimeReader {
 public:
  explicit TimeReader(std::string_view text) : text_(text) {}

  // False when the text does not fit the directive; `known` tells whether there is such a directive.
  bool read(char letter, bool& known) {
    switch (letter) {
      case 'Y':
        return number(4, 0, 9999, time_.year, 4);
      case 'y':
        if (!number(2, 0, 99, time_.year)) return false;
        time_.year += time_.year < 69 ? 2000 : 1900;
        return true;
      case 'm':
        return number(2, 1, 12, time_.month);
      case 'd':
      case 'e':
        if (letter == 'e') skip_spaces();
        return number(2, 1, 31, time_.day);
      case 'H':
        return number(2, 0, 23, time_.hour);
      case 'I':
        return number(2, 1, 12, hour12_);
      case 'M':
        return number(2, 0, 59, time_.minute);
      case 'S':
        return number(2, 0, 59, time_.second);
      case 'f':
        return fraction(6);
      case 'L':
        return fraction(3);
      case 'p':
        return half_of_day();
      case 'A':
      case 'a': {
        int ignored = 0;
        return name(kDays, ignored);
      }
      case 'B':
      case 'b':
        return name(kMonths, time_.month);
      case 'F':
        return number(4, 0, 9999, time_.year, 4) && skip('-') && number(2, 1, 12, time_.month) && skip('-') &&
               number(2, 1, 31, time_.day);
      case 'T':
        return clock_time() && skip(':') && number(2, 0, 59, time_.second);
      case 'R':
        return clock_time();
      case 'z':
        return offset();
      case 's':
        return unix_seconds();
      case '%':
        return skip('%');
      default:
        known = false;
        return false;
    }
  }

  bool skip(char c) {
    if (text_.empty() || text_.front() != c) return false;
    text_.remove_prefix(1);
    return true;
  }
  void skip_spaces() {
    while (!text_.empty() && text_.front() == ' ') text_.remove_prefix(1);
  }
  bool at_end() const { return text_.empty(); }

  // Microseconds since 1970; empty when there is no such date.
  std::optional<int64_t> result(const Zone& zone) {
    if (unix_) return *unix_ * kMicrosecondsPerSecond + time_.microsecond;
    if (!days_of(time_.year, time_.month, time_.day)) return std::nullopt;
    if (hour12_ >= 0) time_.hour = hour12_ % 12 + (afternoon_ ? 12 : 0);
    const int64_t local = local_seconds(time_);
    const int64_t utc = offset_ ? local - *offset_ : zone.to_utc(local);
    if (utc < kFirstSecond || utc > kLastSecond) return std::nullopt;
    return utc * kMicrosecondsPerSecond + time_.microsecond;
  }

 private:
  static bool is_digit(char c) { return c >= '0' && c <= '9'; }

  bool number(size_t most_digits, int least, int greatest, int& value, size_t least_digits = 1) {
    size_t digits = 0;
    int result = 0;
    while (digits < most_digits && digits < text_.size() && is_digit(text_[digits])) {
      result = result * 10 + (text_[digits++] - '0');
    }
    if (digits < least_digits || result < least || result > greatest) return false;
    text_.remove_prefix(digits);
    value = result;
    return true;
  }

  bool fraction(size_t most_digits) {
    size_t digits = 0;
    int result = 0;
    while (digits < most_digits && digits < text_.size() && is_digit(text_[digits])) {
      result = result * 10 + (text_[digits++] - '0');
    }
    text_.remove_prefix(digits);
    for (size_t i = digits; i < 6; ++i) result *= 10;
    time_.microsecond = result;
    return digits > 0;
  }

  bool clock_time() { return number(2, 0, 23, time_.hour) && skip(':') && number(2, 0, 59, time_.minute); }

  bool half_of_day() {
    if (text_.size() < 2 || (text_[1] != 'M' && text_[1] != 'm')) return false;
    const char first = text_[0];
    if (first != 'A' && first != 'a' && first != 'P' && first != 'p') return false;
    afternoon_ = first == 'P' || first == 'p';
    text_.remove_prefix(2);
    return true;
  }

  template <size_t N>
  bool name(const std::array<std::string_view, N>& names, int& value) {
    auto same = [](char a, char b) {
      return std::tolower(static_cast<unsigned char>(a)) == std::tolower(static_cast<unsigned char>(b));
    };
    for (size_t i = 0; i < N; ++i) {
      for (const size_t length : {names[i].size(), size_t{3}}) {
        if (text_.size() >= length &&
            std::equal(text_.begin(), text_.begin() + length, names[i].begin(), same)) {
          text_.remove_prefix(length);
          value = static_cast<int>(i) + 1;
          return true;
        }
      }
    }
    return false;
  }

  // Z, +02:00, +0200 or +02.
  bool offset() {
    if (skip('Z')) {
      offset_ = 0;
      return true;
    }
    const bool negative = !text_.empty() && text_.front() == '-';
    if (!skip('+') && !skip('-')) return false;
    int hours = 0;
    int minutes = 0;
    if (!number(2, 0, 23, hours, 2)) return false;
    const bool colon = skip(':');
    if (colon || (!text_.empty() && is_digit(text_.front()))) {
      if (!number(2, 0, 59, minutes, 2)) return false;
    }
    const int64_t seconds = hours * kSecondsPerHour + minutes * 60;
    offset_ = negative ? -seconds : seconds;
    return true;
  }

  bool unix_seconds() {
    const bool negative = skip('-');
    size_t digits = 0;
    int64_t result = 0;
    while (digits < text_.size() && is_digit(text_[digits])) {
      result = result * 10 + (text_[digits++] - '0');
      if (result > kLastSecond) return false;
    }
    if (digits == 0) return false;
    text_.remove_prefix(digits);
    unix_ = negative ? -result : result;
    return *unix_ >= kFirstSecond;
  }

  std::string_view text_;
  LocalTime time_;
  int hour12_ = -1;
  bool afternoon_ = false;
  std::optional<int64_t> offset_;
  std::optional<int64_t> unix_;
};

Value parse_time(CallContext& context, Arguments arguments, ZoneCache& zones) {
  Call call(context, "parse_time", arguments);
  const std::string_view text = call.text(0, "text");
  const std::string_view form = call.text(1, "format");
  const Zone zone = zone_argument(call, zones, 2);
  if (call.failed() || !call.charge_text(text.size() + form.size())) return call.failure();
  TimeReader reader(text);
  auto misfit = [&] {
    return call.error("value", "`parse_time` got \"{}\", which does not fit \"{}\"", shown_text(text),
                      shown_text(form));
  };
  for (size_t at = 0; at < form.size(); ++at) {
    if (form[at] == ' ') {
      reader.skip_spaces();
      continue;
    }
    if (form[at] != '%') {
      if (!reader.skip(form[at])) return misfit();
      continue;
    }
    bool known = at + 1 < form.size();
    const bool fits = known && reader.read(form[at + 1], known);
    if (!known) {
      return call.error(
          "value",
          "`parse_time` does not read `{}` in `format`; it reads %Y %y %m %d %e %H %I %M %S %f %L %p %A %a "
          "%B %b %F %T %R %z %s and %%",
          form.substr(at, 2));
    }
    if (!fits) return misfit();
    ++at;
  }
  const std::optional<int64_t> result = reader.at_end() ? reader.result(zone) : std::nullopt;
  return result ? Value::timestamp(*result) : misfit();
}

}  // namespace

void add_time_formats(FunctionTable& functions, const std::shared_ptr<ZoneCache>& zones) {
  add_with_state(
      functions,
      {.name = "format_time",
       .category = "time",
       .parameters = {{"time", "timestamp"},
                      {.name = "format", .kinds = "string", .checked = true},
                      {"zone", "string", true}},
       .result = "string",
       .summary =
           "the time as a text, in UTC or in a zone: %Y-%m-%d %H:%M:%S %z and the like, names in English",
       .example =
           R"(timestamp("2026-11-23T21:30:00Z").format_time("%a %d %b %Y, %R", "Europe/Rome")  # "Mon 23 Nov 2026, 22:30")"},
      zones, format_time);
  add_with_state(
      functions,
      {.name = "parse_time",
       .category = "time",
       .parameters = {{"text", "string"}, {"format", "string"}, {"zone", "string", true}},
       .result = "timestamp",
       .summary = "the moment that a text of that form says, in UTC or in a zone where it says no offset",
       .example =
           R"(parse_time("23/11/2026 22:30", "%d/%m/%Y %H:%M", "Europe/Rome")  # timestamp("2026-11-23T21:30:00Z"))"},
      zones, parse_time);
}

}  // namespace krules::library
