// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/subnet.h"

#include <algorithm>
#include <array>

#include "lib/text.h"

namespace spillway {
namespace {

constexpr int kBits = 32;

// A leading zero makes an octal number to some programs.
std::optional<std::int64_t> parse_part(std::string_view text, std::int64_t limit) {
  if (text.size() > 1 && text.front() == '0') return std::nullopt;
  return parse_whole_number(text, limit);
}

std::uint32_t mask_of(int prefix) {
  return prefix == 0 ? 0 : ~std::uint32_t{0} << static_cast<unsigned>(kBits - prefix);
}

constexpr std::array kPrivate = {
    Subnet{0x0A000000, 8},   // 10.0.0.0/8
    Subnet{0xAC100000, 12},  // 172.16.0.0/12
    Subnet{0xC0A80000, 16},  // 192.168.0.0/16
    Subnet{0x64400000, 10},  // 100.64.0.0/10
};

}  // namespace

std::uint32_t Subnet::hosts() const {
  const auto size = ~mask_of(prefix);
  return size < 2 ? 0 : size - 1;
}

std::string Subnet::host(std::uint32_t number) const {
  return format_ipv4(base + number);
}

bool Subnet::contains(std::uint32_t address) const {
  return (address & mask_of(prefix)) == base;
}

std::optional<std::uint32_t> parse_ipv4(std::string_view text) {
  constexpr std::size_t kParts = 4;
  const auto parts = split(text, '.');
  if (parts.size() != kParts) return std::nullopt;
  std::uint32_t address = 0;
  for (const auto part : parts) {
    const auto number = parse_part(part, 255);
    if (!number) return std::nullopt;
    address = address << 8U | static_cast<std::uint32_t>(*number);
  }
  return address;
}

std::string format_ipv4(std::uint32_t address) {
  std::string text;
  for (const auto shift : {24U, 16U, 8U, 0U}) {
    if (!text.empty()) text += '.';
    text += std::to_string(address >> shift & 0xFFU);
  }
  return text;
}

std::optional<Subnet> parse_subnet(std::string_view text) {
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto base = parse_ipv4(text.substr(0, slash));
  const auto prefix = parse_part(text.substr(slash + 1), kBits);
  if (!base || !prefix) return std::nullopt;
  const Subnet subnet{*base, static_cast<int>(*prefix)};
  if (!subnet.contains(*base)) return std::nullopt;
  return subnet;
}

std::string format_subnet(const Subnet& subnet) {
  return format_ipv4(subnet.base) + "/" + std::to_string(subnet.prefix);
}

bool is_private(std::uint32_t address) {
  return std::any_of(kPrivate.begin(), kPrivate.end(), [address](const Subnet& range) {
    return range.contains(address);
  });
}

}  // namespace spillway
