// SPDX-License-Identifier: GPL-2.0-or-later
#include <slurm/slurm.h>
#include <slurm/slurm_errno.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cluster/slurm.h"
#include "cluster/slurm_records.h"
#include "core/hostlist.h"
#include "lib/file.h"
#include "lib/text.h"

// Exported by libslurm in every release (22.05 to 26.05), and declared in no public header.
extern "C" void slurm_xfree(void** item);

namespace spillway {
namespace {

template <auto Free>
struct Freed {
  template <typename T>
  void operator()(T* message) const {
    Free(message);
  }
};

// libslurm 22.05 forgets these members of a job when it frees the message, whose jobs we read every
// few seconds. slurm_xfree() leaves NULL behind, which a libslurm that does not forget passes over.
// Source: 22.05's slurm_protocol_defs.c, slurm_free_job_info_members().
void free_jobs(job_info_msg_t* message) {
  for (std::uint32_t i = 0; i < message->record_count; ++i) {
    auto& job = message->job_array[i];
    for (char** text : {&job.admin_comment,
                        &job.cluster_features,
                        &job.cronspec,
                        &job.prefer,
                        &job.system_comment})
      slurm_xfree(reinterpret_cast<void**>(text));
  }
  slurm_free_job_info_msg(message);
}

using JobMessage = std::unique_ptr<job_info_msg_t, Freed<free_jobs>>;
using NodeMessage = std::unique_ptr<node_info_msg_t, Freed<slurm_free_node_info_msg>>;
using SlurmConfMessage = std::unique_ptr<slurm_conf_t, Freed<slurm_free_ctl_conf>>;
using PartitionMessage =
    std::unique_ptr<partition_info_msg_t, Freed<slurm_free_partition_info_msg>>;

ErrorCode code_of(int slurm_error_number) {
  switch (slurm_error_number) {
    case ESLURM_ACCESS_DENIED:
    case ESLURM_USER_ID_MISSING:
    case ESLURM_AUTH_CRED_INVALID:
    case SLURM_PROTOCOL_AUTHENTICATION_ERROR:
      return ErrorCode::kUnauthorized;
    case ESLURM_INVALID_NODE_NAME:
    case ESLURM_INVALID_JOB_ID:
      return ErrorCode::kNotFound;
    case ESLURM_INVALID_NODE_STATE:
    case ESLURM_NOT_SUPPORTED:
      return ErrorCode::kInvalid;
    case SLURM_PROTOCOL_VERSION_ERROR:
    case SLURM_UNEXPECTED_MSG_ERROR:
      return ErrorCode::kProtocol;
    default:
      return ErrorCode::kTransient;
  }
}

// The one translation of Slurm's errors.
Error slurm_error(const std::string& what, int slurm_error_number) {
  auto why = std::string(slurm_strerror(slurm_error_number));
  if (slurm_error_number == SLURM_PROTOCOL_VERSION_ERROR) {
    why += std::string(": this program was built for Slurm ") + built_slurm_version() +
           ", which slurmctld does not speak: install the one built for its release";
  }
  return Error{code_of(slurm_error_number), "slurm: " + what + ": " + why, {}};
}

// Up to 22.05 the power saving of slurmctld moves nodes on without noting that nodes changed
// (power_save.c: "last_node_update could be changed already by another thread"), so "no change" is
// not true of a node on its way, and for others only mostly.
constexpr bool kPowerSavingIsSilent = SLURM_VERSION_NUMBER < SLURM_VERSION_NUM(23, 2, 0);
constexpr std::chrono::seconds kWholeNodesEvery{10};

// The backfill scheduler writes its start estimates without noting that jobs changed (tried on
// 22.05.8): "no change" would hide that a job is to start locally soon.
using Steady = std::chrono::steady_clock;
constexpr std::chrono::seconds kWholeJobsEvery{10};
constexpr std::chrono::seconds kControllersEvery{60};

bool may_move_silently(const Node& node) {
  const bool wanted = node.base == NodeBase::kAllocated || node.base == NodeBase::kMixed;
  return node.powering_up || node.powering_down || node.power_down_asked ||
         (node.powered_down && wanted);
}

class LibSlurm final : public Slurm {
 public:
  LibSlurm() = default;
  ~LibSlurm() override { slurm_fini(); }
  LibSlurm(const LibSlurm&) = delete;
  LibSlurm& operator=(const LibSlurm&) = delete;

  [[nodiscard]] Result<SlurmView> observe() override;
  [[nodiscard]] Status set_addresses(const std::vector<NodeAddress>& addresses) override;
  [[nodiscard]] Status down_and_power_down(const std::string& nodes,
                                           const std::string& reason) override;
  [[nodiscard]] Status resume(const std::string& nodes) override;
  [[nodiscard]] Status keep_idle(const std::string& nodes) override;
  [[nodiscard]] Status set_admin_comment(std::uint32_t job, const std::string& comment) override;

 private:
  Status refresh_jobs();
  Status refresh_nodes();
  bool trusts_no_change_of_nodes() const;
  Status refresh_partitions();
  Status refresh_controllers();

  SystemClock clock_;
  UserNames users_;
  SlurmView last_;
  // When slurmctld made what is in `last_`; 0 asks for everything.
  std::time_t jobs_at_ = 0;
  std::time_t nodes_at_ = 0;
  std::time_t partitions_at_ = 0;
  std::time_t controllers_at_ = 0;
  // By a clock that is never set back.
  Steady::time_point whole_jobs_at_;
  Steady::time_point whole_nodes_at_;
  Steady::time_point controllers_due_;
};

// The outcome of a load call; libslurm leaves the reason in errno.
Status load_status(int outcome, const std::string& what) {
  if (outcome == SLURM_SUCCESS || errno == SLURM_NO_CHANGE_IN_DATA) return {};
  return slurm_error(what, errno);
}

Status LibSlurm::refresh_jobs() {
  const auto asked_at = Steady::now();
  const bool whole = asked_at - whole_jobs_at_ >= kWholeJobsEvery;
  job_info_msg_t* message = nullptr;
  const int outcome = slurm_load_jobs(whole ? 0 : jobs_at_, &message, SHOW_ALL | SHOW_LOCAL);
  const auto status = load_status(outcome, "load jobs");
  const JobMessage owned(message);
  if (!status || outcome != SLURM_SUCCESS || !owned) return status;
  last_.jobs = make_jobs(*owned, users_);
  jobs_at_ = owned->last_update;
  if (whole) whole_jobs_at_ = asked_at;
  return {};
}

bool LibSlurm::trusts_no_change_of_nodes() const {
  if (!kPowerSavingIsSilent) return true;
  if (Steady::now() - whole_nodes_at_ >= kWholeNodesEvery) return false;
  return std::none_of(last_.nodes.begin(), last_.nodes.end(), [](const auto& entry) {
    return may_move_silently(entry.second);
  });
}

Status LibSlurm::refresh_nodes() {
  const auto since = trusts_no_change_of_nodes() ? nodes_at_ : 0;
  const auto asked_at = Steady::now();
  node_info_msg_t* message = nullptr;
  const int outcome = slurm_load_node(since, &message, SHOW_ALL | SHOW_MIXED | SHOW_LOCAL);
  const auto status = load_status(outcome, "load nodes");
  const NodeMessage owned(message);
  if (!status || outcome != SLURM_SUCCESS || !owned) return status;
  last_.nodes = make_nodes(*owned);
  nodes_at_ = owned->last_update;
  whole_nodes_at_ = asked_at;
  return {};
}

Status LibSlurm::refresh_partitions() {
  partition_info_msg_t* message = nullptr;
  const int outcome = slurm_load_partitions(partitions_at_, &message, SHOW_ALL | SHOW_LOCAL);
  const auto status = load_status(outcome, "load partitions");
  const PartitionMessage owned(message);
  if (!status || outcome != SLURM_SUCCESS || !owned) return status;
  auto partitions = make_partitions(*owned);
  if (!partitions) return partitions.error().within("slurm");
  last_.partitions = *std::move(partitions);
  partitions_at_ = owned->last_update;
  return {};
}

// Changes with slurm.conf only, and a machine that boots meanwhile asks again.
Status LibSlurm::refresh_controllers() {
  if (Steady::now() < controllers_due_) return {};
  slurm_conf_t* message = nullptr;
  const int outcome = slurm_load_ctl_conf(controllers_at_, &message);
  const auto status = load_status(outcome, "load configuration");
  const SlurmConfMessage owned(message);
  if (!status) return status;
  controllers_due_ = Steady::now() + kControllersEvery;
  if (outcome != SLURM_SUCCESS || !owned) return {};
  last_.controllers = make_controllers(*owned);
  controllers_at_ = owned->last_update;
  return {};
}

Result<SlurmView> LibSlurm::observe() {
  const auto asked_at = clock_.now();
  if (const auto done = refresh_controllers(); !done) return done.error();
  if (const auto done = refresh_partitions(); !done) return done.error();
  if (const auto done = refresh_nodes(); !done) return done.error();
  if (const auto done = refresh_jobs(); !done) return done.error();
  last_.at = asked_at;
  return last_;
}

// slurm_update_node, with the texts that must outlive the call.
struct NodeUpdate {
  std::string nodes;
  std::string addresses;
  std::string hostnames;
  std::string reason;
  std::uint32_t state = NO_VAL;
};

Status send(NodeUpdate update, const std::string& what) {
  update_node_msg_t message;
  slurm_init_update_node_msg(&message);
  const auto text = [](std::string& value) { return value.empty() ? nullptr : value.data(); };
  message.node_names = text(update.nodes);
  message.node_addr = text(update.addresses);
  message.node_hostname = text(update.hostnames);
  message.reason = text(update.reason);
  message.node_state = update.state;
#if SLURM_VERSION_NUMBER < SLURM_VERSION_NUM(26, 5, 0)
  if (!update.reason.empty()) message.reason_uid = getuid();
#endif
  if (slurm_update_node(&message) == SLURM_SUCCESS) return {};
  return slurm_error(what + " " + update.nodes, errno);
}

bool is_address(const std::string& address) {
  constexpr auto kAllowed = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.:-_";
  return !address.empty() && address.find_first_not_of(kAllowed) == std::string::npos;
}

Status LibSlurm::set_addresses(const std::vector<NodeAddress>& addresses) {
  if (addresses.empty()) return {};
  std::map<std::string, std::string> address_of;
  std::vector<std::string> given;
  for (const auto& [node, address] : addresses) {
    if (!is_address(address)) {
      return Error{ErrorCode::kInvalid, "slurm: node " + node + ": no address: " + address, {}};
    }
    address_of[node] = address;
    given.push_back(node);
  }
  // 22.05.0 to 22.05.7 sort the names, and only them, before they pair.
  const auto sorted = parse_hostlist(format_hostlist(given));
  if (!sorted) return sorted.error().within("slurm: set addresses");
  std::vector<std::string> paired;
  for (const auto& node : *sorted)
    paired.push_back(address_of[node]);
  const auto names = join(*sorted, ",");
  return send({names, join(paired, ","), names, "", NO_VAL}, "set addresses of");
}

Status LibSlurm::down_and_power_down(const std::string& nodes, const std::string& reason) {
  if (const auto done = send({nodes, "", "", reason, NODE_STATE_DOWN}, "set down"); !done) {
    return done;
  }
  return send({nodes, "", "", "", NODE_STATE_POWER_DOWN}, "power down");
}

Status LibSlurm::resume(const std::string& nodes) {
  return send({nodes, "", "", "", NODE_RESUME}, "resume");
}

Status LibSlurm::keep_idle(const std::string& nodes) {
  return send({nodes, "", "", "", NODE_STATE_IDLE}, "keep idle");
}

// The first error that slurmctld had for one of an array's tasks.
int first_error(const job_array_resp_msg_t* response) {
  if (response == nullptr) return SLURM_SUCCESS;
  for (std::uint32_t i = 0; i < response->job_array_count; ++i) {
    if (response->error_code[i] != SLURM_SUCCESS) return static_cast<int>(response->error_code[i]);
  }
  return SLURM_SUCCESS;
}

Status LibSlurm::set_admin_comment(std::uint32_t job, const std::string& comment) {
  job_desc_msg_t message;
  slurm_init_job_desc_msg(&message);
  auto id = std::to_string(job);
  auto text = comment;
  message.job_id_str = id.data();  // 25.11 took the number out of the message
  message.admin_comment = text.data();
  job_array_resp_msg_t* response = nullptr;
  const int outcome = slurm_update_job2(&message, &response);
  const std::unique_ptr<job_array_resp_msg_t, Freed<slurm_free_job_array_resp>> owned(response);
  const int error_number = outcome == SLURM_SUCCESS ? first_error(owned.get()) : errno;
  if (error_number == SLURM_SUCCESS) return {};
  return slurm_error("set the admin comment of job " + id, error_number);
}

std::string text_or_empty(const char* text) {
  return text == nullptr ? "" : text;
}

// Numbers at the end of their range stand for never.
std::string format_timeout(std::uint32_t seconds) {
  return seconds >= INFINITE16 - 2U ? "INFINITE" : std::to_string(seconds);
}

}  // namespace

Result<RunningSlurm> ask_running_slurm() {
  slurm_conf_t* message = nullptr;
  const int outcome = slurm_load_ctl_conf(0, &message);
  const SlurmConfMessage conf(message);
  if (outcome != SLURM_SUCCESS || !conf) return slurm_error("load configuration", errno);
  RunningSlurm running;
  running.version = text_or_empty(conf->version);
  running.options = {
      {"SelectType", text_or_empty(conf->select_type)},
      {"PluginDir", text_or_empty(conf->plugindir)},
      {"ResumeProgram", text_or_empty(conf->resume_program)},
      {"SuspendProgram", text_or_empty(conf->suspend_program)},
      {"ResumeFailProgram", text_or_empty(conf->resume_fail_program)},
      {"ResumeTimeout", format_timeout(conf->resume_timeout)},
      {"SuspendTimeout", format_timeout(conf->suspend_timeout)},
  };
  return running;
}

Result<Job> ask_job(std::uint32_t id) {
  const auto what = "load job " + std::to_string(id);
  job_info_msg_t* message = nullptr;
  const int outcome = slurm_load_job(&message, id, SHOW_ALL | SHOW_LOCAL);
  const JobMessage owned(message);
  if (outcome != SLURM_SUCCESS || !owned) return slurm_error(what, errno);
  UserNames users;
  const auto jobs = make_jobs(*owned, users);
  const auto waits = std::find_if(jobs.begin(), jobs.end(), [id](const auto& entry) {
    return entry.second.array_id == id && entry.second.state == JobState::kPending;
  });
  const auto same = jobs.find(id);
  if (waits != jobs.end()) return waits->second;
  if (same != jobs.end()) return same->second;
  if (!jobs.empty()) return jobs.begin()->second;  // a task of the array, or a part of the whole
  return slurm_error(what, ESLURM_INVALID_JOB_ID);
}

Result<std::unique_ptr<Slurm>> make_libslurm() {
  // libslurm waits a minute for a file that is not there, and then ends the process.
  if (const char* path = std::getenv("SLURM_CONF"); path != nullptr && access(path, R_OK) != 0) {
    return Error{ErrorCode::kInvalid, "SLURM_CONF: " + file_error(path, errno).message, {}};
  }
  // The most that libslurm spells of an array's tasks; by default it cuts after 64 characters.
  setenv("SLURM_BITSTR_LEN", "4096", 1);
  slurm_init(nullptr);
  return std::unique_ptr<Slurm>(std::make_unique<LibSlurm>());
}

const char* built_slurm_version() {
  static const std::string version = [] {
    constexpr int kMonth = SLURM_VERSION_MINOR(SLURM_VERSION_NUMBER);
    return std::to_string(SLURM_VERSION_MAJOR(SLURM_VERSION_NUMBER)) + (kMonth < 10 ? ".0" : ".") +
           std::to_string(kMonth) + "." + std::to_string(SLURM_VERSION_MICRO(SLURM_VERSION_NUMBER));
  }();
  return version.c_str();
}

}  // namespace spillway
