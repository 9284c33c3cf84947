// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/config.h"

#include <algorithm>
#include <set>

#include "core/config_join.h"
#include "core/config_pools.h"
#include "core/config_reader.h"
#include "core/config_values.h"

namespace spillway {
namespace {

// Of a partition that does not say when.
constexpr std::chrono::minutes kUsualPatience{10};

template <typename T>
const T* find_named(const std::vector<T>& all, std::string_view name) {
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const T& each) { return each.name == name; });
  return found == all.end() ? nullptr : &*found;
}

void read_refusals(Section& section, RefusalWords& words) {
  section.optional("no_capacity", words.no_capacity, read_phrases);
  section.optional("quota", words.quota, read_phrases);
  section.optional("balance", words.balance, read_phrases);
}

void read_provider(const std::string& name, Section& section, Config& config) {
  ProviderConfig provider;
  provider.name = name;
  provider.line = section.line();
  if (!is_name(name)) section.add("", "it is no provider's name: as in lambda");
  section.required("key_file", provider.key_file, read_path);
  section.optional("base_url", provider.base_url, read_base_url);
  section.optional("ssh_key", provider.ssh_key, read_text);
  section.optional("image", provider.image, read_text);
  section.optional("environment", provider.environment, read_text);
  section.optional("minimum_charge", provider.minimum_charge, read_delay);
  section.section("refusals", Presence::kOptional, [&](Section& refusals) {
    read_refusals(refusals, provider.refusals);
  });
  section.optional("regions", provider.regions, read_names);
  section.optional("max_machines", provider.max_machines, read_machine_limit);
  section.optional("max_spend_per_hour", provider.max_spend_per_hour, read_money_limit);
  config.providers.push_back(std::move(provider));
}

void read_rule(Section& section, BurstRule& rule) {
  section.optional("burst", rule.burst, read_burst);
  section.optional("after", rule.after, read_delay);
  section.optional("when_pending_gpus", rule.when_pending_gpus, read_count);
  for (const auto* key : {"after", "when_pending_gpus"}) {
    if (rule.burst && section.has(key)) {
      section.add(
          key,
          std::string("found beside burst: ") + burst_name(*rule.burst) + ": drop one of the two");
    }
  }
}

void read_narrower_rules(Section& section,
                         std::string_view key,
                         std::map<std::string, BurstRule, std::less<>>& rules) {
  section.named_sections(key, Presence::kOptional, [&](const std::string& name, Section& narrower) {
    read_rule(narrower, rules[name]);
    if (rules[name] == BurstRule{}) narrower.add("", "it is empty: say when, or burst: never");
  });
}

void read_partition(const std::string& name, Section& section, Policy& policy) {
  PartitionPolicy& partition = policy.partitions[name];
  partition.line = section.line();
  if (!is_name(name)) section.add("", "it is no partition's name: as in gpu");
  read_rule(section, partition.rule);
  read_narrower_rules(section, "accounts", partition.accounts);
  read_narrower_rules(section, "qos", partition.qos);
  section.optional("infiniband_from_nodes", partition.infiniband_from_nodes, read_count);
  const bool says_when =
      partition.rule.burst || partition.rule.after || partition.rule.when_pending_gpus;
  if (!says_when) partition.rule.after = kUsualPatience;
}

void read_policy(Section& section, Policy& policy) {
  section.named_sections(
      "partitions", Presence::kOptional, [&](const std::string& name, Section& partition) {
        read_partition(name, partition, policy);
      });
  section.optional("max_price_per_gpu_hour", policy.max_price_per_gpu_hour, read_price);
  section.named_values("performance", policy.performance, read_factor);
  section.optional("keep_paid", policy.keep_paid, read_flag);
  section.section("limits", Presence::kOptional, [&](Section& limits) {
    limits.optional("machines", policy.limits.machines, read_machine_limit);
    limits.optional("spend_per_hour", policy.limits.spend_per_hour, read_money_limit);
    limits.optional("spend_per_month", policy.limits.spend_per_month, read_money_limit);
  });
}

void read_timing(Section& section, Timing& timing) {
  section.optional("offers_every", timing.offers_every, read_interval);
  section.optional("machines_every", timing.machines_every, read_interval);
  section.optional("slurm_every", timing.slurm_every, read_interval);
  section.optional("boot_deadline", timing.boot_deadline, read_interval);
  section.optional("orphan_grace", timing.orphan_grace, read_interval);
  section.optional("cooldown_first", timing.cooldown_first, read_interval);
  section.optional("cooldown_longest", timing.cooldown_longest, read_interval);
  section.optional("idle", timing.idle, read_interval);
  if (timing.cooldown_longest < timing.cooldown_first) {
    section.add("cooldown_longest",
                "found less than cooldown_first, " + format_duration(timing.cooldown_first) +
                    ": it must be at least as long");
  }
}

void read_config(Section& section, Config& config) {
  section.required("cluster", config.cluster, read_cluster);
  section.optional("ledger", config.ledger, read_path);
  section.optional("decisions", config.decisions, read_path);
  section.optional("catalog", config.catalog, read_path);
  section.section(
      "join", Presence::kRequired, [&](Section& join) { read_join(join, config.join); });
  read_vpn(section, config);
  section.section("metrics", Presence::kOptional, [&](Section& metrics) {
    metrics.required("listen", config.metrics_listen, read_listen);
  });
  section.named_sections(
      "providers", Presence::kRequired, [&](const std::string& name, Section& provider) {
        read_provider(name, provider, config);
      });
  section.named_sections("pools", Presence::kRequired, [&](const std::string& name, Section& pool) {
    read_pool(name, pool, config);
  });
  section.section(
      "policy", Presence::kOptional, [&](Section& policy) { read_policy(policy, config.policy); });
  section.section(
      "timing", Presence::kOptional, [&](Section& timing) { read_timing(timing, config.timing); });
}

void check_paths(Section& section, const Config& config) {
  if (config.ledger == config.decisions) {
    section.add("decisions", "found the ledger's own path: it must be another file");
  }
}

}  // namespace

const char* burst_name(Burst burst) {
  return burst == Burst::kNever ? "never" : "at_once";
}

bool PartitionPolicy::may_burst() const {
  const auto is_open = [](const auto& entry) { return entry.second.burst != Burst::kNever; };
  return rule.burst != Burst::kNever || std::any_of(accounts.begin(), accounts.end(), is_open) ||
         std::any_of(qos.begin(), qos.end(), is_open);
}

const ProviderConfig* Config::find_provider(std::string_view name) const {
  return find_named(providers, name);
}

const Pool* Config::find_pool(std::string_view name) const {
  return find_named(pools, name);
}

const Pool* Config::find_pool_of(const std::string& node) const {
  const auto found = pool_of_node.find(node);
  return found == pool_of_node.end() ? nullptr : &pools[found->second];
}

std::string wireguard_key_file(const std::string& ledger) {
  return ledger + ".wireguard.key";
}

std::string join_pem_file(const std::string& ledger) {
  return ledger + ".join.pem";
}

Result<Config> parse_config(std::string_view text, const std::string& file) {
  Config config;
  config.file = file;
  const auto status = read_document(text, file, [&](Section& root) {
    read_config(root, config);
    check_paths(root, config);
  });
  if (!status) return status.error();
  return config;
}

}  // namespace spillway
