// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/support/small_world.h"

#include <algorithm>
#include <cstdlib>
#include <iostream>

#include "core/hostlist.h"

namespace spillway {
namespace {

constexpr const char* kConfig = R"(
cluster: hpc1
join:
  listen: 127.0.0.1:8444
  url: https://127.0.0.1:8444
  deliver: [{from: /etc/spillway/munge.key, to: /etc/munge/munge.key, mode: "0400", owner: munge}]
providers:
  lambda: {key_file: /etc/spillway/keys/lambda, ssh_key: ops}
pools:
  h100:
    nodes: {}
    shape: {gpu: h100, gpus: 8, cpus: 96, memory: 900GiB}
    offers: [{provider: lambda}]
policy:
  partitions:
    gpu: {after: 10m}
)";

Offer make_offer(const OfferId& id, std::int64_t cents) {
  Offer offer;
  offer.id = id;
  offer.infiniband = id.fabric == "infiniband";
  offer.gpu = "h100";
  offer.gpus = 8;
  offer.cpus = 208;
  offer.memory_mib = std::int64_t{1800} * 1024;
  offer.price_per_hour = Money::from_cents(cents);
  return offer;
}

Node make_cloud_node(const std::string& name) {
  Node node;
  node.name = node.address = node.hostname = name;
  node.base = NodeBase::kIdle;
  node.cloud = node.powered_down = true;
  return node;
}

// One of the cluster's own, busy.
Node make_local_node(const std::string& name) {
  Node node;
  node.name = node.address = node.hostname = name;
  node.base = NodeBase::kAllocated;
  node.gres = "gpu:h100:8";
  node.cpus = 128;
  node.memory_mib = std::uint64_t{1000} * 1024;
  return node;
}

}  // namespace

SmallWorld::SmallWorld(int nodes) : now(from_unix_seconds(1'795'277'410)) {
  const auto last = std::to_string(1'000 + nodes).substr(1);
  std::string text = kConfig;
  text.replace(text.find("{}"), 2, "h100-[001-" + last + "]");
  auto parsed_config = parse_config(text, "small_world.yaml");
  if (!parsed_config) {
    std::cerr << parsed_config.error().message << "\n";
    std::abort();
  }
  config = *std::move(parsed_config);
  books.ledger_tag = "a3f90c";
  auto& lambda = providers["lambda"];
  lambda.offers = {make_offer({"lambda", "us-east-1", "gpu_8x_h100_sxm5", "ethernet"}, 2392),
                   make_offer({"lambda", "us-south-2", "gpu_8x_h100_sxm5", "ethernet"}, 2492)};
  lambda.offers_at = now;
  auto& partition = slurm.partitions["gpu"];
  partition.name = "gpu";
  for (const auto& name : config.pools[0].nodes) {
    slurm.nodes[name] = make_cloud_node(name);
    partition.nodes.push_back(name);
  }
  for (const auto* name : {"local-1", "local-2", "local-3", "local-4"}) {
    slurm.nodes[name] = make_local_node(name);
    partition.nodes.emplace_back(name);
  }
}

Offer& SmallWorld::add_cloud(const std::string& name,
                             std::int64_t cents,
                             const std::string& fabric) {
  ProviderConfig provider;
  provider.name = name;
  config.providers.push_back(provider);
  config.pools[0].offers.push_back({name, "", "", ""});
  auto& view = providers[name];
  view.offers.push_back(make_offer({name, "r1", "h100x8", fabric}, cents));
  view.offers_at = now;
  return view.offers.back();
}

Job& SmallWorld::add_pending_job(std::uint32_t id, int nodes, std::chrono::seconds waiting) {
  auto& job = slurm.jobs[id];
  job.id = id;
  job.state = JobState::kPending;
  job.state_reason = "Resources";
  job.partitions = {"gpu"};
  job.priority = 1000;
  job.submitted_at = now - waiting;
  job.eligible_at = job.submitted_at;
  job.nodes_min = static_cast<std::uint32_t>(nodes);
  job.cpus_min = job.nodes_min;
  job.tres_per_node = "gres:gpu:8";
  job.time_limit = std::chrono::minutes(60);
  return job;
}

void SmallWorld::start_job(std::uint32_t id, const std::string& nodes) {
  slurm.jobs.at(id).state = JobState::kConfiguring;
  slurm.jobs.at(id).nodes = nodes;
  const auto names = parse_hostlist(nodes);
  for (const auto& name : *names) {
    node(name).base = NodeBase::kAllocated;
    node(name).powered_down = false;
    node(name).powering_up = true;
  }
}

// As slurmctld does before it calls SuspendProgram.
void SmallWorld::power_down(const std::string& nodes) {
  const auto names = parse_hostlist(nodes);
  for (const auto& name : *names) {
    const auto found = slurm.nodes.find(name);
    if (found == slurm.nodes.end() || found->second.powered_down) continue;
    found->second.powering_down = true;
    found->second.powering_up = false;
  }
}

std::int64_t SmallWorld::request(RequestKind kind, const std::string& nodes, std::uint32_t job) {
  if (kind == RequestKind::kSuspend) power_down(nodes);
  Request request;
  request.id = next_request_++;
  request.kind = kind;
  request.nodes = nodes;
  request.received_at = now;
  books.requests[request.id] = request;
  ParsedRequest known;
  known.nodes = *parse_hostlist(nodes);
  if (job != 0) known.jobs.push_back({job, known.nodes});
  parsed[request.id] = known;
  return request.id;
}

void SmallWorld::request_part(std::uint32_t job,
                              const std::string& nodes,
                              const std::string& allocation) {
  const auto id = request(RequestKind::kResume, nodes, job);
  if (!allocation.empty()) parsed.at(id).jobs[0].allocation = *parse_hostlist(allocation);
}

void SmallWorld::show(const std::vector<CloudMachine>& machines, const std::string& provider) {
  auto& view = providers.at(provider);
  view.list = CloudList{now, machines};
  view.list_is_new = true;
}

CloudMachine SmallWorld::cloud_machine(const std::string& id,
                                       const CallOrder& call,
                                       CloudState state) const {
  CloudMachine machine;
  machine.id = id;
  machine.mark = call.mark;
  machine.state = state;
  machine.address = "198.51.100." + id;
  machine.offer = call.offer;
  machine.price_per_hour = Money::from_cents(2392);
  if (state == CloudState::kRunning) machine.billed_from = now;
  return machine;
}

Plan SmallWorld::turn(std::chrono::seconds later) {
  now += later;
  if (slurm_is_read) slurm.at = now;
  Draft draft(books, now);
  const Picture picture{config,
                        now,
                        slurm_known ? &slurm : nullptr,
                        slurm_known,
                        providers,
                        parsed,
                        spent_this_month,
                        vpn_is_up,
                        vpn_trouble};
  auto plan = decide(draft, picture, sightings);
  keep(draft);
  for (const auto& call : plan.orders)
    providers.at(call.provider).ordering = true;
  for (const auto& call : plan.releases)
    providers.at(call.provider).releasing = true;
  return plan;
}

void SmallWorld::keep(Draft& draft) {
  const auto changes = draft.take_changes();
  events.insert(events.end(), changes.events.begin(), changes.events.end());
  for (const auto& machine : changes.machines) {
    if (facts_of(machine.state).is_final) ended.push_back(machine);
  }
}

void SmallWorld::accept(const CallOrder& call, const std::vector<std::string>& ids) {
  providers.at(call.provider).ordering = false;
  Draft draft(books, now);
  note_order(draft, call, OrderAnswer{ids}, config.timing);
  keep(draft);
}

void SmallWorld::refuse(const CallOrder& call, ErrorCode code, const std::string& words) {
  providers.at(call.provider).ordering = false;
  Draft draft(books, now);
  note_order(draft, call, Error{code, words, {}}, config.timing);
  keep(draft);
}

void SmallWorld::accept_release(const CallRelease& call) {
  providers.at(call.provider).releasing = false;
  Draft draft(books, now);
  note_release(draft, call, ReleaseAnswer{now, call.ids});
  keep(draft);
}

void SmallWorld::refuse_release(const CallRelease& call, const std::string& words) {
  providers.at(call.provider).releasing = false;
  Draft draft(books, now);
  note_release(draft, call, Error{ErrorCode::kTransient, words, {}});
  keep(draft);
}

const Machine& SmallWorld::only_machine() const {
  if (books.machines.size() != 1) {
    std::cerr << books.machines.size() << " machines in the books, expected one\n";
    std::abort();
  }
  return books.machines.begin()->second;
}

const Machine* SmallWorld::machine_on(const std::string& name) const {
  const Machine* found = nullptr;
  for (const auto& [id, machine] : books.machines) {
    if (machine.node == name) found = &machine;
  }
  return found;
}

bool SmallWorld::was_said(const std::string& kind) const {
  return std::any_of(
      events.begin(), events.end(), [&](const auto& event) { return event.kind == kind; });
}

}  // namespace spillway
