// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/leadership.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <utility>

#include "lib/log.h"
#include "lib/secret.h"

namespace spillway {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kLease{15};
constexpr seconds kRenewEvery{5};
// Nothing leaves in the last moments of a lead: it would arrive after its end.
constexpr seconds kMargin{3};
// A leader whose row does not change for so long is dead, or fenced.
constexpr seconds kSilence{30};

std::string make_holder() {
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  return std::string(host.data()) + ":" + std::to_string(::getpid()) + ":" + random_hex(4);
}

}  // namespace

TimePoint SteadyClock::now() const {
  timespec time{};
  ::clock_gettime(CLOCK_BOOTTIME, &time);
  return TimePoint(std::chrono::duration_cast<milliseconds>(
      seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec)));
}

Leadership::Leadership(Ledger& ledger, const Clock& wall, const Clock& steady)
    : ledger_(ledger), wall_(wall), steady_(steady), holder_(make_holder()) {}

bool Leadership::hold() {
  if (state_ == State::kWaiting) return take();
  if (state_ == State::kLost) return false;
  if (steady_.now() < renew_at_) return true;
  const auto renewed = commit(Changes{});
  if (renewed) return true;
  log_error("spillwayd: leadership: " + renewed.error().message);
  // A ledger that cannot be written now does not end a lead that is still in force.
  return state_ == State::kLeading && is_in_force();
}

// A row that nobody renews is over, even one that was written by a clock that ran ahead.
TimePoint Leadership::now_for_taking() {
  const auto now = wall_.now();
  const auto leader = ledger_.leader();
  if (!leader || !*leader) return now;
  const auto& row = **leader;
  if (!watched_ || watched_->holder != row.holder || watched_->until != row.until) {
    watched_ = row;
    watched_since_ = steady_.now();
  }
  const bool is_dead = steady_.now() >= watched_since_ + kSilence;
  return is_dead ? std::max(now, row.until) : now;
}

bool Leadership::take() {
  const auto start = steady_.now();
  const auto now = now_for_taking();
  const auto taken = ledger_.take_leadership(holder_, now, now + kLease);
  if (!taken) {
    log_error("spillwayd: leadership: " + taken.error().message);
    return false;
  }
  if (!*taken) {
    if (!said_waiting_) log_info("spillwayd: another broker leads; waiting");
    said_waiting_ = true;
    return false;
  }
  state_ = State::kLeading;
  extend(start);
  return true;
}

Status Leadership::commit(Changes changes) {
  const auto start = steady_.now();
  changes.lead = Lead{holder_, wall_.now() + kLease};
  auto committed = ledger_.commit(changes);
  if (committed) {
    extend(start);
  } else if (committed.error().code == ErrorCode::kUnauthorized) {
    state_ = State::kLost;
    in_force_until_ = TimePoint::min().time_since_epoch().count();
  }
  return committed;
}

void Leadership::extend(TimePoint steady_start) {
  renew_at_ = steady_start + kRenewEvery;
  in_force_until_ = (steady_start + kLease - kMargin).time_since_epoch().count();
}

bool Leadership::is_in_force() const {
  return steady_.now().time_since_epoch().count() < in_force_until_;
}

void Leadership::give_up() {
  if (state_ != State::kLeading) return;
  if (auto given = ledger_.give_up_leadership(holder_); !given) {
    log_warning("spillwayd: leadership: " + given.error().message);
  }
  state_ = State::kLost;
  in_force_until_ = TimePoint::min().time_since_epoch().count();
}

}  // namespace spillway
