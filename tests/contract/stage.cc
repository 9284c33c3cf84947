// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/contract/stage.h"

#include <exception>

namespace spillway::contract {
namespace {

// A case on its stage. What must outlive a failed assertion, which jumps past destructors, is here.
struct Turn {
  const Case& wanted;
  Stage& stage;
  Opened opened;
  bool has_passed = false;
};

void run_turn(void** state) {
  auto& turn = *static_cast<Turn*>(*state);
  turn.opened = turn.stage.open(turn.wanted);
  if (turn.opened.scene == nullptr) skip_case(turn.opened.obstacle.c_str());
  try {
    turn.wanted.run(*turn.opened.scene);
  } catch (const std::exception& error) {
    fail_msg("exception: %s", error.what());
  }
  turn.has_passed = true;
}

int close_turn(void** state) {
  auto& turn = *static_cast<Turn*>(*state);
  if (turn.opened.scene != nullptr) turn.stage.close(turn.has_passed);
  return 0;
}

}  // namespace

int play(const std::string& group, const std::vector<Case>& cases, Stage& stage) {
  std::vector<Turn> turns;
  turns.reserve(cases.size());
  std::vector<CMUnitTest> tests;
  for (const auto& wanted : cases) {
    turns.push_back({wanted, stage, {}, false});
    tests.push_back({wanted.name, run_turn, nullptr, close_turn, &turns.back()});
  }
  return _cmocka_run_group_tests(group.c_str(), tests.data(), tests.size(), nullptr, nullptr);
}

}  // namespace spillway::contract
