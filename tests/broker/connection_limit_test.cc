// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/connection_limit.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <chrono>
#include <string>

#include "broker/peer.h"
#include "tests/support/cmocka.h"

using namespace spillway;
using std::chrono::milliseconds;

static const ConnectionLimit::Time kNow{std::chrono::hours(1)};

static void peers_hold_so_many_connections_and_no_more(void**) {
  ConnectionLimit limit(2, 100);
  limit.begin("a");
  assert_false(limit.is_full("a"));
  limit.begin("a");
  assert_true(limit.is_full("a"));
  assert_false(limit.is_full("b"));
  limit.release("a");
  assert_false(limit.is_full("a"));
  limit.begin("a");
  assert_true(limit.is_full("a"));
}

static void peers_begin_so_many_connections_a_second(void**) {
  ConnectionLimit limit(100, 2);
  for (int second = 0; second < 3; ++second) {
    const auto now = kNow + milliseconds(1000 * second);
    for (int i = 0; i < 2; ++i) {
      assert_false(limit.is_too_fast("a", now));
      limit.begin("a");
      limit.release("a");
    }
    assert_true(limit.is_too_fast("a", now + milliseconds(999)));
    assert_false(limit.is_too_fast("b", now + milliseconds(999)));
  }
}

struct GroupCase {
  const char* address;
  const char* group;
};

static void ipv6_peers_are_known_by_their_network(void**) {
  const GroupCase cases[] = {
      {"203.0.113.7", "203.0.113.7"},
      {"2001:db8:1:2::5", "2001:db8:1:2::/64"},
      {"2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64"},
      {"2001:db8:1:3::5", "2001:db8:1:3::/64"},
      {"::1", "::/64"},
      {"unknown", "unknown"},
      {"", ""},
  };
  for (const auto& c : cases) {
    if (peer_group(c.address) != c.group)
      fail_msg("%s: %s", c.address, peer_group(c.address).c_str());
  }
}

static void ipv6_networks_are_those_that_anybody_is_given(void**) {
  const GroupCase cases[] = {
      {"203.0.113.7", "203.0.113.7"},
      {"2001:db8:1:2::5", "2001:db8:1::/48"},
      {"2001:db8:1:ffff::5", "2001:db8:1::/48"},
      {"2001:db8:2:2::5", "2001:db8:2::/48"},
      {"::1", "::/48"},
      {"unknown", "unknown"},
      {"", ""},
  };
  for (const auto& c : cases) {
    if (peer_network(c.address) != c.group)
      fail_msg("%s: %s", c.address, peer_network(c.address).c_str());
  }
}

static void an_ipv4_client_of_an_ipv6_socket_has_its_ipv4_address(void**) {
  const GroupCase cases[] = {{"::ffff:203.0.113.7", "203.0.113.7"}, {"2001:db8::5", "2001:db8::5"}};
  for (const auto& c : cases) {
    sockaddr_storage storage{};
    auto& address = reinterpret_cast<sockaddr_in6&>(storage);
    address.sin6_family = AF_INET6;
    assert_int_equal(inet_pton(AF_INET6, c.address, &address.sin6_addr), 1);
    assert_string_equal(peer_address(storage).c_str(), c.group);
  }
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(peers_hold_so_many_connections_and_no_more),
      cmocka_unit_test(peers_begin_so_many_connections_a_second),
      cmocka_unit_test(ipv6_peers_are_known_by_their_network),
      cmocka_unit_test(ipv6_networks_are_those_that_anybody_is_given),
      cmocka_unit_test(an_ipv4_client_of_an_ipv6_socket_has_its_ipv4_address),
  };
  return cmocka_run_group_tests_name("broker.connection_limit", tests, nullptr, nullptr);
}
