// SPDX-License-Identifier: GPL-2.0-or-later
//
// The safety of a run at somebody's account. No more is ordered than was allowed, nothing is ended
// that the run did not order, and all that it may have ordered is ended, whatever an order was
// answered: the driver that is tried may be wrong about it.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "lib/time.h"
#include "providers/provider.h"

namespace spillway::contract {

struct GuardParts {
  std::string ledger;               // in each mark of the run, and in nobody else's
  int most_machines = 0;            // ordered until end_all()
  std::vector<std::string> no_ids;  // may be released, for no machine has them
  const Clock& clock;
  std::function<void()> pause;  // lets a moment pass
  std::function<void(const std::string& line)> say;
  std::function<void(const std::string& rule)> fail;  // the test: it was about to break a rule
};

class Guard {
 public:
  explicit Guard(GuardParts parts) : parts_(std::move(parts)) {}

  // The driver, under these rules: what breaks one does not reach it. The guard must outlive it.
  [[nodiscard]] std::unique_ptr<Provider> watch(std::unique_ptr<Provider> driver);

  // Comes back when nothing that was ordered bills any more: asks for its end, and asks again,
  // until the cloud's list has twice shown none of it. `driver` is a watched one; a new machine is
  // listed within `list_delay`.
  void end_all(Provider& driver, std::chrono::seconds list_delay);

  // What may bill at this moment, and how to end it; empty when nothing does. For any thread.
  [[nodiscard]] std::string still_billing() const;

 private:
  class Watched;
  using Machines = std::vector<CloudMachine>;

  // One order.
  struct Call {
    int wanted = 0;
    std::optional<std::size_t> given;  // where the answer says so
    TimePoint at;                      // of the answer
    std::size_t shown = 0;             // in one list, at most
  };

  void note_order(const OrderSpec& spec);
  void note_answer(const OrderSpec& spec, const Result<Ordered>& answer);
  void note_list(const Machines& machines);
  // Why it must not be; empty when it may.
  [[nodiscard]] std::string objection_to(const OrderSpec& spec) const;
  [[nodiscard]] std::string objection_to(const std::vector<std::string>& ids) const;

  // Ours that are not gone; nothing when a list could not be had.
  [[nodiscard]] std::optional<Machines> look(Provider& driver);
  void ask_release(Provider& driver, const Machines& left);
  // Would a list that was asked for then show all that there is?
  [[nodiscard]] bool is_all_shown(TimePoint asked_at, std::chrono::seconds list_delay) const;
  void say_once(const std::string& line);

  const GuardParts parts_;
  std::string said_;

  mutable std::mutex mutex_;  // of the next two
  std::map<Mark, Call> calls_;
  std::set<std::string> ids_;  // of machines that were ordered
};

}  // namespace spillway::contract
