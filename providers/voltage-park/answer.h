// SPDX-License-Identifier: GPL-2.0-or-later
//
// What Voltage Park answers, as values: pure. The only place that knows its refusals, nearly all of
// which are guessed: no document tells them.
// Source: docs/providers/voltage-park.md says what is certain and what guessed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/config.h"
#include "lib/http.h"
#include "lib/json.h"
#include "lib/money.h"
#include "lib/result.h"

namespace spillway {

// What was asked: the same refusal means another cure for another call.
enum class VoltageParkCall {
  kRead,
  kOrder,
  kEnd,  // also of single nodes
};

struct VoltageParkPage {
  std::vector<Json> rows;
  bool has_next = false;
  std::optional<std::int64_t> total;  // rows of the whole list, when it was told
};

struct VoltageParkSshKey {
  std::string id;
  std::string name;
};

// The body of an answer, or the refusal by its cure; absent when the body is empty, as it is after
// many changes. `words` are the admin's own for refusals. kNotFound comes of kEnd alone. Messages
// carry the cloud's words, on one line, and nothing of what was sent.
[[nodiscard]] Result<Json> read_voltage_park_body(const HttpAnswer& answer,
                                                  VoltageParkCall call,
                                                  const RefusalWords& words);

// The rest read such a body. Errors: kProtocol.

// A page of a list. A bare array is a whole list: the API has one such, and may have more.
[[nodiscard]] Result<VoltageParkPage> read_voltage_park_page(const Json& body);
[[nodiscard]] Result<VoltageParkSshKey> read_voltage_park_ssh_key(const Json& row);
// The id of the rental that an order made ("rental_id"), or of the VM ("vm_id").
[[nodiscard]] Result<std::string> read_voltage_park_ordered(const Json& body, const char* key);
// What the cloud says beside it; empty when nothing.
[[nodiscard]] std::string read_voltage_park_warning(const Json& body);

}  // namespace spillway
