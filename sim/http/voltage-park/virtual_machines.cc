// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/http/voltage-park/virtual_machines.h"

#include <algorithm>
#include <optional>

#include "sim/http/voltage-park/cloud_init.h"
#include "sim/http/voltage-park/fabric.h"
#include "sim/http/voltage-park/pages.h"
#include "sim/uuid.h"

namespace spillway::voltage_park_api {
namespace {

constexpr const char* kSystem = "Ubuntu 22.04 LTS";
constexpr std::size_t kShortestPassword = 8;

std::string preset_id(const SimType& type) {
  return uuid_of("preset " + type.name);
}

Json show_resources(const SimType& type) {
  const Json count = Json::object().set("count", type.gpus);
  return Json::object()
      .set("gpus", Json::object().set(type.gpu_description.c_str(), count))
      .set("ram_gb", type.memory_gib)
      .set("storage_gb", type.storage_gib)
      .set("vcpu_count", type.vcpus);
}

// Every status that there is. Source: providers/voltage-park.md 2.5.
const char* status_of(SimStatus status) {
  switch (status) {
    case SimStatus::kBooting:
    case SimStatus::kActive:
    case SimStatus::kUnhealthy:
      return "Running";
    case SimStatus::kStopped:
      return "Stopped";
    case SimStatus::kPreempted:
      return "Outbid";
    case SimStatus::kTerminating:
    case SimStatus::kGone:
      return "Terminated";
  }
  return "Terminated";
}

Json show_pricing(Money total, Money storage) {
  return Json::object()
      .set("gpus_per_hr", dollars(total - storage, 6))
      .set("vcpu_per_hr", dollars(Money(), 6))
      .set("ram_per_hr", dollars(Money(), 6))
      .set("storage_per_hr", dollars(storage, 6))
      .set("total_associated_per_hr", dollars(total, 6))
      .set("total_disassociated_per_hr", dollars(storage, 6));
}

std::string format_long_time(TimePoint time) {
  std::string text = format_time(time);
  return text.insert(text.size() - 1, ".000000");
}

}  // namespace

std::vector<const SimType*> VirtualMachines::types() const {
  std::vector<const SimType*> list;
  for (const SimType& type : office_.cloud().settings().types) {
    if (!is_fabric(type.name)) list.push_back(&type);
  }
  return list;
}

const SimType* VirtualMachines::find_preset(const std::string& config_id) const {
  const auto presets = types();
  const auto found = std::find_if(presets.begin(), presets.end(), [&](const SimType* type) {
    return preset_id(*type) == config_id;
  });
  return found == presets.end() ? nullptr : *found;
}

Json VirtualMachines::show_preset(const SimType& type) const {
  const Money storage = office_.storage_share(type.price_per_hour);
  return Json::object()
      .set("id", preset_id(type))
      .set("resources", show_resources(type))
      .set("operating_system", kSystem)
      .set("compute_rate_hourly", dollars(type.price_per_hour - storage, 6))
      .set("storage_rate_hourly", dollars(storage, 6));
}

Json VirtualMachines::show_location(const std::string& location) const {
  Json presets = Json::array();
  for (const SimType* type : types())
    presets.append(
        show_preset(*type).set("available_vms", office_.cloud().free_capacity(*type, location)));
  return Json::object().set("id", location).set("available_presets", presets);
}

ApiAnswer VirtualMachines::locations(const ApiRequest& request) {
  Json list = Json::array();
  for (const SimRegion& region : office_.cloud().settings().regions)
    list.append(show_location(region.name));
  return page_of(list, request, office_.options().page_size);
}

ApiAnswer VirtualMachines::location(const std::string& id) {
  if (office_.cloud().find_region(id) == nullptr) return no_such("Location");
  return json_answer(200, show_location(id));
}

ApiAnswer VirtualMachines::presets() {
  Json list = Json::array();
  for (const SimType* type : types()) {
    Json available = Json::array();
    for (const SimRegion& region : office_.cloud().settings().regions) {
      if (office_.cloud().free_capacity(*type, region.name) > 0)
        available.append(Json::of(region.name));
    }
    list.append(show_preset(*type).set("location_ids_with_availability", available));
  }
  return json_answer(200, list);
}

// The first location that still has one; any, when none has.
std::string VirtualMachines::location_with(const SimType& type) const {
  const auto& regions = office_.cloud().settings().regions;
  const auto found = std::find_if(regions.begin(), regions.end(), [&](const SimRegion& region) {
    return office_.cloud().free_capacity(type, region.name) > 0;
  });
  if (found != regions.end()) return found->name;
  return regions.empty() ? "" : regions.front().name;
}

ApiAnswer VirtualMachines::order(const ApiRequest& request) {
  Mistakes mistakes;
  Fields body(mistakes, request);
  body.expect({"config_id",
               "name",
               "password",
               "organization_ssh_keys",
               "ssh_keys",
               "cloud_init",
               "tags",
               "location_id"});
  SimOrder order;
  const auto config = body.uuid("config_id", Need::kRequired);
  order.name = body.text("name", Need::kRequired).value_or("");
  const auto password = body.text("password");
  if (password && password->size() < kShortestPassword)
    body.fail("password",
              "ensure this value has at least 8 characters",
              "value_error.any_str.min_length");
  const auto keys = Office::read_access(body);
  const auto location = body.uuid("location_id");
  const Json tags = body.tags();
  order.user_data = read_cloud_init(body, "cloud_init");
  if (!mistakes.none()) return mistakes.answer();
  const SimType* type = find_preset(*config);
  if (type == nullptr) return refused("Instant deploy preset not found");
  order.type = type->name;
  order.region = location.value_or(location_with(*type));
  if (office_.cloud().find_region(order.region) == nullptr) return refused("Location not found");
  if (auto refusal = office_.refuse_keys(keys)) return *refusal;
  std::vector<std::string> ids;
  if (auto refusal = office_.order(order, 1, ids)) return *refusal;
  tags_[ids.front()] = tags;
  return json_answer(201, Json::object().set("vm_id", ids.front()));
}

const SimMachine* VirtualMachines::find(const std::string& id) {
  const SimMachine* machine = office_.cloud().find(id);
  return machine == nullptr || is_fabric(machine->order.type) ? nullptr : machine;
}

Json VirtualMachines::shown(const SimMachine& machine) const {
  const SimType* type = office_.cloud().find_type(machine.order.type);
  const bool has_address = machine.address_from <= clock_.now();
  const auto told = [&](const std::string& address) {
    return has_address ? Json::of(address) : Json::null();
  };
  const Json ssh = Json::object().set("internal_port", 22).set("external_port", 20022);
  const Json tags = tags_.at(machine.id);
  return Json::object()
      .set("id", machine.id)
      .set("hostnode_id", uuid_of("host of " + machine.id))
      .set("type", "ondem")
      .set("status", status_of(machine.status))
      .set("name", machine.order.name)
      .set("resources", show_resources(*type))
      .set("operating_system", kSystem)
      .set("pricing",
           show_pricing(machine.price_per_hour, office_.storage_share(machine.price_per_hour)))
      .set("public_ip", told(machine.address))
      .set("internal_ip", told(machine.private_address))
      .set("port_forwards", Json::array().append(ssh))
      .set("timestamp_creation", format_long_time(machine.ordered_at))
      .set("tags", tags);
}

ApiAnswer VirtualMachines::list(const ApiRequest& request) {
  Json list = Json::array();
  for (const SimMachine* machine : office_.cloud().listed()) {
    if (!is_fabric(machine->order.type)) list.append(shown(*machine));
  }
  return page_of(list, request, office_.options().page_size);
}

ApiAnswer VirtualMachines::show(const std::string& id) {
  const SimMachine* machine = find(id);
  if (machine == nullptr) return no_such("Virtual machine");
  return json_answer(200, shown(*machine));
}

ApiAnswer VirtualMachines::modify(const ApiRequest& request, const std::string& id) {
  const SimMachine* machine = find(id);
  if (machine == nullptr) return no_such("Virtual machine");
  Mistakes mistakes;
  Fields body(mistakes, request);
  body.expect({"name", "tags"});
  const auto name = body.text("name");
  const Json tags = body.tags();
  if (!mistakes.none()) return mistakes.answer();
  if (name) (void)office_.cloud().rename(id, *name);  // it was found
  if (!body.raw("tags").is_absent()) tags_[id] = tags;
  return json_answer(200,
                     Json::object().set("name", machine->order.name).set("tags", tags_.at(id)));
}

ApiAnswer VirtualMachines::terminate(const std::string& id) {
  if (find(id) == nullptr || !office_.cloud().terminate(id)) return no_such("Virtual machine");
  return nothing(204);
}

ApiAnswer VirtualMachines::set_power(const ApiRequest& request, const std::string& id) {
  if (find(id) == nullptr) return no_such("Virtual machine");
  Mistakes mistakes;
  Fields body(mistakes, request);
  body.expect({"status"});
  const auto wanted =
      body.choice("status", {"started", "stopped", "stopped_disassociated"}, Need::kRequired);
  if (!mistakes.none()) return mistakes.answer();
  if (*wanted == "stopped_disassociated") return refused("stopped_disassociated is not simulated");
  const Status done = *wanted == "stopped" ? office_.cloud().stop(id) : office_.cloud().start(id);
  if (!done) return refused("Virtual machine cannot be " + *wanted + " now");
  return json_answer(200, Json::object().set("status", *wanted));
}

void VirtualMachines::append_charges(Json& transactions) {
  for (const auto& [id, tags] : tags_)
    transactions.append(office_.charge("charge", "virtual_machine_id", id, {id}));
}

}  // namespace spillway::voltage_park_api
