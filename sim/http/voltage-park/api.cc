// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/http/voltage-park/api.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "lib/text.h"
#include "sim/http/route.h"
#include "sim/http/voltage-park/bare_metal.h"
#include "sim/http/voltage-park/cloud_init.h"
#include "sim/http/voltage-park/fabric.h"
#include "sim/http/voltage-park/pages.h"
#include "sim/http/voltage-park/virtual_machines.h"
#include "sim/uuid.h"

namespace spillway {
namespace voltage_park_api {
namespace {

using Id = std::string;

constexpr const char* kRentals = "/bare-metal/";
constexpr const char* kInstant = "/virtual-machines/instant";
constexpr const char* kStorageRate = "0.0001";  // USD per GB and hour; no real one was seen

bool is_order(const ApiRequest& request) {
  return request.method == "POST" && (request.path == kRentals || request.path == kInstant);
}

class VoltageParkApi final : public CloudApi {
 public:
  VoltageParkApi(const CloudScenario& account,
                 const VoltageParkOptions& options,
                 SimCloud& cloud,
                 const Clock& clock)
      : key_(account.api_key),
        clock_(clock),
        gate_(account.rates),
        office_(account, options, cloud),
        rentals_(office_, clock),
        machines_(office_, clock) {}

  [[nodiscard]] ApiAnswer answer(const ApiRequest& request) override;
  [[nodiscard]] ApiAnswer capacity_refusal() const override { return office_.capacity_refusal(); }
  [[nodiscard]] ApiAnswer failure(int status) const override {
    return voltage_park_api::failure(status);
  }
  [[nodiscard]] std::optional<OrderNote> order_in(const ApiRequest& request) const override;

 private:
  using Verb = ApiAnswer (*)(VoltageParkApi&, const ApiRequest&, const Id&);
  struct Route {
    const char* method;
    const char* path;  // a '*' in it stands for an id
    Verb verb;
    bool is_public = false;
  };
  static const std::vector<Route>& routes();

  // Calls a method, or a function without `part`, that wants the request, the id, both or neither.
  template <typename Part, typename Method>
  static ApiAnswer enter(Part& part, Method method, const ApiRequest& request, const Id& id) {
    if constexpr (std::is_invocable_v<Method, Part&, const ApiRequest&, const Id&>)
      return std::invoke(method, part, request, id);
    else if constexpr (std::is_invocable_v<Method, Part&, const ApiRequest&>)
      return std::invoke(method, part, request);
    else if constexpr (std::is_invocable_v<Method, Part&, const Id&>)
      return std::invoke(method, part, id);
    else if constexpr (std::is_invocable_v<Method, Part&>)
      return std::invoke(method, part);
    else if constexpr (std::is_invocable_v<Method, const ApiRequest&>)
      return std::invoke(method, request);
    else
      return std::invoke(method);
  }
  template <auto method>
  static ApiAnswer rental(VoltageParkApi& api, const ApiRequest& request, const Id& id) {
    return enter(api.rentals_, method, request, id);
  }
  template <auto method>
  static ApiAnswer machine(VoltageParkApi& api, const ApiRequest& request, const Id& id) {
    return enter(api.machines_, method, request, id);
  }
  template <auto method>
  static ApiAnswer office(VoltageParkApi& api, const ApiRequest& request, const Id& id) {
    return enter(api.office_, method, request, id);
  }
  template <auto method>
  static ApiAnswer own(VoltageParkApi& api, const ApiRequest& request, const Id& id) {
    return enter(api, method, request, id);
  }

  [[nodiscard]] bool has_key(const ApiRequest& request) const;
  [[nodiscard]] ApiAnswer pass(const Route& route, const ApiRequest& request, const Id& id);
  [[nodiscard]] static ApiAnswer misrouted(const ApiRequest& request);
  [[nodiscard]] static std::string methods_of(const std::string& path);

  ApiAnswer list_transactions(const ApiRequest& request);
  ApiAnswer list_volumes(const ApiRequest& request);
  static ApiAnswer show_organization();
  static ApiAnswer show_storage_rate();
  static ApiAnswer validate(const ApiRequest& request);

  Secret key_;
  const Clock& clock_;
  SimRateGate gate_;
  Office office_;
  BareMetal rentals_;
  VirtualMachines machines_;
};

// The first that fits decides: what has a name of its own stands before what goes by an id.
const std::vector<VoltageParkApi::Route>& VoltageParkApi::routes() {
  static const std::vector<Route> routes{
      {"GET", "/bare-metal/locations", rental<&BareMetal::locations>, true},
      {"GET", kRentals, rental<&BareMetal::list>},
      {"POST", kRentals, rental<&BareMetal::order>},
      {"GET", "/bare-metal/*", rental<&BareMetal::show>},
      {"PATCH", "/bare-metal/*", rental<&BareMetal::modify>},
      {"DELETE", "/bare-metal/*", rental<&BareMetal::terminate>},
      {"PUT", "/bare-metal/*/power-status", rental<&BareMetal::set_power>},
      {"POST", "/bare-metal/*/reboot", rental<&BareMetal::reboot>},
      {"PATCH", "/bare-metal/*/remove-nodes", rental<&BareMetal::remove_nodes>},
      {"GET", "/virtual-machines/instant/locations", machine<&VirtualMachines::locations>, true},
      {"GET", "/virtual-machines/instant/locations/*", machine<&VirtualMachines::location>},
      {"GET", "/instant-deploy-presets/", machine<&VirtualMachines::presets>, true},
      {"POST", kInstant, machine<&VirtualMachines::order>},
      {"GET", "/virtual-machines/", machine<&VirtualMachines::list>},
      {"GET", "/virtual-machines/*", machine<&VirtualMachines::show>},
      {"PATCH", "/virtual-machines/*", machine<&VirtualMachines::modify>},
      {"DELETE", "/virtual-machines/*", machine<&VirtualMachines::terminate>},
      {"PUT", "/virtual-machines/*/power-status", machine<&VirtualMachines::set_power>},
      {"GET", "/organization/", own<&VoltageParkApi::show_organization>},
      {"GET", "/organization/ssh-keys", office<&Office::list_keys>},
      {"POST", "/organization/ssh-keys", office<&Office::add_key>},
      {"DELETE", "/organization/ssh-keys/*", office<&Office::delete_key>},
      {"GET", "/billing/hourly-rate", office<&Office::show_hourly_rate>},
      {"GET", "/billing/transactions/", own<&VoltageParkApi::list_transactions>},
      {"GET", "/storage/hourly-rate", own<&VoltageParkApi::show_storage_rate>},
      {"GET", "/storage/", own<&VoltageParkApi::list_volumes>},
      {"POST", "/validate/cloudinit", own<&VoltageParkApi::validate>},
  };
  return routes;
}

bool VoltageParkApi::has_key(const ApiRequest& request) const {
  constexpr std::string_view kScheme = "bearer ";
  const std::string value = request.header("authorization");
  const std::string_view given = value;
  return to_lower(given.substr(0, kScheme.size())) == kScheme &&
         equal_in_constant_time(given.substr(kScheme.size()), key_.reveal());
}

ApiAnswer VoltageParkApi::pass(const Route& route, const ApiRequest& request, const Id& id) {
  if (!route.is_public && !has_key(request)) return unauthorized();
  if (!gate_.admit(is_order(request), clock_.now())) return too_many_requests();
  if (!id.empty() && !is_uuid(id)) {
    Mistakes mistakes;
    mistakes.add(
        {Json::of("path"), Json::of("id")}, "value is not a valid uuid", "type_error.uuid");
    return mistakes.answer();
  }
  return route.verb(*this, request, id);
}

ApiAnswer VoltageParkApi::answer(const ApiRequest& request) {
  for (const Route& route : routes()) {
    if (request.method != route.method) continue;
    if (const auto id = match_path(route.path, request.path)) return pass(route, request, *id);
  }
  return misrouted(request);
}

// "GET, POST", or "" when there is no such path.
std::string VoltageParkApi::methods_of(const std::string& path) {
  std::string methods;
  for (const Route& route : routes()) {
    if (match_path(route.path, path)) methods += (methods.empty() ? "" : ", ") + Id(route.method);
  }
  return methods;
}

std::string with_other_slash(std::string path) {
  if (!path.empty() && path.back() == '/')
    path.pop_back();
  else
    path += '/';
  return path;
}

// As the framework does it: another method, else the other spelling, else nothing. Nobody looks at
// the key before.
ApiAnswer VoltageParkApi::misrouted(const ApiRequest& request) {
  if (const std::string methods = methods_of(request.path); !methods.empty())
    return wrong_method(methods);
  if (methods_of(with_other_slash(request.path)).empty()) return unknown_path();
  const std::size_t query = std::min(request.target.find('?'), request.target.size());
  ApiAnswer answer = nothing(307);
  answer.headers.emplace_back("Location",
                              "http://" + request.header("host") +
                                  with_other_slash(request.target.substr(0, query)) +
                                  request.target.substr(query));
  return answer;
}

std::optional<OrderNote> VoltageParkApi::order_in(const ApiRequest& request) const {
  if (!is_order(request)) return std::nullopt;
  const auto parsed = Json::parse(request.body, "order");
  const Json body = parsed ? *parsed : Json();
  const std::string location = body.string("location_id").value_or("");
  const std::string name = body.string("name").value_or("");
  if (request.path == kRentals) {
    const auto nodes = body.integer("gpu_count").value_or(0) / kGpusPerNode;
    return OrderNote{location,
                     body.string("network_type").value_or(""),
                     name,
                     static_cast<int>(std::clamp<std::int64_t>(nodes, 0, 1'000'000))};
  }
  const SimType* preset = machines_.find_preset(body.string("config_id").value_or(""));
  return OrderNote{location, preset == nullptr ? "" : preset->name, name, 1};
}

ApiAnswer VoltageParkApi::list_transactions(const ApiRequest& request) {
  Json list = Json::array();
  rentals_.append_charges(list);
  machines_.append_charges(list);
  return page_of(list, request, office_.options().page_size);
}

// None can be made here.
ApiAnswer VoltageParkApi::list_volumes(const ApiRequest& request) {
  return page_of(Json::array(), request, office_.options().page_size);
}

ApiAnswer VoltageParkApi::show_organization() {
  return json_answer(200,
                     Json::object()
                         .set("id", uuid_of("organization"))
                         .set("name", "Simulated")
                         .set("billing_notification_target_emails", Json::array())
                         .set("low_balance_emails_enabled", false));
}

ApiAnswer VoltageParkApi::show_storage_rate() {
  return json_answer(200, Json::object().set("hourly_rate_per_gb", kStorageRate));
}

// Of a text in YAML only the first line is looked at.
ApiAnswer VoltageParkApi::validate(const ApiRequest& request) {
  Mistakes mistakes;
  Fields body(mistakes, request);
  body.expect({"type", "content"});
  (void)body.choice("type", {"instant-vm", "vm", "baremetal"}, Need::kRequired);
  const auto content = body.text("content", Need::kRequired);
  if (!mistakes.none()) return mistakes.answer();
  Json verdict = Json::object().set("error", false).set("message", Json::null());
  if (content->rfind("#cloud-config", 0) == 0) return json_answer(200, verdict);
  const auto parsed = Json::parse(*content, "content");
  Fields whole(mistakes, Json::object().set("content", parsed ? *parsed : Json::of("")), {});
  (void)read_cloud_init(whole, "content");
  if (!mistakes.none()) verdict.set("error", true).set("message", mistakes.list().at(0).get("msg"));
  return json_answer(200, verdict);
}

}  // namespace
}  // namespace voltage_park_api

std::unique_ptr<CloudApi> make_voltage_park_api(const CloudScenario& account,
                                                const VoltageParkOptions& options,
                                                SimCloud& cloud,
                                                const Clock& clock) {
  return std::make_unique<voltage_park_api::VoltageParkApi>(account, options, cloud, clock);
}

}  // namespace spillway
