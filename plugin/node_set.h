// SPDX-License-Identifier: GPL-2.0-or-later
#pragma once

#include <memory>
#include <string>

#include "plugin/seam.h"

namespace spillway {

struct FreesNodes {
  void operator()(spillway_nodes_t* nodes) const { spillway_nodes_free(nodes); }
};
using Nodes = std::unique_ptr<spillway_nodes_t, FreesNodes>;

// A host list whose nodes Slurm looks up when they are first needed.
class NodeSet {
 public:
  explicit NodeSet(std::string hostlist) : hostlist_(std::move(hostlist)) {}

  [[nodiscard]] const std::string& hostlist() const { return hostlist_; }

  // Its nodes as a set that fits `like`, or NULL when Slurm cannot make one.
  [[nodiscard]] const spillway_nodes_t* fitting(const spillway_nodes_t* like);

  // Slurm numbers its nodes anew: look them up again.
  void forget() { nodes_.reset(); }

 private:
  std::string hostlist_;
  Nodes nodes_;
};

}  // namespace spillway
