// SPDX-License-Identifier: GPL-2.0-or-later
//
// The broker's mind, without a thread, a socket or a clock of its own: it takes observations, and
// in each turn decides, commits the intents to the ledger, and says what is to be carried out.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "broker/explainer.h"
#include "broker/join.h"
#include "broker/join_answers.h"
#include "broker/join_tokens.h"
#include "broker/leadership.h"
#include "broker/limits_in_force.h"
#include "broker/observation.h"
#include "core/catalog.h"
#include "core/draft.h"
#include "core/plan.h"
#include "ledger/ledger.h"
#include "lib/time.h"

namespace spillway {

// What a turn wants done. The intents behind it are in the ledger already.
struct Dispatch {
  std::vector<OrderCommand> orders;
  std::vector<ReleaseCommand> releases;
  std::optional<SlurmBatch> slurm;
  std::optional<std::string> decisions;      // the file's new text
  std::optional<Explanations> explanations;  // what its file is to tell
  std::optional<std::string> vpn_peers;      // as `wg syncconf` reads them
};

class Broker {
 public:
  // What is referred to must outlive the broker.
  struct Parts {
    const Config& config;
    Ledger& ledger;
    const Clock& clock;
    const JoinTokens& tokens;
    std::string join_pin;
    std::map<std::string, Capabilities> capabilities;  // by configured provider
    Catalog catalog{};
    std::map<std::string, TimePoint> keys_changed_at{};  // by provider
    Leadership* leadership = nullptr;  // nullptr: nobody else can write the ledger
    Head head{};
  };

  // Reads the books. Errors: those of Ledger::load.
  [[nodiscard]] static Result<std::unique_ptr<Broker>> make(Parts parts);

  void take(Observation observation);
  [[nodiscard]] Dispatch turn();

  // For the join desk.
  [[nodiscard]] Status admit(const Secret& token) const;
  [[nodiscard]] Status admit_machine(const Secret& token, const std::string& peer);
  [[nodiscard]] Result<JoinReply> join(const Secret& token,
                                       const std::string& peer,
                                       const JoinFacts& facts);
  [[nodiscard]] Result<ReadyReply> ready(const Secret& token, const std::string& peer);
  [[nodiscard]] Status unhealthy(const Secret& token,
                                 const std::string& peer,
                                 const std::string& what,
                                 const std::string& log);
  void note_refusal(const std::string& peer, const std::string& why);

  [[nodiscard]] const Books& books() const { return books_; }
  [[nodiscard]] bool ledger_is_writable() const { return !must_reload_; }
  [[nodiscard]] Money spent_by_ended() const { return spent_this_month_; }

 private:
  explicit Broker(Parts parts);

  void take_offers(OffersSeen seen);
  void take_machines(MachinesSeen seen);
  void take_order(const OrderDone& done);
  void take_release(const ReleaseDone& done);
  void take_slurm(SlurmSeen seen);

  [[nodiscard]] Status reload();
  // Since a commit failed the books hold what the ledger does not: they are read anew before
  // anything is concluded from them. False when they cannot be read.
  [[nodiscard]] bool has_true_books();

  void read_requests();
  // What an admin set and asked for.
  void read_wishes();
  void sum_month();
  // Writes the draft's changes under our lead. REQUIRES: the draft began on true books.
  bool commit(Draft& draft);
  [[nodiscard]] Dispatch dispatch(Plan plan);
  [[nodiscard]] std::optional<SlurmBatch> slurm_batch(const Plan& plan);
  [[nodiscard]] std::optional<std::string> decisions_text(const Plan& plan);
  [[nodiscard]] std::optional<std::string> vpn_peers();
  [[nodiscard]] Result<std::int64_t> lease_of(const Secret& token) const;

  Parts parts_;
  LimitsInForce limits_;
  Books books_;
  bool must_reload_ = false;
  std::map<std::string, ProviderView> providers_;
  std::optional<SlurmView> slurm_;
  std::string slurm_trouble_;
  bool slurm_is_new_ = false;
  std::int64_t last_batch_ = 0;
  std::map<std::int64_t, ParsedRequest> parsed_;
  Sightings sightings_;
  Money spent_this_month_;
  TimePoint month_summed_at_{};
  Explainer explainer_;
  Decisions decisions_;
  TimePoint decisions_written_at_{};
  std::optional<std::string> vpn_peers_;    // as they were told last
  std::optional<std::string> vpn_trouble_;  // nothing: not known yet; empty: it is up
  TimePoint vpn_told_at_{};
};

}  // namespace spillway
