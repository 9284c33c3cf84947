// SPDX-License-Identifier: GPL-2.0-or-later
#include <string>
#include <utility>

#include "core/cooldown.h"
#include "core/steps.h"
#include "lib/text.h"

namespace spillway {
namespace {

constexpr std::size_t kLongestWords = 300;

void say(Draft& draft, const std::string& kind, const std::string& text) {
  Event event;
  event.kind = kind;
  event.text = text;
  draft.say(std::move(event));
}

// The cloud refuses the key even for questions, so its answers will tell when that is mended.
void open_breaker(Draft& draft,
                  const std::string& provider,
                  const std::string& words,
                  const Timing& timing) {
  Cooldown row;
  row.offer = whole_provider(provider);
  row.until = draft.now() + timing.cooldown_longest;
  row.reason = printable(words, kLongestWords);
  row.refused_at = draft.now();
  row.needs_admin = true;
  draft.put(row);
}

// Questions are answered. That is proof for a key that was refused for questions (no refused order
// is counted), but not for one that was refused for an order: it may be good for reading only. Then
// the key's file must have changed since.
bool is_mended(const ProviderView& view, const Cooldown& row) {
  const bool answers = view.offers_at && !view.key_refused && view.trouble.empty();
  return answers && (row.refusals == 0 || view.key_changed_at > row.refused_at);
}

void tend_account(Draft& draft,
                  const std::string& provider,
                  const ProviderView& view,
                  const Timing& timing) {
  const auto found = draft.books().cooldowns.find(whole_provider(provider));
  const bool is_open = found != draft.books().cooldowns.end() && found->second.needs_admin;
  if (view.key_refused && (!is_open || found->second.refusals > 0)) {
    if (!is_open) say(draft, "refused", provider + " refuses the key: nothing is ordered there");
    return open_breaker(draft, provider, view.trouble, timing);
  }
  if (!is_open) return;
  if (is_mended(view, found->second)) {
    say(draft, "mended", provider + " takes the key again");
    return draft.drop_cooldown(found->first);
  }
  Cooldown row = found->second;
  if (row.until > draft.now() + timing.cooldown_longest / 2) return;
  row.until = draft.now() + timing.cooldown_longest;
  draft.put(row);
}

}  // namespace

void tend_accounts(Draft& draft, const Picture& picture) {
  for (const auto& [provider, view] : picture.providers)
    tend_account(draft, provider, view, picture.config.timing);
}

}  // namespace spillway
