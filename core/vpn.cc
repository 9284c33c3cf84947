// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/vpn.h"

#include <algorithm>
#include <set>

#include "core/gang.h"

namespace spillway {
namespace {

constexpr std::uint32_t kHead = 1;

bool is_member(const Machine& machine) {
  const bool serves =
      machine.state == MachineState::kJoined || machine.state == MachineState::kReady;
  return serves && !is_given_up(machine);
}

}  // namespace

std::string head_tunnel_address(const Subnet& network) {
  return network.host(kHead);
}

std::string listening_port(const VpnConfig& vpn) {
  return vpn.endpoint.substr(vpn.endpoint.rfind(':') + 1);
}

std::optional<std::string> find_tunnel_address(const Books& books,
                                               const Subnet& network,
                                               std::int64_t machine) {
  std::set<std::string> taken;
  for (const auto& [id, other] : books.machines) {
    if (id != machine && !facts_of(other.state).is_final) taken.insert(other.tunnel_address);
  }
  const std::int64_t places = std::int64_t{network.hosts()} - kHead;
  const auto tries = std::min<std::int64_t>(places, std::ssize(taken) + 1);
  for (std::int64_t i = 0; i < tries; ++i) {
    const auto place = kHead + 1 + (machine + i) % places;
    auto address = network.host(static_cast<std::uint32_t>(place));
    if (!taken.contains(address)) return address;
  }
  return std::nullopt;
}

const std::string& node_address(const Machine& machine) {
  return machine.tunnel_address.empty() ? machine.address : machine.tunnel_address;
}

std::vector<const Machine*> vpn_members(const Books& books) {
  std::vector<const Machine*> members;
  for (const auto& [id, machine] : books.machines) {
    if (is_member(machine) && !machine.tunnel_address.empty()) members.push_back(&machine);
  }
  return members;
}

std::string format_wireguard_peers(const std::vector<const Machine*>& members) {
  std::string text;
  for (const auto* machine : members) {
    text += "[Peer]\nPublicKey = " + machine->wireguard_key +
            "\nAllowedIPs = " + machine->tunnel_address + "/32\n";
  }
  return text;
}

std::vector<const Machine*> lease_members_beside(const Books& books, const Machine& machine) {
  std::vector<const Machine*> members;
  for (const auto& [id, other] : books.machines) {
    if (other.lease == machine.lease && id != machine.id && is_member(other))
      members.push_back(&other);
  }
  std::sort(members.begin(), members.end(), [](const Machine* a, const Machine* b) {
    return a->node < b->node;
  });
  return members;
}

}  // namespace spillway
