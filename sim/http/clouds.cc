// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/http/clouds.h"

#include "sim/http/hyperstack/account.h"
#include "sim/http/lambda/account.h"
#include "sim/http/voltage-park/account.h"

namespace spillway {

const std::vector<CloudKind>& cloud_kinds() {
  static const std::vector<CloudKind> kinds{
      {"lambda", "/lambda/api/v1", default_lambda_account, {"file_systems"}, read_lambda},
      {"voltage-park",
       "/voltage-park/api/v1",
       default_voltage_park_account,
       {"balance", "balance_refusal", "capacity_refusal", "page_size", "vm_storage_cents_per_hour"},
       read_voltage_park},
      {"hyperstack",
       "/hyperstack/v1",
       default_hyperstack_account,
       {"capacity_message",
        "credit_cents",
        "environments",
        "errors_as_200",
        "floating_ip_seconds",
        "partial_orders",
        "phase_seconds",
        "public_ip_microusd_per_hour",
        "unique_names"},
       read_hyperstack},
  };
  return kinds;
}

}  // namespace spillway
