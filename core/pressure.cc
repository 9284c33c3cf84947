// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/pressure.h"

#include <algorithm>

namespace spillway {
namespace {

BurstRule narrowest_rule(const Job& job, const PartitionPolicy& policy) {
  if (const auto qos = policy.qos.find(job.qos); qos != policy.qos.end()) return qos->second;
  const auto account = policy.accounts.find(job.account);
  return account != policy.accounts.end() ? account->second : policy.rule;
}

// Of an array only the tasks that the local nodes' queue has no room for.
int count_tasks_over(const QueuedJob& queued, std::int64_t ahead, std::int64_t threshold) {
  const auto of_one = count_gpus(queued) / queued.tasks;
  if (of_one == 0) return 0;
  const auto over = ahead + of_one * queued.tasks - threshold;
  if (over <= 0) return 0;
  return static_cast<int>(std::min<std::int64_t>((over + of_one - 1) / of_one, queued.tasks));
}

Pressure burst(int tasks, std::string why) {
  Pressure bursts;
  bursts.lets = Lets::kBurst;
  bursts.tasks = tasks;
  bursts.why = std::move(why);
  return bursts;
}

Pressure judge_rule(const QueuedJob& queued,
                    const RuleInForce& in_force,
                    const Crowd& crowd,
                    TimePoint now) {
  const auto& rule = in_force.rule;
  const auto text = format_rule(in_force);
  if (rule.burst == Burst::kAtOnce) return burst(queued.tasks, text);
  if (!crowd.can_run_locally) return burst(queued.tasks, "no local node could run it");
  const auto& job = queued.job();
  const auto since = std::max(job.submitted_at, job.eligible_at.value_or(job.submitted_at));
  if (rule.after && now >= since + *rule.after) return burst(queued.tasks, text);
  if (rule.when_pending_gpus) {
    const int tasks = count_tasks_over(queued, crowd.gpus_ahead, *rule.when_pending_gpus);
    if (tasks > 0) return burst(tasks, text);
  }
  Pressure waits;
  waits.lets = Lets::kWait;
  waits.why = text;
  if (rule.after) waits.not_before = since + *rule.after;
  return waits;
}

}  // namespace

RuleInForce find_rule(const Job& job, const Policy& policy) {
  for (const auto& partition : job.partitions) {
    const auto found = policy.partitions.find(partition);
    if (found == policy.partitions.end()) continue;
    return RuleInForce{partition, &found->second, narrowest_rule(job, found->second)};
  }
  return {};
}

std::string format_rule(const RuleInForce& in_force) {
  if (in_force.policy == nullptr) return "its partition has no rule for bursting";
  const auto& rule = in_force.rule;
  const auto begin = in_force.partition + ": ";
  if (rule.burst == Burst::kNever) return begin + "never bursts";
  if (rule.burst == Burst::kAtOnce) return begin + "bursts at once";
  std::string text = begin + "burst";
  if (rule.after) text += " after " + format_duration(*rule.after) + " of waiting";
  if (rule.after && rule.when_pending_gpus) text += " or";
  if (rule.when_pending_gpus) {
    text += " when more than " + std::to_string(*rule.when_pending_gpus) + " GPUs pend";
  }
  return text;
}

Pressure judge_pressure(const QueuedJob& queued,
                        const RuleInForce& rule,
                        const Crowd& crowd,
                        TimePoint now) {
  Pressure stays;
  if (rule.policy == nullptr || rule.rule.burst == Burst::kNever) {
    stays.why = format_rule(rule);
    return stays;
  }
  for (const auto& part : queued.parts) {
    if (!part.need) {
      stays.why = part.need.error().message;
      return stays;
    }
    if (!waits_for_machines(*part.job, now)) {
      Pressure waits;
      waits.lets = Lets::kWait;
      waits.waits_for_others = true;
      waits.why = "waits for something else than machines (" + part.job->state_reason + ")";
      return waits;
    }
  }
  return judge_rule(queued, rule, crowd, now);
}

bool starts_sooner_without(const Job& job, std::chrono::seconds ready_in, TimePoint now) {
  return job.expected_start && *job.expected_start > now && *job.expected_start <= now + ready_in;
}

}  // namespace spillway
