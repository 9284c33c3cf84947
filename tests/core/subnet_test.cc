// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/subnet.h"

#include <string>

#include "tests/support/cmocka.h"

using namespace spillway;

namespace {

struct Accepted {
  const char* text;
  std::uint32_t hosts;
  const char* first;
};

}  // namespace

static void ranges_are_read_and_written_alike(void**) {
  const Accepted cases[] = {
      {"10.90.0.0/16", 65'534, "10.90.0.1"},
      {"192.168.10.0/24", 254, "192.168.10.1"},
      {"10.0.0.0/8", 16'777'214, "10.0.0.1"},
      {"203.0.113.8/29", 6, "203.0.113.9"},
      {"0.0.0.0/0", 4'294'967'294, "0.0.0.1"},
      {"10.0.0.4/31", 0, "10.0.0.5"},
      {"10.0.0.4/32", 0, "10.0.0.5"},
  };
  for (const auto& c : cases) {
    const auto subnet = parse_subnet(c.text);
    if (!subnet) fail_msg("refused: %s", c.text);
    assert_string_equal(format_subnet(*subnet).c_str(), c.text);
    if (subnet->hosts() != c.hosts) fail_msg("%s: %u hosts", c.text, subnet->hosts());
    assert_string_equal(subnet->host(1).c_str(), c.first);
  }
}

static void what_is_no_range_is_refused(void**) {
  for (const char* text : {"",
                           "10.90.0.0",
                           "10.90.0.1/16",
                           "10.90.0.0/33",
                           "10.90.0/16",
                           "10.90.0.0.0/16",
                           "10.90.0.0/",
                           "/16",
                           "256.0.0.0/8",
                           "10.90.0.0/016",
                           "010.90.0.0/16",
                           "10.90.0.0/-1",
                           "10.90.0.0 /16",
                           "10..0.0/16",
                           "fd00::/8",
                           "10.90.0.0/16/8",
                           "a.b.c.d/8",
                           "10.90.0.0/1 6"}) {
    if (parse_subnet(text)) fail_msg("accepted: %s", text);
  }
}

static void a_range_has_its_own_addresses_alone(void**) {
  const auto range = parse_subnet("10.90.0.0/16").value();
  for (const char* inside : {"10.90.0.0", "10.90.0.1", "10.90.255.255"})
    assert_true(range.contains(parse_ipv4(inside).value()));
  for (const char* outside : {"10.89.255.255", "10.91.0.0", "0.0.0.0", "255.255.255.255"})
    assert_false(range.contains(parse_ipv4(outside).value()));
}

static void private_ranges_are_known(void**) {
  for (const char* address : {"10.0.0.1",
                              "10.255.255.255",
                              "172.16.0.1",
                              "172.31.255.1",
                              "192.168.0.1",
                              "100.64.0.1",
                              "100.127.255.255"})
    if (!is_private(parse_ipv4(address).value())) fail_msg("%s", address);
  for (const char* address :
       {"11.0.0.1", "172.15.0.1", "172.32.0.1", "192.169.0.1", "100.128.0.1", "198.51.100.2"})
    if (is_private(parse_ipv4(address).value())) fail_msg("%s", address);
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(ranges_are_read_and_written_alike),
      cmocka_unit_test(what_is_no_range_is_refused),
      cmocka_unit_test(a_range_has_its_own_addresses_alone),
      cmocka_unit_test(private_ranges_are_known),
  };
  return cmocka_run_group_tests_name("core.subnet", tests, nullptr, nullptr);
}
