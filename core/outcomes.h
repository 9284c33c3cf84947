// SPDX-License-Identifier: GPL-2.0-or-later
//
// What became of the calls to the clouds, written into the books.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "core/config.h"
#include "core/draft.h"
#include "core/plan.h"
#include "lib/result.h"

namespace spillway {

struct OrderAnswer {
  std::vector<std::string> ids;
};

void note_order(Draft& draft,
                const CallOrder& call,
                const Result<OrderAnswer>& answer,
                const Timing& timing);

// A broker that reads the ledger anew has not heard what became of calls that left before: the
// cloud is asked, and its list has its time from now on. Once: no later broker sends them. Not at
// the providers of `under_way`, whose answer is still to come.
void note_open_orders(Draft& draft, const std::set<std::string>& under_way);

// Several of the lease's calls came to nothing: an offer that gives nothing, and does not refuse
// either, is left.
[[nodiscard]] bool is_out_of_calls(const Draft& draft, std::int64_t lease);

struct ReleaseAnswer {
  TimePoint at;
  std::vector<std::string> accepted;  // ids
};

void note_release(Draft& draft, const CallRelease& call, const Result<ReleaseAnswer>& answer);

}  // namespace spillway
