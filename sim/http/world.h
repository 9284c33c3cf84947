// SPDX-License-Identifier: GPL-2.0-or-later
//
// The simulated clouds together, behind one door: a request comes in, an answer goes out, faults
// applied, the journal kept. Without sockets; may be called from many threads.
#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "sim/cloud.h"
#include "sim/faults.h"
#include "sim/http/api.h"
#include "sim/http/rate_meter.h"
#include "sim/http/scenario.h"

namespace spillway {

// How an answer travels.
enum class Delivery {
  kWhole,
  kCut,    // its length is told, half of it comes, the connection ends
  kNever,  // the connection is held until the client leaves
};

struct Served {
  ApiAnswer answer;
  Delivery delivery = Delivery::kWhole;
};

class SimWorld {
 public:
  // `clock` must outlive it.
  SimWorld(const Scenario& scenario, const Clock& clock);

  // Answers a request to a cloud or to the admin side ("/sim/...").
  [[nodiscard]] Served serve(const ApiRequest& request);

  // Brings all clouds to now; gives what happened to machines since the last call, in order.
  [[nodiscard]] std::vector<SimChange> advance();

 private:
  struct Cloud {
    std::string prefix;  // "/lambda/api/v1"
    std::unique_ptr<SimCloud> model;
    std::unique_ptr<CloudApi> api;
    RateMeter meter;
  };
  struct JournalEntry {
    TimePoint at;
    std::string method;
    std::string path;
    int status = 0;  // 0: not answered
    std::optional<OrderNote> order;
  };

  void step_clock();
  [[nodiscard]] Served serve_cloud(Cloud& cloud, ApiRequest request);
  [[nodiscard]] static Served serve_faulty(const SimRequestFault& fault,
                                           Cloud& cloud,
                                           const ApiRequest& request);
  [[nodiscard]] static ApiAnswer ask(Cloud& cloud, const ApiRequest& request);
  void keep(JournalEntry entry);

  [[nodiscard]] ApiAnswer serve_admin(const ApiRequest& request);
  [[nodiscard]] ApiAnswer show_machines();
  [[nodiscard]] ApiAnswer show_invoice();
  [[nodiscard]] ApiAnswer show_requests() const;
  [[nodiscard]] ApiAnswer show_rates() const;
  [[nodiscard]] Status change_faults(const Json& body);
  [[nodiscard]] Status change_capacity(const Json& body);
  [[nodiscard]] Status change_price(const Json& body);
  [[nodiscard]] SimCloud* find_cloud(const std::string& provider);

  std::mutex mutex_;
  const Clock& clock_;
  ManualClock moment_;  // stands still while a request is served: everything in it is at one time
  SimFaults faults_;
  std::vector<Cloud> clouds_;
  std::deque<JournalEntry> journal_;
};

}  // namespace spillway
