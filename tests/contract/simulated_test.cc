// SPDX-License-Identifier: GPL-2.0-or-later
//
// Every case of the contract for every row, on a real spillway-simcloud.
//
// usage: test_contract_simulated [ROW[.PART]]
#include "tests/contract/simulated.h"

#include <string>

using namespace spillway::contract;

namespace {

// What takes long is left out where a row is named, and has a test of its own.
bool is_long(const std::string& part) {
  return part == "crowd" || part == "pace";
}

bool is_wanted(const std::string& wanted, const std::string& row, const std::string& part) {
  return wanted.empty() || wanted == row + "." + part || (wanted == row && !is_long(part));
}

}  // namespace

int main(int count, char** arguments) {
  const std::string wanted = count > 1 ? arguments[1] : "";
  int failures = 0;
  bool is_known = false;
  for (const auto& row : rows()) {
    SimulatedStage stage(row);
    for (const auto& part : all_parts()) {
      if (!is_wanted(wanted, row.name, part.name)) continue;
      is_known = true;
      failures += play("contract.simulated." + row.name + "." + part.name, part.cases, stage);
    }
  }
  if (!is_known) print_error("no contract of %s\n", wanted.c_str());
  return is_known ? failures : 1;
}
