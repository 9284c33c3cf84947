// SPDX-License-Identifier: GPL-2.0-or-later
#include "providers/voltage-park/check.h"

#include <algorithm>

#include "lib/text.h"
#include "providers/findings.h"
#include "providers/voltage-park/request.h"
#include "providers/wire.h"

namespace spillway {
namespace {

using Level = AccountFinding::Level;
using Names = std::vector<std::string>;

bool contains(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

Error no_such_key(const std::string& why) {
  return Error{ErrorCode::kInvalid, "ssh_key: " + why, std::nullopt};
}

AccountFinding check_ssh_key(const std::string& setting,
                             const std::vector<VoltageParkSshKey>& keys) {
  const auto count = std::to_string(keys.size());
  const auto found = find_voltage_park_ssh_key(setting, keys);
  if (!found) return {Level::kFailure, found.error().message};
  if (setting.empty()) {
    return {Level::kOk, "ssh_key: is not set: nobody can log in to a machine from outside"};
  }
  if (setting != kVoltageParkAllKeys) return {Level::kOk, "ssh_key: " + setting + " is there"};
  if (keys.empty()) return {Level::kWarning, "ssh_key: all: the organisation has none: add one"};
  return {Level::kOk, "ssh_key: all " + count + " of the organisation are used"};
}

std::vector<AccountFinding> check_locations(const Names& wanted, const Names& known) {
  // An empty list is what the API has said when it was sold out.
  if (!known.empty()) return check_regions("Voltage Park", wanted, known);
  return {{Level::kWarning,
           "regions: Voltage Park names no location now: nothing can be rented, and whether yours "
           "are right cannot be told"}};
}

AccountFinding check_image(const std::string& image, const Names& systems) {
  if (image.empty()) {
    return {Level::kOk, "image: is not set: VMs boot what the cheapest preset has"};
  }
  if (contains(systems, image)) {
    return {Level::kOk, "image: " + image + " is there, for VMs; nodes boot the cloud's own"};
  }
  return {Level::kFailure,
          "image: Voltage Park has no VM with " + printable(image, 64) + ": " +
              suggest_name(image, systems)};
}

AccountFinding check_minimum_charge(const ProviderConfig& config) {
  if (config.minimum_charge) {
    return {Level::kOk,
            "minimum_charge: " + format_duration(*config.minimum_charge) + ", as configured"};
  }
  return {Level::kWarning,
          "minimum_charge: is not set, and is documented nowhere: an hour is assumed; an old page "
          "spoke of two days: rent one machine, read the bill, and set it"};
}

}  // namespace

Result<std::string> find_voltage_park_ssh_key(const std::string& setting,
                                              const std::vector<VoltageParkSshKey>& keys) {
  if (setting.empty() || setting == kVoltageParkAllKeys) return setting;
  Names ids;
  Names names;
  for (const auto& key : keys) {
    if (key.id == setting) return key.id;
    if (key.name == setting) ids.push_back(key.id);
    names.push_back(key.name);
  }
  if (ids.size() == 1) return ids.front();
  const auto shown = printable(setting, 64);
  if (ids.empty()) {
    return no_such_key("Voltage Park knows no key " + shown + ": " + suggest_name(setting, names));
  }
  return no_such_key("several keys are called " + shown +
                     ": write the id of one: " + join(ids, ", "));
}

std::vector<AccountFinding> check_voltage_park_account(const ProviderConfig& config,
                                                       const VoltageParkAccount& account) {
  std::vector<AccountFinding> findings{{Level::kOk, "key: Voltage Park accepts it"}};
  findings.push_back(check_ssh_key(config.ssh_key, account.ssh_keys));
  const auto locations = check_locations(config.regions, account.locations);
  findings.insert(findings.end(), locations.begin(), locations.end());
  findings.push_back(check_image(config.image, account.systems));
  findings.push_back(check_minimum_charge(config));
  const auto rate = account.hourly_rate ? format_money(*account.hourly_rate) + " $/h is running now"
                                        : std::string("what runs now was not told");
  findings.push_back({Level::kOk, "billing: " + rate});
  findings.push_back({Level::kOk,
                      "balance: the API does not tell it: look at the dashboard, and switch "
                      "automatic payments on"});
  return findings;
}

}  // namespace spillway
