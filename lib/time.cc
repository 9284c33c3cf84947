// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/time.h"

#include <array>
#include <cstddef>
#include <cstdio>

#include "lib/text.h"

namespace spillway {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

struct Unit {
  char letter;
  const char* name;
  std::int64_t seconds;
};

// In falling order.
constexpr std::array<Unit, 4> kUnits = {{
    {'d', "d", 86'400},
    {'h', "h", 3'600},
    {'m', "min", 60},
    {'s', "s", 1},
}};

// A century: longer is a slip of the pen, and would overflow where times are added.
constexpr std::int64_t kMostSeconds = std::int64_t{36'500} * 86'400;

Error refused_time(std::string_view text) {
  return Error{ErrorCode::kInvalid,
               "time '" + printable(text, 60) + "': not of the form 2026-11-24T11:16:26Z",
               {}};
}

Error refused_duration(std::string_view text, const char* why) {
  return Error{ErrorCode::kInvalid, "duration '" + printable(text, 60) + "': " + why, {}};
}

// Eats `text` from the left; false at the first thing that it does not know.
class TimeReader {
 public:
  explicit TimeReader(std::string_view text) : text_(text) {}

  bool number(std::size_t digits, std::int64_t limit, std::int64_t& value) {
    if (text_.size() < digits) return false;
    const auto parsed = parse_whole_number(text_.substr(0, digits), limit);
    if (!parsed) return false;
    value = *parsed;
    text_.remove_prefix(digits);
    return true;
  }

  bool literal(char c) {
    if (text_.empty() || text_.front() != c) return false;
    text_.remove_prefix(1);
    return true;
  }

  // Up to nine digits after the point; what is finer than a millisecond is dropped.
  bool fraction(std::int64_t& thousandths) {
    if (!literal('.')) return true;
    std::string digits;
    while (!text_.empty() && text_.front() >= '0' && text_.front() <= '9') {
      digits += text_.front();
      text_.remove_prefix(1);
    }
    if (digits.empty() || digits.size() > 9) return false;
    digits.resize(3, '0');
    thousandths = parse_whole_number(digits).value_or(0);
    return true;
  }

  bool offset(std::int64_t& offset_minutes) {
    if (literal('Z')) return true;
    const std::int64_t sign = text_.starts_with('-') ? -1 : 1;
    if (!literal('+') && !literal('-')) return false;
    std::int64_t hours = 0;
    std::int64_t minutes = 0;
    if (!number(2, 23, hours) || !literal(':') || !number(2, 59, minutes)) return false;
    offset_minutes = sign * (hours * 60 + minutes);
    return true;
  }

  [[nodiscard]] bool at_end() const { return text_.empty(); }

 private:
  std::string_view text_;
};

bool read_date(TimeReader& reader, std::chrono::sys_days& day) {
  std::int64_t year = 0;
  std::int64_t month = 0;
  std::int64_t month_day = 0;
  if (!reader.number(4, 9999, year) || !reader.literal('-')) return false;
  if (!reader.number(2, 12, month) || !reader.literal('-')) return false;
  if (!reader.number(2, 31, month_day)) return false;
  const std::chrono::year_month_day date{
      std::chrono::year(static_cast<int>(year)),
      std::chrono::month(static_cast<unsigned>(month)),
      std::chrono::day(static_cast<unsigned>(month_day)),
  };
  day = std::chrono::sys_days(date);
  return date.ok();
}

bool read_time_of_day(TimeReader& reader, milliseconds& since_midnight) {
  std::int64_t hour = 0;
  std::int64_t minute = 0;
  std::int64_t second = 0;
  std::int64_t thousandths = 0;
  if (!reader.number(2, 23, hour) || !reader.literal(':')) return false;
  if (!reader.number(2, 59, minute) || !reader.literal(':')) return false;
  if (!reader.number(2, 59, second) || !reader.fraction(thousandths)) return false;
  since_midnight = std::chrono::hours(hour) + std::chrono::minutes(minute) + seconds(second) +
                   milliseconds(thousandths);
  return true;
}

}  // namespace

TimePoint SystemClock::now() const {
  return std::chrono::floor<milliseconds>(std::chrono::system_clock::now());
}

std::string format_time(TimePoint time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss of_day(std::chrono::floor<seconds>(time - day));
  std::array<char, 48> text{};
  (void)std::snprintf(text.data(),
                      text.size(),
                      "%04d-%02u-%02uT%02d:%02d:%02dZ",
                      static_cast<int>(date.year()),
                      static_cast<unsigned>(date.month()),
                      static_cast<unsigned>(date.day()),
                      static_cast<int>(of_day.hours().count()),
                      static_cast<int>(of_day.minutes().count()),
                      static_cast<int>(of_day.seconds().count()));
  return text.data();
}

Result<TimePoint> parse_time(std::string_view text) {
  TimeReader reader(text);
  std::chrono::sys_days day;
  milliseconds since_midnight{0};
  std::int64_t offset_minutes = 0;
  if (!read_date(reader, day) || !reader.literal('T')) return refused_time(text);
  if (!read_time_of_day(reader, since_midnight)) return refused_time(text);
  if (!reader.offset(offset_minutes) || !reader.at_end()) return refused_time(text);
  return TimePoint(day) + since_midnight - std::chrono::minutes(offset_minutes);
}

// "Tue, 24 Nov 2026 11:16:26 GMT" -> "2026-11-24T11:16:26Z", which the other reader knows.
Result<TimePoint> parse_http_date(std::string_view text) {
  constexpr std::string_view kMonths = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const auto parts = split(text, ' ');
  const auto refused = [&] {
    return Error{
        ErrorCode::kInvalid,
        "date '" + printable(text, 60) + "': not of the form Tue, 24 Nov 2026 11:16:26 GMT",
        {}};
  };
  if (parts.size() != 6 || parts[0].size() != 4 || parts[2].size() != 3 || parts[5] != "GMT") {
    return refused();
  }
  const auto month = kMonths.find(parts[2]);
  if (month == std::string_view::npos || month % 3 != 0) return refused();
  const auto number = std::to_string(100 + month / 3 + 1).substr(1);
  const auto time = parse_time(std::string(parts[3]) + "-" + number + "-" + std::string(parts[1]) +
                               "T" + std::string(parts[4]) + "Z");
  if (!time) return refused();
  return *time;
}

std::string format_duration(std::chrono::seconds duration) {
  std::int64_t rest = duration.count();
  for (std::size_t i = 0; i < kUnits.size(); ++i) {
    const std::int64_t count = rest / kUnits[i].seconds;
    if (count <= 0) continue;
    std::string text = std::to_string(count) + " " + kUnits[i].name;
    if (i + 1 == kUnits.size()) return text;
    // Two units are as exact as people are.
    const Unit& next = kUnits[i + 1];
    const std::int64_t next_count = rest % kUnits[i].seconds / next.seconds;
    if (next_count > 0) text += " " + std::to_string(next_count) + " " + next.name;
    return text;
  }
  return "0 s";
}

TimePoint start_of_month(TimePoint time) {
  const std::chrono::year_month_day day(std::chrono::floor<std::chrono::days>(time));
  return std::chrono::sys_days(day.year() / day.month() / 1);
}

Result<std::chrono::seconds> parse_duration(std::string_view text) {
  std::string_view rest = text;
  std::size_t next_unit = 0;
  std::int64_t total = 0;
  if (text.empty()) return refused_duration(text, "empty; write it like 90s, 10m, 2h or 1h30m");
  while (!rest.empty()) {
    const std::size_t digits = rest.find_first_not_of("0123456789");
    if (digits == std::string_view::npos) {
      return refused_duration(text, "a number without a unit; write s, m, h or d after it");
    }
    const auto number = parse_whole_number(rest.substr(0, digits), kMostSeconds);
    if (!number) return refused_duration(text, "write it like 90s, 10m, 2h or 1h30m");
    while (next_unit < kUnits.size() && kUnits[next_unit].letter != rest[digits])
      ++next_unit;
    if (next_unit == kUnits.size()) {
      return refused_duration(text, "the units are d, h, m and s, in this order");
    }
    if (*number > (kMostSeconds - total) / kUnits[next_unit].seconds) {
      return refused_duration(text, "longer than 36500 days");
    }
    total += *number * kUnits[next_unit].seconds;
    ++next_unit;
    rest.remove_prefix(digits + 1);
  }
  return seconds(total);
}

}  // namespace spillway
