// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <set>
#include <utility>

#include "core/config_values.h"
#include "core/hostlist.h"
#include "lib/text.h"
#include "tests/support/case_reader.h"

namespace spillway {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr std::array<std::pair<std::string_view, bool Node::*>, 8> kNodeFlags{{
    {"draining", &Node::draining},
    {"reserved", &Node::reserved},
    {"maintenance", &Node::maintenance},
    {"completing", &Node::completing},
    {"invalid", &Node::invalid},
    {"powering-up", &Node::powering_up},
    {"powering-down", &Node::powering_down},
    {"power-down-asked", &Node::power_down_asked},
}};

Result<std::optional<Money>> read_offer_price(const YamlNode& node) {
  if (node.scalar == "unknown") return std::optional<Money>();
  const auto price = read_price(node);
  if (!price) return price.error();
  return std::optional(*price);
}

Result<MachineState> read_machine_state(const YamlNode& node) {
  const auto state = parse_machine_state(node.scalar);
  if (!state) return refuse(node, "a state of a machine, as in ready");
  return *state;
}

const Offer* find_offer(const SmallWorld& world, const std::string& at) {
  const Offer* found = nullptr;
  for (const auto& [name, view] : world.providers) {
    for (const auto& offer : view.offers) {
      const auto id = format_offer_id(offer.id);
      if (id != at && !id.starts_with(at + " ")) continue;
      if (found != nullptr) return nullptr;  // more than one is none
      found = &offer;
    }
  }
  return found;
}

// "lambda us-east-1" where one offer begins so; or all four words of an offer that is no more.
std::optional<OfferId> find_offer_id(const SmallWorld& world, const std::string& at) {
  if (const auto* offer = find_offer(world, at)) return offer->id;
  const auto words = split(at, ' ');
  if (words.size() != 4) return std::nullopt;
  return OfferId{
      std::string(words[0]), std::string(words[1]), std::string(words[2]), std::string(words[3])};
}

// {nodes: "local-[1-4]", gpus: "h100:8", cpus: 128, memory: 1000GiB, features: "ib,big"}
void read_local(Section& section, SmallWorld& world) {
  std::vector<std::string> names;
  Node node;
  node.base = NodeBase::kAllocated;
  std::string gpus;
  section.required("nodes", names, read_hosts);
  section.optional("gpus", gpus, read_any_text);
  section.required("cpus", node.cpus, read_number);
  section.required("memory", node.memory_mib, read_memory_mib);
  section.optional("features", node.features, read_any_text);
  if (!gpus.empty()) node.gres = "gpu:" + gpus;
  for (const auto& name : names) {
    node.name = node.address = node.hostname = name;
    world.slurm.nodes[name] = node;
  }
}

// {nodes: h100-1, is: draining, features: nvlink}
void read_node_state(Section& section, SmallWorld& world) {
  std::vector<std::string> names;
  std::string flag;
  std::string features;
  section.required("nodes", names, read_hosts);
  section.optional("is", flag, read_any_text);
  section.optional("features", features, read_any_text);
  for (const auto& name : names) {
    const auto node = world.slurm.nodes.find(name);
    if (node == world.slurm.nodes.end()) return section.add("nodes", "there is no node " + name);
    if (!features.empty()) node->second.features = features;
    if (flag == "down") node->second.base = NodeBase::kDown;
    if (flag == "allocated") node->second.base = NodeBase::kAllocated;
    const auto* known = std::find_if(kNodeFlags.begin(), kNodeFlags.end(), [&](const auto& entry) {
      return entry.first == flag;
    });
    if (known != kNodeFlags.end()) node->second.*known->second = true;
    const bool is_known =
        flag.empty() || flag == "down" || flag == "allocated" || known != kNodeFlags.end();
    if (!is_known) section.add("is", "\"" + flag + "\" is no state of a node");
  }
}

// {at: lambda us-east-1, price: 24, stock: 4, boot: 10m}
void read_offer(Section& section, SmallWorld& world) {
  Offer offer;
  std::string at;
  bool is_catalog = false;
  std::optional<std::uint32_t> stock;
  offer.gpu = "h100";
  offer.gpus = 8;
  offer.cpus = 208;
  offer.memory_mib = std::int64_t{1800} * 1024;
  section.required("at", at, read_any_text);
  section.required("price", offer.price_per_hour, read_offer_price);
  section.optional("stock", stock, read_number);
  section.optional("boot", offer.boot_time, read_delay);
  section.optional("infiniband", offer.infiniband, read_flag);
  section.optional("gpu", offer.gpu, read_gpu);
  section.optional("gpus", offer.gpus, read_number);
  section.optional("cpus", offer.cpus, read_number);
  section.optional("memory", offer.memory_mib, read_memory_mib);
  section.optional("quantum", offer.billing.quantum, read_interval);
  section.optional("minimum", offer.billing.minimum, read_delay);
  section.optional("catalog", is_catalog, read_flag);
  if (offer.gpus == 0) offer.gpu.clear();
  auto words = split(at, ' ');
  if (words.size() < 2 || words.size() > 3) {
    return section.add("at", "provider and region belong here, and the type if it matters");
  }
  offer.id = {std::string(words[0]), std::string(words[1]), "", "ethernet"};
  offer.id.type =
      words.size() == 3 ? std::string(words[2]) : std::to_string(offer.gpus) + "x" + offer.gpu;
  if (offer.infiniband) offer.id.fabric = "infiniband";
  if (is_catalog) offer.price_source = PriceSource::kCatalog;
  if (stock) offer.stock = static_cast<int>(*stock);
  offer.seen_at = world.now - seconds(5);
  auto& view = world.providers[offer.id.provider];
  view.offers_at = offer.seen_at;
  view.offers.push_back(std::move(offer));
}

// Slurm's node as it is with such a machine on it.
void put_machine_on(Node& node, const Machine& machine, bool has_job) {
  node.powered_down = false;
  node.base = has_job ? NodeBase::kAllocated : NodeBase::kIdle;
  if (machine.state == MachineState::kReady) return;
  const bool comes = !facts_of(machine.state).is_final &&
                     machine.state != MachineState::kReleasing &&
                     machine.state != MachineState::kFailed && machine.state != MachineState::kLost;
  node.powering_up = comes;
  node.powering_down = !comes;
  if (comes) node.base = NodeBase::kAllocated;
}

// {nodes: "h100-[1-2]", at: lambda us-east-1, job: 5, state: ready, billed: 2h, ordered: 1m}
void read_machines(Section& section, SmallWorld& world) {
  std::vector<std::string> names;
  std::string at;
  Lease lease;
  Machine machine;
  machine.state = MachineState::kReady;
  std::optional<seconds> billed;
  std::optional<seconds> ordered;
  section.required("nodes", names, read_hosts);
  section.required("at", at, read_any_text);
  section.optional("job", lease.job, read_number);
  section.optional("state", machine.state, read_machine_state);
  section.optional("price", lease.price_per_hour, read_price);
  section.optional("billed", billed, read_delay);
  section.optional("ordered", ordered, read_delay);
  const auto offer = find_offer_id(world, at);
  if (!offer) return section.add("at", "this is no offer, or more than one");
  lease.offer = *offer;
  if (const auto* known = find_offer(world, at); known != nullptr && !section.has("price")) {
    lease.price_per_hour = known->price_per_hour.value_or(Money{});
  }
  Draft draft(world.books, world.now);
  for (const auto& name : names) {
    const auto* pool = world.config.find_pool_of(name);
    if (pool == nullptr) return section.add("nodes", "no pool has " + name);
    lease.pool = pool->name;
  }
  lease = draft.add_lease(lease);
  machine.lease = lease.id;
  if (billed) machine.billed_from = world.now - *billed;
  if (ordered) machine.ordered_at = world.now - *ordered;
  for (const auto& name : names) {
    machine.node = name;
    draft.add_machine(machine);
    put_machine_on(world.node(name), machine, lease.job != 0);
  }
}

// {at: lambda us-east-1, for: 5m, refusals: 2, words: none left}; {at: lambda} is the account.
void read_cooldown(Section& section, SmallWorld& world) {
  std::string at;
  std::string ended;
  Cooldown cooldown;
  cooldown.refusals = 1;
  seconds left{0};
  section.required("at", at, read_any_text);
  section.optional("for", left, read_delay);
  section.optional("refusals", cooldown.refusals, read_number);
  section.optional("words", cooldown.reason, read_any_text);
  if (world.config.find_provider(at) != nullptr) {
    cooldown.offer.provider = at;
  } else if (const auto offer = find_offer_id(world, at)) {
    cooldown.offer = *offer;
  } else {
    return section.add("at", "this is no provider and no offer, or more than one");
  }
  cooldown.until = world.now + left;
  world.books.cooldowns[cooldown.offer] = cooldown;
}

// {job: 5, nodes: "h100-[1-2]", fabric: voltage-park dallas}
void read_permission(Section& section, SmallWorld& world) {
  Permission permission;
  std::string fabric;
  section.required("job", permission.job, read_number);
  section.required("nodes", permission.nodes, read_hosts);
  section.optional("fabric", fabric, read_any_text);
  permission.since = world.now - minutes(1);
  for (const auto& name : permission.nodes) {
    const auto* pool = world.config.find_pool_of(name);
    if (pool == nullptr) return section.add("nodes", "no pool has " + name);
    permission.pool = pool->name;
  }
  if (!fabric.empty()) {
    permission.fabric = find_offer_id(world, fabric);
    if (!permission.fabric) section.add("fabric", "this is no offer, or more than one");
  }
  world.books.permissions[permission.job] = permission;
}

void add_cloud_nodes(SmallWorld& world) {
  for (const auto& pool : world.config.pools) {
    Node node;
    node.base = NodeBase::kIdle;
    node.cloud = node.powered_down = true;
    for (const auto& name : pool.nodes) {
      node.name = node.address = node.hostname = name;
      world.slurm.nodes[name] = node;
    }
  }
}

// All partitions that somebody names have all nodes, save those that the case writes.
void add_partitions(SmallWorld& world,
                    const std::map<std::string, std::vector<std::string>>& written) {
  std::set<std::string> names;
  for (const auto& [name, policy] : world.config.policy.partitions)
    names.insert(name);
  for (const auto& [id, job] : world.slurm.jobs)
    names.insert(job.partitions.begin(), job.partitions.end());
  for (const auto& name : names) {
    auto& partition = world.slurm.partitions[name];
    partition.name = name;
    if (const auto found = written.find(name); found != written.end()) {
      partition.nodes = found->second;
      continue;
    }
    for (const auto& [node, unused] : world.slurm.nodes)
      partition.nodes.push_back(node);
  }
}

}  // namespace

Error refuse(const YamlNode& node, const std::string& right) {
  return Error{ErrorCode::kInvalid, "found " + describe(node) + ": " + right, {}};
}

Result<std::uint32_t> read_number(const YamlNode& node) {
  const auto number = parse_whole_number(node.scalar, 1'000'000'000);
  if (!number) return refuse(node, "a whole number");
  return static_cast<std::uint32_t>(*number);
}

Result<std::string> read_any_text(const YamlNode& node) {
  if (node.scalar.empty()) return refuse(node, "a text");
  return node.scalar;
}

Result<std::vector<std::string>> read_hosts(const YamlNode& node) {
  auto hosts = parse_hostlist(node.scalar);
  if (!hosts) return refuse(node, hosts.error().message);
  return hosts;
}

void read_world(Section& section, SmallWorld& world) {
  const auto list = [&](const char* key, auto read) {
    section.items(key, Presence::kOptional, [&](Section& line) { read(line, world); });
  };
  add_cloud_nodes(world);
  list("local", read_local);
  list("nodes", read_node_state);
  list("offers", read_offer);
  list("machines", read_machines);
  list("cooldowns", read_cooldown);
  list("permissions", read_permission);
  list("jobs", read_job);
  section.optional("spent-this-month", world.spent_this_month, read_price);
  std::map<std::string, std::vector<std::string>> partitions;
  section.named_values("partitions", partitions, read_hosts);
  add_partitions(world, partitions);
}

}  // namespace spillway
