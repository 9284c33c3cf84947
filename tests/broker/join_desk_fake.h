// SPDX-License-Identifier: GPL-2.0-or-later
//
// A desk that knows one token, writes down what it is asked, and answers as it is told.
#pragma once

#include <chrono>
#include <condition_variable>
#include <future>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "broker/join.h"

namespace spillway {

class FakeDesk final : public JoinDesk {
 public:
  inline static const std::string kToken =
      "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

  // Set before use, or between calls.
  JoinReply reply = some_reply();
  ReadyReply ready_reply;
  std::optional<Error> next_error;  // for the next `errors` calls of join
  int errors = 0;
  std::optional<Error> complaint_error;  // for ready and unhealthy
  std::shared_future<void> gate;         // if there is one, admit waits for it

  [[nodiscard]] bool recognizes(const Secret& token) const override {
    return token.reveal() == kToken;
  }

  Status admit(const Secret& token) override {
    {
      const std::lock_guard lock(mutex_);
      ++came_;
      arrived_.notify_all();
    }
    if (gate.valid()) gate.wait();
    const std::lock_guard lock(mutex_);
    calls_.emplace_back("admit");
    return judge(token);
  }

  Status admit_machine(const Secret& token, const std::string& peer) override {
    const std::lock_guard lock(mutex_);
    calls_.push_back("admit-machine " + peer);
    return judge(token);
  }

  Result<JoinReply> join(const Secret& token,
                         const std::string& peer,
                         const JoinFacts& facts) override {
    const std::lock_guard lock(mutex_);
    calls_.push_back("join " + peer);
    facts_ = facts;
    if (const auto judged = judge(token); !judged) return judged.error();
    if (next_error && errors > 0) {
      --errors;
      return *next_error;
    }
    return reply;
  }

  Result<ReadyReply> ready(const Secret& token, const std::string& peer) override {
    const std::lock_guard lock(mutex_);
    calls_.push_back("ready " + peer);
    if (complaint_error) return *complaint_error;
    if (const auto judged = judge(token); !judged) return judged.error();
    return ready_reply;
  }

  Status unhealthy(const Secret& token,
                   const std::string& peer,
                   const std::string& what,
                   const std::string& log) override {
    const std::lock_guard lock(mutex_);
    calls_.push_back("unhealthy " + peer + " " + what);
    log_ = log;
    if (complaint_error) return *complaint_error;
    return judge(token);
  }

  void note_refusal(const std::string& peer, const std::string& why) override {
    const std::lock_guard lock(mutex_);
    calls_.push_back("refusal " + peer + " " + why);
    refused_.notify_all();
  }

  [[nodiscard]] std::vector<std::string> calls() {
    const std::lock_guard lock(mutex_);
    return calls_;
  }
  [[nodiscard]] int count(const std::string& beginning) {
    int found = 0;
    for (const auto& call : calls())
      found += call.starts_with(beginning) ? 1 : 0;
    return found;
  }
  // What the last machine that was no good told of itself.
  [[nodiscard]] std::string log() {
    const std::lock_guard lock(mutex_);
    return log_;
  }
  // Waits for a refusal that holds these words.
  [[nodiscard]] bool hears_refusal(const std::string& words,
                                   std::chrono::milliseconds patience = std::chrono::seconds(30)) {
    std::unique_lock lock(mutex_);
    return refused_.wait_for(lock, patience, [&] {
      for (const auto& call : calls_) {
        if (call.starts_with("refusal ") && call.find(words) != std::string::npos) return true;
      }
      return false;
    });
  }
  // True once so many have come to admit, whether or not the gate keeps them.
  [[nodiscard]] bool sees_come(int count) {
    std::unique_lock lock(mutex_);
    return arrived_.wait_for(lock, std::chrono::seconds(30), [&] { return came_ >= count; });
  }
  [[nodiscard]] JoinFacts facts() {
    const std::lock_guard lock(mutex_);
    return facts_;
  }

 private:
  static JoinReply some_reply() {
    JoinReply reply;
    reply.node = "h100-001";
    reply.cluster = "hpc1";
    reply.shape.gpus = 8;
    reply.slurmctld = {"head:6817"};
    return reply;
  }

  static Status judge(const Secret& token) {
    if (token.reveal() == kToken) return {};
    return Error{ErrorCode::kUnauthorized, "unknown token", {}};
  }

  std::mutex mutex_;
  std::condition_variable refused_;
  std::condition_variable arrived_;
  int came_ = 0;
  std::vector<std::string> calls_;
  JoinFacts facts_;
  std::string log_;
};

}  // namespace spillway
