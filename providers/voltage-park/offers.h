// SPDX-License-Identifier: GPL-2.0-or-later
//
// What Voltage Park has, as offers: nodes by location and network, VMs by location and preset.
// Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/config.h"
#include "core/offer.h"
#include "lib/json.h"
#include "lib/result.h"
#include "lib/time.h"
#include "providers/provider.h"

namespace spillway {

// `minimum_charge` is the admin's, where there is one.
[[nodiscard]] Capabilities voltage_park_capabilities(const ProviderConfig& config);

// The market as the cloud's two lists of locations tell it.
struct VoltageParkMarket {
  std::vector<Offer> offers;
  std::map<OfferId, std::string> presets;  // what an order of VMs has to name
  std::vector<std::string> locations;      // all there are, configured or not
  std::vector<std::string> systems;        // that presets boot
};

// Builds the market from rows. Locations that are not among `config.regions` are left out, and
// presets of another system than `config.image`, when one is named.
class VoltageParkMarketReader {
 public:
  VoltageParkMarketReader(const ProviderConfig& config, TimePoint seen_at);

  // One row of the list of bare-metal locations: an offer for each network that has a price or a
  // count. The whole nodes of a count are the stock; a count that is absent is unknown and not
  // zero, so that the order decides: otherwise a member that was renamed would hide all offers.
  // Errors: kProtocol, for a row without an id.
  [[nodiscard]] Status add_location(const Json& row);

  // One row of the list of VM locations: an offer for each preset with GPUs of one model and a
  // system that runs shell scripts. Of presets that would be called the same, the cheapest of those
  // in stock stands for all.
  [[nodiscard]] Status add_vm_location(const Json& row);

  [[nodiscard]] VoltageParkMarket take();

 private:
  [[nodiscard]] Result<std::string> note_location(const Json& row);
  [[nodiscard]] bool is_wanted(const std::string& location) const;
  void add_network(const Json& row, const std::string& network, Offer offer);
  void add_preset(const Json& preset, const std::string& location);

  std::vector<std::string> regions_;
  std::string image_;
  Offer common_;
  VoltageParkMarket market_;
  std::map<OfferId, Offer> vms_;
};

}  // namespace spillway
