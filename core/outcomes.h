// SPDX-License-Identifier: GPL-2.0-or-later
//
// What became of the calls to the clouds, written into the books.
#pragma once

#include <cstdint>
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

// Several of the lease's calls came to nothing: an offer that gives nothing, and does not refuse
// either, is left.
[[nodiscard]] bool is_out_of_calls(const Draft& draft, std::int64_t lease);

struct ReleaseAnswer {
  TimePoint at;
  std::vector<std::string> accepted;  // ids
};

void note_release(Draft& draft, const CallRelease& call, const Result<ReleaseAnswer>& answer);

}  // namespace spillway
