// SPDX-License-Identifier: GPL-2.0-or-later
//
// `spillway doctor`: what `spillway check` looks at, and everything that runs: slurmctld, the
// broker, its join service, the providers. Values in, lines out.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "cli/check.h"
#include "core/config.h"
#include "ledger/ledger.h"
#include "lib/result.h"
#include "lib/time.h"

namespace spillway {

// What the ledger tells of the broker.
struct BrokerSeen {
  std::optional<Leader> leader;
  std::optional<TimePoint> last_joined;  // when a machine last joined, of the latest events
};
[[nodiscard]] std::vector<CheckLine> check_broker(const Result<BrokerSeen>& seen, TimePoint now);

// `text` of the decisions file.
[[nodiscard]] std::vector<CheckLine> check_decisions(const Result<std::string>& text,
                                                     TimePoint now);

struct JoinSeen {
  Result<std::string> pin;        // of the key beside the ledger
  std::optional<Status> listens;  // on this host; nothing: the broker runs elsewhere
  Status reached;                 // by its URL, from this host
  std::optional<TimePoint> last_joined;
};
[[nodiscard]] std::vector<CheckLine> check_join(const JoinConfig& join,
                                                const JoinSeen& seen,
                                                TimePoint now);

// How far this host's clock is ahead of the provider's; negative: behind.
[[nodiscard]] std::vector<CheckLine> check_clock(const std::string& provider,
                                                 std::optional<std::chrono::milliseconds> ahead);

// Where on this host what is told to listen on `listen` answers: "https://127.0.0.1:8444".
[[nodiscard]] std::string local_join_url(const std::string& listen);

}  // namespace spillway
