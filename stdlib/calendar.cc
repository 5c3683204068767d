#include "calendar.h"

#include <chrono>

namespace krules::library {

int64_t floor_divide(int64_t a, int64_t b) {
  const int64_t quotient = a / b;
  return a % b != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient;
}

std::optional<int64_t> days_of(int year, int month, int day) {
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (month < 1 || month > 12 || day < 1 || day > 31 || !date.ok()) return std::nullopt;
  return std::chrono::sys_days(date).time_since_epoch().count();
}

LocalTime local_time(int64_t microseconds, const Zone& zone) {
  const int64_t utc = floor_divide(microseconds, kMicrosecondsPerSecond);
  LocalTime result;
  result.offset = zone.at(utc);
  const int64_t local = utc + result.offset.seconds;
  const int64_t days = floor_divide(local, kSecondsPerDay);
  const auto clock = static_cast<int>(local - days * kSecondsPerDay);
  const std::chrono::sys_days date{std::chrono::days(days)};
  const std::chrono::year_month_day calendar(date);
  result.year = static_cast<int>(calendar.year());
  result.month = static_cast<int>(static_cast<unsigned>(calendar.month()));
  result.day = static_cast<int>(static_cast<unsigned>(calendar.day()));
  result.hour = clock / 3600;
  result.minute = clock / 60 % 60;
  result.second = clock % 60;
  result.microsecond = static_cast<int>(microseconds - utc * kMicrosecondsPerSecond);
  result.weekday = static_cast<int>(std::chrono::weekday(date).iso_encoding());
  result.day_of_year = static_cast<int>(days - *days_of(result.year, 1, 1)) + 1;
  return result;
}

int64_t local_seconds(const LocalTime& time) {
  const int64_t days = days_of(time.year, time.month, time.day).value_or(0);
  return days * kSecondsPerDay + time.hour * kSecondsPerHour + time.minute * 60 + time.second;
}

int64_t calendar_time(Call& call, size_t i, std::string_view parameter) {
  const int64_t microseconds = call.timestamp(i, parameter);
  if (!is_timestamp(microseconds)) {
    call.fail(call.error("value", "`{}` takes a timestamp of the years 0 to 9999", call.function()));
    return 0;
  }
  return microseconds;
}

Zone zone_argument(Call& call, ZoneCache& zones, size_t i) {
  if (!call.given(i)) return {};
  const std::string_view name = call.text(i, "zone");
  if (call.failed()) return {};
  if (const std::optional<Zone> zone = zones.find(name)) return *zone;
  call.fail(call.error("value", "`{}` takes a time zone as `zone`, and `{}` is none; {}", call.function(),
                       shown_text(name), zones.help_for(name)));
  return {};
}

}  // namespace krules::library
