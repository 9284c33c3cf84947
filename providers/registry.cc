// SPDX-License-Identifier: GPL-2.0-or-later
#include "providers/registry.h"

#include <algorithm>
#include <array>
#include <regex>

#include "lib/text.h"
#include "providers/hyperstack/driver.h"
#include "providers/lambda/driver.h"
#include "providers/voltage-park/driver.h"

namespace spillway {
namespace {

struct DriverRow {
  const char* name;
  std::unique_ptr<Provider> (*make)(const ProviderParts& parts);
};

constexpr std::array kDrivers{
    DriverRow{"hyperstack", make_hyperstack_driver},
    DriverRow{"lambda", make_lambda_driver},
    DriverRow{"voltage-park", make_voltage_park_driver},
};

// The account's key travels with every request: it may not cross a network in the clear.
bool is_safe_for_keys(const std::string& base_url) {
  static const std::regex clear_loopback(
      R"(http://(localhost|127(\.[0-9]{1,3}){3}|\[::1\])(:[0-9]{1,5})?(/[^@]*)?)");
  return base_url.empty() || base_url.starts_with("https://") ||
         std::regex_match(base_url, clear_loopback);
}

}  // namespace

std::vector<std::string> provider_names() {
  std::vector<std::string> names;
  names.reserve(kDrivers.size());
  for (const auto& row : kDrivers)
    names.emplace_back(row.name);
  return names;
}

Result<std::unique_ptr<Provider>> make_provider(const ProviderParts& parts) {
  const auto& name = parts.config.name;
  const auto* const row =
      std::find_if(kDrivers.begin(), kDrivers.end(), [&](const DriverRow& driver) {
        return driver.name == name;
      });
  if (row == kDrivers.end()) {
    return Error{ErrorCode::kInvalid,
                 "provider " + printable(name, 64) + " is not known: choose from " +
                     join(provider_names(), ", "),
                 {}};
  }
  if (!is_safe_for_keys(parts.config.base_url)) {
    return Error{ErrorCode::kInvalid,
                 name + ": base_url: " + printable(parts.config.base_url, 200) +
                     ": the key would travel unencrypted: write https://, or http:// to a "
                     "loopback address",
                 {}};
  }
  return row->make(parts);
}

}  // namespace spillway
