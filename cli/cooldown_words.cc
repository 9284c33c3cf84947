// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/cooldown_words.h"

#include "cli/table.h"

namespace spillway {

std::string again_words(const Cooldown& cooldown, TimePoint now) {
  // `until` is moved on as long as the key is refused.
  if (cooldown.needs_admin) return "not tried until the key in its key_file is accepted";
  return "tried again in " + format_age(now, cooldown.until);
}

}  // namespace spillway
