// SPDX-License-Identifier: GPL-2.0-or-later
//
// The part of the cloud that knows how many machines there is room for.
#include <algorithm>

#include "sim/cloud.h"

namespace spillway {
namespace {

bool holds_place(const SimMachine& machine, const std::string& region) {
  return machine.status != SimStatus::kGone && !machine.on_shelf && machine.order.region == region;
}

}  // namespace

int SimCloud::free_capacity(const SimType& type, const std::string& region) const {
  const auto capacity = type.capacity.find(region);
  if (capacity == type.capacity.end()) return 0;
  const auto used =
      std::count_if(machines_.begin(), machines_.end(), [&](const SimMachine& machine) {
        return holds_place(machine, region) && machine.order.type == type.name;
      });
  const int own = std::max(0, capacity->second - static_cast<int>(used));
  if (!settings_.shares_gpus || type.gpus == 0) return own;
  return std::min(own, free_gpus(type.gpu_description, region) / type.gpus);
}

int SimCloud::free_gpus(const std::string& gpu_description, const std::string& region) const {
  int most = 0;
  for (const SimType& type : settings_.types) {
    const auto capacity = type.capacity.find(region);
    if (type.gpu_description == gpu_description && capacity != type.capacity.end())
      most = std::max(most, capacity->second * type.gpus);
  }
  for (const SimMachine& machine : machines_) {
    if (holds_place(machine, region) && machine.gpu_description == gpu_description)
      most -= machine.gpus;
  }
  return std::max(0, most);
}

Status SimCloud::shelve(const std::string& id) {
  advance();
  SimMachine* machine = find_live(id);
  if (machine == nullptr) return Error{ErrorCode::kNotFound, "machine " + id + ": unknown", {}};
  if (machine->status != SimStatus::kStopped)
    return Error{ErrorCode::kInvalid, "machine " + id + ": is not stopped", {}};
  machine->on_shelf = true;
  return {};
}

Status SimCloud::unshelve(const std::string& id) {
  advance();
  SimMachine* machine = find_live(id);
  if (machine == nullptr) return Error{ErrorCode::kNotFound, "machine " + id + ": unknown", {}};
  if (!machine->on_shelf)
    return Error{ErrorCode::kInvalid, "machine " + id + ": is not on the shelf", {}};
  if (free_capacity(*find_type(machine->order.type), machine->order.region) == 0)
    return Error{ErrorCode::kNoCapacity, machine->order.type + ": sold out", {}};
  machine->on_shelf = false;
  return {};
}

}  // namespace spillway
