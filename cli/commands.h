// SPDX-License-Identifier: GPL-2.0-or-later
//
// The commands of `spillway`: each gathers what its screen shows and prints it. They return the
// exit code: 0 ok, 1 a failure was found or there was no answer, 2 usage or configuration, 3
// warnings alone were found.
#pragma once

#include <string>

#include "cli/offers.h"

namespace spillway {

constexpr int kExitOk = 0;
constexpr int kExitFailure = 1;
constexpr int kExitUsage = 2;
constexpr int kExitWarnings = 3;

struct CommonOptions {
  std::string config = "/etc/spillway/spillway.yaml";
  bool json = false;
  bool colours = false;
};

[[nodiscard]] int run_status(const CommonOptions& common);

struct OffersOptions {
  OffersFilter filter;
  std::string provider;
};
[[nodiscard]] int run_offers(const CommonOptions& common, const OffersOptions& options);

struct SlurmOptions {
  std::string slurm_conf;     // empty: SLURM_CONF, then /etc/slurm/slurm.conf
  std::string slurm_version;  // for check; the doctor asks
  bool online = false;        // check as the doctor does
};
[[nodiscard]] int run_check(const CommonOptions& common, const SlurmOptions& options);
[[nodiscard]] int run_doctor(const CommonOptions& common, const SlurmOptions& options);

struct LiveOptions {
  std::string provider;   // empty: the doctor without --live
  bool rent_one = false;  // order one machine, see it run, end it
  bool yes = false;       // without asking
};
[[nodiscard]] int run_live(const CommonOptions& common, const LiveOptions& options);

struct SlurmConfOptions {
  std::string slurm_version;
  std::string program_folder;
  std::string plugin_folder;
};
[[nodiscard]] int run_slurm_conf(const CommonOptions& common, const SlurmConfOptions& options);

struct EventsOptions {
  bool follow = false;
  int last = 0;  // 0: all
};
[[nodiscard]] int run_events(const CommonOptions& common, const EventsOptions& options);

struct BillOptions {
  std::string since;  // empty: everything in the ledger
};
[[nodiscard]] int run_bill(const CommonOptions& common, const BillOptions& options);

struct PlanOptions {
  int gpus_per_node = 0;  // 0: as many as a node has
  int nodes = 1;
  std::string gpu;  // empty: any
  bool infiniband = false;
  double hours = 24;
  std::string pool;       // empty: each that fits
  std::string partition;  // empty: the one that has a policy, if there is only one
};
[[nodiscard]] int run_plan(const CommonOptions& common, const PlanOptions& options);

struct WhyOptions {
  std::string job;
};
[[nodiscard]] int run_why(const CommonOptions& common, const WhyOptions& options);

struct SetOptions {
  std::string name;      // empty: list
  std::string value;     // as in spillway.yaml, or none, or default
  std::string duration;  // empty: for good
};
[[nodiscard]] int run_set(const CommonOptions& common, const SetOptions& options);

struct RetryOptions {
  std::string provider;
};
[[nodiscard]] int run_retry(const CommonOptions& common, const RetryOptions& options);

}  // namespace spillway
