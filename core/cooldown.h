// SPDX-License-Identifier: GPL-2.0-or-later
//
// Cool-downs: after a refusal an offer, or a whole account, is left alone for a while that doubles
// with each refusal in a row.
#pragma once

#include <map>
#include <string>

#include "core/books.h"
#include "core/config.h"
#include "core/draft.h"
#include "lib/result.h"

namespace spillway {

// The id under which a whole account is cooled.
[[nodiscard]] OfferId whole_provider(const std::string& provider);

// What a refusal cools: the offer, by provider, region, type and fabric together, or the whole
// provider (all else empty) when the account itself is the trouble.
[[nodiscard]] OfferId cooled_by(const OfferId& offer, ErrorCode code);

// The next cool-down after `previous` (or after none). The jitter, up to a quarter, comes from the
// offer's name and the count, so equal inputs give equal outputs. An account that is refused for
// its key gets the longest one at once, and needs the admin.
[[nodiscard]] Cooldown next_cooldown(const Cooldown* previous,
                                     const OfferId& offer,
                                     const Error& error,
                                     const Timing& timing,
                                     TimePoint now);

// The same after a machine that did not come up. One such machine says little of the next one: its
// offer is left for the shortest time, so that its gang goes elsewhere. With the third in a row the
// offer is stopped for the longest.
[[nodiscard]] Cooldown next_cooldown_after_failure(const Cooldown* previous,
                                                   const OfferId& offer,
                                                   const std::string& why,
                                                   const Timing& timing,
                                                   TimePoint now);

// An order was refused; a machine did not come up. Both give the cool-down that follows.
Cooldown note_refusal(Draft& draft, const OfferId& offer, const Error& error, const Timing& timing);
Cooldown note_boot_failure(Draft& draft,
                           const OfferId& offer,
                           const std::string& why,
                           const Timing& timing);

// So many machines in a row did not come up that it is the offer, not the machine.
[[nodiscard]] bool keeps_failing(const std::map<OfferId, Cooldown>& cooldowns,
                                 const OfferId& offer);

// An order was taken whole: the refusals are over, the account's too. A machine is ready: the
// failures are over.
void note_order_success(Draft& draft, const OfferId& offer);
void note_boot_success(Draft& draft, const OfferId& offer);

// The cool-down in force for `offer` at `now`, its own or its provider's; nullptr if none.
[[nodiscard]] const Cooldown* find_cooldown(const std::map<OfferId, Cooldown>& cooldowns,
                                            const OfferId& offer,
                                            TimePoint now);

}  // namespace spillway
