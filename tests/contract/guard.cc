// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/contract/guard.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "cli/table.h"
#include "lib/text.h"

namespace spillway::contract {
namespace {

// One list that misses a machine may be wrong; two in a row are believed.
constexpr int kListsBelieved = 2;
constexpr std::size_t kWords = 300;

}  // namespace

class Guard::Watched final : public Provider {
 public:
  Watched(Guard& guard, std::unique_ptr<Provider> driver)
      : guard_(guard), driver_(std::move(driver)) {}

  [[nodiscard]] const std::string& name() const override { return driver_->name(); }
  [[nodiscard]] const Capabilities& capabilities() const override {
    return driver_->capabilities();
  }
  [[nodiscard]] Result<std::vector<Offer>> offers() override { return driver_->offers(); }
  [[nodiscard]] Result<std::vector<AccountFinding>> check() override { return driver_->check(); }

  [[nodiscard]] Result<Ordered> order(const OrderSpec& spec) override {
    const auto objection = guard_.objection_to(spec);
    if (!objection.empty()) return refuse("not ordered: " + objection);
    guard_.note_order(spec);
    auto ordered = driver_->order(spec);
    guard_.note_answer(spec, ordered);
    return ordered;
  }

  [[nodiscard]] Result<Machines> machines(const std::string& cluster) override {
    auto listed = driver_->machines(cluster);
    if (listed) guard_.note_list(*listed);
    return listed;
  }

  [[nodiscard]] Result<Released> release(const std::vector<std::string>& ids) override {
    const auto objection = guard_.objection_to(ids);
    if (!objection.empty()) return refuse("not ended: " + objection);
    return driver_->release(ids);
  }

 private:
  [[nodiscard]] Error refuse(const std::string& why) const {
    guard_.parts_.fail(why);
    return Error{ErrorCode::kInvalid, why, {}};
  }

  Guard& guard_;
  std::unique_ptr<Provider> driver_;
};

std::unique_ptr<Provider> Guard::watch(std::unique_ptr<Provider> driver) {
  return std::make_unique<Watched>(*this, std::move(driver));
}

void Guard::end_all(Provider& driver, std::chrono::seconds list_delay) {
  int clear_lists = 0;
  while (!still_billing().empty() && clear_lists < kListsBelieved) {
    const auto asked_at = parts_.clock.now();
    const auto left = look(driver);
    const bool is_clear = left && left->empty() && is_all_shown(asked_at, list_delay);
    clear_lists = is_clear ? clear_lists + 1 : 0;
    if (!is_clear) ask_release(driver, left.value_or(Machines()));
    if (clear_lists < kListsBelieved) parts_.pause();
  }
  if (!said_.empty()) say_once("all is gone");
  said_.clear();
  const std::lock_guard lock(mutex_);
  calls_.clear();
  ids_.clear();
}

std::string Guard::still_billing() const {
  const std::lock_guard lock(mutex_);
  if (calls_.empty()) return "";
  int machines = 0;
  for (const auto& [mark, call] : calls_)
    machines += call.wanted;
  const auto known = ids_.empty() ? "" : " (" + join({ids_.begin(), ids_.end()}, ", ") + ")";
  const auto& first = calls_.begin()->first;
  return "up to " + counted(machines, "machine") + known + " may bill, named like " +
         format_mark(first) + ": see the provider's console, and end what is called so";
}

void Guard::note_order(const OrderSpec& spec) {
  const std::lock_guard lock(mutex_);
  auto& call = calls_[spec.mark];
  call.wanted += spec.machines;
  call.at = parts_.clock.now();
}

void Guard::note_answer(const OrderSpec& spec, const Result<Ordered>& answer) {
  const std::lock_guard lock(mutex_);
  auto& call = calls_[spec.mark];
  call.at = parts_.clock.now();
  if (!answer) return;
  call.given = call.given.value_or(0) + answer->ids.size();
  ids_.insert(answer->ids.begin(), answer->ids.end());
}

void Guard::note_list(const Machines& machines) {
  std::map<Mark, std::size_t> shown;
  const std::lock_guard lock(mutex_);
  for (const auto& machine : machines) {
    if (machine.mark.ledger != parts_.ledger) continue;
    ids_.insert(machine.id);
    ++shown[machine.mark];
  }
  for (auto& [mark, call] : calls_)
    call.shown = std::max(call.shown, shown[mark]);
}

std::string Guard::objection_to(const OrderSpec& spec) const {
  if (spec.mark.ledger != parts_.ledger) return "it does not bear the mark of the run";
  const std::lock_guard lock(mutex_);
  int machines = spec.machines;
  for (const auto& [mark, call] : calls_)
    machines += call.wanted;
  if (machines <= parts_.most_machines) return "";
  return counted(machines, "machine") + " in all, but " + std::to_string(parts_.most_machines) +
         " may be ordered";
}

std::string Guard::objection_to(const std::vector<std::string>& ids) const {
  const std::lock_guard lock(mutex_);
  for (const auto& id : ids) {
    const auto& none = parts_.no_ids;
    if (ids_.contains(id) || std::find(none.begin(), none.end(), id) != none.end()) continue;
    return "machine " + id + " is none that the run ordered";
  }
  return "";
}

std::optional<Guard::Machines> Guard::look(Provider& driver) {
  std::set<std::string> clusters;
  for (const auto& [mark, call] : calls_)
    clusters.insert(mark.cluster);
  Machines left;
  for (const auto& cluster : clusters) {
    const auto listed = driver.machines(cluster);
    if (!listed) {
      say_once("the list: " + printable(listed.error().message, kWords) + ": is asked again");
      return std::nullopt;
    }
    std::copy_if(
        listed->begin(), listed->end(), std::back_inserter(left), [&](const CloudMachine& machine) {
          return machine.mark.ledger == parts_.ledger && machine.state != CloudState::kGone;
        });
  }
  return left;
}

void Guard::ask_release(Provider& driver, const Machines& left) {
  std::vector<std::string> ids;
  for (const auto& machine : left) {
    if (machine.state != CloudState::kEnding) ids.push_back(machine.id);
  }
  // What no list shows can be ended by the id that the order gave.
  if (left.empty()) ids.assign(ids_.begin(), ids_.end());
  if (ids.empty()) return;
  say_once("ends " + join(ids, ", "));
  const auto released = driver.release(ids);
  if (!released)
    say_once("the end: " + printable(released.error().message, kWords) + ": is asked for again");
}

bool Guard::is_all_shown(TimePoint asked_at, std::chrono::seconds list_delay) const {
  return std::all_of(calls_.begin(), calls_.end(), [&](const auto& entry) {
    const Call& call = entry.second;
    return (call.given && call.shown >= *call.given) || asked_at >= call.at + list_delay;
  });
}

void Guard::say_once(const std::string& line) {
  if (line != said_) parts_.say(line);
  said_ = line;
}

}  // namespace spillway::contract
