// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a machine that joins is told, from the books, the configuration and what is known of Slurm.
#pragma once

#include <string>

#include "broker/join.h"
#include "core/books.h"
#include "core/config.h"
#include "core/world.h"

namespace spillway {

// What machines are told of the head node.
struct Head {
  std::string host;           // its name, up to the first dot
  std::string wireguard_key;  // public; empty without a VPN
};

// `controllers`: where slurmctld runs; without hosts while nothing is known of Slurm.
// REQUIRES: the machine's node is in `pool`; with a VPN it has a tunnel address.
[[nodiscard]] JoinReply make_join_reply(const Config& config,
                                        const Pool& pool,
                                        const Controllers& controllers,
                                        const Head& head,
                                        const Machine& machine);

// The gang of `machine` is whole: its neighbours, and with whom it tries its network.
[[nodiscard]] ReadyReply make_ready_reply(const Books& books,
                                          const Pool& pool,
                                          const Machine& machine);

}  // namespace spillway
