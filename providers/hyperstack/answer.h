// SPDX-License-Identifier: GPL-2.0-or-later
//
// What Hyperstack answers about an account and its machines, as values: pure. Each reader takes a
// body that read_hyperstack_body() has let through. Errors: kProtocol.
// Source: Infrahub API 1.0; docs/providers/hyperstack.md says what is certain and what guessed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/json.h"
#include "lib/result.h"
#include "lib/time.h"
#include "providers/hyperstack/request.h"
#include "providers/provider.h"

namespace spillway {

using HyperstackRows = std::vector<Json>;

struct HyperstackPage {
  HyperstackRows rows;                // each with an "id"
  std::optional<std::int64_t> total;  // rows of all pages; not every list tells
};

struct HyperstackEnvironment {
  std::int64_t id = 0;
  std::string name;
  std::string region;
};

struct HyperstackKeypair {
  std::string name;
  std::string environment;
};

struct HyperstackImage {
  std::string name;
  std::string region;
};

struct HyperstackCredit {
  std::string balance;    // as decimals; empty when not told
  std::string threshold;  // likewise
  std::optional<bool> can_create;
};

struct HyperstackQuota {
  std::optional<std::int64_t> available;  // machines that the environment's network still has room
                                          // for
  std::string network;                    // "10.0.5.0/24"; empty when not told
};

struct HyperstackEvent {
  std::optional<TimePoint> time;
  std::string reason;  // "InstanceCreationSuccess"
  std::string message;
};

[[nodiscard]] Result<HyperstackPage> read_hyperstack_page(const Json& body, HyperstackList list);

[[nodiscard]] Result<std::vector<HyperstackEnvironment>> read_hyperstack_environments(
    const HyperstackRows& rows);
[[nodiscard]] Result<std::vector<HyperstackKeypair>> read_hyperstack_keypairs(
    const HyperstackRows& rows);
[[nodiscard]] Result<std::vector<HyperstackImage>> read_hyperstack_images(
    const HyperstackRows& rows);

// Those machines whose label, or name when the labels were changed, is a mark of `cluster`. A row
// that cannot be read makes the whole list unreadable: a machine must not be overlooked.
[[nodiscard]] Result<std::vector<CloudMachine>> read_hyperstack_machines(
    const HyperstackRows& rows, const std::string& cluster);

// The ids of the machines that an order for `asked` made: one at least, `asked` at most.
[[nodiscard]] Result<std::vector<std::string>> read_hyperstack_created(const Json& body, int asked);

[[nodiscard]] Result<std::vector<HyperstackEvent>> read_hyperstack_events(const Json& body);
[[nodiscard]] Result<HyperstackCredit> read_hyperstack_credit(const Json& body);
[[nodiscard]] Result<HyperstackQuota> read_hyperstack_quota(const Json& body);

// kUnknown for a word that is not documented. `vm_state` is the hypervisor's view, and empty while
// it has none.
[[nodiscard]] CloudState parse_hyperstack_status(std::string_view status,
                                                 std::string_view vm_state);

// The mark in a machine's name: the whole name, or all before the number that Hyperstack puts after
// the names of an order for several ("<mark>-2"; a guess). Only marks of `cluster` are found.
[[nodiscard]] std::optional<Mark> find_mark_in_name(std::string_view name,
                                                    const std::string& cluster);

}  // namespace spillway
