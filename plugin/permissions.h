// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/decisions.h"
#include "lib/result.h"
#include "plugin/node_set.h"

namespace spillway {

// One decisions file, in terms of slurmctld's memory: job records and sets of nodes.
class Permissions {
 public:
  // Errors: kInvalid when `cloud` is no host list; Slurm would only log that, and know no cloud
  // node.
  [[nodiscard]] static Result<Permissions> from(const Decisions& decisions);

  // Every cloud node, as a set that fits `like`; NULL when there is none.
  [[nodiscard]] const spillway_nodes_t* cloud_nodes(const spillway_nodes_t* like);

  // The sets that the job of this record may use, in the order to try; none without a permission.
  [[nodiscard]] std::vector<NodeSet*> sets_of(const void* record);

  // Finds the jobs' records again: Slurm makes a new one for what remains of a job array.
  void find_records();

  // Takes over what `older` has looked up already and still is the same.
  void inherit(Permissions& older);

  void forget_nodes();

  [[nodiscard]] std::size_t job_count() const { return jobs_.size(); }
  [[nodiscard]] bool is_current(std::int64_t now) const;
  [[nodiscard]] std::int64_t written() const { return written_; }
  [[nodiscard]] std::int64_t valid_for() const { return valid_for_; }

 private:
  struct Job {
    std::uint32_t id = 0;
    std::vector<std::size_t> sets;  // places in sets_
  };

  explicit Permissions(const Decisions& decisions);

  std::int64_t written_;
  std::int64_t valid_for_;
  NodeSet cloud_;
  std::vector<NodeSet> sets_;
  std::vector<Job> jobs_;
  std::unordered_map<const void*, std::size_t> job_of_record_;  // places in jobs_
  std::size_t last_asked_ = SIZE_MAX;  // place of the permitted job that was asked about last
};

}  // namespace spillway
