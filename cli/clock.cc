// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/clock.h"

#include <array>
#include <chrono>
#include <ctime>

namespace spillway {
namespace {

std::tm local_time(TimePoint at) {
  const std::time_t seconds = to_unix_seconds(at);
  std::tm local{};
  (void)localtime_r(&seconds, &local);
  return local;
}

std::string formatted(const std::tm& local, const char* format) {
  std::array<char, 64> text{};
  return {text.data(), std::strftime(text.data(), text.size(), format, &local)};
}

}  // namespace

std::string format_clock(TimePoint at, TimePoint now) {
  const auto local = local_time(at);
  const auto today = local_time(now);
  if (local.tm_year == today.tm_year && local.tm_yday == today.tm_yday) {
    return formatted(local, "%H:%M");
  }
  const bool is_near = std::chrono::abs(at - now) < std::chrono::days(6);
  return formatted(local, is_near ? "%a %H:%M" : "%Y-%m-%d %H:%M");
}

}  // namespace spillway
