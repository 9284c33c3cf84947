// SPDX-License-Identifier: GPL-2.0-or-later
//
// What we ask of Lambda, as requests: pure, nothing is sent here.
// Source: Lambda Cloud API 1.10.0; docs/providers/lambda.md.
#pragma once

#include <string>
#include <vector>

#include "core/config.h"
#include "lib/http.h"
#include "lib/secret.h"
#include "providers/provider.h"

namespace spillway {

// The tag that carries the whole mark. Unlike a name it cannot be changed after the launch.
inline constexpr const char* kLambdaMarkTag = "spillway-mark";

class LambdaRequests {
 public:
  LambdaRequests(const ProviderConfig& config, Secret key);

  // GET of a list, e.g. "/instances". An empty `page_token` asks for the first page.
  [[nodiscard]] HttpRequest list(const std::string& path, const std::string& page_token) const;

  // One machine, whose name, host name and tag are the mark.
  [[nodiscard]] HttpRequest launch(const OrderSpec& spec) const;

  [[nodiscard]] HttpRequest terminate(const std::vector<std::string>& ids) const;

 private:
  [[nodiscard]] HttpRequest request(const char* method, const std::string& path) const;

  std::string base_url_;
  Secret key_;
  std::string ssh_key_;
  std::string image_family_;
};

}  // namespace spillway
