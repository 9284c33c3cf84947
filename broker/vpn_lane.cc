// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/vpn_lane.h"

#include <chrono>
#include <utility>

#include "lib/log.h"

namespace spillway {

void VpnLane::start() {
  worker_.start([] { return std::chrono::hours(1); });
}

// While programs hang, lists pile up: only the last one counts.
void VpnLane::set_peers(std::string peers) {
  {
    const std::lock_guard lock(mutex_);
    newest_ = std::move(peers);
  }
  worker_.add([this] { apply_newest(); });
}

void VpnLane::apply_newest() {
  std::optional<std::string> peers;
  {
    const std::lock_guard lock(mutex_);
    peers = std::exchange(newest_, std::nullopt);
  }
  if (!peers) return;
  const auto applied = wireguard_.apply(*peers);
  const auto trouble = applied ? std::string() : applied.error().message;
  if (trouble == trouble_) return;
  trouble_ = trouble;
  if (trouble.empty()) {
    log_info("vpn: is up");
  } else {
    log_error(trouble);
  }
  post_(VpnSeen{trouble});
}

}  // namespace spillway
