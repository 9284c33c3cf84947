// SPDX-License-Identifier: GPL-2.0-or-later
//
// One decision over a crowded cluster: 10,000 pending jobs of many shapes and lengths, 20 pools,
// 100 offers. The first turn gives permissions, the later ones keep and tell them. Prints numbers,
// judges nothing; the budget is beside them.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "core/decide.h"
#include "core/draft.h"
#include "core/hostlist.h"
#include "lib/time.h"

using namespace spillway;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

constexpr int kJobs = 10'000;
constexpr int kPools = 20;
constexpr int kNodesAPool = 64;
constexpr int kOffersAPool = 5;
constexpr int kLocalNodes = 200;
constexpr int kClusters = 11;  // one first decision tells little: pages are new, hosts are shared
constexpr int kTurns = 20;
constexpr TimePoint kNow = from_unix_seconds(1'795'277'410);

using Steady = std::chrono::steady_clock;

std::string pool_name(int pool) {
  return "pool" + std::to_string(pool);
}

std::string gpu_of(int pool) {
  constexpr const char* kGpus[] = {"h100", "h200", "a100", "b200"};
  return kGpus[pool % 4];
}

Pool make_pool(int number) {
  Pool pool;
  pool.name = pool_name(number);
  pool.nodes_expression = pool.name + "-[001-0" + std::to_string(kNodesAPool) + "]";
  pool.nodes = *parse_hostlist(pool.nodes_expression);
  pool.shape = Shape{gpu_of(number), 8, 96, 900 * 1024, number % 3 == 0};
  pool.offers = {
      OfferFilter{"cloud" + std::to_string(number % 3), "type" + std::to_string(number), "", ""}};
  return pool;
}

Offer make_offer(int pool, int region) {
  Offer offer;
  offer.id = {"cloud" + std::to_string(pool % 3),
              "region-" + std::to_string(region),
              "type" + std::to_string(pool),
              pool % 3 == 0 ? "infiniband" : "ethernet"};
  offer.gpu = gpu_of(pool);
  offer.gpus = 8;
  offer.cpus = 208;
  offer.memory_mib = std::int64_t{1800} * 1024;
  offer.infiniband = pool % 3 == 0;
  offer.price_per_hour = Money::from_cents(1500 + 37 * pool + 11 * region);
  offer.seen_at = kNow;
  if (region % 2 == 0) offer.stock = 8 * region;
  offer.boot_time = minutes(6 + region);
  return offer;
}

Node make_node(const std::string& name, bool cloud) {
  Node node;
  node.name = node.address = node.hostname = name;
  node.base = cloud ? NodeBase::kIdle : NodeBase::kAllocated;
  node.cloud = node.powered_down = cloud;
  node.gres = cloud ? "gpu:8" : "gpu:h100:8";
  node.cpus = 96;
  node.memory_mib = 900 * 1024;
  return node;
}

Job make_job(int number) {
  Job job;
  job.id = static_cast<std::uint32_t>(number);
  job.state = JobState::kPending;
  job.state_reason = "Priority";
  job.partitions = {"gpu"};
  job.account = number % 5 == 0 ? "physics" : "bio";
  job.priority = static_cast<std::uint32_t>(100'000 - number);
  job.submitted_at = kNow - minutes(number % 40);
  job.eligible_at = job.submitted_at;
  job.nodes_min = job.nodes_max = static_cast<std::uint32_t>(1 + number % 4);
  job.cpus_min = 8 * job.nodes_min;
  const auto model = number % 2 == 0 ? ":" + gpu_of(number % 7) : std::string();
  job.tres_per_node = "gres/gpu" + model + ":" + std::to_string(1 + number % 8);
  if (number % 11 == 0) job.features = "ib";
  job.time_limit = minutes(30 + number % 997);
  return job;
}

struct Stage {
  Stage() {
    config.cluster = "bench";
    auto& gpu = config.policy.partitions["gpu"];
    gpu.rule.after = minutes(10);
    gpu.rule.when_pending_gpus = 512;
    gpu.accounts["physics"].after = minutes(20);
    gpu.infiniband_from_nodes = 4;
    auto& partition = slurm.partitions["gpu"];
    partition.name = "gpu";
    const auto add_node = [&](const std::string& name, bool cloud) {
      slurm.nodes[name] = make_node(name, cloud);
      partition.nodes.push_back(name);
    };
    for (int pool = 0; pool < kPools; ++pool) {
      config.pools.push_back(make_pool(pool));
      for (const auto& node : config.pools.back().nodes) {
        config.pool_of_node[node] = static_cast<std::size_t>(pool);
        add_node(node, true);
      }
      auto& provider = providers["cloud" + std::to_string(pool % 3)];
      provider.offers_at = kNow;
      for (int region = 0; region < kOffersAPool; ++region)
        provider.offers.push_back(make_offer(pool, region));
    }
    for (int node = 0; node < kLocalNodes; ++node)
      add_node("local-" + std::to_string(node), false);
    for (int job = 1; job <= kJobs; ++job)
      slurm.jobs[static_cast<std::uint32_t>(job)] = make_job(job);
  }

  double turn_milliseconds() {
    now += seconds(1);
    slurm.at = now;
    Draft draft(books, now);
    const Picture picture{config, now, &slurm, true, providers, parsed, Money{}};
    const auto start = Steady::now();
    const auto plan = decide(draft, picture, sightings);
    const std::chrono::duration<double, std::milli> took = Steady::now() - start;
    permitted = plan.decisions.jobs.size();
    verdicts = plan.verdicts.size();
    (void)draft.take_changes();
    return took.count();
  }

  Config config;
  TimePoint now = kNow;
  Books books;
  SlurmView slurm;
  std::map<std::string, ProviderView> providers;
  std::map<std::int64_t, ParsedRequest> parsed;
  Sightings sightings;
  std::size_t permitted = 0;
  std::size_t verdicts = 0;
};

}  // namespace

int main() {
  std::vector<double> firsts;
  for (int cluster = 0; cluster < kClusters; ++cluster)
    firsts.push_back(Stage().turn_milliseconds());
  std::sort(firsts.begin(), firsts.end());
  Stage stage;
  std::vector<double> turns;
  (void)stage.turn_milliseconds();
  for (int turn = 0; turn < kTurns; ++turn)
    turns.push_back(stage.turn_milliseconds());
  std::sort(turns.begin(), turns.end());
  std::printf("%d pending jobs, %d pools, %d offers, %zu permitted, %zu verdicts\n",
              kJobs,
              kPools,
              kPools * kOffersAPool,
              stage.permitted,
              stage.verdicts);
  std::printf("%-40s %8.1f ms   budget 50\n", "first decision, median", firsts[firsts.size() / 2]);
  std::printf("%-40s %8.1f ms\n", "first decision, worst", firsts.back());
  std::printf("%-40s %8.1f ms   budget 50\n", "a later one, median", turns[turns.size() / 2]);
  std::printf("%-40s %8.1f ms\n", "a later one, worst", turns.back());
  return 0;
}
