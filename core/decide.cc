// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/decide.h"

#include "core/steps.h"

namespace spillway {

Plan decide(Draft& draft, const Picture& picture, Sightings& sightings) {
  Plan plan;
  tend_accounts(draft, picture);
  follow_machines(draft, picture, sightings);
  answer_requests(draft, picture);
  place_orders(draft, picture, plan);
  tend_nodes(draft, picture, sightings, plan);
  release_machines(draft, picture, plan);
  permit_jobs(draft, picture, plan);
  keep_paid(draft, picture, plan);
  draft.settle();
  tend_alerts(draft, picture, sightings);
  return plan;
}

}  // namespace spillway
