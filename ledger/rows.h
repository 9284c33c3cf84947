// SPDX-License-Identifier: GPL-2.0-or-later
//
// The ledger's values as rows: each save writes all of a value by its key, each read takes what
// the statement beside it selects.
#pragma once

#include <optional>
#include <vector>

#include "core/books.h"
#include "ledger/database.h"
#include "ledger/ledger.h"

namespace spillway {

[[nodiscard]] Status save_row(Database& database, const Request& request);  // id 0: a new one
[[nodiscard]] Status save_row(Database& database, const Lease& lease);
[[nodiscard]] Status save_row(Database& database, const Machine& machine);
[[nodiscard]] Status save_row(Database& database, const Permission& permission);
[[nodiscard]] Status save_row(Database& database, const Cooldown& cooldown);
[[nodiscard]] Status save_row(Database& database, const Setting& setting);
[[nodiscard]] Status save_row(Database& database, const Retry& retry);  // always a new one
[[nodiscard]] Status save_row(Database& database, const Alert& alert);
[[nodiscard]] Status save_row(Database& database, const Event& event);  // always a new one

// Reading. Nothing when the row holds a word that this program does not know.
extern const char* const kSelectOpenRequests;  // ?1: ids above
extern const char* const kSelectOpenLeases;
extern const char* const kSelectLease;  // ?1: id
extern const char* const kSelectOpenMachines;
extern const char* const kSelectPermissions;
extern const char* const kSelectCooldowns;
extern const char* const kSelectSettings;
extern const char* const kSelectRetries;
extern const char* const kSelectAlerts;
extern const char* const kSelectEvents;      // ?1: ids above, ?2: how many
extern const char* const kSelectLastEvents;  // ?1: how many
extern const char* const kSelectCharges;     // ?1: billed at or after
[[nodiscard]] std::optional<Request> read_request(Query& row);
[[nodiscard]] std::optional<Lease> read_lease(Query& row);
[[nodiscard]] std::optional<Machine> read_machine(Query& row);
[[nodiscard]] std::optional<Permission> read_permission(Query& row);
[[nodiscard]] std::optional<Cooldown> read_cooldown(Query& row);
[[nodiscard]] std::optional<Setting> read_setting(Query& row);
[[nodiscard]] std::optional<Retry> read_retry(Query& row);
[[nodiscard]] std::optional<Alert> read_alert(Query& row);
[[nodiscard]] std::optional<Event> read_event(Query& row);
[[nodiscard]] std::optional<Charge> read_charge(Query& row);

}  // namespace spillway
