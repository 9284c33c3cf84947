// SPDX-License-Identifier: GPL-2.0-or-later
//
// Bare metal: a rental is an order of some nodes of one fabric, which are known by their public
// addresses and not by ids. Source: providers/voltage-park.md 2.1, 2.3, 2.4.
#pragma once

#include <string>
#include <vector>

#include "sim/http/voltage-park/office.h"

namespace spillway::voltage_park_api {

class BareMetal {
 public:
  // Both must outlive it.
  BareMetal(Office& office, const Clock& clock) : office_(office), clock_(clock) {}

  [[nodiscard]] ApiAnswer locations(const ApiRequest& request);
  [[nodiscard]] ApiAnswer order(const ApiRequest& request);
  [[nodiscard]] ApiAnswer list(const ApiRequest& request);
  [[nodiscard]] ApiAnswer show(const std::string& id);
  [[nodiscard]] ApiAnswer modify(const ApiRequest& request, const std::string& id);
  [[nodiscard]] ApiAnswer terminate(const std::string& id);
  [[nodiscard]] ApiAnswer set_power(const ApiRequest& request, const std::string& id);
  [[nodiscard]] ApiAnswer reboot(const ApiRequest& request, const std::string& id);
  [[nodiscard]] ApiAnswer remove_nodes(const ApiRequest& request, const std::string& id);

  // A charge for each rental there ever was, as the list of transactions has it.
  void append_charges(Json& transactions);

 private:
  struct Rental {
    std::string id;
    std::string name;
    std::string network;
    TimePoint created;
    Json suborder;
    Json tags;
    std::vector<std::string> machines;  // those removed and gone, too
  };
  // A rental as it stands.
  struct State {
    std::string status;
    std::vector<const SimMachine*> nodes;  // those not removed; of a terminated one, all left
  };

  [[nodiscard]] Rental* find(const std::string& id);
  // Nothing when no machine of it is left.
  [[nodiscard]] std::optional<State> state_of(const Rental& rental);
  [[nodiscard]] Json shown(const Rental& rental, const State& state);
  [[nodiscard]] ApiAnswer open_rental(const SimOrder& order, int nodes, Rental rental);

  Office& office_;
  const Clock& clock_;
  std::vector<Rental> rentals_;
};

}  // namespace spillway::voltage_park_api
