// SPDX-License-Identifier: GPL-2.0-or-later
#include <set>
#include <string>
#include <vector>

#include "providers/voltage-park/machines.h"
#include "tests/support/cmocka.h"

using namespace spillway;

namespace {

using Ids = std::vector<std::string>;

Json parse(const std::string& text) {
  const auto json = Json::parse(text, "test");
  if (!json) fail_msg("no JSON: %s", text.c_str());
  return *json;
}

// ---- states

void states_are_told_by_status_and_power(void**) {
  struct Row {
    const char* status;
    const char* power;
    CloudState state;
  };
  for (const auto& [status, power, state] : {Row{"Pending", "", CloudState::kBuilding},
                                             Row{"Running", "Running", CloudState::kRunning},
                                             Row{"Running", "", CloudState::kRunning},
                                             Row{"Running", "Stopped", CloudState::kUnhealthy},
                                             Row{"Running", "Paused", CloudState::kUnknown},
                                             Row{"Failed", "Running", CloudState::kUnhealthy},
                                             Row{"Terminated", "Stopped", CloudState::kGone},
                                             Row{"Terminating", "Running", CloudState::kUnknown},
                                             Row{"running", "Running", CloudState::kUnknown},
                                             Row{"", "", CloudState::kUnknown}}) {
    if (parse_voltage_park_rental_status(status, power) != state) fail_msg("%s %s", status, power);
  }
}

void states_of_vms_are_told_by_their_word(void**) {
  struct Row {
    const char* word;
    CloudState state;
  };
  for (const auto& [word, state] : {Row{"Running", CloudState::kRunning},
                                    Row{"Relocating", CloudState::kBuilding},
                                    Row{"Stopped", CloudState::kUnhealthy},
                                    Row{"StoppedDisassociated", CloudState::kUnhealthy},
                                    Row{"Outbid", CloudState::kUnhealthy},
                                    Row{"Terminated", CloudState::kGone},
                                    Row{"Pending", CloudState::kUnknown},
                                    Row{"RUNNING", CloudState::kUnknown},
                                    Row{"", CloudState::kUnknown}}) {
    if (parse_voltage_park_vm_status(word) != state) fail_msg("%s", word);
  }
}

// ---- machines

constexpr const char* kPending =
    R"({"id":"b6c0","name":"spillway-hpc1-0a1b2c-7-2-x2","status":"Pending",
        "creation_timestamp":"2026-08-25T10:00:00Z","rate_hourly":"39.84","suborder":null})";

// A running rental with these members beside its own.
std::string running(const std::string& members) {
  return R"({"id":"b6c0","name":"spillway-hpc1-0a1b2c-7-2-x2","status":"Running",
             "creation_timestamp":"2026-08-25T10:00:00Z","rate_hourly":"39.84",
             "network_type":"infiniband","username":"ubuntu","kubeconfig":null,
             "specs_per_node":{"gpu_model":"h100-sxm5-80gb","gpu_count":8})" +
         (members.empty() ? "" : "," + members) + "}";
}

std::string addresses(const std::string& list) {
  return R"("power_status":"Running","node_count":2,"node_networking":[)" + list + "]";
}

constexpr const char* kFirst = R"({"public_ip":"203.0.113.10","private_ip":"10.15.0.10"})";
constexpr const char* kSecond = R"({"public_ip":"203.0.113.11","private_ip":"10.15.0.11"})";

VoltageParkMachines read_rental(const std::string& text) {
  auto machines = read_voltage_park_rental(parse(text));
  if (!machines) fail_msg("%s: %s", machines.error().message.c_str(), text.c_str());
  return *std::move(machines);
}

std::string ids_of(const VoltageParkMachines& machines) {
  std::string ids;
  for (const auto& machine : machines)
    ids += (ids.empty() ? "" : " ") + machine.id;
  return ids;
}

void pending_rental_is_as_many_machines_as_were_ordered(void**) {
  const auto machines = read_rental(kPending);
  assert_string_equal(ids_of(machines).c_str(), "b6c0#1/2 b6c0#2/2");
  for (const auto& machine : machines) {
    assert_true((machine.mark == Mark{"hpc1", "0a1b2c", 7, 2}));
    assert_true(machine.state == CloudState::kBuilding);
    assert_true(machine.address.empty() && machine.private_address.empty());
    assert_true(machine.price_per_hour == Money::from_micros(19'920'000));
    assert_string_equal(format_time(*machine.billed_from).c_str(), "2026-08-25T10:00:00Z");
    assert_true((machine.offer == OfferId{"voltage-park", "", "", ""}));
  }
}

void running_rental_is_the_nodes_it_names(void**) {
  const auto machines = read_rental(running(addresses(std::string(kFirst) + "," + kSecond)));
  assert_string_equal(ids_of(machines).c_str(), "b6c0/203.0.113.10 b6c0/203.0.113.11");
  assert_string_equal(machines[1].address.c_str(), "203.0.113.11");
  assert_string_equal(machines[1].private_address.c_str(), "10.15.0.11");
  assert_true(machines[1].state == CloudState::kRunning);
  assert_true((machines[1].offer == OfferId{"voltage-park", "", "bare-metal", "infiniband"}));
}

// A node that is counted bills, whether it has an address or not.
void node_that_is_counted_and_not_named_is_a_machine(void**) {
  struct Row {
    std::string members;
    const char* ids;
  };
  const std::string first = kFirst;
  for (const auto& [members, ids] :
       {Row{addresses(first), "b6c0/203.0.113.10 b6c0#2/2"},
        Row{addresses(first + "," + kFirst), "b6c0/203.0.113.10 b6c0#2/2"},
        Row{addresses(first + R"(,{"public_ip":null})"), "b6c0/203.0.113.10 b6c0#2/2"},
        Row{addresses(first + R"(,{"public_ip":""})"), "b6c0/203.0.113.10 b6c0#2/2"},
        Row{addresses(first + ",{}"), "b6c0/203.0.113.10 b6c0#2/2"},
        Row{addresses(""), "b6c0#1/2 b6c0#2/2"},
        Row{R"("node_count":3)", "b6c0#1/3 b6c0#2/3 b6c0#3/3"},
        Row{R"("node_count":null)", "b6c0#1/2 b6c0#2/2"},
        Row{R"("node_networking":[)" + first + "]", "b6c0/203.0.113.10"},
        Row{R"("node_count":0,"node_networking":[)" + first + "]", "b6c0/203.0.113.10"},
        Row{R"("node_count":1,"node_networking":[)" + first + "," + kSecond + "]",
            "b6c0/203.0.113.10 b6c0/203.0.113.11"},
        Row{R"("node_networking":null)", "b6c0#1/2 b6c0#2/2"},
        Row{"", "b6c0#1/2 b6c0#2/2"}}) {
    const auto machines = read_rental(running(members));
    if (ids_of(machines) != ids) fail_msg("%s: %s", members.c_str(), ids_of(machines).c_str());
    for (const auto& machine : machines) {
      const auto state = machine.address.empty() ? CloudState::kBuilding : CloudState::kRunning;
      assert_true(machine.state == state);
    }
  }
  assert_int_equal(read_rental(running(R"("node_count":2147483647)")).size(), 64);
}

void rentals_rate_is_divided_by_its_nodes(void**) {
  const auto three = read_rental(
      R"({"id":"a","name":"spillway-hpc1-0a1b2c-7-2-x3","status":"Pending","rate_hourly":"10"})");
  assert_true(three[0].price_per_hour == Money::from_micros(3'333'333));
  for (const char* rate : {"null", "0", "\"\"", "\"free\"", "[]", "-1"}) {
    const auto odd = read_rental(
        R"({"id":"a","name":"spillway-hpc1-0a1b2c-7-2-x3","status":"Pending","rate_hourly":)" +
        std::string(rate) + "}");
    if (odd[0].price_per_hour) fail_msg("price read: %s", rate);
  }
}

void rental_that_a_person_renamed_is_known_by_its_tag(void**) {
  const auto machines = read_rental(
      R"({"id":"a","name":"my pet","status":"Running","node_count":2,
          "tags":["spillway-cluster=hpc1","spillway-mark=spillway-hpc1-0a1b2c-7-2"]})");
  assert_string_equal(ids_of(machines).c_str(), "a#1/2 a#2/2");
  assert_true((machines[0].mark == Mark{"hpc1", "0a1b2c", 7, 2}));
}

void foreign_rows_are_passed_over_whatever_they_hold(void**) {
  for (const char* text :
       {R"({})",
        R"({"id":"a","name":"my notebook","status":"Running"})",
        R"({"name":null,"tags":null})",
        R"({"name":"x","tags":{}})",
        R"({"name":"x","tags":"spillway-mark=spillway-hpc1-0a1b2c-7-2"})",
        R"({"name":"x","tags":[7,null,{},"owner=me","spillway-mark=","spillway-mark=x"]})",
        R"({"name":"x","tags":["xspillway-mark=spillway-hpc1-0a1b2c-7-2"]})",
        R"({"name":"x","tags":["spillway-cluster=hpc1"]})",
        R"({"name":"x","status":7,"node_networking":[7]})"}) {
    const auto rental = read_voltage_park_rental(parse(text));
    const auto vms = read_voltage_park_vms(parse(text));
    if (!rental || !rental->empty()) fail_msg("%s", text);
    if (!vms || !vms->empty()) fail_msg("of VMs: %s", text);
  }
}

void rows_that_may_be_ours_and_cannot_be_read_are_errors(void**) {
  const std::string mark = R"("name":"spillway-hpc1-0a1b2c-7-2-x2")";
  for (const auto& text :
       {std::string("7"),
        std::string("null"),
        std::string("[]"),
        std::string(R"({"name":7})"),
        "{" + mark + "}",
        "{" + mark + R"(,"id":"a"})",
        "{" + mark + R"(,"status":"Running"})",
        "{" + mark + R"(,"id":"","status":"Running"})",
        "{" + mark + R"(,"id":7,"status":"Running"})",
        "{" + mark + R"(,"id":"a/b","status":"Running"})",
        "{" + mark + R"(,"id":"a","status":7})",
        "{" + mark + R"(,"id":"a","status":"Running","power_status":7})",
        "{" + mark + R"(,"id":"a","status":"Running","node_networking":[{"public_ip":7}]})",
        "{" + mark + R"(,"id":"a","status":"Running","node_networking":[{"public_ip":"a b"}]})",
        "{" + mark + R"(,"id":"a","status":"Running","node_networking":[{"private_ip":[]}]})"}) {
    const auto read = read_voltage_park_rental(parse(text));
    if (read) fail_msg("taken: %s", text.c_str());
    if (read.error().code != ErrorCode::kProtocol) fail_msg("another error: %s", text.c_str());
  }
}

constexpr const char* kVm =
    R"({"id":"1a2b","hostnode_id":"77aa","type":"ondem","status":"Running",
        "name":"spillway-hpc1-0a1b2c-7-3",
        "resources":{"gpus":{"h100-sxm5-80gb":{"count":1}},"ram_gb":180,"storage_gb":500,"vcpu_count":26},
        "operating_system":"Ubuntu 22.04 LTS",
        "pricing":{"gpus_per_hr":"1.890000","storage_per_hr":"0.02",
                   "total_associated_per_hr":"1.91","total_disassociated_per_hr":"0.02"},
        "public_ip":"198.51.100.7","internal_ip":"192.168.122.9",
        "port_forwards":[{"internal_port":22,"external_port":20022}],
        "timestamp_creation":"2026-08-25T10:00:00.000000Z","tags":["owner=me"]})";

void vm_is_one_machine(void**) {
  const auto machines = read_voltage_park_vms(parse(kVm));
  assert_true(machines && machines->size() == 1);
  const auto& vm = machines->front();
  assert_string_equal(vm.id.c_str(), "vm/1a2b");
  assert_true((vm.mark == Mark{"hpc1", "0a1b2c", 7, 3}));
  assert_true(vm.state == CloudState::kRunning);
  assert_string_equal(vm.address.c_str(), "198.51.100.7");
  assert_string_equal(vm.private_address.c_str(), "192.168.122.9");
  assert_true(vm.price_per_hour == Money::from_micros(1'910'000));
  assert_string_equal(format_time(*vm.billed_from).c_str(), "2026-08-25T10:00:00Z");
  assert_true((vm.offer == OfferId{"voltage-park", "", "vm-1x-h100-sxm5-80gb", "ethernet"}));
}

void vms_that_may_be_ours_and_cannot_be_read_are_errors(void**) {
  const std::string mark = R"("name":"spillway-hpc1-0a1b2c-7-2")";
  for (const auto& text : {std::string("7"),
                           "{" + mark + "}",
                           "{" + mark + R"(,"id":"a"})",
                           "{" + mark + R"(,"id":"a b","status":"Running"})",
                           "{" + mark + R"(,"id":"a","status":"Running","public_ip":7})",
                           "{" + mark + R"(,"id":"a","status":"Running","internal_ip":[]})"}) {
    const auto read = read_voltage_park_vms(parse(text));
    if (read) fail_msg("taken: %s", text.c_str());
    if (read.error().code != ErrorCode::kProtocol) fail_msg("another error: %s", text.c_str());
  }
}

// ---- ends

struct EndCase {
  const char* what;
  std::string members;  // of the running rental; "-": pending, "": not in the list
  Ids asked;
  std::set<std::string> before;
  bool is_whole;
  Ids addresses;
  Ids gone;
  Ids waiting;
};

VoltageParkMachines machines_of(const EndCase& row) {
  if (row.members.empty()) return {};
  return read_rental(row.members == "-" ? kPending : running(row.members));
}

const std::string two_named = addresses(std::string(kFirst) + "," + kSecond);
const std::string one_named = addresses(kFirst);

const EndCase ends[] = {
    {"all nodes", two_named, {"b6c0/203.0.113.10", "b6c0/203.0.113.11"}, {}, true, {}, {}, {}},
    {"one node", two_named, {"b6c0/203.0.113.11"}, {}, false, {"203.0.113.11"}, {}, {}},
    {"a node that left",
     two_named,
     {"b6c0/203.0.113.99"},
     {},
     false,
     {},
     {"b6c0/203.0.113.99"},
     {}},
    {"one that left and one that stays",
     two_named,
     {"b6c0/203.0.113.99", "b6c0/203.0.113.10"},
     {},
     false,
     {"203.0.113.10"},
     {"b6c0/203.0.113.99"},
     {}},
    {"the last node",
     R"("node_count":1,"node_networking":[)" + std::string(kFirst) + "]",
     {"b6c0/203.0.113.10"},
     {},
     true,
     {},
     {},
     {}},
    {"both places", "-", {"b6c0#1/2", "b6c0#2/2"}, {}, true, {}, {}, {}},
    {"one place", "-", {"b6c0#1/2"}, {}, false, {}, {}, {"b6c0#1/2"}},
    {"the same place twice", "-", {"b6c0#1/2"}, {"b6c0#1/2"}, false, {}, {}, {"b6c0#1/2"}},
    {"one place and before the other", "-", {"b6c0#1/2"}, {"b6c0#2/2"}, true, {}, {}, {}},
    {"a place of more than there were",
     "-",
     {"b6c0#1/3"},
     {"b6c0#2/2"},
     false,
     {},
     {},
     {"b6c0#1/3"}},
    {"both places, and they run now", two_named, {"b6c0#1/2", "b6c0#2/2"}, {}, true, {}, {}, {}},
    {"one place, and it runs now", two_named, {"b6c0#1/2"}, {}, false, {}, {}, {"b6c0#1/2"}},
    {"the named one of two", one_named, {"b6c0/203.0.113.10"}, {}, false, {"203.0.113.10"}, {}, {}},
    {"the unnamed one of two", one_named, {"b6c0#2/2"}, {}, false, {}, {}, {"b6c0#2/2"}},
    {"both, one of them named", one_named, {"b6c0/203.0.113.10", "b6c0#2/2"}, {}, true, {}, {}, {}},
    {"the named one, and before the other",
     one_named,
     {"b6c0/203.0.113.10"},
     {"b6c0#2/2"},
     true,
     {},
     {},
     {}},
    {"a node asked for before does not end its neighbour",
     two_named,
     {"b6c0/203.0.113.10"},
     {"b6c0#1/2"},
     false,
     {"203.0.113.10"},
     {},
     {}},
    {"a rental that the list does not have yet",
     "",
     {"b6c0#1/2", "b6c0#2/2"},
     {},
     true,
     {},
     {},
     {}},
    {"a rental that left",
     "",
     {"b6c0/203.0.113.10", "b6c0#1/2"},
     {},
     false,
     {},
     {"b6c0/203.0.113.10", "b6c0#1/2"},
     {}},
};

void only_what_is_asked_for_ends(void**) {
  for (const auto& row : ends) {
    const auto end = plan_voltage_park_end(machines_of(row), row.asked, row.before);
    if (end.is_whole != row.is_whole) fail_msg("%s: whole or not", row.what);
    if (end.is_whole) continue;
    if (end.addresses != row.addresses) fail_msg("%s: other addresses", row.what);
    if (end.gone != row.gone) fail_msg("%s: other ids are gone", row.what);
    if (end.waiting != row.waiting) fail_msg("%s: other ids wait", row.what);
  }
}

void rental_that_ended_has_only_machines_that_are_gone(void**) {
  auto machines = read_rental(kPending);
  for (auto& machine : machines)
    machine.state = CloudState::kGone;
  const Ids asked{"b6c0/203.0.113.10", "b6c0#1/2", "b6c0#2/2"};
  const auto end = plan_voltage_park_end(machines, asked, {});
  assert_true(!end.is_whole && end.addresses.empty() && end.gone == asked);
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(states_are_told_by_status_and_power),
      cmocka_unit_test(states_of_vms_are_told_by_their_word),
      cmocka_unit_test(pending_rental_is_as_many_machines_as_were_ordered),
      cmocka_unit_test(running_rental_is_the_nodes_it_names),
      cmocka_unit_test(node_that_is_counted_and_not_named_is_a_machine),
      cmocka_unit_test(rentals_rate_is_divided_by_its_nodes),
      cmocka_unit_test(rental_that_a_person_renamed_is_known_by_its_tag),
      cmocka_unit_test(foreign_rows_are_passed_over_whatever_they_hold),
      cmocka_unit_test(rows_that_may_be_ours_and_cannot_be_read_are_errors),
      cmocka_unit_test(vm_is_one_machine),
      cmocka_unit_test(vms_that_may_be_ours_and_cannot_be_read_are_errors),
      cmocka_unit_test(only_what_is_asked_for_ends),
      cmocka_unit_test(rental_that_ended_has_only_machines_that_are_gone),
  };
  return cmocka_run_group_tests_name("providers.voltage_park_machines", tests, nullptr, nullptr);
}
