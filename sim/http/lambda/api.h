// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <vector>

#include "sim/http/api.h"
#include "sim/http/scenario.h"

namespace spillway {

struct SimFileSystem {
  std::string name;
  std::string region;
};

// Lambda's API (specification 1.10.0) over `cloud`, without its prefix "/api/v1": instance-types,
// regions, images, instances, launch, terminate, restart, ssh-keys, and the list of file systems.
// `cloud` and `clock` must outlive it.
[[nodiscard]] std::unique_ptr<CloudApi> make_lambda_api(
    const CloudScenario& account,
    const std::vector<SimFileSystem>& file_systems,
    SimCloud& cloud,
    const Clock& clock);

}  // namespace spillway
