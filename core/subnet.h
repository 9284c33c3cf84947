// SPDX-License-Identifier: GPL-2.0-or-later
//
// A range of IPv4 addresses, as in "10.90.0.0/16".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace spillway {

struct Subnet {
  std::uint32_t base = 0;  // its first address
  int prefix = 32;         // bits that all its addresses share

  // Addresses that hosts may have: all but the first and the last one.
  [[nodiscard]] std::uint32_t hosts() const;
  // The host with this number, from 1 to hosts(), as in "10.90.0.7".
  [[nodiscard]] std::string host(std::uint32_t number) const;
  [[nodiscard]] bool contains(std::uint32_t address) const;

  friend bool operator==(const Subnet&, const Subnet&) = default;
};

[[nodiscard]] std::optional<std::uint32_t> parse_ipv4(std::string_view text);
[[nodiscard]] std::string format_ipv4(std::uint32_t address);

// Nothing when the text is no such range, or names an address inside one ("10.90.0.1/16").
[[nodiscard]] std::optional<Subnet> parse_subnet(std::string_view text);
[[nodiscard]] std::string format_subnet(const Subnet& subnet);

// One of the ranges that no host of the internet has: RFC 1918's, RFC 6598's.
[[nodiscard]] bool is_private(std::uint32_t address);

}  // namespace spillway
