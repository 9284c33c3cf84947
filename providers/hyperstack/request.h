// SPDX-License-Identifier: GPL-2.0-or-later
//
// What we ask of Hyperstack, as requests: pure, nothing is sent here. Hyperstack starts, stops and
// hibernates machines by GET; no path comes from outside, so that none of those can be built.
// Source: Infrahub API 1.0 (Go SDK 1.52.3-alpha); docs/providers/hyperstack.md.
#pragma once

#include <cstdint>
#include <string>

#include "core/config.h"
#include "lib/http.h"
#include "lib/secret.h"
#include "providers/provider.h"

namespace spillway {

// The label that carries the whole mark: "spillway-mark=<mark>". Names get a suffix when an order
// is for several machines.
inline constexpr const char* kHyperstackMarkLabel = "spillway-mark=";

// Of a machine's name, with its suffix.
inline constexpr std::size_t kHyperstackLongestName = 50;

// The lists that come in pages.
enum class HyperstackList { kMachines, kEnvironments, kKeypairs, kImages };

// Rows that we ask for in a page.
inline constexpr std::size_t kHyperstackPageSize = 100;

class HyperstackRequests {
 public:
  HyperstackRequests(const ProviderConfig& config, Secret key);

  // `page` counts from 1. `region` narrows the list of images, and no other.
  [[nodiscard]] HttpRequest page(HyperstackList list, int page, const std::string& region) const;

  [[nodiscard]] HttpRequest flavors(const std::string& region) const;
  [[nodiscard]] HttpRequest stocks() const;
  [[nodiscard]] HttpRequest pricebook() const;
  [[nodiscard]] HttpRequest credit() const;
  [[nodiscard]] HttpRequest quota(std::int64_t environment) const;
  [[nodiscard]] HttpRequest events(const std::string& machine) const;

  // `spec.machines` machines in the configured environment, whose name and label are the mark.
  // Opens ssh and slurmd's port to all, and everything to `network`, the environment's own; none
  // when that is empty.
  [[nodiscard]] HttpRequest create(const OrderSpec& spec,
                                   const std::string& image,
                                   const std::string& network) const;

  [[nodiscard]] HttpRequest destroy(const std::string& machine) const;

 private:
  [[nodiscard]] HttpRequest request(const char* method, const std::string& path) const;

  std::string base_url_;
  Secret key_;
  std::string ssh_key_;
  std::string environment_;
};

}  // namespace spillway
