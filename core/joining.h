// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which machine is calling? A caller with a lease's token is matched to one of the lease's machines
// by its address.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/config.h"
#include "core/draft.h"
#include "core/world.h"
#include "lib/result.h"

namespace spillway {

struct Caller {
  std::int64_t lease = 0;
  std::string peer;                    // the address the call came from
  std::vector<std::string> addresses;  // what the machine says of itself; nobody is found by them
  std::string wireguard_key = {};      // empty: it has none
};

// The machine of the caller. Errors: kTransient when the cloud has not shown the machine's address
// yet, kUnauthorized when the lease has no machine that may still join.
[[nodiscard]] Result<Machine> find_caller(const Draft& draft, const Caller& caller);

// The caller joins, is ready, is no good. Errors: those of find_caller. Repeats change nothing.
// With a VPN a machine that joins gets a tunnel address, and its key is held for its own from then
// on. Nobody joins any more once the machine's gang is whole, unless with the key that it joined
// with (kUnauthorized). With a VPN further: kInvalid without a key, kUnauthorized with another one
// than before or one that another machine has, kTransient when no address is free.
[[nodiscard]] Result<Machine> note_joined(Draft& draft,
                                          const Caller& caller,
                                          const std::optional<VpnConfig>& vpn = std::nullopt);
// The caller may start slurmd. Not before `slurm` shows its address at its node: Slurm before 23.11
// sends a job's steps to what NodeAddr says, and starts the job once every node has registered. Nor
// before Slurm has powered its node up, nor before every machine of its gang is ready: until then
// the gang can still go elsewhere without Slurm noticing. Until then (or while nothing is known of
// Slurm: nullptr) kTransient, and the draft may hold changes all the same.
[[nodiscard]] Result<Machine> note_ready(Draft& draft,
                                         const Caller& caller,
                                         const SlurmView* slurm);
[[nodiscard]] Status note_unhealthy(Draft& draft,
                                    const Caller& caller,
                                    const std::string& what,
                                    const Timing& timing);

// A machine that exists and is no good: given back, its offer cooled, the gang goes elsewhere. Once
// the gang is whole, only the machine's node goes back to Slurm.
void fail_machine(Draft& draft, Machine machine, const std::string& why, const Timing& timing);

}  // namespace spillway
