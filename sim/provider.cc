// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/provider.h"

#include <algorithm>
#include <utility>

namespace spillway {
namespace {

CloudState state_of(SimStatus status) {
  switch (status) {
    case SimStatus::kBooting:
      return CloudState::kBuilding;
    case SimStatus::kActive:
      return CloudState::kRunning;
    case SimStatus::kStopped:
    case SimStatus::kUnhealthy:
      return CloudState::kUnhealthy;
    case SimStatus::kPreempted:
    case SimStatus::kTerminating:
      return CloudState::kEnding;
    case SimStatus::kGone:
      return CloudState::kGone;
  }
  return CloudState::kUnknown;
}

}  // namespace

OfferId SimProvider::offer_id(const std::string& type, const std::string& region) const {
  const auto rental = settings_.rentals.find(type);
  const bool infiniband = rental != settings_.rentals.end() && rental->second.infiniband;
  return OfferId{name(), region, type, infiniband ? "infiniband" : "ethernet"};
}

Result<std::vector<Offer>> SimProvider::offers() {
  std::vector<Offer> offers;
  for (const auto& type : cloud_.settings().types) {
    const auto rental = settings_.rentals.find(type.name);
    if (rental == settings_.rentals.end()) continue;
    for (const auto& region : cloud_.settings().regions) {
      Offer offer;
      offer.id = offer_id(type.name, region.name);
      offer.gpu = rental->second.gpu;
      offer.gpus = type.gpus;
      offer.cpus = type.vcpus;
      offer.memory_mib = std::int64_t{type.memory_gib} * 1024;
      offer.infiniband = rental->second.infiniband;
      offer.price_per_hour = type.price_per_hour;
      offer.seen_at = clock_.now();
      const int free = cloud_.free_capacity(type, region.name);
      if (settings_.tells_stock || free == 0) offer.stock = free;
      offer.boot_time = settings_.capabilities.typical_boot;
      offer.billing = settings_.capabilities.billing;
      offers.push_back(std::move(offer));
    }
  }
  return offers;
}

Result<Ordered> SimProvider::order(const OrderSpec& spec) {
  if (spec.machines < 1 || spec.machines > settings_.capabilities.machines_per_order)
    return Error{ErrorCode::kInvalid, name() + ": too many machines for one order", {}};
  SimOrder order;
  order.type = spec.offer.type;
  order.region = spec.offer.region;
  order.name = format_mark(spec.mark);
  order.user_data = spec.user_data;
  auto ids = cloud_.order(order, spec.machines);
  if (!ids) return ids.error().within(name());
  return Ordered{*std::move(ids), answered_at()};
}

Result<std::vector<CloudMachine>> SimProvider::machines(const std::string& cluster) {
  std::vector<CloudMachine> machines;
  for (const auto* machine : cloud_.listed()) {
    const auto mark = parse_mark(machine->order.name);
    if (mark && mark->cluster == cluster) machines.push_back(show(*machine, *mark));
  }
  return machines;
}

CloudMachine SimProvider::show(const SimMachine& machine, const Mark& mark) const {
  CloudMachine shown;
  shown.id = machine.id;
  shown.mark = mark;
  shown.state = state_of(machine.status);
  if (clock_.now() >= machine.address_from) shown.address = machine.address;
  if (settings_.tells_billed_from) shown.billed_from = machine.billed_from;
  shown.offer = offer_id(machine.order.type, machine.order.region);
  shown.price_per_hour = machine.price_per_hour;
  return shown;
}

Result<Released> SimProvider::release(const std::vector<std::string>& ids) {
  Released released;
  released.at = answered_at();
  for (const auto& id : ids) {
    const auto* machine = cloud_.find(id);
    const bool builds = machine != nullptr && machine->status == SimStatus::kBooting;
    if (builds && !settings_.ends_while_building) continue;
    // Unknown is gone.
    if (const auto ended = cloud_.terminate(id);
        ended || ended.error().code == ErrorCode::kNotFound)
      released.accepted.push_back(id);
  }
  return released;
}

Result<std::vector<AccountFinding>> SimProvider::check() {
  const auto types = std::to_string(settings_.rentals.size());
  return std::vector<AccountFinding>{
      {AccountFinding::Level::kOk, name() + ": simulated; offers " + types + " types"}};
}

}  // namespace spillway
