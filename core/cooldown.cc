// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/cooldown.h"

#include <algorithm>
#include <chrono>

#include "lib/text.h"

namespace spillway {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kMostDoublings = 20;
constexpr std::size_t kLongestReason = 300;

// FNV-1a: the same on every machine and release, unlike std::hash.
std::uint64_t stable_hash(const std::string& text) {
  std::uint64_t hash = 14'695'981'039'346'656'037ULL;
  for (const char c : text) {
    hash = (hash ^ static_cast<unsigned char>(c)) * 1'099'511'628'211ULL;
  }
  return hash;
}

bool account_is_the_trouble(ErrorCode code) {
  return code == ErrorCode::kQuota || code == ErrorCode::kBalance ||
         code == ErrorCode::kUnauthorized;
}

milliseconds with_jitter(seconds base, const OfferId& offer, int refusals) {
  const auto hash = stable_hash(format_offer_id(offer) + std::to_string(refusals));
  const auto quarter = milliseconds(base).count() / 4;
  const auto jitter = quarter == 0 ? 0 : static_cast<std::int64_t>(hash % 1'000) * quarter / 1'000;
  return milliseconds(base) + milliseconds(jitter);
}

}  // namespace

OfferId cooled_by(const OfferId& offer, ErrorCode code) {
  if (account_is_the_trouble(code)) return OfferId{offer.provider, "", "", ""};
  return offer;
}

Cooldown next_cooldown(const Cooldown* previous,
                       const OfferId& offer,
                       const Error& error,
                       const Timing& timing,
                       TimePoint now) {
  Cooldown cooldown;
  cooldown.offer = cooled_by(offer, error.code);
  cooldown.refusals = (previous == nullptr ? 0 : previous->refusals) + 1;
  cooldown.reason = printable(error.message, kLongestReason);
  auto length = timing.cooldown_longest;
  if (error.code != ErrorCode::kUnauthorized) {
    const int doublings = std::min(cooldown.refusals - 1, kMostDoublings);
    length = std::min(timing.cooldown_first * (std::int64_t{1} << doublings), length);
  }
  cooldown.until = now + with_jitter(length, cooldown.offer, cooldown.refusals);
  return cooldown;
}

const Cooldown* find_cooldown(const std::map<OfferId, Cooldown>& cooldowns,
                              const OfferId& offer,
                              TimePoint now) {
  const OfferId whole_provider{offer.provider, "", "", ""};
  for (const auto& id : {whole_provider, offer}) {
    const auto found = cooldowns.find(id);
    if (found != cooldowns.end() && found->second.until > now) return &found->second;
  }
  return nullptr;
}

}  // namespace spillway
