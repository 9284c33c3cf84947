// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/config_join.h"

#include <algorithm>
#include <string>

#include "core/config_values.h"

namespace spillway {
namespace {

constexpr int kWidestVpn = 8;
constexpr int kNarrowestVpn = 28;
constexpr std::size_t kLongestInterface = 15;  // IFNAMSIZ

void read_delivered_file(Section& section, JoinConfig& join) {
  DeliveredFile file;
  file.owner = "root";
  section.required("from", file.from, read_path);
  section.required("to", file.to, read_remote_path);
  section.required("mode", file.mode, read_mode);
  section.optional("owner", file.owner, read_name);
  const auto has_same_goal = [&](const DeliveredFile& other) { return other.to == file.to; };
  if (std::any_of(join.deliver.begin(), join.deliver.end(), has_same_goal)) {
    section.add("to", "found \"" + file.to + "\": another file goes there already");
  }
  join.deliver.push_back(std::move(file));
}

void read_mount(Section& section, JoinConfig& join) {
  Mount mount;
  section.required("what", mount.what, read_word);
  section.required("where", mount.where, read_remote_path);
  section.required("type", mount.type, read_name);
  section.optional("options", mount.options, read_word);
  // They are arguments of mount(8), which everybody on the machine can see.
  if (mount.options.find("password=") != std::string::npos ||
      mount.options.find("pass=") != std::string::npos) {
    section.add("options", "found a password: deliver a file, and name it by credentials=");
  }
  const auto has_same_goal = [&](const Mount& other) { return other.where == mount.where; };
  if (std::any_of(join.mounts.begin(), join.mounts.end(), has_same_goal)) {
    section.add("where", "found \"" + mount.where + "\": another file system is mounted there");
  }
  join.mounts.push_back(std::move(mount));
}

// WireGuard's own packets would go into the tunnel that they carry.
void check_loops(Section& section, const VpnConfig& vpn) {
  const auto endpoint = parse_ipv4(vpn.endpoint.substr(0, vpn.endpoint.rfind(':')));
  if (!endpoint) return;
  for (const auto& route : vpn.routes) {
    const auto subnet = parse_subnet(route);
    if (subnet && subnet->contains(*endpoint))
      section.add("routes", "found " + route + ", in which the endpoint itself lies");
  }
  if (vpn.network.contains(*endpoint))
    section.add("network", "found the range in which the endpoint itself lies");
}

void read_vpn_section(Section& section, VpnConfig& vpn) {
  section.required("endpoint", vpn.endpoint, read_endpoint);
  section.required("network", vpn.network, read_subnet);
  section.optional("interface", vpn.interface, read_name);
  section.optional("routes", vpn.routes, read_subnets);
  if (vpn.interface.size() > kLongestInterface)
    section.add("interface", "an interface's name has at most 15 characters");
  const bool fits = vpn.network.prefix >= kWidestVpn && vpn.network.prefix <= kNarrowestVpn;
  if (section.has("network") && vpn.network != Subnet{} && !fits) {
    section.add("network", "found /" + std::to_string(vpn.network.prefix) + ": from /8 to /28");
  }
  check_loops(section, vpn);
}

}  // namespace

void read_join(Section& section, JoinConfig& join) {
  section.required("listen", join.listen, read_listen);
  section.required("url", join.url, read_join_url);
  section.items(
      "deliver", Presence::kOptional, [&](Section& file) { read_delivered_file(file, join); });
  section.items("mounts", Presence::kOptional, [&](Section& mount) { read_mount(mount, join); });
  section.named_values("archives", join.archives, read_path);
}

void read_vpn(Section& root, Config& config) {
  if (root.says("vpn", "none")) {
    std::string none;
    return root.optional("vpn", none, read_name);
  }
  root.section("vpn", Presence::kOptional, [&](Section& section) {
    read_vpn_section(section, config.vpn.emplace());
  });
}

}  // namespace spillway
