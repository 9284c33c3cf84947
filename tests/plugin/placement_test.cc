// SPDX-License-Identifier: GPL-2.0-or-later
#include "plugin/placement.h"

#include <memory>
#include <string>
#include <vector>

#include "tests/plugin/decisions_folder.h"
#include "tests/plugin/fake_slurm.h"
#include "tests/support/cmocka.h"

using namespace spillway;

static constexpr std::uint16_t kRunNow = 0;
static constexpr std::uint16_t kTestOnly = 1;
static constexpr std::uint16_t kWillRun = 2;
static constexpr int kTooFew = 2014;  // any code of Slurm's

static const std::string kAll = "h100-[001-004],local-[1-2]";
static const std::string kDecisions =
    "spillway-decisions 1\n"
    "written 1000 valid-for 120\n"
    "cloud h100-[001-004]\n"
    "set small h100-001\n"
    "set large h100-[002-004]\n"
    "set elsewhere other-[1-9]\n"
    "job 7 small large\n"
    "job 8 elsewhere large\n"
    "end 2\n";

// The addresses of these stand for Slurm's job records.
static const char kPermitted = 'p';
static const char kPermittedLate = 'l';
static const char kStranger = 's';

// A stock plugin that takes the first nodes it is shown when they are enough, else leaves one.
struct Stock {
  std::int64_t wants = 1;
  Nodes candidates;
  std::vector<std::string> asked;
};

static int ask(void* context) {
  auto* stock = static_cast<Stock*>(context);
  const std::string shown = fake_slurm().shown(stock->candidates.get());
  stock->asked.push_back(shown.empty() ? "nothing" : shown);
  const bool enough = count_nodes(stock->candidates.get()) >= stock->wants;
  keep_first(stock->candidates.get(), enough ? stock->wants : 1);
  return enough ? 0 : kTooFew;
}

struct World {
  DecisionsFolder folder;
  std::unique_ptr<Watch> watch;
  Stock stock;

  World() {
    fake_slurm() = FakeSlurm();
    fake_slurm().nodes = {"local-1", "local-2", "h100-001", "h100-002", "h100-003", "h100-004"};
    fake_slurm().records = {{7, &kPermitted}, {8, &kPermittedLate}, {9, &kStranger}};
    fake_slurm().unix_seconds = 1010;
    folder.write(kDecisions);
    watch = std::make_unique<Watch>(folder.path(), fake_clocks());
  }

  int place(const void* job, std::uint16_t mode, std::int64_t wants, const std::string& hosts) {
    stock.wants = wants;
    stock.candidates = fake_slurm().make(hosts);
    stock.asked.clear();
    const spillway_question_t question{job, stock.candidates.get(), mode, ask, &stock};
    return spillway::place(*watch, question);
  }

  [[nodiscard]] std::string asked() const {
    std::string out;
    for (const std::string& hosts : stock.asked)
      out += (out.empty() ? "" : " | ") + hosts;
    return out;
  }

  [[nodiscard]] std::string chosen() const { return fake_slurm().shown(stock.candidates.get()); }
};

static void every_question_is_put_to_the_stock_plugin_as_designed(void**) {
  const struct {
    const char* what;
    const void* job;
    std::uint16_t mode;
    std::int64_t wants;
    std::string candidates;
    std::string asked;
    int outcome;
    std::string chosen;
  } cases[] = {
      {"test only: all nodes, no permission asked for",
       &kStranger,
       kTestOnly,
       5,
       kAll,
       kAll,
       0,
       "h100-[001-003],local-[1-2]"},
      {"test only, permitted", &kPermitted, kTestOnly, 1, kAll, kAll, 0, "local-1"},
      {"no cloud candidate", &kStranger, kRunNow, 1, "local-[1-2]", "local-[1-2]", 0, "local-1"},
      {"no cloud candidate, permitted",
       &kPermitted,
       kRunNow,
       3,
       "local-[1-2]",
       "local-[1-2]",
       kTooFew,
       "local-1"},
      {"no permission", &kStranger, kRunNow, 1, kAll, "local-[1-2]", 0, "local-1"},
      {"no permission, too few", &kStranger, kRunNow, 3, kAll, "local-[1-2]", kTooFew, "local-1"},
      {"no permission, cloud nodes only",
       &kStranger,
       kRunNow,
       1,
       "h100-[001-004]",
       "nothing",
       kTooFew,
       ""},
      {"no permission, will run", &kStranger, kWillRun, 3, kAll, "local-[1-2]", kTooFew, "local-1"},
      {"permitted: local nodes first", &kPermitted, kRunNow, 1, kAll, "local-[1-2]", 0, "local-1"},
      {"permitted: then the first set",
       &kPermitted,
       kRunNow,
       1,
       "h100-[001-004]",
       "nothing | h100-001",
       0,
       "h100-001"},
      {"permitted: then the second",
       &kPermitted,
       kRunNow,
       3,
       kAll,
       "local-[1-2] | h100-001 | h100-[002-004]",
       0,
       "h100-[002-004]"},
      {"permitted: sets are cut to the candidates",
       &kPermitted,
       kRunNow,
       2,
       "h100-[001,003-004],local-1",
       "local-1 | h100-001 | h100-[003-004]",
       0,
       "h100-[003-004]"},
      {"permitted: a set without candidates is passed over",
       &kPermitted,
       kRunNow,
       2,
       "h100-[003-004],local-1",
       "local-1 | h100-[003-004]",
       0,
       "h100-[003-004]"},
      {"permitted: sets of unknown nodes are passed over",
       &kPermittedLate,
       kRunNow,
       3,
       kAll,
       "local-[1-2] | h100-[002-004]",
       0,
       "h100-[002-004]"},
      {"permitted: never across sets, never beside local nodes",
       &kPermitted,
       kRunNow,
       4,
       kAll,
       "local-[1-2] | h100-001 | h100-[002-004]",
       kTooFew,
       "local-1"},
      {"permitted, will run: sets first",
       &kPermitted,
       kWillRun,
       1,
       kAll,
       "h100-001",
       0,
       "h100-001"},
      {"permitted, will run: second set",
       &kPermitted,
       kWillRun,
       3,
       kAll,
       "h100-001 | h100-[002-004]",
       0,
       "h100-[002-004]"},
      {"permitted, will run: then local nodes",
       &kPermitted,
       kWillRun,
       1,
       "local-[1-2],h100-004",
       "h100-004",
       0,
       "h100-004"},
      {"permitted, will run: too few anywhere",
       &kPermitted,
       kWillRun,
       4,
       kAll,
       "h100-001 | h100-[002-004] | local-[1-2]",
       kTooFew,
       "local-1"},
      {"permitted, will run: local nodes when the sets are too small",
       &kPermitted,
       kWillRun,
       2,
       "h100-001,local-[1-2]",
       "h100-001 | local-[1-2]",
       0,
       "local-[1-2]"},
      {"high bits of the mode are other matters",
       &kPermitted,
       0x0500,
       3,
       kAll,
       "local-[1-2] | h100-001 | h100-[002-004]",
       0,
       "h100-[002-004]"},
      {"high bits beside test only",
       &kStranger,
       0x0101,
       5,
       kAll,
       kAll,
       0,
       "h100-[001-003],local-[1-2]"},
  };
  World world;
  for (const auto& c : cases) {
    const int outcome = world.place(c.job, c.mode, c.wants, c.candidates);
    if (world.asked() != c.asked) fail_msg("%s: asked %s", c.what, world.asked().c_str());
    if (outcome != c.outcome) fail_msg("%s: answered %d", c.what, outcome);
    if (world.chosen() != c.chosen) fail_msg("%s: left %s", c.what, world.chosen().c_str());
  }
}

static void an_address_that_passed_to_another_job_gives_no_permission(void**) {
  World world;
  assert_int_equal(world.place(&kPermitted, kRunNow, 3, kAll), 0);
  fake_slurm().records = {{8, &kPermittedLate}, {10, &kPermitted}};
  assert_int_equal(world.place(&kPermitted, kRunNow, 3, kAll), kTooFew);
  assert_string_equal(world.asked().c_str(), "local-[1-2]");
}

static void the_new_record_of_a_jobs_remainder_is_found_within_a_second(void**) {
  World world;
  assert_int_equal(world.place(&kPermitted, kRunNow, 3, kAll), 0);
  fake_slurm().records[7] = &kStranger;
  fake_slurm().monotonic_ms += 1000;
  assert_int_equal(world.place(&kStranger, kRunNow, 3, kAll), 0);
  assert_int_equal(world.place(&kPermitted, kRunNow, 3, kAll), kTooFew);
}

// Slurm starts an array task by task within one pass, each time with a new record for the rest.
static void what_remains_of_an_array_is_known_right_after_its_task_was_placed(void**) {
  World world;
  assert_int_equal(world.place(&kPermitted, kRunNow, 3, kAll), 0);
  fake_slurm().records[7] = &kStranger;
  assert_int_equal(world.place(&kStranger, kRunNow, 3, kAll), 0);
  assert_int_equal(world.place(&kPermitted, kRunNow, 3, kAll), kTooFew);
  assert_int_equal(world.place(&kStranger, kRunNow, 3, kAll), 0);
}

static void nodes_are_looked_up_once(void**) {
  World world;
  for (int i = 0; i < 3; ++i)
    assert_int_equal(world.place(&kPermitted, kRunNow, 3, kAll), 0);
  assert_int_equal(fake_slurm().node_lookups, 3);
  world.folder.write(kDecisions);
  fake_slurm().monotonic_ms += 100;
  assert_int_equal(world.place(&kStranger, kRunNow, 1, kAll), 0);
  assert_int_equal(fake_slurm().node_lookups, 3);
}

static void nodes_in_a_new_order_are_looked_up_again_when_slurm_tells(void**) {
  World world;
  assert_int_equal(world.place(&kStranger, kRunNow, 1, kAll), 0);
  fake_slurm().nodes = {"h100-001", "h100-002", "h100-003", "h100-004", "local-1", "local-2"};
  world.watch->nodes_changed();
  assert_int_equal(world.place(&kStranger, kRunNow, 1, kAll), 0);
  assert_string_equal(world.asked().c_str(), "local-[1-2]");
}

static void sets_of_another_size_never_meet(void**) {
  World world;
  assert_int_equal(world.place(&kPermitted, kRunNow, 3, kAll), 0);
  fake_slurm().nodes.insert(fake_slurm().nodes.begin(), "local-0");
  assert_int_equal(world.place(&kPermitted, kRunNow, 3, kAll), 0);
  assert_string_equal(world.chosen().c_str(), "h100-[002-004]");
}

static void without_any_decisions_every_question_goes_on_untouched(void**) {
  World world;
  world.folder.remove();
  for (const std::uint16_t mode : {kRunNow, kTestOnly, kWillRun}) {
    assert_int_equal(world.place(&kStranger, mode, 5, kAll), 0);
    assert_string_equal(world.asked().c_str(), kAll.c_str());
  }
}

static void a_cluster_without_cloud_nodes_is_left_alone(void**) {
  World world;
  world.folder.write("spillway-decisions 1\nwritten 1000 valid-for 120\ncloud\nend 0\n");
  assert_int_equal(world.place(&kStranger, kRunNow, 5, kAll), 0);
  assert_string_equal(world.asked().c_str(), kAll.c_str());
}

static void past_their_validity_permissions_end_and_cloud_nodes_stay_hidden(void**) {
  World world;
  assert_int_equal(world.place(&kPermitted, kRunNow, 3, kAll), 0);
  fake_slurm().unix_seconds = 1120;
  fake_slurm().monotonic_ms += 100;
  assert_int_equal(world.place(&kPermitted, kRunNow, 3, kAll), kTooFew);
  assert_string_equal(world.asked().c_str(), "local-[1-2]");
  assert_int_equal(world.place(&kPermitted, kTestOnly, 5, kAll), 0);
}

int main() {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(every_question_is_put_to_the_stock_plugin_as_designed),
      cmocka_unit_test(an_address_that_passed_to_another_job_gives_no_permission),
      cmocka_unit_test(the_new_record_of_a_jobs_remainder_is_found_within_a_second),
      cmocka_unit_test(what_remains_of_an_array_is_known_right_after_its_task_was_placed),
      cmocka_unit_test(nodes_are_looked_up_once),
      cmocka_unit_test(nodes_in_a_new_order_are_looked_up_again_when_slurm_tells),
      cmocka_unit_test(sets_of_another_size_never_meet),
      cmocka_unit_test(without_any_decisions_every_question_goes_on_untouched),
      cmocka_unit_test(a_cluster_without_cloud_nodes_is_left_alone),
      cmocka_unit_test(past_their_validity_permissions_end_and_cloud_nodes_stay_hidden),
  };
  return cmocka_run_group_tests_name("plugin.placement", tests, nullptr, nullptr);
}
