// SPDX-License-Identifier: GPL-2.0-or-later
#include "providers/hyperstack/request.h"

#include <utility>

#include "lib/json.h"
#include "providers/wire.h"

namespace spillway {
namespace {

constexpr const char* kBaseUrl = "https://infrahub-api.nexgencloud.com/v1";
constexpr const char* kMachines = "/core/virtual-machines";
constexpr const char* kAnywhere = "0.0.0.0/0";
constexpr int kSshPort = 22;
constexpr int kSlurmdPort = 6818;
constexpr std::chrono::milliseconds kListTimeout{30'000};
constexpr std::chrono::milliseconds kChangeTimeout{60'000};
constexpr std::size_t kAnswerLimit = std::size_t{16} << 20U;

std::string path_of(HyperstackList list) {
  switch (list) {
    case HyperstackList::kMachines:
      return kMachines;
    case HyperstackList::kEnvironments:
      return "/core/environments";
    case HyperstackList::kKeypairs:
      return "/core/keypairs";
    case HyperstackList::kImages:
      return "/core/images";
  }
  return kMachines;
}

Json make_rule(const char* protocol, const std::string& from) {
  return Json::object()
      .set("direction", "ingress")
      .set("protocol", protocol)
      .set("ethertype", "IPv4")
      .set("remote_ip_prefix", from);
}

Json make_port_rule(int port) {
  return make_rule("tcp", kAnywhere).set("port_range_min", port).set("port_range_max", port);
}

// Without a rule nothing comes in, not even ssh. slurmctld and the login nodes call slurmd; the
// nodes of a job call each other on ports that nobody knows beforehand.
Json make_rules(const std::string& network) {
  auto rules = Json::array().append(make_port_rule(kSshPort)).append(make_port_rule(kSlurmdPort));
  if (!network.empty()) rules.append(make_rule("any", network));
  return rules;
}

}  // namespace

HyperstackRequests::HyperstackRequests(const ProviderConfig& config, Secret key)
    : base_url_(base_url_of(config, kBaseUrl)),
      key_(std::move(key)),
      ssh_key_(config.ssh_key),
      environment_(config.environment) {}

HttpRequest HyperstackRequests::page(HyperstackList list,
                                     int page,
                                     const std::string& region) const {
  const bool is_images = list == HyperstackList::kImages;
  auto path = path_of(list) + "?page=" + std::to_string(page);
  path += (is_images ? "&per_page=" : "&pageSize=") + std::to_string(kHyperstackPageSize);
  if (is_images) path += "&region=" + percent_encode(region);
  return request("GET", path);
}

HttpRequest HyperstackRequests::flavors(const std::string& region) const {
  return request("GET", "/core/flavors?region=" + percent_encode(region));
}

HttpRequest HyperstackRequests::stocks() const {
  return request("GET", "/core/stocks");
}

HttpRequest HyperstackRequests::pricebook() const {
  return request("GET", "/pricebook");
}

HttpRequest HyperstackRequests::credit() const {
  return request("GET", "/billing/user-credit/credit");
}

HttpRequest HyperstackRequests::quota(std::int64_t environment) const {
  return request("GET", "/core/environments/" + std::to_string(environment) + "/vm-quota");
}

HttpRequest HyperstackRequests::events(const std::string& machine) const {
  return request("GET", kMachines + ("/" + percent_encode(machine)) + "/events");
}

HttpRequest HyperstackRequests::create(const OrderSpec& spec,
                                       const std::string& image,
                                       const std::string& network) const {
  const auto mark = format_mark(spec.mark);
  auto body = Json::object();
  body.set("name", mark);
  body.set("environment_name", environment_);
  body.set("image_name", image);
  body.set("flavor_name", spec.offer.type);
  body.set("key_name", ssh_key_);
  body.set("count", spec.machines);
  body.set("user_data", spec.user_data);
  body.set("labels",
           Json::array()
               .append(Json::of("spillway-cluster=" + spec.mark.cluster))
               .append(Json::of(kHyperstackMarkLabel + mark)));
  body.set("assign_floating_ip", true);
  body.set("enable_port_randomization", false);
  body.set("security_rules", make_rules(network));
  auto create = request("POST", kMachines);
  create.body = body.dump();
  return create;
}

HttpRequest HyperstackRequests::destroy(const std::string& machine) const {
  return request("DELETE", kMachines + ("/" + percent_encode(machine)));
}

HttpRequest HyperstackRequests::request(const char* method, const std::string& path) const {
  HttpRequest request;
  request.method = method;
  request.url = base_url_ + path;
  request.headers = {{"accept", "application/json"}};
  if (request.method == "POST") request.headers.emplace_back("content-type", "application/json");
  request.timeout = request.method == "GET" ? kListTimeout : kChangeTimeout;
  request.secret = key_;
  request.secret_header = "api_key: ";
  request.answer_limit = kAnswerLimit;
  return request;
}

}  // namespace spillway
