// SPDX-License-Identifier: GPL-2.0-or-later
//
// Who gets which tunnel address, who is a peer, and which key a machine may come with.
#include "core/vpn.h"

#include <set>
#include <string>

#include "core/config.h"
#include "core/draft.h"
#include "core/joining.h"
#include "tests/support/cmocka.h"

using namespace spillway;

namespace {

const std::string kKey(43, 'A');
const std::string kOtherKey(43, 'B');

Machine make_machine(std::int64_t id, MachineState state) {
  Machine machine;
  machine.id = id;
  machine.lease = 1;
  machine.node = "h100-00" + std::to_string(id);
  machine.state = state;
  machine.address = "198.51.100." + std::to_string(id);
  return machine;
}

VpnConfig some_vpn(const char* network = "10.90.0.0/16") {
  VpnConfig vpn;
  vpn.endpoint = "head.example.org:51820";
  vpn.network = parse_subnet(network).value();
  return vpn;
}

// A lease with two machines that boot.
struct Scene {
  Books books;
  TimePoint now = from_unix_seconds(1'795'000'000);
  std::optional<VpnConfig> vpn = some_vpn();

  Scene() {
    Lease lease;
    lease.id = 1;
    books.leases[1] = lease;
    for (const std::int64_t id : {1, 2})
      books.machines[id] = make_machine(id, MachineState::kBooting);
  }
  Result<Machine> join(int number,
                       const std::string& key,
                       std::vector<std::string> addresses = {}) {
    Draft draft(books, now);
    return note_joined(
        draft, Caller{1, "198.51.100." + std::to_string(number), std::move(addresses), key}, vpn);
  }
  Machine joined(int number, const std::string& key, std::vector<std::string> addresses = {}) {
    const auto machine = join(number, key, std::move(addresses));
    if (!machine) fail_msg("machine %d: %s", number, machine.error().message.c_str());
    return *machine;
  }
};

}  // namespace

static void no_two_machines_get_one_address(void**) {
  Books books;
  const auto network = parse_subnet("10.90.0.0/24").value();
  std::set<std::string> given;
  for (std::int64_t id = 1; id <= 253; ++id) {
    const auto address = find_tunnel_address(books, network, id);
    if (!address || !given.insert(*address).second) fail_msg("machine %d", static_cast<int>(id));
    auto machine = make_machine(id, MachineState::kReady);
    machine.tunnel_address = *address;
    books.machines[id] = machine;
  }
  assert_false(given.contains("10.90.0.0"));
  assert_false(given.contains("10.90.0.1"));  // the head's
  assert_false(given.contains("10.90.0.255"));
  assert_false(find_tunnel_address(books, network, 254).has_value());
  // One that is on its way out may speak still; one that is gone does not.
  books.machines[7].state = MachineState::kReleasing;
  assert_false(find_tunnel_address(books, network, 254).has_value());
  books.machines[7].state = MachineState::kGone;
  assert_string_equal(find_tunnel_address(books, network, 254).value().c_str(),
                      books.machines[7].tunnel_address.c_str());
}

static void an_address_is_used_again_late(void**) {
  const Books books;
  const auto network = parse_subnet("10.90.0.0/16").value();
  const auto first = find_tunnel_address(books, network, 1).value();
  for (std::int64_t id = 2; id < 60'000; id += 997)
    assert_true(find_tunnel_address(books, network, id).value() != first);
}

static void a_machine_that_joins_gets_its_place(void**) {
  Scene scene;
  const auto machine = scene.joined(1, kKey, {"198.51.100.1", "10.0.2.100"});
  assert_string_equal(machine.tunnel_address.c_str(), "10.90.0.3");
  assert_string_equal(machine.private_address.c_str(), "10.0.2.100");
  assert_string_equal(node_address(machine).c_str(), "10.90.0.3");
  const auto again = scene.joined(1, kKey);
  assert_string_equal(again.tunnel_address.c_str(), "10.90.0.3");
}

static void without_a_vpn_the_clouds_address_counts(void**) {
  Scene scene;
  scene.vpn.reset();
  const auto machine = scene.joined(1, "");
  assert_string_equal(machine.tunnel_address.c_str(), "");
  assert_string_equal(node_address(machine).c_str(), "198.51.100.1");
}

static void a_repeat_changes_no_row(void**) {
  Scene scene;
  (void)scene.joined(1, kKey, {"10.0.2.100"});
  Draft draft(scene.books, scene.now);
  assert_true(static_cast<bool>(
      note_joined(draft, Caller{1, "198.51.100.1", {"10.0.2.100"}, kKey}, scene.vpn)));
  assert_true(draft.take_changes().empty());
}

static void keys_that_are_not_the_machines_own_are_refused(void**) {
  Scene scene;
  assert_true(scene.join(1, "").error().code == ErrorCode::kInvalid);
  (void)scene.joined(1, kKey);
  assert_true(scene.join(1, kOtherKey).error().code == ErrorCode::kUnauthorized);
  assert_true(scene.join(2, kKey).error().code == ErrorCode::kUnauthorized);
  assert_string_equal(scene.books.machines[1].wireguard_key.c_str(), kKey.c_str());
  assert_string_equal(scene.books.machines[2].wireguard_key.c_str(), "");
}

static void a_full_network_makes_machines_wait(void**) {
  Scene scene;
  scene.vpn = some_vpn("10.90.0.0/30");  // the head and one more
  (void)scene.joined(1, kKey);
  assert_true(scene.join(2, kOtherKey).error().code == ErrorCode::kTransient);
}

static void peers_are_those_that_serve(void**) {
  Books books;
  struct Case {
    MachineState state;
    bool unwanted;
    bool is_member;
  };
  const Case cases[] = {{MachineState::kBooting, false, false},
                        {MachineState::kJoined, false, true},
                        {MachineState::kReady, false, true},
                        {MachineState::kReady, true, false},
                        {MachineState::kReleasing, false, false},
                        {MachineState::kLost, false, false},
                        {MachineState::kFailed, false, false},
                        {MachineState::kGone, false, false}};
  for (const auto& c : cases) {
    books.machines[1] = make_machine(1, c.state);
    books.machines[1].unwanted = c.unwanted;
    books.machines[1].tunnel_address = "10.90.0.3";
    books.machines[1].wireguard_key = kKey;
    if (vpn_members(books).empty() == c.is_member) fail_msg("%s", facts_of(c.state).name);
  }
}

static void peers_are_written_as_wg_reads_them(void**) {
  Scene scene;
  (void)scene.joined(1, kKey);
  (void)scene.joined(2, kOtherKey);
  assert_string_equal(format_wireguard_peers(vpn_members(scene.books)).c_str(),
                      ("[Peer]\nPublicKey = " + kKey + "\nAllowedIPs = 10.90.0.3/32\n" +
                       "[Peer]\nPublicKey = " + kOtherKey + "\nAllowedIPs = 10.90.0.4/32\n")
                          .c_str());
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(no_two_machines_get_one_address),
      cmocka_unit_test(an_address_is_used_again_late),
      cmocka_unit_test(a_machine_that_joins_gets_its_place),
      cmocka_unit_test(without_a_vpn_the_clouds_address_counts),
      cmocka_unit_test(a_repeat_changes_no_row),
      cmocka_unit_test(keys_that_are_not_the_machines_own_are_refused),
      cmocka_unit_test(a_full_network_makes_machines_wait),
      cmocka_unit_test(peers_are_those_that_serve),
      cmocka_unit_test(peers_are_written_as_wg_reads_them),
  };
  return cmocka_run_group_tests_name("core.vpn", tests, nullptr, nullptr);
}
