#pragma once

#include <array>
#include <bitset>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace krules {

/// When something is due again and again: the five fields of a cron line (minute, hour, day of the month,
/// month, day of the week) in a time zone. Numbers, names (`jan`, `mon`), lists, ranges and steps; `@hourly`,
/// `@daily`,
/// `@weekly`, `@monthly`, `@yearly`. Where both days are restricted either will do.
class CronSchedule {
 public:
  /// Empty with `error` set (one sentence) where `line` is no cron line, never comes, or `zone` ("" for UTC)
  /// is unknown.
  static std::optional<CronSchedule> parse(std::string_view line, std::string_view zone, std::string& error);

  CronSchedule(CronSchedule&&) noexcept;
  CronSchedule& operator=(CronSchedule&&) noexcept;
  ~CronSchedule();

  /// The first moment later than `after`, both in microseconds since 1970; empty beyond the year 9999. A
  /// clock time that is skipped when summer time begins comes at the moment of the change; one that is shown
  /// twice comes the first time, except with `*` for the hour.
  std::optional<int64_t> next(int64_t after) const;

 private:
  CronSchedule();
  bool day_matches(int month, int day, int weekday) const;
  std::optional<int64_t> next_on_day(int64_t day, int64_t after) const;

  struct Place;
  std::unique_ptr<Place> place_;
  std::bitset<60> minutes_;
  std::bitset<24> hours_;
  std::bitset<32> days_;
  std::bitset<13> months_;
  std::bitset<7> weekdays_;  // 0 is Sunday
  bool any_hour_ = false;
  bool any_day_ = false;
  bool any_weekday_ = false;
};

}  // namespace krules
