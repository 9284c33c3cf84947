// SPDX-License-Identifier: GPL-2.0-or-later
//
// The hardware of a simulated machine, as far as software asks for it: stand-ins for the programs
// that tell of it, and files as the kernel shows them.
//
// What a machine's software may ask: nvidia-smi for the names and memories of its GPUs and for
// their uncorrected ECC errors, dmesg for the driver's errors (XID), date for the clock, sysfs for
// the ports of InfiniBand.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "sim/cloud.h"

namespace spillway {

struct ImageFile {
  std::string path;  // below the machine's root
  std::string text;
  mode_t mode = 0644;
};

// `node_gpus`: how many GPUs it finds in itself, whatever its type promises; its own fault decides
// before that.
[[nodiscard]] std::vector<ImageFile> simulated_hardware(const SimMachine& machine,
                                                        std::optional<int> node_gpus);

}  // namespace spillway
