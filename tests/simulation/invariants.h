// SPDX-License-Identifier: GPL-2.0-or-later
//
// What must always hold (ARCHITECTURE.md), each as a function that tells in one line how it is
// broken, or gives an empty text.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/simulation/site.h"

namespace spillway::simulation {

// At a moment.
[[nodiscard]] std::string intents_precede_orders(const MemoryLedger& ledger, const OrderSpec& spec);
[[nodiscard]] std::string only_our_machines_are_released(const MemoryLedger& ledger,
                                                         const SimMachine& machine);
// What slurmctld starts while a release is on its way, nobody can help.
[[nodiscard]] std::string no_running_job_loses_its_machine(const Site& site,
                                                           const std::string& machine,
                                                           TimePoint known_at);
[[nodiscard]] std::string gangs_start_whole(const Site& site, const SimSlurmJob& job);
[[nodiscard]] std::string a_node_has_one_machine(const Books& books);
[[nodiscard]] std::string caps_hold(const Books& books, const Limits& limits);
// In the clouds, where none has carried out an order that was to have had no effect, or denied a
// machine in two lists; and where no step of the clock made lists look late enough to show it.
[[nodiscard]] std::string clouds_hold_caps(const Site& site);
[[nodiscard]] std::string permissions_do_not_overlap(const Books& books);

// At the end.
[[nodiscard]] std::string every_machine_is_explained(const Site& site,
                                                     const std::set<std::string>& shown);

// Those that watch a whole run.
class Invariants final : public CloudWatcher, public SlurmWatcher {
 public:
  // The scene must outlive it.
  explicit Invariants(Scene& scene) : scene_(scene) {}
  // REQUIRES: called before the run begins. The site must outlive it.
  void watch(const Site& site) { site_ = &site; }

  void before_order(int cloud, const OrderSpec& spec) override;
  void before_release(int cloud, const std::string& id, TimePoint known_at) override;
  void after_list(int cloud, const std::vector<CloudMachine>& machines) override;
  void before_resume(const std::string& node) override;
  void after_start(const SimSlurmJob& job) override;
  // An admin takes a node out of use.
  void after_drain(const std::string& node) { drained_[node] = scene_.clock.now(); }

  void check_now();
  void check_at_end();

 private:
  void check(const char* invariant, const std::string& trouble);
  void check_that_billing_machines_are_wanted();
  [[nodiscard]] bool is_wanted(const Machine* row) const;

  Scene& scene_;
  const Site* site_ = nullptr;
  std::set<std::string> shown_;  // machines that the broker could have seen in a list
  std::map<std::string, TimePoint> drained_;
  std::map<std::string, TimePoint> unwanted_;  // machines, since when
};

}  // namespace spillway::simulation
