// SPDX-License-Identifier: GPL-2.0-or-later
//
// Slurm as the broker sees it: one reading, and the few changes that we ask for. The interface is
// free of libslurm, so that tests and simulations stand in for it.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/world.h"
#include "lib/result.h"
#include "lib/time.h"

namespace spillway {

struct NodeAddress {
  std::string node;
  std::string address;
};

class Slurm {
 public:
  virtual ~Slurm() = default;

  // Jobs, nodes and partitions now. Sends the update times of the last reading, so that slurmctld
  // answers "no change" cheaply; a part that did not change is given again from memory.
  // Errors: kTransient (slurmctld does not answer), kProtocol, kUnauthorized.
  [[nodiscard]] virtual Result<SlurmView> observe() = 0;

  // Sets NodeAddr and NodeHostName pairwise, in one call for all. NodeHostName becomes the node's
  // name. Errors: kTransient, kInvalid, kNotFound, kUnauthorized.
  [[nodiscard]] virtual Status set_addresses(const std::vector<NodeAddress>& addresses) = 0;

  // state=down with `reason`, then power_down (in that order: jobs are requeued, a node that is
  // powering up is given up). `nodes` is a host list expression.
  [[nodiscard]] virtual Status down_and_power_down(const std::string& nodes,
                                                   const std::string& reason) = 0;

  // state=resume: ends POWERING_DOWN early, and takes DOWN off.
  [[nodiscard]] virtual Status resume(const std::string& nodes) = 0;

  // state=idle: sets the idle clock of idle nodes back (node_mgr.c: update_node writes last_busy).
  // slurmctld refuses it of a node that a job got meanwhile.
  [[nodiscard]] virtual Status keep_idle(const std::string& nodes) = 0;

  // Replaces the job's AdminComment.
  [[nodiscard]] virtual Status set_admin_comment(std::uint32_t job, const std::string& comment) = 0;
};

// Slurm through libslurm, as configured by SLURM_CONF or the default place. Not thread-safe.
// Errors: kInvalid when the configuration cannot be read, or libslurm's release is not the one that
// this program was built for.
[[nodiscard]] Result<std::unique_ptr<Slurm>> make_libslurm();

// What slurmctld runs with; slurm.conf may say otherwise by now.
struct RunningSlurm {
  std::string version;                         // "22.05.8"
  std::map<std::string, std::string> options;  // that Spillway lives by, "SelectType" and so on
};

// REQUIRES: a value of make_libslurm() is alive. Errors: those of Slurm::observe().
[[nodiscard]] Result<RunningSlurm> ask_running_slurm();

// One job, and nothing else, as slurmctld tells it now; of an array the tasks that wait, if any do.
// REQUIRES: a value of make_libslurm() is alive. Errors: kNotFound; those of Slurm::observe().
[[nodiscard]] Result<Job> ask_job(std::uint32_t id);

// "22.05.8": the release of the headers this was built with.
[[nodiscard]] const char* built_slurm_version();

}  // namespace spillway
