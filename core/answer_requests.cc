// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "core/gang.h"
#include "core/hostlist.h"
#include "core/steps.h"

namespace spillway {
namespace {

// What is to become of one node of a resume request.
enum class Answer {
  kServed,  // has its machine, or needs none
  kOrder,
  kWait,       // its last machine is not gone yet, or too little is known
  kForbidden,  // its job has no permission
  kUnknown,    // no pool has it
};

struct NodeAnswer {
  Answer answer = Answer::kServed;
  std::uint32_t job = 0;
};

// The job that the node is for: as Slurm wrote it, else as Slurm shows its allocations.
std::optional<std::uint32_t> find_job(const std::string& node,
                                      const ParsedRequest& request,
                                      const SlurmView* slurm) {
  for (const auto& job : request.jobs) {
    if (std::find(job.nodes.begin(), job.nodes.end(), node) != job.nodes.end()) return job.job;
  }
  if (!request.jobs.empty()) return 0;
  if (slurm == nullptr) return std::nullopt;
  for (const auto& [id, job] : slurm->jobs) {
    if (job.nodes.empty()) continue;
    const auto nodes = parse_hostlist(job.nodes);
    if (nodes && std::find(nodes->begin(), nodes->end(), node) != nodes->end()) return id;
  }
  return 0;
}

bool holds(const Permission& permission, const std::string& node) {
  return std::find(permission.nodes.begin(), permission.nodes.end(), node) !=
         permission.nodes.end();
}

// A task of an array goes by its array's permission.
bool is_permitted(const Books& books,
                  const SlurmView* slurm,
                  std::uint32_t job,
                  const std::string& node) {
  const auto permission = books.permissions.find(job);
  if (permission != books.permissions.end()) return holds(permission->second, node);
  if (slurm == nullptr) return false;
  const auto record = slurm->jobs.find(job);
  if (record == slurm->jobs.end() || record->second.array_id == 0) return false;
  const auto of_array = books.permissions.find(record->second.array_id);
  return of_array != books.permissions.end() && holds(of_array->second, node);
}

NodeAnswer answer_node(const Draft& draft,
                       const Picture& picture,
                       const ParsedRequest& request,
                       const std::string& node) {
  if (picture.config.find_pool_of(node) == nullptr) return {Answer::kUnknown, 0};
  if (const auto* holder = draft.holder_of(node)) {
    const bool on_its_way_out = holder->state == MachineState::kReleasing || holder->unwanted ||
                                holder->state == MachineState::kFailed ||
                                holder->state == MachineState::kLost;
    return {on_its_way_out ? Answer::kWait : Answer::kServed, 0};
  }
  const auto job = find_job(node, request, picture.slurm);
  if (!job) return {Answer::kWait, 0};
  if (*job == 0) return {Answer::kOrder, 0};
  if (is_permitted(draft.books(), picture.slurm, *job, node)) return {Answer::kOrder, *job};
  return {picture.slurm == nullptr ? Answer::kWait : Answer::kForbidden, *job};
}

// The lease that takes more nodes of the same gang: same job, same pool, not left for another
// offer.
Lease lease_for(Draft& draft, std::uint32_t job, const std::string& pool) {
  for (const auto& [id, lease] : draft.books().leases) {
    if (job != 0 && lease.job == job && lease.pool == pool && lease.outcome.empty()) return lease;
  }
  Lease lease;
  lease.job = job;
  lease.pool = pool;
  return draft.add_lease(lease);
}

void want_machines(Draft& draft,
                   const Config& config,
                   const std::map<std::uint32_t, std::vector<std::string>>& by_job) {
  for (const auto& [job, nodes] : by_job) {
    std::map<std::string, Lease> leases;  // by pool: a hand's call may name several
    for (const auto& node : nodes) {
      const auto& pool = config.find_pool_of(node)->name;
      auto lease = leases.find(pool);
      if (lease == leases.end()) lease = leases.emplace(pool, lease_for(draft, job, pool)).first;
      Machine machine;
      machine.lease = lease->second.id;
      machine.node = node;
      draft.add_machine(machine);
      draft.sent_back(node);
    }
    Event event;
    event.kind = "resume";
    event.job = job;
    event.node = format_hostlist(nodes);
    event.text = "Slurm asks for " + std::to_string(nodes.size()) + " nodes";
    draft.say(std::move(event));
  }
}

void say_of_request(Draft& draft,
                    const std::string& kind,
                    const std::vector<std::string>& nodes,
                    std::uint32_t job,
                    const std::string& text) {
  Event event;
  event.kind = kind;
  event.job = job;
  event.node = format_hostlist(nodes);
  event.text = text;
  draft.say(std::move(event));
}

void answer_resume(Draft& draft,
                   const Picture& picture,
                   const Request& request,
                   const ParsedRequest& parsed,
                   const std::set<std::string>& suspended_later) {
  std::map<std::uint32_t, std::vector<std::string>> to_order;
  std::vector<std::string> unknown;
  std::size_t waiting = 0;
  for (const auto& node : parsed.nodes) {
    if (suspended_later.contains(node)) continue;
    const auto answer = answer_node(draft, picture, parsed, node);
    if (answer.answer == Answer::kOrder) to_order[answer.job].push_back(node);
    if (answer.answer == Answer::kUnknown) unknown.push_back(node);
    if (answer.answer == Answer::kWait) ++waiting;
    if (answer.answer == Answer::kForbidden) {
      draft.send_back(
          node,
          "spillway: job " + std::to_string(answer.job) + " has no permission to use rented nodes");
      say_of_request(draft, "forbidden", {node}, answer.job, "has no permission; sent back");
    }
  }
  want_machines(draft, picture.config, to_order);
  if (waiting > 0) return;
  if (!unknown.empty()) {
    say_of_request(draft, "unknown-node", unknown, 0, "no pool of spillway.yaml has these nodes");
  }
  draft.close(request, parsed.problem.empty() ? "done" : parsed.problem);
}

void answer_suspend(Draft& draft, const Request& request, const ParsedRequest& parsed) {
  const std::set<std::string> nodes(parsed.nodes.begin(), parsed.nodes.end());
  const std::string why = request.kind == RequestKind::kSuspend
                              ? "idle: Slurm powers the node down"
                              : "Slurm gave the node up: ResumeTimeout";
  std::vector<std::string> released;
  const auto machines = draft.books().machines;
  for (const auto& [id, machine] : machines) {
    if (!nodes.contains(machine.node) || facts_of(machine.state).is_final) continue;
    release_machine(draft, machine, why);
    released.push_back(machine.node);
  }
  if (!released.empty()) {
    say_of_request(draft, request_kind_name(request.kind), released, 0, why);
  }
  draft.close(request, "released " + std::to_string(released.size()));
}

// Nodes of resume requests that a later request takes back.
std::set<std::string> nodes_suspended_after(const Picture& picture,
                                            const Books& books,
                                            std::int64_t request) {
  std::set<std::string> nodes;
  for (const auto& [id, later] : books.requests) {
    const auto parsed = picture.parsed.find(id);
    if (id <= request || later.kind == RequestKind::kResume || parsed == picture.parsed.end())
      continue;
    nodes.insert(parsed->second.nodes.begin(), parsed->second.nodes.end());
  }
  return nodes;
}

}  // namespace

void answer_requests(Draft& draft, const Picture& picture) {
  const auto requests = draft.books().requests;  // a copy: answered ones leave the books
  for (const auto& [id, request] : requests) {
    const auto parsed = picture.parsed.find(id);
    if (parsed == picture.parsed.end()) continue;
    if (request.kind == RequestKind::kResume) {
      answer_resume(draft,
                    picture,
                    request,
                    parsed->second,
                    nodes_suspended_after(picture, draft.books(), id));
    } else {
      answer_suspend(draft, request, parsed->second);
    }
  }
}

}  // namespace spillway
