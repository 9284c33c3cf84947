// SPDX-License-Identifier: GPL-2.0-or-later
//
// Cool-downs: after a refusal an offer, or a whole account, is left alone for a while that doubles
// with each refusal in a row.
#pragma once

#include <string>

#include "core/books.h"
#include "core/config.h"
#include "lib/result.h"

namespace spillway {

// What a refusal cools: the offer, by provider, region, type and fabric together, or the whole
// provider (all else empty) when the account itself is the trouble.
[[nodiscard]] OfferId cooled_by(const OfferId& offer, ErrorCode code);

// The next cool-down after `previous` (or after none). The jitter, up to a quarter, comes from the
// offer's name and the count, so equal inputs give equal outputs. An account that is refused for
// its key gets the longest one at once: only the admin can mend it.
[[nodiscard]] Cooldown next_cooldown(const Cooldown* previous,
                                     const OfferId& offer,
                                     const Error& error,
                                     const Timing& timing,
                                     TimePoint now);

// The cool-down in force for `offer` at `now`, its own or its provider's; nullptr if none.
[[nodiscard]] const Cooldown* find_cooldown(const std::map<OfferId, Cooldown>& cooldowns,
                                            const OfferId& offer,
                                            TimePoint now);

}  // namespace spillway
