// SPDX-License-Identifier: GPL-2.0-or-later
//
// From offer to offer within one request, and the ordered exit when none is left.
#include <chrono>
#include <string>
#include <vector>

#include "core/decide.h"
#include "tests/support/gang_world.h"

using namespace spillway;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

constexpr const char* kGang = "h100-[001-002]";

// Three providers, four offers: lambda us-east-1, beta, lambda us-south-2, gamma.
struct ThreeClouds : GangWorld {
  ThreeClouds() {
    add_cloud("beta", 2450);
    add_cloud("gamma", 2600);
    for (auto& [name, view] : providers)
      view.capabilities.machines_per_order = 4;
  }
  // Every order is refused like this; tells where they went.
  std::string refuse_all(Plan plan, ErrorCode code) {
    std::string path;
    while (!plan.orders.empty()) {
      const auto call = plan.orders.at(0);
      path += (path.empty() ? "" : " > ") + call.provider + "/" + call.offer.region;
      refuse(call, code, call.provider + " says no, " + std::string(200, '.'));
      plan = turn();
    }
    last = plan;
    return path;
  }
};

}  // namespace

static void a_refusal_leads_to_the_next_offer_until_none_is_left(void**) {
  struct Row {
    ErrorCode code;
    const char* path;
  };
  for (const auto& [code, path] :
       {Row{ErrorCode::kNoCapacity, "lambda/us-east-1 > beta/r1 > lambda/us-south-2 > gamma/r1"},
        Row{ErrorCode::kInvalid, "lambda/us-east-1 > beta/r1 > lambda/us-south-2 > gamma/r1"},
        Row{ErrorCode::kQuota, "lambda/us-east-1 > beta/r1 > gamma/r1"},
        Row{ErrorCode::kBalance, "lambda/us-east-1 > beta/r1 > gamma/r1"},
        Row{ErrorCode::kUnauthorized, "lambda/us-east-1 > beta/r1 > gamma/r1"}}) {
    ThreeClouds world;
    const auto taken = world.refuse_all(world.burst(7, kGang), code);
    if (taken != path) fail_msg("%s, not %s", taken.c_str(), path);
  }
}

static void when_no_offer_is_left_nodes_and_job_are_told_why_and_what_comes_next(void**) {
  ThreeClouds world;
  world.refuse_all(world.burst(7, kGang), ErrorCode::kNoCapacity);
  assert_int_equal(world.last.send_backs.size(), 1);
  const auto& back = world.last.send_backs[0];
  assert_int_equal(back.nodes.size(), 2);
  assert_true(back.reason.starts_with("spillway: no offer left: "));
  for (const auto* words : {"lambda says no", "beta says no", "gamma says no"}) {
    if (back.reason.find(words) == std::string::npos) fail_msg("%s", back.reason.c_str());
  }
  assert_int_equal(world.last.comments.size(), 1);
  const auto& comment = world.last.comments[0].comment;
  assert_true(comment.find("tried again when the first cool-down ends") != std::string::npos);
  assert_true(comment.find("gamma says no") != std::string::npos ||
              comment.find("beta says no") != std::string::npos);
  assert_int_equal(world.books.cooldowns.size(), 4);
  assert_int_equal(world.count(MachineState::kWanted), 0);
}

static void a_job_that_was_refused_everywhere_waits_for_the_first_cool_down_to_end(void**) {
  ThreeClouds world;
  world.refuse_all(world.burst(7, kGang), ErrorCode::kNoCapacity);
  // Slurm requeues the job; its nodes are set down, and return.
  auto& job = world.slurm.jobs.at(7);
  job.state = JobState::kPending;
  job.nodes.clear();
  for (const auto& name : names_of(kGang)) {
    auto& node = world.node(name);
    node.base = NodeBase::kDown;
    node.powering_up = false;
    node.powered_down = true;
    node.reason = world.last.send_backs.at(0).reason;
  }
  auto plan = world.turn(seconds(30));
  assert_true(plan.decisions.jobs.empty());
  assert_true(plan.resumes.empty());
  plan = world.turn(seconds(50));
  assert_int_equal(plan.resumes.size(), 2);
  for (const auto& name : names_of(kGang))
    world.node(name).base = NodeBase::kIdle;
  assert_int_equal(world.turn().decisions.jobs.size(), 1);
}

static void nodes_return_although_one_account_stays_closed(void**) {
  ThreeClouds world;
  auto plan = world.burst(7, kGang);
  world.refuse(plan.orders.at(0), ErrorCode::kUnauthorized, "HTTP 401");  // lambda
  world.refuse_all(world.turn(), ErrorCode::kNoCapacity);
  auto& node = world.node("h100-001");
  node.base = NodeBase::kDown;
  node.powering_up = false;
  node.powered_down = true;
  node.reason = "spillway: no offer left";
  assert_true(world.turn().resumes.empty());
  assert_int_equal(world.turn(minutes(2)).resumes.size(), 1);
}

// An offer that is sold out looked as if the pool could be ordered for: its node was back at once,
// its reason gone before anybody could read it.
static void a_sold_out_offer_brings_no_node_back(void**) {
  ThreeClouds world;
  world.add_cloud("delta", 2700).stock = 0;
  world.refuse_all(world.burst(7, "h100-001"), ErrorCode::kNoCapacity);
  auto& node = world.node("h100-001");
  node.base = NodeBase::kDown;
  node.powering_up = false;
  node.powering_down = true;
  node.reason = "spillway: no offer left";
  assert_true(world.turn().resumes.empty());
  assert_int_equal(world.turn(minutes(2)).resumes.size(), 1);
}

static void a_node_comes_back_when_slurm_has_begun_to_power_it_down(void**) {
  ThreeClouds world;
  world.refuse_all(world.burst(7, "h100-001"), ErrorCode::kNoCapacity);
  auto& node = world.node("h100-001");
  node.base = NodeBase::kDown;
  node.powering_up = false;
  node.power_down_asked = true;
  node.reason = "spillway: no offer left";
  assert_true(world.turn(minutes(2)).resumes.empty());
  node.power_down_asked = false;
  node.powering_down = true;
  assert_int_equal(world.turn().resumes.size(), 1);
}

static void no_component_of_a_heterogeneous_job_comes_up_alone(void**) {
  for (const bool stands : {false, true}) {
    ThreeClouds world;
    for (const std::uint32_t job : {7U, 8U})
      world.add_pending_job(job, 1, minutes(11)).het_id = 7;
    world.turn();
    world.start(7, "h100-001");
    world.take(world.turn().orders.at(0));
    if (stands) {
      world.show_all();
      world.turn();
      world.join("h100-001");
      world.power_up("h100-001");
      assert_true(world.ready("h100-001"));
    }
    world.start(8, "h100-002");
    world.refuse_all(world.turn(), ErrorCode::kNoCapacity);
    // What stands already serves the next job; what comes up still would come for nothing.
    const auto expected = stands ? MachineState::kReady : MachineState::kReleasing;
    if (world.state_on("h100-001") != expected) fail_msg("stands: %d", stands);
    const auto& backs = world.last.send_backs;
    const bool is_back = std::any_of(backs.begin(), backs.end(), [](const auto& back) {
      return back.reason.find("job 8, a component of the same job, got none") != std::string::npos;
    });
    assert_int_equal(is_back, !stands);
    assert_false(world.books.permissions.contains(8));
    assert_int_equal(world.books.permissions.contains(7), stands);
  }
}

static void an_array_loses_its_permission_when_a_task_was_refused_everywhere(void**) {
  ThreeClouds world;
  world.add_pending_job(7, 1, minutes(11)).array_tasks = 3;
  world.turn();
  world.add_pending_job(8, 1, minutes(11)).array_id = 7;
  world.start(8, "h100-001");
  world.take(world.turn().orders.at(0));
  world.add_pending_job(9, 1, minutes(11)).array_id = 7;
  world.start(9, "h100-002");
  world.refuse_all(world.turn(), ErrorCode::kNoCapacity);
  assert_false(world.books.permissions.contains(7));
  assert_true(world.last.decisions.jobs.empty());
}

static void a_gang_that_must_share_a_fabric_is_ordered_there_or_fails(void**) {
  ThreeClouds world;
  world.permit(7, 2);
  const auto beta = world.providers.at("beta").offers[0].id;
  world.books.permissions.at(7).fabric = beta;
  world.start(7, kGang);
  const auto plan = world.turn();
  assert_true(plan.orders.at(0).offer == beta);
  assert_string_equal(world.refuse_all(plan, ErrorCode::kNoCapacity).c_str(), "beta/r1");
  const auto& reason = world.last.send_backs.at(0).reason;
  assert_true(reason.find("beta says no") != std::string::npos);
  assert_true(reason.find("lambda") == std::string::npos);
}

static void a_fabric_that_is_no_longer_offered_fails_its_gang(void**) {
  ThreeClouds world;
  world.permit(7, 2);
  world.books.permissions.at(7).fabric = OfferId{"beta", "r2", "h100x8", "infiniband"};
  world.start(7, kGang);
  const auto plan = world.turn();
  assert_true(plan.orders.empty());
  assert_true(plan.send_backs.at(0).reason.find("no longer offered") != std::string::npos);
}

static void a_gang_that_moves_waits_for_its_old_machines_where_a_cap_is_tight(void**) {
  ThreeClouds world;
  world.config.policy.limits.machines = 2;
  world.lambda().capabilities.machines_per_order = 1;
  world.take(world.burst(7, kGang).orders.at(0));
  world.refuse(world.turn().orders.at(0), ErrorCode::kNoCapacity, "none left");
  auto plan = world.turn();
  assert_int_equal(plan.releases.at(0).ids.size(), 1);
  assert_true(plan.orders.empty());
  assert_true(plan.send_backs.empty());
  world.show_all();
  world.turn();
  world.end_released(plan);
  assert_string_equal(world.nodes_of(world.last.orders.at(0)).c_str(), kGang);
}

static void a_cap_that_leaving_machines_do_not_explain_fails_the_gang(void**) {
  ThreeClouds world;
  world.permit(7, 2);
  world.config.policy.limits.machines = 1;
  world.start(7, kGang);
  const auto plan = world.turn();
  assert_int_equal(plan.send_backs.at(0).nodes.size(), 2);
  assert_true(plan.comments.at(0).comment.find("when there is room") != std::string::npos);
}

static void no_stock_is_promised_twice(void**) {
  ThreeClouds world;
  world.offer(0).stock = 3;
  world.permit(7, 2);
  world.permit(8, 2);
  world.start(7, kGang);
  world.start(8, "h100-[003-004]");
  const auto plan = world.turn();
  assert_int_equal(plan.orders.size(), 2);
  assert_string_equal(plan.orders[0].provider.c_str(), "lambda");
  assert_string_equal(plan.orders[1].provider.c_str(), "beta");
}

static void an_offer_that_was_chosen_and_refused_another_is_chosen_anew(void**) {
  ThreeClouds world;
  world.permit(7, 2);
  world.permit(8, 2);
  world.start(7, kGang);
  const auto first = world.turn().orders.at(0);
  world.start(8, "h100-[003-004]");
  world.turn();
  world.refuse(first, ErrorCode::kNoCapacity, "none left");
  world.turn();
  for (const auto job : {7U, 8U}) {
    const auto offer = world.open_lease_of(job).offer;
    assert_string_equal(offer.provider.c_str(), "beta");
  }
}

static void a_gang_that_chooses_anew_is_not_counted_twice(void**) {
  ThreeClouds world;
  world.config.policy.limits.machines = 2;
  world.permit(7, 2);
  world.lambda().ordering = true;  // for somebody else
  world.start(7, kGang);
  assert_true(world.turn().orders.empty());
  const auto offer = world.open_lease_of(7).offer;
  assert_string_equal(offer.provider.c_str(), "lambda");
  world.books.cooldowns[offer] = Cooldown{offer, 1, world.now + minutes(1), "none left"};
  assert_string_equal(world.turn().orders.at(0).provider.c_str(), "beta");
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_refusal_leads_to_the_next_offer_until_none_is_left),
      cmocka_unit_test(when_no_offer_is_left_nodes_and_job_are_told_why_and_what_comes_next),
      cmocka_unit_test(a_job_that_was_refused_everywhere_waits_for_the_first_cool_down_to_end),
      cmocka_unit_test(nodes_return_although_one_account_stays_closed),
      cmocka_unit_test(a_sold_out_offer_brings_no_node_back),
      cmocka_unit_test(a_node_comes_back_when_slurm_has_begun_to_power_it_down),
      cmocka_unit_test(no_component_of_a_heterogeneous_job_comes_up_alone),
      cmocka_unit_test(an_array_loses_its_permission_when_a_task_was_refused_everywhere),
      cmocka_unit_test(a_gang_that_must_share_a_fabric_is_ordered_there_or_fails),
      cmocka_unit_test(a_fabric_that_is_no_longer_offered_fails_its_gang),
      cmocka_unit_test(a_gang_that_moves_waits_for_its_old_machines_where_a_cap_is_tight),
      cmocka_unit_test(a_cap_that_leaving_machines_do_not_explain_fails_the_gang),
      cmocka_unit_test(no_stock_is_promised_twice),
      cmocka_unit_test(an_offer_that_was_chosen_and_refused_another_is_chosen_anew),
      cmocka_unit_test(a_gang_that_chooses_anew_is_not_counted_twice)};
  return cmocka_run_group_tests_name("core.failover", tests, nullptr, nullptr);
}
