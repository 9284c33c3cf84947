// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/vpn_lane.h"

#include <chrono>
#include <utility>

#include "lib/log.h"

namespace spillway {

void VpnLane::start() {
  worker_.start([] { return std::chrono::hours(1); });
}

void VpnLane::set_peers(std::string peers) {
  worker_.add([this, peers = std::move(peers)] { apply(peers); });
}

void VpnLane::apply(const std::string& peers) {
  const auto applied = wireguard_.apply(peers);
  const auto trouble = applied ? std::string() : applied.error().message;
  if (trouble == trouble_) return;
  trouble_ = trouble;
  if (trouble.empty()) {
    log_info("vpn: set up again");
  } else {
    log_error(trouble);
  }
}

}  // namespace spillway
