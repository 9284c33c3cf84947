// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/http/fault_json.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/http/json_fields.h"

namespace spillway {
namespace {

template <typename Kind>
struct Word {
  std::string_view word;
  Kind kind;
};

constexpr std::array<Word<SimRequestFaultKind>, 10> kRequestWords{{
    {"refuse_capacity", SimRequestFaultKind::kRefuseCapacity},
    {"status", SimRequestFaultKind::kStatus},
    {"html", SimRequestFaultKind::kHtml},
    {"empty", SimRequestFaultKind::kEmpty},
    {"truncate", SimRequestFaultKind::kTruncate},
    {"cut", SimRequestFaultKind::kCut},
    {"timeout_before", SimRequestFaultKind::kTimeoutBefore},
    {"timeout_after", SimRequestFaultKind::kTimeoutAfter},
    {"error_after", SimRequestFaultKind::kErrorAfter},
    {"rate_limit", SimRequestFaultKind::kRateLimit},
}};

constexpr std::array<Word<SimMachineFaultKind>, 7> kMachineWords{{
    {"never_boots", SimMachineFaultKind::kNeverBoots},
    {"fails", SimMachineFaultKind::kFails},
    {"dies", SimMachineFaultKind::kDies},
    {"unhealthy", SimMachineFaultKind::kUnhealthy},
    {"preempted", SimMachineFaultKind::kPreempted},
    {"vanishes", SimMachineFaultKind::kVanishes},
    {"hardware", SimMachineFaultKind::kHardware},
}};

constexpr std::array<const char*, 6> kHardwareKeys{
    "gpus", "ecc_errors", "xid", "dead_ports", "slow_ports", "clock_seconds"};

template <typename Words>
auto find_word(const Words& words, const std::string& word)
    -> std::optional<decltype(words.front().kind)> {
  const auto found =
      std::find_if(words.begin(), words.end(), [&](const auto& each) { return each.word == word; });
  if (found == words.end()) return std::nullopt;
  return found->kind;
}

SimFaultCount read_count(JsonFields& fields, const Json& rule) {
  return {static_cast<int>(fields.integer(rule, "times", 1, -1)),
          static_cast<int>(fields.integer(rule, "skip", 0, 0))};
}

SimHardwareFault read_hardware_fault(JsonFields& fields, const Json& rule) {
  const auto number = [&](const char* key) {
    return static_cast<int>(fields.integer(rule, key, 0, 0));
  };
  SimHardwareFault fault;
  if (!rule.get("gpus").is_absent()) fault.gpus = number("gpus");
  fault.ecc_errors = number("ecc_errors");
  fault.xid = number("xid");
  fault.dead_ports = number("dead_ports");
  fault.slow_ports = number("slow_ports");
  fault.clock = std::chrono::seconds(fields.integer(rule, "clock_seconds", 0, INT32_MIN));
  return fault;
}

SimMachineFault read_machine_fault(JsonFields& fields, const Json& rule) {
  SimMachineFault fault;
  const std::string word = fields.text(rule, "do", "");
  const auto kind = find_word(kMachineWords, word);
  if (!kind) fields.fail("do", "unknown machine fault \"" + word + "\"");
  fault.kind = kind.value_or(fault.kind);
  std::vector<const char*> known{"match", "do", "times", "skip"};
  if (kind == SimMachineFaultKind::kHardware)
    known.insert(known.end(), kHardwareKeys.begin(), kHardwareKeys.end());
  else
    known.push_back("after_seconds");
  fields.expect("rule", rule, known);
  fields.expect("match", rule.get("match"), {"machine"});
  fault.hardware = read_hardware_fault(fields, rule);
  fault.machine = fields.text(rule.get("match"), "machine", "");
  fault.after = fields.seconds(rule, "after_seconds", std::chrono::milliseconds(0));
  fault.count = read_count(fields, rule);
  return fault;
}

SimRequestFault read_request_fault(JsonFields& fields, const Json& rule) {
  fields.expect("rule", rule, {"match", "do", "status", "body", "retry_after", "times", "skip"});
  fields.expect("match", rule.get("match"), {"method", "path"});
  SimRequestFault fault;
  const std::string word = fields.text(rule, "do", "");
  const auto kind = find_word(kRequestWords, word);
  if (!kind) fields.fail("do", "unknown request fault \"" + word + "\"");
  fault.kind = kind.value_or(fault.kind);
  fault.method = fields.text(rule.get("match"), "method", "");
  fault.path = fields.text(rule.get("match"), "path", "");
  fault.status = static_cast<int>(fields.integer(rule, "status", 0, 200));
  if (fault.status > 599) fields.fail("status", "must be at most 599");
  fault.body = fields.text(rule, "body", "");
  if (!rule.get("retry_after").is_absent())
    fault.retry_after = std::chrono::seconds(fields.integer(rule, "retry_after", 0, 0));
  fault.count = read_count(fields, rule);
  return fault;
}

}  // namespace

Result<SimFaultRules> parse_faults(const Json& list) {
  if (!list.is_array()) return Error{ErrorCode::kInvalid, "faults: must be a list of rules", {}};
  SimFaultRules rules;
  for (std::size_t i = 0; i < list.size(); ++i) {
    JsonFields fields("faults[" + std::to_string(i) + "]");
    const Json rule = list.at(i);
    if (!rule.is_object()) fields.fail("rule", "must be an object");
    if (rule.get("match").get("machine").is_absent())
      rules.requests.push_back(read_request_fault(fields, rule));
    else
      rules.machines.push_back(read_machine_fault(fields, rule));
    if (auto status = fields.status(); !status) return status.error();
  }
  return rules;
}

}  // namespace spillway
