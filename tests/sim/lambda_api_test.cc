// SPDX-License-Identifier: GPL-2.0-or-later
//
// Lambda's API by its specification 1.10.0 and providers/lambda.md, over the seam.
#include <string>
#include <vector>

#include "tests/sim/lambda_world.h"
#include "tests/support/cmocka.h"

using namespace spillway;

namespace {

using std::chrono::seconds;

constexpr const char* kLaunch = "/instance-operations/launch";

void key_is_asked_for_in_each_form(void**) {
  struct Case {
    const char* authorization;
    int status;
    const char* message;
  };
  const Case cases[] = {
      {"Bearer the-key", 200, ""},
      {"bearer the-key", 200, ""},
      {"Basic dGhlLWtleTo=", 200, ""},  // "the-key:"
      {"Basic the-key", 200, ""},
      {"", 401, "No API key was provided."},
      {"Bearer", 401, "No API key was provided."},
      {"Digest the-key", 401, "No API key was provided."},
      {"Bearer the-kez", 401, "API key was invalid, expired, or deleted."},
      {"Bearer the-key2", 401, "API key was invalid, expired, or deleted."},
      {"Bearer ", 401, "API key was invalid, expired, or deleted."},
      {"Basic dGhlLWtlejo=", 401, "API key was invalid, expired, or deleted."},
      {"Basic !!!!", 401, "API key was invalid, expired, or deleted."},
  };
  for (const Case& each : cases) {
    LambdaWorld world;
    const Served served = world.lambda_as(each.authorization, "GET", "/regions");
    const std::string message =
        LambdaWorld::json(served).get("error").string("message").value_or("");
    if (served.answer.status != each.status || message != each.message)
      fail_msg("\"%s\": %d %s", each.authorization, served.answer.status, message.c_str());
    if (each.status == 401 && LambdaWorld::code(served) != "global/invalid-api-key")
      fail_msg("\"%s\": %s", each.authorization, served.answer.body.c_str());
  }
}

void unknown_paths_and_methods_are_not_found(void**) {
  const std::pair<const char*, const char*> cases[] = {
      {"GET", "/nothing"},
      {"GET", "/instance-types/"},
      {"POST", "/instance-types"},
      {"DELETE", "/instances/abc"},
      {"GET", "/filesystems"},
      {"GET", "/instance-operations/launch"},
      {"GET", "/instances/"},
      {"GET", "/instances/a/b"},
      {"PUT", "/ssh-keys"},
      {"GET", "/"},
  };
  LambdaWorld world;
  for (const auto& [method, path] : cases) {
    const Served served = world.lambda(method, path);
    if (served.answer.status != 404 || LambdaWorld::code(served) != "global/not-found")
      fail_msg("%s %s: %d %s", method, path, served.answer.status, served.answer.body.c_str());
  }
}

void offers_are_a_map_with_regions_that_have_capacity(void**) {
  LambdaWorld world;
  const Json types = LambdaWorld::data(world.lambda("GET", "/instance-types"));
  assert_int_equal(types.size(), 2);
  const Json h100 = types.get("gpu_8x_h100_sxm5");
  const Json type = h100.get("instance_type");
  assert_string_equal(type.string("name").value_or("").c_str(), "gpu_8x_h100_sxm5");
  assert_string_equal(type.string("description").value_or("").c_str(), "8x H100 (80 GB SXM5)");
  assert_int_equal(type.integer("price_cents_per_hour").value_or(-1), 3192);
  assert_int_equal(type.get("specs").integer("gpus").value_or(-1), 8);
  assert_int_equal(type.get("specs").integer("memory_gib").value_or(-1), 1800);
  const Json regions = h100.get("regions_with_capacity_available");
  assert_int_equal(regions.size(), 1);
  assert_string_equal(regions.at(0).string("name").value_or("").c_str(), "us-east-1");
  assert_string_equal(regions.at(0).string("description").value_or("").c_str(), "Virginia, USA");
  assert_int_equal(types.get("gpu_1x_a10").get("regions_with_capacity_available").size(), 0);
}

void sold_out_region_leaves_the_offer(void**) {
  LambdaWorld world;
  for (int i = 0; i < 3; ++i)
    assert_string_not_equal(world.launch().c_str(), "");
  const Json types = LambdaWorld::data(world.lambda("GET", "/instance-types"));
  assert_int_equal(types.get("gpu_8x_h100_sxm5").get("regions_with_capacity_available").size(), 0);
  const Served served = world.lambda("POST", kLaunch, LambdaWorld::launch_body());
  assert_int_equal(served.answer.status, 400);
  assert_string_equal(LambdaWorld::code(served).c_str(),
                      "instance-operations/launch/insufficient-capacity");
}

void regions_images_and_file_systems_are_listed(void**) {
  LambdaWorld world;
  assert_int_equal(LambdaWorld::data(world.lambda("GET", "/regions")).size(), 2);
  const Json images = LambdaWorld::data(world.lambda("GET", "/images"));
  assert_true(images.size() >= 2);
  assert_string_equal(images.at(0).string("architecture").value_or("").c_str(), "x86_64");
  assert_true(images.at(0).string("id") != images.at(images.size() - 1).string("id"));
  for (const char* key : {"id", "created_time", "updated_time", "name", "family", "version"}) {
    if (!images.at(0).string(key)) fail_msg("image without %s", key);
  }
  const Json systems = LambdaWorld::data(world.lambda("GET", "/file-systems"));
  assert_int_equal(systems.size(), 2);
  assert_true(systems.at(0).boolean("is_in_use") == false);
  assert_string_not_equal(world.launch(R"("file_system_names":["here"])").c_str(), "");
  const Json used = LambdaWorld::data(world.lambda("GET", "/file-systems"));
  assert_true(used.at(0).boolean("is_in_use") == true);
  assert_true(used.at(1).boolean("is_in_use") == false);
}

void instance_grows_as_it_boots(void**) {
  LambdaWorld world;
  const std::string id = world.launch(
      R"("name":"n1","hostname":"h1","tags":[{"key":"owner","value":"me"}],"user_data":"#!/bin/x")");
  Json instance = LambdaWorld::data(world.lambda("GET", "/instances/" + id));
  assert_string_equal(instance.string("status").value_or("").c_str(), "booting");
  assert_string_equal(instance.string("name").value_or("").c_str(), "n1");
  assert_string_equal(instance.string("hostname").value_or("").c_str(), "h1");
  assert_true(instance.get("ip").is_absent());
  assert_true(instance.get("first_healthy").is_absent());
  assert_true(instance.get("user_data").is_absent());
  assert_string_equal(instance.get("tags").at(0).string("value").value_or("").c_str(), "me");
  assert_string_equal(instance.get("ssh_key_names").at(0).as_string().value_or("").c_str(), "ops");
  assert_true(instance.get("file_system_names").is_array());
  world.clock.advance(seconds(50));
  instance = LambdaWorld::data(world.lambda("GET", "/instances/" + id));
  assert_string_equal(instance.string("status").value_or("").c_str(), "booting");
  assert_true(instance.string("ip").value_or("").rfind("127.77.", 0) == 0);
  assert_true(instance.string("ip") == instance.string("private_ip"));
  const TimePoint healthy = world.clock.now() + seconds(50);
  world.clock.advance(seconds(55));
  instance = LambdaWorld::data(world.lambda("GET", "/instances")).at(0);
  assert_string_equal(instance.string("status").value_or("").c_str(), "active");
  assert_string_equal(instance.string("first_healthy").value_or("").c_str(),
                      format_time(healthy).c_str());
  for (const char* action : {"migrate", "rebuild", "restart", "cold_reboot", "terminate"}) {
    if (!instance.get("actions").get(action).boolean("available")) fail_msg("%s", action);
  }
}

void instances_of_a_cluster_are_none(void**) {
  const auto scenario = parse_scenario(kScenario, "scenario");
  assert_true(static_cast<bool>(scenario));
  const ManualClock clock{from_unix_seconds(1'795'000'000)};
  SimFaults faults;
  const CloudScenario& account = scenario->clouds.front();
  SimCloud cloud(account.cloud, clock, faults);
  const auto api = account.make_api(account, cloud, clock);
  ApiRequest request;
  request.method = "POST";
  request.path = kLaunch;
  request.body = LambdaWorld::launch_body();
  request.headers["authorization"] = "Bearer the-key";
  assert_int_equal(api->answer(request).status, 200);
  request.method = "GET";
  request.path = "/instances";
  assert_int_equal(LambdaWorld::data({api->answer(request)}).size(), 1);
  request.query["cluster_id"] = "c";
  assert_int_equal(LambdaWorld::data({api->answer(request)}).size(), 0);
}

void unknown_instance_is_not_found(void**) {
  LambdaWorld world;
  const std::string ids = R"({"instance_ids":["nobody"]})";
  const Served answers[] = {world.lambda("GET", "/instances/nobody"),
                            world.lambda("POST", "/instances/nobody", R"({"name":"x"})"),
                            world.lambda("POST", "/instance-operations/terminate", ids),
                            world.lambda("POST", "/instance-operations/restart", ids)};
  for (const Served& served : answers) {
    if (served.answer.status != 404 || LambdaWorld::code(served) != "global/object-does-not-exist")
      fail_msg("%d %s", served.answer.status, served.answer.body.c_str());
  }
}

void instance_can_be_renamed(void**) {
  LambdaWorld world;
  const std::string path = "/instances/" + world.launch(R"("name":"old")");
  const Json renamed = LambdaWorld::data(world.lambda("POST", path, R"({"name":"new"})"));
  assert_string_equal(renamed.string("name").value_or("").c_str(), "new");
  const Json kept = LambdaWorld::data(world.lambda("POST", path, "{}"));
  assert_string_equal(kept.string("name").value_or("").c_str(), "new");
  for (const std::string& body :
       {std::string("[]"), std::string(R"({"name":7})"), "{" + text_of("name", 65) + "}"}) {
    const Served served = world.lambda("POST", path, body);
    if (LambdaWorld::code(served) != "global/invalid-parameters") fail_msg("%s", body.c_str());
  }
}

void terminate_ends_all_or_none(void**) {
  LambdaWorld world;
  const std::string one = world.launch();
  const std::string two = world.launch();
  const auto terminate = [&](const std::string& ids) {
    return world.lambda(
        "POST", "/instance-operations/terminate", R"({"instance_ids":[)" + ids + "]}");
  };
  assert_int_equal(terminate("\"" + one + "\",\"nobody\"").answer.status, 404);
  const Json alive = LambdaWorld::data(world.lambda("GET", "/instances/" + one));
  assert_string_equal(alive.string("status").value_or("").c_str(), "booting");

  const Served both = terminate("\"" + one + "\",\"" + two + "\"");
  const Json ended = LambdaWorld::data(both).get("terminated_instances");
  assert_int_equal(ended.size(), 2);
  assert_string_equal(ended.at(1).string("status").value_or("").c_str(), "terminating");
  assert_int_equal(LambdaWorld::data(world.lambda("GET", "/instances")).size(), 2);
  // Again, while it is going: accepted.
  assert_int_equal(terminate("\"" + one + "\"").answer.status, 200);
  world.clock.advance(seconds(10));
  assert_int_equal(LambdaWorld::data(world.lambda("GET", "/instances")).size(), 0);
  assert_int_equal(terminate("\"" + one + "\"").answer.status, 404);
}

void terminate_and_restart_refuse_malformed_ids(void**) {
  LambdaWorld world;
  for (const char* path : {"/instance-operations/terminate", "/instance-operations/restart"}) {
    for (const char* body :
         {"", "{}", "[]", R"({"instance_ids":"a"})", R"({"instance_ids":[1]})"}) {
      const Served served = world.lambda("POST", path, body);
      if (served.answer.status != 400 || LambdaWorld::code(served) != "global/invalid-parameters")
        fail_msg("%s %s: %s", path, body, served.answer.body.c_str());
    }
  }
}

void restart_conflicts_with_what_is_not_up(void**) {
  LambdaWorld world;
  const std::string body = R"({"instance_ids":[")" + world.launch() + "\"]}";
  const Served early = world.lambda("POST", "/instance-operations/restart", body);
  assert_int_equal(early.answer.status, 409);
  assert_string_equal(LambdaWorld::code(early).c_str(), "global/conflict");
  world.clock.advance(seconds(100));
  const Served later = world.lambda("POST", "/instance-operations/restart", body);
  assert_int_equal(LambdaWorld::data(later).get("restarted_instances").size(), 1);
}

void quota_is_told_apart_from_capacity(void**) {
  std::string scenario = kScenario;
  scenario.replace(scenario.find("\"rate_scale\""), 0, "\"quota\": 1, ");
  LambdaWorld world(scenario);
  assert_string_not_equal(world.launch().c_str(), "");
  const Served served = world.lambda("POST", kLaunch, LambdaWorld::launch_body());
  assert_int_equal(served.answer.status, 400);
  assert_string_equal(LambdaWorld::code(served).c_str(), "global/quota-exceeded");
}

void ssh_keys_are_listed_added_and_deleted(void**) {
  LambdaWorld world;
  const Json added = LambdaWorld::data(
      world.lambda("POST", "/ssh-keys", R"({"name":"k","public_key":"ssh-ed25519 AAAA"})"));
  assert_true(added.get("private_key").is_absent());
  const Json generated = LambdaWorld::data(world.lambda("POST", "/ssh-keys", R"({"name":"g"})"));
  assert_true(generated.string("private_key").has_value());
  const Json list = LambdaWorld::data(world.lambda("GET", "/ssh-keys"));
  assert_int_equal(list.size(), 3);
  assert_true(list.at(2).get("private_key").is_absent());
  const std::string path = "/ssh-keys/" + *added.string("id");
  assert_int_equal(world.lambda("DELETE", path).answer.status, 200);
  assert_int_equal(world.lambda("DELETE", path).answer.status, 404);
  assert_int_equal(LambdaWorld::data(world.lambda("GET", "/ssh-keys")).size(), 2);
}

void ssh_keys_of_wrong_form_are_refused(void**) {
  const std::string cases[] = {"",
                               "{}",
                               R"({"name":""})",
                               R"({"name":1})",
                               R"({"name":"ops"})",
                               R"({"name":"k","public_key":""})",
                               R"({"name":"k","public_key":null})",
                               "{" + text_of("name", 65) + "}",
                               R"({"name":"k",)" + text_of("public_key", 4097) + "}"};
  LambdaWorld world;
  for (const std::string& body : cases) {
    const Served served = world.lambda("POST", "/ssh-keys", body);
    if (served.answer.status != 400 || LambdaWorld::code(served) != "global/invalid-parameters")
      fail_msg("%.80s: %s", body.c_str(), served.answer.body.c_str());
  }
}

void rate_limit_answers_what_is_no_json(void**) {
  std::string scenario = kScenario;
  scenario.replace(scenario.find("\"rate_scale\": 0"), 15, "\"rate_scale\": 1");
  LambdaWorld world(scenario);
  assert_string_not_equal(world.launch().c_str(), "");
  world.clock.advance(seconds(5));
  const Served served = world.lambda("POST", kLaunch, LambdaWorld::launch_body());
  assert_int_equal(served.answer.status, 429);
  assert_true(LambdaWorld::json(served).is_absent());
  world.clock.advance(seconds(7));
  assert_string_not_equal(world.launch().c_str(), "");
  // One a second in general, with room for one more.
  world.clock.advance(seconds(10));
  assert_int_equal(world.lambda("GET", "/regions").answer.status, 200);
  assert_int_equal(world.lambda("GET", "/regions").answer.status, 200);
  assert_int_equal(world.lambda("GET", "/regions").answer.status, 429);
  world.clock.advance(seconds(1));
  assert_int_equal(world.lambda("GET", "/regions").answer.status, 200);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(key_is_asked_for_in_each_form),
      cmocka_unit_test(unknown_paths_and_methods_are_not_found),
      cmocka_unit_test(offers_are_a_map_with_regions_that_have_capacity),
      cmocka_unit_test(sold_out_region_leaves_the_offer),
      cmocka_unit_test(regions_images_and_file_systems_are_listed),
      cmocka_unit_test(instance_grows_as_it_boots),
      cmocka_unit_test(instances_of_a_cluster_are_none),
      cmocka_unit_test(unknown_instance_is_not_found),
      cmocka_unit_test(instance_can_be_renamed),
      cmocka_unit_test(terminate_ends_all_or_none),
      cmocka_unit_test(terminate_and_restart_refuse_malformed_ids),
      cmocka_unit_test(restart_conflicts_with_what_is_not_up),
      cmocka_unit_test(quota_is_told_apart_from_capacity),
      cmocka_unit_test(ssh_keys_are_listed_added_and_deleted),
      cmocka_unit_test(ssh_keys_of_wrong_form_are_refused),
      cmocka_unit_test(rate_limit_answers_what_is_no_json),
  };
  return cmocka_run_group_tests_name("sim.lambda_api", tests, nullptr, nullptr);
}
