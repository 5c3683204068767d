#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "call.h"
#include "krules/json.h"
#include "time_zone.h"

namespace krules::library {

inline constexpr int64_t kMicrosecondsPerSecond = 1'000'000;
inline constexpr int64_t kSecondsPerHour = 3600;
inline constexpr int64_t kSecondsPerDay = 86'400;
/// The seconds of kFirstTimestamp and kLastTimestamp.
inline constexpr int64_t kFirstSecond = kFirstTimestamp / kMicrosecondsPerSecond;
inline constexpr int64_t kLastSecond = kLastTimestamp / kMicrosecondsPerSecond;

/// A moment as the calendar and the clock of a zone show it.
struct LocalTime {
  int year = 1970;
  int month = 1;  ///< 1 to 12
  int day = 1;    ///< 1 to 31
  int hour = 0;
  int minute = 0;
  int second = 0;
  int microsecond = 0;
  int weekday = 4;      ///< 1 is Monday, 7 is Sunday
  int day_of_year = 1;  ///< 1 to 366
  ZoneOffset offset;
};

/// Precondition: within kFirstSecond and kLastSecond.
LocalTime local_time(int64_t microseconds, const Zone& zone);
/// Days from 1970-01-01 to that date of the calendar; empty when there is no such date.
std::optional<int64_t> days_of(int year, int month, int day);
/// Local seconds since 1970 of the date and clock time.
int64_t local_seconds(const LocalTime& time);

/// Rounded towards the past.
int64_t floor_divide(int64_t a, int64_t b);

/// Argument `i` as a timestamp within the years 0 to 9999.
int64_t calendar_time(Call& call, size_t i, std::string_view parameter);
/// Argument `i` as the name of a zone; UTC when it is not given.
Zone zone_argument(Call& call, ZoneCache& zones, size_t i);

/// format_time() and parse_time().
void add_time_formats(FunctionTable& functions, const std::shared_ptr<ZoneCache>& zones);

}  // namespace krules::library
