// SPDX-License-Identifier: GPL-2.0-or-later
//
// Instant virtual machines: one a call, from a preset. There is no state before "Running"; whether
// the guest answers is for the guest to tell. Source: providers/voltage-park.md 2.2, 2.5.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "sim/http/voltage-park/office.h"

namespace spillway::voltage_park_api {

class VirtualMachines {
 public:
  // Both must outlive it.
  VirtualMachines(Office& office, const Clock& clock) : office_(office), clock_(clock) {}

  [[nodiscard]] ApiAnswer locations(const ApiRequest& request);
  [[nodiscard]] ApiAnswer location(const std::string& id);
  // The list of presets that the documents call deprecated: bare, without an envelope.
  [[nodiscard]] ApiAnswer presets();
  [[nodiscard]] ApiAnswer order(const ApiRequest& request);
  [[nodiscard]] ApiAnswer list(const ApiRequest& request);
  [[nodiscard]] ApiAnswer show(const std::string& id);
  [[nodiscard]] ApiAnswer modify(const ApiRequest& request, const std::string& id);
  [[nodiscard]] ApiAnswer terminate(const std::string& id);
  [[nodiscard]] ApiAnswer set_power(const ApiRequest& request, const std::string& id);

  // A charge for each machine there ever was, as the list of transactions has it.
  void append_charges(Json& transactions);

  // The type that the preset `config_id` stands for, or nothing.
  [[nodiscard]] const SimType* find_preset(const std::string& config_id) const;

 private:
  [[nodiscard]] std::vector<const SimType*> types() const;
  [[nodiscard]] Json show_preset(const SimType& type) const;
  [[nodiscard]] Json show_location(const std::string& location) const;
  [[nodiscard]] std::string location_with(const SimType& type) const;
  [[nodiscard]] const SimMachine* find(const std::string& id);
  [[nodiscard]] Json shown(const SimMachine& machine) const;

  Office& office_;
  const Clock& clock_;
  std::map<std::string, Json> tags_;  // by machine
};

}  // namespace spillway::voltage_park_api
