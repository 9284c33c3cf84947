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
  int machines = 0;                           // of the first task, to be rented
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
  [[nodiscard]] std::string find_misfit(const Need& need, const std::string& partition);
  // REQUIRES: a pool could have it.
  [[nodiscard]] Search find(const Need& need, const std::string& partition, int tasks);
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
  // The cheapest for the need, whatever is spoken for.
  [[nodiscard]] std::optional<Ranked> quote(const Need& need,
                                            const Pool& pool,
                                            const std::optional<OfferId>& fabric) const;
  [[nodiscard]] int count_missing(const Permission& permission) const;  // nodes without a machine
  [[nodiscard]] const Survey& survey_of(const Pool& pool) const;
  [[nodiscard]] std::string misfit_of(const Pool& pool,
                                      const Need& sized,
                                      const std::string& partition) const;
  [[nodiscard]] std::vector<std::string> tell_instead(const Need& need,
                                                      const std::string& partition,
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
                   Search& search) const;
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
  // By the need's signature. What finds no place finds none after more was taken.
  std::map<std::string, Search> hopeless_;
  std::map<std::string, std::string> misfits_;
};

}  // namespace spillway
