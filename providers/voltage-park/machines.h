// SPDX-License-Identifier: GPL-2.0-or-later
//
// Rentals and VMs as the machines they are, and how some of a rental's machines are ended without
// touching the others. Pure.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/cloud.h"
#include "lib/json.h"
#include "lib/result.h"

namespace spillway {

// A rental's or a VM's machines, each as the list shows it: nodes that have no address yet bear the
// ids of places, see machine_id.h.
using VoltageParkMachines = std::vector<CloudMachine>;

// The machines of one row of the list of rentals. Empty when its name, or its tag when it was
// renamed, is no mark. Nodes that the cloud counts and does not name are machines too: they bill.
// A rental's price is divided by its nodes, to the nearest micro-dollar; it bills from its
// creation. Errors: kProtocol; a rental with a mark must not be overlooked.
[[nodiscard]] Result<VoltageParkMachines> read_voltage_park_rental(const Json& row);

// The same of one row of the list of VMs: one machine or none.
[[nodiscard]] Result<VoltageParkMachines> read_voltage_park_vms(const Json& row);

// kUnknown for words that are not documented.
[[nodiscard]] CloudState parse_voltage_park_rental_status(std::string_view status,
                                                          std::string_view power_status);
[[nodiscard]] CloudState parse_voltage_park_vm_status(std::string_view status);

// What has to be asked of the cloud so that the machines `asked` of one rental end, and no other.
struct VoltageParkEnd {
  bool is_whole = false;               // all nodes: the rental ends
  std::vector<std::string> addresses;  // else these nodes are removed from it,
  std::vector<std::string> gone;       // these ids are of nodes that are not there any more,
  std::vector<std::string> waiting;    // and these cannot be told from their neighbours now
};

// `machines` are the rental's, as just read; none when the list has it no more. `asked_before` are
// places asked for in earlier calls: the caller may ask for a rental in parts.
[[nodiscard]] VoltageParkEnd plan_voltage_park_end(const VoltageParkMachines& machines,
                                                   const std::vector<std::string>& asked,
                                                   const std::set<std::string>& asked_before);

}  // namespace spillway
