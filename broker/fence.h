// SPDX-License-Identifier: GPL-2.0-or-later
//
// The last door before the outside: what a lane sends passes only while the lead is in force. It
// stands behind a driver's own pauses, so that an order that waited for its turn is asked as well.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cluster/slurm.h"
#include "lib/http.h"

namespace spillway {

// Whether we still lead. Called from the lanes' threads.
using MayAct = std::function<bool()>;

// To a cloud nothing is sent without the lead: one of them uses GET for changes, too.
class FencedTransport final : public Transport {
 public:
  FencedTransport(std::unique_ptr<Transport> inner, MayAct may_act);
  // Errors: kTransient, nothing was sent; those of the inner one.
  [[nodiscard]] Result<HttpAnswer> send(const HttpRequest& request) override;

 private:
  std::unique_ptr<Transport> inner_;
  MayAct may_act_;
};

// Slurm may be looked at, and not changed. Errors: kTransient; those of the inner one.
class FencedSlurm final : public Slurm {
 public:
  FencedSlurm(std::unique_ptr<Slurm> inner, MayAct may_act);
  [[nodiscard]] Result<SlurmView> observe() override;
  [[nodiscard]] Status set_addresses(const std::vector<NodeAddress>& addresses) override;
  [[nodiscard]] Status down_and_power_down(const std::string& nodes,
                                           const std::string& reason) override;
  [[nodiscard]] Status resume(const std::string& nodes) override;
  [[nodiscard]] Status keep_idle(const std::string& nodes) override;
  [[nodiscard]] Status set_admin_comment(std::uint32_t job, const std::string& comment) override;

 private:
  std::unique_ptr<Slurm> inner_;
  MayAct may_act_;
};

}  // namespace spillway
