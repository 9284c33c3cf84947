// SPDX-License-Identifier: GPL-2.0-or-later
//
// Voltage Park's error answers, in the form of FastAPI: {"detail": text}, and for a request of
// wrong form 422 with a list of {"loc","msg","type"}. No real body has been seen; the words are
// those of the framework. Source: providers/voltage-park.md section 4.
#pragma once

#include <string>
#include <vector>

#include "sim/http/api.h"

namespace spillway::voltage_park_api {

[[nodiscard]] ApiAnswer error(int status, const std::string& detail);

[[nodiscard]] ApiAnswer unauthorized();
[[nodiscard]] ApiAnswer unknown_path();
[[nodiscard]] ApiAnswer wrong_method(const std::string& allowed);
[[nodiscard]] ApiAnswer no_such(const std::string& what);  // "Rental"
[[nodiscard]] ApiAnswer refused(const std::string& why);   // a rule of the business
[[nodiscard]] ApiAnswer too_many_requests();
// The usual answer of `status`.
[[nodiscard]] ApiAnswer failure(int status);

// What succeeds without a body.
[[nodiscard]] ApiAnswer nothing(int status);

// All that is wrong with the form of a request.
class Mistakes {
 public:
  // `place` leads from "body", "query" or "path" to the member.
  void add(const std::vector<Json>& place, const std::string& message, const std::string& type);
  [[nodiscard]] bool none() const { return list_.size() == 0; }
  [[nodiscard]] const Json& list() const { return list_; }
  [[nodiscard]] ApiAnswer answer() const;  // REQUIRES: there are some

 private:
  Json list_ = Json::array();
};

}  // namespace spillway::voltage_park_api
