// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <chrono>
#include <optional>
#include <set>
#include <utility>

#include "core/cooldown.h"
#include "core/gang.h"
#include "core/hostlist.h"
#include "core/need.h"
#include "core/pressure.h"
#include "core/promises.h"
#include "core/ranking.h"
#include "core/steps.h"

namespace spillway {
namespace {

using std::chrono::seconds;

// So long a fresh broker waits for providers that have not told their offers yet.
constexpr seconds kWaitForOffers{60};

std::vector<Offer> all_offers(const Picture& picture) {
  std::vector<Offer> offers;
  for (const auto& [name, view] : picture.providers) {
    offers.insert(offers.end(), view.offers.begin(), view.offers.end());
  }
  return offers;
}

bool offers_may_still_come(const Picture& picture, const Pool& pool, const Lease& lease) {
  if (picture.now >= lease.created_at + kWaitForOffers) return false;
  return std::any_of(pool.offers.begin(), pool.offers.end(), [&](const auto& filter) {
    const auto view = picture.providers.find(filter.provider);
    return view != picture.providers.end() && !view->second.offers_at;
  });
}

// The gang's need: its job's, as far as Slurm shows it, else all that the pool promises.
Need need_of(const Lease& lease, const Pool& pool, int machines, const SlurmView* slurm) {
  Need need;
  need.gpus_per_node = pool.shape.gpus;
  need.infiniband = pool.shape.infiniband;
  if (slurm != nullptr) {
    const auto job = slurm->jobs.find(lease.job);
    if (job != slurm->jobs.end()) {
      if (auto known = read_need(job->second)) need = *std::move(known);
    }
  }
  need.nodes = machines;
  return need;
}

void say_choice(Draft& draft,
                const Lease& lease,
                const std::vector<Machine>& machines,
                const Ranking& ranking,
                const Ranked& chosen) {
  std::vector<std::string> nodes;
  nodes.reserve(machines.size());
  for (const auto& machine : machines)
    nodes.push_back(machine.node);
  Event event;
  event.kind = "choose";
  event.job = lease.job;
  event.lease = lease.id;
  event.node = format_hostlist(nodes);
  event.text = "cheapest that fits: " + format_offer_id(chosen.offer.id) + ", " +
               std::to_string(nodes.size()) + " x " + format_money(lease.price_per_hour) +
               " $/h, at most " + format_money(chosen.expected_cost) + " $ for the job";
  if (!ranking.excluded.empty())
    event.text += "; excluded: " + format_exclusions(ranking, Telling::kShort);
  draft.say(std::move(event));
}

// The permission for the lease's job; of a node that was powered up by hand the one that has it.
const Permission* permission_of(const Draft& draft, const Lease& lease, const SlurmView* slurm) {
  if (lease.job != 0) return find_permission(draft.books(), slurm, lease.job);
  const auto machines = draft.machines_of(lease.id);
  for (const auto& [job, permission] : draft.books().permissions) {
    const auto& nodes = permission.nodes;
    if (std::find(nodes.begin(), nodes.end(), machines.front().node) != nodes.end())
      return &permission;
  }
  return nullptr;
}

bool shares_a_fabric(const Permission& permission, const Picture& picture, const Pool& pool) {
  if (picture.slurm == nullptr) return false;
  const auto job = picture.slurm->jobs.find(permission.job);
  if (job == picture.slurm->jobs.end()) return false;
  auto need = read_need(job->second);
  if (!need) return false;
  const auto rule = find_rule(job->second, picture.config.policy);
  if (rule.policy != nullptr) need->infiniband_from_nodes = rule.policy->infiniband_from_nodes;
  return needs_one_fabric(sized_for(*need, pool.shape));
}

// The one offer that will do: as the permission says, or that of machines which stand on its nodes
// already, where InfiniBand is to connect them.
std::optional<OfferId> find_fabric(const Draft& draft,
                                   const Permission& permission,
                                   const Picture& picture,
                                   const Pool& pool) {
  if (permission.fabric || !shares_a_fabric(permission, picture, pool)) return permission.fabric;
  for (const auto& node : permission.nodes) {
    const auto* holder = draft.holder_of(node);
    if (holder == nullptr || is_given_up(*holder)) continue;
    const auto* lease = draft.find_lease(holder->lease);
    if (lease != nullptr && lease->calls > 0) return lease->offer;
  }
  return std::nullopt;
}

// The reasons against others are then none.
void keep_to_fabric(Ranking& ranking, const OfferId& fabric) {
  std::erase_if(ranking.places, [&](const auto& place) { return place.offer.id != fabric; });
  std::erase_if(ranking.excluded, [&](const auto& excluded) { return excluded.offer != fabric; });
  if (ranking.places.empty() && ranking.excluded.empty()) {
    ranking.excluded.push_back(
        {fabric, "no longer offered, and the gang must share it", "", std::nullopt});
  }
}

std::vector<Machine> wanted_machines(const Draft& draft, const Lease& lease) {
  auto machines = draft.machines_of(lease.id);
  std::erase_if(machines,
                [](const auto& machine) { return machine.state != MachineState::kWanted; });
  return machines;
}

// The offers for the whole gang, the cheapest first.
Ranking rank_for(const Draft& draft,
                 const Picture& picture,
                 const Lease& lease,
                 const Pool& pool,
                 int machines) {
  const auto need = need_of(lease, pool, machines, picture.slurm);
  const auto offers = all_offers(picture);
  const Market market{offers, picture.config, draft.books().cooldowns, picture.now};
  const auto promises =
      count_promises(draft.books(), offers, picture.spent_this_month, picture.now);
  auto ranking = rank_surveyed(need, survey_offers(pool, market), market, promises.machines);
  if (const auto* permission = permission_of(draft, lease, picture.slurm)) {
    const auto fabric = find_fabric(draft, *permission, picture, pool);
    if (fabric) keep_to_fabric(ranking, *fabric);
  }
  return ranking;
}

// The best place for so many machines that breaks no cap, else the end of `places`; then `trouble`
// says which one.
std::vector<Ranked>::const_iterator find_within_caps(const std::vector<Ranked>& places,
                                                     int machines,
                                                     const Books& books,
                                                     const Picture& picture,
                                                     std::string& trouble) {
  const auto committed = count_commitment(books, picture.spent_this_month, 0, picture.now);
  return std::find_if(places.begin(), places.end(), [&](const auto& place) {
    trouble = cap_trouble(committed, place.offer, machines, picture.config);
    return trouble.empty();
  });
}

// The books as they will be when what is on its way out is gone.
Books without_leaving_machines(Books books) {
  std::erase_if(books.machines, [](const auto& entry) {
    const auto& machine = entry.second;
    return machine.unwanted || machine.state == MachineState::kReleasing ||
           machine.state == MachineState::kFailed;
  });
  return books;
}

// Chooses the lease's offer; false when there is none now (the gang failed, or waits).
bool choose_offer(Draft& draft, const Picture& picture, Lease& lease) {
  const auto* pool = picture.config.find_pool(lease.pool);
  if (pool == nullptr) {
    fail_gang(draft,
              lease,
              picture.slurm,
              {"pool " + lease.pool + " is no longer configured", "ask the admin"});
    return false;
  }
  const auto machines = wanted_machines(draft, lease);
  const int count = static_cast<int>(machines.size());
  const auto ranking = rank_for(draft, picture, lease, *pool, count);
  const auto& places = ranking.places;
  std::string trouble;
  const auto place = find_within_caps(places, count, draft.books(), picture, trouble);
  if (place != places.end()) {
    lease.offer = place->offer.id;
    lease.price_per_hour = *place->offer.price_per_hour;
    lease.billing = place->offer.billing;
    lease.boot_time = place->offer.boot_time;
    draft.put(lease);
    say_choice(draft, lease, machines, ranking, *place);
    return true;
  }
  if (places.empty()) {
    if (offers_may_still_come(picture, *pool, lease)) return false;
    fail_gang(draft,
              lease,
              picture.slurm,
              {"no offer left: " + format_exclusions(ranking, Telling::kInFull),
               "tried again when the first cool-down ends"});
    return false;
  }
  // A gang that left an offer has machines there until they are gone.
  std::string later;
  const auto staying = without_leaving_machines(draft.books());
  if (find_within_caps(places, count, staying, picture, later) != places.end()) return false;
  fail_gang(draft, lease, picture.slurm, {trouble, "tried again when there is room"});
  return false;
}

// Slurm was seen after the machine was wanted, and has neither powered its node up nor given it to
// a job: the machine was ordered ahead of a call (see answer_requests) that will not come.
bool is_let_go(const Machine& machine, const SlurmView* slurm) {
  if (slurm == nullptr || slurm->at <= machine.state_since) return false;
  const auto node = slurm->nodes.find(machine.node);
  return node != slurm->nodes.end() && node->second.powered_down &&
         node->second.base == NodeBase::kIdle;
}

std::vector<Machine> due_machines(const Draft& draft,
                                  const Lease& lease,
                                  const SlurmView* slurm,
                                  int at_most) {
  std::vector<Machine> due;
  for (const auto& machine : wanted_machines(draft, lease)) {
    if (static_cast<int>(due.size()) == at_most) break;
    if (machine.not_before && *machine.not_before > draft.now()) continue;
    if (is_node_free_for(draft, machine) && !is_let_go(machine, slurm)) due.push_back(machine);
  }
  return due;
}

void order(
    Draft& draft, Lease lease, std::vector<Machine> machines, const Config& config, Plan& plan) {
  ++lease.calls;
  draft.put(lease);
  CallOrder call;
  call.provider = lease.offer.provider;
  call.lease = lease.id;
  call.offer = lease.offer;
  call.mark = Mark{config.cluster, draft.books().ledger_tag, lease.id, lease.calls};
  std::vector<std::string> nodes;
  for (auto& machine : machines) {
    machine.call = lease.calls;
    machine.ordered_at = draft.now();
    machine.not_before.reset();
    draft.happen(machine, MachineEvent::kOrderSent);
    call.machines.push_back(machine.id);
    nodes.push_back(machine.node);
  }
  Event event;
  event.kind = "order";
  event.job = lease.job;
  event.lease = lease.id;
  event.node = format_hostlist(nodes);
  event.text = "ordered at " + format_offer_id(lease.offer) + " as " + format_mark(call.mark);
  draft.say(std::move(event));
  plan.orders.push_back(std::move(call));
}

// Nothing was ordered yet, and meanwhile another gang was refused there.
bool is_spoilt(const Draft& draft, const Lease& lease) {
  return lease.calls == 0 && !lease.offer.provider.empty() &&
         find_cooldown(draft.books().cooldowns, lease.offer, draft.now()) != nullptr;
}

// Why what the lease wants breaks a cap by now: it got more nodes after its offer was chosen, or a
// limit was lowered. Its wanted machines are among those that count.
std::string trouble_by_now(const Draft& draft, const Picture& picture, const Lease& lease) {
  Offer offer;
  offer.id = lease.offer;
  const auto committed = count_commitment(draft.books(), picture.spent_this_month, 0, picture.now);
  return cap_trouble(committed, offer, 0, picture.config);
}

// Plans the lease's next call; false when it wants none, has no offer, or its provider is busy.
bool place_order(Draft& draft,
                 const Picture& picture,
                 Lease lease,
                 const std::set<std::string>& busy,
                 Plan& plan) {
  if (!lease.outcome.empty() || wanted_machines(draft, lease).empty()) return false;
  if (is_spoilt(draft, lease)) {
    lease.offer = OfferId{};
    draft.put(lease);
  }
  if (lease.offer.provider.empty()) {
    if (!choose_offer(draft, picture, lease)) return false;
  } else if (const auto trouble = trouble_by_now(draft, picture, lease); !trouble.empty()) {
    detour(draft, lease, trouble);  // chosen anew as a whole, or failed
    return false;
  }
  const auto view = picture.providers.find(lease.offer.provider);
  if (view == picture.providers.end() || busy.contains(lease.offer.provider)) return false;
  auto due =
      due_machines(draft, lease, picture.slurm, view->second.capabilities.machines_per_order);
  if (due.empty()) return false;
  order(draft, lease, std::move(due), picture.config, plan);
  return true;
}

}  // namespace

void place_orders(Draft& draft, const Picture& picture, Plan& plan) {
  if (!picture.vpn_is_up) return;  // what boots could not join
  std::set<std::string> busy;
  for (const auto& [name, view] : picture.providers) {
    if (view.ordering) busy.insert(name);
  }
  const auto leases = draft.books().leases;  // a copy: failed gangs change the books
  for (const auto& [id, lease] : leases) {
    if (place_order(draft, picture, lease, busy, plan)) busy.insert(plan.orders.back().provider);
  }
}

}  // namespace spillway
