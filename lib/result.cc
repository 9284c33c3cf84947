// SPDX-License-Identifier: GPL-2.0-or-later
#include "lib/result.h"

namespace spillway {

const char* error_code_name(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalid:
      return "invalid";
    case ErrorCode::kNotFound:
      return "not_found";
    case ErrorCode::kNoCapacity:
      return "no_capacity";
    case ErrorCode::kQuota:
      return "quota";
    case ErrorCode::kBalance:
      return "balance";
    case ErrorCode::kUnauthorized:
      return "unauthorized";
    case ErrorCode::kRateLimited:
      return "rate_limited";
    case ErrorCode::kTransient:
      return "transient";
    case ErrorCode::kUnknownOutcome:
      return "unknown_outcome";
    case ErrorCode::kProtocol:
      return "protocol";
    case ErrorCode::kIo:
      return "io";
  }
  return "unknown";
}

}  // namespace spillway
