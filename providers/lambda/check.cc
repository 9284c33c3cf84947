// SPDX-License-Identifier: GPL-2.0-or-later
#include "providers/lambda/check.h"

#include <algorithm>

#include "lib/text.h"
#include "providers/findings.h"
#include "providers/wire.h"

namespace spillway {
namespace {

using Level = AccountFinding::Level;
using Names = std::vector<std::string>;

bool contains(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

AccountFinding check_ssh_key(const std::string& name, const Names& known) {
  if (name.empty()) {
    return {Level::kFailure,
            "ssh_key: is not set: Lambda wants the name of one key for each machine: " +
                (known.empty() ? "add one at https://cloud.lambda.ai/ssh-keys and name it here"
                               : suggest_name(name, known))};
  }
  if (contains(known, name)) return {Level::kOk, "ssh_key: " + name + " is there"};
  return {Level::kFailure,
          "ssh_key: Lambda knows no key " + printable(name, 64) + ": " + suggest_name(name, known)};
}

AccountFinding check_image(const ProviderConfig& config, const std::vector<LambdaImage>& images) {
  const auto& family = config.image;
  if (family.empty()) {
    return {Level::kWarning,
            "image: is not set: machines get Lambda's newest default, whose Slurm changes with it: "
            "name an image family whose Slurm fits this cluster's"};
  }
  Names families;
  Names regions_with_it;
  for (const auto& image : images) {
    if (!contains(families, image.family)) families.push_back(image.family);
    if (image.family == family) regions_with_it.push_back(image.region);
  }
  if (regions_with_it.empty()) {
    return {Level::kFailure,
            "image: Lambda knows no image family " + printable(family, 64) + ": " +
                suggest_name(family, families)};
  }
  Names without;
  for (const auto& region : config.regions) {
    if (!contains(regions_with_it, region)) without.push_back(region);
  }
  if (without.empty()) return {Level::kOk, "image: " + family + " is there"};
  return {Level::kWarning,
          "image: " + family + " is not to be had in " + join(without, ", ") +
              ": orders there will be refused: drop the regions or choose another family"};
}

}  // namespace

std::vector<AccountFinding> check_lambda_account(const ProviderConfig& config,
                                                 const LambdaAccount& account) {
  std::vector<AccountFinding> findings{{Level::kOk, "key: Lambda accepts it"}};
  findings.push_back(check_ssh_key(config.ssh_key, account.ssh_keys));
  const auto regions = check_regions("Lambda", config.regions, account.regions);
  findings.insert(findings.end(), regions.begin(), regions.end());
  findings.push_back(check_image(config, account.images));
  return findings;
}

}  // namespace spillway
