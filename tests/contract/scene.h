// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a case of the contract finds: an account at a cloud, a driver that works for it, something
// to order, and words to speak of the machines. They are found by their mark: a cloud may change
// their ids when they begin to run.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lib/time.h"
#include "providers/provider.h"
#include "tests/contract/row.h"
#include "tests/contract/sim_powers.h"
#include "tests/support/cmocka.h"

namespace spillway::contract {

using Ids = std::vector<std::string>;
using Machines = std::vector<CloudMachine>;

struct Scene {
  const Row* row = nullptr;
  std::unique_ptr<Provider> provider;
  // Another driver for the account, with another key.
  std::function<std::unique_ptr<Provider>(const std::string& key)> connect;
  // Another one, on a wire that carries nothing but questions.
  std::function<std::unique_ptr<Provider>()> connect_asking;

  Offer offer;            // what the case orders
  OfferId sold_out;       // where it needs one
  int most_machines = 1;  // that it may order
  Mark mark;              // of all that it orders, but for the call

  const Clock* clock = nullptr;  // the driver's
  std::function<void()> pause;   // lets a moment pass; fails the case when it is to be given up
  std::chrono::seconds patience{60};
  std::chrono::seconds list_delay{0};  // a new machine is listed by then

  SimPowers* sim = nullptr;  // only where the cloud is simulated and our own
};

template <typename T>
T value_of(Result<T> result) {
  if (!result) fail_msg("%s", result.error().message.c_str());
  return *std::move(result);
}

template <typename T>
void assert_error(const Result<T>& result, ErrorCode code) {
  if (result) fail_msg("%s was expected, but there is no error", error_code_name(code));
  if (result.error().code == code) return;
  fail_msg("%s was expected, not %s: %s",
           error_code_name(code),
           error_code_name(result.error().code),
           result.error().message.c_str());
}

// Ends the case without a verdict.
void skip_case(const char* why);

[[nodiscard]] Offer find_offer(const std::vector<Offer>& offers, const OfferId& id);

[[nodiscard]] OrderSpec make_spec(const Scene& scene, std::int64_t call);
[[nodiscard]] OrderSpec make_spec(const Scene& scene, std::int64_t call, const OfferId& offer);
std::string order_one(Scene& scene, std::int64_t call);
// One machine a call, until all are listed.
void order_each(Scene& scene, const std::vector<std::int64_t>& calls);

// What the scene's cluster has; fails the case when anything else is listed.
[[nodiscard]] Machines list(Scene& scene);
// Those that are neither ending nor gone.
[[nodiscard]] Machines list_alive(Scene& scene);
[[nodiscard]] Machines list_alive(Scene& scene, std::int64_t call);

[[nodiscard]] std::size_t count_running(Scene& scene);
[[nodiscard]] std::size_t count_running(Scene& scene, std::int64_t call);

// A cloud tells nobody when something changes: it must be asked.
void await(const Scene& scene, const char* what, const std::function<bool()>& holds);
// The list, once it shows as many machines as were ordered: it may lag, but no further than the
// driver says.
[[nodiscard]] Machines await_listed(Scene& scene, std::size_t count);

// As far as can be told: what the list shows once it has to, where the cloud cannot be asked.
[[nodiscard]] std::size_t count_made(Scene& scene);

// Asks for the end of all machines of these calls, and of `others`, until each is accepted: a cloud
// may refuse what it is still building. Gives the last answer.
Released end_machines_of(Scene& scene,
                         const std::vector<std::int64_t>& calls,
                         const Ids& others = {});

}  // namespace spillway::contract
