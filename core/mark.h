// SPDX-License-Identifier: GPL-2.0-or-later
//
// The mark: the name that every rented machine bears, so that the cloud's own list tells whose it
// is and which order made it: "spillway-<cluster>-<ledger>-<lease>-<call>".
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace spillway {

struct Mark {
  std::string cluster;     // lower-case letters, digits and '-', at most 20
  std::string ledger;      // 6 hex digits, made with the ledger: tells our machines from those of
                           // another ledger of a cluster with the same name
  std::int64_t lease = 0;  // from 1
  std::int64_t call = 0;   // the order call within the lease, from 1; a repeated call counts on

  friend auto operator<=>(const Mark&, const Mark&) = default;  // NOLINT: no nullptr here
};

// The lease in the marks of machines that `spillway doctor --live` orders. It is the last number a
// mark can hold: the ledger, which counts from 1, never comes to it. So such a machine belongs to
// no lease, and if the doctor dies the broker finds an orphan and ends it.
inline constexpr std::int64_t kTrialLease = 999'999'999;

// Fits a host name: at most 63 characters of [a-z0-9-].
[[nodiscard]] std::string format_mark(const Mark& mark);

// Nothing when `name` is no mark of ours.
[[nodiscard]] std::optional<Mark> parse_mark(std::string_view name);

// True for a cluster name that a mark can carry.
[[nodiscard]] bool is_cluster_name(std::string_view name);

}  // namespace spillway
