// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/simulation/disk_ledger.h"

#include <stdlib.h>

#include <cstdlib>
#include <filesystem>
#include <sstream>

namespace spillway::simulation {
namespace {

// A commit takes fewer operations on the disk than this.
constexpr int kOperationsOfCommit = 24;

std::string make_folder() {
  std::string name = "/tmp/spillway-simulation-XXXXXX";
  return ::mkdtemp(name.data()) == nullptr ? std::string("/tmp") : name;
}

std::ostream& operator<<(std::ostream& text, TimePoint time) {
  return text << time.time_since_epoch().count();
}

std::ostream& operator<<(std::ostream& text, const std::optional<TimePoint>& time) {
  return time ? text << *time : text << "-";
}

std::ostream& operator<<(std::ostream& text, const OfferId& offer) {
  return text << offer.provider << '/' << offer.region << '/' << offer.type << '/' << offer.fabric;
}

void write(std::ostream& text, const Request& request) {
  text << "request " << request.id << ' ' << request_kind_name(request.kind) << ' ' << request.nodes
       << ' ' << request.resume_file << ' ' << request.received_at << ' ' << request.done_at << ' '
       << request.outcome << '\n';
}

void write(std::ostream& text, const Lease& lease) {
  text << "lease " << lease.id << ' ' << lease.pool << ' ' << lease.job << ' ' << lease.offer << ' '
       << lease.price_per_hour.micros() << ' ' << lease.billing.quantum.count() << ' '
       << lease.billing.minimum.count() << ' ' << lease.boot_time.count() << ' ' << lease.calls
       << ' ' << lease.created_at << ' ' << lease.ended_at << ' ' << lease.outcome << '\n';
}

void write(std::ostream& text, const Machine& machine) {
  text << "machine " << machine.id << ' ' << machine.lease << ' ' << machine.node << ' '
       << facts_of(machine.state).name << ' ' << machine.state_since << ' ' << machine.call << ' '
       << machine.provider_id << ' ' << machine.address << ' ' << machine.unwanted << ' '
       << machine.misses << ' ' << machine.ordered_at << ' ' << machine.not_before << ' '
       << machine.release_asked_at << ' ' << machine.releases_asked << ' ' << machine.billed_from
       << ' ' << machine.billed_to << ' ' << machine.reason << '\n';
}

void write(std::ostream& text, const Permission& permission) {
  text << "permission " << permission.job << ' ' << permission.pool << ' ' << permission.since;
  for (const auto& node : permission.nodes)
    text << ' ' << node;
  if (permission.fabric) text << " on " << *permission.fabric;
  text << '\n';
}

void write(std::ostream& text, const Cooldown& cooldown) {
  text << "cooldown " << cooldown.offer << ' ' << cooldown.refusals << ' ' << cooldown.until << ' '
       << cooldown.reason << ' ' << cooldown.failures << ' ' << cooldown.refused_at << ' '
       << cooldown.needs_admin << '\n';
}

}  // namespace

std::string format_books(const Books& books) {
  std::ostringstream text;
  text << books.next_lease << ' ' << books.next_machine << '\n';
  const auto write_all = [&](const auto& rows) {
    for (const auto& [key, row] : rows)
      write(text, row);
  };
  write_all(books.requests);
  write_all(books.leases);
  write_all(books.machines);
  write_all(books.permissions);
  write_all(books.cooldowns);
  return text.str();
}

DiskLedger::DiskLedger(MemoryLedger& truth, std::uint64_t seed)
    : truth_(truth), dice_(seed, 2), folder_(make_folder()), disk_(std::make_unique<Disk>()) {
  open();
}

DiskLedger::~DiskLedger() {
  file_.reset();
  std::filesystem::remove_all(folder_);
}

void DiskLedger::open() {
  auto opened = Ledger::open(path(), Ledger::Access::kReadWrite);
  if (!opened) {
    // The run has failed; so that it can end, it goes on with an empty one.
    compare(opened.error().message, "the ledger opens");
    disk_->remove(path());
    disk_->remove(path() + "-journal");
    opened = Ledger::open(path(), Ledger::Access::kReadWrite);
  }
  if (!opened) std::abort();
  file_ = *std::move(opened);
}

void DiskLedger::lose_power() {
  disk_->fail_after(0);
  file_.reset();
  disk_->restore();
  disk_->lose_power(dice_);
  open();
}

Result<std::int64_t> DiskLedger::append_request(const Request& request) {
  const auto id = file_->append_request(request);
  if (!id) return id;
  const auto expected = truth_.append_request(request);
  compare(std::to_string(*id), expected ? std::to_string(*expected) : "no request");
  return id;
}

Result<std::vector<Request>> DiskLedger::open_requests(std::int64_t after) {
  if (truth_.is_dead()) return truth_.open_requests(after);
  return file_->open_requests(after);
}

Result<Settings> DiskLedger::settings() {
  if (truth_.is_dead()) return truth_.settings();
  return file_->settings();
}

Result<std::map<std::int64_t, Retry>> DiskLedger::retries() {
  if (truth_.is_dead()) return truth_.retries();
  return file_->retries();
}

Result<Books> DiskLedger::load() {
  if (truth_.is_dead()) return truth_.load();
  auto books = file_->load();
  compare(books ? format_books(*books) : books.error().message, format_books(truth_.open()));
  if (books) books->ledger_tag = truth_.open().ledger_tag;
  return books;
}

Status DiskLedger::commit(const Changes& changes) {
  if (truth_.is_dead()) return truth_.commit(changes);
  const auto fate = truth_.fate ? truth_.fate() : CommitFate::kDone;
  if (fate != CommitFate::kDone) return commit_in_trouble(changes, fate);
  auto committed = file_->commit(changes);
  compare(committed ? "" : committed.error().message, "");
  if (committed) truth_.write(changes);
  return committed;
}

Status DiskLedger::commit_in_trouble(const Changes& changes, CommitFate fate) {
  const bool dies = fate == CommitFate::kDiesBefore || fate == CommitFate::kDiesAfter;
  if (fate == CommitFate::kRefused) {
    disk_->fill_up();
  } else {
    disk_->fail_after(dice_.below(kOperationsOfCommit));
  }
  const auto committed = file_->commit(changes);
  if (dies) {
    lose_power();
  } else {
    disk_->restore();
  }
  settle(changes, static_cast<bool>(committed));
  if (dies) truth_.die();
  return committed;
}

void DiskLedger::settle(const Changes& changes, bool was_told_done) {
  const auto books = file_->load();
  const auto found = books ? format_books(*books) : books.error().message;
  const auto before = format_books(truth_.open());
  if (!was_told_done && found == before) return;
  truth_.write(changes);
  compare(found, format_books(truth_.open()));
}

void DiskLedger::compare(const std::string& found, const std::string& expected) {
  if (found == expected || !difference_.empty()) return;
  std::istringstream found_lines(found);
  std::istringstream expected_lines(expected);
  std::string line;
  std::string wanted;
  do {
    line.clear();
    wanted.clear();
    std::getline(found_lines, line);
    std::getline(expected_lines, wanted);
  } while (line == wanted && found_lines && expected_lines);
  difference_ = "found \"" + line + "\", expected \"" + wanted + "\"";
}

Result<std::vector<Event>> DiskLedger::events(std::int64_t after, int limit) {
  return file_->events(after, limit);
}

Result<std::vector<Event>> DiskLedger::last_events(int count) {
  return file_->last_events(count);
}

Result<std::vector<Charge>> DiskLedger::charges(TimePoint since) {
  if (truth_.is_dead()) return truth_.charges(since);
  return file_->charges(since);
}

Result<std::vector<Lease>> DiskLedger::leases(const std::vector<std::int64_t>& ids) {
  return file_->leases(ids);
}

Result<bool> DiskLedger::take_leadership(const std::string& holder,
                                         TimePoint now,
                                         TimePoint until) {
  return file_->take_leadership(holder, now, until);
}

Status DiskLedger::give_up_leadership(const std::string& holder) {
  return file_->give_up_leadership(holder);
}

Result<std::optional<Leader>> DiskLedger::leader() {
  return file_->leader();
}

}  // namespace spillway::simulation
