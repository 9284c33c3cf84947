// SPDX-License-Identifier: GPL-2.0-or-later
//
// Plays the cases on an account that somebody names, simulated or real, one after another with one
// driver, which has to keep its pace. What needs a cloud of the suite's own is not played; what may
// order machines, or end some, is played only where it was asked for, and under a guard.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "cli/stop.h"
#include "lib/secret.h"
#include "tests/contract/driver.h"
#include "tests/contract/guard.h"
#include "tests/contract/stage.h"

namespace spillway::contract {

struct GivenAccount {
  ProviderConfig config;
  Secret key;
  int rent = 0;                         // machines at one time; 0: none is ordered or ended
  Money most_price;                     // of one of them, an hour
  std::string offer;                    // choice.h: is_named(); empty: the cheapest that does
  std::chrono::seconds patience{1800};  // for what a case waits for
  bool hurries = false;                 // the driver calls without its pauses
};

class GivenStage final : public Stage {
 public:
  // `stop` must outlive it: once it is asked, the case that is played fails, and no other is.
  GivenStage(GivenAccount account, Stop& stop);

  // Errors: those of make_provider; kInvalid where the suite does not know the provider, or the
  // provider not the offer; those of offers().
  [[nodiscard]] Status begin();

  // What these cases come to, in one line.
  [[nodiscard]] std::string plan(const std::vector<Case>& cases) const;

  [[nodiscard]] Opened open(const Case& wanted) override;
  // Comes back when nothing bills any more that the case may have ordered.
  void close(bool has_passed) override;

  // For any thread.
  [[nodiscard]] std::string still_billing() const { return guard_.still_billing(); }

 private:
  [[nodiscard]] ProviderParts make_parts();
  [[nodiscard]] GuardParts make_guard();
  [[nodiscard]] Status find_named_offer();

  [[nodiscard]] std::string obstacle_to(const Needs& needs) const;
  [[nodiscard]] bool fits(const OfferId& id, const Needs& needs) const;
  // Gives the scene what the case orders, as the market is now; false where it may do without.
  // Fails the case that may not.
  [[nodiscard]] bool choose_for(const Needs& needs);

  // Before another driver calls: it does not know when the first one last did.
  void take_turns();
  void pause();

  const GivenAccount account_;
  Stop& stop_;
  std::optional<OfferId> named_;
  std::unique_ptr<Transport> network_ = make_curl_transport("spillway-contract");
  AskingWire asking_{*network_};
  const ProviderParts parts_;
  const std::string ledger_ = random_hex(3);
  Guard guard_;
  Scene scene_;
  bool only_asks_ = true;    // the case that is played
  bool has_failed_ = false;  // a case that only asks
};

}  // namespace spillway::contract
