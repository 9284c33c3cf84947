// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/books.h"

namespace spillway {

const char* request_kind_name(RequestKind kind) {
  switch (kind) {
    case RequestKind::kResume:
      return "resume";
    case RequestKind::kSuspend:
      return "suspend";
    case RequestKind::kResumeFail:
      return "resume-fail";
  }
  return "unknown";
}

bool Changes::empty() const {
  return requests.empty() && leases.empty() && machines.empty() && permissions.empty() &&
         dropped_permissions.empty() && cooldowns.empty() && dropped_cooldowns.empty() &&
         settings.empty() && dropped_settings.empty() && retries.empty() &&
         answered_retries.empty() && alerts.empty() && dropped_alerts.empty() && events.empty() &&
         !lead;
}

}  // namespace spillway
