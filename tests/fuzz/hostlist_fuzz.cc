// SPDX-License-Identifier: GPL-2.0-or-later
//
// The names of an expression must come back, sorted and without doubles, from what is written for
// them.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "core/hostlist.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kLimit = 2'000;
  auto names = spillway::parse_hostlist({reinterpret_cast<const char*>(data), size}, kLimit);
  if (!names) return 0;
  auto again = spillway::parse_hostlist(spillway::format_hostlist(*names), kLimit);
  if (!again) std::abort();
  std::sort(names->begin(), names->end());
  names->erase(std::unique(names->begin(), names->end()), names->end());
  std::sort(again->begin(), again->end());
  if (*again != *names) std::abort();
  return 0;
}
