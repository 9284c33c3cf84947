// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/contract/row.h"

#include <algorithm>

#include "lib/json.h"
#include "tests/support/cmocka.h"

namespace spillway::contract {

const std::vector<Row>& rows() {
  static const std::vector<Row> kRows{
      hyperstack_row(), lambda_row(), voltage_park_row(), voltage_park_vm_row()};
  return kRows;
}

std::string with_limits(const Row& row) {
  auto scenario = Json::parse(row.simulated.scenario, "scenario");
  if (!scenario) fail_msg("%s", scenario.error().message.c_str());
  auto limited = scenario->get(row.provider.c_str());
  scenario->set(row.provider.c_str(), limited.set("rate_scale", 1));
  return scenario->dump();
}

const Row* find_row(const OfferId& id) {
  const auto found = std::find_if(rows().begin(), rows().end(), [&](const Row& row) {
    return row.provider == id.provider && row.has(id);
  });
  return found == rows().end() ? nullptr : &*found;
}

}  // namespace spillway::contract
