// SPDX-License-Identifier: GPL-2.0-or-later
#include "plugin/permissions.h"

#include <string_view>

#include "core/hostlist.h"

namespace spillway {
namespace {

constexpr std::size_t kMostNodes = 1'000'000;

// A file from further ahead is the work of a wrong clock: how old it is nobody knows.
constexpr std::int64_t kMostSecondsAhead = 60;

}  // namespace

const spillway_nodes_t* NodeSet::fitting(const spillway_nodes_t* like) {
  const auto size = spillway_nodes_size(like);
  if (!nodes_ || spillway_nodes_size(nodes_.get()) != size) {
    nodes_.reset(spillway_nodes_named(hostlist_.c_str()));
  }
  if (nodes_ && spillway_nodes_size(nodes_.get()) != size) nodes_.reset();
  return nodes_.get();
}

Result<Permissions> Permissions::from(const Decisions& decisions) {
  if (!decisions.cloud.empty()) {
    const auto names = parse_hostlist(decisions.cloud, kMostNodes);
    if (!names) return names.error().within("cloud");
  }
  return Permissions(decisions);
}

Permissions::Permissions(const Decisions& decisions)
    : written_(decisions.written), valid_for_(decisions.valid_for), cloud_(decisions.cloud) {
  std::unordered_map<std::string_view, std::size_t> places;
  sets_.reserve(decisions.sets.size());
  for (const Decisions::Set& set : decisions.sets) {
    places.emplace(set.name, sets_.size());
    sets_.emplace_back(set.nodes);
  }
  jobs_.reserve(decisions.jobs.size());
  for (const Decisions::Job& job : decisions.jobs) {
    Job& ours = jobs_.emplace_back(Job{job.id, {}});
    for (const std::string& name : job.sets)
      ours.sets.push_back(places.at(name));
  }
  find_records();
}

const spillway_nodes_t* Permissions::cloud_nodes(const spillway_nodes_t* like) {
  return cloud_.hostlist().empty() ? nullptr : cloud_.fitting(like);
}

std::vector<NodeSet*> Permissions::sets_of(const void* record) {
  const auto found = job_of_record_.find(record);
  // What remains of an array is a new record with the array's id, asked about right after its task
  // was given nodes.
  const std::size_t place = found == job_of_record_.end() ? last_asked_ : found->second;
  // The address may have passed to another job since it was found.
  if (place >= jobs_.size() || spillway_job_record(jobs_[place].id) != record) return {};
  job_of_record_[record] = place;
  last_asked_ = place;
  const Job& job = jobs_[place];
  std::vector<NodeSet*> sets;
  for (const std::size_t set : job.sets)
    sets.push_back(&sets_[set]);
  return sets;
}

void Permissions::find_records() {
  job_of_record_.clear();
  job_of_record_.reserve(jobs_.size());
  for (std::size_t place = 0; place < jobs_.size(); ++place) {
    if (const void* record = spillway_job_record(jobs_[place].id)) job_of_record_[record] = place;
  }
}

void Permissions::inherit(Permissions& older) {
  if (older.cloud_.hostlist() == cloud_.hostlist()) cloud_ = std::move(older.cloud_);
}

void Permissions::forget_nodes() {
  cloud_.forget();
  for (NodeSet& set : sets_)
    set.forget();
}

bool Permissions::is_current(std::int64_t now) const {
  return now < written_ + valid_for_ && written_ <= now + kMostSecondsAhead;
}

}  // namespace spillway
