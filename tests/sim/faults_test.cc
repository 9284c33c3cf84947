// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/faults.h"

#include <string>

#include "sim/rate.h"
#include "tests/support/cmocka.h"

using namespace spillway;

namespace {

SimRequestFault rule(const char* method, const char* path, SimFaultCount count = {}) {
  SimRequestFault fault;
  fault.method = method;
  fault.path = path;
  fault.count = count;
  return fault;
}

SimFaults faults_of(std::vector<SimRequestFault> requests) {
  SimFaults faults;
  faults.replace({std::move(requests), {}});
  return faults;
}

void rule_matches_method_and_path(void**) {
  struct Case {
    const char* rule_method;
    const char* rule_path;
    const char* method;
    const char* path;
    bool matches;
  };
  const Case cases[] = {
      {"POST", "/a/launch", "POST", "/a/launch", true},
      {"POST", "/a/launch", "GET", "/a/launch", false},
      {"POST", "/a/launch", "POST", "/a/launch/", false},
      {"POST", "/a/launch", "POST", "/a/launc", false},
      {"", "/a/launch", "DELETE", "/a/launch", true},
      {"GET", "", "GET", "/anything", true},
      {"", "", "PUT", "/", true},
      {"GET", "/a/*", "GET", "/a/b/c", true},
      {"GET", "/a/*", "GET", "/a/", true},
      {"GET", "/a/*", "GET", "/a", false},
      {"GET", "/a/*", "GET", "/b/a/", false},
      {"GET", "*", "GET", "/", true},
  };
  for (const Case& each : cases) {
    SimFaults faults = faults_of({rule(each.rule_method, each.rule_path)});
    if (faults.take_for_request(each.method, each.path).has_value() != each.matches)
      fail_msg("%s %s against %s %s", each.method, each.path, each.rule_method, each.rule_path);
  }
}

// One letter a request: 'f' faulty, '-' served.
std::string play(SimFaults& faults, int requests) {
  std::string seen;
  for (int i = 0; i < requests; ++i)
    seen += faults.take_for_request("GET", "/") ? 'f' : '-';
  return seen;
}

void rule_counts_times_and_skips(void**) {
  struct Case {
    SimFaultCount count;
    const char* seen;
  };
  const Case cases[] = {
      {{1, 0}, "f-----"},
      {{3, 0}, "fff---"},
      {{-1, 0}, "ffffff"},
      {{0, 0}, "------"},
      {{1, 2}, "--f---"},
      {{-1, 4}, "----ff"},
  };
  for (const Case& each : cases) {
    SimFaults faults = faults_of({rule("", "", each.count)});
    const std::string seen = play(faults, 6);
    if (seen != each.seen) fail_msg("%s, not %s", seen.c_str(), each.seen);
  }
}

void used_up_rule_leaves_room_for_the_next(void**) {
  SimRequestFault second = rule("", "");
  second.kind = SimRequestFaultKind::kEmpty;
  SimFaults faults = faults_of({rule("", ""), second});
  assert_true(faults.take_for_request("GET", "/")->kind == SimRequestFaultKind::kStatus);
  assert_true(faults.take_for_request("GET", "/")->kind == SimRequestFaultKind::kEmpty);
  assert_false(faults.take_for_request("GET", "/").has_value());
}

void new_rules_replace_the_old(void**) {
  SimFaults faults = faults_of({rule("", "", {-1, 0})});
  faults.replace({});
  assert_false(faults.take_for_request("GET", "/").has_value());
}

void machine_rule_matches_its_machine_only(void**) {
  SimMachineFault fault;
  fault.machine = "abc";
  SimFaults faults;
  faults.replace({{}, {fault}});
  assert_false(faults.take_for_machine("next").has_value());
  assert_false(faults.take_for_machine("abcd").has_value());
  assert_true(faults.take_for_machine("abc").has_value());
  assert_false(faults.take_for_machine("abc").has_value());
}

// One letter a call, at the given milliseconds: 'y' admitted, 'n' refused.
std::string play(SimRate rate, const std::vector<int>& times) {
  std::string seen;
  for (const int time : times)
    seen +=
        rate.admit(TimePoint(std::chrono::hours(1)) + std::chrono::milliseconds(time)) ? 'y' : 'n';
  return seen;
}

void rate_admits_one_call_an_interval(void**) {
  struct Case {
    const char* name;
    int interval;
    int slack;
    std::vector<int> times;
    const char* seen;
  };
  const Case cases[] = {
      {"exact", 1000, 0, {0, 999, 1000, 1999, 2000}, "ynyny"},
      {"refused calls use nothing", 1000, 0, {0, 500, 500, 500, 1000}, "ynnny"},
      {"idle time is not saved up", 1000, 0, {0, 9000, 9001}, "yyn"},
      {"slack", 1000, 100, {0, 899, 900, 1899, 1900}, "ynyny"},
      {"slack of an interval", 1000, 1000, {0, 0, 0, 999, 1000}, "yynny"},
      {"no limit", 0, 0, {0, 0, 0}, "yyy"},
  };
  for (const Case& each : cases) {
    using std::chrono::milliseconds;
    const std::string seen =
        play(SimRate(milliseconds(each.interval), milliseconds(each.slack)), each.times);
    if (seen != each.seen) fail_msg("%s: %s, not %s", each.name, seen.c_str(), each.seen);
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(rule_matches_method_and_path),
      cmocka_unit_test(rule_counts_times_and_skips),
      cmocka_unit_test(used_up_rule_leaves_room_for_the_next),
      cmocka_unit_test(new_rules_replace_the_old),
      cmocka_unit_test(machine_rule_matches_its_machine_only),
      cmocka_unit_test(rate_admits_one_call_an_interval),
  };
  return cmocka_run_group_tests_name("sim.faults", tests, nullptr, nullptr);
}
