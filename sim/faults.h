// SPDX-License-Identifier: GPL-2.0-or-later
//
// What goes wrong on purpose: rules that match a request or a machine, each good for so many
// times after so many have been let pass. The first rule in order that matches and is not used up
// decides.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spillway {

enum class SimRequestFaultKind {
  kRefuseCapacity,  // without effect: the cloud's own "out of capacity"
  kStatus,          // without effect: `status`, with `body` or the cloud's own words
  kHtml,            // without effect: a proxy's page
  kEmpty,           // without effect: an answer without a body
  kTimeoutBefore,   // without effect: no answer
  kRateLimit,       // without effect: the cloud's own "too many requests"
  kTruncate,        // takes effect: half of the answer's body, as if that were all
  kCut,             // takes effect: the connection ends in the middle of the body
  kTimeoutAfter,    // takes effect: no answer
  kErrorAfter,      // takes effect: answered 500
};

enum class SimMachineFaultKind {
  kNeverBoots,  // stays in building for ever
  kFails,       // its boot ends in an error: nothing runs, and no bill begins
  kDies,        // its processes end; the cloud shows it unhealthy
  kUnhealthy,   // its health check fails; its processes go on
  kPreempted,   // the cloud takes it back
  kVanishes,    // it leaves the cloud's list, unasked
  kHardware,    // it boots, on hardware that is not what it should be
};

// What is wrong with a machine's hardware; nothing as it stands.
struct SimHardwareFault {
  std::optional<int> gpus;        // as many are found
  int ecc_errors = 0;             // uncorrected, on the first GPU
  int xid = 0;                    // the kernel's log has this error of the driver
  int dead_ports = 0;             // of InfiniBand's ports, the first ones
  int slow_ports = 0;             // of those that live
  std::chrono::seconds clock{0};  // how far its clock is ahead; negative: behind
};

// How often a rule applies.
struct SimFaultCount {
  int times = 1;  // -1: for ever
  int skip = 0;   // matches that are let pass first
};

struct SimRequestFault {
  SimRequestFaultKind kind = SimRequestFaultKind::kStatus;
  std::string method;  // empty: any
  std::string path;    // whole; a '*' at its end stands for any rest; empty: any
  int status = 0;      // 0: the kind's own
  std::string body;    // empty: the kind's own
  std::optional<std::chrono::seconds> retry_after;
  SimFaultCount count;
};

struct SimMachineFault {
  SimMachineFaultKind kind = SimMachineFaultKind::kNeverBoots;
  std::string machine;                 // an id, or "next": one not yet ordered
  std::chrono::milliseconds after{0};  // from when it is up, or from now if it is
  SimFaultCount count;
  SimHardwareFault hardware = {};  // of kHardware
};

struct SimFaultRules {
  std::vector<SimRequestFault> requests;
  std::vector<SimMachineFault> machines;
};

class SimFaults {
 public:
  void replace(SimFaultRules rules) {
    rules_ = std::move(rules);
    ++replacements_;
  }
  void add(const SimMachineFault& rule) {
    rules_.machines.push_back(rule);
    ++replacements_;
  }
  // How often the rules were changed.
  [[nodiscard]] int replacements() const { return replacements_; }

  // The fault of this request, its rule counted down.
  [[nodiscard]] std::optional<SimRequestFault> take_for_request(std::string_view method,
                                                                std::string_view path);
  // The fault of the machine `id` ("next" for the one being ordered), its rule counted down.
  [[nodiscard]] std::optional<SimMachineFault> take_for_machine(std::string_view id);

 private:
  SimFaultRules rules_;
  int replacements_ = 0;
};

}  // namespace spillway
