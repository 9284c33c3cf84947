// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/allocation.h"

#include <algorithm>
#include <utility>

#include "core/hostlist.h"

namespace spillway {
namespace {

// What Slurm shows of a job's nodes; none when there is nothing that could be read.
std::vector<std::string> allocated_nodes(const Job& job) {
  if (job.nodes.empty()) return {};
  auto nodes = parse_hostlist(job.nodes);
  return nodes ? *std::move(nodes) : std::vector<std::string>{};
}

bool contains(const std::vector<std::string>& nodes, const std::string& node) {
  return std::find(nodes.begin(), nodes.end(), node) != nodes.end();
}

}  // namespace

std::optional<std::vector<std::string>> find_allocation(const Request& request,
                                                        const ParsedRequest& parsed,
                                                        const SlurmView* slurm,
                                                        std::uint32_t job) {
  if (slurm != nullptr && slurm->at > request.received_at) {
    const auto record = slurm->jobs.find(job);
    const bool comes_up =
        record != slurm->jobs.end() && record->second.state == JobState::kConfiguring;
    return comes_up ? allocated_nodes(record->second) : std::vector<std::string>{};
  }
  for (const auto& named : parsed.jobs) {
    if (named.job == job && !named.allocation.empty()) return named.allocation;
  }
  return std::nullopt;
}

std::optional<std::uint32_t> find_job(const std::string& node,
                                      const Request& request,
                                      const ParsedRequest& parsed,
                                      const SlurmView* slurm) {
  for (const auto& named : parsed.jobs) {
    if (contains(named.nodes, node)) return named.job;
  }
  const bool is_told = !request.resume_file.empty() && parsed.problem.empty();
  if (is_told || !parsed.jobs.empty()) return 0;
  if (slurm == nullptr || slurm->at <= request.received_at) return std::nullopt;
  for (const auto& [id, job] : slurm->jobs) {
    if (job.state == JobState::kConfiguring && contains(allocated_nodes(job), node)) return id;
  }
  return 0;
}

}  // namespace spillway
