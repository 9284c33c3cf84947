// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <optional>
#include <string>

#include "lib/result.h"
#include "sim/cloud.h"

namespace spillway {

// Where the machine's user-data stands as a script, under its root; as cloud-init does it.
constexpr const char* kUserDataScript = "/var/lib/cloud/instance/scripts/part-001";

// Makes the machine's folder as a cloud would make its disk for the first boot: `folder`/user-data
// as it was ordered, and in `folder`/`root` the simulated hardware, and user-data as a script if it
// is one; cloud-config and the like are kept and not understood. Errors: kIo.
[[nodiscard]] Status write_machine_image(const std::string& folder,
                                         const std::string& root,
                                         const SimMachine& machine,
                                         std::optional<int> node_gpus);

}  // namespace spillway
