// SPDX-License-Identifier: GPL-2.0-or-later
//
// One turn of the broker: the picture that the decisions look at, and the plan that they make.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/books.h"
#include "core/cloud.h"
#include "core/config.h"
#include "core/decisions.h"
#include "core/verdict.h"
#include "core/world.h"
#include "lib/time.h"

namespace spillway {

// A complete list of our machines at one provider. A list that failed is no list.
struct CloudList {
  TimePoint asked_at;
  std::vector<CloudMachine> machines;
};

struct ProviderView {
  Capabilities capabilities;
  std::vector<Offer> offers;           // of the last answer
  std::optional<TimePoint> offers_at;  // nothing: not answered yet
  std::string trouble;                 // why the last question failed; empty when it did not
  std::optional<CloudList> list;       // of the last answer
  bool list_is_new = false;            // not looked at in an earlier turn
  bool ordering = false;               // an order call is on its way
  bool releasing = false;              // a release call is on its way
  bool key_refused = false;            // the last question for offers was refused for the key
  TimePoint key_changed_at{};          // when the file with the key was last changed
};

// A request's nodes, and the jobs that Slurm named for them.
struct RequestedJob {
  std::uint32_t job = 0;
  std::vector<std::string> nodes;
  std::vector<std::string> allocation{};  // all nodes of the job; empty when Slurm did not say
};
struct ParsedRequest {
  std::vector<std::string> nodes;
  std::vector<RequestedJob> jobs;
  std::string problem;  // what could not be read; the rest was
};

// Which row of the table in core/reconcile.h something has been in, and since when.
struct MendRow;
struct Sighting {
  const MendRow* row = nullptr;
  TimePoint since;
};

// What was seen in earlier turns and need not outlive the process: losing it delays, never harms.
struct Sightings {
  std::map<std::int64_t, Sighting> listed;    // machines, as their cloud's list shows them
  std::map<std::int64_t, Sighting> in_slurm;  // machines, as Slurm shows their nodes
  std::map<std::string, Sighting> strangers;  // "provider/id": machines in no open lease
  std::map<std::string, Sighting> nodes;      // without a machine
  std::optional<TimePoint> slurm_silent_since;
  std::map<std::string, TimePoint> lists_silent_since;  // by provider: since its last whole list
};

struct Picture {
  const Config& config;
  TimePoint now;
  const SlurmView* slurm = nullptr;  // nullptr: not known
  bool slurm_is_new = false;         // read after our last change to Slurm had its effect
  std::map<std::string, ProviderView>& providers;
  const std::map<std::int64_t, ParsedRequest>& parsed;  // by request
  Money spent_this_month;                               // by machines that ended
  // With a VPN: machines could join now; else nothing is ordered, and why not, when that is known.
  bool vpn_is_up = true;
  std::string vpn_trouble = {};
};

struct CallOrder {
  std::string provider;
  std::int64_t lease = 0;
  std::vector<std::int64_t> machines;
  OfferId offer;
  Mark mark;
};

struct CallRelease {
  std::string provider;
  std::vector<std::int64_t> machines;
  std::vector<std::string> ids;
};

struct AddressChange {
  std::string node;
  std::string address;
};

struct SendBack {
  std::vector<std::string> nodes;
  std::string reason;
};

struct CommentChange {
  std::uint32_t job = 0;
  std::string comment;
};

struct Plan {
  std::vector<CallOrder> orders;      // at most one a provider
  std::vector<CallRelease> releases;  // at most one a provider
  std::vector<AddressChange> addresses;
  std::vector<SendBack> send_backs;
  std::vector<std::string> resumes;  // nodes for state=resume
  std::vector<std::string> keeps;    // idle nodes whose idle clock is set back
  std::vector<CommentChange> comments;
  std::vector<Verdict> verdicts;  // in Slurm's priority order
  Decisions decisions;            // `written` and `valid_for` are the writer's
};

}  // namespace spillway
