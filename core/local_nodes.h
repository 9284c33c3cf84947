// SPDX-License-Identifier: GPL-2.0-or-later
//
// The cluster's own nodes, by partition and kind: could they ever run a job?
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/need.h"
#include "core/world.h"

namespace spillway {

class LocalNodes {
 public:
  explicit LocalNodes(const SlurmView& slurm);

  // Enough nodes of `partition` that fit, whatever they do now, and those that the need names among
  // them; a node that is down may come back.
  [[nodiscard]] bool could_run(const Need& need, const std::string& partition) const;

 private:
  struct Kind {
    Shape shape;  // `infiniband` from the node's features
    std::string features;
    std::vector<std::string> nodes;
  };

  static bool has_all_named(const std::vector<Kind>& kinds, const Need& need);

  std::map<std::string, std::vector<Kind>> kinds_;  // by partition
};

// "gpu:h100:8(S:0-1)" and the like, as Slurm prints a node's gres: the GPUs, all models together,
// and the first model. What is no GPU is passed over.
[[nodiscard]] Shape shape_of(const Node& node);

// Does a feature of the list ("a,b,c") have this name?
[[nodiscard]] bool has_feature(const std::string& features, const std::string& name);

}  // namespace spillway
