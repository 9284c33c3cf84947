// SPDX-License-Identifier: GPL-2.0-or-later
#include "ledger/schema.h"

#include <cstdint>
#include <string>

#include "lib/secret.h"

namespace spillway {
namespace {

// "SPWL", in the file's header: tells a ledger from other SQLite files.
constexpr std::int64_t kApplicationId = 0x5350574C;

// Times are milliseconds since 1970, UTC; durations are seconds; money is micro-dollars.
constexpr const char* kVersion1 = R"sql(
CREATE TABLE identity (
  only INTEGER PRIMARY KEY CHECK (only = 1),
  tag  TEXT NOT NULL
) STRICT;

CREATE TABLE request (
  id          INTEGER PRIMARY KEY,
  kind        TEXT NOT NULL,
  nodes       TEXT NOT NULL,
  resume_file TEXT NOT NULL,
  received_at INTEGER NOT NULL,
  done_at     INTEGER,
  outcome     TEXT NOT NULL
) STRICT;
CREATE INDEX request_open ON request (id) WHERE done_at IS NULL;

CREATE TABLE lease (
  id             INTEGER PRIMARY KEY,
  pool           TEXT NOT NULL,
  job            INTEGER NOT NULL,
  provider       TEXT NOT NULL,
  region         TEXT NOT NULL,
  type           TEXT NOT NULL,
  fabric         TEXT NOT NULL,
  price_per_hour INTEGER NOT NULL,
  quantum        INTEGER NOT NULL,
  minimum        INTEGER NOT NULL,
  boot_time      INTEGER NOT NULL,
  calls          INTEGER NOT NULL,
  created_at     INTEGER NOT NULL,
  ended_at       INTEGER,
  outcome        TEXT NOT NULL
) STRICT;
CREATE INDEX lease_open ON lease (id) WHERE ended_at IS NULL;

CREATE TABLE machine (
  id               INTEGER PRIMARY KEY,
  lease            INTEGER REFERENCES lease (id),
  node             TEXT NOT NULL,
  state            TEXT NOT NULL,
  state_since      INTEGER NOT NULL,
  call             INTEGER NOT NULL,
  provider_id      TEXT NOT NULL,
  address          TEXT NOT NULL,
  unwanted         INTEGER NOT NULL,
  misses           INTEGER NOT NULL,
  ordered_at       INTEGER,
  not_before       INTEGER,
  release_asked_at INTEGER,
  releases_asked   INTEGER NOT NULL,
  billed_from      INTEGER,
  billed_to        INTEGER,
  reason           TEXT NOT NULL
) STRICT;
CREATE INDEX machine_lease ON machine (lease);
CREATE INDEX machine_open ON machine (id) WHERE state NOT IN ('gone', 'refused');
CREATE INDEX machine_billed ON machine (billed_from) WHERE billed_from IS NOT NULL;

CREATE TABLE permission (
  job   INTEGER PRIMARY KEY,
  pool  TEXT NOT NULL,
  nodes TEXT NOT NULL,
  since INTEGER NOT NULL
) STRICT;

CREATE TABLE cooldown (
  provider    TEXT NOT NULL,
  region      TEXT NOT NULL,
  type        TEXT NOT NULL,
  fabric      TEXT NOT NULL,
  refusals    INTEGER NOT NULL,
  valid_until INTEGER NOT NULL,
  reason      TEXT NOT NULL,
  PRIMARY KEY (provider, region, type, fabric)
) STRICT;

CREATE TABLE event (
  id      INTEGER PRIMARY KEY,
  at      INTEGER NOT NULL,
  kind    TEXT NOT NULL,
  job     INTEGER NOT NULL,
  lease   INTEGER NOT NULL,
  node    TEXT NOT NULL,
  text    TEXT NOT NULL,
  details TEXT NOT NULL
) STRICT;

CREATE TABLE leader (
  only        INTEGER PRIMARY KEY CHECK (only = 1),
  holder      TEXT NOT NULL,
  since       INTEGER NOT NULL,
  valid_until INTEGER NOT NULL
) STRICT;

CREATE VIEW charge AS
  SELECT machine.id AS machine, lease.id AS lease, lease.job AS job, machine.node AS node,
         lease.provider AS provider, lease.region AS region, lease.type AS type,
         lease.fabric AS fabric, machine.provider_id AS provider_id, machine.state AS state,
         machine.billed_from AS billed_from, machine.billed_to AS billed_to,
         lease.price_per_hour AS price_per_hour, lease.quantum AS quantum,
         lease.minimum AS minimum
    FROM machine JOIN lease ON lease.id = machine.lease
   WHERE machine.billed_from IS NOT NULL;
)sql";

// What an admin sets and asks for while the broker runs.
constexpr const char* kVersion2 = R"sql(
CREATE TABLE setting (
  name        TEXT PRIMARY KEY,
  value       TEXT NOT NULL,
  set_by      TEXT NOT NULL,
  set_at      INTEGER NOT NULL,
  valid_until INTEGER
) STRICT;

CREATE TABLE retry (
  id       INTEGER PRIMARY KEY,
  provider TEXT NOT NULL,
  asked_by TEXT NOT NULL,
  asked_at INTEGER NOT NULL
) STRICT;
)sql";

// The fabric of a permission, as an offer; no provider: any.
constexpr const char* kVersion3 = R"sql(
ALTER TABLE permission ADD COLUMN provider TEXT NOT NULL DEFAULT '';
ALTER TABLE permission ADD COLUMN region   TEXT NOT NULL DEFAULT '';
ALTER TABLE permission ADD COLUMN type     TEXT NOT NULL DEFAULT '';
ALTER TABLE permission ADD COLUMN fabric   TEXT NOT NULL DEFAULT '';
)sql";

// Failures beside refusals, and breakers that an admin has to close.
constexpr const char* kVersion4 = R"sql(
ALTER TABLE cooldown ADD COLUMN failures    INTEGER NOT NULL DEFAULT 0;
ALTER TABLE cooldown ADD COLUMN refused_at  INTEGER NOT NULL DEFAULT 0;
ALTER TABLE cooldown ADD COLUMN needs_admin INTEGER NOT NULL DEFAULT 0;
)sql";

// What a person has to see to, while it lasts.
constexpr const char* kVersion5 = R"sql(
CREATE TABLE alert (
  kind    TEXT NOT NULL,
  subject TEXT NOT NULL,
  since   INTEGER NOT NULL,
  text    TEXT NOT NULL,
  cure    TEXT NOT NULL,
  PRIMARY KEY (kind, subject)
) STRICT;
)sql";

// Where a machine is in the networks that it shares with others.
constexpr const char* kVersion6 = R"sql(
ALTER TABLE machine ADD COLUMN private_address TEXT NOT NULL DEFAULT '';
ALTER TABLE machine ADD COLUMN wireguard_key   TEXT NOT NULL DEFAULT '';
ALTER TABLE machine ADD COLUMN tunnel_address  TEXT NOT NULL DEFAULT '';
)sql";

constexpr const char* kSteps[] = {kVersion1, kVersion2, kVersion3, kVersion4, kVersion5, kVersion6};

Result<std::int64_t> version_of(Database& database) {
  return database.number("PRAGMA user_version");
}

Error newer(const Database& database, std::int64_t version, std::size_t known) {
  return Error{ErrorCode::kInvalid,
               database.path() + ": the ledger has schema " + std::to_string(version) +
                   ", this program knows schemas up to " + std::to_string(known) +
                   ": use the newer Spillway that wrote it",
               {}};
}

Status take_steps(Database& database, std::span<const char* const> steps, std::int64_t version) {
  for (const char* step : steps.subspan(static_cast<std::size_t>(version))) {
    if (Status taken = database.run(step); !taken) return taken;
  }
  constexpr std::size_t kTagBytes = 3;
  if (version == 0) {
    Query tag(database, "INSERT INTO identity (only, tag) VALUES (1, ?)");
    if (Status written = tag.with(random_hex(kTagBytes)).run(); !written) return written;
  }
  // A pragma takes no parameters; it is part of the transaction like everything else.
  return database.run("PRAGMA application_id = " + std::to_string(kApplicationId) +
                      "; PRAGMA user_version = " + std::to_string(steps.size()));
}

}  // namespace

std::span<const char* const> migrations() {
  return kSteps;
}

Status check_schema(Database& database, std::span<const char* const> steps) {
  const Result<std::int64_t> application = database.number("PRAGMA application_id");
  if (!application) return application.error();
  const Result<std::int64_t> version = version_of(database);
  if (!version) return version.error();
  const Result<std::int64_t> tables = database.number("SELECT count(*) FROM sqlite_schema");
  if (!tables) return tables.error();
  const bool is_empty = *application == 0 && *version == 0 && *tables == 0;
  const bool is_ours = *application == kApplicationId && *version > 0;
  if (!is_empty && !is_ours) {
    return Error{ErrorCode::kInvalid, database.path() + ": an SQLite file, but no ledger", {}};
  }
  const bool is_newer = *version > static_cast<std::int64_t>(steps.size());
  return is_newer ? Status(newer(database, *version, steps.size())) : Status();
}

Status bring_forward(Database& database, std::span<const char* const> steps) {
  if (Status known = check_schema(database, steps); !known) return known;
  const Result<bool> current = is_current(database, steps);
  if (!current) return current.error();
  if (*current) return {};
  Transaction transaction(database);
  if (Status begun = transaction.begin(Transaction::Kind::kWrite); !begun) return begun;
  // Once more: another program may have been faster.
  if (Status known = check_schema(database, steps); !known) return known;
  const Result<std::int64_t> version = version_of(database);
  if (!version) return version.error();
  if (*version == static_cast<std::int64_t>(steps.size())) return {};
  if (Status taken = take_steps(database, steps, *version); !taken) return taken;
  return transaction.commit();
}

Result<bool> is_current(Database& database, std::span<const char* const> steps) {
  const Result<std::int64_t> version = version_of(database);
  if (!version) return version.error();
  return *version == static_cast<std::int64_t>(steps.size());
}

}  // namespace spillway
