// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/http/hyperstack/api.h"

#include <algorithm>
#include <optional>

#include "sim/http/body.h"
#include "sim/http/hyperstack/billing.h"
#include "sim/http/hyperstack/catalog.h"
#include "sim/http/hyperstack/environments.h"
#include "sim/http/hyperstack/errors.h"
#include "sim/http/hyperstack/launch.h"
#include "sim/http/hyperstack/machines.h"
#include "sim/http/route.h"
#include "sim/rate.h"

namespace spillway {
namespace hyperstack_api {
namespace {

class HyperstackApi final : public CloudApi {
 public:
  HyperstackApi(const CloudScenario& account,
                const HyperstackSettings& settings,
                SimCloud& cloud,
                const Clock& clock)
      : key_(account.api_key),
        minute_(account.rates.requests.interval, account.rates.requests.spare_percent / 100),
        tenant_(account, settings, cloud, clock) {}

  [[nodiscard]] ApiAnswer answer(const ApiRequest& request) override;
  [[nodiscard]] ApiAnswer capacity_refusal() const override { return no_capacity(tenant_); }
  [[nodiscard]] ApiAnswer failure(int status) const override {
    return hyperstack_api::failure(status);
  }
  [[nodiscard]] std::optional<OrderNote> order_in(const ApiRequest& request) const override;

 private:
  [[nodiscard]] Refusal refuse(const ApiRequest& request);
  [[nodiscard]] ApiAnswer act(const Route& route, const Call& call);

  Secret key_;
  SimRateWindow minute_;
  Tenant tenant_;
};

// The limit is one of the address that calls, and so comes before the key.
Refusal HyperstackApi::refuse(const ApiRequest& request) {
  if (!minute_.admit(tenant_.now())) return too_many_requests();
  const std::string key = request.header("api_key");
  if (key.empty()) return no_key();
  if (!equal_in_constant_time(key, key_.reveal())) return wrong_key();
  return std::nullopt;
}

ApiAnswer HyperstackApi::answer(const ApiRequest& request) {
  if (auto refusal = refuse(request)) return *refusal;
  bool is_known = false;
  for (const Routes* routes :
       {&catalog_routes(), &environment_routes(), &machine_routes(), &billing_routes()}) {
    for (const Route& route : *routes) {
      const auto id = match_path(route.path, request.path);
      if (id && request.method == route.method)
        return act(route, {request, object_in(request.body), *id});
      is_known = is_known || id;
    }
  }
  return is_known ? wrong_verb() : unknown_path();
}

// Some of the real calls tell a refusal with 200; which ones is not known. Where the scenario wants
// it so, all do but those about things that are not there.
ApiAnswer HyperstackApi::act(const Route& route, const Call& call) {
  ApiAnswer answer = route.verb(tenant_, call);
  if (tenant_.settings.errors_as_200 && answer.status >= 400 && answer.status != 404)
    answer.status = 200;
  return answer;
}

std::optional<OrderNote> HyperstackApi::order_in(const ApiRequest& request) const {
  if (request.method != "POST" || request.path != "/core/virtual-machines") return std::nullopt;
  const Json body = object_in(request.body);
  const Environment* environment =
      tenant_.find_environment(body.string("environment_name").value_or(""));
  const std::int64_t count = body.integer("count").value_or(1);
  return OrderNote{environment == nullptr ? "" : environment->region,
                   body.string("flavor_name").value_or(""),
                   body.string("name").value_or(""),
                   static_cast<int>(std::clamp<std::int64_t>(count, 0, 1000))};
}

}  // namespace
}  // namespace hyperstack_api

std::unique_ptr<CloudApi> make_hyperstack_api(const CloudScenario& account,
                                              const HyperstackSettings& settings,
                                              SimCloud& cloud,
                                              const Clock& clock) {
  return std::make_unique<hyperstack_api::HyperstackApi>(account, settings, cloud, clock);
}

}  // namespace spillway
