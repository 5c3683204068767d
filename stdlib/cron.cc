#include "krules/cron.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <vector>

#include "calendar.h"

namespace krules {

namespace {

using library::kMicrosecondsPerSecond;
using library::kSecondsPerDay;
using library::kSecondsPerHour;
using library::LocalTime;
using library::Zone;
using library::ZoneCache;

constexpr int64_t kSecondsPerMinute = 60;
// Every date of the calendar comes again within so many days: 29 February is left out in 2100.
constexpr int64_t kMostDays = 8 * 366 + 2;

/// One of the five: what it is called, what it may hold, names for its numbers.
struct Field {
  std::string_view name;
  int least;
  int most;
  std::array<std::string_view, 12> words;
  int first_word;
};

constexpr std::array<Field, 5> kFields{{
    {"minute", 0, 59, {}, 0},
    {"hour", 0, 23, {}, 0},
    {"day of the month", 1, 31, {}, 0},
    {"month", 1, 12, {"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}, 1},
    {"day of the week", 0, 7, {"sun", "mon", "tue", "wed", "thu", "fri", "sat"}, 0},
}};

std::optional<int> number_of(const Field& field, std::string_view text) {
  int number = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed == std::errc() && end == text.data() + text.size()) return number;
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  for (size_t i = 0; i < field.words.size(); ++i) {
    if (!field.words[i].empty() && lower == field.words[i]) return field.first_word + static_cast<int>(i);
  }
  return std::nullopt;
}

/// Marks what one item (`*`, `5`, `1-5`, `*/10`, `8-18/2`) names. A sentence when it names nothing.
std::string mark_item(const Field& field, std::string_view item, std::bitset<64>& marks) {
  const std::string_view whole = item;
  int step = 1;
  const size_t slash = item.find('/');
  if (slash != std::string_view::npos) {
    const std::string_view text = item.substr(slash + 1);
    const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), step);
    if (failed != std::errc() || end != text.data() + text.size() || step < 1)
      return fmt::format("the step in `{}` is no number above 0", whole);
    item = item.substr(0, slash);
  }
  int from = field.least;
  int to = field.most;
  if (item != "*") {
    const size_t dash = item.find('-');
    const auto first = number_of(field, item.substr(0, dash));
    const auto last = dash == std::string_view::npos ? first : number_of(field, item.substr(dash + 1));
    if (!first.has_value() || !last.has_value())
      return fmt::format("`{}` is no {}: it is a number from {} to {}", whole, field.name, field.least,
                         field.most);
    from = *first;
    to = dash == std::string_view::npos && slash != std::string_view::npos ? field.most : *last;
    if (from < field.least || to > field.most)
      return fmt::format("`{}` is no {}: they go from {} to {}", whole, field.name, field.least, field.most);
    if (from > to) return fmt::format("`{}` goes from the larger to the smaller {}", whole, field.name);
  }
  for (int i = from; i <= to; i += step) marks.set(static_cast<size_t>(i));
  return {};
}

std::string mark_field(const Field& field, std::string_view text, std::bitset<64>& marks) {
  while (true) {
    const size_t comma = text.find(',');
    if (std::string problem = mark_item(field, text.substr(0, comma), marks); !problem.empty())
      return problem;
    if (comma == std::string_view::npos) return {};
    text = text.substr(comma + 1);
  }
}

std::vector<std::string_view> words_of(std::string_view line) {
  std::vector<std::string_view> words;
  size_t at = 0;
  while (at < line.size()) {
    const size_t begin = line.find_first_not_of(" \t", at);
    if (begin == std::string_view::npos) break;
    const size_t end = std::min(line.find_first_of(" \t", begin), line.size());
    words.push_back(line.substr(begin, end - begin));
    at = end;
  }
  return words;
}

std::string_view spelled_out(std::string_view line) {
  if (line == "@hourly") return "0 * * * *";
  if (line == "@daily" || line == "@midnight") return "0 0 * * *";
  if (line == "@weekly") return "0 0 * * 0";
  if (line == "@monthly") return "0 0 1 * *";
  if (line == "@yearly" || line == "@annually") return "0 0 1 1 *";
  return line;
}

template <size_t N>
std::bitset<N> low_bits(const std::bitset<64>& marks) {
  std::bitset<N> low;
  for (size_t i = 0; i < N; ++i) low[i] = marks[i];
  return low;
}

int64_t floor_divide(int64_t a, int64_t b) {
  return a / b - (a % b != 0 && (a % b < 0) != (b < 0) ? 1 : 0);
}

}  // namespace

struct CronSchedule::Place {
  ZoneCache zones{library::system_zone_folder()};
  Zone zone;
};

CronSchedule::CronSchedule() : place_(std::make_unique<Place>()) {}
CronSchedule::CronSchedule(CronSchedule&&) noexcept = default;
CronSchedule& CronSchedule::operator=(CronSchedule&&) noexcept = default;
CronSchedule::~CronSchedule() = default;

std::optional<CronSchedule> CronSchedule::parse(std::string_view line, std::string_view zone,
                                                std::string& error) {
  CronSchedule schedule;
  const auto found = schedule.place_->zones.find(zone.empty() ? "UTC" : zone);
  if (!found.has_value()) {
    const std::string help = schedule.place_->zones.help_for(zone);
    error = fmt::format("there is no time zone `{}`{}{}", zone, help.empty() ? "" : ": ", help);
    return std::nullopt;
  }
  schedule.place_->zone = *found;
  const std::vector<std::string_view> words = words_of(spelled_out(line));
  if (words.size() != kFields.size()) {
    error = fmt::format(
        "a cron line has five fields (minute, hour, day of the month, month, day of the week), `{}` has {}",
        line, words.size());
    return std::nullopt;
  }
  std::array<std::bitset<64>, kFields.size()> marks;
  for (size_t i = 0; i < kFields.size(); ++i) {
    error = mark_field(kFields[i], words[i], marks[i]);
    if (!error.empty()) return std::nullopt;
  }
  if (marks[4][7]) marks[4].set(0);
  schedule.minutes_ = low_bits<60>(marks[0]);
  schedule.hours_ = low_bits<24>(marks[1]);
  schedule.days_ = low_bits<32>(marks[2]);
  schedule.months_ = low_bits<13>(marks[3]);
  schedule.weekdays_ = low_bits<7>(marks[4]);
  schedule.any_hour_ = words[1] == "*";
  schedule.any_day_ = words[2].starts_with('*');
  schedule.any_weekday_ = words[4].starts_with('*');
  if (!schedule.next(0).has_value()) {
    error = fmt::format("`{}` never comes: no month it names has such a day", line);
    return std::nullopt;
  }
  return schedule;
}

bool CronSchedule::day_matches(int month, int day, int weekday) const {
  if (!months_[static_cast<size_t>(month)]) return false;
  const bool by_day = days_[static_cast<size_t>(day)];
  const bool by_weekday = weekdays_[static_cast<size_t>(weekday % 7)];
  return any_day_ || any_weekday_ ? by_day && by_weekday : by_day || by_weekday;
}

/// `day`: local days since 1970; `after`: seconds.
std::optional<int64_t> CronSchedule::next_on_day(int64_t day, int64_t after) const {
  const Zone& zone = place_->zone;
  if (any_hour_) {
    // By the clock's own going, so that no hour is missing where it is shown twice.
    int64_t at = std::max(zone.to_utc(day * kSecondsPerDay),
                          floor_divide(after, kSecondsPerMinute) * kSecondsPerMinute + kSecondsPerMinute);
    for (;; at += kSecondsPerMinute) {
      const int64_t local = at + zone.at(at).seconds;
      if (floor_divide(local, kSecondsPerDay) > day) return std::nullopt;
      const int64_t minute = floor_divide(local, kSecondsPerMinute) % 60;
      if (floor_divide(local, kSecondsPerDay) == day && minutes_[static_cast<size_t>((minute + 60) % 60)])
        return at;
    }
  }
  for (size_t hour = 0; hour < hours_.size(); ++hour) {
    if (!hours_[hour]) continue;
    for (size_t minute = 0; minute < minutes_.size(); ++minute) {
      if (!minutes_[minute]) continue;
      const int64_t local = day * kSecondsPerDay + static_cast<int64_t>(hour) * kSecondsPerHour +
                            static_cast<int64_t>(minute) * kSecondsPerMinute;
      const int64_t at = zone.to_utc(local);
      if (at > after) return at;
    }
  }
  return std::nullopt;
}

std::optional<int64_t> CronSchedule::next(int64_t after) const {
  const int64_t after_seconds = floor_divide(after, kMicrosecondsPerSecond);
  if (after_seconds < library::kFirstSecond ||
      after_seconds > library::kLastSecond - kMostDays * kSecondsPerDay)
    return std::nullopt;
  const int64_t local = after_seconds + place_->zone.at(after_seconds).seconds;
  const int64_t today = floor_divide(local, kSecondsPerDay);
  for (int64_t day = today; day <= today + kMostDays; ++day) {
    const LocalTime date = library::local_time(day * kSecondsPerDay * kMicrosecondsPerSecond, Zone());
    if (!day_matches(date.month, date.day, date.weekday)) continue;
    if (const auto at = next_on_day(day, after_seconds)) return *at * kMicrosecondsPerSecond;
  }
  return std::nullopt;
}

}  // namespace krules
