// SPDX-License-Identifier: GPL-2.0-or-later
//
// A simulated cloud behind the drivers' contract, without a wire between: what an honest driver
// would make of an honest cloud's answers.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "core/cloud.h"
#include "providers/provider.h"
#include "sim/cloud.h"

namespace spillway {

// What the model of a cloud does not know of its types.
struct SimRental {
  std::string gpu;  // "h100"
  bool infiniband = false;
};

struct SimProviderSettings {
  Capabilities capabilities;
  std::map<std::string, SimRental> rentals;  // by type; others are not offered
  bool tells_stock = true;                   // else only whether there is any
  bool tells_billed_from = true;             // in its list
  bool ends_while_building = true;           // else the end of a machine that boots is refused
};

class SimProvider final : public Provider {
 public:
  // `cloud` and `clock` must outlive it; the clock is the cloud's.
  SimProvider(SimProviderSettings settings, SimCloud& cloud, const Clock& clock)
      : settings_(std::move(settings)), cloud_(cloud), clock_(clock) {}

  [[nodiscard]] const std::string& name() const override { return cloud_.settings().provider; }
  [[nodiscard]] const Capabilities& capabilities() const override { return settings_.capabilities; }
  [[nodiscard]] Result<std::vector<Offer>> offers() override;
  [[nodiscard]] Result<Ordered> order(const OrderSpec& spec) override;
  [[nodiscard]] Result<std::vector<CloudMachine>> machines(const std::string& cluster) override;
  [[nodiscard]] Result<Released> release(const std::vector<std::string>& ids) override;
  [[nodiscard]] Result<std::vector<AccountFinding>> check() override;

 private:
  // As an answer's Date header tells it.
  [[nodiscard]] TimePoint answered_at() const {
    return std::chrono::floor<std::chrono::seconds>(clock_.now());
  }
  [[nodiscard]] OfferId offer_id(const std::string& type, const std::string& region) const;
  [[nodiscard]] CloudMachine show(const SimMachine& machine, const Mark& mark) const;

  SimProviderSettings settings_;
  SimCloud& cloud_;
  const Clock& clock_;
};

}  // namespace spillway
