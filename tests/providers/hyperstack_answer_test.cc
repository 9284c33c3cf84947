// SPDX-License-Identifier: GPL-2.0-or-later
#include <string>

#include "providers/hyperstack/answer.h"
#include "providers/hyperstack/story.h"
#include "tests/support/cmocka.h"

using namespace spillway;

namespace {

constexpr auto kMachines = HyperstackList::kMachines;
constexpr auto kImages = HyperstackList::kImages;
constexpr const char* kMark = "spillway-hpc1-0a1b2c-7-2";

Json parse(const std::string& text) {
  const auto json = Json::parse(text, "test");
  if (!json) fail_msg("no JSON: %s", text.c_str());
  return *json;
}

template <typename T>
void assert_not_understood(const Result<T>& result, const std::string& text) {
  if (result) fail_msg("taken: %s", text.c_str());
  if (result.error().code != ErrorCode::kProtocol) fail_msg("another error: %s", text.c_str());
}

HyperstackRows rows_of(const std::string& array) {
  const auto page = read_hyperstack_page(parse(R"({"instances":)" + array + "}"), kMachines);
  if (!page) fail_msg("no rows: %s", array.c_str());
  return page->rows;
}

void page_has_its_rows_and_the_total(void**) {
  const auto page = read_hyperstack_page(
      parse(R"({"status":true,"instances":[{"id":1},{"id":2}],"count":7,"page":1})"), kMachines);
  assert_true(bool(page));
  assert_int_equal(page->rows.size(), 2);
  assert_true(page->total == 7);
}

void page_without_a_total_is_a_page(void**) {
  for (const char* text : {R"({"instances":[]})", R"({"instances":[],"count":null})"}) {
    const auto page = read_hyperstack_page(parse(text), kMachines);
    if (!page || page->total) fail_msg("not so: %s", text);
  }
}

void images_of_all_groups_are_in_one_page(void**) {
  const auto page = read_hyperstack_page(
      parse(R"({"images":[{"type":"Ubuntu","images":[{"id":1},{"id":2}]},{"images":[]},
                          {"images":[{"id":3}]}]})"),
      kImages);
  assert_true(page && page->rows.size() == 3);
}

void garbled_pages_are_refused(void**) {
  for (const char* text : {"[]",
                           "null",
                           "7",
                           "{}",
                           R"({"instances":null})",
                           R"({"instances":{}})",
                           R"({"Instances":[]})",
                           R"({"instances":[7]})",
                           R"({"instances":[null]})",
                           R"({"instances":[[]]})",
                           R"({"instances":[{}]})",
                           R"({"instances":[{"id":null}]})",
                           R"({"instances":[{"id":"7613"}]})",
                           R"({"instances":[{"id":0}]})",
                           R"({"instances":[{"id":-1}]})",
                           R"({"instances":[{"id":1.5}]})",
                           R"({"instances":[{"id":1},{"name":"a"}]})"}) {
    assert_not_understood(read_hyperstack_page(parse(text), kMachines), text);
  }
  for (const char* text : {R"({"images":[{"id":1}]})",
                           R"({"images":[{"images":null}]})",
                           R"({"images":[{"images":[{}]}]})",
                           R"({"images":[7]})",
                           R"({"images":{}})",
                           R"({"instances":[]})"}) {
    assert_not_understood(read_hyperstack_page(parse(text), kImages), text);
  }
}

void environments_keypairs_and_images_are_read(void**) {
  const auto environments = read_hyperstack_environments(
      rows_of(R"([{"id":3287,"name":"fleet-ca1","region":"CANADA-1"}])"));
  assert_true(environments && environments->front().id == 3287);
  assert_string_equal(environments->front().name.c_str(), "fleet-ca1");
  assert_string_equal(environments->front().region.c_str(), "CANADA-1");
  const auto keypairs = read_hyperstack_keypairs(
      rows_of(R"([{"id":1,"name":"ops","environment":{"id":3287,"name":"fleet-ca1"}},
                  {"id":2,"name":"old","environment":null}])"));
  assert_true(keypairs && keypairs->size() == 2);
  assert_string_equal(keypairs->front().environment.c_str(), "fleet-ca1");
  assert_string_equal(keypairs->back().environment.c_str(), "");
  const auto images = read_hyperstack_images(
      rows_of(R"([{"id":1,"name":"Ubuntu","region_name":"CANADA-1"},{"id":2,"name":"b"}])"));
  assert_true(images && images->size() == 2);
  assert_string_equal(images->front().region.c_str(), "CANADA-1");
}

void rows_without_their_names_are_refused(void**) {
  for (const char* text : {R"([{"id":1}])",
                           R"([{"id":1,"name":null,"region":"r"}])",
                           R"([{"id":1,"name":"","region":"r"}])",
                           R"([{"id":1,"name":7,"region":"r"}])"}) {
    assert_not_understood(read_hyperstack_environments(rows_of(text)), text);
    assert_not_understood(read_hyperstack_keypairs(rows_of(text)), text);
    assert_not_understood(read_hyperstack_images(rows_of(text)), text);
  }
  for (const char* text : {R"([{"id":1,"name":"a"}])",
                           R"([{"id":1,"name":"a","region":""}])",
                           R"([{"id":1,"name":"a","region":{"name":"r"}}])"}) {
    assert_not_understood(read_hyperstack_environments(rows_of(text)), text);
  }
}

struct StatusCase {
  const char* status;
  const char* vm_state;
  CloudState state;
};

constexpr StatusCase kStatuses[] = {
    {"CREATING", "", CloudState::kBuilding},
    {"BUILD", "building", CloudState::kBuilding},
    {"PRE_ACTIVE", "active", CloudState::kBuilding},
    {"ACTIVE", "active", CloudState::kRunning},
    {"ACTIVE", "", CloudState::kBuilding},
    {"ACTIVE", "building", CloudState::kBuilding},
    {"ACTIVE", "stopped", CloudState::kUnhealthy},
    {"ACTIVE", "shelved_offloaded", CloudState::kUnhealthy},
    {"ACTIVE", "error", CloudState::kUnhealthy},
    {"STARTING", "stopped", CloudState::kBuilding},
    {"REBOOTING", "active", CloudState::kBuilding},
    {"HARD_REBOOT", "active", CloudState::kBuilding},
    {"RESTORING", "shelved_offloaded", CloudState::kBuilding},
    {"STOPPING", "active", CloudState::kUnhealthy},
    {"SHUTOFF", "stopped", CloudState::kUnhealthy},
    {"HIBERNATING", "active", CloudState::kUnhealthy},
    {"HIBERNATED", "shelved_offloaded", CloudState::kUnhealthy},
    {"ERROR", "error", CloudState::kUnhealthy},
    {"ERROR", "", CloudState::kUnhealthy},
    {"DELETING", "active", CloudState::kEnding},
    {"DELETED", "deleted", CloudState::kGone},
    {"", "active", CloudState::kUnknown},
    {"active", "active", CloudState::kUnknown},
    {"ACTIVE ", "active", CloudState::kUnknown},
    {"PAUSED", "paused", CloudState::kUnknown},
    {"DELETED2", "deleted", CloudState::kUnknown},
    {"UNKNOWN", "active", CloudState::kUnknown},
};

void statuses_are_mapped_and_unknown_words_kept_apart(void**) {
  for (const auto& row : kStatuses) {
    if (parse_hyperstack_status(row.status, row.vm_state) != row.state) {
      fail_msg("read as another: %s, %s", row.status, row.vm_state);
    }
  }
}

void machine_is_read_whole(void**) {
  const auto machines = read_hyperstack_machines(
      rows_of(R"([{"id":7613,"name":"spillway-hpc1-0a1b2c-7-2-1","status":"ACTIVE",
        "environment":{"id":3287,"name":"fleet-ca1","org_id":6190,"region":"CANADA-1"},
        "flavor":{"id":101,"name":"n3-H100x8","gpu":"H100-80G-PCIe","gpu_count":8},
        "power_state":"RUNNING","vm_state":"active","fixed_ip":"10.0.5.42",
        "floating_ip":"198.51.100.2","floating_ip_status":"ATTACHED",
        "labels":["spillway-cluster=hpc1","spillway-mark=spillway-hpc1-0a1b2c-7-2"],
        "created_at":"2026-11-24T11:16:26Z"}])"),
      "hpc1");
  assert_true(machines && machines->size() == 1);
  const auto& machine = machines->front();
  assert_string_equal(machine.id.c_str(), "7613");
  assert_true(machine.mark == (Mark{"hpc1", "0a1b2c", 7, 2}));
  assert_true(machine.state == CloudState::kRunning);
  assert_string_equal(machine.address.c_str(), "198.51.100.2");
  assert_string_equal(machine.private_address.c_str(), "10.0.5.42");
  assert_true(machine.offer == (OfferId{"hyperstack", "CANADA-1", "n3-H100x8", "ethernet"}));
  assert_false(machine.billed_from.has_value());
  assert_false(machine.price_per_hour.has_value());
}

void machine_that_is_being_made_has_no_address(void**) {
  const auto machines = read_hyperstack_machines(
      rows_of(std::string(R"([{"id":7613,"name":")") + kMark +
              R"(","status":"CREATING","environment":null,"flavor":null,"power_state":null,
                 "vm_state":null,"fixed_ip":null,"floating_ip":null,
                 "floating_ip_status":"NO FLOATING IP","labels":[]}])"),
      "hpc1");
  assert_true(machines && machines->size() == 1);
  const auto& machine = machines->front();
  assert_true(machine.state == CloudState::kBuilding);
  assert_true(machine.address.empty() && machine.private_address.empty());
  assert_true(machine.offer == (OfferId{"hyperstack", "", "", "ethernet"}));
}

struct AddressCase {
  const char* members;
  const char* address;
};

constexpr AddressCase kAddresses[] = {
    {R"("floating_ip":"198.51.100.2","floating_ip_status":"ATTACHED")", "198.51.100.2"},
    {R"("floating_ip":"","floating_ip_status":"ATTACHED")", ""},
    {R"("floating_ip":null,"floating_ip_status":"ATTACHED")", ""},
    {R"("floating_ip_status":"ATTACHED")", ""},
    {R"("floating_ip":"198.51.100.2","floating_ip_status":"ATTACHING")", ""},
    {R"("floating_ip":"198.51.100.2","floating_ip_status":"DETACHING")", ""},
    {R"("floating_ip":"198.51.100.2","floating_ip_status":"NO FLOATING IP")", ""},
    {R"("floating_ip":"198.51.100.2","floating_ip_status":null)", ""},
    {R"("floating_ip":"198.51.100.2")", ""},
};

void address_counts_once_it_is_attached(void**) {
  for (const auto& row : kAddresses) {
    const auto text = std::string(R"([{"id":1,"status":"ACTIVE","vm_state":"active","name":")") +
                      kMark + "\"," + row.members + "}]";
    const auto machines = read_hyperstack_machines(rows_of(text), "hpc1");
    if (!machines || machines->size() != 1) fail_msg("not read: %s", row.members);
    if (machines->front().address != row.address) fail_msg("another address: %s", row.members);
    if (machines->front().state != CloudState::kRunning) fail_msg("not running: %s", row.members);
  }
}

struct NameCase {
  const char* name;
  const char* mark;  // nullptr: none of cluster hpc1
};

constexpr NameCase kNames[] = {
    {"spillway-hpc1-0a1b2c-7-2", "spillway-hpc1-0a1b2c-7-2"},
    {"spillway-hpc1-0a1b2c-7-2-1", "spillway-hpc1-0a1b2c-7-2"},
    {"spillway-hpc1-0a1b2c-7-2-20", "spillway-hpc1-0a1b2c-7-2"},
    {"spillway-hpc1-0a1b2c-7-2-0", "spillway-hpc1-0a1b2c-7-2"},
    // As a whole this is a mark of cluster hpc1-0a1b2c.
    {"spillway-hpc1-0a1b2c-123456-2-1", "spillway-hpc1-0a1b2c-123456-2"},
    {"", nullptr},
    {"-1", nullptr},
    {"My Instance", nullptr},
    {"spillway", nullptr},
    {"spillway-hpc1", nullptr},
    {"spillway-hpc1-7-1", nullptr},
    {"spillway-hpc1-0a1b2c-0-1", nullptr},
    {"spillway-hpc1-0a1b2c-7-2-", nullptr},
    {"spillway-hpc1-0a1b2c-7-2-a", nullptr},
    {"spillway-hpc1-0a1b2c-7-2-1-1", nullptr},
    {"spillway-hpc1-0a1b2c-7-2_1", nullptr},
    {"spillway-hpc1-0a1b2c-7-2 ", nullptr},
    {"Spillway-hpc1-0a1b2c-7-2", nullptr},
    {"spillway-hpc11-0a1b2c-7-2", nullptr},
    {"spillway-hpc11-0a1b2c-7-2-1", nullptr},
    {"spillway-x-hpc1-0a1b2c-7-2", nullptr},
    {"spillway-hpc1-0A1B2C-7-2", nullptr},
};

void mark_is_found_in_names_with_and_without_a_number_behind(void**) {
  for (const auto& row : kNames) {
    const auto mark = find_mark_in_name(row.name, "hpc1");
    const auto text = mark ? format_mark(*mark) : "";
    if (text != (row.mark == nullptr ? "" : row.mark)) fail_msg("%s: %s", row.name, text.c_str());
  }
}

constexpr const char* kForeignMachines[] = {
    R"({"id":1,"status":"ACTIVE"})",
    R"({"id":1,"status":"ACTIVE","name":null})",
    R"({"id":1,"status":"ACTIVE","name":""})",
    R"({"id":1,"status":"ACTIVE","name":"My Instance","labels":["owner=me"]})",
    R"({"id":1,"status":"ACTIVE","name":"spillway-hpc11-0a1b2c-7-2"})",
    R"({"id":1,"status":"ACTIVE","name":"a","labels":["spillway-mark=spillway-b-0a1b2c-7-2"]})",
    R"({"id":1,"status":"ACTIVE","name":"a","labels":["spillway-hpc1-0a1b2c-7-2"]})",
    R"({"id":1,"status":"ACTIVE","name":"a","labels":["mark=spillway-hpc1-0a1b2c-7-2"]})",
    R"({"id":1,"status":"ACTIVE","name":"a","labels":["spillway-cluster=hpc1"]})",
    R"({"id":1,"status":"ACTIVE","name":"a","labels":[" spillway-mark=spillway-hpc1-0a1b2c-7-2"]})",
    R"({"id":1,"status":"ACTIVE","name":"a","labels":[7,null,{"label":"x"}]})",
    R"({"id":1,"status":"ACTIVE","name":"a","labels":"spillway-mark=spillway-hpc1-0a1b2c-7-2"})",
    R"({"id":1,"status":"ACTIVE","name":"a","labels":["spillway-mark=spillway-hpc1-0a1b2c-7-2",
        "spillway-mark=spillway-hpc1-0a1b2c-8-1"]})",
    // The label counts, not the name.
    R"({"id":1,"status":"ACTIVE","name":"spillway-hpc1-0a1b2c-7-2",
        "labels":["spillway-mark=spillway-b-0a1b2c-7-2"]})",
    R"({"id":1,"name":"somebody's, and unreadable","status":7,"floating_ip":[]})",
};

void foreign_machines_are_left_out(void**) {
  for (const char* row : kForeignMachines) {
    const auto machines = read_hyperstack_machines(rows_of(std::string("[") + row + "]"), "hpc1");
    if (!machines) fail_msg("refused: %s", row);
    if (!machines->empty()) fail_msg("held for ours: %s", row);
  }
}

void machine_is_known_by_its_label_or_else_by_its_name(void**) {
  for (
      const char* row :
      {R"({"name":"do not touch","labels":["x","spillway-mark=spillway-hpc1-0a1b2c-7-2"],)",
       R"({"name":"spillway-hpc1-0a1b2c-7-2-2","labels":["owner=me"],)",
       R"({"name":"spillway-hpc1-0a1b2c-7-2","labels":null,)",
       R"({"name":"spillway-hpc1-0a1b2c-7-2","labels":["spillway-mark=oops"],)",
       R"({"name":"spillway-hpc1-0a1b2c-9-9","labels":["spillway-mark=spillway-hpc1-0a1b2c-7-2"],)"}) {
    const auto text = std::string("[") + row + R"("id":1,"status":"ACTIVE"}])";
    const auto machines = read_hyperstack_machines(rows_of(text), "hpc1");
    if (!machines || machines->size() != 1) fail_msg("not found: %s", row);
    if (machines->front().mark != (Mark{"hpc1", "0a1b2c", 7, 2})) fail_msg("another mark: %s", row);
  }
}

void list_with_an_unreadable_machine_of_ours_is_refused_whole(void**) {
  for (const char* rest : {R"({})",
                           R"({"status":7})",
                           R"({"status":null})",
                           R"({"status":"ACTIVE","vm_state":7})",
                           R"({"status":"ACTIVE","floating_ip":7})",
                           R"({"status":"ACTIVE","floating_ip_status":[]})",
                           R"({"status":"ACTIVE","fixed_ip":{}})"}) {
    auto row = parse(rest);
    row.set("id", 1).set("name", kMark);
    const auto text = "[" + row.dump() + R"(,{"id":2,"name":"a"}])";
    assert_not_understood(read_hyperstack_machines(rows_of(text), "hpc1"), text);
  }
  const std::string nameless =
      R"([{"id":1,"name":["spillway-hpc1-0a1b2c-7-2"],"status":"ACTIVE"}])";
  assert_not_understood(read_hyperstack_machines(rows_of(nameless), "hpc1"), nameless);
}

void created_machines_are_read_in_their_order(void**) {
  const auto ids = read_hyperstack_created(
      parse(R"({"status":true,"instances":[{"id":7614,"name":"b"},{"id":7613,"name":"a"}]})"), 2);
  assert_true(ids && *ids == std::vector<std::string>({"7614", "7613"}));
  // Fewer than asked are told as they are.
  assert_true(bool(read_hyperstack_created(parse(R"({"instances":[{"id":1}]})"), 20)));
}

void garbled_creations_are_refused(void**) {
  for (const char* text : {"{}",
                           "[]",
                           "null",
                           R"({"status":true})",
                           R"({"instances":null})",
                           R"({"instances":{"id":1}})",
                           R"({"instances":[]})",
                           R"({"instances":[1]})",
                           R"({"instances":[{}]})",
                           R"({"instances":[{"id":"1"}]})",
                           R"({"instances":[{"id":0}]})",
                           R"({"instances":[{"id":1},{"id":null}]})",
                           R"({"instances":[{"id":1},{"id":1}]})",
                           R"({"instances":[{"id":1},{"id":2},{"id":3}]})"}) {
    assert_not_understood(read_hyperstack_created(parse(text), 2), text);
  }
}

std::vector<HyperstackEvent> events_of(const std::string& array) {
  const auto events = read_hyperstack_events(parse(R"({"instance_events":)" + array + "}"));
  if (!events) fail_msg("no events: %s", array.c_str());
  return *events;
}

const TimePoint when_asked = from_unix_seconds(1'795'520'000);  // 2026-11-24T11:33:20Z

void creation_is_when_an_event_says_so(void**) {
  const auto creation =
      find_creation(events_of(R"([{"instance_id":1,"time":"2026-11-24T11:10:00Z","type":"Normal",
                     "reason":"InstanceCreationRequest","object":"a","message":"m"},
                    {"time":"2026-11-24T11:20:00Z","reason":"InstanceCreationSuccess"},
                    {"time":"2026-11-24T11:16:26.500000","reason":"InstanceCreationSuccess"},
                    {"time":"2026-11-24T11:16:26.500000+00:00","reason":"InstanceCreationSuccess"}])"),
                    when_asked);
  assert_true(creation == from_unix_seconds(1'795'518'986) + std::chrono::milliseconds(500));
}

void creation_is_unknown_when_no_event_says_so(void**) {
  for (const char* events :
       {"[]",
        "[7]",
        "[{}]",
        R"([{"time":"2026-11-24T11:10:00Z","reason":"InstanceCreationRequest"}])",
        R"([{"time":"2026-11-24T11:10:00Z","reason":"InstanceCreationFailed"}])",
        R"([{"time":"2026-11-24T11:10:00Z","reason":null}])",
        R"([{"time":null,"reason":"InstanceCreationSuccess"}])",
        R"([{"time":"yesterday","reason":"InstanceCreationSuccess"}])",
        R"([{"time":1795518986,"reason":"InstanceCreationSuccess"}])",
        R"([{"time":"2026-11-24T11:50:00Z","reason":"InstanceCreationSuccess"}])"}) {
    if (find_creation(events_of(events), when_asked)) fail_msg("found in %s", events);
  }
}

void failure_is_told_in_hyperstacks_words(void**) {
  const auto failure =
      find_failure(events_of(R"([{"reason":"InstanceCreationRequest","message":"asked"},
                    {"reason":"InstanceCreationFailed","message":"no\nhost"}])"));
  assert_string_equal(failure.c_str(), "InstanceCreationFailed: no host");
  const auto other = find_failure(events_of(R"([{"reason":"X","message":"an ERROR"}])"));
  assert_string_equal(other.c_str(), "X: an ERROR");
  assert_true(find_failure(events_of(R"([{"reason":"X","message":"well"}])")).empty());
}

void garbled_events_are_refused(void**) {
  for (const char* text : {"{}",
                           "[]",
                           "null",
                           R"({"instance_events":null})",
                           R"({"instance_events":{}})",
                           R"({"events":[]})"}) {
    assert_not_understood(read_hyperstack_events(parse(text)), text);
  }
}

void credit_is_read_as_number_or_text(void**) {
  for (const char* balance : {"12.5", "\"12.5\""}) {
    const auto credit =
        read_hyperstack_credit(parse(std::string(R"({"status":true,"data":{"credit":)") + balance +
                                     R"(,"threshold":0,"can_create_instance":true}})"));
    assert_true(bool(credit));
    assert_string_equal(credit->balance.c_str(), "12.5");
    assert_string_equal(credit->threshold.c_str(), "0");
    assert_true(credit->can_create == true);
  }
  const auto untold = read_hyperstack_credit(parse(R"({"data":{}})"));
  assert_true(untold && untold->balance.empty() && !untold->can_create);
  for (const char* text : {"{}", "[]", R"({"data":null})", R"({"data":[]})", R"({"data":7})"})
    assert_not_understood(read_hyperstack_credit(parse(text)), text);
}

struct NetworkCase {
  const char* cidr;
  const char* network;
};

constexpr NetworkCase kNetworks[] = {
    {"\"10.0.5.0/24\"", "10.0.5.0/24"},
    {"\"192.168.0.0/16\"", "192.168.0.0/16"},
    {"\"10.0.0.0/8\"", "10.0.0.0/8"},
    {"\"10.0.5.7/32\"", "10.0.5.7/32"},
    {"\"/24\"", ""},
    {"\"10.0.5.0\"", ""},
    {"\"10.0.5.0/\"", ""},
    {"\"10.0.5.0/33\"", ""},
    {"\"0.0.0.0/0\"", ""},
    {"\"10.0.0.0/7\"", ""},
    {"\"10.0.5/24\"", ""},
    {"\"10.0.5.0.0/24\"", ""},
    {"\"10.0.5.256/24\"", ""},
    {"\"10.0.5.-1/24\"", ""},
    {"\"10.0.5.0/24 \"", ""},
    {"\"fd00::/8\"", ""},
    {"\"\"", ""},
    {"null", ""},
    {"24", ""},
};

void network_is_read_when_it_is_one(void**) {
  for (const auto& row : kNetworks) {
    const auto quota = read_hyperstack_quota(
        parse(std::string(R"({"max_vms":250,"available_vms":238,"cidr":)") + row.cidr + "}"));
    if (!quota || quota->network != row.network) fail_msg("not so: %s", row.cidr);
    assert_true(quota->available == 238);
  }
}

void quota_that_tells_nothing_is_no_error(void**) {
  const auto quota = read_hyperstack_quota(parse("{}"));
  assert_true(quota && !quota->available && quota->network.empty());
  assert_not_understood(read_hyperstack_quota(parse("[]")), "[]");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(page_has_its_rows_and_the_total),
      cmocka_unit_test(page_without_a_total_is_a_page),
      cmocka_unit_test(images_of_all_groups_are_in_one_page),
      cmocka_unit_test(garbled_pages_are_refused),
      cmocka_unit_test(environments_keypairs_and_images_are_read),
      cmocka_unit_test(rows_without_their_names_are_refused),
      cmocka_unit_test(statuses_are_mapped_and_unknown_words_kept_apart),
      cmocka_unit_test(machine_is_read_whole),
      cmocka_unit_test(machine_that_is_being_made_has_no_address),
      cmocka_unit_test(address_counts_once_it_is_attached),
      cmocka_unit_test(mark_is_found_in_names_with_and_without_a_number_behind),
      cmocka_unit_test(foreign_machines_are_left_out),
      cmocka_unit_test(machine_is_known_by_its_label_or_else_by_its_name),
      cmocka_unit_test(list_with_an_unreadable_machine_of_ours_is_refused_whole),
      cmocka_unit_test(created_machines_are_read_in_their_order),
      cmocka_unit_test(garbled_creations_are_refused),
      cmocka_unit_test(creation_is_when_an_event_says_so),
      cmocka_unit_test(creation_is_unknown_when_no_event_says_so),
      cmocka_unit_test(failure_is_told_in_hyperstacks_words),
      cmocka_unit_test(garbled_events_are_refused),
      cmocka_unit_test(credit_is_read_as_number_or_text),
      cmocka_unit_test(network_is_read_when_it_is_one),
      cmocka_unit_test(quota_that_tells_nothing_is_no_error),
  };
  return cmocka_run_group_tests_name("providers.hyperstack_answer", tests, nullptr, nullptr);
}
