// SPDX-License-Identifier: GPL-2.0-or-later
//
// What happens to a gang as a whole: one offer for all of it, or nothing.
#pragma once

#include <cstdint>
#include <string>

#include "core/draft.h"
#include "core/world.h"

namespace spillway {

// The permission that covers the job: its own, or that of the array that it is a task of; nullptr
// when there is none. Without a view of Slurm (nullptr) a task's array is not known.
[[nodiscard]] const Permission* find_permission(const Books& books,
                                                const SlurmView* slurm,
                                                std::uint32_t job);

// Another machine stands, or may stand, on the node: a second one would be a ghost to the first.
[[nodiscard]] bool is_node_free_for(const Draft& draft, const Machine& wanted);

// Every machine of the lease that is still wanted has passed its checks.
[[nodiscard]] bool is_whole(const Draft& draft, std::int64_t lease);

// Given up, on its way out or gone: its gang no longer counts on it.
[[nodiscard]] bool is_given_up(const Machine& machine);

// Gives up every machine of the lease: intents are dropped, machines released; an order without an
// answer is released as soon as it is seen.
void release_lease(Draft& draft, const Lease& lease, const std::string& why);

// Leaves the lease's offer for another one: a new lease without an offer wants machines for the
// same nodes. What exists is handed to another gang whose whole need it meets, else released.
void detour(Draft& draft, const Lease& lease, const std::string& why);

// The end of the road: the nodes go back to Slurm with the reason, the job loses its permission and
// is told in its AdminComment, with what comes next. So do the other components of a heterogeneous
// job, as far as their machines still come up: without this one they cannot start.
struct Failure {
  std::string why;
  std::string next;
};
void fail_gang(Draft& draft, const Lease& lease, const SlurmView* slurm, const Failure& failure);

// Gives up one machine, whatever its state.
void release_machine(Draft& draft, Machine machine, const std::string& why);

}  // namespace spillway
