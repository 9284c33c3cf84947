// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/json.h"
#include "providers/lambda/request.h"
#include "tests/support/cmocka.h"

using namespace spillway;

namespace {

LambdaRequests make_requests(const std::string& base_url, const std::string& image) {
  ProviderConfig config;
  config.name = "lambda";
  config.base_url = base_url;
  config.ssh_key = "ops";
  config.image = image;
  return LambdaRequests(config, Secret("KEY"));
}

OrderSpec make_spec() {
  OrderSpec spec;
  spec.offer = {"lambda", "us-east-1", "gpu_8x_h100_sxm5", "ethernet"};
  spec.mark = {"hpc1", "0a1b2c", 7, 2};
  spec.user_data = "#!/bin/sh\necho \"\xC3\xBC\"\n";
  return spec;
}

void lists_are_asked_for_at_lambdas_own_address(void**) {
  const auto request = make_requests("", "").list("/instances", "");
  assert_string_equal(request.method.c_str(), "GET");
  assert_string_equal(request.url.c_str(), "https://cloud.lambda.ai/api/v1/instances");
  assert_string_equal(request.secret.reveal().c_str(), "KEY");
  assert_true(request.body.empty());
}

void configured_address_replaces_lambdas_own(void**) {
  for (const char* base :
       {"http://127.0.0.1:1/lambda/api/v1", "http://127.0.0.1:1/lambda/api/v1/"}) {
    const auto request = make_requests(base, "").list("/regions", "");
    assert_string_equal(request.url.c_str(), "http://127.0.0.1:1/lambda/api/v1/regions");
  }
}

void page_token_is_encoded(void**) {
  const auto request = make_requests("", "").list("/instances", "aZ0-._~/+=&?\xC3\xBC");
  assert_string_equal(
      request.url.c_str(),
      "https://cloud.lambda.ai/api/v1/instances?page_token=aZ0-._~%2F%2B%3D%26%3F%C3%BC");
}

void key_stands_in_no_header_and_in_no_url(void**) {
  const auto requests = make_requests("", "");
  for (const auto& request : {requests.list("/instances", "x"),
                              requests.launch(make_spec()),
                              requests.terminate({"a"})}) {
    for (const auto& [name, value] : request.headers) {
      if (value.find("KEY") != std::string::npos) fail_msg("the key is in header %s", name.c_str());
    }
    assert_true(request.url.find("KEY") == std::string::npos);
    assert_true(request.body.find("KEY") == std::string::npos);
    assert_string_equal(request.secret.reveal().c_str(), "KEY");
  }
}

void launch_marks_the_machine_three_times(void**) {
  const auto request = make_requests("", "").launch(make_spec());
  assert_string_equal(request.method.c_str(), "POST");
  assert_string_equal(request.url.c_str(),
                      "https://cloud.lambda.ai/api/v1/instance-operations/launch");
  assert_string_equal(request.body.c_str(),
                      R"({"region_name":"us-east-1","instance_type_name":"gpu_8x_h100_sxm5",)"
                      R"("ssh_key_names":["ops"],"name":"spillway-hpc1-0a1b2c-7-2",)"
                      R"("hostname":"spillway-hpc1-0a1b2c-7-2",)"
                      "\"user_data\":\"#!/bin/sh\\necho \\\"\xC3\xBC\\\"\\n\","
                      R"("tags":[{"key":"spillway-cluster","value":"hpc1"},)"
                      R"({"key":"spillway-mark","value":"spillway-hpc1-0a1b2c-7-2"}]})");
}

void launch_names_the_image_family_when_one_is_configured(void**) {
  const auto request = make_requests("", "lambda-stack-22-04").launch(make_spec());
  const auto body = Json::parse(request.body, "body");
  assert_true(bool(body));
  assert_string_equal(body->get("image").dump().c_str(), R"({"family":"lambda-stack-22-04"})");
}

// Source: API 1.10.0: name <= 64, hostname ^[a-z0-9][0-9a-z-]{0,62}$, tag value <= 128.
void longest_mark_fits_lambdas_limits(void**) {
  auto spec = make_spec();
  spec.mark = {"abcdefghijklmnopqrst", "0a1b2c", 999'999'999, 999'999'999};
  assert_true(is_cluster_name(spec.mark.cluster));
  const auto body = Json::parse(make_requests("", "").launch(spec).body, "body");
  assert_true(bool(body));
  const auto hostname = body->string("hostname").value_or("");
  assert_true(parse_mark(hostname) == spec.mark);
  assert_true(hostname.size() <= 63);
}

void terminate_names_all_ids_in_one_call(void**) {
  const auto request = make_requests("", "").terminate({"a", "b\"c"});
  assert_string_equal(request.method.c_str(), "POST");
  assert_string_equal(request.url.c_str(),
                      "https://cloud.lambda.ai/api/v1/instance-operations/terminate");
  assert_string_equal(request.body.c_str(), R"({"instance_ids":["a","b\"c"]})");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(lists_are_asked_for_at_lambdas_own_address),
      cmocka_unit_test(configured_address_replaces_lambdas_own),
      cmocka_unit_test(page_token_is_encoded),
      cmocka_unit_test(key_stands_in_no_header_and_in_no_url),
      cmocka_unit_test(launch_marks_the_machine_three_times),
      cmocka_unit_test(launch_names_the_image_family_when_one_is_configured),
      cmocka_unit_test(longest_mark_fits_lambdas_limits),
      cmocka_unit_test(terminate_names_all_ids_in_one_call),
  };
  return cmocka_run_group_tests_name("providers.lambda_request", tests, nullptr, nullptr);
}
