// SPDX-License-Identifier: GPL-2.0-or-later
#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <utility>

#include "core/comment.h"
#include "core/cooldown.h"
#include "core/gang.h"
#include "core/hostlist.h"
#include "core/ranking.h"
#include "core/reconcile.h"
#include "core/steps.h"
#include "core/tell.h"
#include "core/vpn.h"

namespace spillway {
namespace {

constexpr std::size_t kCommentsAtOnce = 20;

const Node* find_node(const SlurmView& slurm, const std::string& name) {
  const auto found = slurm.nodes.find(name);
  return found == slurm.nodes.end() ? nullptr : &found->second;
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

std::set<std::string> held_nodes(const Books& books) {
  std::set<std::string> nodes;
  for (const auto& [id, machine] : books.machines) {
    if (facts_of(machine.state).holds_node) nodes.insert(machine.node);
  }
  return nodes;
}

void tend_address(Draft& draft, const Machine& machine, const Node& node, Plan& plan) {
  const bool has_joined =
      machine.state == MachineState::kJoined || machine.state == MachineState::kReady;
  const auto& address = node_address(machine);
  if (!has_joined || address.empty() || node.address == address) return;
  plan.addresses.push_back({machine.node, address});
  // From 23.11 a registration sets NodeAddr to where it came from.
  if (machine.state != MachineState::kReady || node.address == node.name) return;
  Event event;
  event.kind = "address";
  event.node = node.name;
  event.text = "Slurm had " + node.address + " for " + address +
               ": is there address translation between the machine and slurmctld?";
  draft.say(std::move(event));
}

// The machine came up after the last one of its offer that did not: those failures are over.
void tend_success(Draft& draft, const Machine& machine, const Node& node) {
  const bool is_up = !node.powering_up && !node.powered_down && !node.powering_down &&
                     node.base != NodeBase::kDown && machine.state == MachineState::kReady;
  const auto* lease = is_up ? draft.find_lease(machine.lease) : nullptr;
  if (lease == nullptr) return;
  const auto failed = draft.books().cooldowns.find(lease->offer);
  if (failed == draft.books().cooldowns.end() || failed->second.failures == 0) return;
  if (machine.state_since > failed->second.refused_at) note_boot_success(draft, lease->offer);
}

// Once: the first reason tells most.
void send_back(Draft& draft, const std::string& node, const MendRow& row) {
  if (draft.books().send_back.contains(node)) return;
  draft.send_back(node, std::string("spillway: ") + row.why);
  Event event;
  event.kind = "send-back";
  event.node = node;
  event.text = row.why;
  draft.say(std::move(event));
}

void tend_machine(
    Draft& draft, const Picture& picture, Machine machine, Sightings& sightings, Plan& plan) {
  const auto* node = find_node(*picture.slurm, machine.node);
  if (node != nullptr) {
    tend_address(draft, machine, *node, plan);
    tend_success(draft, machine, *node);
  }
  const auto& timing = picture.config.timing;
  const Sight sight{ledger_side(draft, machine, timing),
                    CloudSide::kNoNews,
                    node == nullptr ? SlurmSide::kNoNode : slurm_side(*node)};
  const auto* row = judge_over_time(sightings.in_slurm, machine.id, sight, picture.now, timing);
  if (row == nullptr) return;
  if (row->mend == Mend::kRelease) release_machine(draft, machine, row->why);
  if (row->mend == Mend::kEnd) draft.happen(machine, MachineEvent::kGone);
  if (row->mend == Mend::kSendBack) send_back(draft, machine.node, *row);
}

void tend_machines(Draft& draft, const Picture& picture, Sightings& sightings, Plan& plan) {
  const auto machines = draft.books().machines;  // a copy: releases change the books
  for (const auto& [id, machine] : machines) {
    if (machine.node.empty() || facts_of(machine.state).is_final) continue;
    tend_machine(draft, picture, machine, sightings, plan);
  }
}

void tend_send_backs(Draft& draft, const SlurmView& slurm, Plan& plan) {
  static constexpr SetOf<SlurmSide> kDone{SlurmSide::kNoNode,
                                          SlurmSide::kDownByAdmin,
                                          SlurmSide::kGoing,
                                          SlurmSide::kKeptGoing,
                                          SlurmSide::kOff,
                                          SlurmSide::kOffDown,
                                          SlurmSide::kKeptOff};
  std::map<std::string, std::vector<std::string>> by_reason;
  const auto send_backs = draft.books().send_back;
  for (const auto& [name, reason] : send_backs) {
    if (kDone.has(slurm_side(&slurm, name))) {
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
  const bool any_in_stock = std::any_of(survey.usable.begin(),
                                        survey.usable.end(),
                                        [](const auto& offer) { return offer.stock != 0; });
  return !any_in_stock &&
         std::any_of(survey.excluded.begin(), survey.excluded.end(), [](const auto& excluded) {
           return excluded.until.has_value();
         });
}

// Back into use, without waiting for the rest of SuspendTimeout.
void tend_return(const Draft& draft, const Picture& picture, const Node& node, Plan& plan) {
  const auto& pool = *picture.config.find_pool_of(node.name);
  // Asked to power down, and Slurm has not begun: the next view shows it.
  if (!node.powering_down && !node.powered_down) return;
  if (node.base == NodeBase::kDown && pool_cools_down(draft, picture, pool)) return;
  if (node.address != node.name) plan.addresses.push_back({node.name, node.name});
  plan.resumes.push_back(node.name);
}

// The pools' nodes that no machine holds.
void tend_free_nodes(Draft& draft, const Picture& picture, Sightings& sightings, Plan& plan) {
  const auto requested = requested_nodes(picture, draft.books());
  const auto held = held_nodes(draft.books());
  for (const auto& [name, pool] : picture.config.pool_of_node) {
    const auto* node = find_node(*picture.slurm, name);
    if (node == nullptr || held.contains(name)) {
      sightings.nodes.erase(name);
      continue;
    }
    const auto ledger = requested.contains(name) ? LedgerSide::kAsked : LedgerSide::kNone;
    const Sight sight{ledger, CloudSide::kNoNews, slurm_side(*node)};
    const auto* row =
        judge_over_time(sightings.nodes, name, sight, picture.now, picture.config.timing);
    if (row == nullptr) continue;
    if (row->mend == Mend::kSendBack) send_back(draft, name, *row);
    if (row->mend == Mend::kReturn) tend_return(draft, picture, *node, plan);
  }
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
  tend_machines(draft, picture, sightings, plan);
  tend_free_nodes(draft, picture, sightings, plan);
  tend_send_backs(draft, slurm, plan);
  tend_comments(draft, slurm, plan);
}

}  // namespace spillway
