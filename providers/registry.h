// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which clouds there are: one row a driver. A new cloud is a folder and a row here.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/config.h"
#include "lib/http.h"
#include "lib/result.h"
#include "lib/secret.h"
#include "lib/time.h"
#include "providers/provider.h"

namespace spillway {

// What a driver works with. Transport and clock must outlive the driver. `wait` lets `duration`
// pass between calls and returns false when the program is about to end (the driver then gives
// kTransient); tests move a clock there.
struct ProviderParts {
  ProviderConfig config;
  Secret key;
  Transport& transport;
  const Clock& clock;
  std::function<bool(std::chrono::milliseconds duration)> wait;
};

[[nodiscard]] std::vector<std::string> provider_names();

// Errors: kInvalid for a name that is not in provider_names().
[[nodiscard]] Result<std::unique_ptr<Provider>> make_provider(const ProviderParts& parts);

}  // namespace spillway
