// SPDX-License-Identifier: GPL-2.0-or-later
#include "providers/lambda/request.h"

#include <utility>

#include "lib/json.h"
#include "providers/wire.h"

namespace spillway {
namespace {

constexpr const char* kBaseUrl = "https://cloud.lambda.ai/api/v1";
constexpr std::chrono::milliseconds kListTimeout{30'000};
constexpr std::chrono::milliseconds kChangeTimeout{60'000};
constexpr std::size_t kAnswerLimit = std::size_t{16} << 20U;

Json make_tag(const char* key, const std::string& value) {
  return Json::object().set("key", key).set("value", value);
}

}  // namespace

LambdaRequests::LambdaRequests(const ProviderConfig& config, Secret key)
    : base_url_(base_url_of(config, kBaseUrl)),
      key_(std::move(key)),
      ssh_key_(config.ssh_key),
      image_family_(config.image) {}

HttpRequest LambdaRequests::list(const std::string& path, const std::string& page_token) const {
  auto list = request("GET", path);
  if (!page_token.empty()) list.url += "?page_token=" + percent_encode(page_token);
  return list;
}

HttpRequest LambdaRequests::launch(const OrderSpec& spec) const {
  const auto mark = format_mark(spec.mark);
  auto body = Json::object();
  body.set("region_name", spec.offer.region);
  body.set("instance_type_name", spec.offer.type);
  body.set("ssh_key_names", Json::array().append(Json::of(ssh_key_)));
  body.set("name", mark);
  body.set("hostname", mark);
  if (!image_family_.empty()) body.set("image", Json::object().set("family", image_family_));
  body.set("user_data", spec.user_data);
  body.set("tags",
           Json::array()
               .append(make_tag("spillway-cluster", spec.mark.cluster))
               .append(make_tag(kLambdaMarkTag, mark)));
  auto launch = request("POST", "/instance-operations/launch");
  launch.body = body.dump();
  return launch;
}

HttpRequest LambdaRequests::terminate(const std::vector<std::string>& ids) const {
  auto list = Json::array();
  for (const auto& id : ids)
    list.append(Json::of(id));
  auto terminate = request("POST", "/instance-operations/terminate");
  terminate.body = Json::object().set("instance_ids", list).dump();
  return terminate;
}

HttpRequest LambdaRequests::request(const char* method, const std::string& path) const {
  HttpRequest request;
  request.method = method;
  request.url = base_url_ + path;
  request.headers = {{"accept", "application/json"}};
  request.timeout = kListTimeout;
  if (request.method == "POST") {
    request.headers.emplace_back("content-type", "application/json");
    request.timeout = kChangeTimeout;
  }
  request.secret = key_;
  request.answer_limit = kAnswerLimit;
  return request;
}

}  // namespace spillway
