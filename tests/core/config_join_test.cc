// SPDX-License-Identifier: GPL-2.0-or-later
//
// The parts of spillway.yaml that tell how machines join: VPN, mounts, archives, health.
#include <string>

#include "core/config.h"
#include "tests/support/cmocka.h"

using namespace spillway;

namespace {

// The least that is taken, with places for more.
std::string file_with(const std::string& join, const std::string& shape, const std::string& more) {
  return "cluster: c1\n"
         "join:\n"
         "  listen: 0.0.0.0:8444\n"
         "  url: https://head.example.org:8444\n" +
         join +
         "providers:\n"
         "  lambda: {key_file: /k}\n"
         "pools:\n"
         "  h100:\n"
         "    nodes: h100-[1-2]\n"
         "    shape: {gpu: h100, gpus: 8, cpus: 96, memory: 900GiB" +
         shape +
         "}\n"
         "    offers: [{provider: lambda}]\n" +
         more;
}

Config parsed(const std::string& text) {
  const auto config = parse_config(text, "s.yaml");
  if (!config) fail_msg("%s", config.error().message.c_str());
  return *config;
}

struct Refused {
  const char* name;
  const char* join;
  const char* shape;
  const char* more;
  const char* message;  // all of it
};

const char kVpn[] = "vpn: {endpoint: \"h.example.org:51820\", network: 10.90.0.0/16}\n";

}  // namespace

static void a_vpn_has_its_endpoint_network_and_routes(void**) {
  const auto vpn = parsed(file_with("",
                                    "",
                                    "vpn:\n"
                                    "  endpoint: head.example.org:51820\n"
                                    "  network: 10.90.0.0/16\n"
                                    "  interface: wg7\n"
                                    "  routes: [192.168.10.0/24, 10.1.0.0/16]\n"))
                       .vpn.value();
  assert_string_equal(vpn.endpoint.c_str(), "head.example.org:51820");
  assert_string_equal(format_subnet(vpn.network).c_str(), "10.90.0.0/16");
  assert_string_equal(vpn.interface.c_str(), "wg7");
  assert_int_equal(vpn.routes.size(), 2);
  assert_string_equal(vpn.routes[1].c_str(), "10.1.0.0/16");
  assert_string_equal(parsed(file_with("", "", kVpn)).vpn->interface.c_str(), "spillway0");
}

static void a_routed_network_has_none(void**) {
  assert_false(parsed(file_with("", "", "vpn: none\n")).vpn.has_value());
  assert_false(parsed(file_with("", "", "")).vpn.has_value());
}

static void machines_get_file_systems_and_a_slurm_of_their_system(void**) {
  const auto join =
      parsed(
          file_with("  mounts:\n"
                    "    - {what: \"head:/home\", where: /home, type: nfs4, options: \"rw,hard\"}\n"
                    "    - {what: scratch, where: /scratch, type: lustre}\n"
                    "  archives:\n"
                    "    ubuntu-24.04: /srv/slurm-u.tar.gz\n"
                    "    debian-12: /srv/slurm-d.tar.gz\n",
                    "",
                    ""))
          .join;
  assert_int_equal(join.mounts.size(), 2);
  assert_string_equal(join.mounts[0].options.c_str(), "rw,hard");
  assert_string_equal(join.mounts[1].type.c_str(), "lustre");
  assert_string_equal(join.archives.at("ubuntu-24.04").c_str(), "/srv/slurm-u.tar.gz");
}

static void a_shape_may_ask_more_of_the_health_gate(void**) {
  const auto shape = parsed(file_with("",
                                      ", disk: 500GiB, infiniband: true, infiniband_ports: 8, "
                                      "infiniband_gbps: 400, bandwidth_gbps: 300",
                                      ""))
                         .find_pool("h100")
                         ->shape;
  assert_int_equal(shape.disk_mib, 500 * 1024);
  assert_int_equal(shape.infiniband_ports, 8);
  assert_int_equal(shape.infiniband_gbps, 400);
  assert_int_equal(shape.bandwidth_gbps, 300);
}

static void mistakes_are_told_with_what_would_be_right(void**) {
  const Refused cases[] = {
      {"another word than none",
       "",
       "",
       "vpn: off\n",
       "s.yaml:12: vpn: found \"off\": a mapping of keys belongs here"},
      {"no endpoint",
       "",
       "",
       "vpn: {network: 10.90.0.0/16}\n",
       "s.yaml:12: vpn.endpoint: missing: this key must be given"},
      {"no network",
       "",
       "",
       "vpn: {endpoint: \"h:51820\"}\n",
       "s.yaml:12: vpn.network: missing: this key must be given"},
      {"an endpoint without port",
       "",
       "",
       "vpn: {endpoint: h, network: 10.90.0.0/16}\n",
       "s.yaml:12: vpn.endpoint: found \"h\": a host and a port belong here, as in "
       "head.example.org:51820"},
      {"an address for a network",
       "",
       "",
       "vpn: {endpoint: \"h:1\", network: 10.90.0.1/16}\n",
       "s.yaml:12: vpn.network: found \"10.90.0.1/16\": a range of IPv4 addresses belongs here, as "
       "in 10.90.0.0/16"},
      {"a network of one",
       "",
       "",
       "vpn: {endpoint: \"h:1\", network: 10.90.0.0/30}\n",
       "s.yaml:12: vpn.network: found /30: from /8 to /28"},
      {"a route that is none",
       "",
       "",
       "vpn: {endpoint: \"h:1\", network: 10.90.0.0/16, routes: [10.1.0.0]}\n",
       "s.yaml:12: vpn.routes: found \"10.1.0.0\": a range of IPv4 addresses belongs here, as in "
       "10.90.0.0/16"},
      {"no routes in the list",
       "",
       "",
       "vpn: {endpoint: \"h:1\", network: 10.90.0.0/16, routes: []}\n",
       "s.yaml:12: vpn.routes: found an empty list: a list of address ranges belongs here, as in "
       "[192.168.10.0/24]"},
      {"a route to the endpoint",
       "",
       "",
       "vpn: {endpoint: \"192.168.1.7:1\", network: 10.90.0.0/16, routes: [192.168.0.0/16]}\n",
       "s.yaml:12: vpn.routes: found 192.168.0.0/16, in which the endpoint itself lies"},
      {"an endpoint in the VPN",
       "",
       "",
       "vpn: {endpoint: \"10.90.0.1:1\", network: 10.90.0.0/16}\n",
       "s.yaml:12: vpn.network: found the range in which the endpoint itself lies"},
      {"a long interface",
       "",
       "",
       "vpn: {endpoint: \"h:1\", network: 10.90.0.0/16, interface: spillway-wireguard}\n",
       "s.yaml:12: vpn.interface: an interface's name has at most 15 characters"},
      {"an unknown key",
       "",
       "",
       "vpn: {endpoint: \"h:1\", network: 10.90.0.0/16, port: 1}\n",
       "s.yaml:12: vpn.port: unknown key: known here: endpoint, interface, network, routes"},
      {"a mount with a blank",
       "  mounts: [{what: \"a b\", where: /a, type: nfs}]\n",
       "",
       "",
       "s.yaml:5: join.mounts[1].what: found \"a b\": a text without blanks belongs here"},
      {"a mount that is relative",
       "  mounts: [{what: a, where: home, type: nfs}]\n",
       "",
       "",
       "s.yaml:5: join.mounts[1].where: found \"home\": an absolute path belongs here, without "
       "'..' and without a '/' at its end"},
      {"two mounts at one place",
       "  mounts: [{what: a, where: /a, type: nfs}, {what: b, where: /a, type: nfs}]\n",
       "",
       "",
       "s.yaml:5: join.mounts[2].where: found \"/a\": another file system is mounted there"},
      {"a mount with a password",
       "  mounts: [{what: //s/a, where: /a, type: cifs, options: \"rw,password=x\"}]\n",
       "",
       "",
       "s.yaml:5: join.mounts[1].options: found a password: deliver a file, and name it by "
       "credentials="},
      {"a mount without type",
       "  mounts: [{what: a, where: /a}]\n",
       "",
       "",
       "s.yaml:5: join.mounts[1].type: missing: this key must be given"},
      {"an archive that is relative",
       "  archives: {debian-12: slurm.tar}\n",
       "",
       "",
       "s.yaml:5: join.archives.debian-12: found \"slurm.tar\": an absolute path belongs here, "
       "without '..' and without a '/' at its end"},
      {"a rate without InfiniBand",
       "",
       ", infiniband_gbps: 400",
       "",
       "s.yaml:10: pools.h100.shape.infiniband_gbps: found without infiniband: true, which it is "
       "about"},
      {"a disk without unit",
       "",
       ", disk: 500",
       "",
       "s.yaml:10: pools.h100.shape.disk: found \"500\": a whole number with MiB, GiB or TiB "
       "belongs here, as in 900GiB"},
      {"no bandwidth",
       "",
       ", bandwidth_gbps: 0",
       "",
       "s.yaml:10: pools.h100.shape.bandwidth_gbps: found \"0\": a whole number from 1 to 1000000 "
       "belongs here, without quotes"},
  };
  for (const auto& c : cases) {
    const auto config = parse_config(file_with(c.join, c.shape, c.more), "s.yaml");
    if (config) fail_msg("%s: was accepted", c.name);
    if (config.error().message != c.message)
      fail_msg("%s: said\n%s\ninstead of\n%s", c.name, config.error().message.c_str(), c.message);
  }
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_vpn_has_its_endpoint_network_and_routes),
      cmocka_unit_test(a_routed_network_has_none),
      cmocka_unit_test(machines_get_file_systems_and_a_slurm_of_their_system),
      cmocka_unit_test(a_shape_may_ask_more_of_the_health_gate),
      cmocka_unit_test(mistakes_are_told_with_what_would_be_right),
  };
  return cmocka_run_group_tests_name("core.config_join", tests, nullptr, nullptr);
}
