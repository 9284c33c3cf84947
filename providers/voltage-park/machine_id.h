// SPDX-License-Identifier: GPL-2.0-or-later
//
// How machines at Voltage Park are called. Its rentals have ids, the nodes in them have none: what
// tells two nodes of a rental apart is their public address, and that is not known while the rental
// is pending. So a machine's id is one of
//
//   RENTAL/ADDRESS     a node, by its public address
//   RENTAL#PLACE/N     one of a rental's N nodes, while it has no address yet; PLACE from 1
//   vm/VM              an instant VM
//
// The ids of a rental's nodes change once, when it begins to run; its name, MARK-xN, does not.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/mark.h"

namespace spillway {

// Nodes in one rental of ours, at most.
inline constexpr int kVoltageParkMostNodes = 64;

struct VoltageParkMachineId {
  enum class Kind { kNode, kPlace, kVm };
  Kind kind = Kind::kNode;
  std::string holder;   // the rental's id, or the VM's
  std::string address;  // of a node
  int place = 0;        // of kPlace
  int places = 0;

  friend bool operator==(const VoltageParkMachineId&, const VoltageParkMachineId&) = default;
};

// Nothing for what is no id of ours.
[[nodiscard]] std::optional<VoltageParkMachineId> parse_voltage_park_id(std::string_view text);

// The ids: of a node, of a VM, and of all places of a rental.
[[nodiscard]] std::string voltage_park_node(const std::string& rental, const std::string& address);
[[nodiscard]] std::string voltage_park_vm(const std::string& vm);
[[nodiscard]] std::vector<std::string> voltage_park_places(const std::string& rental, int places);

// True for what may stand in an id: 1 to 64 letters, digits, '-', '.', ':' and '_'.
[[nodiscard]] bool is_voltage_park_word(std::string_view text);

// "MARK-xN".
[[nodiscard]] std::string voltage_park_rental_name(const Mark& mark, int nodes);

struct VoltageParkName {
  Mark mark;
  int nodes = 1;
};
// Reads a rental's name; a mark alone, as VMs have it, is of one node. Nothing when it is no mark.
[[nodiscard]] std::optional<VoltageParkName> parse_voltage_park_name(std::string_view name);

}  // namespace spillway
