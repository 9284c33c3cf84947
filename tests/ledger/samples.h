// SPDX-License-Identifier: GPL-2.0-or-later
//
// Values with every field set, and with none that may be absent.
#pragma once

#include <memory>
#include <string>

#include "ledger/ledger.h"
#include "tests/support/cmocka.h"

namespace spillway {

inline TimePoint at(std::int64_t milliseconds) {
  return TimePoint(std::chrono::milliseconds(milliseconds));
}

inline const OfferId kOffer{"lambda", "us-east-1", "gpu_8x_h100_sxm5", "ethernet"};

inline Request sample_request(RequestKind kind = RequestKind::kResume) {
  Request request;
  request.kind = kind;
  request.nodes = "h100-[001-004]";
  request.resume_file = "{\"jobs\": [], \"words\": \"gr\xC3\xBC\xC3\x9F\"}";
  request.received_at = at(1'795'519'000'123);
  return request;
}

inline Lease sample_lease(std::int64_t id) {
  Lease lease;
  lease.id = id;
  lease.pool = "h100";
  lease.job = 4'000'000'000;
  lease.offer = kOffer;
  lease.price_per_hour = Money::from_cents(3192);
  lease.billing = BillingTerms{std::chrono::seconds(60), std::chrono::seconds(3600)};
  lease.boot_time = std::chrono::seconds(420);
  lease.calls = 3;
  lease.created_at = at(1'000);
  return lease;
}

inline Machine sample_machine(std::int64_t id, std::int64_t lease, MachineState state) {
  Machine machine;
  machine.id = id;
  machine.lease = lease;
  machine.node = "h100-00" + std::to_string(id);
  machine.state = state;
  machine.state_since = at(2'000);
  return machine;
}

inline Event sample_event(const std::string& text) {
  Event event;
  event.at = at(3'000);
  event.kind = "order";
  event.job = 7;
  event.lease = 8;
  event.node = "h100-[001-002]";
  event.text = text;
  event.details = "{\"machines\":2}";
  return event;
}

inline std::unique_ptr<Ledger> open_ledger(const std::string& path,
                                           Ledger::Access access = Ledger::Access::kReadWrite) {
  Result<std::unique_ptr<Ledger>> ledger = Ledger::open(path, access);
  if (!ledger) fail_msg("%s", ledger.error().message.c_str());
  return *std::move(ledger);
}

// The value, or the end of the test.
template <typename T>
T value_of(Result<T> result) {
  if (!result) fail_msg("%s", result.error().message.c_str());
  return *std::move(result);
}

inline void assert_done(const Status& status) {
  if (!status) fail_msg("%s", status.error().message.c_str());
}

}  // namespace spillway
