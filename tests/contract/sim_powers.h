// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a case may do to a simulated cloud, and nobody to a real one.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "lib/http.h"
#include "tests/contract/row.h"
#include "tests/support/kept_exchanges.h"
#include "tests/support/simcloud_process.h"

namespace spillway::contract {

// What others call their machines in our account: a person, and another cluster.
inline constexpr std::array kForeignNames{"my notebook", "spillway-hpc11-0a1b2c-1-1"};

// The driver's wire. It counts, and may wait for no answer longer than a moment.
class SimWire final : public Transport {
 public:
  explicit SimWire(Transport& inner) : inner_(inner) {}
  [[nodiscard]] Result<HttpAnswer> send(const HttpRequest& request) override;
  bool is_impatient = false;
  int sent = 0;

 private:
  Transport& inner_;
};

class SimPowers {
 public:
  SimPowers(const Simulation& simulation, const std::string& scenario);

  [[nodiscard]] std::string base_url() const { return cloud_.url() + simulation_.path; }
  [[nodiscard]] SimWire& wire() { return wire_; }

  // One fault for the next such call; `rest` are further members, e.g. ",\"status\":500".
  void set_fault(const std::string& call, const char* what, const char* rest = "");
  // Replaces all fault rules; `rules` is the JSON array of POST /sim/faults.
  void set_faults(const std::string& rules) { cloud_.set_faults(rules); }

  // Past the driver; fails the test when the cloud refuses.
  void order_by_hand(const HandOrder& order);
  // One machine for each of kForeignNames.
  void order_for_others();

  [[nodiscard]] std::size_t count_ever_made();
  // What the cloud itself knows of each machine whose name begins with `name`.
  [[nodiscard]] std::vector<Json> look_into_cloud(const std::string& name);
  // What it counted of our calls.
  [[nodiscard]] Json rates();

 private:
  const Simulation& simulation_;
  SimcloudProcess cloud_;
  std::unique_ptr<Transport> network_ = make_curl_transport("spillway-test");
  KeepingTransport kept_{*network_, simulation_.config.name, base_url()};
  SimWire wire_{kept_};
};

}  // namespace spillway::contract
