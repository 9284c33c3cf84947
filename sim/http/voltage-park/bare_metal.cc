// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/http/voltage-park/bare_metal.h"

#include <algorithm>
#include <set>
#include <utility>
#include <variant>

#include "sim/http/voltage-park/cloud_init.h"
#include "sim/http/voltage-park/fabric.h"
#include "sim/http/voltage-park/pages.h"
#include "sim/uuid.h"

namespace spillway::voltage_park_api {
namespace {

using Ids = std::vector<std::string>;

Json show_specs(const SimType& type) {
  return Json::object()
      .set("gpu_model", type.gpu_description)
      .set("gpu_count", type.gpus)
      .set("cpu_model", "simulated")
      .set("cpu_count", type.vcpus)
      .set("ram_gb", type.memory_gib)
      .set("storage_gb", type.storage_gib);
}

// The count of GPUs and the price of one, of one fabric in a location. A fabric that the scenario
// leaves out is sold out.
void show_fabric(const SimCloud& cloud,
                 const std::string& location,
                 const std::string& fabric,
                 Json& shown) {
  const SimType* type = cloud.find_type(fabric);
  const int nodes = type == nullptr ? 0 : cloud.free_capacity(*type, location);
  const Money price = type == nullptr ? Money() : divide(type->price_per_hour, kGpusPerNode);
  shown.set(("gpu_count_" + fabric).c_str(), nodes * kGpusPerNode)
      .set(("gpu_price_" + fabric).c_str(), dollars(price));
}

Json show_location(const SimCloud& cloud, const std::string& location) {
  Json shown = Json::object().set("id", location);
  show_fabric(cloud, location, kEthernet, shown);
  show_fabric(cloud, location, kInfiniband, shown);
  shown.set("reserved_gpu_count_infiniband_cluster_one", Json::null())
      .set("reserved_gpu_count_infiniband_cluster_two", Json::null());
  for (const char* fabric : {kInfiniband, kEthernet}) {
    if (const SimType* type = cloud.find_type(fabric))
      shown.set("specs_per_node", show_specs(*type));
  }
  return shown;
}

std::int64_t read_gpu_count(Fields& body) {
  const auto count = body.integer("gpu_count", Need::kRequired);
  if (!count) return kGpusPerNode;
  if (*count < kGpusPerNode)
    body.fail("gpu_count",
              "ensure this value is greater than or equal to 8",
              "value_error.number.not_ge");
  else if (*count % kGpusPerNode != 0)
    body.fail(
        "gpu_count", "ensure this value is a multiple of 8", "value_error.number.not_multiple");
  else if (*count > 1'000'000)
    body.fail("gpu_count",
              "ensure this value is less than or equal to 1000000",
              "value_error.number.not_le");
  return *count;
}

Json or_null(const Json& value) {
  return value.is_absent() ? Json::null() : value;
}

bool are_off(const std::vector<const SimMachine*>& nodes) {
  return std::all_of(nodes.begin(), nodes.end(), [](const SimMachine* node) {
    return node->status == SimStatus::kStopped;
  });
}

ApiAnswer not_running() {
  return refused("Rental is not running");
}

// The ids of those nodes whose public addresses the body names, or the refusal; addresses are
// known of a rental `in_use` only.
std::variant<Ids, ApiAnswer> chosen_nodes(const ApiRequest& request,
                                          const std::vector<const SimMachine*>& nodes,
                                          bool in_use) {
  Mistakes mistakes;
  Fields body(mistakes, request);
  body.expect({"public_ips"});
  const Ids named = body.texts("public_ips", Need::kRequired);
  if (mistakes.none() && named.empty())
    body.fail("public_ips", "ensure this value has at least 1 item", "value_error.list.min_items");
  if (!mistakes.none()) return mistakes.answer();
  if (!in_use) return not_running();
  std::set<std::string> ids;
  for (const std::string& address : named) {
    const auto node = std::find_if(nodes.begin(), nodes.end(), [&](const SimMachine* each) {
      return each->address == address;
    });
    if (node == nodes.end()) return refused("Node " + address + " not found in rental");
    ids.insert((*node)->id);
  }
  return Ids(ids.begin(), ids.end());
}

}  // namespace

ApiAnswer BareMetal::locations(const ApiRequest& request) {
  Json list = Json::array();
  for (const SimRegion& region : office_.cloud().settings().regions)
    list.append(show_location(office_.cloud(), region.name));
  return page_of(list, request, office_.options().page_size);
}

ApiAnswer BareMetal::order(const ApiRequest& request) {
  Mistakes mistakes;
  Fields body(mistakes, request);
  body.expect({"location_id",
               "gpu_count",
               "name",
               "network_type",
               "organization_ssh_keys",
               "ssh_keys",
               "storage_id",
               "tags",
               "cloudinit_script",
               "suborder"});
  SimOrder order;
  order.region = body.uuid("location_id", Need::kRequired).value_or("");
  const auto gpus = read_gpu_count(body);
  order.name = body.text("name", Need::kRequired).value_or("");
  order.type = body.choice("network_type", {kEthernet, kInfiniband}, Need::kRequired).value_or("");
  const Ids keys = Office::read_access(body);
  const auto storage = body.uuid("storage_id");
  (void)body.integer("suborder");
  const Json tags = body.tags();
  order.user_data = read_cloud_init(body, "cloudinit_script");
  if (!mistakes.none()) return mistakes.answer();
  if (office_.cloud().find_region(order.region) == nullptr) return refused("Location not found");
  if (auto refusal = office_.refuse_keys(keys)) return *refusal;
  if (storage) return refused("Storage not found");  // there is none
  return open_rental(order,
                     static_cast<int>(gpus / kGpusPerNode),
                     {"", order.name, order.type, {}, or_null(body.raw("suborder")), tags, {}});
}

ApiAnswer BareMetal::open_rental(const SimOrder& order, int nodes, Rental rental) {
  if (auto refusal = office_.order(order, nodes, rental.machines)) return *refusal;
  rental.id = uuid_of("rental " + rental.machines.front());
  rental.created = clock_.now();
  rentals_.push_back(std::move(rental));
  return json_answer(
      201, Json::object().set("rental_id", rentals_.back().id).set("warning", Json::null()));
}

BareMetal::Rental* BareMetal::find(const std::string& id) {
  const auto found = std::find_if(
      rentals_.begin(), rentals_.end(), [&](const Rental& rental) { return rental.id == id; });
  return found == rentals_.end() ? nullptr : &*found;
}

std::optional<BareMetal::State> BareMetal::state_of(const Rental& rental) {
  State all;
  State live;
  bool pending = false;
  bool failed = false;
  for (const std::string& id : rental.machines) {
    const SimMachine* machine = office_.cloud().find(id);
    if (machine == nullptr) continue;
    all.nodes.push_back(machine);
    if (is_ending(*machine)) continue;
    live.nodes.push_back(machine);
    pending = pending || machine->status == SimStatus::kBooting;
    failed = failed || machine->status == SimStatus::kUnhealthy;
  }
  if (all.nodes.empty()) return std::nullopt;
  all.status = "Terminated";
  if (live.nodes.empty()) return all;
  live.status = pending ? "Pending" : failed ? "Failed" : "Running";
  return live;
}

Json BareMetal::shown(const Rental& rental, const State& state) {
  Money rate;
  Json networking = Json::array();
  for (const SimMachine* node : state.nodes) {
    rate += node->price_per_hour;
    networking.append(
        Json::object().set("public_ip", node->address).set("private_ip", node->private_address));
  }
  Json all = Json::object()
                 .set("id", rental.id)
                 .set("name", rental.name)
                 .set("status", state.status)
                 .set("creation_timestamp", format_time(rental.created))
                 .set("rate_hourly", dollars(rate))
                 .set("suborder", rental.suborder);
  if (state.status == "Pending") return all;
  all.set("power_status", are_off(state.nodes) ? "Stopped" : "Running")
      .set("node_count", static_cast<std::int64_t>(state.nodes.size()))
      .set("specs_per_node", show_specs(*office_.cloud().find_type(rental.network)))
      .set("network_type", rental.network)
      .set("username", "ubuntu")
      .set("node_networking", networking)
      .set("sub_order", rental.suborder);
  for (const char* absent :
       {"storage_id", "storage_pv", "storage_pvc", "k8s_cluster_id", "kubeconfig"})
    all.set(absent, Json::null());
  return all.set("tags", rental.tags);
}

ApiAnswer BareMetal::list(const ApiRequest& request) {
  Json list = Json::array();
  for (const Rental& rental : rentals_) {
    const auto state = state_of(rental);
    if (state && state->nodes.front()->listed_from <= clock_.now())
      list.append(shown(rental, *state));
  }
  return page_of(list, request, office_.options().page_size);
}

ApiAnswer BareMetal::show(const std::string& id) {
  const Rental* rental = find(id);
  const auto state = rental == nullptr ? std::nullopt : state_of(*rental);
  if (!state) return no_such("Rental");
  return json_answer(200, shown(*rental, *state));
}

ApiAnswer BareMetal::modify(const ApiRequest& request, const std::string& id) {
  Rental* rental = find(id);
  if (rental == nullptr || !state_of(*rental)) return no_such("Rental");
  Mistakes mistakes;
  Fields body(mistakes, request);
  body.expect({"name", "tags"});
  const auto name = body.text("name");
  const Json tags = body.tags();
  if (!mistakes.none()) return mistakes.answer();
  if (name) rental->name = *name;
  if (!body.raw("tags").is_absent()) rental->tags = tags;
  for (const std::string& machine : rental->machines)
    (void)office_.cloud().rename(machine, rental->name);  // one that is gone keeps its name
  return json_answer(200, Json::object().set("name", rental->name).set("tags", rental->tags));
}

ApiAnswer BareMetal::terminate(const std::string& id) {
  const Rental* rental = find(id);
  if (rental == nullptr || !state_of(*rental)) return no_such("Rental");
  for (const std::string& machine : rental->machines)
    (void)office_.cloud().terminate(machine);  // one that is gone is what is wanted
  return nothing(204);
}

ApiAnswer BareMetal::set_power(const ApiRequest& request, const std::string& id) {
  const Rental* rental = find(id);
  const auto state = rental == nullptr ? std::nullopt : state_of(*rental);
  if (!state) return no_such("Rental");
  Mistakes mistakes;
  Fields body(mistakes, request);
  body.expect({"status"});
  const auto wanted = body.choice("status", {"started", "stopped"}, Need::kRequired);
  if (!mistakes.none()) return mistakes.answer();
  if (state->status != "Running") return not_running();
  const bool off = *wanted == "stopped";
  if (off == are_off(state->nodes)) return refused("Rental is already " + *wanted);
  for (const SimMachine* node : state->nodes)
    (void)(off ? office_.cloud().stop(node->id) : office_.cloud().start(node->id));
  return nothing(200);
}

ApiAnswer BareMetal::reboot(const ApiRequest& request, const std::string& id) {
  const Rental* rental = find(id);
  const auto state = rental == nullptr ? std::nullopt : state_of(*rental);
  if (!state) return no_such("Rental");
  const bool in_use = state->status == "Running" && !are_off(state->nodes);
  const auto chosen = chosen_nodes(request, state->nodes, in_use);
  if (const auto* refusal = std::get_if<ApiAnswer>(&chosen)) return *refusal;
  for (const std::string& node : std::get<Ids>(chosen))
    (void)office_.cloud().restart(node);
  return nothing(200);
}

ApiAnswer BareMetal::remove_nodes(const ApiRequest& request, const std::string& id) {
  const Rental* rental = find(id);
  const auto state = rental == nullptr ? std::nullopt : state_of(*rental);
  if (!state) return no_such("Rental");
  const bool in_use = state->status == "Running" || state->status == "Failed";
  const auto chosen = chosen_nodes(request, state->nodes, in_use);
  if (const auto* refusal = std::get_if<ApiAnswer>(&chosen)) return *refusal;
  const Ids& nodes = std::get<Ids>(chosen);
  if (nodes.size() == state->nodes.size())
    return refused("Cannot remove all nodes of a rental; terminate it instead");
  for (const std::string& node : nodes)
    (void)office_.cloud().terminate(node);
  return nothing(200);
}

void BareMetal::append_charges(Json& transactions) {
  for (const Rental& rental : rentals_)
    transactions.append(
        office_.charge("baremetal_charge", "baremetal_rental_id", rental.id, rental.machines));
}

}  // namespace spillway::voltage_park_api
