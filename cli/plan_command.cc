// SPDX-License-Identifier: GPL-2.0-or-later
#include <cmath>

#include "cli/ask_providers.h"
#include "cli/bill.h"
#include "cli/command_parts.h"
#include "cli/plan.h"
#include "cli/status.h"
#include "core/catalog.h"
#include "core/settings.h"
#include "ledger/spent.h"
#include "lib/text.h"
#include "providers/catalog_file.h"

namespace spillway {
namespace {

constexpr double kMinutesOfHour = 60;

int refuse(const std::string& why) {
  complain(why);
  return kExitUsage;
}

// The policy of the partition that the job would be in; nullptr when nothing tells which.
const PartitionPolicy* find_policy(const Config& config, const PlanOptions& options) {
  const auto& partitions = config.policy.partitions;
  if (options.partition.empty())
    return partitions.size() == 1 ? &partitions.begin()->second : nullptr;
  const auto found = partitions.find(options.partition);
  return found == partitions.end() ? nullptr : &found->second;
}

std::string partition_trouble(const Config& config, const PlanOptions& options) {
  if (options.partition.empty() || find_policy(config, options) != nullptr) return "";
  std::vector<std::string> names;
  for (const auto& [name, policy] : config.policy.partitions)
    names.push_back(name);
  return "--partition: " + printable(options.partition, 80) + " has no policy: there are " +
         join(names, ", ");
}

Need make_need(const PlanOptions& options, const PartitionPolicy* policy) {
  Need need;
  need.nodes = options.nodes;
  need.nodes_most = options.nodes;
  need.gpus_per_node = options.gpus_per_node;
  need.gpu = to_lower(options.gpu);
  need.infiniband = options.infiniband;
  if (policy != nullptr) need.infiniband_from_nodes = policy->infiniband_from_nodes;
  need.time_limit = std::chrono::minutes(std::lround(std::ceil(options.hours * kMinutesOfHour)));
  return need;
}

// What the ledger knows: refusals, what is set, what counts against the caps. Without a ledger, or
// without the right to read it, there is nothing of the kind.
struct Known {
  std::map<OfferId, Cooldown> cooldowns;
  Settings settings;
  Commitment committed;
};

Known read_known(const Config& config, TimePoint now) {
  const auto ledger = open_ledger(config);
  if (!ledger) return {};
  const auto books = (*ledger)->load();
  const auto charges = (*ledger)->charges(start_of_month(now));
  if (!books || !charges) return {};
  const auto spent = spent_by_ended(*charges, *books, start_of_month(now));
  return {books->cooldowns, books->settings, count_commitment(*books, spent, 0, now)};
}

}  // namespace

int run_plan(const CommonOptions& common, const PlanOptions& options) {
  const auto config = load_config(common);
  if (!config) return refuse(config.error().message);
  if (!options.pool.empty() && config->find_pool(options.pool) == nullptr) {
    std::vector<std::string> names;
    for (const auto& pool : config->pools)
      names.push_back(pool.name);
    return refuse("--pool: " + printable(options.pool, 80) + " is not in " + common.config +
                  ": there are " + join(names, ", "));
  }
  if (const auto trouble = partition_trouble(*config, options); !trouble.empty())
    return refuse(trouble);
  if (!(options.hours > 0)) return refuse("--hours: no number");  // nan passes every range
  const auto catalog = read_catalog(*config);
  if (!catalog) return refuse(catalog.error().message);
  auto answers = ask_for_offers(*config, "");
  for (auto& answer : answers)
    apply_catalog(answer.offers, *catalog);
  const auto now = SystemClock().now();
  auto known = read_known(*config, now);
  const auto in_force = apply_settings(*config, known.settings, now);
  const PlanInput input{in_force,
                        make_need(options, find_policy(*config, options)),
                        options.pool,
                        std::move(answers),
                        std::move(known.cooldowns),
                        std::move(known.committed),
                        now};
  const auto plans = make_plans(input);
  print(common.json ? plan_json(input, plans).dump_indented()
                    : plan_screen(input, plans, common.colours));
  return has_place(plans) ? kExitOk : kExitFailure;
}

}  // namespace spillway
