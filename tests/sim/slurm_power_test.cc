// SPDX-License-Identifier: GPL-2.0-or-later
//
// The table of Slurm's power saving against slurm-facts, row by row. What is not listed here means
// nothing in that state.
#include "sim/slurm_power.h"

#include <map>
#include <string>
#include <utility>

#include "tests/support/cmocka.h"

using namespace spillway;

namespace {

constexpr auto kStateCount = static_cast<int>(SimNodeState::kEndingDown) + 1;
constexpr auto kEventCount = static_cast<int>(SimNodeEvent::kRestart) + 1;

struct Row {
  const char* event;
  const char* from;
  const char* to;
  const char* effects;
  const char* because;
};

constexpr Row kRows[] = {
    {"allocate", "idle~", "alloc~+", "", "job allocated on a powered-down node"},
    {"allocate", "idle", "alloc", "", "an idle machine is used again"},
    {"leave", "alloc~+", "idle~", "", "nothing was asked yet"},
    {"leave", "alloc#", "idle#", "", "the other nodes of a gang keep booting"},
    {"leave", "alloc", "idle", "busy-now", ""},
    {"round", "idle~+", "idle#", "resume", "power_up by hand: no job entry"},
    {"round", "alloc~+", "alloc#", "resume", "ResumeProgram at the next pass"},
    {"register", "idle~", "idle", "busy-now", "a ghost pulls the node up"},
    {"register", "idle~+", "idle", "busy-now", "a ghost before ResumeProgram"},
    {"register", "alloc~+", "alloc", "busy-now", "a ghost before ResumeProgram"},
    {"register", "down~", "idle", "busy-now", "ReturnToService=2"},
    {"register", "alloc#", "alloc", "busy-now", "the machine came"},
    {"register", "idle#", "idle", "busy-now", "the machine came"},
    {"register", "down#", "idle", "busy-now", "ReturnToService=2"},
    {"register", "idle", "idle", "", "slurmd was restarted"},
    {"register", "alloc", "alloc", "", "slurmd was restarted"},
    {"register", "down", "idle", "busy-now", "ReturnToService=2"},
    {"register", "idle%", "idle", "busy-now", "clears POWERING_DOWN"},
    {"register", "down%", "idle", "busy-now", "clears POWERING_DOWN"},
    {"silent", "idle", "down", "", "Not responding"},
    {"silent", "alloc", "down", "requeue busy-now", "Not responding"},
    {"ResumeTimeout", "alloc#", "down~", "requeue fail busy-never no-flag", "last_busy = 0"},
    {"ResumeTimeout", "idle#", "down~", "fail busy-never no-flag", ""},
    {"ResumeTimeout", "down#", "down~", "fail busy-never no-flag", ""},
    {"SuspendTime", "idle", "idle%", "suspend no-flag", ""},
    {"SuspendTime", "down", "down%", "suspend no-flag", "base IDLE or DOWN"},
    {"SuspendTimeout", "idle%", "idle~", "address", "whether the machine is gone or not"},
    {"SuspendTimeout", "down%", "down~", "address", ""},
    {"down", "idle~", "down~", "", ""},
    {"down", "idle~+", "down~", "", ""},
    {"down", "alloc~+", "down~", "requeue", "the whole job is requeued"},
    {"down", "alloc#", "down#", "requeue", "the whole job is requeued"},
    {"down", "idle#", "down#", "", ""},
    {"down", "idle", "down", "", ""},
    {"down", "alloc", "down", "requeue busy-now", ""},
    {"down", "idle%", "down%", "", ""},
    {"drain", "alloc~+", "alloc~+", "requeue", "jobs are requeued immediately"},
    {"drain", "alloc#", "alloc#", "requeue", "jobs are requeued immediately"},
    {"power_up", "idle~", "idle~+", "", ""},
    {"power_down", "alloc#", "alloc#", "flag", "only sets the flag"},
    {"power_down", "idle#", "idle#", "flag", "only sets the flag"},
    {"power_down", "down#", "down%", "suspend no-flag", "down, then power_down: at once"},
    {"power_down", "idle", "idle%", "suspend no-flag", ""},
    {"power_down", "alloc", "alloc", "flag", "when the job has ended"},
    {"power_down", "down", "down%", "suspend no-flag", ""},
    {"resume", "down~", "idle~", "", ""},
    {"resume", "down#", "idle#", "", ""},
    {"resume", "down", "idle", "busy-now", ""},
    {"resume", "idle%", "idle~", "", "skips the rest of SuspendTimeout"},
    {"resume", "down%", "idle~", "", "skips the rest of SuspendTimeout"},
    {"restart", "alloc#", "alloc#", "resume", "put back into the resume list"},
};

std::string describe(unsigned effects) {
  constexpr std::pair<unsigned, const char*> kWords[] = {{kRequeues, "requeue"},
                                                         {kCallsResume, "resume"},
                                                         {kCallsSuspend, "suspend"},
                                                         {kCallsResumeFail, "fail"},
                                                         {kStartsIdleClock, "busy-now"},
                                                         {kStopsIdleClock, "busy-never"},
                                                         {kResetsAddress, "address"},
                                                         {kAsksPowerDown, "flag"},
                                                         {kForgetsPowerDown, "no-flag"}};
  std::string text;
  for (const auto& [bit, word] : kWords) {
    if ((effects & bit) == 0) continue;
    text += (text.empty() ? "" : " ") + std::string(word);
  }
  return text;
}

void every_row_is_as_slurm_does_it_and_no_other_is_there(void**) {
  std::map<std::pair<std::string, std::string>, const Row*> rows;
  for (const auto& row : kRows)
    rows[{row.event, row.from}] = &row;
  assert_int_equal(rows.size(), std::size(kRows));
  for (int event = 0; event < kEventCount; ++event) {
    for (int state = 0; state < kStateCount; ++state) {
      const std::string name = sim_node_event_name(static_cast<SimNodeEvent>(event));
      const std::string from = facts_of(static_cast<SimNodeState>(state)).sign;
      const auto step =
          find_step(static_cast<SimNodeState>(state), static_cast<SimNodeEvent>(event));
      const auto row = rows.find({name, from});
      const std::string expected =
          row == rows.end() ? "nothing" : std::string(row->second->to) + " " + row->second->effects;
      const std::string found =
          step ? std::string(facts_of(step->to).sign) + " " + describe(step->effects) : "nothing";
      if (found != expected) {
        fail_msg("%s of %s: %s, expected %s",
                 name.c_str(),
                 from.c_str(),
                 found.c_str(),
                 expected.c_str());
      }
      if (row != rows.end()) rows.erase(row);
    }
  }
  assert_true(rows.empty());
}

void states_are_listed_in_their_order(void**) {
  for (int state = 0; state < kStateCount; ++state)
    assert_int_equal(static_cast<int>(facts_of(static_cast<SimNodeState>(state)).state), state);
}

void no_state_is_on_its_way_in_two_directions(void**) {
  for (int state = 0; state < kStateCount; ++state) {
    const auto& facts = facts_of(static_cast<SimNodeState>(state));
    const int ways = static_cast<int>(facts.powered_down) + static_cast<int>(facts.powering_up) +
                     static_cast<int>(facts.powering_down);
    if (ways > 1) fail_msg("%s", facts.sign);
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(every_row_is_as_slurm_does_it_and_no_other_is_there),
      cmocka_unit_test(states_are_listed_in_their_order),
      cmocka_unit_test(no_state_is_on_its_way_in_two_directions),
  };
  return cmocka_run_group_tests_name("sim.slurm_power", tests, nullptr, nullptr);
}
