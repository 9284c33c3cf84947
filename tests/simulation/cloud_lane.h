// SPDX-License-Identifier: GPL-2.0-or-later
//
// A provider's lane on virtual time, as broker/provider_lane.cc has it with a thread: calls one
// after the other, orders and releases before the regular questions. Between a call and its answer
// lie two ways of the network and the cloud, and on each of them things go wrong.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "broker/observation.h"
#include "sim/cloud.h"
#include "sim/faults.h"
#include "sim/provider.h"
#include "tests/simulation/scene.h"

namespace spillway::simulation {

// Told when something happens in a cloud, faults or not.
class CloudWatcher {
 public:
  virtual ~CloudWatcher() = default;
  virtual void before_order(int cloud, const OrderSpec& spec) = 0;
  // The broker has asked for it, now or before, by what it knew of Slurm at `known_at`: a job that
  // started later cannot be helped.
  virtual void before_release(int cloud, const std::string& id, TimePoint known_at) = 0;
  // The broker gets a true list of all machines that there are.
  virtual void after_list(int cloud, const std::vector<CloudMachine>& machines) = 0;
};

class CloudLane {
 public:
  using Post = std::function<void(Observation)>;

  // All must outlive it.
  CloudLane(Scene& scene, int number, CloudWatcher& watcher, Post post);
  CloudLane(const CloudLane&) = delete;
  CloudLane& operator=(const CloudLane&) = delete;

  // The life of the broker's process.
  void start();
  void stop();
  void order(OrderCommand command);
  void release(ReleaseCommand command);

  [[nodiscard]] SimCloud& cloud() { return cloud_; }
  [[nodiscard]] const SimCloud& cloud() const { return cloud_; }
  [[nodiscard]] SimFaults& faults() { return faults_; }
  void begin_outage(milliseconds length) { out_until_ = scene_.clock.now() + length; }
  void sell_out();
  void restock();

 private:
  enum class Question { kOffers, kMachines };
  using Call = std::variant<OrderCommand, ReleaseCommand, Question>;

  void pump();
  void begin(Call call);
  void arrive(const Call& call, int life);
  void arrive(const OrderCommand& command);
  void arrive(const ReleaseCommand& release);
  void arrive(Question question);
  void order_with_fault(const OrderCommand& command, const Fault& fault);
  void release_with_fault(const ReleaseCommand& release, const Fault& fault);
  [[nodiscard]] bool is_out() const { return scene_.clock.now() < out_until_; }
  [[nodiscard]] Error no_answer() const;
  [[nodiscard]] Result<Ordered> carry_out(const OrderCommand& command);
  [[nodiscard]] Result<Released> carry_out(const ReleaseCommand& release);
  [[nodiscard]] Result<std::vector<CloudMachine>> list();
  // The call is over: its answer reaches the broker, if that still lives.
  void answer(Observation observation, milliseconds later = milliseconds(0));
  void say(const std::string& what) const;

  Scene& scene_;
  int number_;
  CloudWatcher& watcher_;
  Post post_;
  SimFaults faults_;
  SimCloud cloud_;
  SimProvider provider_;
  std::deque<Call> queue_;
  std::map<std::string, TimePoint> released_by_;  // when Slurm was read last before the first call
  int life_ = 0;                                  // of the broker; odd while it lives
  bool busy_ = false;
  TimePoint begun_at_{};  // the call that is under way, by the host's clock
  bool pump_set_ = false;
  TimePoint offers_due_{};
  TimePoint machines_due_{};
  TimePoint next_order_{};
  TimePoint out_until_{};
  std::map<std::string, std::map<std::string, int>> stock_;  // while sold out
};

}  // namespace spillway::simulation
