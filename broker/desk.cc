// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/desk.h"

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <utility>

#include "broker/broker.h"

namespace spillway {
namespace {

constexpr std::chrono::seconds kPatience{5};

// The errand owns the promise: an answer that comes too late is dropped, not written elsewhere.
template <typename Answer>
Answer ask(Inbox& inbox, std::function<Answer(Broker&)> question) {
  auto promise = std::make_shared<std::promise<Answer>>();
  auto answer = promise->get_future();
  inbox.post(Inbox::Errand([promise, question = std::move(question)](Broker& broker) {
    promise->set_value(question(broker));
  }));
  if (answer.wait_for(kPatience) != std::future_status::ready) {
    return Error{ErrorCode::kTransient, "the broker is busy", {}};
  }
  return answer.get();
}

}  // namespace

void Desk::publish(const Books& books) {
  std::set<std::int64_t> open;
  for (const auto& [number, lease] : books.leases) {
    if (lease.outcome.empty()) open.insert(open.end(), number);
  }
  const std::lock_guard lock(mutex_);
  open_leases_.swap(open);
}

bool Desk::recognizes(const Secret& token) const {
  const auto lease = tokens_.check(token);
  if (!lease) return false;
  const std::lock_guard lock(mutex_);
  return open_leases_.contains(*lease);
}

Status Desk::admit(const Secret& token) {
  return ask<Status>(inbox_, [token](Broker& broker) { return broker.admit(token); });
}

Status Desk::admit_machine(const Secret& token, const std::string& peer) {
  return ask<Status>(inbox_,
                     [token, peer](Broker& broker) { return broker.admit_machine(token, peer); });
}

Result<JoinReply> Desk::join(const Secret& token, const std::string& peer, const JoinFacts& facts) {
  return ask<Result<JoinReply>>(
      inbox_, [token, peer, facts](Broker& broker) { return broker.join(token, peer, facts); });
}

Result<ReadyReply> Desk::ready(const Secret& token, const std::string& peer) {
  return ask<Result<ReadyReply>>(
      inbox_, [token, peer](Broker& broker) { return broker.ready(token, peer); });
}

Status Desk::unhealthy(const Secret& token,
                       const std::string& peer,
                       const std::string& what,
                       const std::string& log) {
  return ask<Status>(inbox_, [token, peer, what, log](Broker& broker) {
    return broker.unhealthy(token, peer, what, log);
  });
}

void Desk::note_refusal(const std::string& peer, const std::string& why) {
  inbox_.post(Inbox::Errand([peer, why](Broker& broker) { broker.note_refusal(peer, why); }));
}

}  // namespace spillway
