// SPDX-License-Identifier: GPL-2.0-or-later
//
// Hyperstack's API by providers/hyperstack.md: its door, its lists, environments and
// keypairs.
#include <string>
#include <vector>

#include "tests/sim/hyperstack_world.h"
#include "tests/support/cmocka.h"

using namespace spillway;

namespace {

using World = HyperstackWorld;

void key_is_asked_for_bare(void**) {
  const struct {
    const char* key;
    const char* error;
  } cases[] = {
      {"the-key", "200 none"},
      {"", "401 unauthorized"},
      {"the-kez", "401 unauthorized"},
      {"the-key2", "401 unauthorized"},
      {"Bearer the-key", "401 unauthorized"},
  };
  for (const auto& each : cases) {
    World world;
    const Served served = world.call_as(each.key, "GET", "/core/regions");
    if (World::error(served) != each.error || !World::json(served).boolean("status"))
      fail_msg("\"%s\": %s", each.key, served.answer.body.c_str());
  }
}

void unknown_paths_are_not_found_and_wrong_verbs_not_allowed(void**) {
  const struct {
    const char* method;
    const char* path;
    const char* error;
  } cases[] = {
      {"GET", "/", "404 not_found"},
      {"GET", "/core", "404 not_found"},
      {"GET", "/core/nothing", "404 not_found"},
      {"GET", "/core/flavors/", "404 not_found"},
      {"GET", "/core/keypair", "404 not_found"},
      {"GET", "/core/virtual-machines/", "404 not_found"},
      {"GET", "/core/virtual-machines/1/2/3", "404 not_found"},
      {"GET", "/core/virtual-machines/one", "404 not_found"},
      {"GET", "/core/virtual-machines/1001/explode", "404 not_found"},
      {"POST", "/core/flavors", "405 not_allowed"},
      {"DELETE", "/core/virtual-machines", "405 not_allowed"},
      {"POST", "/core/virtual-machines/1001/start", "405 not_allowed"},
      {"POST", "/core/virtual-machines/1001/label", "405 not_allowed"},
      {"GET", "/core/virtual-machines/1001/attach-floatingip", "405 not_allowed"},
      {"DELETE", "/core/keypairs", "405 not_allowed"},
      {"GET", "/core/keypair/1", "405 not_allowed"},
      {"POST", "/pricebook", "405 not_allowed"},
  };
  World world;
  for (const auto& each : cases) {
    const Served served = world.call(each.method, each.path);
    if (World::error(served) != each.error)
      fail_msg("%s %s: %s", each.method, each.path, World::error(served).c_str());
  }
}

void five_hundred_calls_go_in_each_minute_of_the_clock(void**) {
  World world(R"("rate_scale":1)");
  world.advance(20 + 50);  // to the fiftieth second of a minute
  for (int i = 0; i < 500; ++i) {
    const Served served = world.call_as("wrong", "GET", "/pricebook");
    if (served.answer.status != 401) fail_msg("call %d: %d", i, served.answer.status);
  }
  for (int second = 50; second < 60; ++second) {
    const Served refused = world.call("GET", "/pricebook");
    if (World::error(refused) != "429 none") fail_msg("at %d", second);
    for (const auto& [name, value] : refused.answer.headers)
      assert_string_not_equal(name.c_str(), "Retry-After");
    world.advance(1);
  }
  assert_int_equal(world.call("GET", "/pricebook").answer.status, 200);
}

void rate_can_be_scaled(void**) {
  World world(R"("rate_scale":0.1)");  // 500 calls in 6 seconds
  for (int i = 0; i < 500; ++i)
    (void)world.call("GET", "/pricebook");
  assert_int_equal(world.call("GET", "/pricebook").answer.status, 429);
  world.advance(6);
  assert_int_equal(world.call("GET", "/pricebook").answer.status, 200);
}

void environments_are_made_once_in_all_regions(void**) {
  World world;
  const char* path = "/core/environments";
  const struct {
    const char* body;
    const char* error;
  } cases[] = {
      {R"({"name":"new","region":"NORWAY-1"})", "200 none"},
      {R"({"name":"new","region":"CANADA-1"})", "409 already_exist"},
      {R"({"name":"fleet","region":"NORWAY-1"})", "409 already_exist"},
      {R"({"name":"x","region":"MOON-1"})", "404 not_found"},
      {R"({"name":"x"})", "400 bad_request"},
      {R"({"region":"NORWAY-1"})", "400 bad_request"},
      {R"({"name":"","region":"NORWAY-1"})", "400 bad_request"},
      {R"({"name":7,"region":"NORWAY-1"})", "400 bad_request"},
      {R"({"name":"x","region":["NORWAY-1"]})", "400 bad_request"},
      {R"(["x"])", "400 bad_request"},
      {"", "400 bad_request"},
  };
  for (const auto& each : cases) {
    const Served served = world.call("POST", path, each.body);
    if (World::error(served) != each.error)
      fail_msg("%s: %s", each.body, served.answer.body.c_str());
  }
  const std::string longest(50, 'a');
  const auto body = [](const std::string& name) {
    return R"({"region":"NORWAY-1","name":")" + name + "\"}";
  };
  assert_int_equal(world.call("POST", path, body(longest)).answer.status, 200);
  assert_int_equal(world.call("POST", path, body(longest + "a")).answer.status, 400);
  const Json made = find_named(world.get(path).get("environments"), "name", "new");
  assert_string_equal(World::text(made, "region").c_str(), "NORWAY-1");
  assert_true(made.get("features").boolean("network_optimised").has_value());
}

void default_environments_are_one_for_each_region(void**) {
  CloudWorld world(R"({"hyperstack":{}})");
  ApiRequest request;
  request.method = "GET";
  request.path = "/hyperstack/v1/core/environments";
  request.headers["api_key"] = "simulated-hyperstack-key";
  const Json list = World::json(world.serve(request)).get("environments");
  assert_int_equal(list.size(), 4);
  assert_string_equal(World::text(list.at(0), "name").c_str(), "default-NORWAY-1");
}

void environment_goes_only_when_it_is_empty(void**) {
  World world;
  const Json north =
      find_named(world.get("/core/environments").get("environments"), "name", "north");
  const std::string path = "/core/environments/" + std::to_string(north.integer("id").value_or(0));
  assert_string_equal(World::text(world.get(path).get("environment"), "name").c_str(), "north");
  const std::string machine =
      world.launch(R"("environment_name":"north","flavor_name":"n3-H100x1")");
  Served refused = world.call("DELETE", path);
  assert_string_equal(World::error(refused).c_str(), "405 not_allowed");
  assert_true(refused.answer.body.find("VMs: 1, keypairs: 1") != std::string::npos);
  const Json quota = world.get(path + "/vm-quota");
  assert_true(quota.get("status").is_absent());
  assert_int_equal(quota.integer("current_vms").value_or(-1), 1);
  assert_int_equal(quota.integer("max_vms").value_or(-1), 250);
  assert_int_equal(quota.integer("available_vms").value_or(-1), 249);

  world.advance(50);
  assert_string_equal(world.remove(machine).c_str(), "200 none");
  world.advance(10);
  const Json key =
      find_named(world.get("/core/keypairs?search=ops").get("keypairs"), "name", "ops");
  assert_false(key.is_absent());
  const Json keys = world.get("/core/keypairs").get("keypairs");
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const std::string id = std::to_string(keys.at(i).integer("id").value_or(0));
    if (World::text(keys.at(i).get("environment"), "name") == "north")
      assert_int_equal(world.call("DELETE", "/core/keypair/" + id).answer.status, 200);
  }
  assert_int_equal(world.call("DELETE", path).answer.status, 200);
  for (const char* method : {"GET", "DELETE"})
    assert_string_equal(World::error(world.call(method, path)).c_str(), "404 not_found");
  assert_string_equal(World::error(world.call("GET", path + "/vm-quota")).c_str(), "404 not_found");
}

void names_can_be_asked_for(void**) {
  World world;
  const std::string environments = "/core/environments/name-availability/";
  assert_true(world.get(environments + "fleet").boolean("available") == false);
  assert_true(world.get(environments + "other").boolean("available") == true);
  const std::string machines = "/core/virtual-machines/name-availability/";
  assert_true(world.get(machines + "gpu").boolean("available") == true);
  assert_string_not_equal(world.launch().c_str(), "");
  assert_true(world.get(machines + "gpu").boolean("available") == false);
  assert_true(world.get(machines + "start").boolean("available") == true);
  assert_string_equal(World::text(world.get(machines + "a"), "name").c_str(), "a");
  assert_string_not_equal(world.launch(R"("name":"m-1")").c_str(), "");
  assert_true(world.get(machines + "m?count=2").boolean("available") == false);
  assert_true(world.get(machines + "m?count=1").boolean("available") == true);
  assert_int_equal(world.call("GET", machines + "m?count=x").answer.status, 400);
}

void keypairs_belong_to_an_environment(void**) {
  World world;
  const struct {
    const char* name;
    const char* environment;
    const char* public_key;
    const char* error;
  } cases[] = {
      {"a", "fleet", "ssh-ed25519 AAAA me", "200 none"},
      {"a", "north", "ssh-rsa AAAA", "200 none"},
      {"b", "fleet", "ecdsa-sha2-nistp521 AAAA", "200 none"},
      {"a", "fleet", "ssh-ed25519 AAAA me", "409 already_exist"},
      {"c", "moon", "ssh-ed25519 AAAA me", "404 not_found"},
      {"c", "fleet", "ssh-dss AAAA", "400 bad_request"},
      {"c", "fleet", "ssh-rsa", "400 bad_request"},
      {"c", "fleet", "", "400 bad_request"},
      {"", "fleet", "ssh-rsa AAAA", "400 bad_request"},
      {"123456789 123456789 123456789 123456789 123456789 1",
       "fleet",
       "ssh-rsa AAAA",
       "400 bad_request"},
  };
  for (const auto& each : cases) {
    const std::string body = Json::object()
                                 .set("name", each.name)
                                 .set("environment_name", each.environment)
                                 .set("public_key", each.public_key)
                                 .dump();
    const Served served = world.call("POST", "/core/keypairs", body);
    if (World::error(served) != each.error)
      fail_msg("%s: %s", body.c_str(), served.answer.body.c_str());
  }
  for (const char* body : {"", "{}", R"({"name":"a","environment_name":"fleet","public_key":7})"})
    assert_int_equal(world.call("POST", "/core/keypairs", body).answer.status, 400);
  const Json list = world.get("/core/keypairs").get("keypairs");
  assert_int_equal(list.size(), 5);
  assert_string_equal(World::text(list.at(4).get("environment"), "region").c_str(), "CANADA-1");
  const std::string path = "/core/keypair/" + std::to_string(list.at(4).integer("id").value_or(0));
  assert_int_equal(world.call("DELETE", path).answer.status, 200);
  assert_string_equal(World::error(world.call("DELETE", path)).c_str(), "404 not_found");
}

void lists_are_cut_into_pages(void**) {
  World world;
  for (int i = 0; i < 23; ++i)
    assert_string_not_equal(
        world.launch(R"("flavor_name":"n3-H100x1","name":"m)" + std::to_string(i) + "\"").c_str(),
        "");
  const struct {
    const char* query;
    std::size_t size;
    const char* first;
    std::int64_t count;
  } cases[] = {
      {"", 10, "m0", 23},  // as the documents say
      {"?page=1&pageSize=10", 10, "m0", 23},
      {"?page=3&pageSize=10", 3, "m20", 23},
      {"?page=4&pageSize=10", 0, "none", 23},
      {"?page=2", 10, "m10", 23},
      {"?pageSize=50", 23, "m0", 23},
      {"?pageSize=100&page=1&search=M1", 11, "m1", 11},
      {"?environment=fle&pageSize=100", 23, "m0", 23},
      {"?environment=fle&exact_environment_match=true", 0, "none", 0},
      {"?environment=fleet&exact_environment_match=true", 10, "m0", 23},
      {"?environment=north", 0, "none", 0},
      {"?page=1000000000&pageSize=1000000000", 0, "none", 23},
  };
  for (const auto& each : cases) {
    const Json answer = world.get(std::string(World::kMachines) + each.query);
    const Json list = answer.get("instances");
    if (list.size() != each.size || World::text(list.at(0), "name") != each.first ||
        answer.integer("count") != each.count)
      fail_msg("%s: %zu %s", each.query, list.size(), answer.dump().substr(0, 200).c_str());
  }
  assert_true(world.get(World::kMachines).get("page").is_null());
  assert_true(world.get(World::kMachines).get("page_size").is_null());
  const Json page = world.get("/core/virtual-machines?page=2&pageSize=5");
  assert_int_equal(page.integer("page").value_or(-1), 2);
  assert_int_equal(page.integer("page_size").value_or(-1), 5);
  for (const char* query : {"?page=0", "?page=-1", "?page=x", "?pageSize=0", "?pageSize=1.5"})
    assert_int_equal(world.call("GET", std::string(World::kMachines) + query).answer.status, 400);
  assert_int_equal(world.get("/core/environments?pageSize=1&page=2").get("environments").size(), 1);
  assert_int_equal(world.get("/core/keypairs?pageSize=1").get("keypairs").size(), 1);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(key_is_asked_for_bare),
      cmocka_unit_test(unknown_paths_are_not_found_and_wrong_verbs_not_allowed),
      cmocka_unit_test(five_hundred_calls_go_in_each_minute_of_the_clock),
      cmocka_unit_test(rate_can_be_scaled),
      cmocka_unit_test(environments_are_made_once_in_all_regions),
      cmocka_unit_test(default_environments_are_one_for_each_region),
      cmocka_unit_test(environment_goes_only_when_it_is_empty),
      cmocka_unit_test(names_can_be_asked_for),
      cmocka_unit_test(keypairs_belong_to_an_environment),
      cmocka_unit_test(lists_are_cut_into_pages),
  };
  return cmocka_run_group_tests_name("sim.hyperstack_api", tests, nullptr, nullptr);
}
