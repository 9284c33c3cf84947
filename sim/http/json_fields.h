// SPDX-License-Identifier: GPL-2.0-or-later
//
// Reads the simulator's own JSON (scenario, admin requests) with nothing left unsaid: the first
// mistake is kept, later reads give their fallback, and the caller asks once at the end.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/json.h"
#include "lib/result.h"
#include "sim/random.h"

namespace spillway {

class JsonFields {
 public:
  explicit JsonFields(std::string what) : what_(std::move(what)) {}

  // Refuses an `object` that is none, or that has members beside `known`. Absent is fine.
  void expect(const std::string& place, const Json& object, const std::vector<const char*>& known);

  [[nodiscard]] std::int64_t integer(const Json& object,
                                     const char* key,
                                     std::int64_t fallback,
                                     std::int64_t least);
  [[nodiscard]] bool boolean(const Json& object, const char* key, bool fallback);
  [[nodiscard]] std::string text(const Json& object, const char* key, const std::string& fallback);
  [[nodiscard]] std::vector<std::string> texts(const Json& object,
                                               const char* key,
                                               const std::vector<std::string>& fallback);
  // Seconds, with up to three decimals, not negative.
  [[nodiscard]] std::chrono::milliseconds seconds(const Json& object,
                                                  const char* key,
                                                  std::chrono::milliseconds fallback);
  // [least, most] in seconds.
  [[nodiscard]] SimRange range(const Json& object, const char* key, const SimRange& fallback);
  // A decimal in thousandths, not negative: 0.1 gives 100.
  [[nodiscard]] std::int64_t thousandths(const Json& object,
                                         const char* key,
                                         std::int64_t fallback);

  void fail(const std::string& place, const std::string& why);
  [[nodiscard]] Status status() const;

 private:
  [[nodiscard]] static std::optional<std::int64_t> read_thousandths(const Json& value);

  std::string what_;
  std::optional<Error> error_;
};

}  // namespace spillway
