// SPDX-License-Identifier: GPL-2.0-or-later
//
// The contract that each cloud's driver keeps: five verbs, and a value that tells how the clouds
// differ. Calls are synchronous and come from one thread, the provider's lane; a driver paces
// itself to the rates in its capabilities.
#pragma once

#include <string>
#include <vector>

#include "core/cloud.h"
#include "core/mark.h"
#include "core/offer.h"
#include "lib/money.h"
#include "lib/result.h"
#include "lib/time.h"

namespace spillway {

struct OrderSpec {
  OfferId offer;
  int machines = 1;       // at most capabilities().machines_per_order
  Mark mark;              // becomes the machines' name, and tags where there are any
  std::string user_data;  // a "#!/bin/sh" text
};

struct Ordered {
  std::vector<std::string> ids;  // fewer than asked when it had, or takes, no more in one call
  TimePoint at;                  // when the cloud took the order
};

struct Released {
  TimePoint at;                       // when the cloud accepted
  std::vector<std::string> accepted;  // ids that are on their way out, or were gone already
};

// One finding about the account, for `spillway doctor`.
struct AccountFinding {
  enum class Level { kOk, kWarning, kFailure };
  Level level = Level::kOk;
  std::string text;  // says what to do when it is not ok
};

class Provider {
 public:
  virtual ~Provider() = default;

  [[nodiscard]] virtual const std::string& name() const = 0;
  [[nodiscard]] virtual const Capabilities& capabilities() const = 0;

  // Everything the provider would rent out now, all pages, in the configured regions; offers that
  // are sold out are among them, with stock 0.
  // Errors: kUnauthorized, kRateLimited, kTransient, kUnknownOutcome, kProtocol; kInvalid when the
  // configuration lacks what the cloud needs to know.
  [[nodiscard]] virtual Result<std::vector<Offer>> offers() = 0;

  // Orders `spec.machines` machines in one call. Comes back when the cloud has taken the order
  // (seconds), not when machines are up. Each machine bears the mark, so after kUnknownOutcome
  // machines() tells what the order became. Never repeats a call by itself.
  // Errors: kNoCapacity, kQuota, kBalance, kUnauthorized, kInvalid, kRateLimited (all certainly
  // without effect), kTransient (without effect), kUnknownOutcome, kProtocol (both: ask).
  [[nodiscard]] virtual Result<Ordered> order(const OrderSpec& spec) = 0;

  // All machines of the account that bear a mark of `cluster`, all pages, in every region, also
  // ended ones as long as the cloud shows them. A list that cannot be read whole is an error.
  // Errors: kUnauthorized, kRateLimited, kTransient, kUnknownOutcome, kProtocol.
  [[nodiscard]] virtual Result<std::vector<CloudMachine>> machines(const std::string& cluster) = 0;

  // Asks the cloud to end these machines. Unknown ids count as accepted: they are gone. May be
  // called any number of times. That they are gone is told by machines() alone.
  // Errors: kUnauthorized, kRateLimited, kTransient, kUnknownOutcome, kProtocol, kInvalid.
  [[nodiscard]] virtual Result<Released> release(const std::vector<std::string>& ids) = 0;

  // Is the account usable as configured: key accepted, SSH key known, image there, regions known.
  // Errors: those of offers().
  [[nodiscard]] virtual Result<std::vector<AccountFinding>> check() = 0;
};

}  // namespace spillway
