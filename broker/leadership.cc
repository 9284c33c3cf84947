// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/leadership.h"

#include <unistd.h>

#include <array>

#include "lib/log.h"
#include "lib/secret.h"

namespace spillway {
namespace {

using std::chrono::seconds;

constexpr seconds kLease{15};
constexpr seconds kRenewEvery{5};

std::string make_holder() {
  std::array<char, 256> host{};
  ::gethostname(host.data(), host.size() - 1);
  return std::string(host.data()) + ":" + std::to_string(::getpid()) + ":" + random_hex(4);
}

}  // namespace

Leadership::Leadership(Ledger& ledger, const Clock& clock)
    : ledger_(ledger), clock_(clock), holder_(make_holder()) {}

bool Leadership::hold() {
  const auto now = clock_.now();
  if (leads_ && now < renew_at_) return true;
  const auto taken = ledger_.take_leadership(holder_, now, now + kLease);
  if (!taken) {
    log_error("spillwayd: leadership: " + taken.error().message);
    // A ledger that cannot be written now does not end a lead that is still in force.
    return leads_ && now < until_;
  }
  if (!*taken && !said_waiting_) log_info("spillwayd: another broker leads; waiting");
  said_waiting_ = !*taken;
  leads_ = *taken;
  if (leads_) {
    renew_at_ = now + kRenewEvery;
    until_ = now + kLease;
  }
  return leads_;
}

void Leadership::give_up() {
  if (!leads_) return;
  if (auto given = ledger_.give_up_leadership(holder_); !given) {
    log_warning("spillwayd: leadership: " + given.error().message);
  }
  leads_ = false;
}

}  // namespace spillway
