// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/comment.h"

#include "lib/text.h"

namespace spillway {
namespace {

constexpr std::string_view kMarker = "[spillway]";
constexpr std::size_t kLongestText = 400;

}  // namespace

std::string_view our_comment(std::string_view comment) {
  const auto marker = comment.find(kMarker);
  if (marker == std::string_view::npos) return {};
  return trim(comment.substr(marker + kMarker.size()));
}

std::string merge_comment(std::string_view existing, std::string_view text) {
  const auto marker = existing.find(kMarker);
  std::string merged(trim(existing.substr(0, marker)));
  if (text.empty()) return merged;
  if (!merged.empty()) merged += " ";
  return merged + std::string(kMarker) + " " + printable(text, kLongestText);
}

}  // namespace spillway
