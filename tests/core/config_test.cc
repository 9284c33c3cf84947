// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/config.h"

#include <cstdlib>
#include <string>

#include "lib/file.h"
#include "tests/support/cmocka.h"

using namespace spillway;

namespace {

// Each case replaces one part of this text. The line numbers in the tables are its own.
constexpr std::string_view kGood = R"(cluster: hpc1
ledger: /var/spool/spillway/l.db
decisions: /var/spool/spillway/d
join:
  listen: 0.0.0.0:8444
  url: https://head.example.org:8444
  deliver:
    - {from: /etc/spillway/munge.key, to: /etc/munge/munge.key, mode: "0400", owner: munge}
    - {from: /etc/spillway/slurm.conf, to: /etc/slurm/slurm.conf, mode: 0644}
metrics: {listen: 127.0.0.1:9350}
providers:
  lambda:
    key_file: /etc/spillway/keys/lambda
    base_url: https://cloud.lambda.ai/api/v1
    ssh_key: ops
    image: lambda-stack-24-04
    regions: [us-east-1, us-south-2]
    max_machines: 16
  other: {key_file: /etc/spillway/keys/other}
pools:
  h100ib:
    nodes: h100ib-[01-02]
    shape: {gpu: h100, gpus: 8, cpus: 96, memory: 900GiB, infiniband: true}
    offers: [{provider: other, network: infiniband}]
  h100:
    nodes: h100-[001-004]
    shape: {gpu: h100, gpus: 8, cpus: 96, memory: 900GiB}
    offers:
      - {provider: lambda, type: gpu_8x_h100_sxm5, region: us-east-1}
      - {provider: other, flavor: n3-H100, network: ethernet}
policy:
  partitions:
    gpu: {after: 10m, infiniband_from_nodes: 2}
    debug: {burst: never}
  max_price_per_gpu_hour: 3.50
  limits: {machines: 64, spend_per_hour: 400, spend_per_month: 50000}
timing: {offers_every: 1m, cooldown_first: 2m, cooldown_longest: 1h, idle: 5m}
catalog: /etc/spillway/c.yaml
)";

constexpr const char* kLeast = R"(cluster: hpc1
join: {listen: "[::]:8444", url: https://10.0.0.1}
providers: {lambda: {key_file: /k}}
pools: {a: {nodes: a1, shape: {gpu: a100, gpus: 1, cpus: 4, memory: 1TiB}, offers: [{provider: lambda}]}}
)";

struct Change {
  const char* name;
  const char* from;
  const char* to;
};

std::string changed(const Change& change) {
  std::string text(kGood);
  const auto at = text.find(change.from);
  if (at == std::string::npos) fail_msg("%s: '%s' is not in the text", change.name, change.from);
  return text.replace(at, std::string_view(change.from).size(), change.to);
}

Config parsed(const std::string& text) {
  auto config = parse_config(text, "s.yaml");
  if (!config) fail_msg("%s", config.error().message.c_str());
  return *config;
}

}  // namespace

static void every_key_has_its_meaning(void**) {
  const Config config = parsed(std::string(kGood));
  assert_string_equal(config.file.c_str(), "s.yaml");
  assert_string_equal(config.cluster.c_str(), "hpc1");
  assert_string_equal(config.ledger.c_str(), "/var/spool/spillway/l.db");
  assert_string_equal(config.decisions.c_str(), "/var/spool/spillway/d");
  assert_string_equal(config.catalog.c_str(), "/etc/spillway/c.yaml");
  assert_string_equal(config.join.listen.c_str(), "0.0.0.0:8444");
  assert_string_equal(config.join.url.c_str(), "https://head.example.org:8444");
  assert_int_equal(config.join.deliver.size(), 2);
  assert_string_equal(config.join.deliver[0].from.c_str(), "/etc/spillway/munge.key");
  assert_string_equal(config.join.deliver[0].to.c_str(), "/etc/munge/munge.key");
  assert_string_equal(config.join.deliver[0].mode.c_str(), "0400");
  assert_string_equal(config.join.deliver[0].owner.c_str(), "munge");
  assert_string_equal(config.join.deliver[1].mode.c_str(), "0644");
  assert_string_equal(config.join.deliver[1].owner.c_str(), "root");
  assert_string_equal(config.metrics_listen->c_str(), "127.0.0.1:9350");
}

static void a_provider_has_all_that_its_driver_needs(void**) {
  const Config config = parsed(std::string(kGood));
  const ProviderConfig* lambda = config.find_provider("lambda");
  assert_non_null(lambda);
  assert_string_equal(lambda->key_file.c_str(), "/etc/spillway/keys/lambda");
  assert_string_equal(lambda->base_url.c_str(), "https://cloud.lambda.ai/api/v1");
  assert_string_equal(lambda->ssh_key.c_str(), "ops");
  assert_string_equal(lambda->image.c_str(), "lambda-stack-24-04");
  assert_int_equal(lambda->regions.size(), 2);
  assert_string_equal(lambda->regions[1].c_str(), "us-south-2");
  assert_int_equal(*lambda->max_machines, 16);
  assert_int_equal(lambda->line, 12);

  const ProviderConfig* other = config.find_provider("other");
  assert_true(other->base_url.empty() && other->regions.empty() && !other->max_machines);
  assert_true(other->refusals.no_capacity.empty() && !other->minimum_charge);
  assert_null(config.find_provider("lambd"));
}

static void a_provider_may_be_told_what_its_documents_leave_open(void**) {
  const Config config = parsed(changed({"more keys",
                                        "max_machines: 16",
                                        "environment: default-CANADA-1\n"
                                        "    minimum_charge: 1d\n"
                                        "    refusals:\n"
                                        "      no_capacity: [sold out]\n"
                                        "      balance: [top up, no funds]"}));
  const ProviderConfig* lambda = config.find_provider("lambda");
  assert_string_equal(lambda->environment.c_str(), "default-CANADA-1");
  assert_int_equal(lambda->minimum_charge->count(), 86'400);
  assert_int_equal(lambda->refusals.no_capacity.size(), 1);
  assert_string_equal(lambda->refusals.no_capacity.front().c_str(), "sold out");
  assert_string_equal(lambda->refusals.balance.at(1).c_str(), "no funds");
  assert_true(lambda->refusals.quota.empty());
}

static void a_pool_has_its_nodes_shape_and_offers(void**) {
  const Config config = parsed(std::string(kGood));
  const Pool* pool = config.find_pool("h100");
  assert_non_null(pool);
  assert_int_equal(pool->line, 25);
  assert_string_equal(pool->nodes_expression.c_str(), "h100-[001-004]");
  assert_int_equal(pool->nodes.size(), 4);
  assert_string_equal(pool->nodes[3].c_str(), "h100-004");
  assert_string_equal(pool->shape.gpu.c_str(), "h100");
  assert_int_equal(pool->shape.gpus, 8);
  assert_int_equal(pool->shape.cpus, 96);
  assert_int_equal(pool->shape.memory_mib, 900 * 1024);
  assert_false(pool->shape.infiniband);
  assert_true(config.find_pool("h100ib")->shape.infiniband);
  assert_int_equal(pool->offers.size(), 2);
  assert_string_equal(pool->offers[0].provider.c_str(), "lambda");
  assert_string_equal(pool->offers[0].type.c_str(), "gpu_8x_h100_sxm5");
  assert_string_equal(pool->offers[0].region.c_str(), "us-east-1");
  assert_string_equal(pool->offers[1].type.c_str(), "n3-H100");  // flavor is another word for type
  assert_string_equal(pool->offers[1].network.c_str(), "ethernet");
}

static void a_node_leads_to_its_pool(void**) {
  const Config config = parsed(std::string(kGood));
  assert_string_equal(config.find_pool_of("h100ib-02")->name.c_str(), "h100ib");
  assert_string_equal(config.find_pool_of("h100-001")->name.c_str(), "h100");
  assert_null(config.find_pool_of("h100-1"));
  assert_null(config.find_pool("h10"));
}

static void rules_are_narrowed_by_account_and_qos(void**) {
  std::string text(kGood);
  const std::string rule = "gpu: {after: 10m, infiniband_from_nodes: 2}";
  text.replace(text.find(rule),
               rule.size(),
               "gpu:\n      when_pending_gpus: 64\n"
               "      accounts: {students: {burst: never}, physics: {after: 1h}}\n"
               "      qos: {urgent: {burst: at_once}}");
  const Config config = parsed(text);
  const auto& gpu = config.policy.partitions.at("gpu");
  assert_int_equal(*gpu.rule.when_pending_gpus, 64);
  assert_false(gpu.rule.after.has_value());  // only the condition that is given
  assert_true(gpu.accounts.at("students").burst == Burst::kNever);
  assert_int_equal(gpu.accounts.at("physics").after->count(), 3600);
  assert_true(gpu.qos.at("urgent").burst == Burst::kAtOnce);
  assert_true(gpu.may_burst());
}

static void performance_is_kept_in_thousandths_and_caps_by_provider(void**) {
  std::string text(kGood);
  text.replace(text.find("policy:\n"),
               8,
               "policy:\n  performance: {h200: 1.35, a100: 0.5}\n"
               "  keep_paid: true\n");
  text.replace(text.find("max_machines: 16"), 16, "max_spend_per_hour: 99.50");
  const Config config = parsed(text);
  assert_int_equal(config.policy.performance.at("h200"), 1350);
  assert_int_equal(config.policy.performance.at("a100"), 500);
  assert_true(config.policy.keep_paid);
  assert_int_equal(config.find_provider("lambda")->max_spend_per_hour->micros(), 99'500'000);
}

static void a_pool_may_have_no_gpus(void**) {
  std::string text(kGood);
  const std::string shape = "{gpu: h100, gpus: 8, cpus: 96, memory: 900GiB}";
  text.replace(text.find(shape), shape.size(), "{cpus: 96, memory: 900GiB}");
  assert_int_equal(parsed(text).find_pool("h100")->shape.gpus, 0);
}

static void policy_and_timing_have_their_units(void**) {
  const Config config = parsed(std::string(kGood));
  const PartitionPolicy& gpu = config.policy.partitions.at("gpu");
  assert_int_equal(gpu.rule.after->count(), 600);
  assert_false(gpu.rule.burst.has_value());
  assert_int_equal(*gpu.infiniband_from_nodes, 2);
  assert_int_equal(gpu.line, 33);
  assert_true(config.policy.partitions.at("debug").rule.burst == Burst::kNever);
  assert_int_equal(config.policy.max_price_per_gpu_hour->micros(), 3'500'000);
  assert_int_equal(*config.policy.limits.machines, 64);
  assert_int_equal(config.policy.limits.spend_per_hour->micros(), 400'000'000);
  assert_int_equal(config.policy.limits.spend_per_month->micros(), 50'000'000'000);
  assert_int_equal(config.timing.offers_every.count(), 60);
  assert_int_equal(config.timing.cooldown_first.count(), 120);
  assert_int_equal(config.timing.cooldown_longest.count(), 3600);
  assert_int_equal(config.timing.idle.count(), 300);
}

static void every_timing_key_lands_in_its_own_member(void**) {
  const Timing timing = parsed(std::string(kLeast) +
                               "timing: {offers_every: 1s, machines_every: 2s, slurm_every: 3s, "
                               "boot_deadline: 4s, orphan_grace: 5s, cooldown_first: 6s, "
                               "cooldown_longest: 7s, idle: 8s}\n")
                            .timing;
  assert_int_equal(timing.offers_every.count(), 1);
  assert_int_equal(timing.machines_every.count(), 2);
  assert_int_equal(timing.slurm_every.count(), 3);
  assert_int_equal(timing.boot_deadline.count(), 4);
  assert_int_equal(timing.orphan_grace.count(), 5);
  assert_int_equal(timing.cooldown_first.count(), 6);
  assert_int_equal(timing.cooldown_longest.count(), 7);
  assert_int_equal(timing.idle.count(), 8);
}

static void what_is_left_away_has_the_documented_default(void**) {
  const Config config = parsed(kLeast);
  assert_string_equal(config.ledger.c_str(), "/var/spool/spillway/ledger.db");
  assert_string_equal(config.decisions.c_str(), "/var/spool/spillway/decisions");
  assert_true(config.catalog.empty());
  assert_true(config.join.deliver.empty());
  assert_false(config.metrics_listen.has_value());
  assert_true(config.policy.partitions.empty());
  assert_false(config.policy.max_price_per_gpu_hour.has_value());
  assert_false(config.policy.limits.machines.has_value());
  assert_false(config.policy.limits.spend_per_hour.has_value());
  assert_false(config.policy.limits.spend_per_month.has_value());
  assert_int_equal(config.timing.offers_every.count(), 30);
  assert_int_equal(config.timing.machines_every.count(), 15);
  assert_int_equal(config.timing.slurm_every.count(), 2);
  assert_int_equal(config.timing.boot_deadline.count(), 1800);
  assert_int_equal(config.timing.orphan_grace.count(), 300);
  assert_int_equal(config.timing.cooldown_first.count(), 60);
  assert_int_equal(config.timing.cooldown_longest.count(), 1800);
  assert_int_equal(config.timing.idle.count(), 600);
  assert_int_equal(config.pools[0].shape.memory_mib, 1'048'576);
}

static void a_partition_without_a_time_waits_ten_minutes(void**) {
  const Config config = parsed(changed({"", "{after: 10m, infiniband_from_nodes: 2}", "{}"}));
  assert_int_equal(config.policy.partitions.at("gpu").rule.after->count(), 600);
}

static void other_ways_to_write_it_are_taken_too(void**) {
  const Change kAccepted[] = {
      {"a cluster of 20 characters", "hpc1", "a-2345678901234567-9"},
      {"a quoted path", "/var/spool/spillway/d", "\"/var/spool/spillway/d\""},
      {"a mode in quotes", "mode: 0644", "mode: '0644'"},
      {"listen on one IPv6 address", "0.0.0.0:8444", "\"[fe80::1]:1\""},
      {"listen by name", "0.0.0.0:8444", "head.example.org:65535"},
      {"join without port", "head.example.org:8444", "head.example.org"},
      {"join by IPv6 address", "https://head.example.org:8444", "https://[fd00::7]:8444"},
      {"base url on this host", "https://cloud.lambda.ai/api/v1", "http://127.0.0.1:5000/l/v1"},
      {"base url on localhost", "https://cloud.lambda.ai/api/v1", "http://localhost:5000"},
      {"base url on IPv6 loopback", "https://cloud.lambda.ai/api/v1", "http://[::1]:5000/v1"},
      {"base url without path", "https://cloud.lambda.ai/api/v1", "https://proxy.local:8080"},
      {"an image with a pattern", "lambda-stack-24-04", "\"Ubuntu Server 24.04*CUDA*\""},
      {"nodes in two runs", "h100-[001-004]", "\"h100-[001-004,009],x1\""},
      {"memory in MiB", "memory: 900GiB}", "memory: 921600MiB}"},
      {"infiniband said to be false", "memory: 900GiB}", "memory: 900GiB, infiniband: false}"},
      {"an offer of any type", ", type: gpu_8x_h100_sxm5, region: us-east-1", ""},
      {"no waiting at all", "after: 10m", "after: 0s"},
      {"a sum of times", "after: 10m", "after: 1h30m"},
      {"a price of six decimals", "3.50", "3.123456"},
      {"a price in quotes", "3.50", "\"3.5\""},
      {"no limits", "  limits: {machines: 64, spend_per_hour: 400, spend_per_month: 50000}\n", ""},
      {"equal cool-downs", "cooldown_longest: 1h", "cooldown_longest: 2m"},
      {"a comment", "cluster: hpc1", "cluster: hpc1  # ours"},
  };
  for (const auto& change : kAccepted) {
    const auto config = parse_config(changed(change), "s.yaml");
    if (!config) fail_msg("%s: %s", change.name, config.error().message.c_str());
  }
}

struct Refused {
  Change change;
  const char* message;
};

static const Refused kRefused[] = {
#include "tests/core/config_refused.inc"
};

static void each_mistake_is_told_with_its_place_and_what_would_be_right(void**) {
  for (const auto& refused : kRefused) {
    const auto config = parse_config(changed(refused.change), "s.yaml");
    if (config) fail_msg("%s: was accepted", refused.change.name);
    if (config.error().code != ErrorCode::kInvalid) fail_msg("%s: code", refused.change.name);
    if (config.error().message != refused.message) {
      fail_msg("%s: said\n%s\ninstead of\n%s",
               refused.change.name,
               config.error().message.c_str(),
               refused.message);
    }
  }
}

static void whole_texts_that_are_no_configuration_are_refused(void**) {
  const struct {
    const char* text;
    const char* message;
  } kTexts[] = {
      {"",
       "s.yaml:1: cluster: missing: this key must be given\n"
       "s.yaml:1: join: missing: this key must be given\n"
       "s.yaml:1: providers: missing: this key must be given\n"
       "s.yaml:1: pools: missing: this key must be given"},
      {"- a\n", "s.yaml:1: found a list: a mapping of keys belongs here"},
      {"hello\n", "s.yaml:1: found \"hello\": a mapping of keys belongs here"},
  };
  for (const auto& each : kTexts) {
    const auto config = parse_config(each.text, "s.yaml");
    if (config) fail_msg("'%s' was accepted", each.text);
    if (config.error().message != each.message) {
      fail_msg("'%s': said\n%s", each.text, config.error().message.c_str());
    }
  }
}

static void a_text_that_is_no_yaml_is_refused_with_its_line(void**) {
  const auto config = parse_config("cluster: hpc1\njoin: [\n", "s.yaml");
  assert_false(bool(config));
  assert_int_equal(config.error().message.rfind("s.yaml:", 0), 0);
}

static void all_findings_come_at_once_in_the_order_of_the_lines(void**) {
  std::string text = changed({"", "cluster: hpc1", "cluster: HPC"});
  text.replace(text.find("3.50"), 4, "3.5$");
  text.replace(text.find("ledger: /"), 9, "ledger: ./");
  const auto config = parse_config(text, "s.yaml");
  assert_false(bool(config));
  assert_string_equal(
      config.error().message.c_str(),
      "s.yaml:1: cluster: found \"HPC\": it becomes part of each machine's name: lower-case "
      "letters, digits and '-', at most 20 characters\n"
      "s.yaml:2: ledger: found \"./var/spool/spillway/l.db\": an absolute path belongs here, "
      "without '..' and without a '/' at its end\n"
      "s.yaml:35: policy.max_price_per_gpu_hour: found \"3.5$\": dollars above zero belong here, "
      "as in 3.50, without a currency");
}

static void the_example_that_we_install_is_good(void**) {
  const char* source = std::getenv("SPILLWAY_SOURCE_DIR");
  if (source == nullptr) fail_msg("SPILLWAY_SOURCE_DIR is not set");
  const auto text = read_file(std::string(source) + "/etc/spillway.yaml");
  if (!text) fail_msg("%s", text.error().message.c_str());
  const Config config = parsed(*text);
  assert_int_equal(config.find_pool("h100")->nodes.size(), 64);
  assert_int_equal(config.policy.partitions.at("gpu").rule.after->count(), 600);
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(every_key_has_its_meaning),
      cmocka_unit_test(a_provider_has_all_that_its_driver_needs),
      cmocka_unit_test(a_provider_may_be_told_what_its_documents_leave_open),
      cmocka_unit_test(a_pool_has_its_nodes_shape_and_offers),
      cmocka_unit_test(a_node_leads_to_its_pool),
      cmocka_unit_test(rules_are_narrowed_by_account_and_qos),
      cmocka_unit_test(performance_is_kept_in_thousandths_and_caps_by_provider),
      cmocka_unit_test(a_pool_may_have_no_gpus),
      cmocka_unit_test(policy_and_timing_have_their_units),
      cmocka_unit_test(every_timing_key_lands_in_its_own_member),
      cmocka_unit_test(what_is_left_away_has_the_documented_default),
      cmocka_unit_test(a_partition_without_a_time_waits_ten_minutes),
      cmocka_unit_test(other_ways_to_write_it_are_taken_too),
      cmocka_unit_test(each_mistake_is_told_with_its_place_and_what_would_be_right),
      cmocka_unit_test(whole_texts_that_are_no_configuration_are_refused),
      cmocka_unit_test(a_text_that_is_no_yaml_is_refused_with_its_line),
      cmocka_unit_test(all_findings_come_at_once_in_the_order_of_the_lines),
      cmocka_unit_test(the_example_that_we_install_is_good),
  };
  return cmocka_run_group_tests_name("core.config", tests, nullptr, nullptr);
}
