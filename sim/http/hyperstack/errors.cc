// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/http/hyperstack/errors.h"

#include <algorithm>
#include <array>

namespace spillway::hyperstack_api {
namespace {

struct Usual {
  int status;
  const char* reason;  // nullptr: the body bears none
  const char* message;
};

constexpr std::array<Usual, 10> kUsual{{
    {400, "bad_request", "Bad request."},
    {401, "unauthorized", "Invalid API key."},
    {402, nullptr, "Insufficient balance to create the resource"},
    {403, "forbidden", "You are not allowed to do this."},
    {404, "not_found", "The requested URL was not found on the server."},
    {405, "not_allowed", "The method is not allowed for the requested URL."},
    {406, nullptr, "Not acceptable."},
    {409, "already_exist", "The resource exists already."},
    {422, nullptr, "Unprocessable entity."},
    {429, nullptr, "Too many requests."},
}};

// Another 4xx is a bad request, anything from 500 up the server's fault.
Usual usual_of(int status) {
  const auto* const found = std::find_if(
      kUsual.begin(), kUsual.end(), [&](const Usual& each) { return each.status == status; });
  if (found != kUsual.end()) return *found;
  if (status < 500) return {status, "bad_request", "Bad request."};
  return {status, "server_error", "Internal server error."};
}

ApiAnswer with_reason(int status, const char* reason, const std::string& message) {
  Json body = Json::object().set("status", false).set("message", message);
  if (reason != nullptr) body.set("error_reason", reason);
  return json_answer(status, body);
}

}  // namespace

ApiAnswer error(int status, const std::string& message) {
  return with_reason(status, usual_of(status).reason, message);
}

ApiAnswer bad_request(const std::string& why) {
  return error(400, why);
}

ApiAnswer incompatible(const std::string& why) {
  return with_reason(400, "compatibility_blocked", why);
}

ApiAnswer no_key() {
  return error(401, "Missing API key.");
}

ApiAnswer wrong_key() {
  return failure(401);
}

ApiAnswer unknown_path() {
  return failure(404);
}

ApiAnswer wrong_verb() {
  return failure(405);
}

ApiAnswer missing(const std::string& what) {
  return error(404, what + " does not exists.");
}

ApiAnswer already_there(const std::string& what) {
  return error(409, what + " already exists.");
}

ApiAnswer no_balance(int status) {
  return error(status, "Insufficient balance to create the resource");
}

ApiAnswer too_many_requests() {
  return failure(429);
}

ApiAnswer failure(int status) {
  const Usual usual = usual_of(status);
  return with_reason(status, usual.reason, usual.message);
}

}  // namespace spillway::hyperstack_api
