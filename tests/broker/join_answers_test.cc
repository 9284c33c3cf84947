// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/join_answers.h"

#include <string>

#include "tests/support/cmocka.h"

using namespace spillway;

namespace {

const Head kHead{"head", "HEADKEY="};

Config some_config(bool with_vpn) {
  Config config;
  config.cluster = "hpc1";
  if (!with_vpn) return config;
  config.vpn.emplace();
  config.vpn->endpoint = "head.example.org:51820";
  config.vpn->network = parse_subnet("10.90.0.0/16").value();
  config.vpn->routes = {"192.168.10.0/24"};
  return config;
}

Pool some_pool(int bandwidth = 0) {
  Pool pool;
  pool.name = "h100";
  pool.shape.gpus = 8;
  pool.shape.bandwidth_gbps = bandwidth;
  return pool;
}

Controllers some_controllers() {
  Controllers controllers;
  controllers.version = "24.11.5";
  controllers.hosts = {
      {"head.example.org", "head.example.org"}, {"backup", "192.168.10.3"}, {"third", "third"}};
  return controllers;
}

Machine machine_on(int number) {
  Machine machine;
  machine.id = number;
  machine.lease = 1;
  machine.node = "h100-00" + std::to_string(number);
  machine.state = MachineState::kReady;
  machine.address = "198.51.100." + std::to_string(number);
  machine.private_address = "10.0.2." + std::to_string(number);
  machine.tunnel_address = "10.90.0." + std::to_string(number);
  machine.wireguard_key = "KEY" + std::to_string(number) + "=";
  return machine;
}

Books books_with(int machines) {
  Books books;
  for (int i = 1; i <= machines; ++i)
    books.machines[i] = machine_on(i);
  return books;
}

}  // namespace

static void a_machine_learns_where_slurmctld_is(void**) {
  const auto reply =
      make_join_reply(some_config(true), some_pool(), some_controllers(), kHead, machine_on(3));
  assert_string_equal(reply.slurm_release.c_str(), "24.11");
  assert_int_equal(reply.slurmctld.size(), 3);
  assert_string_equal(reply.slurmctld[0].c_str(), "head.example.org:6817");
  assert_string_equal(reply.slurmctld[1].c_str(), "192.168.10.3:6817");
  // Only this host is behind the head's tunnel address.
  assert_int_equal(reply.hosts.size(), 1);
  assert_string_equal(reply.hosts[0].address.c_str(), "10.90.0.1");
  assert_string_equal(reply.hosts[0].name.c_str(), "head.example.org");
}

static void a_machine_learns_its_tunnel(void**) {
  const auto tunnel =
      make_join_reply(some_config(true), some_pool(), {}, kHead, machine_on(3)).tunnel.value();
  assert_string_equal(tunnel.address.c_str(), "10.90.0.3/16");
  assert_string_equal(tunnel.head.public_key.c_str(), "HEADKEY=");
  assert_string_equal(tunnel.head.endpoint.c_str(), "head.example.org:51820");
  assert_int_equal(tunnel.head.allowed.size(), 2);
  assert_string_equal(tunnel.head.allowed[0].c_str(), "10.90.0.0/16");
  assert_string_equal(tunnel.head.allowed[1].c_str(), "192.168.10.0/24");
}

static void a_routed_network_needs_neither_tunnel_nor_names(void**) {
  const auto reply =
      make_join_reply(some_config(false), some_pool(), some_controllers(), kHead, machine_on(3));
  assert_false(reply.tunnel.has_value());
  assert_true(reply.hosts.empty());
  assert_int_equal(reply.slurmctld.size(), 3);
}

static void before_slurm_is_known_nothing_is_told_of_it(void**) {
  const auto reply = make_join_reply(some_config(true), some_pool(), {}, kHead, machine_on(3));
  assert_true(reply.slurmctld.empty() && reply.hosts.empty() && reply.slurm_release.empty());
}

static void neighbours_are_the_lease_at_its_private_addresses(void**) {
  auto books = books_with(4);
  books.machines[2].lease = 2;
  books.machines[3].private_address = "";
  const auto reply = make_ready_reply(books, some_pool(), books.machines[1]);
  assert_int_equal(reply.peers.size(), 1);
  assert_string_equal(reply.peers[0].public_key.c_str(), "KEY4=");
  assert_string_equal(reply.peers[0].endpoint.c_str(), "10.0.2.4:51820");
  assert_string_equal(reply.peers[0].allowed.at(0).c_str(), "10.90.0.4/32");
  assert_false(reply.test.has_value());
}

static void a_gang_is_tested_in_twos(void**) {
  const auto books = books_with(5);
  const char* partners[] = {"10.90.0.2", "10.90.0.1", "10.90.0.4", "10.90.0.3"};
  for (int i = 1; i <= 4; ++i) {
    const auto test = make_ready_reply(books, some_pool(300), books.machines.at(i)).test;
    if (!test) fail_msg("machine %d has no partner", i);
    assert_string_equal(test->partner.c_str(), partners[i - 1]);
    assert_true((test->role == TestRole::kServe) == (i % 2 == 1));
  }
  assert_false(make_ready_reply(books, some_pool(300), books.machines.at(5)).test.has_value());
}

static void a_machine_alone_has_nobody_to_test_with(void**) {
  const auto books = books_with(1);
  const auto reply = make_ready_reply(books, some_pool(300), books.machines.at(1));
  assert_true(reply.peers.empty() && !reply.test);
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_machine_learns_where_slurmctld_is),
      cmocka_unit_test(a_machine_learns_its_tunnel),
      cmocka_unit_test(a_routed_network_needs_neither_tunnel_nor_names),
      cmocka_unit_test(before_slurm_is_known_nothing_is_told_of_it),
      cmocka_unit_test(neighbours_are_the_lease_at_its_private_addresses),
      cmocka_unit_test(a_gang_is_tested_in_twos),
      cmocka_unit_test(a_machine_alone_has_nobody_to_test_with),
  };
  return cmocka_run_group_tests_name("broker.join_answers", tests, nullptr, nullptr);
}
