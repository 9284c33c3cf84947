// SPDX-License-Identifier: GPL-2.0-or-later
//
// What we know of a cloud and of the machines in it, whichever cloud it is.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

#include "core/mark.h"
#include "core/offer.h"
#include "lib/money.h"
#include "lib/time.h"

namespace spillway {

enum class UserDataKind { kPlain, kStructured };

struct Capabilities {
  int machines_per_order = 1;                        // at most, in one call
  std::chrono::milliseconds between_orders{0};       // at least
  std::chrono::milliseconds between_requests{1000};  // at least
  UserDataKind user_data_kind = UserDataKind::kPlain;
  std::size_t user_data_limit = 65'536;  // bytes
  bool has_tags = false;
  bool selects_fabric = false;
  bool shrinks_leases = true;  // can release one machine of many
  BillingTerms billing;
  std::chrono::seconds typical_boot{600};
  std::chrono::seconds list_delay{30};  // a new machine is in the list by then
};

enum class CloudState {
  kBuilding,
  kRunning,
  kUnhealthy,  // exists, bills, is no good
  kEnding,
  kGone,     // still shown, and ended
  kUnknown,  // a word that we do not know: never cheap, never ours to delete
};

struct CloudMachine {
  std::string id;
  Mark mark;
  CloudState state = CloudState::kUnknown;
  std::string address;  // public; empty while there is none
  std::string private_address;
  std::optional<TimePoint> billed_from;  // when the cloud tells
  OfferId offer;                         // as far as the cloud tells
  std::optional<Money> price_per_hour;
};

}  // namespace spillway
