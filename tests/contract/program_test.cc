// SPDX-License-Identifier: GPL-2.0-or-later
//
// The program `contract` at the address of a running spillway-simcloud: for every row, all cases
// that it shares with contract.simulated; and that it is safe.
//
// usage: test_contract_program [ROW|safety]
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "lib/file.h"
#include "tests/contract/case.h"
#include "tests/support/running_program.h"

using namespace spillway;
using namespace spillway::contract;

namespace {

using Words = std::vector<std::string>;

// A cloud that keeps running, and an account there.
class Place {
 public:
  explicit Place(const Row& row) : Place(row, row.simulated.scenario) {}
  Place(const Row& row, const std::string& scenario) : row_(row), cloud_(scenario) {
    write("right", row.simulated.key);
    write("wrong", "another");
  }

  [[nodiscard]] std::string base_url() const { return cloud_.url() + row_.simulated.path; }
  // The program for this account.
  [[nodiscard]] Words words(const Words& more) const {
    const auto& config = row_.simulated.config;
    Words all{built("tests/contract/contract"), "--provider", row_.provider};
    const auto add = [&](const char* option, const std::string& value) {
      if (!value.empty()) all.insert(all.end(), {option, value});
    };
    add("--base-url", base_url());
    add("--key-file", key("right"));
    add("--ssh-key", config.ssh_key);
    add("--image", config.image);
    add("--environment", config.environment);
    for (const auto& region : config.regions)
      add("--region", region);
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  [[nodiscard]] std::string key(const char* name) const { return folder_.file(name); }
  [[nodiscard]] SimcloudProcess& cloud() { return cloud_; }

  // As the cloud knows them, ended ones among them.
  [[nodiscard]] Words states() {
    const auto machines = cloud_.get("/sim/machines").get("machines");
    Words states;
    for (std::size_t i = 0; i < machines.size(); ++i)
      states.push_back(machines.at(i).string("status").value_or(""));
    return states;
  }
  void await_machine() {
    while (states().empty())
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  [[nodiscard]] bool are_all_ended() {
    const auto all = states();
    return std::all_of(all.begin(), all.end(), [](const auto& state) {
      return state == "gone" || state == "terminating";
    });
  }

 private:
  void write(const char* name, const std::string& text) const {
    if (!write_file_atomically(key(name), text + "\n", 0600)) fail_msg("cannot write %s", name);
  }

  const Row& row_;
  TemporaryFolder folder_;
  SimcloudProcess cloud_;
};

// ---- all that is shared is played, and passes

const Row* the_row = nullptr;

bool is_shared(const Case& played, const Row& row) {
  if (played.needs.simulated != nullptr) return false;
  return !played.needs.many_per_order || row.machines_per_order > 1;
}

void expect_verdicts(const RunningProgram& program, const Row& row) {
  int shared = 0;
  for (const auto& part : all_parts()) {
    for (const auto& played : part.cases) {
      const bool is_played = is_shared(played, row);
      const std::string verdict = is_played ? "[       OK ] " : "[  SKIPPED ] ";
      program.expect_said(verdict + played.name + "\n");
      if (is_played) ++shared;
    }
  }
  program.expect_said("[  PASSED  ] " + std::to_string(shared) + " test(s)");
}

void every_case_that_needs_no_cloud_of_its_own_passes(void**) {
  Place place(*the_row);
  const auto offer = format_offer_id(the_row->simulated.offer);
  RunningProgram program(
      place.words({"--hurry", "--rent", "3", "--price", "40", "--offer", offer}));
  program.expect_exit(0);
  expect_verdicts(program, *the_row);
  program.expect_said("needs a simulated cloud of the suite's own: one that errs on demand");
  program.expect_said("3 at a time, each for at most 40.00 $/h; their names begin with spillway-");
  assert_int_not_equal(place.states().size(), 0);
  assert_true(place.are_all_ended());
}

// ---- safety

const Row& row_called(std::string_view name) {
  return *std::find_if(
      rows().begin(), rows().end(), [&](const Row& row) { return row.name == name; });
}

Words rent_for(const char* name) {
  return {"--hurry", "--rent", "1", "--price", "40", "--case", name};
}

void nothing_is_ordered_that_was_not_asked_for(void**) {
  Place place(row_called("lambda"));
  RunningProgram program(place.words({"--hurry"}));
  program.expect_exit(0);
  program.expect_said("contract: orders nothing\n");
  program.expect_said("comes to order 1 machine, and --rent lets it order none");
  assert_int_equal(place.states().size(), 0);
}

void case_that_needs_more_machines_than_may_be_rented_is_skipped(void**) {
  Place place(row_called("lambda"));
  RunningProgram program(place.words(rent_for("unknown_machine_among_others_does_not_keep_them")));
  program.expect_exit(0);
  program.expect_said("comes to order 2 machines, and --rent lets it order 1");
  assert_int_equal(place.states().size(), 0);
}

void nothing_is_ordered_after_a_failure(void**) {
  Place place(row_called("lambda"));
  auto words = place.words({"--hurry", "--rent", "3", "--price", "40"});
  *(std::find(words.begin(), words.end(), "--key-file") + 1) = place.key("wrong");
  RunningProgram program(words);
  program.expect_exit(1);
  program.expect_said("[  FAILED  ] usable_account_has_no_failure");
  program.expect_said("nothing is ordered after a failure");
  assert_int_equal(place.states().size(), 0);
}

void offer_that_costs_more_is_never_ordered(void**) {
  Place place(row_called("lambda"));
  RunningProgram program(place.words(
      {"--hurry", "--rent", "1", "--price", "0.74", "--offer", "us-west-1 gpu_1x_a10"}));
  program.expect_exit(1);
  program.expect_said("no offer has 1 in stock at a known price of at most 0.74 $/h");
  assert_int_equal(place.states().size(), 0);
}

// With the right account, but for what is appended.
void what_makes_no_sense_is_refused_before_anything_is_tried(void**) {
  Place place(row_called("lambda"));
  const std::vector<Words> refused{
      {"--provider", "nimbus"},
      {"--key-file", place.key("none")},
      {"--rent", "1"},
      {"--price", "1.50"},
      {"--rent", "0", "--price", "1.50"},
      {"--rent", "1", "--price", "cheap"},
      {"--rent", "1", "--price", "-1"},
      {"--offer", "us-west-1 gpu_1x_a10"},
      {"--rent", "1", "--price", "1.50", "--offer", "us-west-1 gpu_1x_a1"},
      {"--case", "ordered_machine"},
      {"--patience", "30"},
      {"--hurry", "--base-url", "https://cloud.example/api/v1"},
      {"--base-url", "http://cloud.example/api/v1"},
      {"--yes"},
  };
  for (const auto& more : refused) {
    RunningProgram program(place.words(more));
    program.expect_exit(2);
  }
  assert_int_equal(place.states().size(), 0);
}

void machine_of_a_case_that_fails_is_ended_and_no_other(void**) {
  const auto& row = row_called("lambda");
  Place place(row);
  const auto network = make_curl_transport("spillway-test");
  for (const char* name : {"my notebook", "spillway-contract-ffffff-1-1"})
    assert_true(row.simulated.order_by_hand(*network, place.base_url(), {name}));
  place.cloud().set_faults(R"([{"match":{"machine":"next"},"do":"unhealthy","times":1}])");
  auto words = place.words(rent_for("machine_starts_to_run_and_gets_an_address"));
  words.insert(words.end(), {"--patience", "2s"});
  // With it a failed assertion ends a program of cmocka's at once.
  words.insert(words.begin(), {"/usr/bin/env", "CMOCKA_TEST_ABORT=1"});
  RunningProgram program(words);
  program.expect_exit(1);
  program.expect_said("in vain: a running machine");
  program.expect_said("[   END    ] all is gone");
  assert_true(place.states() == Words({"active", "active", "gone"}));
}

constexpr const char* kBoot = "machine_starts_to_run_and_gets_an_address";
constexpr const char* kNeverBoots = R"({"match":{"machine":"next"},"do":"never_boots"})";

void interrupted_run_ends_its_machine_first(void**) {
  Place place(row_called("lambda"));
  place.cloud().set_faults(std::string("[") + kNeverBoots + "]");
  auto words = place.words(rent_for(kBoot));
  words.insert(words.end(), {"--case", "release_can_be_repeated"});
  RunningProgram program(words);
  place.await_machine();
  program.send(SIGINT);
  program.expect_exit(1);
  program.expect_said("ERROR: stopped");
  program.expect_said("[   END    ] all is gone");
  program.expect_said("[  SKIPPED ] release_can_be_repeated");
  assert_true(place.states() == Words{"gone"});
}

void second_interruption_says_what_may_bill(void**) {
  Place place(row_called("lambda"));
  place.cloud().set_faults(std::string("[") + kNeverBoots +
                           R"(,{"match":{"path":"/lambda/api/v1/instance-operations/terminate"},)"
                           R"("do":"status","status":500,"times":-1}])");
  RunningProgram program(place.words(rent_for(kBoot)));
  place.await_machine();
  program.send(SIGTERM);
  program.await("[   END    ] the end: ");
  program.send(SIGTERM);
  program.expect_exit(1);
  program.expect_said("up to 1 machine (");
  program.expect_said("may bill, named like spillway-contract-");
  assert_true(place.states() == Words{"booting"});
}

// Also where a second driver, with a wrong key, calls after the first.
void driver_keeps_its_pace_at_an_address_that_was_given(void**) {
  const auto& row = row_called("lambda");
  Place place(row, with_limits(row));
  RunningProgram program(place.words({"--rent",
                                      "1",
                                      "--price",
                                      "40",
                                      "--case",
                                      "only_machines_of_the_cluster_are_listed",
                                      "--case",
                                      "wrong_key_is_unauthorized_whatever_is_asked",
                                      "--case",
                                      "ordered_machine_is_listed_with_its_mark"}));
  program.expect_exit(0);
  program.expect_said("[  PASSED  ] 3 test(s)");
  const auto rates = place.cloud().get("/sim/rates").get("clouds").at(0);
  assert_true(rates.integer("orders") == 1);
  assert_true(rates.integer("refused") == 0);
  assert_true(rates.integer("over_documented") == 0);
  assert_true(place.are_all_ended());
}

void cases_are_listed_with_what_each_needs(void**) {
  RunningProgram program({built("tests/contract/contract"), "--list"});
  program.expect_exit(0);
  program.expect_said("offers_are_whole\n    needs nothing: it only asks\n");
  program.expect_said("machine_starts_to_run_and_gets_an_address\n    needs 1 machine\n");
  program.expect_said("a simulated cloud, which errs on demand\n");
}

int try_row(const Row& row) {
  the_row = &row;
  const CMUnitTest tests[] = {cmocka_unit_test(every_case_that_needs_no_cloud_of_its_own_passes)};
  const auto group = "contract.program." + row.name;
  return cmocka_run_group_tests_name(group.c_str(), tests, nullptr, nullptr);
}

int try_safety() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(nothing_is_ordered_that_was_not_asked_for),
      cmocka_unit_test(case_that_needs_more_machines_than_may_be_rented_is_skipped),
      cmocka_unit_test(nothing_is_ordered_after_a_failure),
      cmocka_unit_test(offer_that_costs_more_is_never_ordered),
      cmocka_unit_test(what_makes_no_sense_is_refused_before_anything_is_tried),
      cmocka_unit_test(machine_of_a_case_that_fails_is_ended_and_no_other),
      cmocka_unit_test(interrupted_run_ends_its_machine_first),
      cmocka_unit_test(second_interruption_says_what_may_bill),
      cmocka_unit_test(driver_keeps_its_pace_at_an_address_that_was_given),
      cmocka_unit_test(cases_are_listed_with_what_each_needs),
  };
  return cmocka_run_group_tests_name("contract.program.safety", tests, nullptr, nullptr);
}

}  // namespace

int main(int count, char** arguments) {
  const std::string wanted = count > 1 ? arguments[1] : "";
  int failures = 0;
  bool is_known = false;
  for (const auto& row : rows()) {
    if (!wanted.empty() && wanted != row.name) continue;
    is_known = true;
    failures += try_row(row);
  }
  if (wanted.empty() || wanted == "safety") {
    is_known = true;
    failures += try_safety();
  }
  return is_known ? failures : 1;
}
