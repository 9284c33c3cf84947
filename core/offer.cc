// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/offer.h"

namespace spillway {

std::string format_offer_id(const OfferId& id) {
  std::string text = id.provider;
  for (const auto& part : {id.region, id.type}) {
    if (!part.empty()) text += " " + part;
  }
  if (id.fabric == "infiniband") text += " infiniband";
  return text;
}

}  // namespace spillway
