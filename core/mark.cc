// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/mark.h"

#include <algorithm>

#include "lib/text.h"

namespace spillway {
namespace {

constexpr std::string_view kPrefix = "spillway-";
constexpr std::size_t kLongestCluster = 20;
constexpr std::size_t kLedgerDigits = 6;
constexpr std::int64_t kLargestNumber = kTrialLease;

bool is_lower_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool is_ledger_tag(std::string_view text) {
  return text.size() == kLedgerDigits && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= 'a' && c <= 'f') || (c >= '0' && c <= '9');
         });
}

// Cuts the last part after '-' off `text`; an empty view when there is none.
std::string_view cut_last(std::string_view& text) {
  const auto dash = text.rfind('-');
  if (dash == std::string_view::npos) return {};
  const auto last = text.substr(dash + 1);
  text = text.substr(0, dash);
  return last;
}

}  // namespace

bool is_cluster_name(std::string_view name) {
  if (name.empty() || name.size() > kLongestCluster) return false;
  if (!is_lower_or_digit(name.front()) || !is_lower_or_digit(name.back())) return false;
  return std::all_of(
      name.begin(), name.end(), [](char c) { return is_lower_or_digit(c) || c == '-'; });
}

std::string format_mark(const Mark& mark) {
  return std::string(kPrefix) + mark.cluster + "-" + mark.ledger + "-" +
         std::to_string(mark.lease) + "-" + std::to_string(mark.call);
}

std::optional<Mark> parse_mark(std::string_view name) {
  const std::string_view whole = name;
  if (!name.starts_with(kPrefix)) return std::nullopt;
  name.remove_prefix(kPrefix.size());
  const auto call = parse_whole_number(cut_last(name), kLargestNumber);
  const auto lease = parse_whole_number(cut_last(name), kLargestNumber);
  const auto ledger = cut_last(name);
  if (!call || !lease || *call == 0 || *lease == 0) return std::nullopt;
  if (!is_ledger_tag(ledger) || !is_cluster_name(name)) return std::nullopt;
  Mark mark{std::string(name), std::string(ledger), *lease, *call};
  // "...-07-1" reads as numbers, too, but is not how a mark is written.
  if (format_mark(mark) != whole) return std::nullopt;
  return mark;
}

}  // namespace spillway
