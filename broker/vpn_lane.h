// SPDX-License-Identifier: GPL-2.0-or-later
//
// The VPN's lane: gives the head's interface its peers, in a thread of its own.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "broker/observation.h"
#include "broker/wireguard.h"
#include "broker/worker.h"

namespace spillway {

class VpnLane {
 public:
  using Post = std::function<void(Observation)>;
  VpnLane(WireGuard wireguard, Post post)
      : wireguard_(std::move(wireguard)), post_(std::move(post)) {}

  void start();
  // The peers from now on; see WireGuard::apply. Posts what came of it when that is news; the
  // broker says the peers again before long.
  void set_peers(std::string peers);
  void stop() { worker_.stop(); }

 private:
  void apply_newest();

  WireGuard wireguard_;
  std::mutex mutex_;  // for newest_
  std::optional<std::string> newest_;
  Post post_;
  std::optional<std::string> trouble_;
  Worker worker_;  // last: its thread uses the others
};

}  // namespace spillway
