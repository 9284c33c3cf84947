// SPDX-License-Identifier: GPL-2.0-or-later
//
// Where could a job go now? The pool whose nodes cost the least for it, with idle machines used
// before new ones are ordered, or what stands in its way.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "core/free_nodes.h"
#include "core/plan.h"
#include "core/promises.h"
#include "core/queue.h"
#include "core/ranking.h"

namespace spillway {

struct Placement {
  const Pool* pool = nullptr;
  Need need;                                  // sized for the pool
  int tasks = 1;                              // of an array that it has nodes for
  std::vector<std::string> nodes;             // of all tasks
  bool starts_warm = false;                   // the first task needs no new machine
  int machines = 0;                           // to be rented, of the first task that needs any
  std::optional<Ranked> cheapest;             // for these; nothing when none is to be rented
  std::optional<OfferId> fabric;              // all machines must be of this offer
  std::vector<std::pair<Offer, int>> rented;  // of all tasks
  std::vector<Excluded> passed_over;          // behind the pool, for the first task
  std::vector<std::string> instead;           // the same and the other pools' offers, in words
};

enum class Hindrance { kNoPool, kNoNodes, kNoOffer, kCap };

struct Search {
  std::optional<Placement> found;
  Hindrance hindrance = Hindrance::kNoPool;  // the last one to fall, when nothing was found
  std::string why;                           // in words, without a clock
  std::vector<std::string> instead;          // what was not taken, and why
};

class Placer {
 public:
  // All must outlive it. REQUIRES: slurm is known.
  Placer(const Picture& picture, const Books& books);

  // Why no pool could ever have it, whatever is free or offered; empty when one could.
  [[nodiscard]] const std::string& find_misfit(const Need& need, const std::string& partition);
  [[nodiscard]] Search find(const Need& need, const std::string& partition, int tasks);
  // Nodes for more tasks of an array, beside those of its permission: of the same pool and fabric.
  [[nodiscard]] std::optional<Placement> find_more(const Permission& permission,
                                                   const Need& need,
                                                   const std::string& partition,
                                                   int tasks) const;
  // Its nodes and machines are spoken for.
  void take(const Placement& placement);

  // A standing permission as it would be given now: the machines that it still waits for are spoken
  // for. `part` is its job, nullptr when that no longer pends. REQUIRES: its pool is configured.
  Placement stand(const Permission& permission,
                  const QueuedPart* part,
                  const std::string& partition);

 private:
  struct Choice {
    std::optional<Ranked> place;
    std::string why;
    Hindrance hindrance = Hindrance::kNoOffer;
    std::vector<Excluded> passed_over;
  };
  // What was found out of needs that are alike.
  struct Known {
    std::vector<const Pool*> pools;  // that could have it
    std::string misfit;              // why none could
    std::optional<Search> hopeless;  // nothing was found, and more has been taken since
  };
  Known& know(const Need& need, const std::string& partition);
  // The cheapest for the need, whatever is spoken for.
  [[nodiscard]] std::optional<Ranked> quote(const Need& need,
                                            const Pool& pool,
                                            const std::optional<OfferId>& fabric) const;
  [[nodiscard]] const Survey& survey_of(const Pool& pool) const;
  [[nodiscard]] std::string misfit_of(const Pool& pool,
                                      const Need& sized,
                                      const std::string& partition) const;
  // What was not taken behind the pools that could have the need, and why.
  [[nodiscard]] std::vector<std::string> tell_instead(const Need& need,
                                                      const std::vector<const Pool*>& pools,
                                                      const Placement* found) const;
  [[nodiscard]] Choice choose_offer(const Need& need,
                                    const Pool& pool,
                                    int machines,
                                    const std::optional<OfferId>& fabric,
                                    const Promises& promises) const;
  void search_pool(const Pool& pool,
                   const Need& sized,
                   const std::string& partition,
                   int tasks,
                   Search& search,
                   const std::optional<OfferId>& only_fabric) const;
  [[nodiscard]] std::optional<Placement> place(const Pool& pool,
                                               const Need& sized,
                                               const std::vector<FreeNode>& free,
                                               const std::optional<OfferId>& fabric,
                                               int tasks,
                                               Choice& last) const;

  const Config& config_;
  const Books& books_;
  TimePoint now_;
  std::vector<Offer> offers_;
  std::vector<Survey> surveys_;  // as the pools in config
  FreeNodes free_;
  Promises promises_;
  std::unordered_set<std::string> held_;  // nodes with a machine
  std::map<std::string, Known> known_;    // by the need's signature
};

}  // namespace spillway
