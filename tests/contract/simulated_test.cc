// SPDX-License-Identifier: GPL-2.0-or-later
//
// What each driver promises in providers/provider.h, tried against a real spillway-simcloud. The
// tests know only Provider; row.h brings what differs from cloud to cloud.
//
// usage: test_contract_simulated [ROW[.crowd|.pace]]
#include <array>
#include <string>

#include "tests/contract/scene.h"

using namespace spillway;

namespace {

// A row a driver, or a kind of machine that it treats otherwise.
constexpr std::array kContracts{
    hyperstack_contract, lambda_contract, voltage_park_contract, voltage_park_vm_contract};

int try_promises(const std::string& name) {
  return contract::try_orders(name) + contract::try_orders_of_many(name) +
         contract::try_releases(name);
}

// What takes long has a case of its own.
struct Part {
  const char* name;
  int (*run)(const std::string& name);
};
constexpr std::array kParts{
    Part{"", try_promises}, Part{".crowd", contract::try_crowd}, Part{".pace", contract::try_pace}};

}  // namespace

int main(int count, char** arguments) {
  const std::string wanted = count > 1 ? arguments[1] : "";
  int failures = 0;
  bool is_known = false;
  for (const auto make_contract : kContracts) {
    contract::set_row(make_contract());
    for (const auto& part : kParts) {
      const auto name = contract::row().name + part.name;
      if (!wanted.empty() && wanted != name) continue;
      is_known = true;
      failures += part.run("contract." + name);
    }
  }
  if (!is_known) print_error("no contract of %s\n", wanted.c_str());
  return is_known ? failures : 1;
}
