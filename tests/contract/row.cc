// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/contract/row.h"

#include <algorithm>

namespace spillway::contract {

const std::vector<Row>& rows() {
  static const std::vector<Row> all{
      hyperstack_row(), lambda_row(), voltage_park_row(), voltage_park_vm_row()};
  return all;
}

const Row& row_of(const OfferId& id) {
  return *std::find_if(rows().begin(), rows().end(), [&](const Row& row) {
    return row.provider == id.provider && row.has(id);
  });
}

}  // namespace spillway::contract
