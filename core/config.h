// SPDX-License-Identifier: GPL-2.0-or-later
//
// What the admin wrote in spillway.yaml, as values. Reading refuses what it does not know.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/subnet.h"
#include "lib/money.h"
#include "lib/result.h"
#include "lib/time.h"

namespace spillway {

struct DeliveredFile {
  std::string from;   // absolute path on this host
  std::string to;     // absolute path on the machine
  std::string mode;   // four octal digits, e.g. "0400"
  std::string owner;  // user name on the machine; "root" by default
};

// A file system that each machine mounts before slurmd starts. No blanks in any of them.
struct Mount {
  std::string what;     // "head:/home"
  std::string where;    // absolute path on the machine
  std::string type;     // "nfs4"
  std::string options;  // as in fstab(5); empty: none
};

struct JoinConfig {
  std::string listen;  // "0.0.0.0:8444"
  std::string url;     // "https://head.example.org:8444": what machines call
  std::vector<DeliveredFile> deliver;
  std::vector<Mount> mounts;
  // Slurm to unpack at a machine's root, by its operating system ("ubuntu-24.04"): absolute path of
  // a tar archive on this host. Without one for its system a machine installs packages.
  std::map<std::string, std::string> archives;
};

// The VPN that the broker keeps for rented machines: WireGuard, the head in its middle.
struct VpnConfig {
  std::string endpoint;  // "head.example.org:51820", UDP: what machines call
  std::string interface = "spillway0";
  Subnet network;                   // tunnel addresses; the head has the first
  std::vector<std::string> routes;  // networks that machines reach through the head
};

// Words in a provider's refusals that its documents do not tell. What mentions one of them, in
// whatever case, is a refusal of that kind.
struct RefusalWords {
  std::vector<std::string> no_capacity;
  std::vector<std::string> quota;
  std::vector<std::string> balance;
};

struct ProviderConfig {
  std::string name;  // "lambda"
  std::string key_file;
  std::string base_url;              // empty: the provider's own
  std::string ssh_key;               // name of the key at the provider
  std::string image;                 // empty: the provider's default
  std::string environment;           // at Hyperstack: where machines live; it decides the region
  std::vector<std::string> regions;  // empty: all
  std::optional<int> max_machines;
  std::optional<Money> max_spend_per_hour;
  std::optional<std::chrono::seconds> minimum_charge;  // where the provider's own is not known
  RefusalWords refusals;
  int line = 0;  // where it stands in the file, for messages
};

// What one node of a pool is promised to have.
struct Shape {
  std::string gpu;  // "h100"
  int gpus = 0;
  int cpus = 0;
  std::int64_t memory_mib = 0;
  bool infiniband = false;
  // What a machine's health gate asks beyond that; 0: not checked.
  std::int64_t disk_mib = 0;  // free on its root
  int infiniband_ports = 0;   // active; none of those there are may be down
  int infiniband_gbps = 0;    // of each
  int bandwidth_gbps = 0;     // between two machines of a gang
};

// Which offers may stand behind a pool; an empty field means any.
struct OfferFilter {
  std::string provider;
  std::string type;
  std::string region;
  std::string network;  // "", "infiniband" or "ethernet"
};

struct Pool {
  std::string name;
  std::string nodes_expression;
  std::vector<std::string> nodes;
  Shape shape;
  std::vector<OfferFilter> offers;
  int line = 0;
};

enum class Burst { kNever, kAtOnce };
[[nodiscard]] const char* burst_name(Burst burst);  // "never", "at_once"

// When a job may burst: any of `after` and `when_pending_gpus` that is given suffices.
struct BurstRule {
  std::optional<Burst> burst;
  std::optional<std::chrono::seconds> after;  // eligible for so long
  std::optional<int> when_pending_gpus;       // the queue ahead of it, itself included, wants more

  friend bool operator==(const BurstRule&, const BurstRule&) = default;
};

struct PartitionPolicy {
  BurstRule rule;
  // Narrower rules. The narrowest that applies speaks alone: the QOS's, else the account's.
  std::map<std::string, BurstRule, std::less<>> accounts;
  std::map<std::string, BurstRule, std::less<>> qos;
  std::optional<int> infiniband_from_nodes;
  int line = 0;

  [[nodiscard]] bool may_burst() const;  // for some account or QOS at least
};

struct Limits {
  std::optional<int> machines;
  std::optional<Money> spend_per_hour;
  std::optional<Money> spend_per_month;
};

struct Policy {
  std::map<std::string, PartitionPolicy> partitions;  // a partition without a line never bursts
  std::optional<Money> max_price_per_gpu_hour;
  Limits limits;
  // How much faster than the slowest a GPU model does a job's work, in thousandths; 1000 by
  // default.
  std::map<std::string, int, std::less<>> performance;
  bool keep_paid = false;  // idle machines stay for waiting jobs until the paid quantum ends
};

struct Timing {
  std::chrono::seconds offers_every{30};
  std::chrono::seconds machines_every{15};
  std::chrono::seconds slurm_every{2};
  std::chrono::seconds boot_deadline{1800};  // order to ready; then the machine is given back
  std::chrono::seconds orphan_grace{300};
  std::chrono::seconds cooldown_first{60};
  std::chrono::seconds cooldown_longest{1800};
  std::chrono::seconds idle{600};  // SuspendTime that `spillway slurm-conf` prints
};

struct Config {
  std::string file;  // where it was read from
  std::string cluster;
  std::string ledger = "/var/spool/spillway/ledger.db";
  std::string decisions = "/var/spool/spillway/decisions";
  std::string catalog;  // path of the price catalog; empty: the installed one, if there is one
  JoinConfig join;
  std::optional<VpnConfig> vpn;  // nothing: the network is routed
  std::optional<std::string> metrics_listen;
  std::vector<ProviderConfig> providers;
  std::vector<Pool> pools;
  Policy policy;
  Timing timing;

  [[nodiscard]] const ProviderConfig* find_provider(std::string_view name) const;
  [[nodiscard]] const Pool* find_pool(std::string_view name) const;
  // The pool that has `node`, or nullptr. Constant time after reading (an index is kept).
  [[nodiscard]] const Pool* find_pool_of(const std::string& node) const;

  std::map<std::string, std::size_t, std::less<>> pool_of_node;  // node -> index in `pools`
};

// Where the join service keeps its key and certificate: beside the ledger.
[[nodiscard]] std::string join_pem_file(const std::string& ledger);
// The same of the head's WireGuard key.
[[nodiscard]] std::string wireguard_key_file(const std::string& ledger);

// Reads the text of spillway.yaml. `file` is for messages. Knows the shape of the file and what can
// be judged from it alone; that files exist, and that Slurm has the nodes, is checked elsewhere.
// Errors: kInvalid; one line a finding, "file:line: key: what was found: what would be right".
[[nodiscard]] Result<Config> parse_config(std::string_view text, const std::string& file);

}  // namespace spillway
