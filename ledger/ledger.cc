// SPDX-License-Identifier: GPL-2.0-or-later
#include "ledger/ledger.h"

#include "ledger/database.h"
#include "ledger/rows.h"
#include "ledger/schema.h"

namespace spillway {
namespace {

constexpr const char* kTakeLeadership =
    "INSERT INTO leader (only, holder, since, valid_until) VALUES (1, ?1, ?2, ?3)"
    " ON CONFLICT (only) DO UPDATE SET"
    "  since = CASE WHEN holder = ?1 THEN since ELSE ?2 END, holder = ?1, valid_until = ?3"
    " WHERE holder = ?1 OR valid_until <= ?2"
    " RETURNING 1";

template <typename Row>
Status save_all(Database& database, const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    if (Status saved = save_row(database, row); !saved) return saved;
  }
  return {};
}

Status drop_all(Database& database, const std::vector<std::uint32_t>& jobs) {
  for (const std::uint32_t job : jobs) {
    Query query(database, "DELETE FROM permission WHERE job = ?");
    if (Status dropped = query.with(job).run(); !dropped) return dropped;
  }
  return {};
}

Status drop_all(Database& database, const std::vector<OfferId>& offers) {
  for (const OfferId& offer : offers) {
    Query query(database,
                "DELETE FROM cooldown"
                " WHERE provider = ? AND region = ? AND type = ? AND fabric = ?");
    query.with(offer.provider, offer.region, offer.type, offer.fabric);
    if (Status dropped = query.run(); !dropped) return dropped;
  }
  return {};
}

// One that was set anew since stays.
Status drop_all(Database& database, const std::vector<Setting>& settings) {
  for (const Setting& setting : settings) {
    Query query(database, "DELETE FROM setting WHERE name = ? AND set_at = ?");
    if (Status dropped = query.with(setting.name, setting.set_at).run(); !dropped) return dropped;
  }
  return {};
}

Status drop_retries(Database& database, const std::vector<std::int64_t>& ids) {
  for (const std::int64_t id : ids) {
    Query query(database, "DELETE FROM retry WHERE id = ?");
    if (Status dropped = query.with(id).run(); !dropped) return dropped;
  }
  return {};
}

Status drop_all(Database& database, const std::vector<AlertId>& alerts) {
  for (const auto& [kind, subject] : alerts) {
    Query query(database, "DELETE FROM alert WHERE kind = ? AND subject = ?");
    if (Status dropped = query.with(kind, subject).run(); !dropped) return dropped;
  }
  return {};
}

// A broker writes under its lead. Whoever stalled for longer than it lasted may find another one
// here, whose writing this would undo.
Status renew(Database& database, const Lead& lead) {
  Query query(database, "UPDATE leader SET valid_until = ?2 WHERE holder = ?1 RETURNING 1");
  const Result<bool> is_ours = query.with(lead.holder, lead.until).next();
  if (!is_ours) return is_ours.error();
  if (*is_ours) return {};
  return Error{ErrorCode::kUnauthorized, database.path() + ": the lead was lost", {}};
}

// Leases before machines, which refer to them; what is dropped before what is set anew.
Status save_changes(Database& database, const Changes& changes) {
  if (Status saved = save_all(database, changes.requests); !saved) return saved;
  if (Status saved = save_all(database, changes.leases); !saved) return saved;
  if (Status saved = save_all(database, changes.machines); !saved) return saved;
  if (Status saved = drop_all(database, changes.dropped_permissions); !saved) return saved;
  if (Status saved = save_all(database, changes.permissions); !saved) return saved;
  if (Status saved = drop_all(database, changes.dropped_cooldowns); !saved) return saved;
  if (Status saved = save_all(database, changes.cooldowns); !saved) return saved;
  if (Status saved = drop_all(database, changes.dropped_settings); !saved) return saved;
  if (Status saved = save_all(database, changes.settings); !saved) return saved;
  if (Status saved = drop_retries(database, changes.answered_retries); !saved) return saved;
  if (Status saved = save_all(database, changes.retries); !saved) return saved;
  if (Status saved = drop_all(database, changes.dropped_alerts); !saved) return saved;
  if (Status saved = save_all(database, changes.alerts); !saved) return saved;
  return save_all(database, changes.events);
}

// Appends to `rows` what the query gives.
template <typename Row>
Status read_all(const Database& database,
                Query& query,
                std::optional<Row> (*read)(Query&),
                std::vector<Row>& rows) {
  while (true) {
    const Result<bool> has_row = query.next();
    if (!has_row) return has_row.error();
    if (!*has_row) return {};
    std::optional<Row> row = read(query);
    if (!row) {
      return Error{ErrorCode::kIo, database.path() + ": a row holds an unknown word", {}};
    }
    rows.push_back(*std::move(row));
  }
}

template <typename Row, typename Key>
Status read_map(Database& database,
                const char* sql,
                std::optional<Row> (*read)(Query&),
                Key Row::*key,
                std::map<Key, Row>& rows) {
  Query query(database, sql);
  std::vector<Row> list;
  if (Status status = read_all(database, query, read, list); !status) return status;
  for (Row& row : list)
    rows.emplace(row.*key, std::move(row));
  return {};
}

Status read_identity(Database& database, Books& books) {
  Query tag(database, "SELECT tag FROM identity");
  const Result<bool> has_tag = tag.next();
  if (!has_tag) return has_tag.error();
  books.ledger_tag = tag.text();
  const auto lease = database.number("SELECT ifnull(max(id), 0) + 1 FROM lease");
  if (!lease) return lease.error();
  const auto machine = database.number("SELECT ifnull(max(id), 0) + 1 FROM machine");
  if (!machine) return machine.error();
  books.next_lease = *lease;
  books.next_machine = *machine;
  return {};
}

Status read_requests(Database& database, std::int64_t after, std::vector<Request>& requests) {
  Query query(database, kSelectOpenRequests);
  return read_all(database, query.with(after), read_request, requests);
}

Status read_alerts(Database& database, Books& books) {
  Query query(database, kSelectAlerts);
  std::vector<Alert> alerts;
  if (Status read = read_all(database, query, read_alert, alerts); !read) return read;
  for (Alert& alert : alerts) {
    AlertId id{alert.kind, alert.subject};
    books.alerts.emplace(std::move(id), std::move(alert));
  }
  return {};
}

Status read_books(Database& db, Books& books) {
  if (Status s = read_identity(db, books); !s) return s;
  std::vector<Request> requests;
  if (Status s = read_requests(db, 0, requests); !s) return s;
  for (Request& request : requests)
    books.requests.emplace(request.id, std::move(request));
  if (Status s = read_map(db, kSelectOpenLeases, read_lease, &Lease::id, books.leases); !s) {
    return s;
  }
  if (Status s = read_map(db, kSelectOpenMachines, read_machine, &Machine::id, books.machines);
      !s) {
    return s;
  }
  if (Status s =
          read_map(db, kSelectPermissions, read_permission, &Permission::job, books.permissions);
      !s) {
    return s;
  }
  if (Status s = read_map(db, kSelectCooldowns, read_cooldown, &Cooldown::offer, books.cooldowns);
      !s) {
    return s;
  }
  if (Status s = read_map(db, kSelectSettings, read_setting, &Setting::name, books.settings); !s) {
    return s;
  }
  if (Status s = read_map(db, kSelectRetries, read_retry, &Retry::id, books.retries); !s) return s;
  return read_alerts(db, books);
}

class SqliteLedger final : public Ledger {
 public:
  explicit SqliteLedger(std::unique_ptr<Database> database) : database_(std::move(database)) {}

  [[nodiscard]] Result<std::int64_t> append_request(const Request& request) override;
  [[nodiscard]] Result<std::vector<Request>> open_requests(std::int64_t after) override;
  [[nodiscard]] Result<Settings> settings() override;
  [[nodiscard]] Result<std::map<std::int64_t, Retry>> retries() override;
  [[nodiscard]] Result<Books> load() override;
  [[nodiscard]] Status commit(const Changes& changes) override;
  [[nodiscard]] Result<std::vector<Event>> events(std::int64_t after, int limit) override;
  [[nodiscard]] Result<std::vector<Event>> last_events(int count) override;
  [[nodiscard]] Result<std::vector<Charge>> charges(TimePoint since) override;
  [[nodiscard]] Result<std::vector<Lease>> leases(const std::vector<std::int64_t>& ids) override;
  [[nodiscard]] Result<bool> take_leadership(const std::string& holder,
                                             TimePoint now,
                                             TimePoint until) override;
  [[nodiscard]] Status give_up_leadership(const std::string& holder) override;
  [[nodiscard]] Result<std::optional<Leader>> leader() override;

 private:
  std::unique_ptr<Database> database_;
};

Result<std::int64_t> SqliteLedger::append_request(const Request& request) {
  Database& database = *database_;
  Request fresh = request;
  fresh.id = 0;
  Transaction transaction(database);
  if (Status begun = transaction.begin(Transaction::Kind::kWrite); !begun) return begun.error();
  if (Status saved = save_row(database, fresh); !saved) return saved.error();
  const Result<std::int64_t> id = database.number("SELECT last_insert_rowid()");
  if (!id) return id.error();
  if (Status committed = transaction.commit(); !committed) return committed.error();
  return *id;
}

Result<std::vector<Request>> SqliteLedger::open_requests(std::int64_t after) {
  std::vector<Request> requests;
  Status read = read_requests(*database_, after, requests);
  if (!read) return read.error();
  return requests;
}

Result<Settings> SqliteLedger::settings() {
  Settings settings;
  Status read = read_map(*database_, kSelectSettings, read_setting, &Setting::name, settings);
  if (!read) return read.error();
  return settings;
}

Result<std::map<std::int64_t, Retry>> SqliteLedger::retries() {
  std::map<std::int64_t, Retry> retries;
  Status read = read_map(*database_, kSelectRetries, read_retry, &Retry::id, retries);
  if (!read) return read.error();
  return retries;
}

Result<Books> SqliteLedger::load() {
  Database& database = *database_;
  Transaction transaction(database);
  if (Status begun = transaction.begin(Transaction::Kind::kRead); !begun) return begun.error();
  Books books;
  if (Status read = read_books(database, books); !read) return read.error();
  if (Status ended = transaction.commit(); !ended) return ended.error();
  return books;
}

Status SqliteLedger::commit(const Changes& changes) {
  if (changes.empty()) return {};
  Transaction transaction(*database_);
  if (Status begun = transaction.begin(Transaction::Kind::kWrite); !begun) return begun;
  if (changes.lead) {
    if (Status ours = renew(*database_, *changes.lead); !ours) return ours;
  }
  if (Status saved = save_changes(*database_, changes); !saved) return saved;
  return transaction.commit();
}

Result<std::vector<Event>> SqliteLedger::events(std::int64_t after, int limit) {
  std::vector<Event> events;
  Query query(*database_, kSelectEvents);
  Status read = read_all(*database_, query.with(after, limit), read_event, events);
  if (!read) return read.error();
  return events;
}

Result<std::vector<Event>> SqliteLedger::last_events(int count) {
  std::vector<Event> events;
  Query query(*database_, kSelectLastEvents);
  Status read = read_all(*database_, query.with(count), read_event, events);
  if (!read) return read.error();
  return events;
}

Result<std::vector<Charge>> SqliteLedger::charges(TimePoint since) {
  std::vector<Charge> charges;
  Query query(*database_, kSelectCharges);
  Status read = read_all(*database_, query.with(since), read_charge, charges);
  if (!read) return read.error();
  return charges;
}

Result<std::vector<Lease>> SqliteLedger::leases(const std::vector<std::int64_t>& ids) {
  std::vector<Lease> leases;
  for (const std::int64_t id : ids) {
    Query query(*database_, kSelectLease);
    Status read = read_all(*database_, query.with(id), read_lease, leases);
    if (!read) return read.error();
  }
  return leases;
}

Result<bool> SqliteLedger::take_leadership(const std::string& holder,
                                           TimePoint now,
                                           TimePoint until) {
  Transaction transaction(*database_);
  if (Status begun = transaction.begin(Transaction::Kind::kWrite); !begun) return begun.error();
  bool is_ours = false;
  {
    Query query(*database_, kTakeLeadership);
    const Result<bool> taken = query.with(holder, now, until).next();
    if (!taken) return taken.error();
    is_ours = *taken;
  }
  if (Status committed = transaction.commit(); !committed) return committed.error();
  return is_ours;
}

Status SqliteLedger::give_up_leadership(const std::string& holder) {
  Query query(*database_, "DELETE FROM leader WHERE holder = ?");
  return query.with(holder).run();
}

Result<std::optional<Leader>> SqliteLedger::leader() {
  Query query(*database_, "SELECT holder, valid_until, since FROM leader");
  const Result<bool> has_leader = query.next();
  if (!has_leader) return has_leader.error();
  if (!*has_leader) return std::optional<Leader>();
  Leader leader;
  leader.holder = query.text();
  leader.until = query.time();
  leader.since = query.time();
  return std::optional(leader);
}

}  // namespace

Result<std::unique_ptr<Ledger>> Ledger::open(const std::string& path, Access access) {
  const bool writes = access == Access::kReadWrite;
  Result<std::unique_ptr<Database>> database =
      Database::open(path, writes ? Database::Access::kReadWrite : Database::Access::kReadOnly);
  if (!database) return database.error();
  Status ready =
      writes ? bring_forward(**database, migrations()) : check_schema(**database, migrations());
  if (!ready) return ready.error();
  const Result<bool> current = is_current(**database, migrations());
  if (!current) return current.error();
  if (!*current) {
    return Error{ErrorCode::kInvalid, path + ": an older ledger: start spillwayd once first", {}};
  }
  return std::unique_ptr<Ledger>(std::make_unique<SqliteLedger>(*std::move(database)));
}

}  // namespace spillway
