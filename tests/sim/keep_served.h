// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <string>

#include "lib/text.h"
#include "sim/http/clouds.h"
#include "sim/http/world.h"
#include "tests/support/kept_exchanges.h"

namespace spillway {

// The query of `request`, with its '?'. REQUIRES: nothing in it needs an escape.
inline std::string query_of(const ApiRequest& request) {
  std::string query;
  for (const auto& [name, value] : request.query)
    query.append(query.empty() ? "?" : "&").append(name).append("=").append(value);
  return query;
}

// Keeps what a simulated cloud answered to a test; what the admin side answered is not kept.
inline void keep_served(const ApiRequest& request, const Served& served) {
  for (const CloudKind& kind : cloud_kinds()) {
    const std::string prefix = kind.prefix;
    if (!request.path.starts_with(prefix + "/")) continue;
    Exchange exchange;
    exchange.provider = kind.name;
    exchange.method = request.method;
    exchange.target = request.path.substr(prefix.size()) + query_of(request);
    exchange.request = request.body;
    if (served.delivery != Delivery::kNever) {
      exchange.status = served.answer.status;
      exchange.type = served.answer.content_type;
      exchange.response = served.answer.body;
    }
    for (const auto& [name, value] : served.answer.headers)
      if (to_lower(name) == kFaultHeader) exchange.fault = value;
    keep(exchange);
  }
}

}  // namespace spillway
