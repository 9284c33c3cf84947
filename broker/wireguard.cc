// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/wireguard.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <utility>
#include <vector>

#include "core/vpn.h"
#include "lib/descriptor.h"
#include "lib/file.h"
#include "lib/process.h"
#include "lib/text.h"

namespace spillway {
namespace {

// What is left of 1,500 bytes under WireGuard's headers, on IPv6 too.
constexpr const char* kMtu = "1420";

Status done(const Result<std::string>& ran) {
  return ran ? Status() : Status(ran.error().within("vpn"));
}

// Those of an earlier configuration.
std::vector<std::string> other_addresses(const std::string& interface, const std::string& own) {
  std::vector<std::string> others;
  const auto shown = run_program({"ip", "-o", "-4", "address", "show", "dev", interface});
  if (!shown) return others;
  for (const auto line : split(*shown, '\n')) {
    const auto at = line.find(" inet ");
    if (at == std::string_view::npos) continue;
    const std::string address(split(line.substr(at + 6), ' ').front());
    if (address != own) others.push_back(address);
  }
  return others;
}

// Machines of different leases reach each other through the head.
Status forward(const std::string& interface) {
  const auto path = "/proc/sys/net/ipv4/conf/" + interface + "/forwarding";
  const auto file = open_file(path, O_WRONLY);
  if (!file.is_open() || write(file.number(), "1", 1) != 1) return file_error(path, errno);
  return {};
}

}  // namespace

WireGuard::WireGuard(VpnConfig config, WireGuardIdentity identity, std::string config_file)
    : config_(std::move(config)),
      identity_(std::move(identity)),
      config_file_(std::move(config_file)) {}

Status WireGuard::make_interface() const {
  const auto& name = config_.interface;
  if (run_program({"ip", "link", "show", "dev", name})) return {};
  if (run_program({"ip", "link", "add", "dev", name, "type", "wireguard"})) return {};
  return done(run_program({"wireguard-go", name}));
}

Status WireGuard::set_up_interface() const {
  const auto& name = config_.interface;
  const auto address =
      head_tunnel_address(config_.network) + "/" + std::to_string(config_.network.prefix);
  if (auto set = done(run_program({"ip", "address", "replace", address, "dev", name})); !set)
    return set;
  for (const auto& old : other_addresses(name, address))
    (void)static_cast<bool>(run_program({"ip", "address", "delete", old, "dev", name}));
  if (auto set = done(run_program({"ip", "link", "set", "dev", name, "mtu", kMtu, "up"})); !set)
    return set;
  return forward(name);
}

Status WireGuard::apply(const std::string& peers) const {
  if (auto made = make_interface(); !made) return made;
  const auto text = "[Interface]\nPrivateKey = " + identity_.private_key +
                    "\nListenPort = " + listening_port(config_) + "\n" + peers;
  if (auto written = write_file_atomically(config_file_, text, 0600); !written) return written;
  // Peers that stay keep their sessions.
  if (auto set = done(run_program({"wg", "syncconf", config_.interface, config_file_})); !set)
    return set;
  return set_up_interface();
}

}  // namespace spillway
