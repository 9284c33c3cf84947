// SPDX-License-Identifier: GPL-2.0-or-later
//
// The program on a real ledger: what the broker wrote is what the admin reads.
#include "ledger/ledger.h"

#include "tests/cli/place.h"

using namespace spillway;

namespace {

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

// With a leader, and a gang of which one machine has ended and one is wanted.
class Led : public Place {
 public:
  Led() {
    const TimePoint now = SystemClock().now();
    const auto opened = open();
    must(opened->commit(some_changes(now)));
    const auto led = opened->take_leadership("head1:1:a", now, now + std::chrono::hours(1));
    if (!led || !*led) fail_msg("the ledger cannot be led");
  }
};

}  // namespace

static void status_shows_the_leader_and_what_is_wanted(void**) {
  const Led place;
  const Ran ran = place.run("status --json");
  assert_int_equal(ran.code, 0);
  const Json json = json_of(ran);
  assert_true(*json.get("leader").boolean("in_force"));
  assert_int_equal(json.get("machines").size(), 1);
  expect_text(*json.get("machines").at(0).string("node"), "h100-002");
  expect_text(*json.get("machines").at(0).string("state"), "wanted");
}

static void status_without_a_leader_exits_with_1(void**) {
  const Led place;
  must(place.open()->give_up_leadership("head1:1:a"));
  const Ran ran = place.run("status");
  assert_int_equal(ran.code, 1);
  if (ran.text.find("no broker leads") == std::string::npos) fail_msg("%s", ran.text.c_str());
}

static void the_bill_charges_each_begun_minute(void**) {
  const Led place;
  const Ran ran = place.run("bill --json --since 2d");
  assert_int_equal(ran.code, 0);
  const Json json = json_of(ran);
  assert_int_equal(*json.integer("total_microusd"), 15'960'000);
  assert_int_equal(json.get("lines").size(), 1);
  expect_text(*json.get("lines").at(0).string("id"), "i-1");
}

static void a_bill_of_the_last_minutes_leaves_out_what_ended_before(void**) {
  const Led place;
  const Ran ran = place.run("bill --json --since 10m");
  assert_int_equal(ran.code, 0);
  assert_int_equal(json_of(ran).get("lines").size(), 0);
}

static void events_are_all_or_the_last_few(void**) {
  const Led place;
  const Ran all = place.run("events");
  assert_int_equal(all.code, 0);
  const auto permit = all.text.find("why permit");
  const auto order = all.text.find("why order");
  if (permit == std::string::npos || order == std::string::npos || permit > order) {
    fail_msg("%s", all.text.c_str());
  }
  const Ran last = place.run("events --json --last 1");
  assert_int_equal(last.code, 0);
  expect_text(*json_of(last).string("text"), "why order");
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(status_shows_the_leader_and_what_is_wanted),
      cmocka_unit_test(status_without_a_leader_exits_with_1),
      cmocka_unit_test(the_bill_charges_each_begun_minute),
      cmocka_unit_test(a_bill_of_the_last_minutes_leaves_out_what_ended_before),
      cmocka_unit_test(events_are_all_or_the_last_few),
  };
  return cmocka_run_group_tests_name("cli.ledger", tests, nullptr, nullptr);
}
