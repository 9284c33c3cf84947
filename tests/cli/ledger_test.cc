// SPDX-License-Identifier: GPL-2.0-or-later
//
// The program on a real ledger: what the broker wrote is what the admin reads.
#include "ledger/ledger.h"

#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "lib/file.h"
#include "lib/json.h"
#include "tests/cli/screens.h"

using namespace spillway;

namespace {

struct Ran {
  int code = -1;
  std::string text;
};

struct Place {
  std::string folder;
  std::string config;
};

Ran run(const Place& place, const std::string& arguments) {
  const char* build = std::getenv("SPILLWAY_BUILD_DIR");
  if (build == nullptr) fail_msg("SPILLWAY_BUILD_DIR is not set");
  const std::string command =
      std::string(build) + "/bin/spillway --config " + place.config + " " + arguments + " 2>&1";
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) fail_msg("%s: cannot be run", command.c_str());
  Ran ran;
  char part[4096];
  for (std::size_t size = 0; (size = fread(part, 1, sizeof part, pipe)) > 0;)
    ran.text.append(part, size);
  const int status = pclose(pipe);
  if (WIFEXITED(status)) ran.code = WEXITSTATUS(status);
  return ran;
}

Changes some_changes(TimePoint now) {
  Lease lease;
  lease.id = 1;
  lease.pool = "h100";
  lease.job = 1234;
  lease.offer = h100_offer();
  lease.price_per_hour = Money::from_cents(3'192);
  lease.created_at = now;
  Machine machine;
  machine.id = 1;
  machine.lease = 1;
  machine.node = "h100-001";
  machine.state = MachineState::kGone;
  machine.state_since = now;
  machine.provider_id = "i-1";
  machine.billed_from = now - std::chrono::minutes(60);
  machine.billed_to = now - std::chrono::minutes(30);
  Machine wanted = machine;
  wanted.id = 2;
  wanted.node = "h100-002";
  wanted.state = MachineState::kWanted;
  wanted.provider_id = "";
  wanted.billed_from.reset();
  wanted.billed_to.reset();
  Changes changes;
  changes.leases = {lease};
  changes.machines = {machine, wanted};
  for (const char* kind : {"permit", "choose", "order"}) {
    Event event;
    event.at = now;
    event.kind = kind;
    event.job = 1234;
    event.text = std::string("why ") + kind;
    changes.events.push_back(event);
  }
  return changes;
}

void must(const Status& status) {
  if (!status) fail_msg("%s", status.error().message.c_str());
}

void write_ledger(const Place& place) {
  const TimePoint now = SystemClock().now();
  auto ledger = Ledger::open(place.folder + "/ledger.db", Ledger::Access::kReadWrite);
  if (!ledger) fail_msg("%s", ledger.error().message.c_str());
  must((*ledger)->commit(some_changes(now)));
  const auto led = (*ledger)->take_leadership("head1:1:a", now, now + std::chrono::hours(1));
  if (!led || !*led) fail_msg("the ledger cannot be led");
}

int make_place(void** state) {
  std::string folder = "/tmp/spillway-cli-XXXXXX";
  if (mkdtemp(folder.data()) == nullptr) return -1;
  auto* place = new Place{folder, folder + "/spillway.yaml"};
  *state = place;
  must(write_file_atomically(place->config,
                             "cluster: hpc1\nledger: " + folder +
                                 "/ledger.db\ndecisions: " + folder + "/decisions\n" +
                                 "join: {listen: 127.0.0.1:8444, url: https://127.0.0.1:8444}\n"
                                 "providers: {lambda: {key_file: " +
                                 folder +
                                 "/key}}\n"
                                 "pools:\n  h100:\n    nodes: h100-[001-002]\n"
                                 "    shape: {gpu: h100, gpus: 8, cpus: 96, memory: 900GiB}\n"
                                 "    offers: [{provider: lambda}]\n"));
  write_ledger(*place);
  return 0;
}

int remove_place(void** state) {
  auto* place = static_cast<Place*>(*state);
  std::error_code ignored;
  std::filesystem::remove_all(place->folder, ignored);
  delete place;
  return 0;
}

Json json_of(const Ran& ran) {
  auto json = Json::parse(ran.text, "spillway");
  if (!json) fail_msg("%s:\n%s", json.error().message.c_str(), ran.text.c_str());
  return *json;
}

}  // namespace

static void status_shows_the_leader_and_what_is_wanted(void** state) {
  const auto& place = *static_cast<Place*>(*state);
  const Ran ran = run(place, "status --json");
  assert_int_equal(ran.code, 0);
  const Json json = json_of(ran);
  assert_true(*json.get("leader").boolean("in_force"));
  assert_int_equal(json.get("machines").size(), 1);
  expect_text(*json.get("machines").at(0).string("node"), "h100-002");
  expect_text(*json.get("machines").at(0).string("state"), "wanted");
}

static void status_without_a_leader_exits_with_1(void** state) {
  const auto& place = *static_cast<Place*>(*state);
  {
    auto ledger = Ledger::open(place.folder + "/ledger.db", Ledger::Access::kReadWrite);
    if (!ledger) fail_msg("%s", ledger.error().message.c_str());
    must((*ledger)->give_up_leadership("head1:1:a"));
  }
  const Ran ran = run(place, "status");
  assert_int_equal(ran.code, 1);
  if (ran.text.find("no broker leads") == std::string::npos) fail_msg("%s", ran.text.c_str());
}

static void the_bill_charges_each_begun_minute(void** state) {
  const auto& place = *static_cast<Place*>(*state);
  const Ran ran = run(place, "bill --json --since 2d");
  assert_int_equal(ran.code, 0);
  const Json json = json_of(ran);
  assert_int_equal(*json.integer("total_microusd"), 15'960'000);
  assert_int_equal(json.get("lines").size(), 1);
  expect_text(*json.get("lines").at(0).string("id"), "i-1");
}

static void a_bill_of_the_last_minutes_leaves_out_what_ended_before(void** state) {
  const auto& place = *static_cast<Place*>(*state);
  const Ran ran = run(place, "bill --json --since 10m");
  assert_int_equal(ran.code, 0);
  assert_int_equal(json_of(ran).get("lines").size(), 0);
}

static void events_are_all_or_the_last_few(void** state) {
  const auto& place = *static_cast<Place*>(*state);
  const Ran all = run(place, "events");
  assert_int_equal(all.code, 0);
  const auto permit = all.text.find("why permit");
  const auto order = all.text.find("why order");
  if (permit == std::string::npos || order == std::string::npos || permit > order) {
    fail_msg("%s", all.text.c_str());
  }
  const Ran last = run(place, "events --json --last 1");
  assert_int_equal(last.code, 0);
  expect_text(*json_of(last).string("text"), "why order");
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(
          status_shows_the_leader_and_what_is_wanted, make_place, remove_place),
      cmocka_unit_test_setup_teardown(
          status_without_a_leader_exits_with_1, make_place, remove_place),
      cmocka_unit_test_setup_teardown(the_bill_charges_each_begun_minute, make_place, remove_place),
      cmocka_unit_test_setup_teardown(
          a_bill_of_the_last_minutes_leaves_out_what_ended_before, make_place, remove_place),
      cmocka_unit_test_setup_teardown(events_are_all_or_the_last_few, make_place, remove_place),
  };
  return cmocka_run_group_tests_name("cli.ledger", tests, nullptr, nullptr);
}
