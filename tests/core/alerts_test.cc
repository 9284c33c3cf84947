// SPDX-License-Identifier: GPL-2.0-or-later
//
// Each alert opens once, says what to do, and ends by itself.
#include "core/alerts.h"

#include <chrono>
#include <set>
#include <string>

#include "tests/support/gang_world.h"

using namespace spillway;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

// Job 7 runs on h100-001, on machine "1" of lambda.
struct AlertWorld : GangWorld {
  AlertWorld() {
    call = burst(7, "h100-001").orders.at(0);
    take(call);
    show_all();
    turn();
    join("h100-001");
    if (!ready("h100-001")) fail_msg("cannot be ready");
    node("h100-001").powering_up = false;
    turn();
    if (!books.alerts.empty()) fail_msg("%s", open_kinds().c_str());
  }
  CloudMachine shown(CloudState state = CloudState::kRunning) const {
    return cloud_machine("1", call, state);
  }
  // A list every ten seconds, as it was last.
  void pass(std::chrono::seconds time) {
    for (std::chrono::seconds passed{0}; passed < time; passed += seconds(10)) {
      if (lists && providers.contains("lambda")) show(listed);
      last = turn(seconds(10));
      for (const auto& release : last.releases)
        accept_release(release);  // and nothing comes of it
    }
  }
  [[nodiscard]] std::string open_kinds() const {
    std::string kinds;
    for (const auto& [id, alert] : books.alerts)
      kinds += alert.kind + " of " + alert.subject + "\n";
    return kinds;
  }
  [[nodiscard]] int times_said(const std::string& kind) const {
    return static_cast<int>(std::count_if(
        events.begin(), events.end(), [&](const auto& event) { return event.kind == kind; }));
  }
  CallOrder call;
  std::vector<CloudMachine> listed;
  bool lists = true;
};

struct Case {
  const char* kind;
  const char* subject;
  std::chrono::seconds after;  // it opens then, and not long before
  void (*begin)(AlertWorld&);
  void (*end)(AlertWorld&);
};

void show_foreign(AlertWorld& world) {
  auto machine = world.shown();
  machine.id = "9";
  machine.mark.ledger = "ffffff";
  world.listed = {world.shown(), machine};
}

void show_own(AlertWorld& world) {
  world.listed = {world.shown()};
}

void refuse_key(AlertWorld& world) {
  show_own(world);
  world.lambda().key_refused = true;
  world.lambda().trouble = "HTTP 401";
}

void take_key(AlertWorld& world) {
  world.lambda().key_refused = false;
  world.lambda().trouble.clear();
}

void keep_after_release(AlertWorld& world) {
  show_own(world);
  world.request(RequestKind::kSuspend, "h100-001");
  world.node("h100-001").base = NodeBase::kIdle;
  world.node("h100-001").powered_down = true;
}

void bring_another_price(AlertWorld& world) {
  show_own(world);
  world.listed[0].price_per_hour = Money::from_cents(2492);
}

void forget_provider(AlertWorld& world) {
  world.lists = false;
  world.providers.erase("lambda");
}

void configure_provider(AlertWorld& world) {
  world.providers["lambda"].offers_at = world.now;
}

void take_node_out(AlertWorld& world) {
  show_own(world);
  world.slurm.nodes.erase("h100-001");
}

void put_node_back(AlertWorld& world) {
  world.slurm.nodes["h100-001"] = world.node("h100-002");
  world.node("h100-001").name = "h100-001";
}

void start_job_on_a_stranger(AlertWorld& world) {
  show_own(world);
  world.node("h100-003").powered_down = false;
  world.node("h100-003").base = NodeBase::kAllocated;
}

const Case kCases[] = {
    {"key_refused", "lambda", seconds(0), refuse_key, take_key},
    {"will_not_end",
     "lambda/1",
     minutes(10),
     keep_after_release,
     [](AlertWorld& world) { world.listed.clear(); }},
    {"another_ledger", "lambda/9", seconds(0), show_foreign, show_own},
    {"price_differs", "lambda/1", seconds(0), bring_another_price, show_own},
    {"not_configured", "lambda", seconds(0), forget_provider, configure_provider},
    {"provider_silent",
     "lambda",
     minutes(10),
     [](AlertWorld& world) { world.lists = false; },
     [](AlertWorld& world) {
       show_own(world);
       world.lists = true;
     }},
    {"slurm_silent",
     "slurmctld",
     minutes(5),
     [](AlertWorld& world) {
       show_own(world);
       world.slurm_known = false;
     },
     [](AlertWorld& world) { world.slurm_known = true; }},
    {"node_unknown", "h100-001", seconds(0), take_node_out, put_node_back},
    {"strange_machine",
     "h100-003",
     seconds(30),
     start_job_on_a_stranger,
     [](AlertWorld& world) { world.node("h100-003").powered_down = true; }},
    {"vpn_down",
     "vpn",
     seconds(0),
     [](AlertWorld& world) {
       show_own(world);
       world.vpn_trouble = "wg: not installed";
     },
     [](AlertWorld& world) { world.vpn_trouble.clear(); }},
};

}  // namespace

static void each_opens_in_its_time_says_its_cure_and_ends_by_itself(void**) {
  for (const auto& [kind, subject, after, begin, end] : kCases) {
    AlertWorld world;
    begin(world);
    if (after > seconds(20)) {
      world.pass(after - seconds(20));
      if (!world.books.alerts.empty()) fail_msg("%s: too early", kind);
    }
    world.pass(seconds(50));
    const auto open = world.books.alerts.find({kind, subject});
    if (open == world.books.alerts.end())
      fail_msg("%s: only\n%s", kind, world.open_kinds().c_str());
    if (world.books.alerts.size() > 1) fail_msg("%s: not alone", world.open_kinds().c_str());
    if (open->second.text.empty() || open->second.cure.empty()) fail_msg("%s: says little", kind);
    if (world.times_said("alert") != 1)
      fail_msg("%s: said %d times", kind, world.times_said("alert"));
    end(world);
    world.pass(minutes(2));
    if (world.books.alerts.contains({kind, subject})) fail_msg("%s: does not end", kind);
    if (world.times_said("alert-over") != 1) fail_msg("%s: its end is not said", kind);
  }
}

static void each_kind_has_a_case(void**) {
  std::set<std::string> kinds;
  for (const auto& row : kCases)
    kinds.insert(row.kind);
  for (const auto* kind : alert_kinds()) {
    if (!kinds.contains(kind)) fail_msg("%s", kind);
  }
  assert_int_equal(kinds.size(), alert_kinds().size());
}

// After a restart no list has come yet: what was open stays.
static void an_alert_stands_while_nothing_tells_of_it(void**) {
  AlertWorld world;
  show_foreign(world);
  world.pass(seconds(10));
  assert_int_equal(world.books.alerts.count({"another_ledger", "lambda/9"}), 1);
  world.lambda().list.reset();
  world.sightings = {};
  world.lists = false;
  world.pass(seconds(30));
  assert_int_equal(world.books.alerts.count({"another_ledger", "lambda/9"}), 1);
  assert_int_equal(world.times_said("alert"), 1);
}

static void a_price_that_was_rounded_is_no_difference(void**) {
  AlertWorld world;
  show_own(world);
  world.listed[0].price_per_hour = Money::from_micros(23'920'001);
  world.pass(seconds(30));
  assert_true(world.books.alerts.empty());
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(each_opens_in_its_time_says_its_cure_and_ends_by_itself),
      cmocka_unit_test(each_kind_has_a_case),
      cmocka_unit_test(an_alert_stands_while_nothing_tells_of_it),
      cmocka_unit_test(a_price_that_was_rounded_is_no_difference),
  };
  return cmocka_run_group_tests_name("core.alerts", tests, nullptr, nullptr);
}
