// SPDX-License-Identifier: GPL-2.0-or-later
//
// The VPN as the books have it: which machine has which tunnel address, and who is a peer of whom.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/books.h"
#include "core/config.h"
#include "core/subnet.h"

namespace spillway {

// The head's tunnel address.
[[nodiscard]] std::string head_tunnel_address(const Subnet& network);

// The UDP port of the endpoint, on which the head listens.
[[nodiscard]] std::string listening_port(const VpnConfig& vpn);

// A tunnel address for the machine of that number: none that another machine has, as long as that
// one is not gone. The search begins at the number, so that an address is used again late. Nothing
// when the network is full.
[[nodiscard]] std::optional<std::string> find_tunnel_address(const Books& books,
                                                             const Subnet& network,
                                                             std::int64_t machine);

// The address under which Slurm is to reach the machine: in the VPN, else in the cloud.
[[nodiscard]] const std::string& node_address(const Machine& machine);

// The machines that may use the VPN: those that have joined and serve, none that was given up.
[[nodiscard]] std::vector<const Machine*> vpn_members(const Books& books);

// The head's peers, as `wg syncconf` reads them; the same members give the same text.
[[nodiscard]] std::string format_wireguard_peers(const std::vector<const Machine*>& members);

// The other members of the machine's lease, by node name.
[[nodiscard]] std::vector<const Machine*> lease_members_beside(const Books& books,
                                                               const Machine& machine);

}  // namespace spillway
