// SPDX-License-Identifier: GPL-2.0-or-later
//
// `spillway doctor --live` as a program: a real ledger, a simulated cloud, Ctrl-C.
#include <signal.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <vector>

#include "ledger/ledger.h"
#include "lib/file.h"
#include "tests/cli/screens.h"
#include "tests/cli/trial_cloud.h"
#include "tests/support/running_program.h"
#include "tests/support/simcloud_process.h"

using namespace spillway;

namespace {

// A cloud, a configuration for it, and a ledger that a broker once made.
struct Place {
  explicit Place(int boot_seconds = 1) : cloud(trial_scenario(boot_seconds)) {
    const auto write = [&](const char* name, const std::string& text) {
      if (!write_file_atomically(folder.file(name), text, 0600)) fail_msg("%s", name);
    };
    write("key", std::string(kTrialKey) + "\n");
    write("spillway.yaml",
          "cluster: hpc1\nledger: " + folder.file("ledger.db") +
              "\ndecisions: " + folder.file("decisions") +
              "\njoin: {listen: 127.0.0.1:8444, url: https://127.0.0.1:8444}\n"
              "providers: {lambda: {key_file: " +
              folder.file("key") + ", ssh_key: ops, image: lambda-stack-24-04, base_url: \"" +
              cloud.url() +
              "/lambda/api/v1\"}}\npools:\n  h100:\n    nodes: h100-[001-002]\n"
              "    shape: {gpu: h100, gpus: 8, cpus: 96, memory: 900GiB}\n"
              "    offers: [{provider: lambda}]\n");
    if (!open()) fail_msg("no ledger");
  }

  [[nodiscard]] std::unique_ptr<Ledger> open() const {
    auto ledger = Ledger::open(folder.file("ledger.db"), Ledger::Access::kReadWrite);
    return ledger ? *std::move(ledger) : nullptr;
  }
  [[nodiscard]] std::vector<std::string> doctor(const std::vector<std::string>& more) const {
    std::vector<std::string> words = {built("bin/spillway"),
                                      "--config",
                                      folder.file("spillway.yaml"),
                                      "doctor",
                                      "--live",
                                      "lambda"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
  [[nodiscard]] std::size_t ordered() { return cloud.get("/sim/machines").get("machines").size(); }
  [[nodiscard]] std::string state_of_first() {
    return cloud.get("/sim/machines").get("machines").at(0).string("status").value_or("");
  }

  TemporaryFolder folder;
  SimcloudProcess cloud;
};

}  // namespace

static void each_harmless_call_is_made_and_judged(void**) {
  Place place;
  RunningProgram program(place.doctor({}));
  assert_int_equal(program.finish(), 0);
  program.expect_said("ok     lambda    key: Lambda accepts it");
  program.expect_said("ok     offers    2 offers: 2 types in 1 region, 2 can be had now");
  program.expect_said("pool h100: 1 offer would do, first lambda us-east-1 gpu_8x_h100_sxm5");
  program.expect_said("ok     machines  none of cluster hpc1");
  program.expect_said("ok     calls     machines: 1 call, ");
  assert_int_equal(place.ordered(), 0);
}

static void answers_that_cannot_be_read_are_failures(void**) {
  Place place;
  place.cloud.set_faults(
      R"([{"match":{"path":"/lambda/api/v1/instance-types"},"do":"html","times":-1}])");
  RunningProgram program(place.doctor({"--rent-one", "--yes"}));
  assert_int_equal(program.finish(), 1);
  program.expect_said("failure  offers");
  program.expect_said("nothing is ordered: there is a failure");
  assert_int_equal(place.ordered(), 0);
}

static void nothing_is_ordered_without_a_yes_or_a_ledger(void**) {
  Place place;
  RunningProgram unasked(place.doctor({"--rent-one"}));
  assert_int_equal(unasked.finish(), 2);
  unasked.expect_said("no terminal to ask on: say --yes");
  unlink(place.folder.file("ledger.db").c_str());
  RunningProgram unknown(place.doctor({"--rent-one", "--yes"}));
  assert_int_equal(unknown.finish(), 1);
  unknown.expect_said("nothing is ordered: ");
  unknown.expect_said("spillwayd makes the ledger");
  assert_int_equal(place.ordered(), 0);
}

static void the_cheapest_is_ordered_seen_and_ended_and_the_ledger_knows(void**) {
  Place place;
  RunningProgram program(place.doctor({"--rent-one", "--yes"}));
  const int code = program.finish();
  if (code != 0) fail_msg("exit code %d:\n%s", code, program.said.c_str());
  program.expect_said("the cheapest that can be had is lambda us-east-1 gpu_1x_a10 at 0.75 $/h");
  program.expect_said("no broker leads: should this program die, NOBODY ends the machine");
  program.expect_said(": running, address ");
  program.expect_said("ok     rent  cost: 0.0");
  assert_int_equal(place.ordered(), 1);
  expect_text(place.state_of_first(), "gone");
  const auto ledger = place.open();
  const auto events = ledger->last_events(2);
  assert_int_equal(events->size(), 2);
  for (const auto& event : *events)
    expect_text(event.kind, "trial");
  const auto tag = ledger->load()->ledger_tag;
  const auto mark = "as spillway-hpc1-" + tag + "-999999999-";
  assert_true((*events)[0].text.find(mark) != std::string::npos);
  assert_true((*events)[1].text.find("cost: 0.0") != std::string::npos);
}

static void as_json_the_progress_is_elsewhere(void**) {
  Place place;
  place.cloud.set_faults(R"([{"match":{"method":"POST"},"do":"refuse_capacity","times":1}])");
  RunningProgram program(place.doctor({"--rent-one", "--yes", "--json"}));
  assert_int_equal(program.finish(), 1);
  program.expect_said("\"topic\": \"rent\"");
  program.expect_said("\"text\": \"refused: ");
  program.expect_said("\"topic\": \"machines\"");
}

static void ctrl_c_ends_the_machine_first(void**) {
  Place place(600);
  RunningProgram program(place.doctor({"--rent-one", "--yes"}));
  program.await(": building");
  program.send(SIGINT);
  program.await("stops as soon as nothing bills");
  assert_int_equal(program.finish(), 3);
  program.expect_said("stopped before it ran: what was ordered is ended");
  expect_text(place.state_of_first(), "gone");
}

static void a_second_ctrl_c_says_what_bills_and_how_to_end_it(void**) {
  Place place(600);
  RunningProgram program(place.doctor({"--rent-one", "--yes"}));
  program.await(": building");
  place.cloud.set_faults(
      R"([{"match":{"path":"/lambda/api/v1/instance-operations/terminate"},"do":"status",)"
      R"("status":500,"times":-1}])");
  program.send(SIGTERM);
  program.await("its end: ");
  program.send(SIGINT);
  assert_int_equal(program.finish(), 1);
  const auto id = place.cloud.get("/sim/machines").get("machines").at(0).string("id");
  program.expect_said("machine " + *id + " at lambda, named spillway-hpc1-");
  program.expect_said("bills up to 0.75 $/h until it is ended: end it in the provider's console");
  expect_text(place.state_of_first(), "booting");
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(each_harmless_call_is_made_and_judged),
      cmocka_unit_test(answers_that_cannot_be_read_are_failures),
      cmocka_unit_test(nothing_is_ordered_without_a_yes_or_a_ledger),
      cmocka_unit_test(the_cheapest_is_ordered_seen_and_ended_and_the_ledger_knows),
      cmocka_unit_test(as_json_the_progress_is_elsewhere),
      cmocka_unit_test(ctrl_c_ends_the_machine_first),
      cmocka_unit_test(a_second_ctrl_c_says_what_bills_and_how_to_end_it),
  };
  return cmocka_run_group_tests_name("cli.live_program", tests, nullptr, nullptr);
}
