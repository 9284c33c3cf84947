// SPDX-License-Identifier: GPL-2.0-or-later
//
// What all of Voltage Park's API has in common. By providers/voltage-park.md sections 1 and 4.
#include <string>

#include "tests/sim/voltage_park_world.h"
#include "tests/support/cmocka.h"

using namespace spillway;

namespace {

std::string header(const Served& served, const std::string& name) {
  for (const auto& [each, value] : served.answer.headers) {
    if (each == name) return value;
  }
  return "";
}

void key_is_asked_for(void**) {
  struct Case {
    const char* authorization;
    int status;
  };
  const Case cases[] = {{"Bearer the-key", 200},
                        {"bearer the-key", 200},
                        {"", 401},
                        {"Bearer", 401},
                        {"Bearer ", 401},
                        {"Bearer the-kez", 401},
                        {"Bearer the-key ", 401},
                        {"Bearer  the-key", 401},
                        {"Basic the-key", 401},
                        {"the-key", 401}};
  VoltageParkWorld world;
  for (const Case& each : cases) {
    const Served served = world.call_as(each.authorization, "GET", "/bare-metal/");
    if (served.answer.status != each.status) fail_msg("\"%s\"", each.authorization);
    if (each.status != 401) continue;
    if (VoltageParkWorld::detail(served) != "Could not validate credentials" ||
        header(served, "WWW-Authenticate") != "Bearer")
      fail_msg("\"%s\": %s", each.authorization, served.answer.body.c_str());
  }
}

void offers_are_public_and_nothing_else_is(void**) {
  VoltageParkWorld world;
  for (const char* path :
       {"/bare-metal/locations", "/virtual-machines/instant/locations", "/instant-deploy-presets/"})
    if (world.call_as("", "GET", path).answer.status != 200) fail_msg("%s", path);
  const std::string id = std::string("/") + kHere;
  const std::pair<const char*, std::string> closed[] = {
      {"POST", "/bare-metal/"},
      {"GET", "/bare-metal/"},
      {"GET", "/bare-metal" + id},
      {"DELETE", "/bare-metal" + id},
      {"POST", "/virtual-machines/instant"},
      {"GET", "/virtual-machines/"},
      {"GET", "/virtual-machines/instant/locations" + id},
      {"GET", "/organization/"},
      {"GET", "/organization/ssh-keys"},
      {"GET", "/billing/hourly-rate"},
      {"GET", "/billing/transactions/"},
      {"GET", "/storage/"},
      {"GET", "/storage/hourly-rate"},
      {"POST", "/validate/cloudinit"},
  };
  for (const auto& [method, path] : closed) {
    if (world.call_as("", method, path).answer.status != 401)
      fail_msg("%s %s", method, path.c_str());
  }
}

void unknown_paths_are_not_found(void**) {
  VoltageParkWorld world;
  for (const char* path : {"/",
                           "/nothing",
                           "/bare-metal/locations/x",
                           "/fleets",
                           "/locations/",

                           "/organization/address"}) {
    const Served served = world.call("GET", path);
    if (served.answer.status != 404 || VoltageParkWorld::detail(served) != "Not Found")
      fail_msg("%s: %d %s", path, served.answer.status, served.answer.body.c_str());
  }
}

void wrong_methods_are_told_the_right_ones(void**) {
  struct Case {
    const char* method;
    const char* path;
    const char* allow;
  };
  const Case cases[] = {
      {"DELETE", "/bare-metal/", "GET, POST"},
      {"POST", "/bare-metal/11111111-2222-4333-8444-555555555555", "GET, PATCH, DELETE"},
      {"POST", "/bare-metal/11111111-2222-4333-8444-555555555555/power-status", "PUT"},
      {"DELETE", "/bare-metal/11111111-2222-4333-8444-555555555555/remove-nodes", "PATCH"},
      {"POST", "/virtual-machines/", "GET"},
      {"GET", "/validate/cloudinit", "POST"},
      {"POST", "/billing/hourly-rate", "GET"}};
  VoltageParkWorld world;
  for (const Case& each : cases) {
    // Nobody looks at the key before.
    const Served served = world.call_as("", each.method, each.path);
    if (served.answer.status != 405 || header(served, "Allow") != each.allow)
      fail_msg("%s %s: %d", each.method, each.path, served.answer.status);
  }
}

void other_spelling_of_the_slash_is_redirected(void**) {
  struct Case {
    const char* method;
    const char* path;
    const char* location;  // "" when it is not redirected
  };
  const Case cases[] = {
      {"GET", "/bare-metal", "/bare-metal/"},
      {"POST", "/bare-metal", "/bare-metal/"},
      {"GET", "/bare-metal?limit=2&offset=4", "/bare-metal/?limit=2&offset=4"},
      {"GET", "/bare-metal/locations/", "/bare-metal/locations"},
      {"GET", "/bare-metal/locations/?limit=%31", "/bare-metal/locations?limit=%31"},
      {"GET", "/virtual-machines", "/virtual-machines/"},
      {"POST", "/virtual-machines/instant/", "/virtual-machines/instant"},
      {"GET", "/organization", "/organization/"},
      {"GET", "/organization/ssh-keys/", "/organization/ssh-keys"},
      {"GET", "/instant-deploy-presets", "/instant-deploy-presets/"},
      {"GET", "/bare-metal/", ""},
      {"GET", "/organization/ssh-keys", ""},
  };
  VoltageParkWorld world;
  for (const Case& each : cases) {
    const Served served = world.call(each.method, each.path);
    const std::string location =
        *each.location == '\0'
            ? ""
            : std::string("http://cloud.test/voltage-park/api/v1") + each.location;
    if (header(served, "Location") != location ||
        (served.answer.status == 307) == location.empty() ||
        (!location.empty() && !served.answer.body.empty()))
      fail_msg("%s %s: %d %s",
               each.method,
               each.path,
               served.answer.status,
               header(served, "Location").c_str());
  }
}

void redirected_order_orders_nothing(void**) {
  VoltageParkWorld world;
  const Served served = world.call("POST", "/bare-metal", VoltageParkWorld::order_body(8));
  assert_int_equal(served.answer.status, 307);
  assert_int_equal(world.admin("/sim/machines").get("machines").size(), 0);
  assert_true(world.admin("/sim/requests").get("requests").at(0).get("launch").is_absent());
}

void lists_come_in_short_pages(void**) {
  VoltageParkWorld world;
  for (int i = 0; i < 18; ++i)
    assert_int_equal(world
                         .call("POST",
                               "/organization/ssh-keys",
                               R"({"name":"key )" + std::to_string(i) + R"(","content":"k"})")
                         .answer.status,
                     201);
  struct Case {
    const char* query;
    std::size_t results;
    const char* first;
    bool previous;
    bool next;
  };
  const Case cases[] = {{"", 3, "ops", false, true},
                        {"?limit=15", 15, "ops", false, true},
                        {"?limit=1&offset=1", 1, "key 0", true, true},
                        {"?offset=3", 3, "key 2", true, true},
                        {"?limit=15&offset=15", 4, "key 14", true, false},
                        {"?limit=4&offset=15", 4, "key 14", true, false},
                        {"?offset=19", 0, "", true, false},
                        {"?offset=1000", 0, "", true, false},
                        {"?unknown=1", 3, "ops", false, true}};
  for (const Case& each : cases) {
    const Json page = VoltageParkWorld::json(
        world.call("GET", std::string("/organization/ssh-keys") + each.query));
    const Json results = page.get("results");
    if (results.size() != each.results || page.integer("total_result_count") != 19 ||
        page.boolean("has_previous") != each.previous || page.boolean("has_next") != each.next ||
        text_in(results.at(0), "name") != each.first)
      fail_msg("%s: %s", each.query, page.dump().c_str());
  }
}

void page_size_is_the_scenarios(void**) {
  VoltageParkWorld world(R"("page_size":1,)");
  const Json page = VoltageParkWorld::json(world.call("GET", "/bare-metal/locations"));
  assert_int_equal(page.get("results").size(), 1);
  assert_true(page.boolean("has_next").value_or(false));
}

void pages_of_wrong_size_are_refused(void**) {
  const std::pair<const char*, const char*> cases[] = {
      {"limit=16", "limit value_error.number.not_le"},
      {"limit=100", "limit value_error.number.not_le"},
      {"limit=0", "limit value_error.number.not_ge"},
      {"limit=-1", "limit value_error.number.not_ge"},
      {"limit=", "limit type_error.integer"},
      {"limit=ten", "limit type_error.integer"},
      {"limit=1.5", "limit type_error.integer"},
      {"offset=-1", "offset value_error.number.not_ge"},
      {"offset=x", "offset type_error.integer"},
      {"offset=99999999999", "offset type_error.integer"},
  };
  VoltageParkWorld world;
  for (const char* path : {"/bare-metal/",
                           "/bare-metal/locations",
                           "/virtual-machines/",
                           "/virtual-machines/instant/locations",
                           "/organization/ssh-keys",
                           "/billing/transactions/",
                           "/storage/"}) {
    for (const auto& [query, mistake] : cases) {
      world.expect_mistake(mistake, "GET", std::string(path) + "?" + query);
    }
  }
}

void mistake_tells_its_place_message_and_type(void**) {
  VoltageParkWorld world;
  const Served served = world.call("GET", "/bare-metal/?limit=16");
  assert_string_equal(
      served.answer.body.c_str(),
      R"({"detail":[{"loc":["query","limit"],)"
      R"("msg":"ensure this value is less than or equal to 15","type":"value_error.number.not_le"}]})");
}

void expect_status(VoltageParkWorld& world,
                   int status,
                   const char* method,
                   const std::string& path) {
  const Served served = world.call(method, path, "{}");
  if (served.answer.status != status)
    fail_msg("%s %s: %d", method, path.c_str(), served.answer.status);
}

void ids_have_to_be_uuids_that_exist(void**) {
  VoltageParkWorld world;
  const std::pair<const char*, const char*> paths[] = {
      {"GET", "/bare-metal/*"},
      {"PATCH", "/bare-metal/*"},
      {"DELETE", "/bare-metal/*"},
      {"PUT", "/bare-metal/*/power-status"},
      {"POST", "/bare-metal/*/reboot"},
      {"PATCH", "/bare-metal/*/remove-nodes"},
      {"GET", "/virtual-machines/instant/locations/*"},
      {"GET", "/virtual-machines/*"},
      {"PATCH", "/virtual-machines/*"},
      {"DELETE", "/virtual-machines/*"},
      {"PUT", "/virtual-machines/*/power-status"},
      {"DELETE", "/organization/ssh-keys/*"},
  };
  for (const auto& [method, pattern] : paths) {
    for (const char* id : {"7", "11111111-2222-4333-8444-55555555555", kNowhere}) {
      std::string path = pattern;
      path.replace(path.find('*'), 1, id);
      expect_status(world, id == kNowhere ? 404 : 422, method, path);
    }
  }
}

void rate_is_limited_only_where_the_scenario_says(void**) {
  VoltageParkWorld free;
  for (int i = 0; i < 50; ++i)
    assert_int_equal(free.call("GET", "/bare-metal/").answer.status, 200);
  VoltageParkWorld limited(R"("request_interval_seconds":1,)");
  const int expected[] = {200, 200, 429};
  for (const int status : expected)
    assert_int_equal(limited.call("GET", "/bare-metal/").answer.status, status);
  const Served served = limited.call_as("", "GET", "/bare-metal/locations");
  assert_string_equal(VoltageParkWorld::detail(served).c_str(), "Too Many Requests");
  limited.clock.advance(std::chrono::seconds(1));
  assert_int_equal(limited.call("GET", "/bare-metal/").answer.status, 200);
}

void body_that_is_not_declared_as_json_is_none(void**) {
  VoltageParkWorld world;
  ApiRequest request;
  request.method = "POST";
  request.path = "/voltage-park/api/v1/organization/ssh-keys";
  request.headers = {{"authorization", "Bearer the-key"}, {"content-type", "text/plain"}};
  request.body = R"({"name":"key","content":"k"})";
  assert_string_equal(VoltageParkWorld::mistake(world.serve(request)).c_str(),
                      "body type_error.dict");
  request.headers["content-type"] = "application/json; charset=utf-8";
  assert_int_equal(world.serve(request).answer.status, 201);
}

void failures_have_the_clouds_form(void**) {
  const std::pair<const char*, const char*> cases[] = {
      {R"("do":"refuse_capacity")", "Not enough GPUs available"},
      {R"("do":"rate_limit")", "Too Many Requests"},
      {R"("do":"status","status":500)", "Internal Server Error"},
      {R"("do":"status","status":503)", "Internal Server Error"},
      {R"("do":"status","status":403)", "Forbidden"},
      {R"("do":"status","status":404)", "Not Found"},
      {R"("do":"status","status":401)", "Could not validate credentials"},
      {R"("do":"status","status":409)", "Bad Request"},
  };
  VoltageParkWorld world;
  for (const auto& [rule, detail] : cases) {
    const std::string rules = R"([{"match":{"path":"/voltage-park/*"},)" + std::string(rule) + "}]";
    assert_int_equal(world.change("/sim/faults", rules), 200);
    const Served served = world.call("GET", "/bare-metal/");
    if (VoltageParkWorld::detail(served) != detail)
      fail_msg("%s: %s", rule, served.answer.body.c_str());
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(key_is_asked_for),
      cmocka_unit_test(offers_are_public_and_nothing_else_is),
      cmocka_unit_test(unknown_paths_are_not_found),
      cmocka_unit_test(wrong_methods_are_told_the_right_ones),
      cmocka_unit_test(other_spelling_of_the_slash_is_redirected),
      cmocka_unit_test(redirected_order_orders_nothing),
      cmocka_unit_test(lists_come_in_short_pages),
      cmocka_unit_test(page_size_is_the_scenarios),
      cmocka_unit_test(pages_of_wrong_size_are_refused),
      cmocka_unit_test(mistake_tells_its_place_message_and_type),
      cmocka_unit_test(ids_have_to_be_uuids_that_exist),
      cmocka_unit_test(rate_is_limited_only_where_the_scenario_says),
      cmocka_unit_test(body_that_is_not_declared_as_json_is_none),
      cmocka_unit_test(failures_have_the_clouds_form),
  };
  return cmocka_run_group_tests_name("sim.voltage_park_api", tests, nullptr, nullptr);
}
