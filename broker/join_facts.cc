// SPDX-License-Identifier: GPL-2.0-or-later
#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "broker/join_endpoints.h"
#include "lib/json.h"

namespace spillway {
namespace {

constexpr std::size_t kMostAddresses = 16;

Error wrong(const std::string& member, const std::string& right) {
  return Error{ErrorCode::kInvalid, "join: " + member + ": must be " + right, {}};
}

bool is_address(const std::string& text) {
  std::array<unsigned char, sizeof(in6_addr)> bytes{};
  return inet_pton(AF_INET, text.c_str(), bytes.data()) == 1 ||
         inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1;
}

bool is_host_name(std::string_view text) {
  static constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
  return !text.empty() && text.size() <= 253 &&
         text.find_first_not_of(kAllowed) == std::string_view::npos;
}

bool is_model(std::string_view text) {
  return text.size() <= 128 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

bool is_os(std::string_view text) {
  static constexpr std::string_view kAllowed = "abcdefghijklmnopqrstuvwxyz0123456789.-_";
  return text.size() <= 40 && text.find_first_not_of(kAllowed) == std::string_view::npos;
}

// 32 bytes: 43 digits, of which the last has two spare bits, and one '='.
bool is_wireguard_key(std::string_view text) {
  static constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  constexpr std::size_t kLength = 44;
  if (text.size() != kLength || text.back() != '=') return false;
  const auto digits = text.substr(0, kLength - 1);
  return digits.find_first_not_of(kDigits) == std::string_view::npos &&
         kDigits.find(digits.back()) % 4 == 0;
}

Result<std::vector<std::string>> parse_addresses(const Json& list) {
  const Error error = wrong("addresses", "1 to 16 IP addresses");
  if (!list.is_array() || list.size() == 0 || list.size() > kMostAddresses) return error;
  std::vector<std::string> addresses;
  for (std::size_t i = 0; i < list.size(); ++i) {
    auto text = list.at(i).as_string();
    if (!text || !is_address(*text)) return error;
    addresses.push_back(*std::move(text));
  }
  return addresses;
}

struct Range {
  const char* member;
  std::int64_t least;
  std::int64_t most;
};

Result<std::int64_t> parse_number(const Json& json, const Range& range) {
  const auto number = json.integer(range.member);
  if (number && *number >= range.least && *number <= range.most) return *number;
  return wrong(
      range.member,
      "a whole number from " + std::to_string(range.least) + " to " + std::to_string(range.most));
}

Status parse_numbers(const Json& json, JoinFacts& facts) {
  const std::array<std::pair<Range, int*>, 4> numbers = {{
      {{"gpus", 0, 1'024}, &facts.gpus},
      {{"infiniband_ports", 0, 1'024}, &facts.infiniband_ports},
      {{"infiniband_gbps", 0, 1'000'000}, &facts.infiniband_gbps},
      {{"cpus", 1, 1'000'000}, &facts.cpus},
  }};
  for (const auto& [range, target] : numbers) {
    const auto number = parse_number(json, range);
    if (!number) return number.error();
    *target = static_cast<int>(*number);
  }
  const auto memory = parse_number(json, {"memory_mib", 1, std::int64_t{1} << 40U});
  if (!memory) return memory.error();
  facts.memory_mib = *memory;
  return {};
}

}  // namespace

Result<JoinFacts> parse_join_facts(std::string_view body) {
  const auto json = Json::parse(body, "join");
  if (!json) return Error{ErrorCode::kInvalid, json.error().message, {}};
  if (!json->is_object()) return wrong("body", "a JSON object");
  JoinFacts facts;
  auto addresses = parse_addresses(json->get("addresses"));
  if (!addresses) return addresses.error();
  facts.addresses = *std::move(addresses);
  facts.hostname = json->string("hostname").value_or("");
  if (!is_host_name(facts.hostname)) return wrong("hostname", "a host name");
  const auto model = json->string("gpu_model");
  if (!model || !is_model(*model)) return wrong("gpu_model", "at most 128 printable characters");
  facts.gpu_model = *model;
  const auto os = json->string("os");
  if (!os || !is_os(*os)) return wrong("os", "a system and its version, as in ubuntu-24.04");
  facts.os = *os;
  const auto key = json->string("wireguard_key");
  if (!key || !(key->empty() || is_wireguard_key(*key)))
    return wrong("wireguard_key", "WireGuard's base64 of a public key, or empty");
  facts.wireguard_key = *key;
  if (const auto numbers = parse_numbers(*json, facts); !numbers) return numbers.error();
  return facts;
}

}  // namespace spillway
