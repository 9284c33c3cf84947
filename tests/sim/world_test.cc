// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/http/world.h"

#include <string>

#include "tests/sim/lambda_world.h"
#include "tests/support/cmocka.h"

using namespace spillway;

namespace {

constexpr const char* kLaunch = "/instance-operations/launch";

std::string launch_rule(const std::string& rest) {
  return R"([{"match":{"method":"POST","path":"/lambda/api/v1/instance-operations/launch"},)" +
         rest + "}]";
}

std::size_t machines(LambdaWorld& world) {
  return LambdaWorld::data(world.lambda("GET", "/instances")).size();
}

std::string header(const Served& served, const char* name) {
  for (const auto& [each, value] : served.answer.headers)
    if (each == name) return value;
  return "";
}

void request_faults_answer_and_take_effect_as_told(void**) {
  struct Case {
    const char* rule;
    int status;
    const char* type;
    const char* body;  // what the answer's body contains
    Delivery delivery;
    std::size_t machines;  // that exist afterwards
  };
  const Case cases[] = {
      {R"("do":"refuse_capacity")", 400, "json", "insufficient-capacity", Delivery::kWhole, 0},
      {R"("do":"status")", 500, "json", "global/internal-error", Delivery::kWhole, 0},
      {R"("do":"status","status":503)", 503, "json", "provider/", Delivery::kWhole, 0},
      {R"("do":"status","status":403,"body":"go away")",
       403,
       "plain",
       "go away",
       Delivery::kWhole,
       0},
      {R"("do":"status","status":200,"body":"{}")", 200, "json", "{}", Delivery::kWhole, 0},
      {R"("do":"html")", 502, "html", "<html>", Delivery::kWhole, 0},
      {R"("do":"html","status":200)", 200, "html", "<html>", Delivery::kWhole, 0},
      {R"("do":"empty")", 200, "json", "", Delivery::kWhole, 0},
      {R"("do":"rate_limit")", 429, "plain", "banned", Delivery::kWhole, 0},
      {R"("do":"timeout_before")", 200, "json", "", Delivery::kNever, 0},
      {R"("do":"timeout_after")", 200, "json", "", Delivery::kNever, 1},
      {R"("do":"error_after")", 500, "json", "global/internal-error", Delivery::kWhole, 1},
      {R"("do":"truncate")", 200, "json", "{\"data\":{\"inst", Delivery::kWhole, 1},
      {R"("do":"cut")", 200, "json", "instance_ids", Delivery::kCut, 1},
  };
  for (const Case& each : cases) {
    LambdaWorld world;
    if (world.change("/sim/faults", launch_rule(each.rule)) != 200) fail_msg("%s", each.rule);
    const Served served = world.lambda("POST", kLaunch, LambdaWorld::launch_body());
    const ApiAnswer& answer = served.answer;
    const bool as_told = answer.status == each.status && served.delivery == each.delivery &&
                         answer.content_type.find(each.type) != std::string::npos &&
                         answer.body.find(each.body) != std::string::npos;
    if (!as_told || machines(world) != each.machines)
      fail_msg("%s: %d %s", each.rule, answer.status, answer.body.c_str());
  }
}

void empty_and_truncated_answers_are_no_json(void**) {
  for (const char* rule : {R"("do":"empty")", R"("do":"truncate")"}) {
    LambdaWorld world;
    assert_int_equal(world.change("/sim/faults", launch_rule(rule)), 200);
    const Served served = world.lambda("POST", kLaunch, LambdaWorld::launch_body());
    if (!LambdaWorld::json(served).is_absent()) fail_msg("%s", served.answer.body.c_str());
  }
}

void answers_that_are_not_the_clouds_own_are_marked(void**) {
  const std::pair<const char*, const char*> cases[] = {
      {R"("do":"html")", "html"},
      {R"("do":"empty")", "empty"},
      {R"("do":"truncate")", "truncate"},
      {R"("do":"status","body":"{}")", "status"},
      {R"("do":"status","status":503)", "status"},
      {R"("do":"status")", ""},
      {R"("do":"refuse_capacity")", ""},
      {R"("do":"rate_limit")", ""},
      {R"("do":"error_after")", ""},
  };
  for (const auto& [rule, mark] : cases) {
    LambdaWorld world;
    assert_int_equal(world.change("/sim/faults", launch_rule(rule)), 200);
    const Served served = world.lambda("POST", kLaunch, LambdaWorld::launch_body());
    if (header(served, "Sim-Fault") != mark) fail_msg("%s is not marked as \"%s\"", rule, mark);
  }
}

void rule_is_used_up_and_cleared(void**) {
  LambdaWorld world;
  const std::string rule = launch_rule(R"("do":"refuse_capacity","times":1,"skip":1)");
  assert_int_equal(world.change("/sim/faults", rule), 200);
  assert_string_not_equal(world.launch().c_str(), "");
  assert_string_equal(world.launch().c_str(), "");
  assert_string_not_equal(world.launch().c_str(), "");
  assert_int_equal(world.change("/sim/faults", R"([{"match":{},"do":"html","times":-1}])"), 200);
  assert_int_equal(world.lambda("GET", "/regions").answer.status, 502);
  assert_int_equal(world.change("/sim/faults", "[]"), 200);
  assert_int_equal(world.lambda("GET", "/regions").answer.status, 200);
}

void retry_after_is_told(void**) {
  LambdaWorld world;
  const std::string rule = launch_rule(R"("do":"rate_limit","retry_after":2)");
  assert_int_equal(world.change("/sim/faults", rule), 200);
  const Served served = world.lambda("POST", kLaunch, "{}");
  assert_string_equal(header(served, "Retry-After").c_str(), "2");
}

void malformed_fault_rules_are_refused(void**) {
  const char* const cases[] = {
      "",
      "{}",
      "[1]",
      "[{}]",
      R"([{"match":{},"do":"explode"}])",
      R"([{"match":{},"do":"never_boots"}])",
      R"([{"match":{"machine":"next"},"do":"html"}])",
      R"([{"match":{"machine":"next","path":"/"},"do":"dies"}])",
      R"([{"match":{"machine":"next"},"do":"dies","status":500}])",
      R"([{"match":{"machine":"next"},"do":"dies","gpus":7}])",
      R"([{"match":{"machine":"next"},"do":"hardware","after_seconds":1}])",
      R"([{"match":{"machine":"next"},"do":"hardware","gpus":-1}])",
      R"([{"match":{"machine":"next"},"do":"hardware","gpus":"7"}])",
      R"([{"match":{"machine":"next"},"do":"hardware","xid":-1}])",
      R"([{"match":{"machine":"next"},"do":"hardware","dead_ports":0.5}])",
      R"([{"match":{"machine":"next"},"do":"hardware","clock_seconds":"fast"}])",
      R"([{"match":{},"do":"hardware","gpus":7}])",
      R"([{"match":{"where":"/"},"do":"html"}])",
      R"([{"match":[],"do":"html"}])",
      R"([{"match":{},"do":"html","unknown":1}])",
      R"([{"match":{},"do":"html","times":-2}])",
      R"([{"match":{},"do":"html","times":"1"}])",
      R"([{"match":{},"do":"html","skip":-1}])",
      R"([{"match":{},"do":"status","status":99}])",
      R"([{"match":{},"do":"status","status":600}])",
      R"([{"match":{"method":1},"do":"html"}])",
  };
  LambdaWorld world;
  assert_int_equal(world.change("/sim/faults", R"([{"match":{},"do":"html","times":-1}])"), 200);
  for (const char* body : cases) {
    if (world.change("/sim/faults", body) != 400) fail_msg("accepted: %s", body);
  }
  // A refused change leaves the old rules.
  assert_int_equal(world.lambda("GET", "/regions").answer.status, 502);
}

void machine_faults_reach_the_model(void**) {
  LambdaWorld world;
  const char* rule = R"([{"match":{"machine":"next"},"do":"unhealthy","times":1}])";
  assert_int_equal(world.change("/sim/faults", rule), 200);
  const std::string path = "/instances/" + world.launch();
  world.clock.advance(std::chrono::seconds(100));
  const Json instance = LambdaWorld::data(world.lambda("GET", path));
  assert_string_equal(instance.string("status").value_or("").c_str(), "unhealthy");
}

void capacity_and_price_can_be_changed(void**) {
  LambdaWorld world;
  assert_int_equal(
      world.change(
          "/sim/capacity",
          R"({"provider":"lambda","type":"gpu_1x_a10","region":"us-south-1","capacity":1})"),
      200);
  assert_int_equal(
      world.change("/sim/prices",
                   R"({"provider":"lambda","type":"gpu_1x_a10","price_cents_per_hour":99})"),
      200);
  const Json type = LambdaWorld::data(world.lambda("GET", "/instance-types")).get("gpu_1x_a10");
  assert_int_equal(type.get("regions_with_capacity_available").size(), 1);
  assert_int_equal(type.get("instance_type").integer("price_cents_per_hour").value_or(0), 99);
}

void malformed_changes_are_refused(void**) {
  const std::pair<const char*, const char*> cases[] = {
      {"/sim/capacity", "{}"},
      {"/sim/capacity", "[]"},
      {"/sim/capacity", "x"},
      {"/sim/capacity",
       R"({"provider":"moon","type":"gpu_1x_a10","region":"us-east-1","capacity":1})"},
      {"/sim/capacity", R"({"provider":"lambda","type":"none","region":"us-east-1","capacity":1})"},
      {"/sim/capacity",
       R"({"provider":"lambda","type":"gpu_1x_a10","region":"none","capacity":1})"},
      {"/sim/capacity",
       R"({"provider":"lambda","type":"gpu_1x_a10","region":"us-east-1","capacity":-1})"},
      {"/sim/capacity", R"({"provider":"lambda","type":"gpu_1x_a10","region":"us-east-1"})"},
      {"/sim/prices", R"({"provider":"lambda","type":"gpu_1x_a10"})"},
      {"/sim/prices", R"({"provider":"lambda","type":"none","price_cents_per_hour":1})"},
      {"/sim/prices", R"({"provider":"lambda","type":"gpu_1x_a10","price_cents_per_hour":1.5})"},
  };
  LambdaWorld world;
  for (const auto& [path, body] : cases) {
    if (world.change(path, body) != 400) fail_msg("accepted: %s %s", path, body);
  }
  assert_int_equal(world.serve("GET", "/sim/faults").answer.status, 404);
  assert_int_equal(world.serve("POST", "/sim/machines").answer.status, 404);
}

void invoice_shows_each_machine_ever_made(void**) {
  LambdaWorld world;
  const std::string id = world.launch(R"("name":"paid")");
  assert_string_not_equal(world.launch().c_str(), "");
  world.clock.advance(std::chrono::seconds(161));
  const Served ended =
      world.lambda("POST", "/instance-operations/terminate", R"({"instance_ids":[")" + id + "\"]}");
  assert_int_equal(ended.answer.status, 200);
  const Json invoice = world.admin("/sim/invoice");
  assert_string_equal(invoice.string("currency").value_or("").c_str(), "USD");
  assert_int_equal(invoice.integer("total_microusd").value_or(0), 2 * 1'064'000);
  assert_int_equal(invoice.get("lines").size(), 2);
  const Json line = invoice.get("lines").at(0);
  assert_string_equal(line.string("provider").value_or("").c_str(), "lambda");
  assert_string_equal(line.string("name").value_or("").c_str(), "paid");
  assert_int_equal(line.integer("price_microusd_per_hour").value_or(0), 31'920'000);
  assert_int_equal(line.integer("cost_microusd").value_or(0), 1'064'000);
  assert_true(line.string("billed_from").has_value() && line.string("billed_to").has_value());
  assert_true(invoice.get("lines").at(1).get("billed_to").is_null());
}

void machines_are_shown_to_the_admin(void**) {
  LambdaWorld world;
  const std::string id = world.launch(R"("name":"one")");
  const Json machine = world.admin("/sim/machines").get("machines").at(0);
  assert_true(machine.string("id") == id);
  assert_string_equal(machine.string("status").value_or("").c_str(), "booting");
  assert_true(machine.string("address").value_or("").rfind("127.77.", 0) == 0);
}

void journal_keeps_requests_without_secrets(void**) {
  LambdaWorld world;
  assert_string_not_equal(
      world.launch(R"("name":"one","user_data":"#!/bin/sh\n# token-4711")").c_str(), "");
  assert_int_equal(world.lambda_as("Bearer wrong-key", "GET", "/regions").answer.status, 401);
  const Served journal = world.serve("GET", "/sim/requests");
  const Json requests = LambdaWorld::json(journal).get("requests");
  assert_int_equal(requests.size(), 2);
  const Json launch = requests.at(0).get("launch");
  assert_string_equal(launch.string("region").value_or("").c_str(), "us-east-1");
  assert_string_equal(launch.string("type").value_or("").c_str(), "gpu_8x_h100_sxm5");
  assert_string_equal(launch.string("name").value_or("").c_str(), "one");
  assert_int_equal(requests.at(1).integer("status").value_or(0), 401);
  for (const char* secret : {"token-4711", "the-key", "wrong-key"}) {
    if (journal.answer.body.find(secret) != std::string::npos) fail_msg("%s shows", secret);
  }
}

void journal_keeps_refused_and_unanswered_launches(void**) {
  LambdaWorld world;
  const std::string rules = R"([{"match":{"method":"POST"},"do":"refuse_capacity"},)"
                            R"({"match":{"method":"POST"},"do":"timeout_before"}])";
  assert_int_equal(world.change("/sim/faults", rules), 200);
  for (int i = 0; i < 2; ++i)
    assert_string_equal(world.launch().c_str(), "");
  const Json requests = world.admin("/sim/requests").get("requests");
  assert_int_equal(requests.at(0).integer("status").value_or(-1), 400);
  assert_int_equal(requests.at(1).integer("status").value_or(-1), 0);
  assert_true(requests.at(1).get("launch").string("region") == "us-east-1");
}

void rates_are_held_against_the_documents(void**) {
  LambdaWorld world;  // whose limits are lifted
  const auto rates = [&] { return world.admin("/sim/rates").get("clouds").at(0); };
  assert_true(rates().get("least_ms_between_orders").is_null());
  assert_string_not_equal(world.launch().c_str(), "");
  world.clock.advance(std::chrono::seconds(12));
  assert_string_not_equal(world.launch().c_str(), "");
  assert_int_equal(rates().integer("over_documented").value_or(-1), 0);
  world.clock.advance(std::chrono::milliseconds(4500));
  assert_string_not_equal(world.launch().c_str(), "");
  world.clock.advance(std::chrono::seconds(20));
  assert_string_equal(rates().string("provider").value_or("").c_str(), "lambda");
  assert_int_equal(rates().integer("requests").value_or(-1), 3);
  assert_int_equal(rates().integer("orders").value_or(-1), 3);
  assert_int_equal(rates().integer("refused").value_or(-1), 0);
  assert_int_equal(rates().integer("over_documented").value_or(-1), 1);
  assert_int_equal(rates().integer("least_ms_between_orders").value_or(-1), 4500);
}

void calls_that_a_limit_refused_are_counted(void**) {
  std::string scenario = kScenario;
  scenario.replace(scenario.find("\"rate_scale\": 0"), 15, "\"rate_scale\": 1");
  LambdaWorld world(scenario);
  const char* rule = R"([{"match":{"path":"/lambda/api/v1/regions"},"do":"rate_limit"}])";
  assert_int_equal(world.change("/sim/faults", rule), 200);
  const int expected[] = {429, 200, 200, 429, 429};  // the first by a fault
  for (const int status : expected)
    assert_int_equal(world.lambda("GET", "/regions").answer.status, status);
  const Json rates = world.admin("/sim/rates").get("clouds").at(0);
  assert_int_equal(rates.integer("requests").value_or(-1), 5);
  assert_int_equal(rates.integer("refused").value_or(-1), 2);
}

void answers_bear_the_clouds_time(void**) {
  LambdaWorld world;
  const Served served = world.lambda("GET", "/regions");
  assert_string_equal(header(served, "Date").c_str(), "Wed, 18 Nov 2026 11:06:40 GMT");
}

void clock_that_goes_back_is_not_followed(void**) {
  LambdaWorld world;
  const std::string id = world.launch();
  world.clock.advance(std::chrono::seconds(100));
  assert_string_equal(
      LambdaWorld::data(world.lambda("GET", "/instances/" + id)).string("status")->c_str(),
      "active");
  world.clock.advance(std::chrono::seconds(-90));
  assert_string_not_equal(world.launch().c_str(), "");
  const Json invoice = world.admin("/sim/invoice");
  assert_int_equal(invoice.integer("total_microusd").value_or(-1), 0);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(request_faults_answer_and_take_effect_as_told),
      cmocka_unit_test(empty_and_truncated_answers_are_no_json),
      cmocka_unit_test(answers_that_are_not_the_clouds_own_are_marked),
      cmocka_unit_test(rule_is_used_up_and_cleared),
      cmocka_unit_test(retry_after_is_told),
      cmocka_unit_test(malformed_fault_rules_are_refused),
      cmocka_unit_test(machine_faults_reach_the_model),
      cmocka_unit_test(capacity_and_price_can_be_changed),
      cmocka_unit_test(malformed_changes_are_refused),
      cmocka_unit_test(invoice_shows_each_machine_ever_made),
      cmocka_unit_test(machines_are_shown_to_the_admin),
      cmocka_unit_test(journal_keeps_requests_without_secrets),
      cmocka_unit_test(journal_keeps_refused_and_unanswered_launches),
      cmocka_unit_test(rates_are_held_against_the_documents),
      cmocka_unit_test(calls_that_a_limit_refused_are_counted),
      cmocka_unit_test(answers_bear_the_clouds_time),
      cmocka_unit_test(clock_that_goes_back_is_not_followed),
  };
  return cmocka_run_group_tests_name("sim.world", tests, nullptr, nullptr);
}
