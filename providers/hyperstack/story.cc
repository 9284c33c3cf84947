// SPDX-License-Identifier: GPL-2.0-or-later
#include "providers/hyperstack/story.h"

#include <algorithm>

#include "lib/text.h"
#include "providers/wire.h"

namespace spillway {

std::optional<TimePoint> find_creation(const std::vector<HyperstackEvent>& events, TimePoint now) {
  // The documented word of callbacks; that events use it, too, is a guess.
  std::optional<TimePoint> creation;
  for (const auto& event : events) {
    if (event.reason != "InstanceCreationSuccess" || !event.time) continue;
    if (*event.time > now + kMostSkew) continue;
    if (!creation || *event.time < *creation) creation = event.time;
  }
  return creation;
}

std::string find_failure(const std::vector<HyperstackEvent>& events) {
  const auto is_failure = [](const HyperstackEvent& event) {
    return mentions(event.reason + " " + event.message, {"fail", "error"});
  };
  const auto found = std::find_if(events.begin(), events.end(), is_failure);
  if (found == events.end()) return "";
  return printable(found->reason + ": " + found->message, kWordsLimit);
}

}  // namespace spillway
