// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/contract/sim_powers.h"

#include <chrono>

namespace spillway::contract {
namespace {

// Long enough for the call to arrive on a loaded machine; the cloud never answers it.
constexpr std::chrono::milliseconds kShortTimeout{4000};

}  // namespace

Result<HttpAnswer> SimWire::send(const HttpRequest& request) {
  ++sent;
  auto hurried = request;
  if (is_impatient) hurried.timeout = kShortTimeout;
  return inner_.send(hurried);
}

SimPowers::SimPowers(const Simulation& simulation, const std::string& scenario)
    : simulation_(simulation), cloud_(scenario) {}

void SimPowers::set_fault(const std::string& call, const char* what, const char* rest) {
  const auto blank = call.find(' ');
  set_faults(R"([{"match":{"method":")" + call.substr(0, blank) + R"(","path":")" +
             call.substr(blank + 1) + R"("},"do":")" + what + R"(","times":1)" + rest + "}]");
}

void SimPowers::order_by_hand(const HandOrder& order) {
  const bool is_taken = simulation_.order_by_hand(*network_, base_url(), order);
  if (!is_taken) fail_msg("no %s", order.name.c_str());
}

void SimPowers::order_for_others() {
  for (const char* name : kForeignNames)
    order_by_hand({name});
}

std::size_t SimPowers::count_ever_made() {
  return cloud_.get("/sim/invoice").get("lines").size();
}

std::vector<Json> SimPowers::look_into_cloud(const std::string& name) {
  const auto all = cloud_.get("/sim/machines").get("machines");
  std::vector<Json> found;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all.at(i).string("name").value_or("").starts_with(name)) found.push_back(all.at(i));
  }
  return found;
}

Json SimPowers::rates() {
  return cloud_.get("/sim/rates").get("clouds").at(0);
}

}  // namespace spillway::contract
