// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/http/lambda/errors.h"

namespace spillway::lambda_api {

ApiAnswer error(int status,
                const std::string& code,
                const std::string& message,
                const std::string& suggestion) {
  Json body = Json::object();
  body.set("code", code).set("message", message);
  if (!suggestion.empty()) body.set("suggestion", suggestion);
  return json_answer(status, Json::object().set("error", body));
}

ApiAnswer no_key() {
  return error(401,
               "global/invalid-api-key",
               "No API key was provided.",
               "Check your API key or create a new one, then try again.");
}

ApiAnswer wrong_key() {
  return error(401,
               "global/invalid-api-key",
               "API key was invalid, expired, or deleted.",
               "Check your API key or create a new one, then try again.");
}

ApiAnswer unknown_path() {
  return error(404, "global/not-found", "The requested resource was not found.");
}

ApiAnswer invalid(const std::string& why) {
  return error(400, "global/invalid-parameters", "Invalid request data. " + why);
}

ApiAnswer no_such_instance() {
  return error(404, "global/object-does-not-exist", "Specified instance does not exist.");
}

ApiAnswer no_such_thing(const std::string& what) {
  return error(400,
               "global/object-does-not-exist",
               what + " does not exist.",
               "Check the name, then try again.");
}

ApiAnswer no_capacity() {
  return error(400,
               "instance-operations/launch/insufficient-capacity",
               "Not enough capacity to fulfill launch request.",
               "Choose an instance type with more availability, or try again later.");
}

ApiAnswer quota_exceeded() {
  return error(
      400, "global/quota-exceeded", "Quota exceeded.", "Contact Support to increase your quota.");
}

ApiAnswer conflict() {
  return error(
      409, "global/conflict", "The request conflicts with the current state of the resource.");
}

ApiAnswer too_many_requests() {
  return {429, "text/plain", "You are being rate limited: banned you temporarily.\n", {}};
}

ApiAnswer failure(int status) {
  switch (status) {
    case 401:
      return wrong_key();
    case 403:
      return error(403, "global/account-inactive", "Your account is inactive.");
    case 404:
      return unknown_path();
    case 409:
      return conflict();
    case 429:
      return too_many_requests();
    case 502:
    case 503:
      return error(
          status, "provider/internal-unavailable", "Provider unavailable", "Try again shortly");
    default:
      break;
  }
  if (status < 500) return error(status, "global/invalid-parameters", "Invalid request data.");
  return error(status,
               "global/internal-error",
               "An internal server error occurred.",
               "Try again later. Contact Support if the problem persists.");
}

}  // namespace spillway::lambda_api
