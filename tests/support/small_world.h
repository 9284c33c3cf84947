// SPDX-License-Identifier: GPL-2.0-or-later
//
// A cluster small enough to hold in one's head: pool h100 of four nodes in partition gpu, one
// cloud (more when they are added), and a turn of the broker's decisions at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/decide.h"
#include "core/draft.h"
#include "core/outcomes.h"
#include "core/plan.h"

namespace spillway {

class SmallWorld {
 public:
  explicit SmallWorld(int nodes = 4);

  // Another provider behind the pool, with one offer.
  Offer& add_cloud(const std::string& name,
                   std::int64_t cents,
                   const std::string& fabric = "ethernet");

  // What is seen.
  Job& add_pending_job(std::uint32_t id, int nodes, std::chrono::seconds waiting);
  void start_job(std::uint32_t id, const std::string& nodes);
  Node& node(const std::string& name) { return slurm.nodes.at(name); }
  Offer& offer(std::size_t index) { return providers.at("lambda").offers.at(index); }
  std::int64_t request(RequestKind kind, const std::string& nodes, std::uint32_t job = 0);
  // A call of ResumeProgram for some of the job's nodes; Slurm names all of them, unless empty.
  void request_part(std::uint32_t job, const std::string& nodes, const std::string& allocation);
  void show(const std::vector<CloudMachine>& machines, const std::string& provider = "lambda");
  [[nodiscard]] CloudMachine cloud_machine(const std::string& id,
                                           const CallOrder& call,
                                           CloudState state) const;

  // What happens.
  Plan turn(std::chrono::seconds later = std::chrono::seconds(1));
  void accept(const CallOrder& call, const std::vector<std::string>& ids);
  void refuse(const CallOrder& call, ErrorCode code, const std::string& words);
  void accept_release(const CallRelease& call);
  void refuse_release(const CallRelease& call, const std::string& words);

  [[nodiscard]] const Machine& only_machine() const;
  [[nodiscard]] const Machine* machine_on(const std::string& node) const;
  [[nodiscard]] bool was_said(const std::string& kind) const;

  Config config;
  TimePoint now;
  Books books;
  SlurmView slurm;
  bool slurm_known = true;
  bool vpn_is_up = true;
  std::string vpn_trouble;
  bool slurm_is_read = true;  // anew before each turn
  std::map<std::string, ProviderView> providers;
  std::map<std::int64_t, ParsedRequest> parsed;
  Sightings sightings;
  Money spent_this_month;
  std::vector<Event> events;
  std::vector<Machine> ended;  // machines that left the books

 private:
  void keep(Draft& draft);
  void power_down(const std::string& nodes);
  std::int64_t next_request_ = 1;
};

}  // namespace spillway
