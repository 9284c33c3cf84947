// SPDX-License-Identifier: GPL-2.0-or-later
//
// What stands in Lambda's answers: types, names, images, machines.
#include <string>

#include "providers/lambda/answer.h"
#include "tests/support/cmocka.h"

using namespace spillway;

namespace {

using enum ErrorCode;

Json parse(const char* text) {
  const auto json = Json::parse(text, "test");
  if (!json) fail_msg("no JSON: %s", text);
  return *json;
}

constexpr const char* kTypes = R"json({"gpu_8x_h100_sxm5": {
    "instance_type": {"name": "gpu_8x_h100_sxm5", "gpu_description": "H100 (80 GB SXM5)",
      "price_cents_per_hour": 2392,
      "specs": {"vcpus": 208, "memory_gib": 1800, "storage_gib": 22528, "gpus": 8}},
    "regions_with_capacity_available": [{"name": "us-east-1", "description": "Virginia"}]}})json";

void types_are_read_with_price_in_cents(void**) {
  const auto types = read_lambda_types(parse(kTypes));
  assert_true(bool(types));
  assert_int_equal(types->size(), 1);
  const auto& type = types->front();
  assert_string_equal(type.name.c_str(), "gpu_8x_h100_sxm5");
  assert_string_equal(type.gpu_description.c_str(), "H100 (80 GB SXM5)");
  assert_int_equal(type.gpus, 8);
  assert_int_equal(type.cpus, 208);
  assert_int_equal(type.memory_mib, 1'843'200);
  assert_true(type.price_per_hour == Money::from_cents(2392));
  assert_int_equal(type.regions_with_capacity.size(), 1);
  assert_string_equal(type.regions_with_capacity[0].c_str(), "us-east-1");
}

// Unknown is never cheap, and never large.
void odd_numbers_of_a_type_are_unknown_or_nothing(void**) {
  for (const char* odd : {"0", "-1", "null", "\"2392\"", "23.92", "9223372036854775807"}) {
    const auto text = std::string(R"({"t":{"instance_type":{"price_cents_per_hour":)") + odd +
                      R"(,"specs":{"vcpus":)" + odd + R"(,"memory_gib":)" + odd + R"(,"gpus":)" +
                      odd + R"(}},"regions_with_capacity_available":[]}})";
    const auto types = read_lambda_types(parse(text.c_str()));
    if (!types) fail_msg("refused: %s", odd);
    const auto& type = types->front();
    if (type.price_per_hour) fail_msg("price read: %s", odd);
    if (type.gpus != 0 || type.cpus != 0 || type.memory_mib != 0) fail_msg("counted: %s", odd);
  }
}

constexpr const char* kRefusedTypes[] = {
    "[]",
    "null",
    "\"x\"",
    R"({"t":null})",
    R"({"t":[]})",
    R"({"t":{}})",
    R"({"t":{"instance_type":{}}})",
    R"({"t":{"instance_type":[],"regions_with_capacity_available":[]}})",
    R"({"t":{"instance_type":{},"regions_with_capacity_available":{}}})",
    R"({"t":{"instance_type":{},"regions_with_capacity_available":["us-east-1"]}})",
    R"({"t":{"instance_type":{},"regions_with_capacity_available":[{}]}})",
    R"({"t":{"instance_type":{},"regions_with_capacity_available":[{"name":""}]}})",
};

void garbled_types_are_refused(void**) {
  for (const char* text : kRefusedTypes) {
    const auto types = read_lambda_types(parse(text));
    if (types) fail_msg("taken: %s", text);
    if (types.error().code != kProtocol) fail_msg("another error: %s", text);
  }
}

void names_are_read(void**) {
  const auto names = read_lambda_names(parse(R"([{"name":"ops","id":"1"},{"name":"b c"}])"));
  assert_true(bool(names));
  assert_int_equal(names->size(), 2);
  assert_string_equal(names->at(1).c_str(), "b c");
  assert_true(bool(read_lambda_names(parse("[]"))));
}

void garbled_names_are_refused(void**) {
  for (const char* text : {"{}",
                           "null",
                           "7",
                           "[1]",
                           "[\"ops\"]",
                           "[null]",
                           "[{}]",
                           R"([{"name":7}])",
                           R"([{"name":""}])",
                           R"([{"name":"ops"},{"name":null}])"}) {
    const auto names = read_lambda_names(parse(text));
    if (names) fail_msg("taken: %s", text);
  }
}

void images_are_read_by_family_and_region(void**) {
  const auto images =
      read_lambda_images(parse(R"([{"id":"i","family":"f","region":{"name":"us-east-1"}}])"));
  assert_true(bool(images));
  assert_string_equal(images->front().family.c_str(), "f");
  assert_string_equal(images->front().region.c_str(), "us-east-1");
  for (const char* text : {"{}",
                           "[1]",
                           R"([{"family":"f"}])",
                           R"([{"region":{"name":"r"}}])",
                           R"([{"family":"f","region":"r"}])"}) {
    if (read_lambda_images(parse(text))) fail_msg("taken: %s", text);
  }
}

struct StatusCase {
  const char* word;
  CloudState state;
};

constexpr StatusCase kStatuses[] = {
    {"booting", CloudState::kBuilding},
    {"active", CloudState::kRunning},
    {"unhealthy", CloudState::kUnhealthy},
    {"terminating", CloudState::kEnding},
    {"terminated", CloudState::kGone},
    {"preempted", CloudState::kEnding},
    {"", CloudState::kUnknown},
    {"Active", CloudState::kUnknown},
    {"active ", CloudState::kUnknown},
    {"stopped", CloudState::kUnknown},
    {"terminated2", CloudState::kUnknown},
};

void statuses_are_mapped_and_unknown_words_kept_apart(void**) {
  for (const auto& row : kStatuses) {
    if (parse_lambda_status(row.word) != row.state) fail_msg("read as another: %s", row.word);
  }
}

// The machines of cluster hpc1 in a list with these rows.
Result<std::vector<CloudMachine>> read_machines(const std::string& rows) {
  std::vector<CloudMachine> machines;
  const auto page =
      read_lambda_rows({200, {}, "{\"data\":" + rows + "}"}, [&](const Json& row) -> Status {
        auto machine = read_lambda_machine(row, "hpc1");
        if (!machine) return machine.error();
        if (*machine) machines.push_back(**std::move(machine));
        return {};
      });
  if (!page) return page.error();
  return machines;
}

void machine_is_read_whole(void**) {
  const auto machines =
      read_machines(R"([{"id":"0920","name":"spillway-hpc1-0a1b2c-7-2","ip":"198.51.100.2",
          "private_ip":"10.0.2.100","status":"active","ssh_key_names":["ops"],
          "region":{"name":"us-east-1","description":"Virginia"},
          "first_healthy":"2026-11-24T11:16:26.500000+00:00",
          "instance_type":{"name":"gpu_1x_a10","price_cents_per_hour":75}}])");
  assert_true(bool(machines));
  assert_int_equal(machines->size(), 1);
  const auto& machine = machines->front();
  assert_string_equal(machine.id.c_str(), "0920");
  assert_true(machine.mark == (Mark{"hpc1", "0a1b2c", 7, 2}));
  assert_true(machine.state == CloudState::kRunning);
  assert_string_equal(machine.address.c_str(), "198.51.100.2");
  assert_string_equal(machine.private_address.c_str(), "10.0.2.100");
  assert_true(machine.offer == (OfferId{"lambda", "us-east-1", "gpu_1x_a10", "ethernet"}));
  assert_true(machine.price_per_hour == Money::from_cents(75));
  assert_true(machine.billed_from ==
              from_unix_seconds(1'795'518'986) + std::chrono::milliseconds(500));
}

void booting_machine_has_no_address_and_no_bill(void**) {
  const auto machines =
      read_machines(R"([{"id":"a","name":"spillway-hpc1-0a1b2c-7-2","status":"booting","ip":null,
          "first_healthy":null}])");
  assert_true(bool(machines));
  assert_true(machines->front().address.empty());
  assert_true(machines->front().private_address.empty());
  assert_false(machines->front().billed_from.has_value());
  assert_false(machines->front().price_per_hour.has_value());
}

constexpr const char* kForeignMachines[] = {
    R"({"id":"a","status":"active"})",
    R"({"id":"a","status":"active","name":null})",
    R"({"id":"a","status":"active","name":""})",
    R"({"id":"a","status":"active","name":"My Instance"})",
    R"({"id":"a","status":"active","name":"spillway"})",
    R"({"id":"a","status":"active","name":"spillway-hpc1"})",
    R"({"id":"a","status":"active","name":"spillway-hpc1-7-1"})",
    R"({"id":"a","status":"active","name":"spillway-hpc1-0a1b2c-0-1"})",
    R"({"id":"a","status":"active","name":"spillway-hpc1-0a1b2c-7-2 "})",
    R"({"id":"a","status":"active","name":"Spillway-hpc1-0a1b2c-7-2"})",
    R"({"id":"a","status":"active","name":"spillway-hpc11-0a1b2c-7-2"})",
    R"({"id":"a","status":"active","name":"spillway-x-hpc1-0a1b2c-7-2"})",
    R"({"id":"a","status":"active","tags":[{"key":"spillway-mark","value":"spillway-b-0a1b2c-7-2"}]})",
    R"({"id":"a","status":"active","tags":[{"key":"name","value":"spillway-hpc1-0a1b2c-7-2"}]})",
    R"({"id":"a","status":"active","tags":["spillway-mark"]})",
    R"({"id":"a","status":"active","tags":{"spillway-mark":"spillway-hpc1-0a1b2c-7-2"}})",
    R"({"name":"somebody's, and unreadable","status":7})",
};

void foreign_machines_are_left_out(void**) {
  for (const char* row : kForeignMachines) {
    const auto machines = read_machines(std::string("[") + row + "]");
    if (!machines) fail_msg("refused: %s", row);
    if (!machines->empty()) fail_msg("held for ours: %s", row);
  }
}

void renamed_machine_is_known_by_its_tag(void**) {
  const auto machines = read_machines(R"([{"id":"a","status":"active","name":"do not touch","tags":[
          {"key":"owner","value":"me"},
          {"key":"spillway-mark","value":"spillway-hpc1-0a1b2c-7-2"}]}])");
  assert_true(bool(machines));
  assert_int_equal(machines->size(), 1);
  assert_true(machines->front().mark == (Mark{"hpc1", "0a1b2c", 7, 2}));
}

void machine_with_an_unknown_status_is_listed_as_such(void**) {
  const auto machines =
      read_machines(R"([{"id":"a","name":"spillway-hpc1-0a1b2c-7-2","status":"hibernating"}])");
  assert_true(bool(machines));
  assert_true(machines->front().state == CloudState::kUnknown);
}

constexpr const char* kRefusedMachines[] = {
    "{}",
    "null",
    "7",
    "[7]",
    "[null]",
    "[[]]",
    R"([{"name":7}])",
    R"([{"name":["spillway-hpc1-0a1b2c-7-2"]}])",
    R"([{"name":"spillway-hpc1-0a1b2c-7-2"}])",
    R"([{"name":"spillway-hpc1-0a1b2c-7-2","id":"a"}])",
    R"([{"name":"spillway-hpc1-0a1b2c-7-2","status":"active"}])",
    R"([{"name":"spillway-hpc1-0a1b2c-7-2","status":"active","id":""}])",
    R"([{"name":"spillway-hpc1-0a1b2c-7-2","status":"active","id":7}])",
    R"([{"name":"spillway-hpc1-0a1b2c-7-2","status":7,"id":"a"}])",
    R"([{"name":"spillway-hpc1-0a1b2c-7-2","status":null,"id":"a"}])",
    R"([{"name":"spillway-hpc1-0a1b2c-7-2","status":"active","id":"a","ip":7}])",
    R"([{"name":"spillway-hpc1-0a1b2c-7-2","status":"active","id":"a","private_ip":[]}])",
    R"([{"name":"spillway-hpc1-0a1b2c-7-2","status":"active","id":"a"},7])",
};

void list_with_an_unreadable_row_is_refused_whole(void**) {
  for (const char* text : kRefusedMachines) {
    const auto machines = read_machines(text);
    if (machines) fail_msg("taken: %s", text);
    if (machines.error().code != kProtocol) fail_msg("another error: %s", text);
  }
}

void launched_machine_is_read(void**) {
  const auto id = read_lambda_launched(parse(R"({"instance_ids":["0920"]})"));
  assert_true(bool(id));
  assert_string_equal(id->c_str(), "0920");
}

void garbled_launches_are_refused(void**) {
  for (const char* text : {"{}",
                           "[]",
                           "null",
                           "\"0920\"",
                           R"({"instance_ids":null})",
                           R"({"instance_ids":"0920"})",
                           R"({"instance_ids":[]})",
                           R"({"instance_ids":[7]})",
                           R"({"instance_ids":[""]})",
                           R"({"instance_ids":[null]})",
                           R"({"instance_ids":["a","b"]})",
                           R"({"instance_ids":{"0":"a"}})"}) {
    const auto id = read_lambda_launched(parse(text));
    if (id) fail_msg("taken: %s", text);
    if (id.error().code != kProtocol) fail_msg("another error: %s", text);
  }
}

void terminated_machines_are_read(void**) {
  const auto ids = read_lambda_terminated(
      parse(R"({"terminated_instances":[{"id":"a","status":"terminating"},{"id":"b"}]})"));
  assert_true(bool(ids));
  assert_int_equal(ids->size(), 2);
  assert_string_equal(ids->at(1).c_str(), "b");
  for (const char* text : {"{}",
                           "[]",
                           R"({"terminated_instances":null})",
                           R"({"terminated_instances":["a"]})",
                           R"({"terminated_instances":[{}]})",
                           R"({"terminated_instances":[{"id":7}]})"}) {
    if (read_lambda_terminated(parse(text))) fail_msg("taken: %s", text);
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(types_are_read_with_price_in_cents),
      cmocka_unit_test(odd_numbers_of_a_type_are_unknown_or_nothing),
      cmocka_unit_test(garbled_types_are_refused),
      cmocka_unit_test(names_are_read),
      cmocka_unit_test(garbled_names_are_refused),
      cmocka_unit_test(images_are_read_by_family_and_region),
      cmocka_unit_test(statuses_are_mapped_and_unknown_words_kept_apart),
      cmocka_unit_test(machine_is_read_whole),
      cmocka_unit_test(booting_machine_has_no_address_and_no_bill),
      cmocka_unit_test(foreign_machines_are_left_out),
      cmocka_unit_test(renamed_machine_is_known_by_its_tag),
      cmocka_unit_test(machine_with_an_unknown_status_is_listed_as_such),
      cmocka_unit_test(list_with_an_unreadable_row_is_refused_whole),
      cmocka_unit_test(launched_machine_is_read),
      cmocka_unit_test(garbled_launches_are_refused),
      cmocka_unit_test(terminated_machines_are_read),
  };
  return cmocka_run_group_tests_name("providers.lambda_answer", tests, nullptr, nullptr);
}
