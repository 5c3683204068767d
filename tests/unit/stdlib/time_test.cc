#include <catch2/catch.hpp>

#include "calculator.h"

namespace krules::test {

TEST_CASE("now is the cascade's time") {
  check_all({{"now()", R"("2026-11-23T21:30:00Z")"}, {"now() - now() == 0s", "true"}});
}

TEST_CASE("Parts of a time, in UTC and in zones") {
  check_all({
      {R"([timestamp("2026-11-23T23:30:15.5Z")].map(t => [t.year(), t.month(), t.day(), t.hour(), t.minute(), t.second()]))",
       "[[2026,11,23,23,30,15]]"},
      {R"([timestamp("2026-11-23T23:30:15Z")].map(t => [t.day("Europe/Rome"), t.hour("Europe/Rome")]))",
       "[[24,0]]"},
      {R"(timestamp("2026-11-23T23:30:15Z").hour("+05:30"))", "5"},
      {R"(timestamp("2026-11-23T03:30:15Z").day("-08:00"))", "22"},
      {R"([weekday(timestamp("2026-11-23")), weekday(timestamp("2026-11-29")), weekday(timestamp("1969-12-31"))])",
       "[1,7,3]"},
      {R"([day_of_year(timestamp("2024-12-31")), day_of_year(timestamp("2023-01-01"))])", "[366,1]"},
      {R"([year(timestamp("0000-01-01")), year(timestamp("9999-12-31T23:59:59Z"))])", "[0,9999]"},
      {R"(year(timestamp("9999-12-31T23:59:59Z"), "Asia/Tokyo"))", "10000"},
      {R"(second(timestamp("1969-12-31T23:59:59.5Z")))", "59"},
      {R"(year("2026"))", "error: `year` takes a timestamp as `time`, got string"},
      {"month(null)", "error: `month` takes a timestamp as `time`, got null"},
      {"day(now(), 1)", "error: `day` takes a string as `zone`, got int"},
      {"hour(5m)", "error: `hour` takes a timestamp as `time`, got duration"},
      {"minute(1)", "error: `minute` takes a timestamp as `time`, got int"},
      {"second([])", "error: `second` takes a timestamp as `time`, got list"},
      {"weekday({})", "error: `weekday` takes a timestamp as `time`, got map"},
      {"day_of_year(true)", "error: `day_of_year` takes a timestamp as `time`, got bool"},
      {R"(year(timestamp("9999-12-31T23:59:59Z") + 2d))",
       "error: the result of `+` lies beyond the year 9999"},
  });
}

TEST_CASE("An unknown zone is an error with a suggestion") {
  check_all({
      {R"(hour(now(), "Europe/Rom"))",
       "error: `hour` takes a time zone as `zone`, and `Europe/Rom` is none; did you mean `Europe/Rome`?"},
      {R"(hour(now(), "Rome"))",
       "error: `hour` takes a time zone as `zone`, and `Rome` is none; did you mean `Europe/Rome`?"},
      {R"(hour(now(), "../../etc/passwd"))",
       "error: `hour` takes a time zone as `zone`, and `../../etc/passwd` is none; a zone is called as in "
       "\"Europe/Rome\", \"UTC\" or \"+02:00\""},
      {R"(hour(now(), ""))",
       "error: `hour` takes a time zone as `zone`, and `` is none; a zone is called as in "
       "\"Europe/Rome\", \"UTC\" or \"+02:00\""},
  });
}

TEST_CASE("start_of_day and truncate") {
  check_all({
      {R"(timestamp("2026-11-23T23:30:00Z").start_of_day())", R"("2026-11-23T00:00:00Z")"},
      {R"(timestamp("2026-11-23T23:30:00Z").start_of_day("Europe/Rome"))", R"("2026-11-23T23:00:00Z")"},
      // The clocks of Santiago skip from 00:00 to 01:00 on that day.
      {R"(timestamp("2024-09-08T15:00:00Z").start_of_day("America/Santiago"))", R"("2024-09-08T04:00:00Z")"},
      {"start_of_day(1)", "error: `start_of_day` takes a timestamp as `time`, got int"},
      {R"(["second", "minute", "hour", "day", "week", "month", "year"]
          .map(unit => timestamp("2026-11-25T21:37:42.5Z").truncate(unit)))",
       R"(["2026-11-25T21:37:42Z","2026-11-25T21:37:00Z","2026-11-25T21:00:00Z","2026-11-25T00:00:00Z",)"
       R"("2026-11-23T00:00:00Z","2026-11-01T00:00:00Z","2026-01-01T00:00:00Z"])"},
      {R"(timestamp("2026-11-23T21:37:00Z").truncate(15m))", R"("2026-11-23T21:30:00Z")"},
      {R"(timestamp("1969-12-31T23:59:59Z").truncate(15m))", R"("1969-12-31T23:45:00Z")"},
      {R"(timestamp("2026-11-23T21:37:00Z").truncate("hour", "+05:30"))", R"("2026-11-23T21:30:00Z")"},
      {R"(timestamp("2026-11-23T21:37:00Z").truncate(1d, "Europe/Rome"))", R"("2026-11-22T23:00:00Z")"},
      // The second 02:30 of the night in which summer time ends stays the second.
      {R"(timestamp("2026-10-25T01:30:00Z").truncate("hour", "Europe/Rome"))", R"("2026-10-25T01:00:00Z")"},
      {R"(now().truncate("fortnight"))",
       "error: `truncate` takes second, minute, hour, day, week, month or year as `unit`, got \"fortnight\""},
      {"now().truncate(0s)", "error: `truncate` takes a duration above 0, got 0s"},
      {"now().truncate(5)", "error: `truncate` takes a string or duration as `unit`, got int"},
      {R"(timestamp("0000-01-01").truncate("week"))",
       "error: the result of `truncate` lies before the year 0"},
      {R"(timestamp("0000-01-01").truncate(300d))", "error: the result of `truncate` lies before the year 0"},
      {R"(timestamp("0000-01-01").truncate("hour", "+05:30"))",
       "error: the result of `truncate` lies before the year 0"},
  });
}

TEST_CASE("format_time") {
  check_all({
      {R"(timestamp("2026-11-03T21:07:05.0421Z").format_time("%Y-%m-%d %H:%M:%S.%f %L %j %e %y"))",
       R"("2026-11-03 21:07:05.042100 042 307 3 26")"},
      {R"(timestamp("2026-11-23T21:30:00Z").format_time("%A %a %B %b %u %p %I"))",
       R"("Monday Mon November Nov 1 PM 09")"},
      {R"(timestamp("2026-11-23T00:30:00Z").format_time("%I %p"))", R"("12 AM")"},
      {R"(timestamp("2026-11-23T21:30:00Z").format_time("%F %T %R %s 100%%"))",
       R"("2026-11-23 21:30:00 21:30 1795469400 100%")"},
      {R"(timestamp("2026-07-01").format_time("%H %z %Z", "Europe/Rome"))", R"("02 +0200 CEST")"},
      {R"(timestamp("2026-07-01").format_time("%H %z %Z"))", R"("00 +0000 UTC")"},
      {R"(timestamp("2026-07-01").format_time("%R %z %Z", "-03:30"))", R"("20:30 -0330 -0330")"},
      {R"(["2027-01-01", "2026-12-31", "2024-12-30", "2021-01-03", "2020-12-31"]
          .map(d => timestamp(d).format_time("%G-%V")))",
       R"(["2026-53","2026-53","2025-01","2020-53","2020-53"])"},
      {R"(now().format_time(""))", R"("")"},
      {R"(now().format_time("%Q"))",
       "error: `format_time` does not know `%Q` in `format`; %Y %y %m %d %e %j %H %I %M %S %f %L %p %A %a %B "
       "%b %u %V "
       "%G %F %T %R %z %Z %s and %% are known"},
      {R"(now().format_time("50%").slice(0, 3))",
       "error: `format_time` does not know `%` in `format`; %Y %y %m %d %e %j %H %I %M %S %f %L %p %A %a %B "
       "%b %u %V "
       "%G %F %T %R %z %Z %s and %% are known"},
      {"now().format_time(1)", "error: `format_time` takes a string as `format`, got int"},
  });
}

TEST_CASE("parse_time") {
  check_all({
      {R"(parse_time("23/11/2026 22:30", "%d/%m/%Y %H:%M", "Europe/Rome"))", R"("2026-11-23T21:30:00Z")"},
      {R"(parse_time("2026-11-23", "%F"))", R"("2026-11-23T00:00:00Z")"},
      {R"(parse_time("Nov  3, 2026 9:05 pm", "%b %e, %Y %I:%M %p"))", R"("2026-11-03T21:05:00Z")"},
      {R"(parse_time("12 AM 2026-01-01", "%I %p %F"))", R"("2026-01-01T00:00:00Z")"},
      {R"(parse_time("Monday 23 november 26 21:30:05.25", "%A %d %B %y %T.%f"))",
       R"("2026-11-23T21:30:05.25Z")"},
      {R"(["Z", "+02:00", "+0200", "+02", "-0330"].map(z => parse_time("2026-11-23 12:00" + z, "%F %R%z").hour()))",
       "[12,10,10,10,15]"},
      {R"(parse_time("1795469400.5 s", "%s.%f s"))", R"("2026-11-23T21:30:00.5Z")"},
      {R"(parse_time("50% 2026-11-23", "50%% %F"))", R"("2026-11-23T00:00:00Z")"},
      // Clocks that show the time twice, and not at all.
      {R"(parse_time("2026-10-25 02:30", "%F %R", "Europe/Rome"))", R"("2026-10-25T00:30:00Z")"},
      {R"(parse_time("2026-03-29 02:30", "%F %R", "Europe/Rome"))", R"("2026-03-29T01:00:00Z")"},
      {R"(parse_time("2026-02-30", "%F"))",
       R"(error: `parse_time` got "2026-02-30", which does not fit "%F")"},
      {R"(parse_time("2026-11-23x", "%F"))",
       R"(error: `parse_time` got "2026-11-23x", which does not fit "%F")"},
      {R"(parse_time("26-11-23", "%F"))", R"(error: `parse_time` got "26-11-23", which does not fit "%F")"},
      {R"(parse_time("25:00", "%R"))", R"(error: `parse_time` got "25:00", which does not fit "%R")"},
      {R"(parse_time("", "%Y"))", R"(error: `parse_time` got "", which does not fit "%Y")"},
      {R"(parse_time("9", "%j"))",
       "error: `parse_time` does not read `%j` in `format`; it reads %Y %y %m %d %e %H %I %M %S %f %L %p %A "
       "%a %B %b %F "
       "%T %R %z %s and %%"},
      {R"(parse_time(null, "%F"))", "error: `parse_time` takes a string as `text`, got null"},
  });
}

TEST_CASE("Numbers of durations and timestamps") {
  check_all({
      {"[milliseconds(2s), seconds(1m), minutes(90s), hours(90m), days(36h)]", "[2000.0,60.0,1.5,1.5,1.5]"},
      {"seconds(-250ms)", "-0.25"},
      {"milliseconds(1)", "error: `milliseconds` takes a duration as `duration`, got int"},
      {R"(seconds("1s"))", "error: `seconds` takes a duration as `duration`, got string"},
      {"minutes(null)", "error: `minutes` takes a duration as `duration`, got null"},
      {"hours(now())", "error: `hours` takes a duration as `duration`, got timestamp"},
      {"days([])", "error: `days` takes a duration as `duration`, got list"},
      {R"([to_unix(now()), to_unix(now(), "ms"), to_unix(now(), "us")])",
       "[1795469400,1795469400000,1795469400000000]"},
      {R"(to_unix(timestamp("1969-12-31T23:59:59.5Z")))", "-1"},
      {R"(to_unix(now(), "ns"))", "error: `to_unix` takes \"s\", \"ms\" or \"us\" as `unit`, got \"ns\""},
      {"to_unix(1)", "error: `to_unix` takes a timestamp as `time`, got int"},
      {"from_unix(1795469400)", R"("2026-11-23T21:30:00Z")"},
      {R"(from_unix(1795469400250, "ms"))", R"("2026-11-23T21:30:00.25Z")"},
      {"from_unix(-0.5)", R"("1969-12-31T23:59:59.5Z")"},
      {"from_unix(1795469400250)",
       "error: `from_unix` got 1795469400250, which is no time of the years 0 to 9999; is it in another "
       "unit, as in "
       "`from_unix(n, \"ms\")`?"},
      {R"(from_unix("1"))", "error: `from_unix` takes a number as `number`, got string"},
  });
}

}  // namespace krules::test
