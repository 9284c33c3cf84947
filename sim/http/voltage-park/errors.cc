// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/http/voltage-park/errors.h"

namespace spillway::voltage_park_api {

ApiAnswer error(int status, const std::string& detail) {
  return json_answer(status, Json::object().set("detail", detail));
}

ApiAnswer unauthorized() {
  ApiAnswer answer = error(401, "Could not validate credentials");
  answer.headers.emplace_back("WWW-Authenticate", "Bearer");
  return answer;
}

ApiAnswer unknown_path() {
  return error(404, "Not Found");
}

ApiAnswer wrong_method(const std::string& allowed) {
  ApiAnswer answer = error(405, "Method Not Allowed");
  answer.headers.emplace_back("Allow", allowed);
  return answer;
}

ApiAnswer no_such(const std::string& what) {
  return error(404, what + " not found");
}

ApiAnswer refused(const std::string& why) {
  return error(400, why);
}

ApiAnswer too_many_requests() {
  return error(429, "Too Many Requests");
}

ApiAnswer failure(int status) {
  switch (status) {
    case 401:
      return unauthorized();
    case 403:
      return error(403, "Forbidden");
    case 404:
      return unknown_path();
    case 429:
      return too_many_requests();
    default:
      return error(status, status < 500 ? "Bad Request" : "Internal Server Error");
  }
}

ApiAnswer nothing(int status) {
  return {status, "application/json", "", {}};
}

void Mistakes::add(const std::vector<Json>& place,
                   const std::string& message,
                   const std::string& type) {
  Json loc = Json::array();
  for (const Json& step : place)
    loc.append(step);
  list_.append(Json::object().set("loc", loc).set("msg", message).set("type", type));
}

ApiAnswer Mistakes::answer() const {
  return json_answer(422, Json::object().set("detail", list_));
}

}  // namespace spillway::voltage_park_api
