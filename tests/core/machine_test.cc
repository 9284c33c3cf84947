// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/machine.h"

#include <set>
#include <string>
#include <utility>

#include "tests/support/cmocka.h"

using namespace spillway;

namespace {

constexpr MachineState kAllStates[] = {MachineState::kWanted,
                                       MachineState::kOrdered,
                                       MachineState::kBooting,
                                       MachineState::kJoined,
                                       MachineState::kReady,
                                       MachineState::kReleasing,
                                       MachineState::kGone,
                                       MachineState::kRefused,
                                       MachineState::kFailed,
                                       MachineState::kLost};

constexpr MachineEvent kAllEvents[] = {MachineEvent::kOrderSent,
                                       MachineEvent::kAccepted,
                                       MachineEvent::kRefused,
                                       MachineEvent::kNotMade,
                                       MachineEvent::kJoined,
                                       MachineEvent::kReady,
                                       MachineEvent::kUnhealthy,
                                       MachineEvent::kVanished,
                                       MachineEvent::kRelease,
                                       MachineEvent::kGone,
                                       MachineEvent::kSeenAgain};

}  // namespace

static void each_state_has_its_own_facts_and_name(void**) {
  std::set<std::string> names;
  for (const auto state : kAllStates) {
    const auto& facts = facts_of(state);
    assert_true(facts.state == state);
    assert_true(names.insert(facts.name).second);
    assert_true(parse_machine_state(facts.name) == state);
  }
  assert_false(parse_machine_state("").has_value());
  assert_false(parse_machine_state("Ready").has_value());
}

static void a_life_without_trouble_goes_from_wanted_to_gone(void**) {
  const std::pair<MachineEvent, MachineState> life[] = {
      {MachineEvent::kOrderSent, MachineState::kOrdered},
      {MachineEvent::kAccepted, MachineState::kBooting},
      {MachineEvent::kJoined, MachineState::kJoined},
      {MachineEvent::kReady, MachineState::kReady},
      {MachineEvent::kRelease, MachineState::kReleasing},
      {MachineEvent::kGone, MachineState::kGone}};
  auto state = MachineState::kWanted;
  for (const auto& [event, expected] : life) {
    const auto next = next_state(state, event);
    if (!next || *next != expected) {
      fail_msg("%s on %s", facts_of(state).name, machine_event_name(event));
    }
    state = *next;
  }
}

// What may bill must never be forgotten: the only ways out are "gone" and "never made".
static void a_machine_that_may_bill_ends_only_by_the_clouds_word(void**) {
  for (const auto state : kAllStates) {
    if (!facts_of(state).may_bill) continue;
    for (const auto event : kAllEvents) {
      const auto next = next_state(state, event);
      if (!next || facts_of(*next).may_bill) continue;
      const bool by_the_clouds_word =
          event == MachineEvent::kGone || event == MachineEvent::kNotMade ||
          event == MachineEvent::kRefused || event == MachineEvent::kVanished;
      if (!by_the_clouds_word) {
        fail_msg("%s is forgotten on %s", facts_of(state).name, machine_event_name(event));
      }
    }
  }
}

static void whatever_may_bill_can_be_released_or_is_not_known_yet(void**) {
  for (const auto state : kAllStates) {
    if (!facts_of(state).may_bill || state == MachineState::kReleasing) continue;
    const auto next = next_state(state, MachineEvent::kRelease);
    if (state == MachineState::kOrdered) {
      assert_false(next.has_value());
    } else if (!next || *next != MachineState::kReleasing) {
      fail_msg("%s cannot be released", facts_of(state).name);
    }
  }
}

static void a_machine_seen_after_its_end_is_released(void**) {
  for (const auto state : {MachineState::kGone, MachineState::kRefused, MachineState::kLost}) {
    const auto next = next_state(state, MachineEvent::kSeenAgain);
    assert_true(next && *next == MachineState::kReleasing);
  }
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(each_state_has_its_own_facts_and_name),
      cmocka_unit_test(a_life_without_trouble_goes_from_wanted_to_gone),
      cmocka_unit_test(a_machine_that_may_bill_ends_only_by_the_clouds_word),
      cmocka_unit_test(whatever_may_bill_can_be_released_or_is_not_known_yet),
      cmocka_unit_test(a_machine_seen_after_its_end_is_released)};
  return cmocka_run_group_tests_name("core.machine", tests, nullptr, nullptr);
}
