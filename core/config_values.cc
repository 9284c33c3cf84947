// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/config_values.h"

#include <algorithm>
#include <set>

#include "core/config_reader.h"
#include "core/mark.h"
#include "lib/text.h"
#include "lib/time.h"

namespace spillway {
namespace {

constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz";
constexpr std::string_view kUpperLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::string_view kDigits = "0123456789";
constexpr std::int64_t kMaxCount = 1'000'000;
constexpr std::int64_t kMaxMemoryMib = std::int64_t{1} << 30U;  // 1 PiB
constexpr std::size_t kMaxText = 1'000;
constexpr std::size_t kMaxName = 64;

Error refusal(const YamlNode& node, const std::string& right) {
  return Error{ErrorCode::kInvalid, "found " + describe(node) + ": " + right, {}};
}

bool consists_of(std::string_view text, std::initializer_list<std::string_view> alphabets) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return std::any_of(alphabets.begin(), alphabets.end(), [c](std::string_view alphabet) {
      return alphabet.find(c) != std::string_view::npos;
    });
  });
}

bool is_plain_text(const YamlNode& node) {
  return node.kind == YamlNode::Kind::kScalar && !node.scalar.empty() &&
         printable(node.scalar, kMaxText) == node.scalar && trim(node.scalar) == node.scalar;
}

// A number or a word of YAML's own: in quotes it is a text, which is the wrong type.
bool is_unquoted(const YamlNode& node) {
  return node.kind == YamlNode::Kind::kScalar && !node.quoted;
}

bool is_absolute_path(std::string_view path) {
  if (path.size() < 2 || path.front() != '/' || path.back() == '/') return false;
  const auto parts = split(path.substr(1), '/');
  return std::none_of(parts.begin(), parts.end(), [](std::string_view part) {
    return part.empty() || part == "." || part == "..";
  });
}

bool is_port(std::string_view text) {
  const auto port = parse_whole_number(text, 65'535);
  return port && *port > 0;
}

bool is_host(std::string_view host) {
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    return consists_of(host.substr(1, host.size() - 2), {"abcdefABCDEF:.", kDigits});
  }
  return !host.empty() && host.front() != '.' && host.front() != '-' &&
         consists_of(host, {kLetters, kUpperLetters, kDigits, ".-"});
}

struct HostPort {
  std::string_view host;
  std::string_view port;
  bool has_port = false;
};

// Parts "host:port" at the last colon that is not inside an address in brackets.
HostPort split_host_port(std::string_view text) {
  const auto colon = text.rfind(':');
  const auto bracket = text.rfind(']');
  const bool inside = bracket != std::string_view::npos && colon < bracket;
  if (colon == std::string_view::npos || inside) return {text, "", false};
  return {text.substr(0, colon), text.substr(colon + 1), true};
}

bool is_authority(std::string_view text) {
  const HostPort parts = split_host_port(text);
  return is_host(parts.host) && (!parts.has_port || is_port(parts.port));
}

bool is_loopback(std::string_view authority) {
  const std::string_view host = split_host_port(authority).host;
  return host == "localhost" || host == "[::1]" ||
         (host.substr(0, 4) == "127." && consists_of(host, {kDigits, "."}));
}

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (text.substr(0, prefix.size()) != prefix) return false;
  text.remove_prefix(prefix.size());
  return true;
}

}  // namespace

bool is_name(const std::string& text) {
  return !text.empty() && text.size() <= kMaxName && text.front() != '-' && text.front() != '.' &&
         consists_of(text, {kLetters, kUpperLetters, kDigits, "._-"});
}

Result<std::string> read_text(const YamlNode& node) {
  if (!is_plain_text(node)) return refusal(node, "a text on one line belongs here");
  return node.scalar;
}

Result<std::string> read_name(const YamlNode& node) {
  if (node.kind != YamlNode::Kind::kScalar || !is_name(node.scalar)) {
    return refusal(node, "a name belongs here: letters, digits, '.', '_' and '-', at most 64");
  }
  return node.scalar;
}

Result<std::string> read_gpu(const YamlNode& node) {
  if (node.kind != YamlNode::Kind::kScalar || !is_name(node.scalar)) {
    return refusal(node, "a GPU type as Slurm's Gres names it belongs here, as in h100");
  }
  if (to_lower(node.scalar) != node.scalar) {
    return refusal(node, "write it in lower case: " + to_lower(node.scalar));
  }
  return node.scalar;
}

Result<std::string> read_cluster(const YamlNode& node) {
  if (node.kind != YamlNode::Kind::kScalar || !is_cluster_name(node.scalar)) {
    return refusal(node,
                   "it becomes part of each machine's name: lower-case letters, digits and '-', at "
                   "most 20 characters");
  }
  return node.scalar;
}

Result<std::string> read_network(const YamlNode& node) {
  if (node.scalar == "infiniband" || node.scalar == "ethernet") return node.scalar;
  return refusal(node, "infiniband or ethernet belongs here");
}

Result<Burst> read_burst(const YamlNode& node) {
  if (node.scalar == burst_name(Burst::kNever)) return Burst::kNever;
  if (node.scalar == burst_name(Burst::kAtOnce)) return Burst::kAtOnce;
  return refusal(node,
                 "write never or at_once, or leave the key away and say when: after, "
                 "when_pending_gpus");
}

// Three decimals: the factor in thousandths.
Result<int> read_factor(const YamlNode& node) {
  const auto factor = parse_money(node.scalar);  // the same grammar: a decimal without a sign
  constexpr Money kMost = Money::from_cents(100'00);
  constexpr std::int64_t kThousandth = 1'000;  // in micros
  const bool is_good = node.kind == YamlNode::Kind::kScalar && factor && *factor > Money() &&
                       *factor <= kMost && factor->micros() % kThousandth == 0;
  if (!is_good) {
    return refusal(node, "a factor from 0.001 to 100 belongs here, as in 1.35");
  }
  return static_cast<int>(factor->micros() / kThousandth);
}

Result<bool> read_flag(const YamlNode& node) {
  if (is_unquoted(node) && node.scalar == "true") return true;
  if (is_unquoted(node) && node.scalar == "false") return false;
  return refusal(node, "true or false belongs here");
}

Result<int> read_count(const YamlNode& node) {
  const auto number = is_unquoted(node) ? parse_whole_number(node.scalar, kMaxCount) : std::nullopt;
  if (!number || *number == 0) {
    return refusal(node, "a whole number from 1 to 1000000 belongs here, without quotes");
  }
  return static_cast<int>(*number);
}

Result<int> read_machine_limit(const YamlNode& node) {
  const auto number = is_unquoted(node) ? parse_whole_number(node.scalar, kMaxCount) : std::nullopt;
  if (!number) {
    return refusal(node,
                   "a whole number from 0 (rents nothing) to 1000000 belongs here, without quotes");
  }
  return static_cast<int>(*number);
}

Result<std::int64_t> read_memory_mib(const YamlNode& node) {
  struct Unit {
    std::string_view name;
    std::int64_t mib;
  };
  constexpr Unit kUnits[] = {{"MiB", 1}, {"GiB", 1'024}, {"TiB", 1'048'576}};
  std::string_view text = node.scalar;
  for (const auto& unit : kUnits) {
    if (text.size() <= unit.name.size()) continue;
    const auto split_at = text.size() - unit.name.size();
    if (text.substr(split_at) != unit.name) continue;
    const auto number = parse_whole_number(text.substr(0, split_at), kMaxMemoryMib / unit.mib);
    if (number && *number > 0) return *number * unit.mib;
  }
  return refusal(node, "a whole number with MiB, GiB or TiB belongs here, as in 900GiB");
}

Result<Money> read_price(const YamlNode& node) {
  const auto money = parse_money(node.scalar);
  if (node.kind != YamlNode::Kind::kScalar || !money || *money == Money()) {
    return refusal(node, "dollars above zero belong here, as in 3.50, without a currency");
  }
  return *money;
}

Result<Money> read_money_limit(const YamlNode& node) {
  const auto money = parse_money(node.scalar);
  if (node.kind != YamlNode::Kind::kScalar || !money) {
    return refusal(node,
                   "dollars from 0 (rents nothing) belong here, as in 3.50, without a currency");
  }
  return *money;
}

Result<std::chrono::seconds> read_delay(const YamlNode& node) {
  const auto duration = parse_duration(node.scalar);
  if (node.kind != YamlNode::Kind::kScalar || !duration) {
    return refusal(node, "a time with its unit belongs here: s, m, h or d, as in 90s, 10m, 1h30m");
  }
  return *duration;
}

Result<std::chrono::seconds> read_interval(const YamlNode& node) {
  auto duration = read_delay(node);
  if (duration && duration->count() == 0) return refusal(node, "it must be longer, as in 30s");
  return duration;
}

Result<std::string> read_path(const YamlNode& node) {
  if (!is_plain_text(node) || !is_absolute_path(node.scalar)) {
    return refusal(node,
                   "an absolute path belongs here, without '..' and without a '/' at its end");
  }
  return node.scalar;
}

Result<std::string> read_remote_path(const YamlNode& node) {
  auto path = read_path(node);
  if (path && !consists_of(*path, {kLetters, kUpperLetters, kDigits, "/._@+-"})) {
    return refusal(node, "only letters, digits and /._@+- may stand in a path on the machine");
  }
  return path;
}

Result<std::string> read_mode(const YamlNode& node) {
  const std::string& mode = node.scalar;
  if (mode.size() != 4 || mode.front() != '0' || !consists_of(mode, {"01234567"})) {
    return refusal(node, "four octal digits that begin with 0 belong here, as in \"0400\"");
  }
  return mode;
}

Result<std::string> read_listen(const YamlNode& node) {
  const HostPort parts = split_host_port(node.scalar);
  if (node.scalar.empty() || !is_host(parts.host)) {
    return refusal(node, "an address and a port belong here, as in 0.0.0.0:8444 or [::]:8444");
  }
  if (!parts.has_port || !is_port(parts.port)) {
    return refusal(node, "a port from 1 to 65535 belongs at its end, as in 0.0.0.0:8444");
  }
  return node.scalar;
}

Result<std::string> read_join_url(const YamlNode& node) {
  std::string_view rest = node.scalar;
  if (!take_prefix(rest, "https://")) {
    return refusal(node, "a url that begins with https:// belongs here: secrets travel on it");
  }
  if (!is_authority(rest)) {
    return refusal(node, "host and port alone belong here, as in https://head.example.org:8444");
  }
  return node.scalar;
}

Result<std::string> read_base_url(const YamlNode& node) {
  std::string_view rest = node.scalar;
  const bool is_https = take_prefix(rest, "https://");
  if (!is_https && !take_prefix(rest, "http://")) {
    return refusal(node, "a url that begins with https:// belongs here");
  }
  const auto slash = rest.find('/');
  const std::string_view authority = rest.substr(0, slash);
  const std::string_view path = slash == std::string_view::npos ? "" : rest.substr(slash);
  if (!is_https && !is_loopback(authority)) {
    return refusal(node, "https:// belongs here: the key travels on it (http only to this host)");
  }
  const bool path_is_plain = consists_of(path, {kLetters, kUpperLetters, kDigits, "/._~-"});
  if (!is_authority(authority) || !path_is_plain || (!path.empty() && path.back() == '/')) {
    return refusal(node, "host, port and path belong here, without a '/' at the end");
  }
  return node.scalar;
}

Result<std::string> read_endpoint(const YamlNode& node) {
  const HostPort parts = split_host_port(node.scalar);
  if (node.scalar.empty() || !is_host(parts.host) || !parts.has_port || !is_port(parts.port)) {
    return refusal(node, "a host and a port belong here, as in head.example.org:51820");
  }
  return node.scalar;
}

Result<std::string> read_word(const YamlNode& node) {
  if (!is_plain_text(node) || node.scalar.find_first_of(" \t") != std::string::npos) {
    return refusal(node, "a text without blanks belongs here");
  }
  return node.scalar;
}

Result<Subnet> read_subnet(const YamlNode& node) {
  const auto subnet = parse_subnet(node.scalar);
  if (node.kind != YamlNode::Kind::kScalar || !subnet) {
    return refusal(node, "a range of IPv4 addresses belongs here, as in 10.90.0.0/16");
  }
  return *subnet;
}

Result<std::vector<std::string>> read_subnets(const YamlNode& node) {
  if (node.kind != YamlNode::Kind::kSequence || node.items.empty()) {
    return refusal(node, "a list of address ranges belongs here, as in [192.168.10.0/24]");
  }
  std::vector<std::string> subnets;
  for (const auto& item : node.items) {
    const auto subnet = read_subnet(item);
    if (!subnet) return subnet.error();
    subnets.push_back(item.scalar);
  }
  return subnets;
}

Result<std::vector<std::string>> read_names(const YamlNode& node) {
  if (node.kind != YamlNode::Kind::kSequence || node.items.empty()) {
    return refusal(node, "a list of at least one name belongs here; without the key it means all");
  }
  std::vector<std::string> names;
  std::set<std::string> seen;
  for (const auto& item : node.items) {
    auto name = read_name(item);
    if (!name) return name.error();
    if (!seen.insert(*name).second) return refusal(item, "it stands in the list already");
    names.push_back(std::move(*name));
  }
  return names;
}

Result<std::vector<std::string>> read_phrases(const YamlNode& node) {
  constexpr std::size_t kShortest = 3;  // less is part of nearly every sentence
  if (node.kind != YamlNode::Kind::kSequence || node.items.empty()) {
    return refusal(node, "a list of at least one text belongs here, as in [\"sold out\"]");
  }
  std::vector<std::string> phrases;
  for (const auto& item : node.items) {
    auto phrase = read_text(item);
    if (!phrase) return phrase.error();
    if (phrase->size() < kShortest) return refusal(item, "at least three characters belong here");
    phrases.push_back(*std::move(phrase));
  }
  return phrases;
}

}  // namespace spillway
