// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/rent_one.h"

#include <algorithm>
#include <tuple>

#include "cli/live.h"
#include "cli/table.h"
#include "core/billing.h"
#include "lib/text.h"

namespace spillway {
namespace {

using std::chrono::seconds;

constexpr seconds kLookEvery{5};
constexpr seconds kAskAgain{15};          // an end that was not accepted
constexpr seconds kAskAgainAccepted{60};  // one that was, and the machine is still there
// One list that misses a machine may be wrong; two in a row are believed.
constexpr int kMissesBelieved = 2;
constexpr std::size_t kWords = 300;

bool has_ended(const CloudMachine& machine) {
  return machine.state == CloudState::kEnding || machine.state == CloudState::kGone;
}

std::string apart(TimePoint from, TimePoint to) {
  return format_moment(std::max(to - from, std::chrono::milliseconds(0)));
}

}  // namespace

const Offer* cheapest_in_stock(const std::vector<Offer>& offers) {
  const Offer* cheapest = nullptr;
  const auto key = [](const Offer& offer) {
    return std::tuple(*offer.price_per_hour, offer.boot_time, offer.id);
  };
  for (const auto& offer : offers) {
    const bool can_be_had = !offer.stock || *offer.stock > 0;
    const bool has_price = offer.price_per_hour && offer.price_source == PriceSource::kLive;
    if (offer.gpus < 1 || !can_be_had || !has_price) continue;
    if (cheapest == nullptr || key(offer) < key(*cheapest)) cheapest = &offer;
  }
  return cheapest;
}

std::vector<CheckLine> RentOne::run() {
  if (!order()) return lines_;
  follow();
  release();
  sum_up();
  return lines_;
}

bool RentOne::order() {
  OrderSpec spec;
  spec.offer = parts_.offer.id;
  spec.mark = parts_.mark;
  spec.user_data = "#!/bin/sh\ntrue\n";
  set_may_bill(true);
  ordered_at_ = parts_.clock.now();
  say("order " + format_offer_id(spec.offer) + " as " + format_mark(spec.mark));
  const auto ordered = parts_.provider.order(spec);
  order_took_ = parts_.clock.now() - ordered_at_;
  if (ordered) {
    set_ids(ordered->ids);
    say("ordered: machine " + join(ordered->ids, ", "));
    return true;
  }
  const auto& error = ordered.error();
  if (error.code == ErrorCode::kUnknownOutcome || error.code == ErrorCode::kProtocol) {
    conclude(
        CheckLevel::kWarning,
        "no clear answer to the order, so the list was asked: " + printable(error.message, kWords));
    return true;
  }
  set_may_bill(false);
  conclude(CheckLevel::kFailure, "refused: " + printable(error.message, kWords));
  return false;
}

void RentOne::follow() {
  while (true) {
    const auto machines = look();
    if (machines && is_settled(*machines)) return;
    if (parts_.is_stopped()) {
      return conclude(CheckLevel::kWarning, "stopped before it ran: what was ordered is ended");
    }
    if (parts_.clock.now() >= ordered_at_ + parts_.patience) {
      return conclude(CheckLevel::kFailure,
                      "does not run after " + format_duration(parts_.patience) +
                          " (timing: boot_deadline): is ended");
    }
    parts_.wait(kLookEvery);
  }
}

void RentOne::release() {
  // From here on lists count that were asked for after the end.
  if (!ids().empty()) misses_ = 0;
  while (true) {
    if (is_release_due()) ask_release();
    if (is_gone(look())) break;
    parts_.wait(kLookEvery);
  }
  set_may_bill(false);
  if (release_at_) say("gone");
}

std::optional<RentOne::Machines> RentOne::look() {
  const auto asked_at = parts_.clock.now();
  auto listed = parts_.provider.machines(parts_.mark.cluster);
  if (!listed) {
    say_trouble("list: " + listed.error().message);
    return std::nullopt;
  }
  say_trouble("");
  std::erase_if(*listed, [&](const CloudMachine& m) { return m.mark != parts_.mark; });
  note(*listed, asked_at);
  return *std::move(listed);
}

void RentOne::note(const Machines& machines, TimePoint asked_at) {
  if (machines.empty()) {
    // A list may lag behind an order; not behind what an earlier list showed.
    const auto shown_by = ordered_at_ + parts_.provider.capabilities().list_delay;
    if (listed_at_ || asked_at >= shown_by) ++misses_;
    return;
  }
  misses_ = 0;
  std::vector<std::string> ids;
  for (const auto& machine : machines) {
    ids.push_back(machine.id);
    note_listed(machine, asked_at);
  }
  set_ids(std::move(ids));
}

void RentOne::note_listed(const CloudMachine& machine, TimePoint asked_at) {
  const auto first = [&](std::optional<TimePoint>& moment) { moment = moment.value_or(asked_at); };
  first(listed_at_);
  if (!machine.address.empty()) first(addressed_at_);
  if (machine.state == CloudState::kRunning) first(running_at_);
  if (machine.state == CloudState::kRunning) first(billed_from_);
  if (machine.billed_from) billed_from_ = machine.billed_from;
  if (machine.price_per_hour) price_told_ = machine.price_per_hour;
  std::string shown = machine.id + ": " + cloud_state_name(machine.state);
  if (!machine.address.empty()) shown += ", address " + machine.address;
  if (shown != shown_) say(shown);
  shown_ = shown;
}

bool RentOne::is_settled(const Machines& machines) {
  if (machines.empty()) {
    if (misses_ < kMissesBelieved) return false;
    conclude_missing();
    return true;
  }
  for (const auto& machine : machines) {
    if (machine.state == CloudState::kUnhealthy) {
      conclude(CheckLevel::kFailure, "the cloud says that it is unhealthy: is ended");
      return true;
    }
    if (has_ended(machine)) {
      conclude(CheckLevel::kFailure, "the cloud ended it, unasked");
      return true;
    }
  }
  return running_at_ && addressed_at_;
}

void RentOne::conclude_missing() {
  if (listed_at_) {
    conclude(CheckLevel::kFailure, "it left the cloud's list, unasked");
  } else if (ids().empty()) {
    conclude(CheckLevel::kFailure, "the order had no clear answer, and made nothing");
  } else {
    conclude(CheckLevel::kFailure,
             "the list does not show it " + apart(ordered_at_, parts_.clock.now()) +
                 " after the order: is ended by its id");
  }
}

bool RentOne::is_gone(const std::optional<Machines>& machines) const {
  if (!machines) return false;
  if (machines->empty()) return misses_ >= kMissesBelieved;
  return std::all_of(machines->begin(), machines->end(), [](const CloudMachine& machine) {
    return machine.state == CloudState::kGone;
  });
}

bool RentOne::is_release_due() const {
  if (ids().empty()) return false;
  if (!asked_at_) return true;
  return parts_.clock.now() >= *asked_at_ + (accepted_at_ ? kAskAgainAccepted : kAskAgain);
}

void RentOne::ask_release() {
  const auto wanted = ids();
  asked_at_ = parts_.clock.now();
  release_at_ = release_at_.value_or(*asked_at_);
  const auto released = parts_.provider.release(wanted);
  if (!released) return say_trouble("its end: " + released.error().message);
  say_trouble("");
  const bool all = std::all_of(wanted.begin(), wanted.end(), [&](const std::string& id) {
    const auto& accepted = released->accepted;
    return std::find(accepted.begin(), accepted.end(), id) != accepted.end();
  });
  if (!all || accepted_at_) return;
  accepted_at_ = released->at;
  say("its end is accepted; waiting until it is gone");
}

void RentOne::sum_up() {
  if (!listed_at_) return;
  const auto now = parts_.clock.now();
  std::string text = "answer to the order after " + format_moment(order_took_) +
                     ", in the list after " + apart(ordered_at_, *listed_at_);
  if (addressed_at_) text += ", address after " + apart(ordered_at_, *addressed_at_);
  if (running_at_) text += ", running after " + apart(ordered_at_, *running_at_);
  if (release_at_) text += "; gone " + apart(*release_at_, now) + " after its end was asked for";
  conclude(CheckLevel::kOk, text);
  compare_with_expected();
  const Money per_hour = price_told_.value_or(*parts_.offer.price_per_hour);
  if (!billed_from_)
    return conclude(CheckLevel::kOk, "cost: none that this driver knows of: it never ran");
  const auto billed_to = accepted_at_.value_or(now);
  conclude(
      CheckLevel::kOk,
      "cost: " +
          format_money(machine_cost(*billed_from_, billed_to, per_hour, parts_.offer.billing)) +
          " $ for " + apart(*billed_from_, billed_to) + " at " + format_money(per_hour) +
          " $/h, as this driver counts; the provider's bill decides");
}

// What the driver promises the broker, against what was seen.
void RentOne::compare_with_expected() {
  const auto& capabilities = parts_.provider.capabilities();
  if (*listed_at_ > ordered_at_ + capabilities.list_delay + kLookEvery) {
    conclude(CheckLevel::kWarning,
             "it was in the list later than the driver expects, " +
                 format_duration(capabilities.list_delay));
  }
  if (running_at_ && *running_at_ > ordered_at_ + parts_.offer.boot_time + kLookEvery) {
    conclude(CheckLevel::kWarning,
             "it ran later than the driver expects, " + format_duration(parts_.offer.boot_time));
  }
  if (price_told_ && *price_told_ != *parts_.offer.price_per_hour) {
    conclude(CheckLevel::kWarning,
             "the list tells a price of " + format_money(*price_told_) + " $/h, the offer said " +
                 format_money(*parts_.offer.price_per_hour));
  }
}

std::string RentOne::still_billing() const {
  const std::lock_guard lock(mutex_);
  if (!may_bill_) return "";
  const std::string what = ids_.empty() ? "perhaps a machine" : "machine " + join(ids_, ", ");
  return what + " at " + parts_.provider.name() + ", named " + format_mark(parts_.mark) +
         ", bills up to " + format_money(*parts_.offer.price_per_hour) +
         " $/h until it is ended: end it in the provider's console; a running spillwayd ends it " +
         format_duration(parts_.adopted_after) + " after it first saw it";
}

void RentOne::say(const std::string& what) const {
  const auto passed = parts_.clock.now() - ordered_at_;
  const auto total = std::chrono::floor<seconds>(passed).count();
  const auto two = [](std::int64_t number) {
    return (number < 10 ? "0" : "") + std::to_string(number);
  };
  parts_.say(two(total / 60) + ":" + two(total % 60) + "  " + what);
}

void RentOne::say_trouble(const std::string& what) {
  if (what != trouble_ && !what.empty()) say(printable(what, kWords) + ": asked again");
  trouble_ = what;
}

void RentOne::conclude(CheckLevel level, const std::string& text) {
  if (level != CheckLevel::kOk) say(text);
  lines_.push_back({level, "rent", text});
}

void RentOne::set_may_bill(bool may_bill) {
  const std::lock_guard lock(mutex_);
  may_bill_ = may_bill;
}

std::vector<std::string> RentOne::ids() const {
  const std::lock_guard lock(mutex_);
  return ids_;
}

void RentOne::set_ids(std::vector<std::string> ids) {
  const std::lock_guard lock(mutex_);
  ids_ = std::move(ids);
}

}  // namespace spillway
