// SPDX-License-Identifier: GPL-2.0-or-later
#include <string>
#include <vector>

#include "lib/json.h"
#include "providers/hyperstack/request.h"
#include "tests/support/cmocka.h"

using namespace spillway;

namespace {

constexpr const char* kImage = "Ubuntu Server 24.04 LTS R570 CUDA 12.8 with Docker";
constexpr const char* kNetwork = "10.0.5.0/24";

HyperstackRequests make_requests(const std::string& base_url = "") {
  ProviderConfig config;
  config.name = "hyperstack";
  config.base_url = base_url;
  config.ssh_key = "ops";
  config.environment = "fleet-ca1";
  return HyperstackRequests(config, Secret("KEY"));
}

OrderSpec make_spec(int machines) {
  OrderSpec spec;
  spec.offer = {"hyperstack", "CANADA-1", "n3-H100x8", "ethernet"};
  spec.machines = machines;
  spec.mark = {"hpc1", "0a1b2c", 7, 2};
  spec.user_data = "#!/bin/sh\necho \"\xC3\xBC\"\n";
  return spec;
}

// All that can be asked, by ids and names that try to become another path.
std::vector<HttpRequest> make_all(const std::string& text) {
  const auto requests = make_requests();
  return {requests.page(HyperstackList::kMachines, 1, text),
          requests.page(HyperstackList::kEnvironments, 1, text),
          requests.page(HyperstackList::kKeypairs, 1, text),
          requests.page(HyperstackList::kImages, 1, text),
          requests.flavors(text),
          requests.stocks(),
          requests.pricebook(),
          requests.credit(),
          requests.quota(3287),
          requests.events(text),
          requests.create(make_spec(1), text, text),
          requests.destroy(text)};
}

Json body_of(const HttpRequest& request) {
  const auto body = Json::parse(request.body, "body");
  if (!body) fail_msg("%s", body.error().message.c_str());
  return *body;
}

struct UrlCase {
  HttpRequest request;
  const char* url;
};

void each_question_is_a_get_of_its_own_path(void**) {
  const auto requests = make_requests();
  const UrlCase cases[] = {
      {requests.page(HyperstackList::kMachines, 1, ""),
       "/core/virtual-machines?page=1&pageSize=100"},
      {requests.page(HyperstackList::kMachines, 12, ""),
       "/core/virtual-machines?page=12&pageSize=100"},
      {requests.page(HyperstackList::kEnvironments, 1, ""),
       "/core/environments?page=1&pageSize=100"},
      {requests.page(HyperstackList::kKeypairs, 2, ""), "/core/keypairs?page=2&pageSize=100"},
      {requests.page(HyperstackList::kImages, 1, "CANADA-1"),
       "/core/images?page=1&per_page=100&region=CANADA-1"},
      {requests.flavors("a b&c"), "/core/flavors?region=a%20b%26c"},
      {requests.stocks(), "/core/stocks"},
      {requests.pricebook(), "/pricebook"},
      {requests.credit(), "/billing/user-credit/credit"},
      {requests.quota(3287), "/core/environments/3287/vm-quota"},
      {requests.events("7613"), "/core/virtual-machines/7613/events"},
  };
  for (const auto& row : cases) {
    assert_string_equal(row.request.method.c_str(), "GET");
    assert_true(row.request.body.empty());
    assert_string_equal(row.request.url.c_str(),
                        (std::string("https://infrahub-api.nexgencloud.com/v1") + row.url).c_str());
  }
}

void configured_address_replaces_hyperstacks_own(void**) {
  for (const char* base : {"http://127.0.0.1:1/v1", "http://127.0.0.1:1/v1/"}) {
    assert_string_equal(make_requests(base).stocks().url.c_str(),
                        "http://127.0.0.1:1/v1/core/stocks");
  }
}

// Source: these five are GETs, and change the machine's state.
void nothing_that_is_asked_can_change_a_machines_state(void**) {
  for (const char* id : {"7613",
                         "7613/stop",
                         "7613/stop?",
                         "7613/stop#",
                         "7613/../7613/stop",
                         "7613%2Fstop%3F",
                         "../virtual-machines/7613/hibernate?x="}) {
    for (const auto& request : make_all(id)) {
      const auto path = request.url.substr(0, request.url.find_first_of("?#"));
      for (const char* verb :
           {"/start", "/stop", "/hard-reboot", "/hibernate", "/hibernate-restore"}) {
        if (path.ends_with(verb)) fail_msg("%s can be built", request.url.c_str());
      }
    }
  }
}

void key_stands_in_its_own_header_and_nowhere_else(void**) {
  for (const auto& request : make_all("7613")) {
    for (const auto& [name, value] : request.headers) {
      if (value.find("KEY") != std::string::npos) fail_msg("the key is in header %s", name.c_str());
    }
    assert_true(request.url.find("KEY") == std::string::npos);
    assert_true(request.body.find("KEY") == std::string::npos);
    assert_string_equal(request.secret.reveal().c_str(), "KEY");
    assert_string_equal(request.secret_header.c_str(), "api_key: ");
  }
}

void create_marks_the_machine_by_name_and_label(void**) {
  const auto request = make_requests().create(make_spec(1), kImage, kNetwork);
  assert_string_equal(request.method.c_str(), "POST");
  assert_string_equal(request.url.c_str(),
                      "https://infrahub-api.nexgencloud.com/v1/core/virtual-machines");
  assert_string_equal(
      request.body.c_str(),
      R"({"name":"spillway-hpc1-0a1b2c-7-2","environment_name":"fleet-ca1",)"
      R"("image_name":"Ubuntu Server 24.04 LTS R570 CUDA 12.8 with Docker",)"
      R"("flavor_name":"n3-H100x8","key_name":"ops","count":1,)"
      "\"user_data\":\"#!/bin/sh\\necho \\\"\xC3\xBC\\\"\\n\","
      R"("labels":["spillway-cluster=hpc1","spillway-mark=spillway-hpc1-0a1b2c-7-2"],)"
      R"("assign_floating_ip":true,"enable_port_randomization":false,"security_rules":[)"
      R"({"direction":"ingress","protocol":"tcp","ethertype":"IPv4",)"
      R"("remote_ip_prefix":"0.0.0.0/0","port_range_min":22,"port_range_max":22},)"
      R"({"direction":"ingress","protocol":"tcp","ethertype":"IPv4",)"
      R"("remote_ip_prefix":"0.0.0.0/0","port_range_min":6818,"port_range_max":6818},)"
      R"({"direction":"ingress","protocol":"any","ethertype":"IPv4",)"
      R"("remote_ip_prefix":"10.0.5.0/24"}]})");
}

void create_asks_for_as_many_as_the_order_says(void**) {
  const auto body = body_of(make_requests().create(make_spec(20), kImage, kNetwork));
  assert_true(body.integer("count") == 20);
}

void unknown_network_opens_nothing_more(void**) {
  const auto body = body_of(make_requests().create(make_spec(1), kImage, ""));
  const auto rules = body.get("security_rules");
  assert_int_equal(rules.size(), 2);
  assert_true(rules.at(0).integer("port_range_min") == 22);
  assert_true(rules.at(1).integer("port_range_max") == 6818);
}

// Source: specification, Create_Instances_Payload: these five are required.
void create_has_what_the_specification_requires(void**) {
  const auto body = body_of(make_requests().create(make_spec(2), kImage, kNetwork));
  for (const char* key : {"name", "environment_name", "flavor_name", "key_name"}) {
    if (body.string(key).value_or("").empty()) fail_msg("%s is missing", key);
  }
  assert_true(body.integer("count") == 2);
}

void destroy_ends_one_machine(void**) {
  const auto request = make_requests().destroy("7613");
  assert_string_equal(request.method.c_str(), "DELETE");
  assert_string_equal(request.url.c_str(),
                      "https://infrahub-api.nexgencloud.com/v1/core/virtual-machines/7613");
  assert_true(request.body.empty());
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(each_question_is_a_get_of_its_own_path),
      cmocka_unit_test(configured_address_replaces_hyperstacks_own),
      cmocka_unit_test(nothing_that_is_asked_can_change_a_machines_state),
      cmocka_unit_test(key_stands_in_its_own_header_and_nowhere_else),
      cmocka_unit_test(create_marks_the_machine_by_name_and_label),
      cmocka_unit_test(create_asks_for_as_many_as_the_order_says),
      cmocka_unit_test(unknown_network_opens_nothing_more),
      cmocka_unit_test(create_has_what_the_specification_requires),
      cmocka_unit_test(destroy_ends_one_machine),
  };
  return cmocka_run_group_tests_name("providers.hyperstack_request", tests, nullptr, nullptr);
}
