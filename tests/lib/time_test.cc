// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/time.h"

#include "tests/support/cmocka.h"

using namespace spillway;
using std::chrono::seconds;

namespace {

void time_is_shown_in_utc_and_whole_seconds(void**) {
  assert_string_equal(format_time(from_unix_seconds(0)).c_str(), "1970-01-01T00:00:00Z");
  assert_string_equal(format_time(from_unix_seconds(1'795'519'000)).c_str(),
                      "2026-11-24T11:16:40Z");
  assert_string_equal(format_time(TimePoint(std::chrono::milliseconds(1'999))).c_str(),
                      "1970-01-01T00:00:01Z");
  assert_string_equal(format_time(TimePoint(std::chrono::milliseconds(-1))).c_str(),
                      "1969-12-31T23:59:59Z");
}

void times_of_clouds_are_read(void**) {
  struct Case {
    const char* text;
    std::int64_t milliseconds;
  };
  const Case cases[] = {
      {"1970-01-01T00:00:00Z", 0},
      {"2026-11-24T11:16:40Z", 1'795'519'000'000},
      {"2026-11-24T11:16:40.5Z", 1'795'519'000'500},
      {"2026-11-24T11:16:40.123456+00:00", 1'795'519'000'123},
      {"2026-11-24T11:16:40.123456789Z", 1'795'519'000'123},
      {"2026-11-24T12:16:40+01:00", 1'795'519'000'000},
      {"2026-11-24T05:46:40-05:30", 1'795'519'000'000},
      {"2024-02-29T23:59:59Z", 1'709'251'199'000},
      {"1969-12-31T23:59:59.999Z", -1},
  };
  for (const Case& c : cases) {
    const Result<TimePoint> time = parse_time(c.text);
    if (!time) fail_msg("'%s' is refused: %s", c.text, time.error().message.c_str());
    if (time->time_since_epoch().count() != c.milliseconds) {
      fail_msg("'%s' is read as %s", c.text, format_time(*time).c_str());
    }
  }
}

void what_is_no_time_is_refused(void**) {
  const char* const cases[] = {
      "",
      "2026-11-24",
      "2026-11-24T11:16:26",
      "2026-11-24 11:16:26Z",
      "2026-11-24t11:16:26Z",
      "2026-11-24T11:16:26z",
      "2026-11-24T11:16Z",
      "2026-11-24T11:16:26ZZ",
      "2026-11-24T11:16:26Z ",
      " 2026-11-24T11:16:26Z",
      "2026-11-24T11:16:26.Z",
      "2026-11-24T11:16:26.1234567890Z",
      "2026-11-24T11:16:26,5Z",
      "2026-11-24T11:16:26+0000",
      "2026-11-24T11:16:26+00",
      "2026-11-24T11:16:26+24:00",
      "2026-11-24T11:16:26+00:60",
      "2026-11-24T11:16:26 UTC",
      "2026-13-24T11:16:26Z",
      "2026-00-24T11:16:26Z",
      "2026-11-31T11:16:26Z",
      "2026-11-00T11:16:26Z",
      "2023-02-29T11:16:26Z",
      "2026-11-24T24:00:00Z",
      "2026-11-24T11:60:26Z",
      "2026-11-24T11:16:60Z",
      "26-11-24T11:16:26Z",
      "02026-11-24T11:16:26Z",
      "+026-11-24T11:16:26Z",
      "2026-1-24T11:16:26Z",
      "2026-11-24T-1:16:26Z",
      "1795519000",
  };
  for (const char* text : cases) {
    const Result<TimePoint> time = parse_time(text);
    if (time) fail_msg("'%s' is accepted", text);
    if (time.error().code != ErrorCode::kInvalid) fail_msg("'%s': not kInvalid", text);
  }
}

void times_survive_being_shown_and_read(void**) {
  constexpr std::int64_t kStep = std::int64_t{86'399} * 367;
  for (std::int64_t at = -2'000'000'000; at < 8'000'000'000; at += kStep) {
    const std::string text = format_time(from_unix_seconds(at));
    const Result<TimePoint> time = parse_time(text);
    if (!time || to_unix_seconds(*time) != at) fail_msg("%s", text.c_str());
  }
}

void dates_of_http_headers_are_read(void**) {
  const auto read = parse_http_date("Tue, 24 Nov 2026 11:16:26 GMT");
  assert_true(read && format_time(*read) == "2026-11-24T11:16:26Z");
  const auto leap = parse_http_date("Thu, 29 Feb 2024 23:59:59 GMT");
  assert_true(leap && format_time(*leap) == "2024-02-29T23:59:59Z");
}

void what_is_no_date_of_a_header_is_refused(void**) {
  for (const char* text : {"",
                           "Tue",
                           "Tue, 24 Nov 2026 11:16:26",
                           "Tue, 24 Nov 2026 11:16:26 UTC",
                           "Tue, 24 Nov 2026 11:16:26 GMT ",
                           " Tue, 24 Nov 2026 11:16:26 GMT",
                           "Tue, 24 nov 2026 11:16:26 GMT",
                           "Tue, 24 anF 2026 11:16:26 GMT",
                           "Tue, 31 Feb 2026 11:16:26 GMT",
                           "Tue, 4 Nov 2026 11:16:26 GMT",
                           "Tue, 24 Nov 26 11:16:26 GMT",
                           "Tue, 24 Nov 2026 25:16:26 GMT",
                           "Tuesday, 24-Nov-26 11:16:26 GMT",
                           "Tue Nov 24 11:16:26 2026",
                           "2026-11-24T11:16:26Z"}) {
    if (parse_http_date(text)) fail_msg("\"%s\" was read", text);
  }
}

void durations_are_shown_in_two_units_at_most(void**) {
  struct Case {
    std::int64_t duration;
    const char* text;
  };
  const Case cases[] = {
      {-5, "0 s"},
      {0, "0 s"},
      {8, "8 s"},
      {59, "59 s"},
      {60, "1 min"},
      {90, "1 min 30 s"},
      {720, "12 min"},
      {3600, "1 h"},
      {3601, "1 h"},
      {7800, "2 h 10 min"},
      {std::int64_t{86'400} * 3, "3 d"},
      {std::int64_t{86'400} * 3 + 3'599, "3 d"},
      {std::int64_t{86'400} * 3 + 3'600, "3 d 1 h"},
  };
  for (const Case& c : cases) {
    const std::string text = format_duration(seconds(c.duration));
    if (text != c.text) fail_msg("'%s', not '%s'", text.c_str(), c.text);
  }
}

void durations_are_read_with_their_units(void**) {
  struct Case {
    const char* text;
    std::int64_t duration;
  };
  const Case cases[] = {
      {"0s", 0},
      {"90s", 90},
      {"10m", 600},
      {"2h", 7'200},
      {"1d", 86'400},
      {"1h30m", 5'400},
      {"1d2h3m4s", 93'784},
      {"1d4s", 86'404},
      {"90m", 5'400},
      {"36500d", std::int64_t{36'500} * 86'400},
  };
  for (const Case& c : cases) {
    const Result<seconds> duration = parse_duration(c.text);
    if (!duration) fail_msg("'%s' is refused: %s", c.text, duration.error().message.c_str());
    if (duration->count() != c.duration) fail_msg("'%s' is read as another duration", c.text);
  }
}

void what_is_no_duration_is_refused(void**) {
  const char* const cases[] = {
      "",
      " ",
      "10",
      "0",
      "s",
      "m10",
      "10 m",
      " 10m",
      "10m ",
      "-10m",
      "+10m",
      "1.5h",
      "10M",
      "10min",
      "10ms",
      "1w",
      "30m1h",
      "1h1h",
      "1h30",
      "1h-1m",
      "1hm",
      "1e3s",
      "36501d",
      "36500d1s",
      "99999999999999999999s",
      "9223372036854775807s",
  };
  for (const char* text : cases) {
    const Result<seconds> duration = parse_duration(text);
    if (duration) fail_msg("'%s' is accepted", text);
    if (duration.error().code != ErrorCode::kInvalid) fail_msg("'%s': not kInvalid", text);
  }
}

void manual_clock_moves_only_when_moved(void**) {
  ManualClock clock(from_unix_seconds(100));
  assert_int_equal(to_unix_seconds(clock.now()), 100);
  clock.advance(seconds(5));
  assert_int_equal(to_unix_seconds(clock.now()), 105);
  clock.set(from_unix_seconds(7));
  assert_int_equal(to_unix_seconds(clock.now()), 7);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(time_is_shown_in_utc_and_whole_seconds),
      cmocka_unit_test(times_of_clouds_are_read),
      cmocka_unit_test(what_is_no_time_is_refused),
      cmocka_unit_test(times_survive_being_shown_and_read),
      cmocka_unit_test(dates_of_http_headers_are_read),
      cmocka_unit_test(what_is_no_date_of_a_header_is_refused),
      cmocka_unit_test(durations_are_shown_in_two_units_at_most),
      cmocka_unit_test(durations_are_read_with_their_units),
      cmocka_unit_test(what_is_no_duration_is_refused),
      cmocka_unit_test(manual_clock_moves_only_when_moved),
  };
  return cmocka_run_group_tests_name("lib.time", tests, nullptr, nullptr);
}
