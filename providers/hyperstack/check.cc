// SPDX-License-Identifier: GPL-2.0-or-later
#include "providers/hyperstack/check.h"

#include <algorithm>
#include <string>

#include "lib/text.h"
#include "providers/wire.h"

namespace spillway {
namespace {

using Level = AccountFinding::Level;
using Names = std::vector<std::string>;

constexpr std::size_t kLongestNumber = 20;

AccountFinding check_environment(const ProviderConfig& config, const std::string& region) {
  const auto& regions = config.regions;
  if (regions.empty() || std::find(regions.begin(), regions.end(), region) != regions.end()) {
    return {Level::kOk, "environment: " + config.environment + " is there, in " + region};
  }
  return {Level::kFailure,
          "regions: environment " + config.environment + " is in " + region +
              ", which is not among them: nothing can be ordered: add it, or name an environment "
              "elsewhere"};
}

// A key of another environment is of no use: each has its own.
AccountFinding check_ssh_key(const ProviderConfig& config,
                             const std::vector<HyperstackKeypair>& keypairs) {
  Names here;
  for (const auto& keypair : keypairs) {
    if (keypair.environment == config.environment) here.push_back(keypair.name);
  }
  const auto& name = config.ssh_key;
  if (!name.empty() && std::find(here.begin(), here.end(), name) != here.end()) {
    return {Level::kOk, "ssh_key: " + name + " is there"};
  }
  const std::string which =
      name.empty() ? "is not set: Hyperstack wants the name of one key for "
                     "each machine"
                   : "environment " + config.environment + " has no key " + printable(name, 64);
  return {Level::kFailure,
          "ssh_key: " + which + ": " +
              (here.empty() ? "import one into environment " + config.environment
                            : suggest_name(name, here))};
}

AccountFinding check_image(const ProviderConfig& config, const Result<std::string>& image) {
  if (!image) return {Level::kFailure, image.error().message};
  return {Level::kOk,
          "image: " + config.image + " means " + printable(*image, kWordsLimit) + " today"};
}

AccountFinding check_credit(const Result<HyperstackCredit>& credit) {
  if (!credit) return {Level::kWarning, "credit: could not be read: " + credit.error().message};
  const auto balance =
      credit->balance.empty() ? "an unknown balance" : printable(credit->balance, kLongestNumber);
  if (credit->can_create == false) {
    return {Level::kFailure,
            "credit: Hyperstack lets the account make no machines, with " + balance +
                " dollars left" +
                (credit->threshold.empty()
                     ? ""
                     : " and a threshold of " + printable(credit->threshold, kLongestNumber)) +
                ": pay in at https://console.hyperstack.cloud/billing"};
  }
  if (!credit->can_create) {
    return {Level::kWarning, "credit: " + balance + " dollars; whether that will do is not told"};
  }
  return {Level::kOk, "credit: " + balance + " dollars"};
}

AccountFinding check_room(const ProviderConfig& config, const HyperstackQuota& quota) {
  if (!quota.available) {
    return {Level::kWarning,
            "quota: Hyperstack does not tell how many machines fit into environment " +
                config.environment};
  }
  const auto room = std::to_string(*quota.available) + " more machines fit into environment " +
                    config.environment;
  if (*quota.available <= 0) {
    return {Level::kFailure, "quota: no " + room.substr(room.find("more")) + ": end some"};
  }
  if (config.max_machines && *quota.available < *config.max_machines) {
    return {
        Level::kWarning,
        "quota: " + room + ", fewer than max_machines, " + std::to_string(*config.max_machines)};
  }
  return {Level::kOk, "quota: " + room};
}

void check_quota(const ProviderConfig& config,
                 const Result<HyperstackQuota>& quota,
                 std::vector<AccountFinding>& findings) {
  if (!quota) {
    findings.push_back({Level::kWarning, "quota: could not be read: " + quota.error().message});
    return;
  }
  findings.push_back(check_room(config, *quota));
  if (!quota->network.empty()) return;
  findings.push_back({Level::kWarning,
                      "network: Hyperstack does not tell the addresses of environment " +
                          config.environment +
                          ": machines are not opened to each other: jobs of several nodes need a "
                          "firewall rule of yours"});
}

}  // namespace

std::vector<AccountFinding> check_hyperstack_account(const ProviderConfig& config,
                                                     const HyperstackAccount& account) {
  std::vector<AccountFinding> findings{{Level::kOk, "key: Hyperstack accepts it"}};
  if (account.environment) {
    findings.push_back(check_environment(config, account.environment->region));
    findings.push_back(check_ssh_key(config, account.keypairs));
    findings.push_back(check_image(config, account.image));
    check_quota(config, account.quota, findings);
  } else {
    findings.push_back({Level::kFailure, account.environment.error().message});
  }
  findings.push_back(check_credit(account.credit));
  return findings;
}

}  // namespace spillway
