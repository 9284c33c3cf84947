// SPDX-License-Identifier: GPL-2.0-or-later
//
// What parses must survive being written and read again; the rest must only be refused.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/decisions.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto decisions = spillway::parse_decisions(text);
  if (!decisions) return 0;
  const std::string written = spillway::format_decisions(*decisions);
  const auto again = spillway::parse_decisions(written);
  if (!again || spillway::format_decisions(*again) != written) std::abort();
  return 0;
}
