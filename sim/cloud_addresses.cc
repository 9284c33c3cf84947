// SPDX-License-Identifier: GPL-2.0-or-later
//
// The addresses of machines.
#include <algorithm>

#include "sim/cloud.h"

namespace spillway {
namespace {

// Hosts 1 to 254 of the 256 networks in the cloud's /16.
constexpr std::uint32_t kHostsPerNetwork = 254;
constexpr std::uint32_t kAddresses = 256 * kHostsPerNetwork;

// Of private networks, from .100 on.
constexpr std::uint32_t kFirstPrivateHost = 100;
constexpr std::uint32_t kPrivateHosts = 150;

}  // namespace

bool SimCloud::is_taken(const std::string& address) const {
  return std::any_of(machines_.begin(), machines_.end(), [&](const SimMachine& machine) {
    return machine.status != SimStatus::kGone && machine.address == address;
  });
}

// An address comes again as late as can be. Of private networks it is free; without any that is
// free the machine has none.
void SimCloud::give_addresses(SimMachine& machine) {
  const std::string network = "." + std::to_string(settings_.network) + ".";
  if (settings_.private_network.empty()) {
    const std::uint32_t place = (settings_.first_address + addresses_given_++) % kAddresses;
    machine.address = "127" + network + std::to_string(place / kHostsPerNetwork) + "." +
                      std::to_string(place % kHostsPerNetwork + 1);
    machine.private_address = machine.address;
    return;
  }
  for (std::uint32_t tried = 0; tried < kPrivateHosts; ++tried) {
    const auto host = std::to_string(kFirstPrivateHost + addresses_given_++ % kPrivateHosts);
    if (is_taken("100" + network + "0." + host)) continue;
    machine.address = "100" + network + "0." + host;
    machine.private_address = settings_.private_network + "." + host;
    return;
  }
}

}  // namespace spillway
