// SPDX-License-Identifier: GPL-2.0-or-later
//
// The join desk: takes the join service's questions to the broker's thread and waits for the answer
// there, a few seconds at most.
#pragma once

#include <cstdint>
#include <mutex>
#include <set>
#include <string>

#include "broker/inbox.h"
#include "broker/join.h"
#include "broker/join_tokens.h"
#include "core/books.h"

namespace spillway {

class Desk final : public JoinDesk {
 public:
  // Both must outlive the desk.
  Desk(Inbox& inbox, const JoinTokens& tokens) : inbox_(inbox), tokens_(tokens) {}

  // From now on tokens of the leases that are open in these books are recognized, and no others.
  // A token that leaves this host before that would be refused for good.
  void publish(const Books& books);

  [[nodiscard]] bool recognizes(const Secret& token) const override;
  [[nodiscard]] Status admit(const Secret& token) override;
  [[nodiscard]] Status admit_machine(const Secret& token, const std::string& peer) override;
  [[nodiscard]] Result<JoinReply> join(const Secret& token,
                                       const std::string& peer,
                                       const JoinFacts& facts) override;
  [[nodiscard]] Result<ReadyReply> ready(const Secret& token, const std::string& peer) override;
  [[nodiscard]] Status unhealthy(const Secret& token,
                                 const std::string& peer,
                                 const std::string& what,
                                 const std::string& log) override;
  void note_refusal(const std::string& peer, const std::string& why) override;

 private:
  Inbox& inbox_;
  const JoinTokens& tokens_;
  mutable std::mutex mutex_;  // for open_leases_
  std::set<std::int64_t> open_leases_;
};

}  // namespace spillway
