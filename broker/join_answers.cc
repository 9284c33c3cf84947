// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/join_answers.h"

#include <algorithm>

#include "core/vpn.h"
#include "lib/text.h"

namespace spillway {
namespace {

// Where a machine's WireGuard listens; a machine behind NAT needs no port opened for it.
constexpr const char* kMachinePort = ":51820";

std::string short_name(const std::string& host) {
  return host.substr(0, host.find('.'));
}

// "24.11" of "24.11.5"; empty when it is no release.
std::string release_of(const std::string& version) {
  const auto parts = split(version, '.');
  if (parts.size() < 2) return "";
  return std::string(parts[0]) + "." + std::string(parts[1]);
}

void tell_controllers(const Config& config,
                      const Controllers& controllers,
                      const Head& head,
                      JoinReply& reply) {
  reply.slurm_release = release_of(controllers.version);
  for (const auto& host : controllers.hosts) {
    reply.slurmctld.push_back(host.address + ":" + std::to_string(controllers.port));
    // In a VPN the head has an address that no name server knows. One that slurm.conf gives itself
    // is left alone: `routes` leads there.
    const bool is_named = host.address == host.name;
    if (config.vpn && is_named && short_name(host.name) == head.host)
      reply.hosts.push_back({head_tunnel_address(config.vpn->network), host.name});
  }
}

Tunnel tunnel_of(const VpnConfig& vpn, const Head& head, const Machine& machine) {
  Tunnel tunnel;
  tunnel.address = machine.tunnel_address + "/" + std::to_string(vpn.network.prefix);
  tunnel.head.public_key = head.wireguard_key;
  tunnel.head.endpoint = vpn.endpoint;
  tunnel.head.allowed = {format_subnet(vpn.network)};
  tunnel.head.allowed.insert(tunnel.head.allowed.end(), vpn.routes.begin(), vpn.routes.end());
  return tunnel;
}

// In twos, by node name: the first of each two serves. The odd one out has no partner.
std::optional<PairTest> pair_of(const Machine& machine, std::vector<const Machine*> gang) {
  gang.push_back(&machine);
  std::sort(gang.begin(), gang.end(), [](const Machine* a, const Machine* b) {
    return a->node < b->node;
  });
  const auto own = std::find(gang.begin(), gang.end(), &machine) - gang.begin();
  const auto partner = own % 2 == 0 ? own + 1 : own - 1;
  if (partner >= std::ssize(gang)) return std::nullopt;
  return PairTest{own % 2 == 0 ? TestRole::kServe : TestRole::kCall,
                  node_address(*gang[static_cast<std::size_t>(partner)])};
}

}  // namespace

JoinReply make_join_reply(const Config& config,
                          const Pool& pool,
                          const Controllers& controllers,
                          const Head& head,
                          const Machine& machine) {
  JoinReply reply;
  reply.node = machine.node;
  reply.cluster = config.cluster;
  reply.shape = pool.shape;
  tell_controllers(config, controllers, head, reply);
  if (config.vpn) reply.tunnel = tunnel_of(*config.vpn, head, machine);
  return reply;
}

ReadyReply make_ready_reply(const Books& books, const Pool& pool, const Machine& machine) {
  ReadyReply reply;
  const auto beside = lease_members_beside(books, machine);
  for (const auto* other : beside) {
    if (other->wireguard_key.empty() || other->private_address.empty()) continue;
    reply.peers.push_back({other->wireguard_key,
                           other->private_address + kMachinePort,
                           {other->tunnel_address + "/32"}});
  }
  if (pool.shape.bandwidth_gbps > 0) reply.test = pair_of(machine, beside);
  return reply;
}

}  // namespace spillway
