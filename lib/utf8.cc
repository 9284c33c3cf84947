// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/utf8.h"

#include <cstdint>

namespace spillway {
namespace {

struct Lead {
  std::uint8_t mask;
  std::uint8_t bits;
  std::uint8_t length;
  std::uint32_t least;  // smaller code points have a shorter form
};

constexpr Lead kLeads[] = {
    {0x80, 0x00, 1, 0x0},
    {0xE0, 0xC0, 2, 0x80},
    {0xF0, 0xE0, 3, 0x800},
    {0xF8, 0xF0, 4, 0x10000},
};

const Lead* find_lead(std::uint8_t byte) {
  for (const Lead& lead : kLeads) {
    if ((byte & lead.mask) == lead.bits) return &lead;
  }
  return nullptr;
}

bool is_character(std::uint32_t code, std::uint32_t least) {
  const bool is_surrogate = code >= 0xD800 && code <= 0xDFFF;
  return code >= least && code <= 0x10FFFF && !is_surrogate;
}

}  // namespace

std::size_t utf8_character_length(std::string_view text) {
  if (text.empty()) return 0;
  const auto first = static_cast<std::uint8_t>(text.front());
  const Lead* lead = find_lead(first);
  if (lead == nullptr || text.size() < lead->length) return 0;
  std::uint32_t code = first & static_cast<std::uint8_t>(~lead->mask);
  for (std::size_t i = 1; i < lead->length; ++i) {
    const auto byte = static_cast<std::uint8_t>(text[i]);
    if ((byte & 0xC0U) != 0x80U) return 0;
    code = (code << 6U) | (byte & 0x3FU);
  }
  return is_character(code, lead->least) ? lead->length : 0;
}

std::string valid_utf8(std::string_view text) {
  std::string valid;
  valid.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = utf8_character_length(text);
    if (length == 0) {
      valid += '?';
    } else {
      valid += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return valid;
}

}  // namespace spillway
