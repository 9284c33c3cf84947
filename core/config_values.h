// SPDX-License-Identifier: GPL-2.0-or-later
//
// The values that stand in spillway.yaml, each with its unit or its alphabet. Errors: kInvalid, and
// the message is "what was found: what would be right"; the caller knows the place.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "core/config.h"
#include "lib/money.h"
#include "lib/result.h"
#include "lib/yaml.h"

namespace spillway {

[[nodiscard]] Result<std::string> read_text(const YamlNode& node);         // one line, not empty
[[nodiscard]] Result<std::string> read_name(const YamlNode& node);         // letters, digits, "._-"
[[nodiscard]] Result<std::string> read_gpu(const YamlNode& node);          // lower-case name
[[nodiscard]] Result<std::string> read_cluster(const YamlNode& node);      // fits a mark
[[nodiscard]] Result<std::string> read_network(const YamlNode& node);      // infiniband, ethernet
[[nodiscard]] Result<Burst> read_burst(const YamlNode& node);              // never, at_once
[[nodiscard]] Result<int> read_factor(const YamlNode& node);               // thousandths
[[nodiscard]] Result<bool> read_flag(const YamlNode& node);                // true, false
[[nodiscard]] Result<int> read_count(const YamlNode& node);                // from 1 to 1,000,000
[[nodiscard]] Result<int> read_machine_limit(const YamlNode& node);        // from 0 to 1,000,000
[[nodiscard]] Result<std::int64_t> read_memory_mib(const YamlNode& node);  // "900GiB"
[[nodiscard]] Result<Money> read_price(const YamlNode& node);              // dollars, above zero
[[nodiscard]] Result<Money> read_money_limit(const YamlNode& node);        // dollars, also none
// "10m"; read_interval refuses zero.
[[nodiscard]] Result<std::chrono::seconds> read_delay(const YamlNode& node);
[[nodiscard]] Result<std::chrono::seconds> read_interval(const YamlNode& node);

[[nodiscard]] Result<std::string> read_path(const YamlNode& node);  // absolute
// Absolute, of characters that no shell and no JSON has to quote.
[[nodiscard]] Result<std::string> read_remote_path(const YamlNode& node);
[[nodiscard]] Result<std::string> read_mode(const YamlNode& node);    // "0400"
[[nodiscard]] Result<std::string> read_listen(const YamlNode& node);  // "0.0.0.0:8444"
// "https://host:port", no path.
[[nodiscard]] Result<std::string> read_join_url(const YamlNode& node);
// https, or http to this host itself: a key travels on it.
[[nodiscard]] Result<std::string> read_base_url(const YamlNode& node);
// "head.example.org:51820".
[[nodiscard]] Result<std::string> read_endpoint(const YamlNode& node);
// As in a file-system table: one word.
[[nodiscard]] Result<std::string> read_word(const YamlNode& node);
[[nodiscard]] Result<Subnet> read_subnet(const YamlNode& node);  // "10.90.0.0/16"
[[nodiscard]] Result<std::vector<std::string>> read_subnets(const YamlNode& node);
[[nodiscard]] Result<std::vector<std::string>> read_names(const YamlNode& node);  // none twice
// Texts of at least three characters.
[[nodiscard]] Result<std::vector<std::string>> read_phrases(const YamlNode& node);

// True for what read_name takes.
[[nodiscard]] bool is_name(const std::string& text);

}  // namespace spillway
