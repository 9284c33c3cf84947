// SPDX-License-Identifier: GPL-2.0-or-later
//
// What is read of a slurm.conf must be consistent: every node is found on the line that names it.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "cluster/slurm_conf.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto conf = spillway::parse_slurm_conf(text, "slurm.conf");
  if (!conf) return 0;
  for (const auto& [node, index] : conf->node_index) {
    const auto* line = conf->find_node(node);
    if (line == nullptr || line->line < 1) std::abort();
    if (std::find(line->names.begin(), line->names.end(), node) == line->names.end()) std::abort();
  }
  for (const auto& partition : conf->partitions) {
    if (conf->find_partition(partition.names.at(0)) == nullptr) std::abort();
    static_cast<void>(conf->nodes_of(partition));
  }
  return 0;
}
