// SPDX-License-Identifier: GPL-2.0-or-later
//
// Do machines reach slurmctld through the VPN?
#include <algorithm>
#include <optional>
#include <string>

#include "cluster/slurm_fit.h"
#include "core/subnet.h"

namespace spillway {
namespace {

// The address in "head(10.1.2.3)"; nothing without one, or when it is a name.
std::optional<std::uint32_t> own_address(const std::string& host) {
  const auto open = host.find('(');
  const auto close = host.find(')');
  if (open == std::string::npos || close == std::string::npos || close < open) return std::nullopt;
  return parse_ipv4(host.substr(open + 1, close - open - 1));
}

bool leads_to(const VpnConfig& vpn, std::uint32_t address) {
  return vpn.network.contains(address) ||
         std::any_of(vpn.routes.begin(), vpn.routes.end(), [address](const auto& route) {
           const auto subnet = parse_subnet(route);
           return subnet && subnet->contains(address);
         });
}

}  // namespace

// From 23.11 slurmctld takes a node's address from where its registration comes.
void check_vpn(Fit& fit) {
  const auto host = fit.option("slurmctldhost");
  const auto address = own_address(host);
  if (!address || leads_to(*fit.config.vpn, *address)) return;
  fit.warn(fit.place("slurmctldhost"),
           "SlurmctldHost=" + host +
               ": machines would call that address past the VPN: leave it away, they are told the "
               "one in the VPN, or add its network to vpn.routes");
}

}  // namespace spillway
