// SPDX-License-Identifier: GPL-2.0-or-later
//
// The ledger: the broker's durable memory, one SQLite file. The power-save programs append
// requests, the broker commits changes, `spillway set` and `spillway retry` commit what an admin
// wants, everybody reads. Rows are never deleted, save permissions, cool-downs, settings, retries
// and alerts that ended.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/books.h"
#include "lib/result.h"
#include "lib/time.h"

namespace spillway {

// What one machine cost, as the view `charge` shows it.
struct Charge {
  std::int64_t machine = 0;
  std::int64_t lease = 0;
  std::uint32_t job = 0;
  std::string node;
  OfferId offer;
  std::string provider_id;
  MachineState state = MachineState::kWanted;
  std::optional<TimePoint> billed_from;
  std::optional<TimePoint> billed_to;
  Money price_per_hour;
  BillingTerms billing;
};

struct Leader {
  std::string holder;  // "host:pid:random"
  TimePoint until;
  TimePoint since;
};

class Ledger {
 public:
  enum class Access { kReadWrite, kReadOnly };

  // Opens the file; kReadWrite makes it (mode 0600) and brings an older schema forward.
  // Errors: kIo (path and why), kNotFound (kReadOnly, no file), kInvalid (schema newer than this
  // program, or no ledger at all).
  [[nodiscard]] static Result<std::unique_ptr<Ledger>> open(const std::string& path, Access access);
  virtual ~Ledger() = default;

  // Appends one call of a power-save program, durably. Returns its id. Errors: kIo.
  [[nodiscard]] virtual Result<std::int64_t> append_request(const Request& request) = 0;
  // The open requests with an id above `after`.
  [[nodiscard]] virtual Result<std::vector<Request>> open_requests(std::int64_t after = 0) = 0;

  // What an admin wants now; in the books of load(), too.
  [[nodiscard]] virtual Result<Settings> settings() = 0;
  [[nodiscard]] virtual Result<std::map<std::int64_t, Retry>> retries() = 0;

  // Everything that is open. Errors: kIo.
  [[nodiscard]] virtual Result<Books> load() = 0;
  // Writes all changes in one transaction, synced before it returns; rows are replaced by id.
  // Errors: kIo; kUnauthorized when `changes.lead` is not in force any more. Then nothing was
  // written.
  [[nodiscard]] virtual Status commit(const Changes& changes) = 0;

  // The events with an id above `after`, oldest first, at most `limit`.
  [[nodiscard]] virtual Result<std::vector<Event>> events(std::int64_t after, int limit) = 0;
  // The newest `count` events, oldest first.
  [[nodiscard]] virtual Result<std::vector<Event>> last_events(int count) = 0;
  // What machines cost that billed at some time since `since`, oldest first.
  [[nodiscard]] virtual Result<std::vector<Charge>> charges(TimePoint since) = 0;
  // All leases with these ids, ended ones too.
  [[nodiscard]] virtual Result<std::vector<Lease>> leases(const std::vector<std::int64_t>& ids) = 0;

  // Takes leadership for `holder` until `until`, if nobody else's is in force at `now`. Returns
  // whether it is ours. It is kept by what is committed under it: whoever takes it anew may have
  // missed another's reign.
  [[nodiscard]] virtual Result<bool> take_leadership(const std::string& holder,
                                                     TimePoint now,
                                                     TimePoint until) = 0;
  [[nodiscard]] virtual Status give_up_leadership(const std::string& holder) = 0;
  [[nodiscard]] virtual Result<std::optional<Leader>> leader() = 0;
};

}  // namespace spillway
