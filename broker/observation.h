// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the lanes tell the broker, and what it gives them to do.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/plan.h"
#include "core/world.h"
#include "lib/result.h"
#include "providers/provider.h"

namespace spillway {

struct OrderCommand {
  CallOrder call;
  OrderSpec spec;
};

struct ReleaseCommand {
  CallRelease call;
};

// Changes to Slurm, done in this order, in one go; then Slurm is read again.
struct SlurmBatch {
  std::int64_t number = 0;
  std::vector<AddressChange> addresses;
  std::vector<SendBack> send_backs;
  std::vector<std::string> resumes;
  std::vector<std::string> keeps;
  std::vector<CommentChange> comments;
};

struct OffersSeen {
  std::string provider;
  TimePoint at;
  Result<std::vector<Offer>> offers;
};

struct MachinesSeen {
  std::string provider;
  TimePoint asked_at;
  Result<std::vector<CloudMachine>> machines;
};

struct OrderDone {
  CallOrder call;
  Result<Ordered> answer;
};

struct ReleaseDone {
  CallRelease call;
  Result<Released> answer;
};

struct SlurmSeen {
  std::int64_t after_batch = 0;  // the last batch that was done before this was read
  Result<SlurmView> view;
};

// The VPN was set up, or why it was not.
struct VpnSeen {
  std::string trouble;
};

using Observation =
    std::variant<OffersSeen, MachinesSeen, OrderDone, ReleaseDone, SlurmSeen, VpnSeen>;

}  // namespace spillway
