// SPDX-License-Identifier: GPL-2.0-or-later
//
// Whatever stands in a request, the join service answers with a status that the protocol knows, and
// hands nothing out without the token. Input: "METHOD PATH", header lines, an empty line, the body.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "broker/join_endpoints.h"
#include "lib/text.h"
#include "tests/broker/join_desk_fake.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

using namespace spillway;

std::string_view take_line(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return line;
}

JoinRequest read_request(std::string_view rest) {
  JoinRequest request;
  request.peer = "203.0.113.7";
  const std::string_view first = take_line(rest);
  const std::size_t blank = first.find(' ');
  request.method = first.substr(0, blank);
  if (blank != std::string_view::npos) request.path = first.substr(blank + 1);
  for (auto line = take_line(rest); !line.empty(); line = take_line(rest)) {
    const std::size_t colon = line.find(": ");
    if (colon == std::string_view::npos) continue;
    request.headers.emplace_back(to_lower(line.substr(0, colon)), line.substr(colon + 2));
  }
  request.body = rest;
  return request;
}

bool has_token(const JoinRequest& request) {
  const std::string* value = request.header("authorization");
  return value != nullptr && *value == "Bearer " + FakeDesk::kToken;
}

bool is_known_status(int status) {
  for (const int known : {200, 204, 400, 401, 403, 404, 405, 411, 413, 415}) {
    if (status == known) return true;
  }
  return false;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const SystemClock kClock;
  FakeDesk desk;
  JoinEndpoints endpoints({}, "bootstrap", desk, kClock);
  const JoinRequest request = read_request({reinterpret_cast<const char*>(data), size});
  const JoinAnswer answer = endpoints.answer(request);
  if (!is_known_status(answer.status)) std::abort();
  if (answer.status < 300 && !has_token(request)) std::abort();
  if (answer.status == 204 && !answer.body.empty()) std::abort();
  const bool joined = answer.status == 200 && request.path == "/v1/join";
  if (joined != (desk.count("join ") == 1 && has_token(request))) std::abort();
  if (joined && desk.facts().addresses.empty()) std::abort();
  return 0;
}
