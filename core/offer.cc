// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/offer.h"

#include <algorithm>
#include <string_view>

namespace spillway {
namespace {

constexpr std::size_t kShortDigits = 8;

// "3f2a6c1e-5d0b-4e6f-9a41-7c0d8e2b1f35"
bool is_uuid(const std::string& text) {
  constexpr std::string_view kForm = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  return std::equal(text.begin(), text.end(), kForm.begin(), kForm.end(), [](char c, char form) {
    const bool is_digit =
        (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    return form == '-' ? c == '-' : is_digit;
  });
}

}  // namespace

std::string format_region(const std::string& region) {
  return is_uuid(region) ? region.substr(0, kShortDigits) : region;
}

std::string format_offer_id(const OfferId& id) {
  std::string text = id.provider;
  for (const auto& part : {format_region(id.region), id.type}) {
    if (!part.empty()) text += " " + part;
  }
  if (id.fabric == "infiniband") text += " infiniband";
  return text;
}

}  // namespace spillway
