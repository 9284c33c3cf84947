// SPDX-License-Identifier: GPL-2.0-or-later
//
// What holds in every world once Slurm has taken the permitted nodes, and clouds refuse some
// orders.
#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "core/hostlist.h"
#include "tests/support/cmocka.h"
#include "tests/support/every_world.h"
#include "tests/support/naive_choice.h"

using namespace spillway;
using std::chrono::seconds;

namespace {

constexpr int kTurns = 30;

bool is_alive(const Machine& machine) {
  return !machine.unwanted && !facts_of(machine.state).is_final &&
         machine.state != MachineState::kReleasing && machine.state != MachineState::kFailed;
}

std::string of_job(std::uint32_t job, const std::string& what) {
  return "job " + std::to_string(job) + ": " + what;
}

// Each pending job that may takes its nodes; ResumeProgram is called for those without a machine.
void let_slurm_take(SmallWorld& world, Dice& dice) {
  for (const auto& [id, permission] : world.books.permissions) {
    auto& job = world.slurm.jobs.at(id);
    if (job.array_tasks > 0 || dice.one_in(5)) continue;
    job.state = JobState::kConfiguring;
    job.nodes = format_hostlist(permission.nodes);
    std::vector<std::string> cold;
    for (const auto& name : permission.nodes) {
      auto& node = world.node(name);
      node.base = NodeBase::kAllocated;
      if (!node.powered_down) continue;
      node.powered_down = false;
      node.powering_up = true;
      cold.push_back(name);
    }
    if (!cold.empty()) world.request(RequestKind::kResume, format_hostlist(cold), id);
  }
}

void answer_orders(SmallWorld& world, const Plan& plan, Dice& dice) {
  for (const auto& call : plan.orders) {
    if (dice.one_in(4)) {
      world.refuse(call, ErrorCode::kNoCapacity, "none left");
      continue;
    }
    std::vector<std::string> ids;
    for (const auto machine : call.machines)
      ids.push_back(std::to_string(machine));
    world.accept(call, ids);
  }
}

std::string find_torn_gang(const SmallWorld& world) {
  for (const auto& [id, job] : world.slurm.jobs) {
    if (job.state != JobState::kConfiguring) continue;
    std::set<OfferId> offers;
    std::set<std::string> pools;
    const auto nodes = *parse_hostlist(job.nodes);
    int alive = 0;
    for (const auto& node : nodes) {
      const auto* machine = world.machine_on(node);
      pools.insert(world.config.find_pool_of(node)->name);
      if (machine == nullptr || !is_alive(*machine)) continue;
      ++alive;
      offers.insert(world.books.leases.at(machine->lease).offer);
    }
    if (pools.size() > 1) return of_job(id, "is spread over pools");
    if (!world.books.permissions.contains(id)) continue;  // it failed, and goes back whole
    if (alive != static_cast<int>(nodes.size())) return of_job(id, "has part of its machines");
    const auto& shape = world.config.find_pool_of(nodes.front())->shape;
    if (naive_needs_infiniband(world.config, job, shape) && offers.size() > 1) {
      return of_job(id, "straddles fabrics");
    }
  }
  return "";
}

// Machines that were there before may be beyond the caps; what was ordered since may not.
std::string find_overspent(const SmallWorld& before, const SmallWorld& after) {
  std::map<OfferId, int> ordered;
  std::map<std::string, int> machines_at;
  int machines = 0;
  Money per_hour;
  for (const auto& [id, machine] : after.books.machines) {
    if (facts_of(machine.state).is_final) continue;
    const auto& lease = after.books.leases.at(machine.lease);
    if (lease.offer.provider.empty()) continue;  // wanted, and not ordered anywhere
    ++machines;
    ++machines_at[lease.offer.provider];
    per_hour += lease.price_per_hour;
    if (!before.books.machines.contains(id)) ++ordered[lease.offer];
  }
  if (ordered.empty()) return "";
  const auto& limits = after.config.policy.limits;
  if (limits.machines && machines > *limits.machines) return "more machines than the cap";
  if (limits.spend_per_hour && per_hour > *limits.spend_per_hour) return "more $/h than the cap";
  for (const auto& [id, count] : ordered) {
    const auto& most = after.config.find_provider(id.provider)->max_machines;
    if (most && machines_at[id.provider] > *most) return id.provider + " is over its cap";
    for (const auto& offer : after.providers.at(id.provider).offers) {
      if (offer.id == id && offer.stock && count > *offer.stock) {
        return format_offer_id(id) + " is ordered too often";
      }
    }
  }
  return "";
}

// Turns until nothing more is ordered.
std::string play(Dice& dice, bool look_at_gangs) {
  auto world = make_random_world(dice, dice.from_to(1, 8));
  for (auto& [name, view] : world.providers)
    view.capabilities.machines_per_order = 16;
  world.turn(seconds(0));
  const auto before = world;
  let_slurm_take(world, dice);
  for (int turns = 0; turns < kTurns; ++turns) {
    const auto plan = world.turn(seconds(1));
    answer_orders(world, plan, dice);
    const auto overspent = find_overspent(before, world);
    if (!overspent.empty()) return overspent;
    if (plan.orders.empty()) break;
  }
  return look_at_gangs ? find_torn_gang(world) : "";
}

}  // namespace

static void a_gang_is_whole_and_on_one_fabric_or_goes_back(void**) {
  hold_everywhere([](Dice& dice) { return play(dice, true); });
}

static void nothing_is_ordered_beyond_caps_and_stock(void**) {
  hold_everywhere([](Dice& dice) { return play(dice, false); });
}

int main() {
  const CMUnitTest tests[] = {cmocka_unit_test(a_gang_is_whole_and_on_one_fabric_or_goes_back),
                              cmocka_unit_test(nothing_is_ordered_beyond_caps_and_stock)};
  return cmocka_run_group_tests_name("core.order_properties", tests, nullptr, nullptr);
}
