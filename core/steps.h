// SPDX-License-Identifier: GPL-2.0-or-later
//
// The nine steps of a turn, in their order. Each reads the picture, changes the draft, and adds to
// the plan.
#pragma once

#include "core/draft.h"
#include "core/plan.h"

namespace spillway {

// Accounts whose key is refused: no orders there, until an answer or a changed key shows that it is
// mended. Releases are tried all the same.
void tend_accounts(Draft& draft, const Picture& picture);

// The clouds' lists against the books: orders without an answer are settled, machines that vanished
// are lost, machines that left are gone, orphans with our mark are adopted for release, deadlines
// are kept.
void follow_machines(Draft& draft, const Picture& picture, Sightings& sightings);

// What Slurm asked for becomes wanted machines, or releases, or goes back with a reason.
void answer_requests(Draft& draft, const Picture& picture);

// Wanted machines become order calls: an offer is chosen for each gang, within the caps.
void place_orders(Draft& draft, const Picture& picture, Plan& plan);

// What is to end is asked to end, again and again until the cloud's list no longer shows it.
void release_machines(Draft& draft, const Picture& picture, Plan& plan);

// Slurm's nodes against the books: addresses, nodes that go back, nodes that come back into use,
// machines whose node Slurm gave up.
void tend_nodes(Draft& draft, const Picture& picture, Sightings& sightings, Plan& plan);

// Which jobs may burst, and onto which nodes.
void permit_jobs(Draft& draft, const Picture& picture, Plan& plan);

// With `keep_paid`, idle machines whose billing quantum is paid anyway stay for jobs that wait and
// fit, until shortly before the quantum ends.
void keep_paid(Draft& draft, const Picture& picture, Plan& plan);

// What a person has to see to: alerts open, and close when it is over.
void tend_alerts(Draft& draft, const Picture& picture, Sightings& sightings);

}  // namespace spillway
