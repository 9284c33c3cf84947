// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the parts of the contract suite share: a cloud, the driver that talks to it, and words to
// speak of its machines. Machines are found by their mark: a cloud may change their ids when they
// begin to run.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lib/http.h"
#include "lib/time.h"
#include "providers/provider.h"
#include "tests/contract/row.h"
#include "tests/support/cmocka.h"
#include "tests/support/kept_exchanges.h"
#include "tests/support/simcloud_process.h"

namespace spillway::contract {

using Ids = std::vector<std::string>;
using Machines = std::vector<CloudMachine>;

inline constexpr const char* kCluster = "hpc1";

// What others call their machines in our account: a person, and another cluster.
inline constexpr std::array kForeignNames{"my notebook", "spillway-hpc11-0a1b2c-1-1"};

// The driver that is tried now.
[[nodiscard]] const ContractRow& row();
void set_row(ContractRow contract);

// The parts of the suite; each runs its group under `name` and gives the number of failures.
[[nodiscard]] int try_orders(const std::string& name);
[[nodiscard]] int try_orders_of_many(const std::string& name);
[[nodiscard]] int try_releases(const std::string& name);
[[nodiscard]] int try_crowd(const std::string& name);
[[nodiscard]] int try_pace(const std::string& name);

class ImpatientTransport final : public Transport {
 public:
  explicit ImpatientTransport(Transport& inner) : inner_(inner) {}
  [[nodiscard]] Result<HttpAnswer> send(const HttpRequest& request) override;
  bool is_impatient = false;

 private:
  Transport& inner_;
};

// A cloud, and the driver that talks to it. The driver's own pace runs on a clock that jumps.
struct Scene {
  SimcloudProcess cloud;
  std::unique_ptr<Transport> network = make_curl_transport("spillway-test");
  KeepingTransport kept{*network, row().config.name, base_url()};
  ImpatientTransport transport{kept};
  ManualClock clock{SystemClock().now()};
  std::unique_ptr<Provider> provider;

  Scene() : Scene(row().key) {}
  explicit Scene(const std::string& key, const std::string& scenario = row().scenario);

  [[nodiscard]] std::string base_url() const { return cloud.url() + row().path; }

  // A driver that talks to the cloud otherwise than the scene's own does.
  using Wait = std::function<bool(std::chrono::milliseconds duration)>;
  [[nodiscard]] std::unique_ptr<Provider> connect(const std::string& key,
                                                  Transport& wire,
                                                  const Clock& time,
                                                  const Wait& wait) const;
  [[nodiscard]] Wait jump();
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

[[nodiscard]] OrderSpec make_spec(std::int64_t call, const OfferId& offer = row().offer);
std::string order_one(Scene& scene, std::int64_t call);

[[nodiscard]] Machines list(Scene& scene);
// Those that are neither ending nor gone.
[[nodiscard]] Machines list_alive(Scene& scene);
[[nodiscard]] Machines list_alive(Scene& scene, std::int64_t call);

[[nodiscard]] std::size_t count_running(Scene& scene);
[[nodiscard]] std::size_t count_running(Scene& scene, std::int64_t call);

// Past the driver; fails the test when the cloud refuses.
void order_by_hand(Scene& scene, const HandOrder& order);
// One machine for each of kForeignNames.
void order_for_others(Scene& scene);

// A cloud tells nobody when something changes: it must be asked.
void await(const char* what, const std::function<bool()>& holds);

// Asks for the end of all machines of these calls, and of `others`, until each is accepted: a cloud
// may refuse what it is still building. Gives the last answer.
Released end_machines_of(Scene& scene,
                         const std::vector<std::int64_t>& calls,
                         const Ids& others = {});

// One fault for the next such call; `rest` are further members, e.g. ",\"status\":500".
void set_fault(Scene& scene, const std::string& call, const char* what, const char* rest = "");

[[nodiscard]] std::size_t count_ever_made(Scene& scene);

// What the cloud itself knows of each machine whose name begins with `name`.
[[nodiscard]] std::vector<Json> look_into_cloud(Scene& scene, const std::string& name);

}  // namespace spillway::contract
