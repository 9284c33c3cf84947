// SPDX-License-Identifier: GPL-2.0-or-later
//
// The head node: the real broker on a ledger, turned as broker/daemon.cc turns it, killed and
// started again; and the power-save programs, which write the same ledger.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "broker/broker.h"
#include "sim/sim_slurm.h"
#include "tests/simulation/disk_ledger.h"
#include "tests/simulation/memory_ledger.h"
#include "tests/simulation/saboteur.h"
#include "tests/simulation/scene.h"

namespace spillway::simulation {

// What the broker is connected to.
struct Wires {
  std::function<void()> start;  // the lanes' threads begin
  std::function<void()> stop;   // and are gone
  std::function<void(OrderCommand)> order;
  std::function<void(ReleaseCommand)> release;
  std::function<void(SlurmBatch)> change_slurm;
  std::function<void(const std::string&)> write_decisions;
};

class HeadNode {
 public:
  // The scene must outlive it.
  HeadNode(Scene& scene, Wires wires);
  HeadNode(const HeadNode&) = delete;
  HeadNode& operator=(const HeadNode&) = delete;

  void start_broker();
  void kill_broker(milliseconds down_for);
  void fill_disk(milliseconds length) { full_until_ = scene_.clock.now() + length; }

  // Word for the broker, if it lives: from the lanes, and from machines. Nothing: no answer.
  void post(Observation observation);
  [[nodiscard]] std::optional<Result<JoinReply>> join(const Secret& token,
                                                      const std::string& address);
  [[nodiscard]] std::optional<Status> ready(const Secret& token, const std::string& address);
  [[nodiscard]] std::optional<Status> unhealthy(const Secret& token, const std::string& address);
  // A power-save program runs: it writes the ledger, or does not.
  void append(const SimPowerCall& call);
  // An admin asks that all providers are tried again.
  void retry_all();

  [[nodiscard]] int turns() const { return turns_; }
  [[nodiscard]] bool broker_lives() const { return broker_ != nullptr; }
  [[nodiscard]] const Broker* broker() const { return broker_.get(); }
  [[nodiscard]] const MemoryLedger& ledger() const { return ledger_; }
  // How the ledger on the disk differs from what it was told to keep; empty when it does not.
  [[nodiscard]] std::string disk_trouble() const { return disk_ ? disk_->difference() : ""; }

 private:
  [[nodiscard]] CommitFate next_fate();
  [[nodiscard]] Ledger& ledger_in_use();
  // After a step of the broker: the host may have died in it.
  bool survived();
  void wake();
  void turn();
  void carry_out(Dispatch dispatch);
  void note_events();
  void note_told(const Observation& observation);

  Scene& scene_;
  Wires wires_;
  Config config_;
  Saboteur saboteur_;
  MemoryLedger ledger_;
  std::optional<DiskLedger> disk_;  // where the plan has it: its truth is ledger_
  JoinTokens tokens_;
  std::unique_ptr<Broker> broker_;
  int life_ = 0;
  int turns_ = 0;
  bool turn_set_ = false;
  TimePoint full_until_{};
  milliseconds down_for_{0};  // when a commit killed it
  std::size_t events_noted_ = 0;
};

}  // namespace spillway::simulation
