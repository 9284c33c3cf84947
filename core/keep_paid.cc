// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <chrono>
#include <vector>

#include "core/hostlist.h"
#include "core/pressure.h"
#include "core/queue.h"
#include "core/steps.h"

namespace spillway {
namespace {

using std::chrono::seconds;

// Ended so long before the next quantum begins: a release takes its time.
constexpr seconds kEndedBefore{120};

// The end of the quantum that is being paid for.
TimePoint paid_until(TimePoint billed_from, const BillingTerms& terms, TimePoint now) {
  const auto paid_at_least = billed_from + terms.minimum;
  if (terms.quantum <= seconds{0}) return paid_at_least;
  const auto begun = (now - billed_from) / terms.quantum + 1;
  return std::max(paid_at_least, billed_from + terms.quantum * begun);
}

// Idle, and Slurm's idle clock has run half its time: it is set back while another SuspendTime
// still fits into what is paid for.
bool is_due(const Machine& machine, const Lease& lease, const Node& node, const Picture& picture) {
  const bool idles = node.base == NodeBase::kIdle && !node.powered_down && !node.powering_down &&
                     !node.power_down_asked && !node.draining && !node.reserved && !node.invalid;
  const bool works = machine.state == MachineState::kReady && !machine.unwanted;
  if (!idles || !works || !machine.billed_from || !node.last_busy) return false;
  const auto idle = picture.config.timing.idle;
  if (picture.now < *node.last_busy + idle / 2) return false;
  return picture.now + idle + kEndedBefore <=
         paid_until(*machine.billed_from, lease.billing, picture.now);
}

// Pending jobs that may use rented nodes some day, and have no permission yet.
std::vector<QueuedJob> waiting_jobs(const Draft& draft, const Picture& picture) {
  auto queue = read_queue(*picture.slurm);
  const auto waits = [&](const QueuedJob& queued) {
    const auto rule = find_rule(queued.job(), picture.config.policy);
    return rule.policy != nullptr && rule.rule.burst != Burst::kNever &&
           waits_for_machines(queued.job(), picture.now) &&
           !draft.books().permissions.contains(queued.job().id);
  };
  queue.erase(std::remove_if(
                  queue.begin(), queue.end(), [&](const auto& queued) { return !waits(queued); }),
              queue.end());
  return queue;
}

bool fits_any(const Pool& pool, const std::vector<QueuedJob>& queue) {
  return std::any_of(queue.begin(), queue.end(), [&](const auto& queued) {
    return std::any_of(queued.parts.begin(), queued.parts.end(), [&](const auto& part) {
      return part.need && misfit(sized_for(*part.need, pool.shape), pool.shape).empty();
    });
  });
}

}  // namespace

void keep_paid(Draft& draft, const Picture& picture, Plan& plan) {
  if (!picture.config.policy.keep_paid || picture.slurm == nullptr || !picture.slurm_is_new) return;
  std::vector<QueuedJob> queue;
  for (const auto& [id, machine] : draft.books().machines) {
    const auto node = picture.slurm->nodes.find(machine.node);
    const auto* lease = draft.find_lease(machine.lease);
    const auto* pool = picture.config.find_pool_of(machine.node);
    if (node == picture.slurm->nodes.end() || lease == nullptr || pool == nullptr) continue;
    if (!is_due(machine, *lease, node->second, picture)) continue;
    if (queue.empty()) queue = waiting_jobs(draft, picture);
    if (queue.empty()) return;
    if (fits_any(*pool, queue)) plan.keeps.push_back(machine.node);
  }
  if (plan.keeps.empty()) return;
  Event event;
  event.kind = "keep";
  event.node = format_hostlist(plan.keeps);
  event.text = "idle, paid for, and jobs that fit are waiting";
  draft.say(std::move(event));
}

}  // namespace spillway
