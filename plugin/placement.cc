// SPDX-License-Identifier: GPL-2.0-or-later
#include "plugin/placement.h"

#include <vector>

namespace spillway {
namespace {

// Source: Slurm's src/common/slurm_protocol_defs.h and select.h, the same from 22.05 to 26.05.
constexpr std::uint16_t kModeBits = 0x00ff;
constexpr std::uint16_t kTestOnly = 1;
constexpr std::uint16_t kWillRun = 2;

constexpr int kSuccess = 0;

int ask_stock(const spillway_question_t& question) {
  return question.ask_stock(question.context);
}

// Puts one question several times, each time with other candidates.
class Attempts {
 public:
  Attempts(const spillway_question_t& question, const spillway_nodes_t* cloud)
      : question_(question), cloud_(cloud), given_(spillway_nodes_copy(question.candidates)) {}

  int without_cloud() {
    spillway_nodes_assign(question_.candidates, given_.get());
    spillway_nodes_remove(question_.candidates, cloud_);
    return ask_stock(question_);
  }

  bool any_of(const std::vector<NodeSet*>& sets) {
    for (NodeSet* set : sets) {
      const spillway_nodes_t* nodes = set->fitting(given_.get());
      if (nodes == nullptr || !spillway_nodes_overlap(given_.get(), nodes)) continue;
      spillway_nodes_assign(question_.candidates, given_.get());
      spillway_nodes_keep(question_.candidates, nodes);
      if (ask_stock(question_) == kSuccess) return true;
    }
    return false;
  }

 private:
  const spillway_question_t& question_;
  const spillway_nodes_t* cloud_;
  Nodes given_;
};

int run_now(const spillway_question_t& question,
            const spillway_nodes_t* cloud,
            const std::vector<NodeSet*>& sets) {
  Attempts attempts(question, cloud);
  const int outcome = attempts.without_cloud();
  if (outcome == kSuccess) return kSuccess;
  const Nodes left(spillway_nodes_copy(question.candidates));
  if (attempts.any_of(sets)) return kSuccess;
  spillway_nodes_assign(question.candidates, left.get());
  return outcome;
}

int will_run(const spillway_question_t& question,
             const spillway_nodes_t* cloud,
             const std::vector<NodeSet*>& sets) {
  Attempts attempts(question, cloud);
  return attempts.any_of(sets) ? kSuccess : attempts.without_cloud();
}

}  // namespace

int place(Watch& watch, const spillway_question_t& question) {
  const std::uint16_t mode = question.mode & kModeBits;
  if (mode == kTestOnly) return ask_stock(question);
  watch.refresh();
  Permissions* permissions = watch.known();
  const spillway_nodes_t* cloud =
      permissions == nullptr ? nullptr : permissions->cloud_nodes(question.candidates);
  if (cloud == nullptr || !spillway_nodes_overlap(question.candidates, cloud)) {
    return ask_stock(question);
  }
  std::vector<NodeSet*> sets;
  if (watch.is_permitting()) sets = permissions->sets_of(question.job);
  if (sets.empty()) {
    spillway_nodes_remove(question.candidates, cloud);
    return ask_stock(question);
  }
  return mode == kWillRun ? will_run(question, cloud, sets) : run_now(question, cloud, sets);
}

}  // namespace spillway
