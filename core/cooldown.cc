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
constexpr int kFailuresBelieved = 3;
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

const Cooldown* find_row(const Draft& draft, const OfferId& offer) {
  const auto row = draft.books().cooldowns.find(offer);
  return row == draft.books().cooldowns.end() ? nullptr : &row->second;
}

// A row that counts nothing any more need not be kept.
void put_or_drop(Draft& draft, Cooldown row, int refusals, int failures) {
  if (row.refusals == refusals && row.failures == failures) return;
  row.refusals = refusals;
  row.failures = failures;
  if (refusals == 0 && failures == 0) return draft.drop_cooldown(row.offer);
  draft.put(row);
}

}  // namespace

OfferId whole_provider(const std::string& provider) {
  return OfferId{provider, "", "", ""};
}

OfferId cooled_by(const OfferId& offer, ErrorCode code) {
  return account_is_the_trouble(code) ? whole_provider(offer.provider) : offer;
}

Cooldown next_cooldown(const Cooldown* previous,
                       const OfferId& offer,
                       const Error& error,
                       const Timing& timing,
                       TimePoint now) {
  const bool key_is_refused = error.code == ErrorCode::kUnauthorized;
  Cooldown cooldown = previous == nullptr ? Cooldown{} : *previous;
  cooldown.offer = cooled_by(offer, error.code);
  ++cooldown.refusals;
  cooldown.reason = printable(error.message, kLongestReason);
  cooldown.refused_at = now;
  cooldown.needs_admin = cooldown.needs_admin || key_is_refused;
  auto length = timing.cooldown_longest;
  if (!key_is_refused) {
    const int doublings = std::min(cooldown.refusals - 1, kMostDoublings);
    length = std::min(timing.cooldown_first * (std::int64_t{1} << doublings), length);
  }
  cooldown.until = now + with_jitter(length, cooldown.offer, cooldown.refusals);
  return cooldown;
}

Cooldown next_cooldown_after_failure(const Cooldown* previous,
                                     const OfferId& offer,
                                     const std::string& why,
                                     const Timing& timing,
                                     TimePoint now) {
  Cooldown cooldown = previous == nullptr ? Cooldown{} : *previous;
  cooldown.offer = offer;
  ++cooldown.failures;
  cooldown.reason = printable(why, kLongestReason);
  cooldown.refused_at = now;
  const auto length =
      cooldown.failures < kFailuresBelieved ? timing.cooldown_first : timing.cooldown_longest;
  cooldown.until = std::max(cooldown.until, now + with_jitter(length, offer, cooldown.failures));
  return cooldown;
}

Cooldown note_refusal(Draft& draft,
                      const OfferId& offer,
                      const Error& error,
                      const Timing& timing) {
  auto cooldown = next_cooldown(
      find_row(draft, cooled_by(offer, error.code)), offer, error, timing, draft.now());
  draft.put(cooldown);
  return cooldown;
}

Cooldown note_boot_failure(Draft& draft,
                           const OfferId& offer,
                           const std::string& why,
                           const Timing& timing) {
  auto cooldown =
      next_cooldown_after_failure(find_row(draft, offer), offer, why, timing, draft.now());
  draft.put(cooldown);
  return cooldown;
}

bool keeps_failing(const std::map<OfferId, Cooldown>& cooldowns, const OfferId& offer) {
  const auto found = cooldowns.find(offer);
  return found != cooldowns.end() && found->second.failures >= kFailuresBelieved;
}

void note_order_success(Draft& draft, const OfferId& offer) {
  draft.drop_cooldown(whole_provider(offer.provider));
  if (const auto* row = find_row(draft, offer)) put_or_drop(draft, *row, 0, row->failures);
}

void note_boot_success(Draft& draft, const OfferId& offer) {
  if (const auto* row = find_row(draft, offer)) put_or_drop(draft, *row, row->refusals, 0);
}

const Cooldown* find_cooldown(const std::map<OfferId, Cooldown>& cooldowns,
                              const OfferId& offer,
                              TimePoint now) {
  for (const auto& id : {whole_provider(offer.provider), offer}) {
    const auto found = cooldowns.find(id);
    if (found != cooldowns.end() && found->second.until > now) return &found->second;
  }
  return nullptr;
}

}  // namespace spillway
