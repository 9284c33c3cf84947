// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/http/rate_meter.h"

#include <algorithm>

namespace spillway {

void RateMeter::count(bool is_order, TimePoint now) {
  ++requests_;
  if (!documented_.admit(is_order, now)) ++over_documented_;
  if (!is_order) return;
  ++orders_;
  if (last_order_) {
    const auto between = now - *last_order_;
    least_between_orders_ = std::min(between, least_between_orders_.value_or(between));
  }
  last_order_ = now;
}

Json RateMeter::show(const std::string& provider) const {
  Json shown = Json::object()
                   .set("provider", provider)
                   .set("requests", requests_)
                   .set("orders", orders_)
                   .set("refused", refused_)
                   .set("over_documented", over_documented_);
  if (least_between_orders_)
    return shown.set("least_ms_between_orders",
                     static_cast<std::int64_t>(least_between_orders_->count()));
  return shown.set("least_ms_between_orders", Json::null());
}

}  // namespace spillway
