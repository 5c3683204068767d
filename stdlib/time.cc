// The calendar and the clock. What time it is comes from the cascade alone: nothing here reads a clock.
#include <cmath>

#include "calendar.h"
#include "call.h"
#include "library.h"

namespace krules::library {

namespace {

Value now(CallContext& context, Arguments, const void*) {
  return Value::timestamp(context.now());
}

// ---------------------------------------------------------------- parts of a timestamp

struct Year {
  static constexpr std::string_view kName = "year";
  static int64_t of(const LocalTime& time) { return time.year; }
};
struct Month {
  static constexpr std::string_view kName = "month";
  static int64_t of(const LocalTime& time) { return time.month; }
};
struct Day {
  static constexpr std::string_view kName = "day";
  static int64_t of(const LocalTime& time) { return time.day; }
};
struct Hour {
  static constexpr std::string_view kName = "hour";
  static int64_t of(const LocalTime& time) { return time.hour; }
};
struct Minute {
  static constexpr std::string_view kName = "minute";
  static int64_t of(const LocalTime& time) { return time.minute; }
};
struct Second {
  static constexpr std::string_view kName = "second";
  static int64_t of(const LocalTime& time) { return time.second; }
};
struct Weekday {
  static constexpr std::string_view kName = "weekday";
  static int64_t of(const LocalTime& time) { return time.weekday; }
};
struct DayOfYear {
  static constexpr std::string_view kName = "day_of_year";
  static int64_t of(const LocalTime& time) { return time.day_of_year; }
};

template <class Part>
Value part(CallContext& context, Arguments arguments, ZoneCache& zones) {
  Call call(context, Part::kName, arguments);
  const int64_t time = calendar_time(call, 0, "time");
  const Zone zone = zone_argument(call, zones, 1);
  return call.failed() ? call.failure() : Value::integer(Part::of(local_time(time, zone)));
}

// ---------------------------------------------------------------- beginnings

enum class Unit : uint8_t { kSecond, kMinute, kHour, kDay, kWeek, kMonth, kYear, kUnknown };

Unit unit_of(std::string_view name) {
  static constexpr std::string_view kNames[] = {"second", "minute", "hour", "day", "week", "month", "year"};
  for (size_t i = 0; i < std::size(kNames); ++i) {
    if (name == kNames[i]) return static_cast<Unit>(i);
  }
  return Unit::kUnknown;
}

// What a timestamp was cut down to: of the first days of the year 0 it can be no timestamp.
Value cut_down(Call& call, int64_t microseconds) {
  if (microseconds >= kFirstTimestamp) return Value::timestamp(microseconds);
  return call.error("value", "the result of `{}` lies before the year 0", call.function());
}

Value begin_of(Call& call, int64_t microseconds, Unit unit, const Zone& zone) {
  LocalTime time = local_time(microseconds, zone);
  if (unit <= Unit::kHour) {
    // Not by way of the local clock, which shows an hour twice when summer time ends.
    const int64_t length = unit == Unit::kSecond ? 1 : unit == Unit::kMinute ? 60 : kSecondsPerHour;
    const int64_t utc = floor_divide(microseconds, kMicrosecondsPerSecond);
    const int64_t local = utc + time.offset.seconds;
    const int64_t since = local - floor_divide(local, length) * length;
    return cut_down(call, (utc - since) * kMicrosecondsPerSecond);
  }
  time.hour = time.minute = time.second = 0;
  if (unit == Unit::kYear) time.month = 1;
  if (unit == Unit::kYear || unit == Unit::kMonth) time.day = 1;
  int64_t local = local_seconds(time);
  if (unit == Unit::kWeek) local -= (time.weekday - 1) * kSecondsPerDay;
  return cut_down(call, zone.to_utc(local) * kMicrosecondsPerSecond);
}

Value start_of_day(CallContext& context, Arguments arguments, ZoneCache& zones) {
  Call call(context, "start_of_day", arguments);
  const int64_t time = calendar_time(call, 0, "time");
  const Zone zone = zone_argument(call, zones, 1);
  return call.failed() ? call.failure() : begin_of(call, time, Unit::kDay, zone);
}

Value truncate(CallContext& context, Arguments arguments, ZoneCache& zones) {
  Call call(context, "truncate", arguments);
  const int64_t time = calendar_time(call, 0, "time");
  const Zone zone = zone_argument(call, zones, 2);
  if (call.failed()) return call.failure();
  if (arguments[1].is(ValueKind::kDuration)) {
    const int64_t length = arguments[1].as_microseconds();
    if (length <= 0)
      return call.error("value", "`truncate` takes a duration above 0, got {}", shown(arguments[1]));
    const int64_t shift =
        zone.at(floor_divide(time, kMicrosecondsPerSecond)).seconds * kMicrosecondsPerSecond;
    const int64_t local = time + shift;
    const int64_t since = local % length < 0 ? local % length + length : local % length;
    return cut_down(call, time - since);
  }
  if (!arguments[1].is(ValueKind::kString))
    return context.kind_error("truncate", "unit", "string or duration", arguments[1]);
  const Unit unit = unit_of(arguments[1].text());
  if (unit == Unit::kUnknown) {
    return call.error("value",
                      "`truncate` takes second, minute, hour, day, week, month or year as `unit`, got \"{}\"",
                      shown_text(arguments[1].text()));
  }
  return begin_of(call, time, unit, zone);
}

// ---------------------------------------------------------------- numbers of durations and timestamps

struct Milliseconds {
  static constexpr std::string_view kName = "milliseconds";
  static constexpr double kMicroseconds = 1e3;
};
struct Seconds {
  static constexpr std::string_view kName = "seconds";
  static constexpr double kMicroseconds = 1e6;
};
struct Minutes {
  static constexpr std::string_view kName = "minutes";
  static constexpr double kMicroseconds = 60e6;
};
struct Hours {
  static constexpr std::string_view kName = "hours";
  static constexpr double kMicroseconds = 3600e6;
};
struct Days {
  static constexpr std::string_view kName = "days";
  static constexpr double kMicroseconds = 86'400e6;
};

template <class Unit>
Value in_units(CallContext& context, Arguments arguments, const void*) {
  Call call(context, Unit::kName, arguments);
  const int64_t duration = call.duration(0, "duration");
  if (call.failed()) return call.failure();
  return Value::floating(static_cast<double>(duration) / Unit::kMicroseconds);
}

// Microseconds of "s", "ms" or "us".
int64_t precision(Call& call, size_t i) {
  const std::string_view unit = call.given(i) ? call.text(i, "unit") : std::string_view("s");
  if (unit == "ms") return 1000;
  if (unit == "us") return 1;
  if (unit != "s") {
    call.fail(call.error("value", "`{}` takes \"s\", \"ms\" or \"us\" as `unit`, got \"{}\"", call.function(),
                         shown_text(unit)));
  }
  return kMicrosecondsPerSecond;
}

Value to_unix(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "to_unix", arguments);
  const int64_t time = call.timestamp(0, "time");
  const int64_t unit = precision(call, 1);
  return call.failed() ? call.failure() : Value::integer(floor_divide(time, unit));
}

Value from_unix(CallContext& context, Arguments arguments, const void*) {
  Call call(context, "from_unix", arguments);
  const double number = call.number(0, "number");
  const int64_t unit = precision(call, 1);
  if (call.failed()) return call.failure();
  const double seconds = number * static_cast<double>(unit) / static_cast<double>(kMicrosecondsPerSecond);
  if (!(seconds >= static_cast<double>(kFirstSecond) && seconds <= static_cast<double>(kLastSecond))) {
    return call.error(
        "value", "`from_unix` got {}, which is no time of the years 0 to 9999{}", shown(arguments[0]),
        std::abs(seconds) >= 1e11 && unit != 1 ? "; is it in another unit, as in `from_unix(n, \"ms\")`?"
                                               : "");
  }
  if (arguments[0].is(ValueKind::kInt)) return Value::timestamp(arguments[0].as_int() * unit);
  return Value::timestamp(std::llround(number * static_cast<double>(unit)));
}

}  // namespace

void add_time(FunctionTable& functions) {
  const auto zones = std::make_shared<ZoneCache>(system_zone_folder());
  const ParameterSpec time{"time", "timestamp"};
  const ParameterSpec zone{.name = "zone", .kinds = "string", .optional = true, .checked = true};
  const Category add(functions, "time");
  auto add_with_zone = [&](std::string name, std::vector<ParameterSpec> parameters, std::string result,
                           std::string summary, std::string example,
                           Value (*function)(CallContext&, Arguments, ZoneCache&)) {
    add_with_state(functions,
                   {.name = std::move(name),
                    .category = "time",
                    .parameters = std::move(parameters),
                    .result = std::move(result),
                    .summary = std::move(summary),
                    .example = std::move(example)},
                   zones, function);
  };
  functions.add({.name = "now",
                 .category = "time",
                 .parameters = {},
                 .result = "timestamp",
                 .summary = "when the cascade's first event was accepted; the same for the whole cascade",
                 .example = R"(now()  # timestamp("2026-11-23T21:30:00Z"))",
                 .pure = false,
                 .function = now});
  add_time_formats(functions, zones);
  auto add_part = [&]<class Part>(Part, const std::string& summary, const std::string& result) {
    const std::string name(Part::kName);
    add_with_zone(name, {time, zone}, "int", summary,
                  R"(timestamp("2026-11-23T23:30:15Z").)" + name + R"(("Europe/Rome")  # )" + result,
                  part<Part>);
  };
  add_part(Year{}, "the year, in UTC or in a zone", "2026");
  add_part(Month{}, "the month, 1 to 12, in UTC or in a zone", "11");
  add_part(Day{}, "the day of the month, 1 to 31, in UTC or in a zone", "24");
  add_part(Hour{}, "the hour, 0 to 23, in UTC or in a zone", "0");
  add_part(Minute{}, "the minute, 0 to 59, in UTC or in a zone", "30");
  add_part(Second{}, "the second, 0 to 59, in UTC or in a zone", "15");
  add_part(Weekday{}, "the day of the week, 1 (Monday) to 7 (Sunday), in UTC or in a zone", "2");
  add_part(DayOfYear{}, "the day of the year, 1 to 366, in UTC or in a zone", "328");
  add_with_zone(
      "start_of_day", {time, zone}, "timestamp", "the midnight that the day began with, in UTC or in a zone",
      R"(timestamp("2026-11-23T23:30:00Z").start_of_day("Europe/Rome")  # timestamp("2026-11-23T23:00:00Z"))",
      start_of_day);
  add_with_zone(
      "truncate", {time, {.name = "unit", .kinds = "string|duration", .checked = true}, zone}, "timestamp",
      "the beginning of the second, minute, hour, day, week, month or year, or of the span of that length",
      R"(timestamp("2026-11-23T21:37:00Z").truncate(15m)  # timestamp("2026-11-23T21:30:00Z"))", truncate);
  const std::vector<ParameterSpec> duration = {{"duration", "duration"}};
  add("milliseconds", duration, "float", "the length of a duration in milliseconds",
      "milliseconds(2s)  # 2000.0", in_units<Milliseconds>);
  add("seconds", duration, "float", "the length of a duration in seconds", "seconds(1m)  # 60.0",
      in_units<Seconds>);
  add("minutes", duration, "float", "the length of a duration in minutes", "minutes(90s)  # 1.5",
      in_units<Minutes>);
  add("hours", duration, "float", "the length of a duration in hours", "hours(90m)  # 1.5", in_units<Hours>);
  add("days", duration, "float", "the length of a duration in days", "days(36h)  # 1.5", in_units<Days>);
  const ParameterSpec unit{.name = "unit", .kinds = "string", .optional = true, .checked = true};
  add("to_unix", {time, unit}, "int", R"(the seconds (or "ms", "us") since 1970-01-01 in UTC, rounded down)",
      R"(timestamp("2026-11-23").to_unix()  # 1795392000)", to_unix);
  add("from_unix", {{"number", "number"}, unit}, "timestamp",
      R"(the moment that many seconds (or "ms", "us") after 1970-01-01 in UTC)",
      R"(from_unix(1795392000000, "ms")  # timestamp("2026-11-23"))", from_unix);
}

}  // namespace krules::library
