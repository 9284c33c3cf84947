// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/pressure.h"

#include <algorithm>
#include <array>
#include <utility>

namespace spillway {
namespace {

// Slurm's reasons that mean: it waits for machines, and nothing else holds it back.
// Source: slurm_job_reason_string and state descriptions, 22.05 to 26.05.
bool waits_for_machines(const std::string& reason) {
  constexpr std::array<std::string_view, 6> kReasons = {
      "None", "Resources", "Priority", "ReqNodeNotAvail", "Nodes_required", "Nodes required"};
  return reason.empty() || std::any_of(kReasons.begin(), kReasons.end(), [&](auto known) {
           return reason.starts_with(known);
         });
}

const std::pair<const std::string, PartitionPolicy>* find_policy(const Job& job,
                                                                 const Policy& policy) {
  for (const auto& partition : job.partitions) {
    const auto found = policy.partitions.find(partition);
    if (found != policy.partitions.end()) return &*found;
  }
  return nullptr;
}

}  // namespace

Pressure judge_pressure(const Job& job,
                        const Policy& policy,
                        TimePoint now,
                        std::chrono::seconds ready_in) {
  using std::chrono::duration_cast;
  using std::chrono::seconds;
  Pressure pressure;
  const auto* rule = find_policy(job, policy);
  if (rule == nullptr) {
    pressure.why = "its partition has no rule for bursting";
    return pressure;
  }
  pressure.partition = rule->first;
  const auto& burst_rule = rule->second.rule;
  if (burst_rule.burst == Burst::kNever) {
    pressure.why = rule->first + ": never bursts";
    return pressure;
  }
  if (job.priority == 0 || !waits_for_machines(job.state_reason)) {
    pressure.why = "it waits for something else than machines (" + job.state_reason + ")";
    return pressure;
  }
  const auto since = std::max(job.submitted_at, job.eligible_at.value_or(job.submitted_at));
  const auto after = burst_rule.after.value_or(std::chrono::seconds(0));
  const auto due = since + after;
  const auto rule_text = rule->first + ": burst after " + format_duration(after);
  if (now < due) {
    pressure.not_before = due;
    pressure.why = rule_text + " of waiting, " +
                   format_duration(duration_cast<seconds>(now - since)) + " so far";
    return pressure;
  }
  if (job.expected_start && *job.expected_start > now && *job.expected_start <= now + ready_in) {
    pressure.why = "Slurm expects a local start in " +
                   format_duration(duration_cast<seconds>(*job.expected_start - now)) +
                   ", before a rented machine would be ready";
    return pressure;
  }
  pressure.may_burst = true;
  pressure.why = "waiting " + format_duration(duration_cast<seconds>(now - since)) + "; " +
                 rule_text + " of waiting";
  return pressure;
}

}  // namespace spillway
