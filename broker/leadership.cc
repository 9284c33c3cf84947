// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/leadership.h"

#include <unistd.h>

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

bool Leadership::take() {
  const auto start = steady_.now();
  const auto now = wall_.now();
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
