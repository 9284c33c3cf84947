// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the ledger remembers, as values: requests, leases, machines, permissions, cool-downs,
// events. The decisions in core work on them; the ledger keeps them.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/machine.h"
#include "core/offer.h"
#include "lib/money.h"
#include "lib/time.h"

namespace spillway {

enum class RequestKind { kResume, kSuspend, kResumeFail };
[[nodiscard]] const char* request_kind_name(
    RequestKind kind);  // "resume", "suspend", "resume-fail"

// One call of a power-save program, as it came.
struct Request {
  std::int64_t id = 0;
  RequestKind kind = RequestKind::kResume;
  std::string nodes;        // host list expression, as Slurm gave it
  std::string resume_file;  // text of SLURM_RESUME_FILE; empty when there was none
  TimePoint received_at;
  std::optional<TimePoint> done_at;
  std::string outcome;  // what became of it, for people
};

// One gang's machines of one offer.
struct Lease {
  std::int64_t id = 0;
  std::string pool;
  std::uint32_t job = 0;  // 0: powered up by hand
  OfferId offer;
  Money price_per_hour;  // of one machine, when the offer was chosen
  BillingTerms billing;
  std::chrono::seconds boot_time{0};
  std::int64_t calls = 0;  // order calls so far; numbers the marks
  TimePoint created_at;
  std::optional<TimePoint> ended_at;
  std::string outcome;  // why it ended
};

struct Machine {
  std::int64_t id = 0;
  std::int64_t lease = 0;
  std::string node;  // empty for an orphan
  MachineState state = MachineState::kWanted;
  TimePoint state_since;
  std::int64_t call = 0;    // number of the order call that made it; 0 before
  std::string provider_id;  // the cloud's id; empty until known
  std::string address;      // as the cloud shows it
  // What it told when it joined: its address in the provider's network, and its WireGuard key.
  std::string private_address;
  std::string wireguard_key;
  std::string tunnel_address;  // that it was given
  bool unwanted = false;       // ordered without an answer, and no longer needed: release on sight
  int misses = 0;              // consecutive complete lists that did not show it
  std::optional<TimePoint> ordered_at;  // when the call left
  std::optional<TimePoint> not_before;  // a refused or failed call is not repeated earlier
  std::optional<TimePoint> release_asked_at;
  int releases_asked = 0;
  std::optional<TimePoint> billed_from;  // as the cloud tells, else when it was seen running
  std::optional<TimePoint> billed_to;    // when the cloud accepted its end
  std::string reason;                    // why it failed or is released
};

// A job may use these nodes of one pool.
struct Permission {
  std::uint32_t job = 0;
  std::string pool;
  std::vector<std::string> nodes;
  TimePoint since;
  // The fabric that its machines must share, when some stand already or several gangs (an array)
  // share the nodes: no other offer will do.
  std::optional<OfferId> fabric = std::nullopt;
};

// An offer, or a whole provider (region, type and fabric empty), that is not ordered for a while.
// It outlives its end, for the counts: they begin anew after a success.
struct Cooldown {
  OfferId offer;
  int refusals = 0;  // of orders, in a row
  TimePoint until;
  std::string reason;        // the provider's words
  int failures = 0;          // machines that did not come up, in a row
  TimePoint refused_at{};    // the last of either
  bool needs_admin = false;  // the key is refused: `until` is moved on until that is mended
};

struct Event {
  std::int64_t id = 0;
  TimePoint at;
  std::string kind;        // "permit", "order", "refused", "joined", "release", ...
  std::uint32_t job = 0;   // 0: none
  std::int64_t lease = 0;  // 0: none
  std::string node;        // host list expression, may be empty
  std::string text;        // one line for people
  std::string details;     // JSON object for programs, or empty
};

// A limit as an admin changed it at run time; see core/settings.h.
struct Setting {
  std::string name;    // "policy.limits.machines"
  std::string value;   // "80", "3.50", "none"
  std::string set_by;  // user name
  TimePoint set_at;
  std::optional<TimePoint> until;  // nothing: until it is set otherwise

  friend bool operator==(const Setting&, const Setting&) = default;
};
using Settings = std::map<std::string, Setting>;  // by name

// An admin's wish that a provider is tried again, whatever it refused.
struct Retry {
  std::int64_t id = 0;
  std::string provider;
  std::string asked_by;  // user name
  TimePoint asked_at;
};

// Something that a person has to see to; it ends by itself when that is done.
struct Alert {
  std::string kind;     // "will_not_end", ...: docs/alerts.md has them all
  std::string subject;  // what it is about: "lambda", "lambda/i-17", "h100-001"
  TimePoint since;
  std::string text;  // what is wrong
  std::string cure;  // what to do
};
using AlertId = std::pair<std::string, std::string>;  // kind, subject

// All that is open, as the broker holds it in memory.
struct Books {
  std::string ledger_tag;  // 6 hex digits; see core/mark.h
  std::int64_t next_lease = 1;
  std::int64_t next_machine = 1;
  std::map<std::int64_t, Request> requests;  // open ones
  std::map<std::int64_t, Lease> leases;      // not ended
  std::map<std::int64_t, Machine> machines;  // of open leases, or not final
  std::map<std::uint32_t, Permission> permissions;
  std::map<OfferId, Cooldown> cooldowns;
  Settings settings;
  std::map<std::int64_t, Retry> retries;  // open ones
  std::map<AlertId, Alert> alerts;        // open ones

  // Not in the ledger: nodes that are to go back to Slurm, with the reason to say, and the comments
  // that jobs are to bear. After a restart the same is concluded from what is seen.
  std::map<std::string, std::string> send_back;
  std::map<std::uint32_t, std::string> comments;
};

// The leadership under which a broker writes, and how long it is to last from then on.
struct Lead {
  std::string holder;
  TimePoint until;
};

// One transaction: rows as they are to be, and what is to be said about it.
struct Changes {
  std::vector<Request> requests;
  std::vector<Lease> leases;
  std::vector<Machine> machines;
  std::vector<Permission> permissions;
  std::vector<std::uint32_t> dropped_permissions;
  std::vector<Cooldown> cooldowns;
  std::vector<OfferId> dropped_cooldowns;
  std::vector<Setting> settings;
  std::vector<Setting> dropped_settings;  // unless they were set anew meanwhile
  std::vector<Retry> retries;             // new ones: ids are given by the ledger
  std::vector<std::int64_t> answered_retries;
  std::vector<Alert> alerts;
  std::vector<AlertId> dropped_alerts;
  std::vector<Event> events;  // ids are given by the ledger
  // With it, nothing is written unless the holder still leads, and its lead is renewed.
  std::optional<Lead> lead;

  [[nodiscard]] bool empty() const;
};

}  // namespace spillway
