// SPDX-License-Identifier: GPL-2.0-or-later
#include "providers/voltage-park/machines.h"

#include <algorithm>
#include <utility>

#include "lib/time.h"
#include "providers/voltage-park/machine_id.h"
#include "providers/voltage-park/request.h"
#include "providers/voltage-park/shape.h"
#include "providers/wire.h"

namespace spillway {
namespace {

using Ids = std::vector<std::string>;
using Kind = VoltageParkMachineId::Kind;

bool contains(const Ids& ids, const std::string& id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

// Tags are plain texts; an unreadable one is not ours.
std::optional<Mark> find_mark_tag(const Json& tags) {
  const std::string_view key = kVoltageParkMarkTag;
  for (std::size_t i = 0; i < tags.size(); ++i) {
    const auto tag = tags.at(i).as_string().value_or("");
    if (!tag.starts_with(key)) continue;
    if (auto mark = parse_mark(tag.substr(key.size()))) return mark;
  }
  return std::nullopt;
}

// Mark and nodes by the name; by the tag when a person renamed it.
Result<std::optional<VoltageParkName>> read_name(const Json& row) {
  if (!row.is_object()) return not_understood("a row is no object");
  const auto text = read_optional_text(row, "name");
  if (!text) return text.error();
  auto name = parse_voltage_park_name(*text);
  if (name) return name;
  if (auto mark = find_mark_tag(row.get("tags"))) name = VoltageParkName{*std::move(mark), 1};
  return name;
}

std::optional<TimePoint> read_created(const Json& row, const char* key) {
  const auto time = parse_time(row.string(key).value_or(""));
  return time ? std::optional(*time) : std::nullopt;
}

// What all machines of a row share.
Result<CloudMachine> read_common(const Json& row, const Mark& mark, const char* created) {
  const auto named = format_mark(mark);
  if (!is_voltage_park_word(row.string("id").value_or("")) || !row.string("status")) {
    return not_understood("machine " + named + " lacks id or status");
  }
  CloudMachine machine;
  machine.mark = mark;
  machine.billed_from = read_created(row, created);
  machine.offer.provider = "voltage-park";
  return machine;
}

// Nodes that have an address, each address once.
Result<VoltageParkMachines> read_named_nodes(const Json& row, const CloudMachine& common) {
  const auto rental = *row.string("id");
  const auto list = row.get("node_networking");
  VoltageParkMachines nodes;
  for (std::size_t i = 0; i < list.size(); ++i) {
    const auto address = read_optional_text(list.at(i), "public_ip");
    const auto private_address = read_optional_text(list.at(i), "private_ip");
    if (!address || !private_address) {
      return not_understood("addresses of rental " + rental + " are no texts");
    }
    if (address->empty()) continue;
    if (!is_voltage_park_word(*address)) {
      return not_understood("rental " + rental + " has an address that is none");
    }
    auto node = common;
    node.id = voltage_park_node(rental, *address);
    node.address = *address;
    node.private_address = *private_address;
    const bool is_known = std::any_of(
        nodes.begin(), nodes.end(), [&](const auto& other) { return other.id == node.id; });
    if (!is_known) nodes.push_back(std::move(node));
  }
  return nodes;
}

// How many nodes the rental has: as the cloud counts them, else as it names them, else as ordered.
int count_nodes(const Json& row, int named, int ordered) {
  const int counted = std::min(small_count(row, "node_count"), kVoltageParkMostNodes);
  if (counted > 0 || named > 0) return std::max(counted, named);
  return ordered;
}

// Is every machine of the rental to end? All that are shown are; or all places that there were are,
// whatever is left of them: that holds also for a rental that is too new for the list.
bool all_are_asked(const Ids& shown, const Ids& asked, const std::set<std::string>& asked_before) {
  const auto all_asked = [&](const Ids& ids) {
    return std::all_of(ids.begin(), ids.end(), [&](const std::string& id) {
      return contains(asked, id) || asked_before.contains(id);
    });
  };
  if (!shown.empty() && all_asked(shown)) return true;
  return std::any_of(asked.begin(), asked.end(), [&](const std::string& id) {
    const auto parsed = parse_voltage_park_id(id);
    return parsed && parsed->kind == Kind::kPlace &&
           all_asked(voltage_park_places(parsed->holder, parsed->places));
  });
}

}  // namespace

CloudState parse_voltage_park_rental_status(std::string_view status,
                                            std::string_view power_status) {
  if (status == "Pending") return CloudState::kBuilding;
  if (status == "Terminated") return CloudState::kGone;
  // It is in the list until somebody deletes it, and nobody says that it does not bill.
  if (status == "Failed") return CloudState::kUnhealthy;
  if (status != "Running") return CloudState::kUnknown;
  if (power_status.empty() || power_status == "Running") return CloudState::kRunning;
  // A stopped node stays ours, so it is taken to bill; no job can run on it.
  return power_status == "Stopped" ? CloudState::kUnhealthy : CloudState::kUnknown;
}

CloudState parse_voltage_park_vm_status(std::string_view status) {
  if (status == "Running") return CloudState::kRunning;
  if (status == "Relocating") return CloudState::kBuilding;
  if (status == "Terminated") return CloudState::kGone;
  // All three hold at least a disk that bills, and none ends by itself.
  const bool is_idle =
      status == "Stopped" || status == "StoppedDisassociated" || status == "Outbid";
  return is_idle ? CloudState::kUnhealthy : CloudState::kUnknown;
}

Result<VoltageParkMachines> read_voltage_park_rental(const Json& row) {
  const auto name = read_name(row);
  if (!name) return name.error();
  if (!name->has_value()) return VoltageParkMachines{};
  auto common = read_common(row, (*name)->mark, "creation_timestamp");
  if (!common) return common.error();
  const auto power_status = read_optional_text(row, "power_status");
  if (!power_status) return power_status.error();
  common->state = parse_voltage_park_rental_status(*row.string("status"), *power_status);
  common->offer.type = read_voltage_park_node(row.get("specs_per_node")).type;
  common->offer.fabric = row.string("network_type").value_or("");
  auto machines = read_named_nodes(row, *common);
  if (!machines) return machines;
  const auto named = static_cast<int>(machines->size());
  const int nodes = count_nodes(row, named, (*name)->nodes);
  const auto places = voltage_park_places(*row.string("id"), nodes);
  for (int place = named; place < nodes; ++place) {
    auto node = *common;
    node.id = places[static_cast<std::size_t>(place)];
    if (node.state == CloudState::kRunning) node.state = CloudState::kBuilding;
    machines->push_back(std::move(node));
  }
  if (const auto rate = read_hourly_price(row.get("rate_hourly"))) {
    for (auto& machine : *machines)
      machine.price_per_hour = divide(*rate, nodes);
  }
  return machines;
}

Result<VoltageParkMachines> read_voltage_park_vms(const Json& row) {
  const auto name = read_name(row);
  if (!name) return name.error();
  if (!name->has_value()) return VoltageParkMachines{};
  auto machine = read_common(row, (*name)->mark, "timestamp_creation");
  if (!machine) return machine.error();
  const auto address = read_optional_text(row, "public_ip");
  const auto private_address = read_optional_text(row, "internal_ip");
  if (!address || !private_address) {
    return not_understood("addresses of VM " + format_mark((*name)->mark) + " are no texts");
  }
  machine->id = voltage_park_vm(*row.string("id"));
  machine->state = parse_voltage_park_vm_status(*row.string("status"));
  machine->address = *address;
  machine->private_address = *private_address;
  machine->offer.type = read_voltage_park_vm(row.get("resources")).type;
  machine->offer.fabric = "ethernet";
  machine->price_per_hour = read_hourly_price(row.get("pricing").get("total_associated_per_hr"));
  return VoltageParkMachines{*std::move(machine)};
}

VoltageParkEnd plan_voltage_park_end(const VoltageParkMachines& machines,
                                     const Ids& asked,
                                     const std::set<std::string>& asked_before) {
  Ids shown;
  for (const auto& machine : machines) {
    if (machine.state != CloudState::kGone) shown.push_back(machine.id);
  }
  const bool has_ended = !machines.empty() && shown.empty();
  VoltageParkEnd end;
  end.is_whole = !has_ended && all_are_asked(shown, asked, asked_before);
  for (const auto& id : asked) {
    const auto parsed = parse_voltage_park_id(id);
    const bool is_place = parsed && parsed->kind == Kind::kPlace;
    if (shown.empty() || (!is_place && !contains(shown, id))) {
      end.gone.push_back(id);
    } else if (is_place) {
      end.waiting.push_back(id);
    } else {
      end.addresses.push_back(parsed->address);
    }
  }
  return end;
}

}  // namespace spillway
