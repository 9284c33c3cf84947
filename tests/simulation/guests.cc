// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/simulation/guests.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace spillway::simulation {
namespace {

using F = FaultKind;

constexpr seconds kLongestPause{30};
constexpr seconds kRegisterAgain{10};

// The token in the user-data's text (broker/user_data.cc).
Secret find_token(std::string_view user_data) {
  constexpr std::string_view kBefore = "\ntoken='";
  const auto begin = user_data.find(kBefore);
  if (begin == std::string_view::npos) return Secret();
  const auto rest = user_data.substr(begin + kBefore.size());
  return Secret(std::string(rest.substr(0, rest.find('\''))));
}

}  // namespace

std::string Guests::name_of(int cloud, const std::string& id) {
  return std::to_string(cloud) + "/" + id;
}

void Guests::boot(int cloud, const SimMachine& machine) {
  const auto name = name_of(cloud, machine.id);
  Guest guest;
  guest.cloud = cloud;
  guest.address = machine.address;
  guest.token = find_token(machine.order.user_data);
  if (guest.token.empty()) return;  // not one of ours
  if (const auto fault = scene_.traps.take(F::kUnhealthy, cloud)) {
    scene_.strike(*fault, name);
    guest.sick = true;
  }
  guests_[name] = std::move(guest);
  if (const auto fault = scene_.traps.take(F::kNeverJoins, cloud))
    return scene_.strike(*fault, name);
  set_step(name, scene_.dice.within(milliseconds(200), milliseconds(3000)));
}

void Guests::end(int cloud, const SimMachine& machine) {
  const auto name = name_of(cloud, machine.id);
  const auto found = guests_.find(name);
  if (found == guests_.end() || found->second.step == Step::kEnded) return;
  if (const auto fault = scene_.traps.take(F::kGhost, cloud)) return haunt(name, *fault);
  found->second.step = Step::kEnded;
  slurm_.slurm().lose_slurmd(name);
}

// Its end was accepted, and its processes go on for a while: slurmd registers once more.
void Guests::haunt(const std::string& name, const Fault& fault) {
  scene_.strike(fault, name);
  auto& guest = guests_.at(name);
  if (guest.step == Step::kServe) {
    guest.step = Step::kRegister;
    set_step(name,
             milliseconds(static_cast<std::int64_t>(
                 fault.dice % static_cast<std::uint64_t>(fault.span.count()))));
  }
  scene_.queue.in(fault.span, [this, name] {
    guests_.at(name).step = Step::kEnded;
    slurm_.slurm().lose_slurmd(name);
  });
}

void Guests::set_step(const std::string& name, milliseconds delay) {
  scene_.queue.in(delay, [this, name] { take_step(name); });
}

void Guests::take_step(const std::string& name) {
  auto& guest = guests_.at(name);
  std::optional<milliseconds> next;
  switch (guest.step) {
    case Step::kJoin:
      next = join(guest);
      break;
    case Step::kReady:
      next = ready(guest);
      break;
    case Step::kComplain:
      next = complain(guest);
      break;
    case Step::kRegister:
      next = register_slurmd(name, guest);
      break;
    case Step::kServe:
    case Step::kEnded:
      return;
  }
  if (next) set_step(name, *next);
}

bool Guests::is_answer_lost(const Guest& guest) {
  const auto fault = scene_.traps.take(F::kJoinAnswerLost, guest.cloud);
  if (fault) scene_.strike(*fault, guest.address);
  return fault.has_value();
}

// As the bootstrap waits: what it is told, else longer each time.
milliseconds Guests::again(Guest& guest, const Error* error) {
  if (error != nullptr && error->retry_after) return *error->retry_after;
  return std::exchange(guest.pause, std::min(guest.pause * 2, kLongestPause));
}

std::optional<milliseconds> Guests::join(Guest& guest) {
  const auto reply = head_.join(guest.token, guest.address);
  if (!reply || is_answer_lost(guest)) return again(guest, nullptr);
  if (!*reply) {
    if (reply->error().code == ErrorCode::kTransient) return again(guest, &reply->error());
    scene_.history.note("machine", guest.address + " is refused: " + reply->error().message);
    guest.step = Step::kEnded;
    return std::nullopt;
  }
  guest.node = (*reply)->node;
  guest.step = guest.sick ? Step::kComplain : Step::kReady;
  guest.pause = seconds(1);
  return scene_.dice.within(milliseconds(500), milliseconds(3000));
}

std::optional<milliseconds> Guests::ready(Guest& guest) {
  const auto answer = head_.ready(guest.token, guest.address);
  if (!answer || is_answer_lost(guest)) return again(guest, nullptr);
  if (!*answer) {
    if (answer->error().code == ErrorCode::kTransient) return again(guest, &answer->error());
    guest.step = Step::kComplain;
    return milliseconds(0);
  }
  guest.step = Step::kRegister;
  guest.booted_at = scene_.host_clock.now();  // slurmd -b
  return scene_.dice.within(milliseconds(100), milliseconds(1000));
}

std::optional<milliseconds> Guests::complain(Guest& guest) {
  const auto answer = head_.unhealthy(guest.token, guest.address);
  if (!answer || is_answer_lost(guest)) return again(guest, nullptr);
  if (!*answer && answer->error().code == ErrorCode::kTransient)
    return again(guest, &answer->error());
  guest.step = Step::kEnded;
  return std::nullopt;
}

std::optional<milliseconds> Guests::register_slurmd(const std::string& name, Guest& guest) {
  if (slurm_.is_down()) return kRegisterAgain;
  const auto registration =
      slurm_.slurm().register_slurmd(guest.node, name, guest.address, guest.booted_at);
  slurm_.settle();
  if (registration == SimRegistration::kWaiting) return kRegisterAgain;
  if (scene_.history.is_kept()) {
    scene_.history.note(
        "machine",
        name + (registration == SimRegistration::kAccepted ? " registers as " + guest.node
                                                           : ": slurm.conf has no " + guest.node));
  }
  guest.step = registration == SimRegistration::kAccepted ? Step::kServe : Step::kEnded;
  return std::nullopt;
}

}  // namespace spillway::simulation
