// SPDX-License-Identifier: GPL-2.0-or-later
#include "ledger/rows.h"

#include <string>
#include <string_view>
#include <utility>

#include "lib/text.h"

namespace spillway {
namespace {

constexpr char kNodeSeparator = ',';

constexpr const char* kSaveRequest =
    "INSERT OR REPLACE INTO request"
    " (id, kind, nodes, resume_file, received_at, done_at, outcome)"
    " VALUES (?, ?, ?, ?, ?, ?, ?)";

constexpr const char* kSaveLease =
    "INSERT OR REPLACE INTO lease"
    " (id, pool, job, provider, region, type, fabric, price_per_hour, quantum, minimum, boot_time,"
    "  calls, created_at, ended_at, outcome)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

constexpr const char* kSaveMachine =
    "INSERT OR REPLACE INTO machine"
    " (id, lease, node, state, state_since, call, provider_id, address, unwanted, misses,"
    "  ordered_at, not_before, release_asked_at, releases_asked, billed_from, billed_to, reason,"
    "  private_address, wireguard_key, tunnel_address)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

constexpr const char* kSavePermission =
    "INSERT OR REPLACE INTO permission"
    " (job, pool, nodes, since, provider, region, type, fabric)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)";

constexpr const char* kSaveCooldown =
    "INSERT OR REPLACE INTO cooldown"
    " (provider, region, type, fabric, refusals, valid_until, reason, failures, refused_at,"
    "  needs_admin)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";

constexpr const char* kSaveSetting =
    "INSERT OR REPLACE INTO setting (name, value, set_by, set_at, valid_until)"
    " VALUES (?, ?, ?, ?, ?)";

constexpr const char* kSaveRetry =
    "INSERT INTO retry (provider, asked_by, asked_at) VALUES (?, ?, ?)";

constexpr const char* kSaveAlert =
    "INSERT OR REPLACE INTO alert (kind, subject, since, text, cure) VALUES (?, ?, ?, ?, ?)";

constexpr const char* kSaveEvent =
    "INSERT INTO event (at, kind, job, lease, node, text, details) VALUES (?, ?, ?, ?, ?, ?, ?)";

// 0 stands for "none" in the values; NULL does in a column that refers to another table.
std::optional<std::int64_t> or_null(std::int64_t id) {
  return id == 0 ? std::nullopt : std::optional(id);
}

std::optional<RequestKind> parse_request_kind(std::string_view name) {
  for (const auto kind : {RequestKind::kResume, RequestKind::kSuspend, RequestKind::kResumeFail}) {
    if (name == request_kind_name(kind)) return kind;
  }
  return std::nullopt;
}

std::chrono::seconds read_seconds(Query& row) {
  return std::chrono::seconds(row.integer());
}

OfferId read_offer_id(Query& row) {
  OfferId id;
  id.provider = row.text();
  id.region = row.text();
  id.type = row.text();
  id.fabric = row.text();
  return id;
}

BillingTerms read_billing(Query& row) {
  BillingTerms billing;
  billing.quantum = read_seconds(row);
  billing.minimum = read_seconds(row);
  return billing;
}

}  // namespace

const char* const kSelectOpenRequests =
    "SELECT id, kind, nodes, resume_file, received_at, done_at, outcome"
    " FROM request WHERE done_at IS NULL AND id > ? ORDER BY id";

#define LEASE_COLUMNS                                                                       \
  "SELECT id, pool, job, provider, region, type, fabric, price_per_hour, quantum, minimum," \
  " boot_time, calls, created_at, ended_at, outcome FROM lease"

const char* const kSelectOpenLeases = LEASE_COLUMNS " WHERE ended_at IS NULL ORDER BY id";
const char* const kSelectLease = LEASE_COLUMNS " WHERE id = ?";

#undef LEASE_COLUMNS

// The final states are those of core/machine.cc; a test compares.
const char* const kSelectOpenMachines =
    "SELECT id, lease, node, state, state_since, call, provider_id, address, unwanted, misses,"
    "  ordered_at, not_before, release_asked_at, releases_asked, billed_from, billed_to, reason,"
    "  private_address, wireguard_key, tunnel_address"
    " FROM machine WHERE state NOT IN ('gone', 'refused')"
    "  OR lease IN (SELECT id FROM lease WHERE ended_at IS NULL) ORDER BY id";

const char* const kSelectPermissions =
    "SELECT job, pool, nodes, since, provider, region, type, fabric FROM permission";

const char* const kSelectCooldowns =
    "SELECT provider, region, type, fabric, refusals, valid_until, reason, failures, refused_at,"
    "  needs_admin FROM cooldown";

const char* const kSelectSettings = "SELECT name, value, set_by, set_at, valid_until FROM setting";

const char* const kSelectRetries = "SELECT id, provider, asked_by, asked_at FROM retry ORDER BY id";

const char* const kSelectAlerts = "SELECT kind, subject, since, text, cure FROM alert";

const char* const kSelectEvents =
    "SELECT id, at, kind, job, lease, node, text, details FROM event"
    " WHERE id > ? ORDER BY id LIMIT ?";

const char* const kSelectLastEvents =
    "SELECT * FROM (SELECT id, at, kind, job, lease, node, text, details FROM event"
    " ORDER BY id DESC LIMIT ?) ORDER BY id";

const char* const kSelectCharges =
    "SELECT machine, lease, job, node, provider, region, type, fabric, provider_id, state,"
    "  billed_from, billed_to, price_per_hour, quantum, minimum"
    " FROM charge WHERE billed_to IS NULL OR billed_to >= ? ORDER BY billed_from, machine";

Status save_row(Database& database, const Request& request) {
  return Query(database, kSaveRequest)
      .with(or_null(request.id),
            request_kind_name(request.kind),
            request.nodes,
            request.resume_file,
            request.received_at,
            request.done_at,
            request.outcome)
      .run();
}

Status save_row(Database& database, const Lease& lease) {
  return Query(database, kSaveLease)
      .with(lease.id,
            lease.pool,
            lease.job,
            lease.offer.provider,
            lease.offer.region,
            lease.offer.type,
            lease.offer.fabric,
            lease.price_per_hour.micros(),
            lease.billing.quantum.count(),
            lease.billing.minimum.count(),
            lease.boot_time.count(),
            lease.calls,
            lease.created_at,
            lease.ended_at,
            lease.outcome)
      .run();
}

Status save_row(Database& database, const Machine& machine) {
  return Query(database, kSaveMachine)
      .with(machine.id,
            or_null(machine.lease),
            machine.node,
            facts_of(machine.state).name,
            machine.state_since,
            machine.call,
            machine.provider_id,
            machine.address,
            machine.unwanted,
            machine.misses,
            machine.ordered_at,
            machine.not_before,
            machine.release_asked_at,
            machine.releases_asked,
            machine.billed_from,
            machine.billed_to,
            machine.reason,
            machine.private_address,
            machine.wireguard_key,
            machine.tunnel_address)
      .run();
}

Status save_row(Database& database, const Permission& permission) {
  const std::string nodes = join(permission.nodes, std::string_view(&kNodeSeparator, 1));
  const OfferId fabric = permission.fabric.value_or(OfferId{});
  return Query(database, kSavePermission)
      .with(permission.job,
            permission.pool,
            nodes,
            permission.since,
            fabric.provider,
            fabric.region,
            fabric.type,
            fabric.fabric)
      .run();
}

Status save_row(Database& database, const Cooldown& cooldown) {
  const OfferId& offer = cooldown.offer;
  return Query(database, kSaveCooldown)
      .with(offer.provider,
            offer.region,
            offer.type,
            offer.fabric,
            cooldown.refusals,
            cooldown.until,
            cooldown.reason,
            cooldown.failures,
            cooldown.refused_at,
            cooldown.needs_admin)
      .run();
}

Status save_row(Database& database, const Setting& setting) {
  return Query(database, kSaveSetting)
      .with(setting.name, setting.value, setting.set_by, setting.set_at, setting.until)
      .run();
}

Status save_row(Database& database, const Retry& retry) {
  return Query(database, kSaveRetry).with(retry.provider, retry.asked_by, retry.asked_at).run();
}

Status save_row(Database& database, const Alert& alert) {
  return Query(database, kSaveAlert)
      .with(alert.kind, alert.subject, alert.since, alert.text, alert.cure)
      .run();
}

Status save_row(Database& database, const Event& event) {
  return Query(database, kSaveEvent)
      .with(event.at, event.kind, event.job, event.lease, event.node, event.text, event.details)
      .run();
}

std::optional<Request> read_request(Query& row) {
  Request request;
  request.id = row.integer();
  const auto kind = parse_request_kind(row.text());
  if (!kind) return std::nullopt;
  request.kind = *kind;
  request.nodes = row.text();
  request.resume_file = row.text();
  request.received_at = row.time();
  request.done_at = row.optional_time();
  request.outcome = row.text();
  return request;
}

std::optional<Lease> read_lease(Query& row) {
  Lease lease;
  lease.id = row.integer();
  lease.pool = row.text();
  lease.job = static_cast<std::uint32_t>(row.integer());
  lease.offer = read_offer_id(row);
  lease.price_per_hour = Money::from_micros(row.integer());
  lease.billing = read_billing(row);
  lease.boot_time = read_seconds(row);
  lease.calls = row.integer();
  lease.created_at = row.time();
  lease.ended_at = row.optional_time();
  lease.outcome = row.text();
  return lease;
}

std::optional<Machine> read_machine(Query& row) {
  Machine machine;
  machine.id = row.integer();
  machine.lease = row.integer();
  machine.node = row.text();
  const auto state = parse_machine_state(row.text());
  if (!state) return std::nullopt;
  machine.state = *state;
  machine.state_since = row.time();
  machine.call = row.integer();
  machine.provider_id = row.text();
  machine.address = row.text();
  machine.unwanted = row.integer() != 0;
  machine.misses = static_cast<int>(row.integer());
  machine.ordered_at = row.optional_time();
  machine.not_before = row.optional_time();
  machine.release_asked_at = row.optional_time();
  machine.releases_asked = static_cast<int>(row.integer());
  machine.billed_from = row.optional_time();
  machine.billed_to = row.optional_time();
  machine.reason = row.text();
  machine.private_address = row.text();
  machine.wireguard_key = row.text();
  machine.tunnel_address = row.text();
  return machine;
}

std::optional<Permission> read_permission(Query& row) {
  Permission permission;
  permission.job = static_cast<std::uint32_t>(row.integer());
  permission.pool = row.text();
  const std::string nodes = row.text();
  if (!nodes.empty()) {
    for (const std::string_view node : split(nodes, kNodeSeparator)) {
      permission.nodes.emplace_back(node);
    }
  }
  permission.since = row.time();
  OfferId fabric = read_offer_id(row);
  if (!fabric.provider.empty()) permission.fabric = std::move(fabric);
  return permission;
}

std::optional<Cooldown> read_cooldown(Query& row) {
  Cooldown cooldown;
  cooldown.offer = read_offer_id(row);
  cooldown.refusals = static_cast<int>(row.integer());
  cooldown.until = row.time();
  cooldown.reason = row.text();
  cooldown.failures = static_cast<int>(row.integer());
  cooldown.refused_at = row.time();
  cooldown.needs_admin = row.integer() != 0;
  return cooldown;
}

std::optional<Setting> read_setting(Query& row) {
  Setting setting;
  setting.name = row.text();
  setting.value = row.text();
  setting.set_by = row.text();
  setting.set_at = row.time();
  setting.until = row.optional_time();
  return setting;
}

std::optional<Retry> read_retry(Query& row) {
  Retry retry;
  retry.id = row.integer();
  retry.provider = row.text();
  retry.asked_by = row.text();
  retry.asked_at = row.time();
  return retry;
}

std::optional<Alert> read_alert(Query& row) {
  Alert alert;
  alert.kind = row.text();
  alert.subject = row.text();
  alert.since = row.time();
  alert.text = row.text();
  alert.cure = row.text();
  return alert;
}

std::optional<Event> read_event(Query& row) {
  Event event;
  event.id = row.integer();
  event.at = row.time();
  event.kind = row.text();
  event.job = static_cast<std::uint32_t>(row.integer());
  event.lease = row.integer();
  event.node = row.text();
  event.text = row.text();
  event.details = row.text();
  return event;
}

std::optional<Charge> read_charge(Query& row) {
  Charge charge;
  charge.machine = row.integer();
  charge.lease = row.integer();
  charge.job = static_cast<std::uint32_t>(row.integer());
  charge.node = row.text();
  charge.offer = read_offer_id(row);
  charge.provider_id = row.text();
  const auto state = parse_machine_state(row.text());
  if (!state) return std::nullopt;
  charge.state = *state;
  charge.billed_from = row.optional_time();
  charge.billed_to = row.optional_time();
  charge.price_per_hour = Money::from_micros(row.integer());
  charge.billing = read_billing(row);
  return charge;
}

}  // namespace spillway
