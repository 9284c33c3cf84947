// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/simulation/plan.h"

#include <algorithm>
#include <utility>

namespace spillway::simulation {
namespace {

constexpr int kMostFaults = 8;
constexpr std::uint64_t kOnDiskEvery = 100;
constexpr const char* kCluster = "hpc1";
constexpr const char* kEthernet = "h100";
constexpr const char* kInfiniband = "h100-ib";
constexpr int kGpus = 8;
constexpr int kCpus = 96;
constexpr int kMemoryGib = 900;
constexpr int kMostInGang = 3;

// Everything is shorter than in life, in about the same proportions.
Timing make_timing() {
  Timing timing;
  timing.offers_every = seconds(60);
  timing.machines_every = seconds(20);
  timing.slurm_every = seconds(10);
  timing.boot_deadline = seconds(200);
  timing.orphan_grace = seconds(60);
  timing.cooldown_first = seconds(10);
  timing.cooldown_longest = seconds(240);
  timing.idle = seconds(30);
  return timing;
}

SimSlurmSettings draw_slurm(Dice& dice) {
  SimSlurmSettings slurm;
  slurm.resume_timeout = seconds(300);
  slurm.suspend_time = seconds(30);
  slurm.suspend_timeout = seconds(dice.chance(30) ? 15 : 60);
  slurm.slurmd_timeout = seconds(30);
  slurm.requeue_delay = seconds(15);
  slurm.resume_rate = dice.chance(25) ? 1 : 0;
  slurm.takes_source_address = dice.chance(60);
  slurm.writes_resume_file = dice.chance(85);
  return slurm;
}

Pool make_pool(const std::string& name, int nodes, bool infiniband) {
  Pool pool;
  pool.name = name;
  for (int i = 1; i <= nodes; ++i)
    pool.nodes.push_back(name + std::to_string(i));
  pool.nodes_expression = name + "[1-" + std::to_string(nodes) + "]";
  pool.shape = Shape{"h100", kGpus, kCpus, std::int64_t{kMemoryGib} * 1024, infiniband};
  return pool;
}

Node make_node(const std::string& name, bool cloud, bool infiniband) {
  Node node;
  node.name = name;
  node.cloud = cloud;
  node.gres = "gpu:h100:8";
  node.cpus = kCpus;
  node.memory_mib = std::uint64_t{kMemoryGib} * 1024;
  node.features = infiniband ? "cloud,ib" : cloud ? "cloud" : "";
  return node;
}

void draw_pools(Dice& dice, RunPlan& plan) {
  plan.config.pools.push_back(make_pool("a", dice.within(kMostInGang, 4), false));
  if (dice.chance(50)) plan.config.pools.push_back(make_pool("b", kMostInGang, true));
  for (std::size_t i = 0; i < plan.config.pools.size(); ++i) {
    const auto& pool = plan.config.pools[i];
    for (const auto& name : pool.nodes) {
      plan.nodes.push_back(make_node(name, true, pool.shape.infiniband));
      plan.config.pool_of_node[name] = i;
    }
  }
  const int local = dice.below(3);
  for (int i = 1; i <= local; ++i)
    plan.nodes.push_back(make_node("local" + std::to_string(i), false, false));
}

SimType make_type(Dice& dice, const std::string& name, bool ample) {
  SimType type;
  type.name = name;
  type.gpu_description = "H100";
  type.price_per_hour = Money::from_cents(dice.within(2000, 3000));
  type.vcpus = 2 * kCpus;
  type.memory_gib = 2 * kMemoryGib;
  type.gpus = kGpus;
  type.capacity["r1"] = ample ? 16 : dice.below(4);
  type.capacity["r2"] = dice.below(4);
  return type;
}

void draw_model(Dice& dice, SimCloudSettings& model, bool ample, bool infiniband) {
  model.ids = SimIds::kNumber;
  model.regions = {{"r1", ""}};
  if (dice.chance(40)) model.regions.push_back({"r2", ""});
  model.types = {make_type(dice, kEthernet, ample)};
  if (infiniband) model.types.push_back(make_type(dice, kInfiniband, ample));
  model.boot = {seconds(20), seconds(dice.chance(80) ? 60 : 100)};
  model.terminate = {seconds(3), seconds(dice.chance(70) ? 20 : 60)};
  model.list_delay = seconds(dice.below(10));
  model.billing.quantum = seconds(dice.chance(70) ? 60 : 300);
  model.billing.minimum = seconds(dice.chance(70) ? 0 : 300);
  model.billing.from_order = dice.chance(40);
  model.seed = dice.roll();
}

// A cloud that is `ample` has room for whatever a job needs.
CloudPlan draw_cloud(Dice& dice, int number, bool ample, bool infiniband) {
  CloudPlan cloud;
  cloud.model.provider = "cloud" + std::to_string(number);
  cloud.model.network = 77 + number;
  draw_model(dice, cloud.model, ample, infiniband || dice.chance(30));
  auto& driver = cloud.driver;
  driver.rentals[kEthernet] = {"h100", false};
  driver.rentals[kInfiniband] = {"h100", true};
  driver.tells_stock = dice.chance(60);
  driver.tells_billed_from = dice.chance(70);
  driver.ends_while_building = dice.chance(70);
  // As Hyperstack does. Where a machine too few shows only when the others cannot be ended for
  // long, a gang may find no cloud within ResumeTimeout.
  driver.tells_stock = driver.tells_stock || !driver.ends_while_building;
  auto& capabilities = driver.capabilities;
  capabilities.machines_per_order = dice.chance(40) ? 1 : dice.within(2, 8);
  capabilities.between_orders = seconds(dice.chance(40) ? 3 : 0);
  capabilities.list_delay = std::chrono::floor<seconds>(cloud.model.list_delay) + seconds(5);
  capabilities.billing = {cloud.model.billing.quantum, cloud.model.billing.minimum};
  capabilities.typical_boot = seconds(40);
  cloud.foreign = dice.below(3);
  return cloud;
}

void draw_clouds(Dice& dice, RunPlan& plan) {
  const bool infiniband = plan.config.pools.size() > 1;
  const int count = dice.within(1, 3);
  const int ample = dice.below(count);
  for (int i = 0; i < count; ++i) {
    plan.clouds.push_back(draw_cloud(dice, i, i == ample, infiniband && i == ample));
    ProviderConfig provider;
    provider.name = plan.clouds.back().model.provider;
    for (auto& pool : plan.config.pools) {
      const char* type = pool.shape.infiniband ? kInfiniband : kEthernet;
      pool.offers.push_back(OfferFilter{provider.name, type, "", ""});
    }
    plan.config.providers.push_back(std::move(provider));
  }
}

void draw_policy(Dice& dice, Policy& policy) {
  auto& partition = policy.partitions[kPartition];
  if (dice.chance(20)) {
    partition.rule.burst = Burst::kAtOnce;
  } else {
    partition.rule.after = seconds(dice.within(5, 20));
  }
  if (dice.chance(40)) policy.limits.machines = dice.within(kMostInGang, 6);
  policy.keep_paid = dice.chance(20);
}

JobPlan draw_job(Dice& dice, std::uint32_t id, const Config& config) {
  JobPlan plan;
  plan.at = dice.within(milliseconds(0), seconds(dice.chance(80) ? 30 : 120));
  plan.runs_for = dice.within(seconds(5), seconds(40));
  auto& job = plan.job;
  job.id = id;
  job.partitions = {kPartition};
  job.priority = 1000 - id + static_cast<std::uint32_t>(dice.below(5));
  job.nodes_min = static_cast<std::uint32_t>(dice.within(1, kMostInGang));
  job.cpus_min = job.nodes_min;
  job.tres_per_node = "gres:gpu:8";
  job.time_limit = std::chrono::minutes(60);
  if (config.pools.size() > 1 && dice.chance(40)) job.features = "ib";
  return plan;
}

void describe_cloud(const CloudPlan& cloud, std::vector<std::string>& lines) {
  const auto& capabilities = cloud.driver.capabilities;
  std::string line = cloud.model.provider + ": ";
  for (const auto& type : cloud.model.types) {
    for (const auto& region : cloud.model.regions) {
      line += type.name + "/" + region.name + " " + std::to_string(type.capacity.at(region.name)) +
              " x " + format_money(type.price_per_hour) + " $/h, ";
    }
  }
  line += std::to_string(capabilities.machines_per_order) + " an order";
  if (!cloud.driver.ends_while_building) line += ", no end while building";
  lines.push_back(std::move(line));
}

}  // namespace

RunPlan draw_run(std::uint64_t seed) {
  Dice dice(seed);
  RunPlan plan;
  plan.seed = seed;
  plan.on_disk = seed % kOnDiskEvery == 0;
  plan.config.cluster = kCluster;
  plan.config.join.url = "https://head:8444";
  plan.config.timing = make_timing();
  draw_pools(dice, plan);
  draw_clouds(dice, plan);
  draw_policy(dice, plan.config.policy);
  plan.slurm = draw_slurm(dice);
  const int jobs = dice.within(1, 5);
  for (int i = 1; i <= jobs; ++i)
    plan.jobs.push_back(draw_job(dice, static_cast<std::uint32_t>(i), plan.config));
  plan.turn_every = dice.within(milliseconds(4000), milliseconds(15000));
  plan.turn_within = milliseconds(dice.chance(30) ? 500 : 3000);
  plan.faults = draw_faults(
      dice, kMostFaults, kCalmAfter - seconds(20), static_cast<int>(plan.clouds.size()));
  return plan;
}

std::vector<std::string> describe(const RunPlan& plan) {
  std::vector<std::string> lines;
  std::string line = "nodes:";
  for (const auto& node : plan.nodes)
    line += " " + node.name;
  if (plan.on_disk) line += "; the ledger is on a disk";
  lines.push_back(line);
  for (const auto& cloud : plan.clouds)
    describe_cloud(cloud, lines);
  for (const auto& [at, job, runs_for] : plan.jobs) {
    lines.push_back("job " + std::to_string(job.id) + ": " + std::to_string(job.nodes_min) +
                    " nodes" + (job.features.empty() ? "" : " on " + job.features) +
                    ", submitted " + format_duration(std::chrono::floor<seconds>(at)) +
                    " after the start, runs " +
                    format_duration(std::chrono::floor<seconds>(runs_for)));
  }
  for (const auto& fault : plan.faults)
    lines.push_back("fault " + describe(fault));
  return lines;
}

}  // namespace spillway::simulation
