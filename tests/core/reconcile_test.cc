// SPDX-License-Identifier: GPL-2.0-or-later
//
// The table of core/reconcile.h: every row is played in a small world, with what it waits for and
// what it does; and every combination that can occur has a row.
#include "core/reconcile.h"

#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "tests/support/gang_world.h"

using namespace spillway;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

using L = LedgerSide;
using C = CloudSide;
using S = SlurmSide;

struct Case {
  const char* row;
  Sight sight;
};

// clang-format off
constexpr Case kCases[] = {
  {"not joined by the boot deadline", {L::kOverdue, C::kNoNews, S::kComing}},
  {"not joined by the boot deadline", {L::kOverdue, C::kNoNews, S::kUnknown}},
  {"joined, and slurmctld is away", {L::kLate, C::kNoNews, S::kUnknown}},
  {"joined, not ready by the boot deadline", {L::kLate, C::kNoNews, S::kComing}},

  {"an order was made", {L::kOrdered, C::kThere, S::kComing}},
  {"an order was made", {L::kOrdered, C::kThere, S::kUnknown}},
  {"an order was made and given up", {L::kUnwanted, C::kThere, S::kOff}},
  {"an order is not in an empty list", {L::kOrdered, C::kNoneShown, S::kComing}},
  {"an order given up is not in an empty list", {L::kUnwanted, C::kNoneShown, S::kOff}},
  {"one list misses an order", {L::kOrdered, C::kMissed, S::kComing}},
  {"one list misses an order", {L::kUnwanted, C::kMissed, S::kOff}},
  {"an order was not made", {L::kOrdered, C::kMissing, S::kComing}},
  {"an order was given up and not made", {L::kUnwanted, C::kMissing, S::kOff}},

  {"shown", {L::kBooting, C::kThere, S::kComing}},
  {"shown", {L::kServing, C::kThere, S::kDrained}},
  {"sick before it joined", {L::kBooting, C::kSick, S::kComing}},
  {"sick, and judged by its own health gate", {L::kServing, C::kSick, S::kBusy}},
  {"ended unasked while it came up", {L::kBooting, C::kEnding, S::kComing}},
  {"ended unasked while it came up", {L::kRaising, C::kEnded, S::kComing}},
  {"ended unasked in use", {L::kServing, C::kEnding, S::kBusy}},
  {"one list misses it", {L::kServing, C::kMissed, S::kMute}},
  {"not shown, and Slurm hears it", {L::kServing, C::kMissing, S::kBusy}},
  {"not shown, and Slurm hears it", {L::kServing, C::kNoneShown, S::kIdle}},
  {"not shown, and Slurm hears it", {L::kServing, C::kNoneShown, S::kUnknown}},
  {"vanished in use", {L::kServing, C::kMissing, S::kMute}},
  {"vanished while it came up", {L::kJoined, C::kMissing, S::kComing}},
  {"in use, and the list is empty", {L::kServing, C::kNoneShown, S::kDown}},
  {"coming up, and the list is empty", {L::kBooting, C::kNoneShown, S::kComing}},

  {"asked to end, and shown", {L::kReleasing, C::kThere, S::kGoing}},
  {"asked to end, and shown", {L::kReleasing, C::kEnding, S::kOff}},
  {"asked to end, and one list misses it", {L::kReleasing, C::kMissed, S::kOff}},
  {"asked to end, and the list is empty", {L::kReleasing, C::kNoneShown, S::kOff}},
  {"asked to end, and ended", {L::kReleasing, C::kMissing, S::kOff}},
  {"asked to end, and ended", {L::kReleasing, C::kEnded, S::kUnknown}},
  {"lost, and shown again", {L::kLost, C::kThere, S::kUnknown}},
  {"lost, and not shown", {L::kLost, C::kMissing, S::kUnknown}},
  {"lost, and not shown", {L::kLost, C::kEnded, S::kUnknown}},

  {"an orphan", {L::kNone, C::kThere, S::kUnknown}},
  {"a trial that was left", {L::kTrial, C::kThere, S::kUnknown}},
  {"another ledger's", {L::kForeign, C::kThere, S::kUnknown}},
  {"nobody's, and ending", {L::kNone, C::kEnding, S::kUnknown}},
  {"nobody's, and ending", {L::kForeign, C::kEnded, S::kUnknown}},

  {"slurmctld is away", {L::kServing, C::kNoNews, S::kUnknown}},
  {"slurmctld is away", {L::kLost, C::kNoNews, S::kUnknown}},
  {"Slurm gave the node up", {L::kServing, C::kNoNews, S::kOffDown}},
  {"Slurm gave the node up", {L::kBooting, C::kNoNews, S::kOffDown}},
  {"Slurm gave the node up", {L::kServing, C::kNoNews, S::kGoing}},
  {"Slurm gave the node up", {L::kServing, C::kNoNews, S::kNoNode}},
  {"Slurm gave the node up", {L::kServing, C::kNoNews, S::kKeptOff}},
  {"a ghost before the machine", {L::kOrdered, C::kNoNews, S::kIdle}},
  {"a ghost before the machine", {L::kBooting, C::kNoNews, S::kBusy}},
  {"a ghost after its release", {L::kReleasing, C::kNoNews, S::kIdle}},
  {"a ghost after its release", {L::kReleasing, C::kNoNews, S::kBusy}},
  {"ready, and its slurmd does not register", {L::kServing, C::kNoNews, S::kComing}},
  {"waited for", {L::kBooting, C::kNoNews, S::kComing}},
  {"waited for", {L::kServing, C::kNoNews, S::kOwed}},
  {"in service", {L::kServing, C::kNoNews, S::kIdle}},
  {"in service", {L::kRaising, C::kNoNews, S::kBusy}},
  {"kept while it is drained or down", {L::kServing, C::kNoNews, S::kDrained}},
  {"kept while it is drained or down", {L::kServing, C::kNoNews, S::kDownByAdmin}},
  {"kept while it is drained or down", {L::kServing, C::kNoNews, S::kDown}},
  {"its name waits for the machine's end", {L::kReleasing, C::kNoNews, S::kGoing}},
  {"its name waits for the machine's end", {L::kReleasing, C::kNoNews, S::kOffDown}},
  {"its name waits for the machine's end", {L::kUnwanted, C::kNoNews, S::kOff}},
  {"its name waits for the machine's end", {L::kReleasing, C::kNoNews, S::kComing}},
  {"lost, and Slurm counts on the node", {L::kLost, C::kNoNews, S::kBusy}},
  {"lost, and Slurm counts on the node", {L::kLost, C::kNoNews, S::kDown}},
  {"lost, and the node is out of service", {L::kLost, C::kNoNews, S::kGoing}},
  {"lost, and the node is out of service", {L::kLost, C::kNoNews, S::kDownByAdmin}},

  {"its request is open", {L::kAsked, C::kNoNews, S::kComing}},
  {"powers up alone", {L::kNone, C::kNoNews, S::kComing}},
  {"in service without a machine", {L::kNone, C::kNoNews, S::kIdle}},
  {"runs a job without a machine", {L::kNone, C::kNoNews, S::kBusy}},
  {"down without a machine", {L::kNone, C::kNoNews, S::kDown}},
  {"its machine is gone", {L::kNone, C::kNoNews, S::kGoing}},
  {"its machine is gone", {L::kNone, C::kNoNews, S::kOffDown}},
  {"as Slurm or an admin left it", {L::kNone, C::kNoNews, S::kOff}},
  {"as Slurm or an admin left it", {L::kNone, C::kNoNews, S::kDrained}},
  {"as Slurm or an admin left it", {L::kNone, C::kNoNews, S::kKeptGoing}},
  {"as Slurm or an admin left it", {L::kNone, C::kNoNews, S::kKeptOff}},
  {"as Slurm or an admin left it", {L::kNone, C::kNoNews, S::kDownByAdmin}},
  {"as Slurm or an admin left it", {L::kNone, C::kNoNews, S::kNoNode}},

  {"not understood", {L::kWanted, C::kThere, S::kUnknown}},
};
// clang-format on

constexpr const char* kNode = "h100-001";
constexpr seconds kStep{10};

void set_down(Node& node, const char* reason) {
  node.base = NodeBase::kDown;
  node.reason = reason;
}

void shape_in_service(Node& node, S side) {
  node.powered_down = false;
  if (side == S::kBusy) node.base = NodeBase::kAllocated;
  if (side == S::kDrained) node.draining = true;
  if (side == S::kMute) node.not_responding = true;
  if (side == S::kDown) set_down(node, "Not responding");
  if (side == S::kDownByAdmin) set_down(node, "broken fan");
  if (side == S::kComing) node.powering_up = true;
  if (side == S::kGoing || side == S::kKeptGoing) node.powering_down = true;
  if (side == S::kKeptGoing) node.draining = true;
}

// A node as Slurm shows it on this side.
void shape_node(Node& node, S side) {
  switch (side) {
    case S::kOwed:
      node.base = NodeBase::kAllocated;
      return;
    case S::kOff:
      return;
    case S::kOffDown:
      return set_down(node, "ResumeTimeout reached");
    case S::kKeptOff:
      return set_down(node, "broken fan");
    default:
      return shape_in_service(node, side);
  }
}

MachineState state_of(L side) {
  switch (side) {
    case L::kOrdered:
    case L::kUnwanted:
      return MachineState::kOrdered;
    case L::kBooting:
    case L::kOverdue:
      return MachineState::kBooting;
    case L::kJoined:
    case L::kLate:
      return MachineState::kJoined;
    case L::kRaising:
    case L::kServing:
      return MachineState::kReady;
    case L::kFailed:
      return MachineState::kFailed;
    case L::kLost:
      return MachineState::kLost;
    case L::kReleasing:
      return MachineState::kReleasing;
    default:
      return MachineState::kWanted;
  }
}

bool has_machine(L side) {
  return side != L::kNone && side != L::kAsked && side != L::kTrial && side != L::kForeign;
}

// One machine, or none, of lease 1 on kNode; beside it one that serves, on h100-004.
struct Play : GangWorld {
  explicit Play(const Sight& wanted) : sight(wanted) {
    add_machine(9, "h100-004", MachineState::kReady);
    shape_in_service(node("h100-004"), S::kBusy);
    if (has_machine(sight.ledger)) {
      auto& machine = add_machine(1, kNode, state_of(sight.ledger));
      machine.unwanted = sight.ledger == L::kUnwanted;
      machine.not_before = now + hours(2);
      const bool is_late = sight.ledger == L::kOverdue || sight.ledger == L::kLate;
      if (is_late) machine.ordered_at = now - config.timing.boot_deadline;
      if (sight.ledger == L::kReleasing) machine.release_asked_at = now - kStep;
      if (sight.ledger == L::kRaising) {
        add_machine(2, "h100-002", MachineState::kJoined).lease = 1;
        node("h100-002").powering_up = true;
      }
    }
    if (sight.ledger == L::kAsked) {
      // Too little is known yet of what it is for.
      books.requests.at(request(RequestKind::kResume, kNode)).received_at = now + hours(2);
    }
    slurm_known = sight.slurm != S::kUnknown;
    if (sight.slurm == S::kNoNode) {
      slurm.nodes.erase(kNode);
    } else if (slurm_known) {
      shape_node(node(kNode), sight.slurm);
    }
  }

  Machine& add_machine(std::int64_t id, const std::string& name, MachineState state) {
    auto& lease = books.leases[id];
    lease.id = id;
    lease.pool = "h100";
    lease.job = static_cast<std::uint32_t>(id);
    lease.offer = offer(0).id;
    lease.price_per_hour = Money::from_cents(2392);
    lease.calls = 1;
    lease.created_at = now - minutes(6);
    auto& machine = books.machines[id];
    machine.id = machine.lease = id;
    machine.node = name;
    machine.state = state;
    machine.state_since = now - minutes(5);
    machine.call = 1;
    machine.ordered_at = now - minutes(5);
    if (state != MachineState::kOrdered && state != MachineState::kWanted) {
      machine.provider_id = std::to_string(id);
      machine.address = "198.51.100." + machine.provider_id;
      machine.billed_from = now - minutes(4);
    }
    books.next_lease = books.next_machine = 10;
    return machine;
  }

  [[nodiscard]] CloudMachine shown(std::int64_t lease, CloudState state) const {
    CallOrder call;
    call.offer = providers.at("lambda").offers[0].id;
    call.mark = Mark{"hpc1",
                     sight.ledger == L::kForeign && lease == 1 ? "ffffff" : "a3f90c",
                     sight.ledger == L::kTrial && lease == 1 ? kTrialLease : lease,
                     1};
    return cloud_machine(std::to_string(lease), call, state);
  }

  // A list as the cloud would give it now.
  void list() {
    if (sight.cloud == C::kNoNews || (sight.cloud == C::kMissed && lists > 0)) return;
    ++lists;
    std::vector<CloudMachine> machines;
    if (sight.cloud != C::kNoneShown) {
      machines.push_back(shown(9, CloudState::kRunning));
      if (books.machines.contains(2)) machines.push_back(shown(1, CloudState::kRunning));
      if (books.machines.contains(2)) machines.back().id = "2";
    }
    if (sight.cloud == C::kThere) machines.push_back(shown(1, CloudState::kRunning));
    if (sight.cloud == C::kSick) machines.push_back(shown(1, CloudState::kUnhealthy));
    if (sight.cloud == C::kEnding) machines.push_back(shown(1, CloudState::kEnding));
    if (sight.cloud == C::kEnded) machines.push_back(shown(1, CloudState::kGone));
    show(machines);
  }

  [[nodiscard]] MachineState state_now() const {
    for (const auto& machine : ended) {
      if (machine.id == 1) return machine.state;
    }
    const auto found = books.machines.find(1);
    return found == books.machines.end() ? MachineState::kWanted : found->second.state;
  }

  [[nodiscard]] bool is_open(const std::string& kind) const {
    return std::any_of(books.alerts.begin(), books.alerts.end(), [&](const auto& entry) {
      return entry.first.first == kind;
    });
  }

  // What has been done to the machine or the node, if anything.
  std::optional<Mend> done(const Plan& plan, MachineState before) {
    if (was_said("unhealthy")) return Mend::kReplace;
    if (was_said("orphan")) return Mend::kAdopt;
    const auto after = state_now();
    if (has_machine(sight.ledger) && after != before) {
      if (after == MachineState::kBooting) return Mend::kAccept;
      if (after == MachineState::kWanted) return Mend::kOrderAgain;
      if (after == MachineState::kRefused) return Mend::kDropIntent;
      if (after == MachineState::kLost) return Mend::kLose;
      if (after == MachineState::kGone) return Mend::kEnd;
      return before == MachineState::kOrdered ? Mend::kEndOnSight : Mend::kRelease;
    }
    for (const auto& back : plan.send_backs) {
      if (back.nodes == std::vector<std::string>{kNode}) return Mend::kSendBack;
    }
    if (!plan.resumes.empty()) return Mend::kReturn;
    for (const auto* kind : {"another_ledger", "strange_machine"}) {
      if (is_open(kind)) return Mend::kAlert;
    }
    return std::nullopt;
  }

  Sight sight;
  int lists = 0;
};

// The ledger and Slurm are as the case says.
void expect_sides(Play& play, const Case& row) {
  const Draft draft(play.books, play.now);
  if (has_machine(row.sight.ledger) &&
      ledger_side(draft, play.books.machines.at(1), play.config.timing) != row.sight.ledger) {
    fail_msg("%s: the ledger is not as the case says", row.row);
  }
  if (row.sight.slurm != S::kUnknown && slurm_side(&play.slurm, kNode) != row.sight.slurm) {
    fail_msg("%s: Slurm is not as the case says", row.row);
  }
}

void play_case(const Case& row, const MendRow& told) {
  Play play(row.sight);
  expect_sides(play, row);
  const auto grace = grace_time(told.grace, play.config.timing);
  const auto before = play.state_now();
  for (seconds passed{0}; passed <= grace + 3 * kStep; passed += kStep) {
    play.list();
    const auto plan = play.turn(kStep);
    const auto done = play.done(plan, before);
    if (!done) continue;
    if (*done != told.mend) {
      fail_msg("%s: mend %d was done", row.row, static_cast<int>(*done));
    }
    if (passed < grace) fail_msg("%s: done after %lld s", row.row, (long long)passed.count());
    return;
  }
  if (told.mend != Mend::kNothing) fail_msg("%s: nothing was done", row.row);
}

template <typename Side, typename See>
void for_each_side(Side last, const See& see) {
  for (int side = 0; side <= static_cast<int>(last); ++side)
    see(static_cast<Side>(side));
}

template <typename See>
void for_each_sight(const See& see) {
  for_each_side(L::kReleasing, [&](L ledger) {
    for_each_side(C::kNoneShown, [&](C cloud) {
      for_each_side(S::kKeptOff, [&](S slurm) { see(Sight{ledger, cloud, slurm}); });
    });
  });
}

// A list is not asked of what has no machine, nor Slurm of what has no node.
bool can_occur(const Sight& sight) {
  const bool is_shown = sight.cloud == C::kThere || sight.cloud == C::kSick ||
                        sight.cloud == C::kEnding || sight.cloud == C::kEnded;
  switch (sight.ledger) {
    case L::kWanted:
    case L::kAsked:
      return sight.cloud == C::kNoNews;
    case L::kTrial:
    case L::kForeign:
      return is_shown;
    case L::kNone:
      return is_shown || sight.cloud == C::kNoNews;
    default:
      return true;
  }
}

}  // namespace

static void every_row_does_what_it_says_when_its_time_has_come(void**) {
  for (const auto& row : kCases) {
    const auto& told = judge(row.sight);
    if (std::string_view(told.name) != row.row) fail_msg("%s is told by: %s", row.row, told.name);
    if (can_occur(row.sight)) play_case(row, told);
  }
}

static void every_row_has_a_case_and_a_name_of_its_own(void**) {
  std::set<std::string> names;
  for (const auto& row : mend_rows()) {
    if (!names.insert(row.name).second) fail_msg("%s stands there twice", row.name);
    const bool has_case = std::any_of(std::begin(kCases), std::end(kCases), [&](const auto& it) {
      return std::string_view(it.row) == row.name;
    });
    if (!has_case) fail_msg("%s has no case", row.name);
  }
}

static void every_combination_that_can_occur_is_understood(void**) {
  for_each_sight([](const Sight& sight) {
    if (!can_occur(sight) || &judge(sight) != &mend_rows().back()) return;
    fail_msg("ledger %d, cloud %d, Slurm %d",
             static_cast<int>(sight.ledger),
             static_cast<int>(sight.cloud),
             static_cast<int>(sight.slurm));
  });
}

// A failed list is no list, and without slurmctld no node is judged: nothing may end for that.
static void nothing_is_concluded_from_silence(void**) {
  for_each_sight([](const Sight& sight) {
    if (sight.cloud != C::kNoNews || sight.slurm != S::kUnknown) return;
    const auto& row = judge(sight);
    const bool is_overdue = sight.ledger == L::kOverdue;
    if (row.mend != (is_overdue ? Mend::kReplace : Mend::kNothing)) fail_msg("%s", row.name);
  });
}

static void only_what_our_books_know_or_our_ledger_marked_is_ever_ended(void**) {
  for_each_sight([](const Sight& sight) {
    if (sight.ledger != L::kForeign) return;
    const auto mend = judge(sight).mend;
    if (mend != Mend::kNothing && mend != Mend::kAlert) fail_msg("%s", judge(sight).name);
  });
}

// An admin may have named one of the cluster's own nodes in a pool.
static void a_node_that_is_no_cloud_node_is_never_set_down(void**) {
  GangWorld world;
  world.node(kNode).powered_down = world.node(kNode).cloud = false;
  for (int turn = 0; turn < 10; ++turn)
    assert_true(world.turn(kStep).send_backs.empty());
}

static void a_grace_begins_anew_after_a_break(void**) {
  GangWorld world;
  auto& node = world.node(kNode);
  node.powered_down = false;
  node.powering_up = true;
  assert_true(world.turn().send_backs.empty());
  node.powering_up = false;
  node.powered_down = true;
  world.turn(seconds(29));
  node.powered_down = false;
  node.powering_up = true;
  assert_true(world.turn(seconds(1)).send_backs.empty());
  assert_true(world.turn(seconds(29)).send_backs.empty());
  assert_int_equal(world.turn(seconds(2)).send_backs.size(), 1);
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(every_row_does_what_it_says_when_its_time_has_come),
      cmocka_unit_test(every_row_has_a_case_and_a_name_of_its_own),
      cmocka_unit_test(every_combination_that_can_occur_is_understood),
      cmocka_unit_test(nothing_is_concluded_from_silence),
      cmocka_unit_test(only_what_our_books_know_or_our_ledger_marked_is_ever_ended),
      cmocka_unit_test(a_node_that_is_no_cloud_node_is_never_set_down),
      cmocka_unit_test(a_grace_begins_anew_after_a_break),
  };
  return cmocka_run_group_tests_name("core.reconcile", tests, nullptr, nullptr);
}
