// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/tell.h"

#include <algorithm>
#include <map>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "core/comment.h"
#include "core/hostlist.h"

namespace spillway {
namespace {

std::string count_nodes(std::size_t nodes) {
  return std::to_string(nodes) + (nodes == 1 ? " rented node" : " rented nodes");
}

Verdict begin(const QueuedJob& queued, const RuleInForce& rule, Standing standing) {
  Verdict verdict;
  verdict.job = queued.job().id;
  verdict.standing = standing;
  verdict.partition = rule.partition;
  if (rule.policy != nullptr) verdict.rule = format_rule(rule);
  return verdict;
}

VerdictPlan plan_of(const std::vector<Placement>& placements) {
  VerdictPlan plan;
  plan.at_most = Money{};
  for (const auto& placement : placements) {
    plan.tasks = std::max(plan.tasks, placement.tasks);
    plan.pool += (plan.pool.empty() ? "" : "+") + placement.pool->name;
    plan.nodes += placement.need.nodes;
    plan.machines += placement.machines;
    if (!placement.cheapest) continue;
    const auto& [offer, cost, score] = *placement.cheapest;
    plan.offer = offer.id;
    plan.per_hour += offer.price_per_hour.value_or(Money{}) * placement.machines;
    if (placement.need.time_limit && plan.at_most) *plan.at_most += cost;
    if (!placement.need.time_limit) plan.at_most.reset();
    plan.ready_in = std::max(plan.ready_in, offer.boot_time);
  }
  return plan;
}

std::string describe(const VerdictPlan& plan) {
  if (plan.machines == 0) return "their machines are rented already";
  if (plan.offer.provider.empty()) return "no offer for them now";
  const std::string each = plan.tasks > 1 ? " a task" : "";
  return "now cheapest: " + format_offer_id(plan.offer) + ", " + format_money(plan.per_hour) +
         " $/h" + each + ", " +
         (plan.at_most ? "at most " + format_money(*plan.at_most) + " $" + each
                       : "without a time limit");
}

std::string what_helps(Hindrance hindrance) {
  switch (hindrance) {
    case Hindrance::kNoPool:
      return "a request that fits a pool, or a pool that fits the request";
    case Hindrance::kNoNodes:
      return "rented nodes that become free, or more nodes in the pool";
    case Hindrance::kNoOffer:
      return "an offer that comes back: refused ones are tried again after their cool-down";
    case Hindrance::kCap:
      return "machines that end, or an admin who lifts the limit: spillway set";
  }
  return "";
}

bool is_worth_a_comment(const Verdict& verdict) {
  return verdict.standing != Standing::kLocal || !verdict.change.empty();
}

using MachinesByNode = std::unordered_map<std::string_view, const Machine*>;

MachinesByNode find_machines(const Books& books) {
  MachinesByNode machines;
  for (const auto& [id, machine] : books.machines) {
    if (!machine.node.empty() && facts_of(machine.state).holds_node)
      machines[machine.node] = &machine;
  }
  return machines;
}

// The offers of the machines on a job's nodes, each with how many, and their price in all.
std::string describe_machines(const std::vector<std::string>& nodes,
                              const Books& books,
                              const MachinesByNode& machine_on) {
  std::map<OfferId, int> offers;
  Money per_hour;
  int machines = 0;
  for (const auto& node : nodes) {
    const auto found = machine_on.find(node);
    if (found == machine_on.end()) continue;
    const auto lease = books.leases.find(found->second->lease);
    if (lease == books.leases.end()) continue;
    ++offers[lease->second.offer];
    ++machines;
    per_hour += lease->second.price_per_hour;
  }
  if (machines == 0) return "";
  std::string text = "uses " + count_nodes(static_cast<std::size_t>(machines)) + " at ";
  for (auto offer = offers.begin(); offer != offers.end(); ++offer)
    text += (offer == offers.begin() ? "" : " and ") + format_offer_id(offer->first);
  return text + ", " + format_money(per_hour) + " $/h";
}

// What we said last of a job, whether slurmctld shows it already or not.
std::string last_words(const Draft& draft, const Job& job) {
  const auto noted = draft.books().comments.find(job.id);
  if (noted != draft.books().comments.end()) return noted->second;
  return std::string(our_comment(job.admin_comment));
}

// What a started job is to bear: our words of while it waited are out of date.
void comment_started(Draft& draft, const Job& job, const MachinesByNode& machine_on) {
  if (last_words(draft, job).empty()) return;
  const auto nodes = parse_hostlist(job.nodes);
  auto text = nodes ? describe_machines(*nodes, draft.books(), machine_on) : std::string();
  // A gang that has just failed is still configuring, and says why.
  if (text.empty() && job.state == JobState::kConfiguring) return;
  draft.comment(job.id, std::move(text));
}

}  // namespace

Verdict tell_pressure(const QueuedJob& queued, const RuleInForce& rule, const Pressure& pressure) {
  const bool waits = pressure.lets == Lets::kWait;
  auto verdict = begin(queued, rule, waits ? Standing::kWaiting : Standing::kLocal);
  verdict.not_before = pressure.not_before;
  if (pressure.waits_for_others) {
    verdict.sentence = pressure.why;
  } else if (waits) {
    verdict.sentence = std::string(kWaitsForLocalNodes) + "; " + pressure.why;
    verdict.change = "a free local node, or time";
  } else {
    verdict.sentence = "stays local: " + pressure.why;
    const bool is_misunderstood = std::any_of(
        queued.parts.begin(), queued.parts.end(), [](const auto& part) { return !part.need; });
    if (is_misunderstood && rule.rule.burst != Burst::kNever) {
      verdict.change = "a request without it";
    }
  }
  return verdict;
}

Verdict tell_hindered(const QueuedJob& queued, const RuleInForce& rule, const Search& search) {
  const bool never = search.hindrance == Hindrance::kNoPool;
  auto verdict = begin(queued, rule, never ? Standing::kLocal : Standing::kHeldBack);
  verdict.sentence = (never ? "stays local: no pool fits: " : "held back: ") + search.why;
  verdict.instead = search.instead;
  const bool asks = std::any_of(queued.parts.begin(), queued.parts.end(), [](const auto& part) {
    return part.need && asks_for_gpus(*part.need);
  });
  if (!never || asks) verdict.change = what_helps(search.hindrance);
  return verdict;
}

Verdict tell_sooner(const QueuedJob& queued, const RuleInForce& rule) {
  auto verdict = begin(queued, rule, Standing::kWaiting);
  verdict.sentence = std::string(kWaitsForLocalNodes) +
                     ": Slurm expects a start there before rented machines would be ready";
  verdict.change = "a later estimate of Slurm's";
  return verdict;
}

Verdict tell_placed(const QueuedJob& queued,
                    const RuleInForce& rule,
                    const std::vector<Placement>& placements) {
  auto verdict = begin(queued, rule, Standing::kPermitted);
  verdict.plan = plan_of(placements);
  std::size_t nodes = 0;
  for (const auto& placement : placements) {
    nodes += placement.nodes.size();
    verdict.instead.insert(
        verdict.instead.end(), placement.instead.begin(), placement.instead.end());
  }
  verdict.sentence = "may use " + count_nodes(nodes) + " of pool " + verdict.plan->pool + "; " +
                     describe(*verdict.plan);
  verdict.change = "to keep it local: scontrol update jobid=" + std::to_string(verdict.job) +
                   " excnodelist=" + placements.front().pool->nodes_expression;
  return verdict;
}

void tell_bursting(Verdict& verdict, const Lease& lease) {
  verdict.standing = Standing::kBursting;
  if (lease.offer.provider.empty()) {
    verdict.sentence = "its machines are being ordered";
    return;
  }
  verdict.sentence = "its machines come from " + format_offer_id(lease.offer) + ", " +
                     format_money(lease.price_per_hour) + " $/h each";
}

Event tell_permission(std::uint32_t job, const Pressure& pressure, const Placement& placement) {
  Event event;
  event.kind = "permit";
  event.job = job;
  event.node = format_hostlist(placement.nodes);
  event.text = pressure.why + "; may use " + count_nodes(placement.nodes.size()) + " of pool " +
               placement.pool->name + "; " + describe(plan_of({placement}));
  return event;
}

void comment_jobs(Draft& draft, const SlurmView& slurm, const std::vector<Verdict>& verdicts) {
  for (const auto& verdict : verdicts) {
    // Requeued after its order failed, it waits for its begin time and keeps saying why.
    const auto job = slurm.jobs.find(verdict.job);
    if (job == slurm.jobs.end() || !waits_for_machines(job->second, draft.now())) continue;
    draft.comment(verdict.job, is_worth_a_comment(verdict) ? verdict.sentence : "");
  }
  const auto machines = find_machines(draft.books());
  for (const auto& [id, job] : slurm.jobs) {
    if (job.state == JobState::kRunning || job.state == JobState::kConfiguring)
      comment_started(draft, job, machines);
  }
}

}  // namespace spillway
