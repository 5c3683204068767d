#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace krules::library {

/// The clock of a place at one moment.
struct ZoneOffset {
  int64_t seconds = 0;            ///< to be added to UTC
  std::string_view abbreviation;  ///< "CET"; lives as long as the zone
};

/// When summer time begins or ends, each year anew.
struct YearlyRule {
  enum class Form : uint8_t { kMonthWeekDay, kDayWithoutLeap, kDay };
  Form form = Form::kDay;
  int month = 0;     ///< 1 to 12
  int week = 0;      ///< 1 to 5; 5 is the last
  int day = 0;       ///< of the week, 0 is Sunday; or of the year
  int64_t time = 0;  ///< seconds after midnight of the local clock

  /// Local seconds since 1970 of the moment in `year`.
  int64_t local_seconds(int year) const;
};

/// The clock changes of one place, from a compiled time zone file (RFC 8536): those listed in it, and behind
/// them the yearly rule of its last line, for all years to come.
class TimeZone {
 public:
  /// Empty when `bytes` is no such file.
  static std::unique_ptr<const TimeZone> read(std::string_view bytes);

  /// `seconds` since 1970, UTC.
  ZoneOffset at(int64_t seconds) const;

 private:
  struct Type {
    int64_t offset;
    std::string abbreviation;
  };
  struct Yearly {
    Type standard;
    Type summer;
    bool has_summer = false;
    YearlyRule begins;
    YearlyRule ends;
  };
  friend class RuleReader;

  ZoneOffset yearly_at(int64_t seconds) const;

  std::vector<int64_t> moments_;   // ascending
  std::vector<uint8_t> types_at_;  // the type from each moment on
  std::vector<Type> types_;
  std::optional<Yearly> yearly_;
};

/// A zone as a function got it by name: a place, or a fixed distance from UTC.
class Zone {
 public:
  Zone() = default;  ///< UTC
  explicit Zone(const TimeZone* place) : place_(place) {}
  explicit Zone(int64_t fixed_offset) : fixed_(fixed_offset) {}

  ZoneOffset at(int64_t seconds) const {
    return place_ != nullptr ? place_->at(seconds) : ZoneOffset{fixed_, fixed_ == 0 ? "UTC" : ""};
  }
  /// The moment at which the clocks of the zone show `local` (seconds). Where they show it twice: the first.
  /// Where they skip it: the moment of the change.
  int64_t to_utc(int64_t local) const;

 private:
  const TimeZone* place_ = nullptr;
  int64_t fixed_ = 0;
};

/// The time zones of the system, read when first asked for and kept. Thread-safe.
class ZoneCache {
 public:
  /// `folder`: where the system keeps them, e.g. /usr/share/zoneinfo.
  explicit ZoneCache(std::filesystem::path folder);

  /// "Europe/Rome", "UTC", "+05:30". Empty when there is no such zone.
  std::optional<Zone> find(std::string_view name);
  /// A sentence that mends an unknown name: "did you mean `Europe/Rome`?".
  std::string help_for(std::string_view name);

 private:
  const TimeZone* place(std::string_view name);
  const std::vector<std::string>& names();

  std::filesystem::path folder_;
  std::mutex mutex_;
  std::map<std::string, std::unique_ptr<const TimeZone>, std::less<>> places_;
  std::optional<std::vector<std::string>> names_;
};

/// Where this system keeps its time zones: $TZDIR, else /usr/share/zoneinfo.
std::filesystem::path system_zone_folder();

}  // namespace krules::library
