// SPDX-License-Identifier: GPL-2.0-or-later
//
// What may go wrong on the wire.
#include "tests/contract/case.h"

namespace spillway::contract {
namespace {

const std::string& order_call(const Scene& scene) {
  return scene.row->simulated.order_call;
}

const std::string& list_call(const Scene& scene) {
  return scene.row->simulated.list_call;
}

void order_lost_before_its_effect_made_nothing(Scene& scene) {
  scene.sim->set_fault(order_call(scene), "timeout_before");
  scene.sim->wire().is_impatient = true;
  assert_error(scene.provider->order(make_spec(scene, 1)), ErrorCode::kUnknownOutcome);
  scene.sim->wire().is_impatient = false;
  assert_int_equal(list(scene).size(), 0);
}

void assert_lists_the_one_order(Scene& scene) {
  const auto machines = list(scene);
  assert_int_equal(machines.size(), 1);
  assert_true(machines[0].mark == make_spec(scene, 1).mark);
}

void order_lost_after_its_effect_is_found_by_its_mark(Scene& scene) {
  scene.sim->set_fault(order_call(scene), "timeout_after");
  scene.sim->wire().is_impatient = true;
  assert_error(scene.provider->order(make_spec(scene, 1)), ErrorCode::kUnknownOutcome);
  scene.sim->wire().is_impatient = false;
  assert_lists_the_one_order(scene);
}

void order_that_ends_in_an_error_after_its_effect_is_found_by_its_mark(Scene& scene) {
  scene.sim->set_fault(order_call(scene), "error_after");
  assert_error(scene.provider->order(make_spec(scene, 1)), ErrorCode::kUnknownOutcome);
  assert_lists_the_one_order(scene);
}

// kProtocol and kUnknownOutcome have one cure: ask.
void assert_must_ask(const Result<Ordered>& result) {
  const bool is_doubt = !result && (result.error().code == ErrorCode::kProtocol ||
                                    result.error().code == ErrorCode::kUnknownOutcome);
  if (!is_doubt) fail_msg("%s", result ? "no error" : result.error().message.c_str());
}

void order_with_a_garbled_answer_is_asked_about_and_never_repeated(Scene& scene) {
  std::int64_t call = 0;
  for (const char* fault : {"error_after", "truncate", "cut", "html", "empty"}) {
    const auto before = count_made(scene);
    scene.sim->set_fault(order_call(scene), fault);
    assert_must_ask(scene.provider->order(make_spec(scene, ++call)));
    const auto made = count_made(scene) - before;
    if (made > 1) fail_msg("ordered twice after %s", fault);
    if (list_alive(scene, call).size() != made) fail_msg("lost after %s", fault);
    end_machines_of(scene, {call});
    await(scene, "the machine's end", [&] { return list_alive(scene).empty(); });
  }
}

void rate_limit_names_the_wait_when_the_cloud_does(Scene& scene) {
  scene.sim->set_fault(order_call(scene), "rate_limit", R"(,"retry_after":2)");
  const auto limited = scene.provider->order(make_spec(scene, 1));
  assert_error(limited, ErrorCode::kRateLimited);
  assert_true(limited.error().retry_after == std::chrono::seconds(2));
  assert_int_equal(count_made(scene), 0);
  order_one(scene, 1);
}

void rate_limit_without_a_wait_is_a_rate_limit(Scene& scene) {
  for (const auto& call : {order_call(scene), list_call(scene)}) {
    scene.sim->set_fault(call, "status", R"(,"status":429,"body":"slow down")");
    const auto limited = call == order_call(scene)
                             ? scene.provider->order(make_spec(scene, 1)).error()
                             : scene.provider->machines(scene.mark.cluster).error();
    if (limited.code != ErrorCode::kRateLimited) fail_msg("%s", limited.message.c_str());
    const bool has_wait = limited.retry_after.has_value();
    if (has_wait != scene.row->limits_minutes)
      fail_msg("a wait from nowhere, or none: %s", call.c_str());
    if (has_wait) assert_in_range(limited.retry_after->count(), 1, 60);
  }
}

void garbled_list_is_an_error_and_never_an_empty_list(Scene& scene) {
  order_one(scene, 1);
  for (const char* fault : {"html", "empty", "truncate"}) {
    scene.sim->set_fault(list_call(scene), fault);
    const auto machines = scene.provider->machines(scene.mark.cluster);
    if (machines) fail_msg("%zu machines read from %s", machines->size(), fault);
  }
  scene.sim->set_fault(list_call(scene), "status", R"(,"status":500)");
  assert_error(scene.provider->machines(scene.mark.cluster), ErrorCode::kTransient);
  assert_int_equal(list(scene).size(), 1);
}

}  // namespace

std::vector<Case> wire_cases() {
  std::vector<Case> cases{
      CASE(order_lost_before_its_effect_made_nothing, .machines = 1),
      CASE(order_lost_after_its_effect_is_found_by_its_mark, .machines = 1),
      CASE(order_that_ends_in_an_error_after_its_effect_is_found_by_its_mark, .machines = 1),
      CASE(order_with_a_garbled_answer_is_asked_about_and_never_repeated, .machines = 5),
      CASE(rate_limit_names_the_wait_when_the_cloud_does, .machines = 1),
      CASE(rate_limit_without_a_wait_is_a_rate_limit, .machines = 1),
      CASE(garbled_list_is_an_error_and_never_an_empty_list, .machines = 1),
  };
  for (auto& wanted : cases)
    wanted.needs.simulated = kErrsOnDemand;
  return cases;
}

}  // namespace spillway::contract
