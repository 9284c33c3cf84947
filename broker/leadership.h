// SPDX-License-Identifier: GPL-2.0-or-later
//
// One broker leads: a row in the ledger with an expiry, renewed while the broker turns.
#pragma once

#include <chrono>
#include <string>

#include "ledger/ledger.h"
#include "lib/time.h"

namespace spillway {

class Leadership {
 public:
  // Both must outlive this.
  Leadership(Ledger& ledger, const Clock& clock);

  // Takes or renews the lead when it is time to. Returns whether we lead.
  bool hold();
  void give_up();

 private:
  Ledger& ledger_;
  const Clock& clock_;
  std::string holder_;
  bool leads_ = false;
  bool said_waiting_ = false;
  TimePoint renew_at_{};
  TimePoint until_{};
};

}  // namespace spillway
