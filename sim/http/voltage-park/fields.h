// SPDX-License-Identifier: GPL-2.0-or-later
//
// Reads the members of a request's JSON, strictly: every mistake is kept, and the caller asks for
// them once at the end. A member that is null counts as left out, as with FastAPI's optional ones.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/http/voltage-park/errors.h"

namespace spillway::voltage_park_api {

enum class Need { kOptional, kRequired };

class Fields {
 public:
  // The request's body; it has to be an object.
  Fields(Mistakes& mistakes, const ApiRequest& request);
  // `object`, found at `place`; it has to be an object.
  Fields(Mistakes& mistakes, Json object, std::vector<Json> place);

  // Refuses members beside these. The real API may well let them pass; here a misspelt one shows.
  void expect(const std::vector<const char*>& known);

  [[nodiscard]] std::optional<std::string> text(const char* key, Need need = Need::kOptional);
  [[nodiscard]] std::optional<std::string> uuid(const char* key, Need need = Need::kOptional);
  // One of `words`.
  [[nodiscard]] std::optional<std::string> choice(const char* key,
                                                  const std::vector<const char*>& words,
                                                  Need need = Need::kOptional);
  [[nodiscard]] std::optional<std::int64_t> integer(const char* key, Need need = Need::kOptional);
  [[nodiscard]] std::vector<std::string> texts(const char* key, Need need = Need::kOptional);
  // The members of a list, each of which has its own place.
  [[nodiscard]] std::vector<Json> list(const char* key, Need need = Need::kOptional);
  [[nodiscard]] std::optional<Fields> object(const char* key);
  // The member "tags": a list of texts, or null.
  [[nodiscard]] Json tags();
  [[nodiscard]] Json raw(const char* key) const { return object_.get(key); }

  void fail(const char* key, const std::string& message, const std::string& type);
  [[nodiscard]] std::vector<Json> place_of(const char* key) const;
  [[nodiscard]] std::vector<Json> place_of(const char* key, std::size_t index) const;
  [[nodiscard]] Mistakes& mistakes() { return *mistakes_; }

 private:
  [[nodiscard]] bool has(const char* key, Need need);

  Mistakes* mistakes_;
  Json object_;
  std::vector<Json> place_;
};

}  // namespace spillway::voltage_park_api
