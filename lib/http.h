// SPDX-License-Identifier: GPL-2.0-or-later
//
// HTTP as a client, on libcurl, behind an interface so that drivers can be tested by recorded
// exchanges.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lib/result.h"
#include "lib/secret.h"

namespace spillway {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
  std::string method = "GET";
  std::string url;
  HttpHeaders headers;  // without the one that holds the secret
  Secret secret;        // when not empty, sent as a header: `secret_header`, then the secret
  std::string secret_header = "Authorization: Bearer ";
  std::string body;  // sent when not empty, or when the method is POST or PUT
  std::chrono::milliseconds timeout{30'000};
  std::size_t answer_limit = std::size_t{64} << 20U;  // bytes of body accepted
};

struct HttpAnswer {
  int status = 0;
  HttpHeaders headers;  // names in lower case
  std::string body;

  [[nodiscard]] const std::string* header(std::string_view lower_case_name) const;
};

class Transport {
 public:
  virtual ~Transport() = default;

  // Sends one request and waits for its whole answer, whatever its status. No redirects, no
  // retries. Errors: kTransient when nothing can have reached the server (name, connection, TLS
  // handshake); kUnknownOutcome when it may have (time-out, connection lost); kProtocol when the
  // answer is larger than the limit or is no HTTP; kInvalid for a malformed URL.
  [[nodiscard]] virtual Result<HttpAnswer> send(const HttpRequest& request) = 0;
};

// Connects to `url` and, when it is https, shakes hands; sends nothing. With a `pin` the server's
// key has to be that one (see lib/public_key.h), and nothing else of its certificate counts.
// Errors: as Transport's.
[[nodiscard]] Status try_connection(const std::string& url,
                                    const std::string& pin,
                                    std::chrono::milliseconds timeout);

// Keeps its connections; one per thread. `user_agent` e.g. "spillway/0.1.0".
[[nodiscard]] std::unique_ptr<Transport> make_curl_transport(std::string user_agent);

}  // namespace spillway
