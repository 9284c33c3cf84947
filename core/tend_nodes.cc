// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <utility>

#include "core/comment.h"
#include "core/gang.h"
#include "core/hostlist.h"
#include "core/ranking.h"
#include "core/steps.h"
#include "core/tell.h"

namespace spillway {
namespace {

using std::chrono::seconds;

constexpr std::size_t kCommentsAtOnce = 20;
constexpr seconds kAloneGrace{30};    // POWERING_UP without a request: its call may be on its way
constexpr seconds kGivenUpGrace{60};  // a machine whose node Slurm no longer waits for

bool is_allocated(const Node& node) {
  return node.base == NodeBase::kAllocated || node.base == NodeBase::kMixed;
}

// Slurm waits for the node's machine, or uses it.
bool is_expected(const Node& node) {
  if (node.powering_up || is_allocated(node)) return true;
  return !node.powered_down && !node.powering_down;
}

// By us, or by Slurm itself for a machine that did not come or was lost; not by an admin.
bool is_down_for_its_machine(const Node& node) {
  return node.base == NodeBase::kDown &&
         (node.reason.starts_with("spillway:") || node.reason.starts_with("Not responding") ||
          node.reason.find("ResumeTimeout reached") != std::string::npos);
}

const Node* find_node(const SlurmView& slurm, const std::string& name) {
  const auto found = slurm.nodes.find(name);
  return found == slurm.nodes.end() ? nullptr : &found->second;
}

// Since when `key` has been seen; the clock starts at the first call.
TimePoint seen_since(std::map<std::string, TimePoint>& sightings,
                     const std::string& key,
                     TimePoint now) {
  return sightings.emplace(key, now).first->second;
}

std::set<std::string> requested_nodes(const Picture& picture, const Books& books) {
  std::set<std::string> nodes;
  for (const auto& [id, request] : books.requests) {
    const auto parsed = picture.parsed.find(id);
    if (parsed == picture.parsed.end()) continue;
    nodes.insert(parsed->second.nodes.begin(), parsed->second.nodes.end());
  }
  return nodes;
}

void tend_address(const Machine& machine, const Node& node, Plan& plan) {
  const bool has_joined =
      machine.state == MachineState::kJoined || machine.state == MachineState::kReady;
  if (!has_joined || machine.address.empty() || node.address == machine.address) return;
  plan.addresses.push_back({machine.node, machine.address});
}

void tend_lost(Draft& draft, Machine machine, const Node* node) {
  if (node != nullptr && is_expected(*node)) {
    draft.send_back(machine.node, "spillway: the machine was lost");
    return;
  }
  draft.happen(machine, MachineEvent::kGone);
}

void tend_given_up(Draft& draft, const Machine& machine, const Node* node, Sightings& sightings) {
  const bool is_live =
      machine.state == MachineState::kWanted || machine.state == MachineState::kOrdered ||
      machine.state == MachineState::kBooting || machine.state == MachineState::kJoined ||
      machine.state == MachineState::kReady;
  if (!is_live || machine.unwanted || (node != nullptr && is_expected(*node))) {
    sightings.given_up.erase(machine.node);
    return;
  }
  if (draft.now() < seen_since(sightings.given_up, machine.node, draft.now()) + kGivenUpGrace)
    return;
  sightings.given_up.erase(machine.node);
  release_machine(draft, machine, "Slurm no longer waits for the node");
}

void tend_machines(Draft& draft, const SlurmView& slurm, Sightings& sightings, Plan& plan) {
  const auto machines = draft.books().machines;  // a copy: releases change the books
  for (const auto& [id, machine] : machines) {
    if (machine.node.empty() || facts_of(machine.state).is_final) continue;
    const auto* node = find_node(slurm, machine.node);
    if (machine.state == MachineState::kLost) {
      tend_lost(draft, machine, node);
      continue;
    }
    if (node != nullptr) tend_address(machine, *node, plan);
    tend_given_up(draft, machine, node, sightings);
  }
}

// Powers up, and nobody asked us: ResumeProgram could not write the ledger, or its request was
// answered in an earlier life.
void tend_alone(Draft& draft,
                const Node& node,
                const std::set<std::string>& requested,
                Sightings& sightings) {
  const bool alone =
      node.powering_up && draft.holder_of(node.name) == nullptr && !requested.contains(node.name);
  if (!alone) {
    sightings.powering_up_alone.erase(node.name);
    return;
  }
  if (draft.books().send_back.contains(node.name)) return;
  const auto since = seen_since(sightings.powering_up_alone, node.name, draft.now());
  if (draft.now() < since + kAloneGrace) return;
  draft.send_back(node.name, "spillway: no machine was ordered for the node");
}

void tend_send_backs(Draft& draft, const SlurmView& slurm, Plan& plan) {
  std::map<std::string, std::vector<std::string>> by_reason;
  const auto send_backs = draft.books().send_back;
  for (const auto& [name, reason] : send_backs) {
    const auto* node = find_node(slurm, name);
    if (node == nullptr || !is_expected(*node) || node->base == NodeBase::kDown) {
      draft.sent_back(name);
    } else {
      by_reason[reason].push_back(name);
    }
  }
  for (auto& [reason, nodes] : by_reason)
    plan.send_backs.push_back({std::move(nodes), reason});
}

// A node that we set down keeps its reason to be read until its pool may be ordered for again:
// until the first of its offers is out of its cool-down.
bool pool_cools_down(const Draft& draft, const Picture& picture, const Pool& pool) {
  std::vector<Offer> offers;
  for (const auto& [name, view] : picture.providers)
    offers.insert(offers.end(), view.offers.begin(), view.offers.end());
  const auto survey =
      survey_offers(pool, Market{offers, picture.config, draft.books().cooldowns, picture.now});
  return survey.usable.empty() &&
         std::any_of(survey.excluded.begin(), survey.excluded.end(), [](const auto& excluded) {
           return excluded.until.has_value();
         });
}

// Its machine is gone: back into use, without waiting for the rest of SuspendTimeout.
void tend_return(
    const Draft& draft, const Picture& picture, const Node& node, const Pool& pool, Plan& plan) {
  const bool set_down = is_down_for_its_machine(node);
  const bool returns = node.powering_down || (set_down && node.powered_down);
  if (!returns || draft.holder_of(node.name) != nullptr) return;
  if (node.base == NodeBase::kDown && (!set_down || pool_cools_down(draft, picture, pool))) return;
  if (node.draining || is_allocated(node))
    return;  // an admin's drain survives; state=resume ends it
  if (node.address != node.name) plan.addresses.push_back({node.name, node.name});
  plan.resumes.push_back(node.name);
}

// Each write takes slurmctld's job lock: a few at a time, and first of the jobs that something
// happens to.
void tend_comments(Draft& draft, const SlurmView& slurm, Plan& plan) {
  std::vector<CommentChange> of_waiting;
  const auto comments = draft.books().comments;
  for (const auto& [id, text] : comments) {
    const auto job = slurm.jobs.find(id);
    // slurmctld takes no change to a job that has ended.
    if (job == slurm.jobs.end() || job->second.state == JobState::kOther) {
      draft.forget_comment(id);
      continue;
    }
    auto& changes = text.starts_with(kWaitsForLocalNodes) ? of_waiting : plan.comments;
    const auto& now = job->second.admin_comment;
    if (changes.size() == kCommentsAtOnce || (!text.empty() && now.ends_with(text))) continue;
    auto merged = merge_comment(now, text);
    if (merged != now) changes.push_back({id, std::move(merged)});
  }
  for (auto& change : of_waiting) {
    if (plan.comments.size() == kCommentsAtOnce) return;
    plan.comments.push_back(std::move(change));
  }
}

}  // namespace

void tend_nodes(Draft& draft, const Picture& picture, Sightings& sightings, Plan& plan) {
  if (picture.slurm == nullptr || !picture.slurm_is_new) return;
  const auto& slurm = *picture.slurm;
  tend_machines(draft, slurm, sightings, plan);
  const auto requested = requested_nodes(picture, draft.books());
  for (const auto& pool : picture.config.pools) {
    for (const auto& name : pool.nodes) {
      const auto* node = find_node(slurm, name);
      if (node == nullptr) continue;
      tend_alone(draft, *node, requested, sightings);
      if (!requested.contains(name)) tend_return(draft, picture, *node, pool, plan);
    }
  }
  tend_send_backs(draft, slurm, plan);
  tend_comments(draft, slurm, plan);
}

}  // namespace spillway
