#include "krules/cron.h"

#include <catch2/catch.hpp>
#include <string>

#include "krules/json.h"

using namespace krules;

namespace {

int64_t moment(std::string_view text) {
  int64_t microseconds = 0;
  REQUIRE(parse_timestamp(text, microseconds));
  return microseconds;
}

/// When it is due after `after`, and so many more times, in UTC.
std::vector<std::string> coming(std::string_view line, std::string_view zone, std::string_view after,
                                int count = 1) {
  std::string error;
  const auto schedule = CronSchedule::parse(line, zone, error);
  INFO(error);
  REQUIRE(schedule.has_value());
  std::vector<std::string> times;
  int64_t at = moment(after);
  for (int i = 0; i < count; ++i) {
    at = schedule->next(at).value();
    times.emplace_back();
    append_timestamp(times.back(), at);
  }
  return times;
}

using Times = std::vector<std::string>;

std::string problem(std::string_view line, std::string_view zone = "") {
  std::string error;
  CHECK_FALSE(CronSchedule::parse(line, zone, error).has_value());
  return error;
}

}  // namespace

TEST_CASE("a cron line comes at its minute, and later than now") {
  CHECK(coming("30 4 * * *", "", "2026-03-01T04:29:59Z") == Times{"2026-03-01T04:30:00Z"});
  CHECK(coming("30 4 * * *", "", "2026-03-01T04:30:00Z") == Times{"2026-03-02T04:30:00Z"});
  CHECK(coming("*/20 * * * *", "", "2026-03-01T04:30:00Z", 3) ==
        Times{"2026-03-01T04:40:00Z", "2026-03-01T05:00:00Z", "2026-03-01T05:20:00Z"});
  CHECK(coming("0 8-18/5 * * *", "", "2026-03-01T09:00:00Z", 2) ==
        Times{"2026-03-01T13:00:00Z", "2026-03-01T18:00:00Z"});
  CHECK(coming("5/30 1 * * *", "", "2026-03-01T00:00:00Z", 2) ==
        Times{"2026-03-01T01:05:00Z", "2026-03-01T01:35:00Z"});
}

TEST_CASE("names, lists and both kinds of day") {
  CHECK(coming("0 0 * jan,Dec *", "", "2026-03-01T00:00:00Z") == Times{"2026-12-01T00:00:00Z"});
  CHECK(coming("0 9 * * mon-fri", "", "2026-11-20T09:00:00Z") == Times{"2026-11-23T09:00:00Z"});
  CHECK(coming("0 9 * * 7", "", "2026-11-24T00:00:00Z") == Times{"2026-11-29T09:00:00Z"});
  // Both restricted: either.
  CHECK(coming("0 0 13 * fri", "", "2026-11-24T00:00:00Z", 3) ==
        Times{"2026-11-27T00:00:00Z", "2026-12-04T00:00:00Z", "2026-12-11T00:00:00Z"});
  CHECK(coming("0 0 13 * fri", "", "2026-12-11T00:00:00Z") == Times{"2026-12-13T00:00:00Z"});
  CHECK(coming("@weekly", "", "2026-11-24T00:00:00Z") == Times{"2026-11-29T00:00:00Z"});
  CHECK(coming("0 0 29 2 *", "", "2096-03-01T00:00:00Z") == Times{"2104-02-29T00:00:00Z"});
}

TEST_CASE("the clock of a place, when it is changed") {
  // Rome: on 29 March 2026 from 2:00 to 3:00, on 25 October from 3:00 back to 2:00.
  CHECK(coming("0 3 * * *", "Europe/Rome", "2026-01-01T00:00:00Z") == Times{"2026-01-01T02:00:00Z"});
  CHECK(coming("30 2 * * *", "Europe/Rome", "2026-03-28T12:00:00Z", 2) ==
        Times{"2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"});
  CHECK(coming("30 2 * * *", "Europe/Rome", "2026-10-24T12:00:00Z", 2) ==
        Times{"2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"});
  CHECK(coming("30 * * * *", "Europe/Rome", "2026-10-25T00:00:00Z", 3) ==
        Times{"2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z", "2026-10-25T02:30:00Z"});
  CHECK(coming("0 0 * * *", "+05:30", "2026-01-01T00:00:00Z") == Times{"2026-01-01T18:30:00Z"});
}

TEST_CASE("what is no cron line says why") {
  CHECK(problem("0 3 * *") ==
        "a cron line has five fields (minute, hour, day of the month, month, day of the week), `0 3 * *` has "
        "4");
  CHECK(problem("60 3 * * *") == "`60` is no minute: they go from 0 to 59");
  CHECK(problem("0 x * * *") == "`x` is no hour: it is a number from 0 to 23");
  CHECK(problem("0 18-8 * * *") == "`18-8` goes from the larger to the smaller hour");
  CHECK(problem("*/0 * * * *") == "the step in `*/0` is no number above 0");
  CHECK(problem("0 0 31 2 *") == "`0 0 31 2 *` never comes: no month it names has such a day");
  CHECK(problem("0 0 * * *", "Europe/Roma").starts_with("there is no time zone `Europe/Roma`: "));
  CHECK(problem("") ==
        "a cron line has five fields (minute, hour, day of the month, month, day of the week), `` has 0");
}
