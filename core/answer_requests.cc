// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <utility>

#include "core/allocation.h"
#include "core/gang.h"
#include "core/hostlist.h"
#include "core/steps.h"

namespace spillway {
namespace {

// So long a gang's further parts are waited for, when the request does not tell them.
constexpr std::chrono::seconds kWaitForParts{5};

// What is to become of one node of a resume request.
enum class Answer {
  kServed,  // has its machine, or needs none
  kOrder,
  kWait,       // its last machine was lost, or too little is known
  kForbidden,  // its job has no permission
  kUnknown,    // no pool has it
};

struct NodeAnswer {
  Answer answer = Answer::kServed;
  std::uint32_t job = 0;
};

// What is wanted for one job; job 0: for a node that was powered up by hand.
struct Gang {
  std::uint32_t job = 0;
  std::vector<std::string> called;   // ResumeProgram was called for them
  std::vector<std::string> put_off;  // and will be for these
};

bool holds(const Permission& permission, const std::string& node) {
  return std::find(permission.nodes.begin(), permission.nodes.end(), node) !=
         permission.nodes.end();
}

// Has a machine, or gets one. A machine on its way out does not count: the next one is wanted at
// once, so that its gang is known whole, and ordered when this one is gone.
bool is_served(const Machine* holder) {
  if (holder == nullptr) return false;
  const bool on_its_way_out = holder->state == MachineState::kReleasing || holder->unwanted ||
                              holder->state == MachineState::kFailed;
  return !on_its_way_out;
}

NodeAnswer answer_node(const Draft& draft,
                       const Picture& picture,
                       const Request& request,
                       const std::string& node) {
  if (picture.config.find_pool_of(node) == nullptr) return {Answer::kUnknown, 0};
  const auto* holder = draft.holder_of(node);
  if (holder != nullptr && holder->state == MachineState::kLost) return {Answer::kWait, 0};
  if (is_served(holder)) return {Answer::kServed, 0};
  const auto job = find_job(node, request, picture.parsed.at(request.id), picture.slurm);
  if (!job) return {Answer::kWait, 0};
  if (*job == 0) return {Answer::kOrder, 0};
  const auto* permission = find_permission(draft.books(), picture.slurm, *job);
  if (permission != nullptr && holds(*permission, node)) return {Answer::kOrder, *job};
  // Slurm gives an array's task its id when it starts: an older view does not know whose task it
  // is.
  const bool is_seen = picture.slurm != nullptr && picture.slurm->at > request.received_at;
  return {is_seen ? Answer::kForbidden : Answer::kWait, *job};
}

// The nodes of the job that Slurm will call for later. ResumeRate splits a job's nodes over several
// calls; what is put off stays ALLOCATED and POWERED_DOWN while its job is CONFIGURING
// (_do_power_work() in Slurm's power_save.c, 22.05 to 26.05). Machines are ordered for it with the
// first call all the same: what is short shows in seconds and not when half of the gang has booted,
// and parts ordered one by one would bill while they wait for the last. Should the job be cancelled
// or requeued in between, such a node is never suspended, being powered down already: tend_nodes()
// gives its machine up. note_ready() keeps slurmd from a node that Slurm has not powered up.
std::vector<std::string> put_off_nodes(const Draft& draft,
                                       const Config& config,
                                       const Permission& permission,
                                       const std::vector<std::string>& allocation,
                                       const std::vector<std::string>& called) {
  std::set<std::string> known(called.begin(), called.end());
  std::vector<std::string> nodes;
  for (const auto& node : allocation) {
    if (!known.insert(node).second || config.find_pool_of(node) == nullptr) continue;
    if (holds(permission, node) && !is_served(draft.holder_of(node))) nodes.push_back(node);
  }
  return nodes;
}

// Nodes that the job may use, without a machine, and not called for: its gang may be larger.
bool may_have_more_parts(const Draft& draft,
                         const Permission& permission,
                         const std::vector<std::string>& called) {
  const std::set<std::string> known(called.begin(), called.end());
  return std::any_of(permission.nodes.begin(), permission.nodes.end(), [&](const auto& node) {
    return !known.contains(node) && !is_served(draft.holder_of(node));
  });
}

// The lease that takes more nodes of the same gang: same job, same pool, of the same permission,
// not left for another offer.
Lease lease_for(Draft& draft, const Permission* permission, Lease lease) {
  for (const auto& [id, open] : draft.books().leases) {
    if (permission == nullptr || open.created_at < permission->since) continue;
    if (open.job == lease.job && open.pool == lease.pool && open.outcome.empty()) return open;
  }
  return draft.add_lease(std::move(lease));
}

// A job's machines of one pool are one lease; a node without a job is a gang of one.
void want_machines(Draft& draft, const Picture& picture, const Gang& gang) {
  auto nodes = gang.called;
  nodes.insert(nodes.end(), gang.put_off.begin(), gang.put_off.end());
  const auto* permission = find_permission(draft.books(), picture.slurm, gang.job);
  std::map<std::string, std::int64_t> leases;  // by pool
  for (const auto& node : nodes) {
    Lease lease;
    lease.pool = picture.config.find_pool_of(node)->name;
    lease.job = gang.job;
    auto& id = leases[lease.pool];
    if (id == 0 || gang.job == 0) id = lease_for(draft, permission, std::move(lease)).id;
    Machine machine;
    machine.lease = id;
    machine.node = node;
    draft.add_machine(machine);
    draft.sent_back(node);
  }
  Event event;
  event.kind = "resume";
  event.job = gang.job;
  event.node = format_hostlist(nodes);
  event.text = "Slurm asks for " + std::to_string(gang.called.size()) + " nodes";
  if (!gang.put_off.empty()) {
    event.text += ", and will for " + std::to_string(gang.put_off.size()) + " more of the job";
  }
  draft.say(std::move(event));
}

// Adds what later calls will name; false when that is to be waited for.
bool complete(Gang& gang, const Draft& draft, const Picture& picture, const Request& request) {
  const auto* permission = find_permission(draft.books(), picture.slurm, gang.job);
  if (permission == nullptr || !may_have_more_parts(draft, *permission, gang.called)) return true;
  const auto allocation =
      find_allocation(request, picture.parsed.at(request.id), picture.slurm, gang.job);
  if (!allocation) return picture.now >= request.received_at + kWaitForParts;
  gang.put_off = put_off_nodes(draft, picture.config, *permission, *allocation, gang.called);
  return true;
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

void forbid(Draft& draft, const std::string& node, std::uint32_t job) {
  if (draft.books().send_back.contains(node)) return;  // said when the request was first read
  draft.send_back(
      node, "spillway: job " + std::to_string(job) + " has no permission to use rented nodes");
  say_of_request(draft, "forbidden", {node}, job, "has no permission; sent back");
}

// What is to become of a request's nodes, together.
struct Answers {
  std::map<std::uint32_t, Gang> gangs;  // by job
  std::vector<std::string> unknown;
  std::size_t waiting = 0;
};

Answers answer_nodes(Draft& draft,
                     const Picture& picture,
                     const Request& request,
                     const std::set<std::string>& suspended_later) {
  Answers answers;
  for (const auto& node : picture.parsed.at(request.id).nodes) {
    if (suspended_later.contains(node)) continue;
    const auto [answer, job] = answer_node(draft, picture, request, node);
    if (answer == Answer::kOrder) answers.gangs[job].called.push_back(node);
    if (answer == Answer::kUnknown) answers.unknown.push_back(node);
    if (answer == Answer::kWait) ++answers.waiting;
    if (answer == Answer::kForbidden) forbid(draft, node, job);
  }
  return answers;
}

void answer_resume(Draft& draft,
                   const Picture& picture,
                   const Request& request,
                   const std::set<std::string>& suspended_later) {
  auto [gangs, unknown, waiting] = answer_nodes(draft, picture, request, suspended_later);
  for (auto& [job, gang] : gangs) {
    gang.job = job;
    if (complete(gang, draft, picture, request)) {
      want_machines(draft, picture, gang);
    } else {
      waiting += gang.called.size();
    }
  }
  if (waiting > 0) return;
  if (!unknown.empty()) {
    say_of_request(draft, "unknown-node", unknown, 0, "no pool of spillway.yaml has these nodes");
  }
  const auto& problem = picture.parsed.at(request.id).problem;
  draft.close(request, problem.empty() ? "done" : problem);
}

// Those that Slurm has up or powers up.
std::vector<std::string> wanted_nodes(const ParsedRequest& parsed, const SlurmView& slurm) {
  std::vector<std::string> nodes;
  for (const auto& name : parsed.nodes) {
    const auto found = slurm.nodes.find(name);
    if (found == slurm.nodes.end()) continue;
    const auto& node = found->second;
    if (!node.powering_down && !node.powered_down && node.base != NodeBase::kDown)
      nodes.push_back(name);
  }
  return nodes;
}

// The call may come late: Slurm has powered the node up again, or a machine that registered has put
// it back into service. A node that is wanted is looked at once more, and then kept.
void answer_suspend(Draft& draft,
                    const Picture& picture,
                    const Request& request,
                    const ParsedRequest& parsed) {
  std::set<std::string> nodes(parsed.nodes.begin(), parsed.nodes.end());
  const auto wanted =
      picture.slurm == nullptr ? std::vector<std::string>() : wanted_nodes(parsed, *picture.slurm);
  if (!wanted.empty()) {
    if (picture.slurm->at <= request.received_at) return;  // the next view tells
    for (const auto& node : wanted)
      nodes.erase(node);
    say_of_request(draft, "late", wanted, 0, "Slurm has the nodes up again: kept");
  }
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
      answer_resume(draft, picture, request, nodes_suspended_after(picture, draft.books(), id));
    } else {
      answer_suspend(draft, picture, request, parsed->second);
    }
  }
}

}  // namespace spillway
