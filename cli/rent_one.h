// SPDX-License-Identifier: GPL-2.0-or-later
//
// Orders one machine, sees it come up, and ends it: the one part of `spillway doctor` that spends
// money. It gives up on nothing that bills: once an order may have had its effect, it asks the
// cloud's list until the machine is gone.
#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cli/check.h"
#include "core/cloud.h"
#include "lib/time.h"
#include "providers/provider.h"

namespace spillway {

struct RentParts {
  Provider& provider;
  const Clock& clock;
  Offer offer;  // with a price
  Mark mark;
  std::chrono::seconds patience;       // from the order until it runs; then it is ended
  std::chrono::seconds adopted_after;  // when a broker ends it, should this program die
  std::function<void(const std::string& line)> say;  // progress, one line
  // Lets `duration` pass, or less when the user asks to stop meanwhile.
  std::function<void(std::chrono::milliseconds duration)> wait;
  std::function<bool()> is_stopped;  // the user asked to stop
};

class RentOne {
 public:
  explicit RentOne(RentParts parts) : parts_(std::move(parts)) {}

  // Comes back when nothing bills any more. What went how, one line each.
  [[nodiscard]] std::vector<CheckLine> run();

  // What may bill at this moment, and how to end it; empty when nothing does. For any thread.
  [[nodiscard]] std::string still_billing() const;

 private:
  using Machines = std::vector<CloudMachine>;

  [[nodiscard]] bool order();
  void follow();
  void release();
  void sum_up();

  // The cloud's list, cut down to our mark; nothing when it could not be had.
  [[nodiscard]] std::optional<Machines> look();
  void note(const Machines& machines, TimePoint asked_at);
  void note_listed(const CloudMachine& machine, TimePoint asked_at);
  // Does `machines` show what was waited for, or that it will not come?
  [[nodiscard]] bool is_settled(const Machines& machines);
  void conclude_missing();
  [[nodiscard]] bool is_gone(const std::optional<Machines>& machines) const;
  [[nodiscard]] bool is_release_due() const;
  void ask_release();
  void compare_with_expected();

  void say(const std::string& what) const;
  // Says a trouble when it begins or changes; "" ends it.
  void say_trouble(const std::string& what);
  void conclude(CheckLevel level, const std::string& text);
  void set_may_bill(bool may_bill);
  [[nodiscard]] std::vector<std::string> ids() const;
  void set_ids(std::vector<std::string> ids);

  RentParts parts_;
  std::vector<CheckLine> lines_;

  mutable std::mutex mutex_;  // of the next two
  bool may_bill_ = false;
  std::vector<std::string> ids_;  // as last known

  std::string trouble_;  // said last
  std::string shown_;    // the state said last
  int misses_ = 0;       // lists in a row that did not show it and should have
  TimePoint ordered_at_;
  std::chrono::milliseconds order_took_{0};
  std::optional<TimePoint> listed_at_;
  std::optional<TimePoint> addressed_at_;
  std::optional<TimePoint> running_at_;
  std::optional<TimePoint> billed_from_;
  std::optional<TimePoint> release_at_;   // when its end was first asked for
  std::optional<TimePoint> asked_at_;     // and last
  std::optional<TimePoint> accepted_at_;  // by the cloud's clock
  std::optional<Money> price_told_;       // by the cloud's list
};

// The cheapest offer with GPUs that has a live price and is not sold out; nullptr when there is
// none.
[[nodiscard]] const Offer* cheapest_in_stock(const std::vector<Offer>& offers);

}  // namespace spillway
