// SPDX-License-Identifier: GPL-2.0-or-later
//
// What we ask of Voltage Park's On-Demand API, as requests: pure, nothing is sent here.
// Source: docs/providers/voltage-park.md, which says what is certain and what guessed.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "core/config.h"
#include "lib/http.h"
#include "lib/json.h"
#include "lib/secret.h"
#include "providers/provider.h"

namespace spillway {

// The spelling matters: the API redirects from a path with a slash too few or too many, and nothing
// of ours follows a redirect.
inline constexpr const char* kVoltageParkRentals = "/bare-metal/";
inline constexpr const char* kVoltageParkVms = "/virtual-machines/";
inline constexpr const char* kVoltageParkLocations = "/bare-metal/locations";
inline constexpr const char* kVoltageParkVmLocations = "/virtual-machines/instant/locations";
inline constexpr const char* kVoltageParkSshKeys = "/organization/ssh-keys";
inline constexpr const char* kVoltageParkHourlyRate = "/billing/hourly-rate";

// Rows of a list that one call gives at most.
inline constexpr std::size_t kVoltageParkPageRows = 15;

// The tag that carries the mark; a rental shows its tags only when it is no longer pending.
inline constexpr const char* kVoltageParkMarkTag = "spillway-mark=";

// Instead of a key: every key of the organisation.
inline constexpr const char* kVoltageParkAllKeys = "all";

class VoltageParkRequests {
 public:
  VoltageParkRequests(const ProviderConfig& config, Secret key);

  // GET of what is no list.
  [[nodiscard]] HttpRequest show(const std::string& path) const;
  // GET of the rows of a list from `offset` on.
  [[nodiscard]] HttpRequest list(const std::string& path, std::size_t offset) const;

  // One rental of `spec.machines` nodes, all of them or none; its name tells mark and nodes.
  // `ssh_key` is a key's id, kVoltageParkAllKeys, or empty for none.
  // REQUIRES: the offer is of nodes (voltage_park_gpus_of_nodes).
  [[nodiscard]] HttpRequest order_nodes(const OrderSpec& spec, const std::string& ssh_key) const;
  // One VM, whatever `spec.machines` says; its name is the mark.
  [[nodiscard]] HttpRequest order_vm(const OrderSpec& spec,
                                     const std::string& preset,
                                     const std::string& ssh_key) const;

  [[nodiscard]] HttpRequest remove_nodes(const std::string& rental,
                                         const std::vector<std::string>& addresses) const;
  // Ends the rental with all its nodes.
  [[nodiscard]] HttpRequest end_rental(const std::string& rental) const;
  [[nodiscard]] HttpRequest end_vm(const std::string& vm) const;

 private:
  [[nodiscard]] HttpRequest request(const char* method, const std::string& path) const;
  [[nodiscard]] HttpRequest request(const char* method,
                                    const std::string& path,
                                    const Json& body) const;

  std::string base_url_;
  Secret key_;
};

}  // namespace spillway
