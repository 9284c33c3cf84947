// SPDX-License-Identifier: GPL-2.0-or-later
#include "providers/hyperstack/choice.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "lib/text.h"
#include "providers/wire.h"

namespace spillway {
namespace {

using Names = std::vector<std::string>;

constexpr std::size_t kMostSuggestions = 5;

Error wrong(std::string message) {
  return Error{ErrorCode::kInvalid, std::move(message), std::nullopt};
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Cuts the run of digits, or the one other character, off the front of `text`.
std::string_view cut_part(std::string_view& text) {
  std::size_t size = 1;
  if (is_digit(text.front())) {
    while (size < text.size() && is_digit(text[size]))
      ++size;
  }
  const auto part = text.substr(0, size);
  text.remove_prefix(size);
  return part;
}

// Below zero when `one` is older, above when it is newer.
int compare_parts(std::string_view one, std::string_view other) {
  if (!is_digit(one.front()) || !is_digit(other.front())) return one.compare(other);
  one.remove_prefix(std::min(one.find_first_not_of('0'), one.size()));
  other.remove_prefix(std::min(other.find_first_not_of('0'), other.size()));
  if (one.size() != other.size()) return one.size() < other.size() ? -1 : 1;
  return one.compare(other);
}

// REQUIRES: both in lower case.
bool is_older(std::string_view name, std::string_view other) {
  while (!name.empty() && !other.empty()) {
    const auto part = cut_part(name);
    const int order = compare_parts(part, cut_part(other));
    if (order != 0) return order < 0;
  }
  return name.empty() && !other.empty();
}

std::size_t common_beginning(std::string_view one, std::string_view other) {
  const auto size = std::min(one.size(), other.size());
  std::size_t common = 0;
  while (common < size && one[common] == other[common])
    ++common;
  return common;
}

// Those that begin most like the pattern come first.
std::string suggest_images(const std::string& pattern, Names names) {
  if (names.empty()) return "there is none";
  const auto wanted = to_lower(pattern);
  std::stable_sort(names.begin(), names.end(), [&](const auto& one, const auto& other) {
    return common_beginning(to_lower(one), wanted) > common_beginning(to_lower(other), wanted);
  });
  names.resize(std::min(names.size(), kMostSuggestions));
  return "the nearest are " + printable(join(names, ", "), kWordsLimit);
}

}  // namespace

Result<HyperstackEnvironment> choose_hyperstack_environment(
    const ProviderConfig& config, const std::vector<HyperstackEnvironment>& environments) {
  Names names;
  for (const auto& environment : environments) {
    if (!config.environment.empty() && environment.name == config.environment) return environment;
    names.push_back(environment.name);
  }
  const std::string which = config.environment.empty()
                                ? "is not set, and every machine lives in one"
                                : "Hyperstack knows no " + printable(config.environment, 64);
  return wrong("environment: " + which + ": " +
               (names.empty() ? "make one in Hyperstack's console and name it here"
                              : suggest_name(config.environment, names)));
}

Result<std::string> choose_hyperstack_image(const std::string& pattern,
                                            const std::vector<HyperstackImage>& images) {
  const std::string* newest = nullptr;
  Names names;
  for (const auto& image : images) {
    names.push_back(image.name);
    if (pattern.empty() || !matches_pattern(to_lower(image.name), to_lower(pattern))) continue;
    if (newest == nullptr || is_older(to_lower(*newest), to_lower(image.name)))
      newest = &image.name;
  }
  if (newest != nullptr) return *newest;
  const std::string which = pattern.empty()
                                ? "is not set, and Hyperstack starts no machine without one"
                                : "none is called " + printable(pattern, 100);
  return wrong("image: " + which + ": " + suggest_images(pattern, std::move(names)));
}

bool matches_pattern(std::string_view name, std::string_view pattern) {
  const auto parts = split(pattern, '*');
  if (parts.size() == 1) return name == pattern;
  if (!name.starts_with(parts.front())) return false;
  name.remove_prefix(parts.front().size());
  for (std::size_t i = 1; i + 1 < parts.size(); ++i) {
    const auto at = name.find(parts[i]);
    if (at == std::string_view::npos) return false;
    name.remove_prefix(at + parts[i].size());
  }
  return name.ends_with(parts.back());
}

}  // namespace spillway
