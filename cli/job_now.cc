// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/job_now.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <iterator>

#include "cli/apart.h"
#include "cli/table.h"
#include "cluster/slurm.h"
#include "core/need.h"

namespace spillway {
namespace {

constexpr std::chrono::seconds kPatience{3};

struct StateName {
  JobState state;
  const char* name;
};
constexpr StateName kStates[] = {{JobState::kPending, "pending"},
                                 {JobState::kConfiguring, "configuring"},
                                 {JobState::kRunning, "running"},
                                 {JobState::kOther, "other"}};

const char* state_name(JobState state) {
  const auto* found = std::find_if(std::begin(kStates), std::end(kStates), [&](const auto& each) {
    return each.state == state;
  });
  return found->name;
}

std::string gpu_words(const Need& need) {
  std::string model = need.gpu;
  std::transform(model.begin(), model.end(), model.begin(), [](unsigned char letter) {
    return static_cast<char>(std::toupper(letter));
  });
  const int count = need.gpus_per_node > 0 ? need.gpus_per_node : need.gpus_in_all;
  if (count == 0) return "";
  const std::string text =
      std::to_string(count) + " " + (model.empty() ? (count == 1 ? "GPU" : "GPUs") : model);
  return need.gpus_per_node > 0 ? " x " + text : ", " + text + " in all";
}

std::string request_words(const Job& job) {
  const auto tasks = job.array_tasks > 1 ? std::to_string(job.array_tasks) + " tasks x " : "";
  const auto need = read_need(job);
  if (!need) return tasks + counted(job.nodes_min, "node");
  return tasks + counted(need->nodes, "node") + gpu_words(*need) +
         (need->infiniband ? ", needs InfiniBand" : "");
}

Json time_json(const std::optional<TimePoint>& time) {
  return time ? Json::of(format_time(*time)) : Json::null();
}

std::optional<TimePoint> read_time(const Json& json, const char* key) {
  const auto text = json.string(key);
  if (!text) return std::nullopt;
  const auto time = parse_time(*text);
  return time ? std::optional(*time) : std::nullopt;
}

// libslurm waits long for a file that is not there, and looks in these places.
bool has_slurm_conf() {
  const char* named = std::getenv("SLURM_CONF");  // NOLINT: before any thread
  if (named != nullptr) return true;              // make_libslurm() looks
  const std::array<const char*, 2> places = {"/etc/slurm/slurm.conf", "/run/slurm/conf/slurm.conf"};
  return std::any_of(
      places.begin(), places.end(), [](const char* path) { return access(path, R_OK) == 0; });
}

Json error_json(const Error& error) {
  Json json = Json::object();
  json.set("error", error.message);
  json.set("is_unknown", error.code == ErrorCode::kNotFound);
  return json;
}

std::string ask(std::uint32_t id) {
  const auto slurm = make_libslurm();
  if (!slurm) return error_json(slurm.error()).dump();
  const auto job = ask_job(id);
  return (job ? job_now_json(make_job_now(*job)) : error_json(job.error())).dump();
}

}  // namespace

JobNow make_job_now(const Job& job) {
  JobNow now;
  now.state = job.state;
  now.leader = job.het_id != 0 ? job.het_id : job.array_id;
  now.name = job.name;
  now.user = job.user;
  now.request = request_words(job);
  now.partitions = job.partitions;
  if (job.state == JobState::kPending) {
    now.reason = job.state_reason;
    now.waits_since = std::max(job.submitted_at, job.eligible_at.value_or(job.submitted_at));
  }
  now.expected_start = job.expected_start;
  now.started_at = job.started_at;
  now.time_limit = job.time_limit;
  now.nodes = job.nodes;
  return now;
}

Json job_now_json(const JobNow& job) {
  Json partitions = Json::array();
  for (const auto& partition : job.partitions)
    partitions.append(Json::of(partition));
  Json json = Json::object();
  json.set("state", state_name(job.state)).set("leader", static_cast<std::int64_t>(job.leader));
  json.set("name", job.name).set("user", job.user);
  json.set("request", job.request).set("partitions", partitions).set("reason", job.reason);
  json.set("waits_since", time_json(job.waits_since));
  json.set("expected_start", time_json(job.expected_start));
  json.set("started_at", time_json(job.started_at));
  json.set(
      "time_limit_minutes",
      job.time_limit ? Json::of(static_cast<std::int64_t>(job.time_limit->count())) : Json::null());
  json.set("nodes", job.nodes);
  return json;
}

Result<JobNow> parse_job_now(std::string_view text) {
  const auto json = Json::parse(text, "job");
  if (!json) return json.error();
  const auto state = json->string("state").value_or("");
  const auto* known = std::find_if(
      std::begin(kStates), std::end(kStates), [&](const auto& each) { return state == each.name; });
  if (known == std::end(kStates)) {
    const auto why = json->string("error").value_or("Slurm's answer was not understood");
    const bool is_unknown = json->boolean("is_unknown").value_or(false);
    return Error{is_unknown ? ErrorCode::kNotFound : ErrorCode::kInvalid, why, {}};
  }
  JobNow job;
  job.state = known->state;
  job.leader = static_cast<std::uint32_t>(json->integer("leader").value_or(0));
  job.name = json->string("name").value_or("");
  job.user = json->string("user").value_or("");
  job.request = json->string("request").value_or("");
  const auto partitions = json->get("partitions");
  for (std::size_t at = 0; at < partitions.size(); ++at)
    job.partitions.push_back(partitions.at(at).as_string().value_or(""));
  job.reason = json->string("reason").value_or("");
  job.waits_since = read_time(*json, "waits_since");
  job.expected_start = read_time(*json, "expected_start");
  job.started_at = read_time(*json, "started_at");
  if (const auto limit = json->integer("time_limit_minutes")) {
    job.time_limit = std::chrono::minutes(*limit);
  }
  job.nodes = json->string("nodes").value_or("");
  return job;
}

Result<JobNow> ask_slurm_of_job(std::uint32_t job) {
  if (!has_slurm_conf()) {
    return Error{ErrorCode::kInvalid, "no slurm.conf on this host", {}};
  }
  const auto said = say_apart([job] { return ask(job); }, kPatience);
  if (!said) return said.error();
  return parse_job_now(*said);
}

}  // namespace spillway
