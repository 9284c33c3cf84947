// SPDX-License-Identifier: GPL-2.0-or-later
//
// Asks the configured providers, all at the same time, each on a thread and a connection of its
// own: the slowest one sets the time, and a broken one costs nobody else an answer.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cli/check.h"
#include "cli/offers.h"
#include "cli/watched_transport.h"
#include "core/config.h"
#include "lib/result.h"
#include "lib/time.h"
#include "providers/provider.h"

namespace spillway {

// A driver and what it works with.
struct Connection {
  SystemClock clock;
  std::unique_ptr<WatchedTransport> transport;
  std::unique_ptr<Provider> provider;  // ends before what it stands on
};
// With the key from its file. Errors: those of read_secret_file and make_provider.
[[nodiscard]] Result<std::unique_ptr<Connection>> connect_to(const ProviderConfig& config);

// One answer a provider, in the order of the configuration. `only` names one; empty asks all. On a
// terminal, stderr shows meanwhile whose answer is awaited.
[[nodiscard]] std::vector<ProviderAnswer> ask_for_offers(const Config& config,
                                                         const std::string& only);
// Can the accounts be used, and do the clocks agree?
[[nodiscard]] std::vector<CheckLine> ask_about_accounts(const Config& config);

// The typical boot time of the slowest provider behind each pool; pools whose providers this
// program does not know are left out. Asks nobody.
[[nodiscard]] std::map<std::string, std::chrono::seconds> typical_boot_times(const Config& config);

}  // namespace spillway
