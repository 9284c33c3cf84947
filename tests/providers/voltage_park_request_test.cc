// SPDX-License-Identifier: GPL-2.0-or-later
#include <cstring>

#include "lib/json.h"
#include "providers/voltage-park/machine_id.h"
#include "providers/voltage-park/request.h"
#include "tests/support/cmocka.h"

using namespace spillway;

namespace {

constexpr const char* kLocation = "3f2a0000-0000-4000-8000-000000000001";

VoltageParkRequests make_requests(const char* base_url = "") {
  ProviderConfig config;
  config.name = "voltage-park";
  config.base_url = base_url;
  return VoltageParkRequests(config, Secret("KEY"));
}

OrderSpec make_spec(int machines) {
  OrderSpec spec;
  spec.offer = {"voltage-park", kLocation, "bare-metal", "infiniband"};
  spec.machines = machines;
  spec.mark = {"hpc1", "0a1b2c", 7, 2};
  spec.user_data = "#!/bin/sh\necho \"\xC3\xBC\"\n";
  return spec;
}

Json body_of(const HttpRequest& request) {
  const auto body = Json::parse(request.body, "body");
  if (!body) fail_msg("%s", request.body.c_str());
  return *body;
}

void assert_sends(const HttpRequest& request, const char* method, const char* path) {
  assert_string_equal(request.method.c_str(), method);
  const auto url = std::string("https://cloud-api.voltagepark.com/api/v1") + path;
  assert_string_equal(request.url.c_str(), url.c_str());
}

void lists_are_asked_for_page_by_page(void**) {
  assert_sends(
      make_requests().list(kVoltageParkRentals, 0), "GET", "/bare-metal/?limit=15&offset=0");
  assert_sends(
      make_requests().list(kVoltageParkVms, 14), "GET", "/virtual-machines/?limit=15&offset=14");
  assert_sends(make_requests().show(kVoltageParkHourlyRate), "GET", "/billing/hourly-rate");
}

// A redirect is not followed: collections end in a slash, all else does not.
void paths_are_spelled_as_documented(void**) {
  for (const char* path : {kVoltageParkRentals, kVoltageParkVms})
    assert_true(std::string(path).ends_with('/'));
  for (const char* path : {kVoltageParkLocations,
                           kVoltageParkVmLocations,
                           kVoltageParkSshKeys,
                           kVoltageParkHourlyRate}) {
    if (std::string(path).ends_with('/')) fail_msg("%s", path);
  }
}

void configured_address_replaces_the_clouds_own(void**) {
  const auto request = make_requests("http://127.0.0.1:1/x/").end_vm("a");
  assert_string_equal(request.url.c_str(), "http://127.0.0.1:1/x/virtual-machines/a");
}

std::string shown_of(const HttpRequest& request) {
  auto shown = request.url;
  for (const auto& [name, value] : request.headers)
    shown.append("\n").append(name).append(value);
  return shown;
}

void key_stands_in_no_header_and_in_no_url(void**) {
  const auto requests = make_requests();
  for (const auto& request : {requests.list(kVoltageParkRentals, 0),
                              requests.order_nodes(make_spec(2), ""),
                              requests.remove_nodes("r", {"203.0.113.10"}),
                              requests.end_rental("r")}) {
    assert_string_equal(request.secret.reveal().c_str(), "KEY");
    assert_string_equal(request.secret_header.c_str(), "Authorization: Bearer ");
    assert_true(shown_of(request).find("KEY") == std::string::npos);
  }
}

void nodes_are_ordered_by_the_count_of_their_gpus(void**) {
  const auto request = make_requests().order_nodes(make_spec(3), "k1");
  assert_sends(request, "POST", "/bare-metal/");
  assert_string_equal(
      request.body.c_str(),
      R"({"location_id":"3f2a0000-0000-4000-8000-000000000001","gpu_count":24,)"
      R"("name":"spillway-hpc1-0a1b2c-7-2-x3","network_type":"infiniband",)"
      R"("organization_ssh_keys":{"mode":"selective","ssh_key_ids":["k1"]},)"
      R"("tags":["spillway-cluster=hpc1","spillway-mark=spillway-hpc1-0a1b2c-7-2"],)"
      R"("cloudinit_script":{"write_files":[{"path":"/opt/spillway/user-data.sh",)"
      "\"content\":\"#!/bin/sh\\necho \\\"\xC3\xBC\\\"\\n\","
      R"("permissions":"0700"}],"runcmd":["sh /opt/spillway/user-data.sh"]}})");
}

void nodes_of_another_size_count_their_own_gpus(void**) {
  auto spec = make_spec(3);
  spec.offer.type = "bare-metal-4x-h200-sxm5-141gb";
  assert_int_equal(*body_of(make_requests().order_nodes(spec, "")).integer("gpu_count"), 12);
}

void ssh_keys_may_be_none_or_all(void**) {
  const auto requests = make_requests();
  const auto none = body_of(requests.order_nodes(make_spec(1), ""));
  assert_string_equal(none.get("organization_ssh_keys").dump().c_str(), R"({"mode":"none"})");
  const auto all = body_of(requests.order_vm(make_spec(1), "p", kVoltageParkAllKeys));
  assert_string_equal(all.get("organization_ssh_keys").dump().c_str(), R"({"mode":"all"})");
}

// VMs take the same object under another name, and are one an order.
void vm_is_ordered_by_its_preset(void**) {
  const auto request = make_requests().order_vm(make_spec(4), "c6fd", "");
  assert_sends(request, "POST", "/virtual-machines/instant");
  const auto body = body_of(request);
  assert_string_equal(body.string("config_id")->c_str(), "c6fd");
  assert_string_equal(body.string("location_id")->c_str(), kLocation);
  assert_string_equal(body.string("name")->c_str(), "spillway-hpc1-0a1b2c-7-2");
  assert_true(body.get("cloudinit_script").is_absent());
  assert_true(body.get("gpu_count").is_absent());
  const auto file = body.get("cloud_init").get("write_files").at(0);
  assert_string_equal(file.string("content")->c_str(), make_spec(1).user_data.c_str());
  assert_int_equal(body.get("tags").size(), 2);
}

void longest_mark_fits_in_a_name_and_is_read_back(void**) {
  const Mark mark{"abcdefghijklmnopqrst", "0a1b2c", 999'999'999, 999'999'999};
  const auto name = voltage_park_rental_name(mark, kVoltageParkMostNodes);
  assert_true(name.size() <= 63);
  const auto read = parse_voltage_park_name(name);
  assert_true(read && read->mark == mark && read->nodes == kVoltageParkMostNodes);
}

void machines_are_ended_by_rental_address_or_vm(void**) {
  const auto requests = make_requests();
  const auto some = requests.remove_nodes("b6c0", {"203.0.113.10", "203.0.113.11"});
  assert_sends(some, "PATCH", "/bare-metal/b6c0/remove-nodes");
  assert_string_equal(some.body.c_str(), R"({"public_ips":["203.0.113.10","203.0.113.11"]})");
  assert_sends(requests.end_rental("b6c0"), "DELETE", "/bare-metal/b6c0");
  assert_sends(requests.end_vm("1a2b"), "DELETE", "/virtual-machines/1a2b");
  assert_sends(requests.end_rental("../x"), "DELETE", "/bare-metal/..%2Fx");
  assert_string_equal(requests.end_rental("b6c0").body.c_str(), "");
}

void reads_have_less_time_than_changes(void**) {
  const auto requests = make_requests();
  assert_true(requests.list(kVoltageParkVms, 0).timeout < requests.end_vm("a").timeout);
  assert_true(requests.order_nodes(make_spec(1), "").timeout == requests.end_vm("a").timeout);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(lists_are_asked_for_page_by_page),
      cmocka_unit_test(paths_are_spelled_as_documented),
      cmocka_unit_test(configured_address_replaces_the_clouds_own),
      cmocka_unit_test(key_stands_in_no_header_and_in_no_url),
      cmocka_unit_test(nodes_are_ordered_by_the_count_of_their_gpus),
      cmocka_unit_test(nodes_of_another_size_count_their_own_gpus),
      cmocka_unit_test(ssh_keys_may_be_none_or_all),
      cmocka_unit_test(vm_is_ordered_by_its_preset),
      cmocka_unit_test(longest_mark_fits_in_a_name_and_is_read_back),
      cmocka_unit_test(machines_are_ended_by_rental_address_or_vm),
      cmocka_unit_test(reads_have_less_time_than_changes),
  };
  return cmocka_run_group_tests_name("providers.voltage_park_request", tests, nullptr, nullptr);
}
