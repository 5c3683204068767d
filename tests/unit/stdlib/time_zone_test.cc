#include "time_zone.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <string>

namespace krules::library {

namespace {

constexpr int64_t kDay = 86'400;

// Noon UTC of the first day of a month.
int64_t noon(int year, int month) {
  const std::chrono::sys_days day =
      std::chrono::year(year) / std::chrono::month(static_cast<unsigned>(month)) / std::chrono::day(1);
  return day.time_since_epoch().count() * kDay + kDay / 2;
}

// A zone file with no listed changes and that last line.
std::string file_with_rule(const std::string& rule) {
  auto header = [](char types) {
    std::string text = "TZif2" + std::string(15, '\0');
    for (const char count : {'\0', '\0', '\0', '\0', types, '\4'}) text += std::string(3, '\0') + count;
    return text;
  };
  const std::string body = std::string(6, '\0') + std::string("LMT\0", 4);
  return header('\1') + body + header('\1') + body + "\n" + rule + "\n";
}

int64_t offset_at(const std::string& rule, int64_t seconds) {
  const auto zone = TimeZone::read(file_with_rule(rule));
  REQUIRE(zone != nullptr);
  return zone->at(seconds).seconds;
}

}  // namespace

TEST_CASE("Zones of the system, past, present and to come") {
  ZoneCache zones(system_zone_folder());
  struct Case {
    const char* name;
    int year;
    int64_t january;
    int64_t july;
  };
  for (const Case& each : {Case{"Europe/Rome", 1930, 3600, 3600}, Case{"Europe/Rome", 2026, 3600, 7200},
                           Case{"Europe/Rome", 2040, 3600, 7200}, Case{"Europe/Rome", 2500, 3600, 7200},
                           Case{"Australia/Sydney", 2026, 39600, 36000},
                           Case{"Australia/Sydney", 2100, 39600, 36000}, Case{"Europe/Dublin", 2026, 0, 3600},
                           Case{"Europe/Dublin", 2045, 0, 3600}, Case{"Asia/Kolkata", 2099, 19800, 19800},
                           Case{"America/New_York", 2060, -18000, -14400}, Case{"UTC", 2026, 0, 0}}) {
    INFO(each.name << " " << each.year);
    const auto zone = zones.find(each.name);
    REQUIRE(zone);
    CHECK(zone->at(noon(each.year, 1)).seconds == each.january);
    CHECK(zone->at(noon(each.year, 7)).seconds == each.july);
  }
}

TEST_CASE("Yearly rules of all forms") {
  // Summer time in the middle of the year, and over its turn.
  CHECK(offset_at("CET-1CEST,M3.5.0,M10.5.0/3", noon(2026, 1)) == 3600);
  CHECK(offset_at("CET-1CEST,M3.5.0,M10.5.0/3", noon(2026, 7)) == 7200);
  CHECK(offset_at("AEST-10AEDT,M10.1.0,M4.1.0/3", noon(2026, 1)) == 39600);
  CHECK(offset_at("AEST-10AEDT,M10.1.0,M4.1.0/3", noon(2026, 7)) == 36000);
  // Winter time that counts as the exception.
  CHECK(offset_at("IST-1GMT0,M10.5.0,M3.5.0/1", noon(2026, 1)) == 0);
  CHECK(offset_at("IST-1GMT0,M10.5.0,M3.5.0/1", noon(2026, 7)) == 3600);
  // No summer time, names in angle brackets, odd distances.
  CHECK(offset_at("<+0545>-5:45", noon(2026, 7)) == 20700);
  CHECK(offset_at("<-03>3", noon(2026, 7)) == -10800);
  // Days of the year, with and without the leap day: 1 March is day 60 in a form that knows no leap day.
  const int64_t march = noon(2024, 3);
  CHECK(offset_at("XXX0YYY,J60/0,J300/0", march) == 3600);
  CHECK(offset_at("XXX0YYY,J61/0,J300/0", march) == 0);
  CHECK(offset_at("XXX0YYY,60/0,300/0", march) == 3600);
  CHECK(offset_at("XXX0YYY,61/0,300/0", march) == 0);
  // Exactly at the change: the last Sunday of March 2026 is the 29th, at 01:00 UTC.
  const int64_t change = (noon(2026, 3) - kDay / 2) + 28 * kDay + 3600;
  CHECK(offset_at("CET-1CEST,M3.5.0,M10.5.0/3", change - 1) == 3600);
  CHECK(offset_at("CET-1CEST,M3.5.0,M10.5.0/3", change) == 7200);
}

TEST_CASE("A file that is none, or is cut off, is refused") {
  CHECK(TimeZone::read("") == nullptr);
  CHECK(TimeZone::read("not a zone file at all") == nullptr);
  const std::string whole = file_with_rule("UTC0");
  for (size_t length = 0; length + 6 < whole.size(); ++length) {
    INFO(length);
    CHECK(TimeZone::read(std::string_view(whole).substr(0, length)) == nullptr);
  }
  // A last line that makes no sense is as none.
  for (const char* rule : {"", "UTC", "CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,M3.5.0", "CET-1CEST"}) {
    INFO(rule);
    CHECK(offset_at(rule, 0) == 0);
  }
}

TEST_CASE("From a local clock to UTC") {
  ZoneCache zones(system_zone_folder());
  const Zone rome = *zones.find("Europe/Rome");
  const int64_t march = noon(2026, 3) - kDay / 2 + 28 * kDay;     // the 29th, 00:00 local
  const int64_t october = noon(2026, 10) - kDay / 2 + 24 * kDay;  // the 25th
  CHECK(rome.to_utc(march) == march - 3600);
  CHECK(rome.to_utc(march + 2 * 3600) == march + 3600);         // 02:00 does not come
  CHECK(rome.to_utc(march + 3 * 3600) == march + 3600);         // 03:00 is the same moment
  CHECK(rome.to_utc(october + 9000) == october + 9000 - 7200);  // the first 02:30
  CHECK(rome.to_utc(october + 10800) == october + 10800 - 3600);
  CHECK(Zone(19800).to_utc(19800) == 0);
  CHECK(Zone().to_utc(5) == 5);
}

TEST_CASE("Names of zones") {
  ZoneCache zones(system_zone_folder());
  CHECK(zones.find("UTC"));
  CHECK(zones.find("Z"));
  CHECK(zones.find("Etc/GMT+5")->at(0).seconds == -18000);
  CHECK(zones.find("+05:30")->at(0).seconds == 19800);
  CHECK(zones.find("-00:30")->at(0).seconds == -1800);
  for (const char* name : {"", "Mars/Olympus", "+5:30", "+24:00", "+05:60", "+0a:00", "/etc/passwd",
                           "../zoneinfo/UTC", "Europe", "zone.tab", "Europe/Rome\n"}) {
    INFO(name);
    CHECK_FALSE(zones.find(name));
  }
  CHECK(zones.help_for("Europa/Rome") == "did you mean `Europe/Rome`?");
  CHECK(zones.help_for("New_York") == "did you mean `America/New_York`?");
  ZoneCache empty("/nonexistent");
  CHECK_FALSE(empty.find("Europe/Rome"));
  CHECK(empty.find("UTC"));
  CHECK(empty.help_for("Europe/Rome") ==
        "there are no time zones in /nonexistent; the package tzdata brings them");
}

}  // namespace krules::library
