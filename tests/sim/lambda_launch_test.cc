// SPDX-License-Identifier: GPL-2.0-or-later
//
// What Lambda's launch takes and what it refuses, by its specification 1.10.0.
#include <string>
#include <vector>

#include "sim/http/lambda/launch.h"
#include "tests/sim/lambda_world.h"
#include "tests/support/cmocka.h"

using namespace spillway;

namespace {

constexpr const char* kLaunch = "/instance-operations/launch";

void launch_takes_what_the_specification_allows(void**) {
  const std::vector<std::string> cases = {
      "",
      R"("name":"")",
      text_of("name", 64),
      R"("name":"\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4)"
      R"(\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4)"
      R"(\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4\u00e4")",
      R"("hostname":"a")",
      R"("hostname":"0-a-")",
      text_of("hostname", 63),
      R"("quantity":1)",
      R"("unknown":{"field":[1]})",
      R"("tags":[])",
      R"("tags":[{"key":"a:","value":""},{"key":"owner-1","value":"me"}])",
      R"("image":{"family":"lambda-stack-24-04"})",
      R"("file_system_names":[])",
      R"("file_system_names":["here"])",
      R"("firewall_rulesets":[])",
      R"("user_data":"")",
      text_of("user_data", 1'000'000),
  };
  for (const std::string& extra : cases) {
    LambdaWorld world;
    const Served served = world.lambda("POST", kLaunch, LambdaWorld::launch_body(extra));
    if (served.answer.status != 200 || LambdaWorld::data(served).get("instance_ids").size() != 1)
      fail_msg("%.100s: %s", extra.c_str(), served.answer.body.c_str());
  }
}

struct Refused {
  std::string body;
  const char* code;
};

void expect_refused(const std::vector<Refused>& cases) {
  for (const Refused& each : cases) {
    LambdaWorld world;
    const Served served = world.lambda("POST", kLaunch, each.body);
    if (served.answer.status != 400 || LambdaWorld::code(served) != each.code)
      fail_msg(
          "%.160s: %d %s", each.body.c_str(), served.answer.status, served.answer.body.c_str());
    if (LambdaWorld::data(world.lambda("GET", "/instances")).size() != 0)
      fail_msg("%.160s: made a machine", each.body.c_str());
  }
}

void launch_refuses_a_body_of_wrong_shape(void**) {
  const char* invalid = "global/invalid-parameters";
  expect_refused({
      {"", invalid},
      {"[]", invalid},
      {"null", invalid},
      {"{\"region_name\":", invalid},
      {"region_name=us-east-1", invalid},
      {"{}", invalid},
      {R"({"instance_type_name":"gpu_1x_a10","ssh_key_names":["ops"]})", invalid},
      {R"({"region_name":"us-east-1","ssh_key_names":["ops"]})", invalid},
      {R"({"region_name":"us-east-1","instance_type_name":"gpu_1x_a10"})", invalid},
      {R"({"region_name":1,"instance_type_name":"gpu_1x_a10","ssh_key_names":["ops"]})", invalid},
      {R"({"region_name":"us-east-1","instance_type_name":[],"ssh_key_names":["ops"]})", invalid},
      {R"({"region_name":"us-east-1","instance_type_name":"gpu_1x_a10","ssh_key_names":"ops"})",
       invalid},
      {R"({"region_name":"us-east-1","instance_type_name":"gpu_1x_a10","ssh_key_names":[]})",
       invalid},
      {R"({"region_name":"us-east-1","instance_type_name":"gpu_1x_a10","ssh_key_names":[1]})",
       invalid},
      {R"({"region_name":"us-east-1","instance_type_name":"gpu_1x_a10",)"
       R"("ssh_key_names":["ops","ops"]})",
       invalid},
  });
}

void launch_refuses_fields_of_wrong_form(void**) {
  const std::vector<std::string> cases = {
      R"("name":5)",
      R"("name":null)",
      text_of("name", 65),
      R"("hostname":"")",
      R"("hostname":"-a")",
      R"("hostname":"A")",
      R"("hostname":"a.b")",
      R"("hostname":"a_b")",
      text_of("hostname", 64),
      R"("quantity":2)",
      R"("quantity":0)",
      R"("quantity":"1")",
      R"("tags":{})",
      R"("tags":["a"])",
      R"("tags":[{"key":"a","value":"v"}])",
      R"("tags":[{"key":"1a","value":"v"}])",
      R"("tags":[{"key":"Ab","value":"v"}])",
      R"("tags":[{"key":"a_b","value":"v"}])",
      R"("tags":[{"key":"ab"}])",
      R"("tags":[{"value":"v"}])",
      R"("tags":[{"key":"ab","value":1}])",
      R"("tags":[{)" + text_of("key", 56) + R"(,"value":"v"}])",
      R"("tags":[{"key":"ab",)" + text_of("value", 129) + "}]",
      R"("image":{})",
      R"("image":"lambda-stack-24-04")",
      R"("file_system_names":"here")",
      R"("file_system_names":[1])",
      R"("file_system_mounts":[{"mount_point":"/data"}])",
      R"("file_system_mounts":[{"mount_point":"/etc","file_system_id":"x"}])",
      R"("file_system_mounts":[{"mount_point":"/data/a_b","file_system_id":"x"}])",
      R"("firewall_rulesets":{})",
      R"("user_data":{})",
      text_of("user_data", 1'000'001),
  };
  std::vector<Refused> refused;
  for (const std::string& extra : cases)
    refused.push_back({LambdaWorld::launch_body(extra), "global/invalid-parameters"});
  expect_refused(refused);
}

void launch_refuses_names_of_nothing(void**) {
  const char* missing = "global/object-does-not-exist";
  expect_refused({
      {R"({"region_name":"moon-1","instance_type_name":"gpu_1x_a10","ssh_key_names":["ops"]})",
       "global/invalid-parameters"},
      {R"({"region_name":"us-east-1","instance_type_name":"gpu_9x","ssh_key_names":["ops"]})",
       missing},
      {R"({"region_name":"us-east-1","instance_type_name":"gpu_1x_a10","ssh_key_names":["x"]})",
       missing},
      {LambdaWorld::launch_body(R"("image":{"family":"windows"})"), missing},
      {LambdaWorld::launch_body(R"("image":{"id":"00000000"})"), missing},
      {LambdaWorld::launch_body(R"("file_system_names":["nowhere"])"), missing},
      {LambdaWorld::launch_body(R"("file_system_names":["there"])"),
       "instance-operations/launch/file-system-in-wrong-region"},
      {LambdaWorld::launch_body(
           R"("file_system_mounts":[{"mount_point":"/data/x","file_system_id":"x"}])"),
       missing},
      {LambdaWorld::launch_body(R"("firewall_rulesets":[{"id":"x"}])"), missing},
      {R"({"region_name":"us-south-1","instance_type_name":"gpu_1x_a10","ssh_key_names":["ops"]})",
       "instance-operations/launch/insufficient-capacity"},
  });
}

void launch_by_image_id_is_bound_to_its_region(void**) {
  LambdaWorld world;
  const Json images = LambdaWorld::data(world.lambda("GET", "/images"));
  for (std::size_t i = 0; i < images.size(); ++i) {
    const std::string id = *images.at(i).string("id");
    const bool here = images.at(i).get("region").string("name") == "us-east-1";
    LambdaWorld fresh;
    const std::string made = fresh.launch(R"("image":{"id":")" + id + "\"}");
    if (made.empty() == here) fail_msg("image %s", id.c_str());
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(launch_takes_what_the_specification_allows),
      cmocka_unit_test(launch_refuses_a_body_of_wrong_shape),
      cmocka_unit_test(launch_refuses_fields_of_wrong_form),
      cmocka_unit_test(launch_refuses_names_of_nothing),
      cmocka_unit_test(launch_by_image_id_is_bound_to_its_region),
  };
  return cmocka_run_group_tests_name("sim.lambda_launch", tests, nullptr, nullptr);
}
