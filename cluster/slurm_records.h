// SPDX-License-Identifier: GPL-2.0-or-later
//
// libslurm's records -> our values; private to cluster/.
#pragma once

#include <slurm/slurm.h>
#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "core/world.h"
#include "lib/result.h"

namespace spillway {

// Names of users by number; asks the system once for each, and only where Slurm gave no name.
class UserNames {
 public:
  [[nodiscard]] const std::string& name_of(uid_t user);

 private:
  std::map<uid_t, std::string> names_;
};

[[nodiscard]] std::map<std::uint32_t, Job> make_jobs(const job_info_msg_t& message,
                                                     UserNames& users);
[[nodiscard]] std::map<std::string, Node> make_nodes(const node_info_msg_t& message);
// Errors: kProtocol, a partition's node list cannot be read.
[[nodiscard]] Result<std::map<std::string, Partition>> make_partitions(
    const partition_info_msg_t& message);

[[nodiscard]] Controllers make_controllers(const slurm_conf_t& conf);

// How many tasks "1,3,5-9,20-40:5%2" names: what stands before '%' counts. A text that Slurm cut
// short ("1-99,...") counts as far as it goes.
[[nodiscard]] std::uint32_t count_array_tasks(std::string_view tasks);

}  // namespace spillway
