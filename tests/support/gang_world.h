// SPDX-License-Identifier: GPL-2.0-or-later
//
// The small world, and the steps of a gang's life in it.
#pragma once

#include <algorithm>
#include <chrono>
#include <set>
#include <string>
#include <vector>

#include "core/hostlist.h"
#include "core/joining.h"
#include "tests/support/cmocka.h"
#include "tests/support/small_world.h"

namespace spillway {

inline std::vector<std::string> names_of(const std::string& nodes) {
  auto names = parse_hostlist(nodes);
  if (!names) fail_msg("%s: %s", nodes.c_str(), names.error().message.c_str());
  return *std::move(names);
}

struct GangWorld : SmallWorld {
  explicit GangWorld(int nodes = 4) : SmallWorld(nodes) {}

  ProviderView& lambda() { return providers.at("lambda"); }

  // The job has its permission.
  void permit(std::uint32_t job, int nodes) {
    add_pending_job(job, nodes, std::chrono::minutes(11));
    turn();
    if (!books.permissions.contains(job)) fail_msg("job %u has no permission", job);
  }
  // Slurm gives it these nodes and calls ResumeProgram for all of them.
  void start(std::uint32_t job, const std::string& nodes) {
    start_job(job, nodes);
    request_part(job, nodes, nodes);
  }
  // It is permitted, starts, and its first orders are planned.
  Plan burst(std::uint32_t job, const std::string& nodes) {
    permit(job, static_cast<int>(names_of(nodes).size()));
    start(job, nodes);
    return turn();
  }
  void power_up(const std::string& name) {
    node(name).powered_down = false;
    node(name).powering_up = true;
  }
  // The cloud takes the order whole, or `count` machines of it. Gives their ids.
  std::vector<std::string> take(const CallOrder& call, std::size_t count = 100) {
    std::vector<std::string> ids;
    while (ids.size() < std::min(count, call.machines.size()))
      ids.push_back(std::to_string(++made));
    accept(call, ids);
    return ids;
  }
  // All that lives is shown running, and is not shown any more once its release was accepted.
  void show_all(const std::string& provider = "lambda") {
    std::vector<CloudMachine> machines;
    for (const auto& [id, machine] : books.machines) {
      const auto& lease = books.leases.at(machine.lease);
      if (lease.offer.provider != provider || machine.provider_id.empty() || machine.billed_to)
        continue;
      CallOrder call;
      call.offer = lease.offer;
      call.mark = Mark{config.cluster, books.ledger_tag, lease.id, machine.call};
      machines.push_back(cloud_machine(machine.provider_id, call, CloudState::kRunning));
    }
    show(machines, provider);
  }
  // What is asked to end ends, in two lists.
  void end_released(const Plan& plan) {
    for (const auto& call : plan.releases)
      accept_release(call);
    for (int list = 0; list < 2; ++list) {
      now += std::chrono::seconds(2);
      for (const auto& [name, view] : providers)
        show_all(name);
      last = turn();
    }
  }
  [[nodiscard]] static Caller caller_of(const Machine& machine) {
    return Caller{machine.lease, machine.address, {}};
  }
  void join(const std::string& name) {
    Draft draft(books, now);
    const auto joined = note_joined(draft, caller_of(*machine_on(name)));
    if (!joined) fail_msg("%s cannot join: %s", name.c_str(), joined.error().message.c_str());
    assert_string_equal(joined->node.c_str(), name.c_str());
    node(name).address = joined->address;
  }
  // Its machine says that it is ready; true when it may start slurmd.
  bool ready(const std::string& name) {
    Draft draft(books, now);
    const auto noted = note_ready(draft, caller_of(*machine_on(name)), &slurm);
    if (!noted && noted.error().code != ErrorCode::kTransient) {
      fail_msg("%s cannot be ready: %s", name.c_str(), noted.error().message.c_str());
    }
    return static_cast<bool>(noted);
  }
  void fail_on(const std::string& name) {
    Draft draft(books, now);
    if (!note_unhealthy(draft, caller_of(*machine_on(name)), "gpus: 7 of 8", config.timing)) {
      fail_msg("%s cannot be unhealthy", name.c_str());
    }
  }
  [[nodiscard]] const Lease& open_lease_of(std::uint32_t job) const {
    const Lease* found = nullptr;
    for (const auto& [id, lease] : books.leases) {
      if (lease.job == job && lease.outcome.empty()) found = &lease;
    }
    if (found == nullptr) fail_msg("job %u has no lease", job);
    return *found;
  }
  [[nodiscard]] MachineState state_on(const std::string& name) const {
    return machine_on(name)->state;
  }
  [[nodiscard]] int count(MachineState state) const {
    return static_cast<int>(
        std::count_if(books.machines.begin(), books.machines.end(), [&](const auto& entry) {
          return entry.second.state == state;
        }));
  }
  // The nodes of an order, as a host list.
  [[nodiscard]] std::string nodes_of(const CallOrder& call) const {
    std::vector<std::string> nodes;
    for (const auto id : call.machines)
      nodes.push_back(books.machines.at(id).node);
    return format_hostlist(nodes);
  }

  Plan last;
  int made = 0;
};

}  // namespace spillway
