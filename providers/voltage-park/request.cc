// SPDX-License-Identifier: GPL-2.0-or-later
#include "providers/voltage-park/request.h"

#include <utility>

#include "providers/voltage-park/machine_id.h"
#include "providers/voltage-park/shape.h"
#include "providers/wire.h"

namespace spillway {
namespace {

constexpr const char* kBaseUrl = "https://cloud-api.voltagepark.com/api/v1";
constexpr std::chrono::milliseconds kListTimeout{30'000};
constexpr std::chrono::milliseconds kChangeTimeout{60'000};
constexpr std::size_t kAnswerLimit = std::size_t{16} << 20U;

constexpr const char* kUserDataFile = "/opt/spillway/user-data.sh";

Json make_ssh_keys(const std::string& key) {
  if (key.empty()) return Json::object().set("mode", "none");
  if (key == kVoltageParkAllKeys) return Json::object().set("mode", "all");
  return Json::object()
      .set("mode", "selective")
      .set("ssh_key_ids", Json::array().append(Json::of(key)));
}

// Neither a script nor YAML is taken, only this object: so the script is a file that is run.
Json make_cloud_init(const std::string& script) {
  const auto file =
      Json::object().set("path", kUserDataFile).set("content", script).set("permissions", "0700");
  const auto command = Json::of(std::string("sh ") + kUserDataFile);
  return Json::object()
      .set("write_files", Json::array().append(file))
      .set("runcmd", Json::array().append(command));
}

Json make_tags(const Mark& mark) {
  return Json::array()
      .append(Json::of("spillway-cluster=" + mark.cluster))
      .append(Json::of(kVoltageParkMarkTag + format_mark(mark)));
}

}  // namespace

VoltageParkRequests::VoltageParkRequests(const ProviderConfig& config, Secret key)
    : base_url_(base_url_of(config, kBaseUrl)), key_(std::move(key)) {}

HttpRequest VoltageParkRequests::show(const std::string& path) const {
  return request("GET", path);
}

HttpRequest VoltageParkRequests::list(const std::string& path, std::size_t offset) const {
  return request("GET",
                 path + "?limit=" + std::to_string(kVoltageParkPageRows) +
                     "&offset=" + std::to_string(offset));
}

HttpRequest VoltageParkRequests::order_nodes(const OrderSpec& spec,
                                             const std::string& ssh_key) const {
  auto body = Json::object();
  body.set("location_id", spec.offer.region);
  body.set("gpu_count", spec.machines * voltage_park_gpus_of_nodes(spec.offer.type));
  body.set("name", voltage_park_rental_name(spec.mark, spec.machines));
  body.set("network_type", spec.offer.fabric);
  body.set("organization_ssh_keys", make_ssh_keys(ssh_key));
  body.set("tags", make_tags(spec.mark));
  body.set("cloudinit_script", make_cloud_init(spec.user_data));
  return request("POST", kVoltageParkRentals, body);
}

HttpRequest VoltageParkRequests::order_vm(const OrderSpec& spec,
                                          const std::string& preset,
                                          const std::string& ssh_key) const {
  auto body = Json::object();
  body.set("config_id", preset);
  body.set("location_id", spec.offer.region);  // presets may be had at several locations
  body.set("name", format_mark(spec.mark));
  body.set("organization_ssh_keys", make_ssh_keys(ssh_key));
  body.set("tags", make_tags(spec.mark));
  body.set("cloud_init", make_cloud_init(spec.user_data));
  return request("POST", "/virtual-machines/instant", body);
}

HttpRequest VoltageParkRequests::remove_nodes(const std::string& rental,
                                              const std::vector<std::string>& addresses) const {
  auto list = Json::array();
  for (const auto& address : addresses)
    list.append(Json::of(address));
  return request("PATCH",
                 kVoltageParkRentals + percent_encode(rental) + "/remove-nodes",
                 Json::object().set("public_ips", list));
}

HttpRequest VoltageParkRequests::end_rental(const std::string& rental) const {
  return request("DELETE", kVoltageParkRentals + percent_encode(rental));
}

HttpRequest VoltageParkRequests::end_vm(const std::string& vm) const {
  return request("DELETE", kVoltageParkVms + percent_encode(vm));
}

HttpRequest VoltageParkRequests::request(const char* method, const std::string& path) const {
  HttpRequest request;
  request.method = method;
  request.url = base_url_ + path;
  request.headers = {{"accept", "application/json"}};
  request.timeout = request.method == "GET" ? kListTimeout : kChangeTimeout;
  request.secret = key_;
  request.answer_limit = kAnswerLimit;
  return request;
}

HttpRequest VoltageParkRequests::request(const char* method,
                                         const std::string& path,
                                         const Json& body) const {
  auto with_body = request(method, path);
  with_body.headers.emplace_back("content-type", "application/json");
  with_body.body = body.dump();
  return with_body;
}

}  // namespace spillway
