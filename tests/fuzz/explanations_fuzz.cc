// SPDX-License-Identifier: GPL-2.0-or-later
//
// What parses must survive being written and read again; the rest must only be refused.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "explain/explanations.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto told = spillway::parse_explanations(text);
  if (!told) {
    if (!told.error().message.starts_with("explanations: ")) std::abort();
    return 0;
  }
  const std::string written = spillway::format_explanations(*told);
  const auto again = spillway::parse_explanations(written);
  if (!again || spillway::format_explanations(*again) != written) std::abort();
  return 0;
}
