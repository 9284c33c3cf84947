// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/refusal_limit.h"

#include "broker/peer.h"
#include "lib/log.h"

namespace spillway {

bool RefusalLimit::admits(const std::string& peer) {
  const std::lock_guard lock(mutex_);
  begin_window_if_due();
  if (admitted_overall_ >= kOverall) {
    ++held_back_;
    return false;
  }
  int& admitted = admitted_[peer_group(peer)];
  if (admitted >= kPerPeer) {
    ++held_back_;
    return false;
  }
  ++admitted;
  ++admitted_overall_;
  return true;
}

void RefusalLimit::begin_window_if_due() {
  const TimePoint now = clock_.now();
  // A clock set back begins a window, too: it must not hold refusals back until it catches up.
  if (now >= begun_ && now - begun_ < kWindow) return;
  if (held_back_ > 0)
    log_warning("join: refusals not recorded one by one count=" + std::to_string(held_back_));
  begun_ = now;
  admitted_.clear();
  admitted_overall_ = 0;
  held_back_ = 0;
}

}  // namespace spillway
