// SPDX-License-Identifier: GPL-2.0-or-later
#include <string>

#include "broker/join_endpoints.h"
#include "lib/json.h"
#include "tests/support/cmocka.h"

using namespace spillway;

namespace {

const std::string kGoodBody =
    R"({"addresses":["127.77.0.5","2001:db8::5"],"hostname":"ip-10-0-0-5","gpus":8,)"
    R"("gpu_model":"NVIDIA H100 80GB HBM3","infiniband_ports":8,"infiniband_gbps":400,)"
    R"("memory_mib":1843200,"cpus":208,"os":"ubuntu-24.04","wireguard_key":""})";

// The good body with the text of one member replaced, or the member removed when `value` is empty.
std::string with_member(const char* member, const std::string& value) {
  const auto good = Json::parse(kGoodBody, "test");
  std::string text = "{";
  good->for_each([&](const std::string& key, const Json& old) {
    const bool chosen = key == member;
    if (chosen && value.empty()) return;
    text += (text.size() > 1 ? ",\"" : "\"") + key + "\":" + (chosen ? value : old.dump());
  });
  return text + "}";
}

}  // namespace

static void facts_are_read_whole(void**) {
  const auto facts = parse_join_facts(kGoodBody);
  assert_true(static_cast<bool>(facts));
  assert_int_equal(facts->addresses.size(), 2);
  assert_string_equal(facts->addresses[1].c_str(), "2001:db8::5");
  assert_string_equal(facts->hostname.c_str(), "ip-10-0-0-5");
  assert_int_equal(facts->gpus, 8);
  assert_string_equal(facts->gpu_model.c_str(), "NVIDIA H100 80GB HBM3");
  assert_int_equal(facts->infiniband_ports, 8);
  assert_int_equal(facts->infiniband_gbps, 400);
  assert_int_equal(facts->memory_mib, 1'843'200);
  assert_int_equal(facts->cpus, 208);
}

struct MemberCase {
  const char* member;
  const char* value;  // JSON; empty: the member is absent
};

static void odd_but_true_facts_are_accepted(void**) {
  const MemberCase cases[] = {
      {"gpus", "0"},
      {"gpu_model", "\"\""},
      {"infiniband_ports", "0"},
      {"hostname", "\"h\""},
      {"addresses", "[\"10.0.0.1\"]"},
      {"addresses", "[\"::1\"]"},
      {"memory_mib", "1"},
      {"cpus", "1"},
      {"gpus", "8,\"later\":{\"x\":[]}"},
      {"hostname", "\"A_b.c-9\""},
      {"os", "\"\""},
      {"os", "\"debian-12\""},
      {"wireguard_key", "\"xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dg=\""},
  };
  for (const auto& [member, value] : cases) {
    const auto facts = parse_join_facts(with_member(member, value));
    if (!facts) fail_msg("%s = %s: %s", member, value, facts.error().message.c_str());
  }
}

static void wrong_facts_are_refused_by_name(void**) {
  const MemberCase cases[] = {
      {"addresses", ""},
      {"addresses", "null"},
      {"addresses", "[]"},
      {"addresses", "{}"},
      {"addresses", "\"127.77.0.5\""},
      {"addresses", "[1]"},
      {"addresses", "[\"\"]"},
      {"addresses", "[\"localhost\"]"},
      {"addresses", "[\"127.77.0.5\",\"127.77.0.256\"]"},
      {"addresses", "[\"127.77.0.5/16\"]"},
      {"addresses", "[\" 127.77.0.5\"]"},
      {"addresses", "[\"fe80::1%eth0\"]"},
      {"addresses",
       "[\"1.1.1.1\",\"1.1.1.1\",\"1.1.1.1\",\"1.1.1.1\",\"1.1.1.1\",\"1.1.1.1\",\"1.1.1.1\","
       "\"1.1.1.1\",\"1.1.1.1\",\"1.1.1.1\",\"1.1.1.1\",\"1.1.1.1\",\"1.1.1.1\",\"1.1.1.1\","
       "\"1.1.1.1\",\"1.1.1.1\",\"1.1.1.1\"]"},
      {"hostname", ""},
      {"hostname", "7"},
      {"hostname", "\"\""},
      {"hostname", "\"a b\""},
      {"hostname", "\"a\\nb\""},
      {"hostname", "\"h\u00e9\""},
      {"gpus", ""},
      {"gpus", "-1"},
      {"gpus", "1025"},
      {"gpus", "8.0"},
      {"gpus", "\"8\""},
      {"gpus", "true"},
      {"gpus", "null"},
      {"gpus", "99999999999999999999"},
      {"gpu_model", ""},
      {"gpu_model", "[]"},
      {"gpu_model", "\"H100\\u0007\""},
      {"gpu_model", "\"H\u00e9\""},
      {"infiniband_ports", ""},
      {"infiniband_ports", "-8"},
      {"infiniband_gbps", ""},
      {"infiniband_gbps", "1000001"},
      {"memory_mib", ""},
      {"memory_mib", "0"},
      {"memory_mib", "9223372036854775807"},
      {"cpus", ""},
      {"cpus", "0"},
      {"cpus", "[2]"},
      {"os", ""},
      {"os", "\"Ubuntu 24.04\""},
      {"os", "\"../etc\""},
      {"os", "\"a-system-whose-name-is-longer-than-any-one-s\""},
      {"os", "24"},
      {"wireguard_key", ""},
      {"wireguard_key", "null"},
      {"wireguard_key", "\"xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8D=\""},
      {"wireguard_key", "\"xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dgg=\""},
      {"wireguard_key", "\"xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8Dh=\""},
      {"wireguard_key", "\"xTIBA5rboUvnH4htodjb6e697QjLERt1NAB4mZqp8D==\""},
      {"wireguard_key", "\"xTIBA5rboUvnH4htodjb6e697Q\\nERt1NAB4mZqp8Dg=\""},
  };
  for (const auto& [member, value] : cases) {
    const auto facts = parse_join_facts(with_member(member, value));
    if (facts) fail_msg("accepted: %s = %s", member, value);
    if (facts.error().code != ErrorCode::kInvalid) fail_msg("%s = %s: other code", member, value);
    const bool is_syntax = facts.error().message.find(member) == std::string::npos;
    if (is_syntax && std::string(value) != "99999999999999999999")
      fail_msg("%s = %s: %s", member, value, facts.error().message.c_str());
  }
}

static void bodies_that_are_no_object_are_refused(void**) {
  const std::string cases[] = {
      "",
      " ",
      "null",
      "[]",
      "7",
      "\"x\"",
      "{",
      "{}",
      "{\"gpus\":8",
      kGoodBody + "x",
      "{}{}",
      "\xff",
      kGoodBody + kGoodBody,
      std::string(60'000, '['),
      "{\"gpus\":8,\"gpus\":8}",
      std::string("{}\0", 3),
  };
  for (const auto& body : cases) {
    if (parse_join_facts(body)) fail_msg("accepted: %.60s", body.c_str());
  }
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(facts_are_read_whole),
      cmocka_unit_test(odd_but_true_facts_are_accepted),
      cmocka_unit_test(wrong_facts_are_refused_by_name),
      cmocka_unit_test(bodies_that_are_no_object_are_refused),
  };
  return cmocka_run_group_tests_name("broker.join_facts", tests, nullptr, nullptr);
}
