// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/simulation/invariants.h"

#include <algorithm>
#include <optional>

#include "tests/simulation/bills.h"
#include "tests/simulation/guests.h"

namespace spillway::simulation {
namespace {

// A drain that is younger may have come after Slurm was read.
constexpr seconds kReadingOfSlurm{30};

bool stands(const Machine& machine) {
  return !machine.unwanted &&
         (machine.state == MachineState::kOrdered || machine.state == MachineState::kBooting ||
          machine.state == MachineState::kJoined || machine.state == MachineState::kReady);
}

const SimMachine* find_machine(const Site& site, const std::string& name) {
  for (std::size_t i = 0; i < site.lanes.size(); ++i) {
    for (const auto& machine : site.lanes[i]->cloud().all()) {
      if (Guests::name_of(static_cast<int>(i), machine.id) == name) return &machine;
    }
  }
  return nullptr;
}

// An order that was carried out twice: where the first machine ended before it had an address, the
// second one may have taken its row over.
bool has_twin(const SimCloud& cloud, const SimMachine& machine) {
  return std::any_of(cloud.all().begin(), cloud.all().end(), [&](const auto& other) {
    return other.id != machine.id && other.order.name == machine.order.name;
  });
}

}  // namespace

std::string intents_precede_orders(const MemoryLedger& ledger, const OrderSpec& spec) {
  const auto lease = ledger.all_leases().find(spec.mark.lease);
  if (lease == ledger.all_leases().end() || lease->second.calls < spec.mark.call)
    return format_mark(spec.mark) + " reaches the cloud, and the ledger does not know of it";
  if (lease->second.offer != spec.offer)
    return format_mark(spec.mark) + " orders " + format_offer_id(spec.offer) +
           ", and the ledger says " + format_offer_id(lease->second.offer);
  return "";
}

std::string only_our_machines_are_released(const MemoryLedger& ledger, const SimMachine& machine) {
  if (is_ours(machine, ledger)) return "";
  return "machine " + machine.id + " (" + machine.order.name + ") is not ours and is released";
}

std::string no_running_job_loses_its_machine(const Site& site,
                                             const std::string& machine,
                                             TimePoint known_at) {
  // Two lists in a row that deny a machine are believed.
  if (site.scene.struck[static_cast<std::size_t>(FaultKind::kListMisses)] > 1) return "";
  const auto& slurm = site.slurm.slurm();
  for (const auto& [name, node] : slurm.nodes()) {
    if (node.slurmd != machine || node.quiet || node.job == 0) continue;
    const bool runs = slurm.jobs().at(node.job).started_at.has_value();
    if (runs && site.scene.started.at(node.job) <= known_at)
      return machine + " is released while job " + std::to_string(node.job) + " runs on " + name;
  }
  return "";
}

std::string gangs_start_whole(const Site& site, const SimSlurmJob& job) {
  const auto who = "job " + std::to_string(job.job.id);
  if (job.nodes.size() < job.job.nodes_min)
    return who + " starts on " + std::to_string(job.nodes.size()) + " nodes";
  std::set<std::string> machines;
  std::set<std::string> fabrics;
  int rented = 0;
  int ghosts = 0;
  for (const auto& name : job.nodes) {
    const auto* node = site.slurm.slurm().find_node(name);
    if (!node->node.cloud) continue;
    ++rented;
    const auto* machine = find_machine(site, node->slurmd);
    if (machine == nullptr) return who + " starts on " + name + ", which has no machine";
    // A machine that its cloud shows no more, and that runs all the same: nobody can know of it.
    if (machine->status == SimStatus::kGone && site.scene.has_struck(FaultKind::kGhost)) {
      ++ghosts;
      continue;
    }
    machines.insert(node->slurmd);
    const auto cloud = static_cast<std::size_t>(node->slurmd.front() - '0');
    const auto* row =
        find_row(site.head.ledger(), site.lanes[cloud]->cloud().settings().provider, *machine);
    if (row == nullptr || row->node != name)
      return who + " starts on " + name + ", whose machine the ledger knows otherwise";
    fabrics.insert(node->slurmd.substr(0, node->slurmd.find('/')) + "/" + machine->order.region +
                   "/" + machine->order.type);
  }
  if (rented != 0 && rented != static_cast<int>(job.nodes.size()))
    return who + " starts on rented and local nodes at once";
  if (static_cast<int>(machines.size()) + ghosts != rented)
    return who + " starts on one machine under two names";
  if (job.job.features == "ib" && fabrics.size() > 1)
    return who + " starts on " + *fabrics.begin() + " and " + *fabrics.rbegin();
  return "";
}

std::string a_node_has_one_machine(const Books& books) {
  std::map<std::string, const Machine*> standing;
  for (const auto& [id, machine] : books.machines) {
    if (machine.node.empty() || !stands(machine)) continue;
    const auto [other, is_first] = standing.emplace(machine.node, &machine);
    if (!is_first) {
      return machine.node + " has machines " + std::to_string(other->second->id) + " and " +
             std::to_string(id);
    }
  }
  for (const auto& [id, machine] : books.machines) {
    const auto other = standing.find(machine.node);
    if (other == standing.end() || other->second->id == id) continue;
    if (facts_of(machine.state).may_bill)
      return machine.node + " has machine " + std::to_string(other->second->id) + " before " +
             std::to_string(id) + " is gone";
  }
  return "";
}

std::string caps_hold(const Books& books, const Limits& limits) {
  if (!limits.machines) return "";
  int committed = 0;
  for (const auto& [id, machine] : books.machines) {
    const auto lease = books.leases.find(machine.lease);
    if (lease == books.leases.end() || facts_of(machine.state).is_final) continue;
    const bool counts = machine.state != MachineState::kWanted && lease->second.outcome != "orphan";
    committed += counts ? 1 : 0;
  }
  if (committed <= *limits.machines) return "";
  return std::to_string(committed) + " machines, at most " + std::to_string(*limits.machines);
}

std::string clouds_hold_caps(const Site& site) {
  const auto& limit = site.scene.plan.config.policy.limits.machines;
  const auto& struck = site.scene.struck;
  const bool has_more_than_ordered = site.scene.has_struck(FaultKind::kOrderLate) ||
                                     site.scene.has_struck(FaultKind::kOrderDoubled) ||
                                     site.scene.has_struck(FaultKind::kClockStep) ||
                                     struck[static_cast<std::size_t>(FaultKind::kListMisses)] > 1;
  if (!limit || has_more_than_ordered) return "";
  std::ptrdiff_t live = 0;
  for (const auto& lane : site.lanes) {
    const auto& machines = lane->cloud().all();
    live += std::count_if(machines.begin(), machines.end(), [&](const auto& machine) {
      return is_live(machine) && is_ours(machine, site.head.ledger());
    });
  }
  if (live <= *limit) return "";
  return std::to_string(live) + " machines in the clouds, at most " + std::to_string(*limit);
}

std::string permissions_do_not_overlap(const Books& books) {
  std::map<std::string, std::uint32_t> jobs;
  for (const auto& [job, permission] : books.permissions) {
    for (const auto& node : permission.nodes) {
      const auto [other, is_first] = jobs.emplace(node, job);
      if (!is_first)
        return node + " is given to jobs " + std::to_string(other->second) + " and " +
               std::to_string(job);
    }
  }
  return "";
}

std::string every_machine_is_explained(const Site& site, const std::set<std::string>& shown) {
  const auto& ledger = site.head.ledger();
  for (std::size_t i = 0; i < site.lanes.size(); ++i) {
    const auto& cloud = site.lanes[i]->cloud();
    for (const auto& machine : cloud.all()) {
      const auto name = Guests::name_of(static_cast<int>(i), machine.id);
      if (!is_ours(machine, ledger) || !shown.contains(name)) continue;
      const auto* row = find_row(ledger, cloud.settings().provider, machine);
      // One that came and went while it could not be written down, or before it was old enough to
      // be taken for an orphan, has left no trace.
      const bool no_trace =
          site.scene.vanished.contains(name) &&
          (site.scene.was_ledger_out() || site.scene.has_struck(FaultKind::kOrderLate) ||
           site.scene.has_struck(FaultKind::kOrderDoubled));
      const bool twin = site.scene.has_struck(FaultKind::kOrderDoubled) && has_twin(cloud, machine);
      if (row == nullptr && (no_trace || twin)) continue;
      if (row == nullptr) return "the ledger does not know machine " + name;
      if (row->state != MachineState::kGone)
        return "machine " + name + " is gone, and the ledger says " + facts_of(row->state).name;
      const auto& events = ledger.all_events();
      const bool told = std::any_of(events.begin(), events.end(), [&](const auto& event) {
        return event.lease == row->lease && (event.kind == "order" || event.kind == "orphan");
      });
      const bool adopted = row->reason.starts_with("orphan");
      if (!told && !adopted) return "no event tells of the birth of machine " + name;
    }
  }
  return "";
}

void Invariants::check(const char* invariant, const std::string& trouble) {
  if (!trouble.empty()) scene_.violate(invariant, trouble);
}

void Invariants::before_order(int /*cloud*/, const OrderSpec& spec) {
  check("intents precede orders", intents_precede_orders(site_->head.ledger(), spec));
}

void Invariants::before_release(int cloud, const std::string& id, TimePoint known_at) {
  const auto& machines = site_->lanes[static_cast<std::size_t>(cloud)]->cloud().all();
  const auto machine = std::find_if(
      machines.begin(), machines.end(), [&](const auto& each) { return each.id == id; });
  if (machine == machines.end() || !is_live(*machine)) return;
  check("only our machines are released",
        only_our_machines_are_released(site_->head.ledger(), *machine));
  check("no running job loses its machine",
        no_running_job_loses_its_machine(*site_, Guests::name_of(cloud, id), known_at));
}

void Invariants::after_list(int cloud, const std::vector<CloudMachine>& machines) {
  for (const auto& machine : machines)
    shown_.insert(Guests::name_of(cloud, machine.id));
}

void Invariants::before_resume(const std::string& name) {
  const auto* node = site_->slurm.slurm().find_node(name);
  const auto drained = drained_.find(name);
  if (node == nullptr || !node->node.draining || drained == drained_.end()) return;
  if (scene_.clock.now() < drained->second + kReadingOfSlurm) return;
  scene_.violate("an admin's drain survives", name + " is drained, and state=resume is asked");
}

void Invariants::after_start(const SimSlurmJob& job) {
  scene_.started[job.job.id] = scene_.clock.now();
  check("gangs start whole", gangs_start_whole(*site_, job));
}

void Invariants::check_now() {
  const auto& books = site_->head.ledger().open();
  check("a node has one machine", a_node_has_one_machine(books));
  check("caps hold", caps_hold(books, scene_.plan.config.policy.limits));
  check("caps hold in the clouds", clouds_hold_caps(*site_));
  check("permissions do not overlap", permissions_do_not_overlap(books));
  check("the disk keeps what it was told to", site_->head.disk_trouble());
  check_that_billing_machines_are_wanted();
}

// Slurm has its node up or powering up, or the broker knows that it is to end.
bool Invariants::is_wanted(const Machine* row) const {
  if (row == nullptr) return false;
  if (!stands(*row)) return row->state != MachineState::kGone;
  const auto* node = site_->slurm.slurm().find_node(row->node);
  if (node == nullptr) return false;
  const auto& facts = facts_of(node->state);
  return !facts.powering_down && (!facts.powered_down || facts.base == NodeBase::kAllocated);
}

void Invariants::check_that_billing_machines_are_wanted() {
  const auto now = scene_.clock.now();
  const auto& ledger = site_->head.ledger();
  for (std::size_t i = 0; i < site_->lanes.size(); ++i) {
    const auto& cloud = site_->lanes[i]->cloud();
    for (const auto& machine : cloud.all()) {
      const auto name = Guests::name_of(static_cast<int>(i), machine.id);
      const bool billed_in_vain = is_live(machine) && is_ours(machine, ledger) &&
                                  !is_wanted(find_row(ledger, cloud.settings().provider, machine));
      if (!billed_in_vain) {
        unwanted_.erase(name);
        continue;
      }
      const auto since = unwanted_.emplace(name, now).first->second;
      const auto grace_from = std::max({since, scene_.last_struck, kStart + kCalmAfter});
      // A deadline that is counted by a clock that was set back comes so much later.
      if (now > grace_from + kGrace + scene_.host_clock.stepped())
        scene_.violate("billing machines are wanted", "machine " + name + " bills for nobody");
    }
  }
}

void Invariants::check_at_end() {
  check("the disk keeps what it was told to", site_->head.disk_trouble());
  check("every machine is explained", every_machine_is_explained(*site_, shown_));
  check("charges equal invoices", charges_equal_invoices(*site_));
}

}  // namespace spillway::simulation
