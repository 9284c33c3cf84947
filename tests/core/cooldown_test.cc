// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/cooldown.h"

#include <chrono>
#include <string>

#include "core/joining.h"
#include "tests/support/cmocka.h"
#include "tests/support/small_world.h"

using namespace spillway;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

const OfferId kEast{"lambda", "us-east-1", "gpu_8x_h100_sxm5", "ethernet"};
const OfferId kSouth{"lambda", "us-south-2", "gpu_8x_h100_sxm5", "ethernet"};
const OfferId kAccount{"lambda", "", "", ""};

// Jobs burst one after the other, each for one node.
struct Orders : SmallWorld {
  CallOrder next_order() {
    const auto job = static_cast<std::uint32_t>(7 + started);
    const auto name = "h100-00" + std::to_string(1 + started++ % 4);
    add_pending_job(job, 1, minutes(11));
    turn();
    start_job(job, name);
    request(RequestKind::kResume, name, job);
    const auto plan = turn();
    if (plan.orders.size() != 1) fail_msg("no order for job %u", job);
    return plan.orders[0];
  }
  // The order is refused, and Slurm does not want the node any more.
  void refuse_for_good(const CallOrder& call, ErrorCode code) {
    const auto node = find_machine_of(call).node;
    refuse(call, code, "no");
    request(RequestKind::kSuspend, node);
    turn();
  }
  // The order's machine does not come up.
  void fail(const CallOrder& call) {
    const auto id = std::to_string(++made);
    accept(call, {id});
    show({cloud_machine(id, call, CloudState::kUnhealthy)});
    turn();
    for (auto& [name, view] : providers)
      view.releasing = view.ordering = false;
  }
  // It comes up, joins, is ready, and its slurmd registers.
  void succeed(const CallOrder& call) {
    const auto id = std::to_string(++made);
    accept(call, {id});
    show({cloud_machine(id, call, CloudState::kRunning)});
    turn();
    Draft draft(books, now);
    const Caller caller{call.lease, "198.51.100." + id, {}};
    const auto joined = note_joined(draft, caller);
    if (!joined) fail_msg("cannot join: %s", joined.error().message.c_str());
    node(joined->node).address = joined->address;
    now += seconds(1);
    if (!note_ready(draft, caller, &slurm)) fail_msg("cannot be ready");
    node(joined->node).powering_up = node(joined->node).powered_down = false;
    turn();
  }
  [[nodiscard]] const Machine& find_machine_of(const CallOrder& call) const {
    return books.machines.at(call.machines.at(0));
  }
  [[nodiscard]] bool is_cooling(const OfferId& offer) const {
    return find_cooldown(books.cooldowns, offer, now) != nullptr;
  }
  int started = 0;
  int made = 0;
};

}  // namespace

static void a_refusal_cools_what_its_cause_concerns(void**) {
  struct Row {
    ErrorCode code;
    OfferId cooled;
    bool needs_admin;
  };
  for (const auto& [code, cooled, needs_admin] : {Row{ErrorCode::kNoCapacity, kEast, false},
                                                  Row{ErrorCode::kInvalid, kEast, false},
                                                  Row{ErrorCode::kQuota, kAccount, false},
                                                  Row{ErrorCode::kBalance, kAccount, false},
                                                  Row{ErrorCode::kUnauthorized, kAccount, true}}) {
    Orders world;
    world.refuse(world.next_order(), code, "no");
    assert_int_equal(world.books.cooldowns.size(), 1);
    const auto& row = world.books.cooldowns.begin()->second;
    if (row.offer != cooled || row.needs_admin != needs_admin) {
      fail_msg("code %d cooled %s", static_cast<int>(code), format_offer_id(row.offer).c_str());
    }
    assert_true(row.refused_at == world.now);
    assert_int_equal(row.refusals, 1);
  }
}

static void an_order_that_is_taken_whole_ends_the_refusals(void**) {
  Orders world;
  world.refuse_for_good(world.next_order(), ErrorCode::kNoCapacity);
  world.now += minutes(3);
  assert_int_equal(world.books.cooldowns.at(kEast).refusals, 1);
  world.accept(world.next_order(), {"1"});
  assert_false(world.books.cooldowns.contains(kEast));
}

static void an_order_that_is_taken_ends_the_accounts_refusals_too(void**) {
  Orders world;
  world.refuse_for_good(world.next_order(), ErrorCode::kQuota);
  world.now += minutes(3);
  world.accept(world.next_order(), {"1"});
  assert_true(world.books.cooldowns.empty());
}

static void an_order_that_is_taken_in_part_ends_nothing(void**) {
  Orders world;
  world.books.cooldowns[kEast] = Cooldown{kEast, 2, world.now, "none left"};
  world.providers.at("lambda").capabilities.machines_per_order = 2;
  world.add_pending_job(7, 2, minutes(11));
  world.turn();
  world.start_job(7, "h100-[001-002]");
  world.request(RequestKind::kResume, "h100-[001-002]", 7);
  world.accept(world.turn().orders.at(0), {"1"});
  assert_int_equal(world.books.cooldowns.at(kEast).refusals, 2);
}

static void a_gang_of_several_orders_ends_the_refusals_with_the_last_one_taken(void**) {
  Orders world;
  world.books.cooldowns[kEast] = Cooldown{kEast, 2, world.now, "none left"};
  world.providers.at("lambda").capabilities.machines_per_order = 1;
  world.add_pending_job(7, 2, minutes(11));
  world.turn();
  world.start_job(7, "h100-[001-002]");
  world.request(RequestKind::kResume, "h100-[001-002]", 7);
  world.accept(world.turn().orders.at(0), {"1"});
  assert_int_equal(world.books.cooldowns.at(kEast).refusals, 2);
  world.accept(world.turn().orders.at(0), {"2"});
  assert_false(world.books.cooldowns.contains(kEast));
}

static void a_machine_that_does_not_come_up_leaves_its_offer_for_the_shortest_time(void**) {
  Orders world;
  world.fail(world.next_order());
  const auto& row = world.books.cooldowns.at(kEast);
  assert_int_equal(row.failures, 1);
  assert_int_equal(row.refusals, 0);
  assert_true(row.until >= world.now + seconds(55));
  assert_true(row.until <= world.now + seconds(75));
}

static void three_machines_in_a_row_that_do_not_come_up_stop_their_offer_alone(void**) {
  Orders world;
  for (int machine = 0; machine < 3; ++machine) {
    world.now += minutes(2);
    world.fail(world.next_order());
  }
  assert_int_equal(world.books.cooldowns.at(kEast).failures, 3);
  world.now += minutes(29);
  assert_true(world.is_cooling(kEast));
  assert_false(world.is_cooling(kSouth));
  world.now += minutes(9);
  assert_false(world.is_cooling(kEast));
}

static void a_machine_that_registers_ends_the_failures_before_it(void**) {
  Orders world;
  for (int machine = 0; machine < 2; ++machine) {
    world.now += minutes(2);
    world.fail(world.next_order());
  }
  world.now += minutes(2);
  const auto call = world.next_order();
  assert_true(call.offer == kEast);
  world.succeed(call);
  assert_false(world.books.cooldowns.contains(kEast));
}

static void accepted_orders_do_not_hide_machines_that_do_not_come_up(void**) {
  Orders world;
  world.fail(world.next_order());
  world.now += minutes(2);
  world.refuse_for_good(world.next_order(), ErrorCode::kNoCapacity);
  world.now += minutes(5);
  world.fail(world.next_order());  // accepted, then failed
  assert_int_equal(world.books.cooldowns.at(kEast).refusals, 0);
  assert_int_equal(world.books.cooldowns.at(kEast).failures, 2);
}

namespace {

// An order was refused for the key.
struct KeyRefused : Orders {
  KeyRefused() { refuse_for_good(next_order(), ErrorCode::kUnauthorized); }
  ProviderView& lambda() { return providers.at("lambda"); }
  // The cloud is asked for offers.
  void ask(bool takes_key) {
    lambda().key_refused = !takes_key;
    lambda().trouble = takes_key ? "" : "HTTP 401";
    lambda().offers_at = now;
    turn();
  }
};

}  // namespace

static void a_key_that_is_refused_for_orders_closes_its_account_for_good(void**) {
  KeyRefused world;
  for (int hour = 0; hour < 48; ++hour) {
    for (int turn = 0; turn < 4; ++turn)
      world.turn(minutes(15));
    world.ask(true);  // questions are answered: the key may be good for reading only
    if (!world.is_cooling(kEast) || !world.is_cooling(kSouth)) fail_msg("open in hour %d", hour);
  }
}

static void a_changed_key_that_is_taken_opens_its_account(void**) {
  KeyRefused world;
  world.lambda().key_changed_at = world.now + minutes(10);  // the broker was started anew with it
  world.now += minutes(20);
  world.lambda().offers_at.reset();
  world.turn();
  assert_true(world.is_cooling(kEast));  // not asked yet
  world.ask(false);
  assert_true(world.is_cooling(kEast));
  world.ask(true);
  assert_false(world.is_cooling(kEast));
  assert_true(world.was_said("mended"));
}

static void a_key_that_is_refused_for_questions_closes_its_account_until_one_is_answered(void**) {
  Orders world;
  auto& lambda = world.providers.at("lambda");
  lambda.key_refused = true;
  lambda.trouble = "HTTP 401";
  world.turn();
  assert_true(world.was_said("refused"));
  world.turn(minutes(600));
  assert_true(world.is_cooling(kEast));
  assert_string_equal(world.books.cooldowns.at(kAccount).reason.c_str(), "HTTP 401");
  lambda.key_refused = false;
  lambda.trouble = "";
  lambda.offers_at = world.now;
  world.turn();
  assert_false(world.is_cooling(kEast));
}

static void a_key_that_is_refused_for_everything_is_mended_when_questions_are_answered(void**) {
  KeyRefused world;
  world.ask(false);
  world.turn();
  world.ask(true);
  assert_false(world.is_cooling(kEast));
}

static void an_admin_who_drops_the_cool_down_opens_the_account(void**) {
  KeyRefused world;
  world.books.cooldowns.erase(kAccount);
  world.turn();
  assert_false(world.is_cooling(kEast));
}

static void machines_are_released_where_the_key_is_refused(void**) {
  Orders world;
  const auto call = world.next_order();
  world.accept(call, {"1"});
  world.providers.at("lambda").key_refused = true;
  world.request(RequestKind::kSuspend, world.find_machine_of(call).node);
  assert_int_equal(world.turn().releases.size(), 1);
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_refusal_cools_what_its_cause_concerns),
      cmocka_unit_test(an_order_that_is_taken_whole_ends_the_refusals),
      cmocka_unit_test(an_order_that_is_taken_ends_the_accounts_refusals_too),
      cmocka_unit_test(an_order_that_is_taken_in_part_ends_nothing),
      cmocka_unit_test(a_gang_of_several_orders_ends_the_refusals_with_the_last_one_taken),
      cmocka_unit_test(a_machine_that_does_not_come_up_leaves_its_offer_for_the_shortest_time),
      cmocka_unit_test(three_machines_in_a_row_that_do_not_come_up_stop_their_offer_alone),
      cmocka_unit_test(a_machine_that_registers_ends_the_failures_before_it),
      cmocka_unit_test(accepted_orders_do_not_hide_machines_that_do_not_come_up),
      cmocka_unit_test(a_key_that_is_refused_for_orders_closes_its_account_for_good),
      cmocka_unit_test(a_changed_key_that_is_taken_opens_its_account),
      cmocka_unit_test(
          a_key_that_is_refused_for_questions_closes_its_account_until_one_is_answered),
      cmocka_unit_test(a_key_that_is_refused_for_everything_is_mended_when_questions_are_answered),
      cmocka_unit_test(an_admin_who_drops_the_cool_down_opens_the_account),
      cmocka_unit_test(machines_are_released_where_the_key_is_refused)};
  return cmocka_run_group_tests_name("core.cooldown", tests, nullptr, nullptr);
}
