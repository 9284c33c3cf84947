// SPDX-License-Identifier: GPL-2.0-or-later
//
// Which nodes of each pool a job could get now: those with a machine that idles first, then those
// that are powered down. Each node is given once.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/books.h"
#include "core/config.h"
#include "core/need.h"
#include "core/world.h"

namespace spillway {

struct FreeNode {
  const Node* node = nullptr;
  std::optional<OfferId> machine;  // the offer of the machine that idles there; nothing: none yet

  [[nodiscard]] bool is_warm() const { return machine.has_value(); }
};

// May the sized need have this node, as Slurm knows it, were it free? An empty text says yes.
[[nodiscard]] std::string misfit(const Need& need, const Node& node);

class FreeNodes {
 public:
  // `config`, `books` and `slurm` must outlive it.
  FreeNodes(const Config& config, const Books& books, const SlurmView& slurm);

  // The nodes of the pool that the need may have, warm ones first, at most `at_most`; for a gang on
  // one fabric the warm ones of `fabric` alone. None when those it names are not among them.
  [[nodiscard]] std::vector<FreeNode> find(const Pool& pool,
                                           const Need& need,
                                           const std::string& partition,
                                           std::size_t at_most,
                                           const std::optional<OfferId>& fabric) const;
  // Why the pool could not have the sized need in `partition` if all its nodes were free; empty
  // when it could.
  [[nodiscard]] std::string misfit(const Pool& pool,
                                   const Need& need,
                                   const std::string& partition) const;
  // The offers of the pool's warm nodes.
  [[nodiscard]] std::set<OfferId> warm_offers(const Pool& pool) const;

  void take(const Pool& pool, const std::vector<std::string>& nodes);

 private:
  struct PoolNodes {
    std::vector<FreeNode> nodes;            // warm ones first
    std::map<std::string, int> partitions;  // that are up, with how many of the pool's nodes
    std::vector<const Node*> kinds;         // one of each that Slurm takes for alike
  };
  [[nodiscard]] const PoolNodes& of(const Pool& pool) const;

  const Config& config_;
  std::vector<PoolNodes> pools_;                                       // as in config
  std::map<std::string, std::set<std::string, std::less<>>> members_;  // of partitions
};

}  // namespace spillway
