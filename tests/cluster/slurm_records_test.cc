// SPDX-License-Identifier: GPL-2.0-or-later
#include "cluster/slurm_records.h"

#include <slurm/slurm.h>

#include <chrono>
#include <string>

#include "tests/support/cmocka.h"

using namespace spillway;
using namespace std::chrono_literals;

namespace {

// As libslurm gives what nobody set.
slurm_job_info_t pending_job() {
  slurm_job_info_t info{};
  info.job_id = 7;
  info.job_state = JOB_PENDING;
  info.num_nodes = 1;
  info.num_cpus = 1;
  info.time_limit = INFINITE;
  info.num_tasks = NO_VAL;
  info.cpus_per_task = NO_VAL16;
  info.pn_min_memory = NO_VAL64;
  info.req_switch = NO_VAL;
  info.core_spec = NO_VAL16;
  info.sockets_per_node = NO_VAL16;
  info.cores_per_socket = NO_VAL16;
  info.threads_per_core = NO_VAL16;
  info.pn_min_cpus = 1;
  return info;
}

Job read(slurm_job_info_t info) {
  job_info_msg_t message{};
  message.record_count = 1;
  message.job_array = &info;
  UserNames users;
  auto jobs = make_jobs(message, users);
  assert_int_equal(jobs.size(), 1);
  return jobs.begin()->second;
}

Node read(node_info_t info) {
  node_info_msg_t message{};
  message.record_count = 1;
  message.node_array = &info;
  auto nodes = make_nodes(message);
  assert_int_equal(nodes.size(), 1);
  return nodes.begin()->second;
}

}  // namespace

static void array_tasks_are_counted(void**) {
  const struct {
    const char* tasks;
    std::uint32_t count;
  } cases[] = {
      {"7", 1},
      {"0", 1},
      {"1-100", 100},
      {"1-100%5", 100},
      {"1,3,5-9", 7},
      {"20-40:5%2", 5},
      {"1-10:3", 4},
      {"1-99,...", 99},
      {"", 0},
      {"x", 0},
      {"9-1", 0},
      {"1-2-3", 0},
      {"1-5:0", 0},
  };
  for (const auto& c : cases) {
    const auto count = count_array_tasks(c.tasks);
    if (count != c.count) fail_msg("\"%s\": %u", c.tasks, count);
  }
}

static void what_nobody_set_is_absent(void**) {
  const auto job = read(pending_job());
  assert_int_equal(job.state, JobState::kPending);
  assert_string_equal(job.state_reason.c_str(), "None");
  assert_false(job.time_limit.has_value());
  assert_false(job.eligible_at.has_value());
  assert_false(job.expected_start.has_value());
  assert_int_equal(job.tasks, 0);
  assert_int_equal(job.cpus_per_task, 1);
  assert_int_equal(job.memory_per_node_mib, 0);
  assert_int_equal(job.memory_per_cpu_mib, 0);
  assert_int_equal(job.array_tasks, 0);
  assert_int_equal(job.nodes_max, 0);
  assert_true(job.partitions.empty());
  assert_true(job.switches.empty());
  assert_true(job.features.empty());
}

static void memory_is_asked_for_by_node_or_by_cpu(void**) {
  auto info = pending_job();
  info.pn_min_memory = 4096;
  assert_int_equal(read(info).memory_per_node_mib, 4096);
  assert_int_equal(read(info).memory_per_cpu_mib, 0);
  info.pn_min_memory = MEM_PER_CPU | 512;
  assert_int_equal(read(info).memory_per_node_mib, 0);
  assert_int_equal(read(info).memory_per_cpu_mib, 512);
}

static void job_states_are_told_apart(void**) {
  const struct {
    std::uint32_t state;
    JobState expected;
  } cases[] = {
      {JOB_PENDING, JobState::kPending},
      {JOB_RUNNING, JobState::kRunning},
      {JOB_RUNNING | JOB_CONFIGURING, JobState::kConfiguring},
      {JOB_SUSPENDED, JobState::kOther},
      {JOB_COMPLETE, JobState::kOther},
      {JOB_COMPLETE | JOB_COMPLETING, JobState::kOther},
      {JOB_CANCELLED, JobState::kOther},
      {JOB_NODE_FAIL, JobState::kOther},
  };
  for (const auto& c : cases) {
    auto info = pending_job();
    info.job_state = c.state;
    if (read(info).state != c.expected) fail_msg("state %x", c.state);
  }
}

static void lists_and_times_are_read(void**) {
  auto info = pending_job();
  std::string partition = "gpu,debug";
  std::string tasks = "1-10%2";
  info.partition = partition.data();
  info.array_task_str = tasks.data();
  info.array_job_id = 7;
  info.eligible_time = 1'700'000'000;
  info.start_time = 1'700'000'060;
  info.time_limit = 90;
  info.req_switch = 2;
  info.state_reason = WAIT_RESOURCES;
  const auto job = read(info);
  assert_int_equal(job.partitions.size(), 2);
  assert_string_equal(job.partitions[1].c_str(), "debug");
  assert_int_equal(job.array_tasks, 10);
  assert_int_equal(to_unix_seconds(*job.eligible_at), 1'700'000'000);
  assert_int_equal(to_unix_seconds(*job.expected_start), 1'700'000'060);
  assert_false(job.started_at.has_value());
  assert_true(job.time_limit == 90min);
  assert_string_equal(job.switches.c_str(), "2");
  assert_string_equal(job.state_reason.c_str(), "Resources");
}

static void what_no_other_member_tells_is_told_by_its_option(void**) {
  using Info = slurm_job_info_t;
  const struct {
    const char* demand;  // empty: none
    void (*ask)(Info&);
  } cases[] = {
      {"", [](Info&) {}},
      {"", [](Info& info) { info.sockets_per_node = 0; }},
      {"", [](Info& info) { info.pn_min_tmp_disk = NO_VAL; }},
      {"", [](Info& info) { info.threads_per_core = 1; }},  // --hint=nomultithread
      {"--contiguous", [](Info& info) { info.contiguous = 1; }},
      {"--tmp", [](Info& info) { info.pn_min_tmp_disk = 1024; }},
      {"--sockets-per-node", [](Info& info) { info.sockets_per_node = 2; }},
      {"--cores-per-socket", [](Info& info) { info.cores_per_socket = 16; }},
  };
  for (const auto& each : cases) {
    auto info = pending_job();
    each.ask(info);
    const auto demands = read(info).other_demands;
    const auto told = demands.empty() ? std::string() : demands.front();
    if (told != each.demand || demands.size() > 1) fail_msg("%s: %s", each.demand, told.c_str());
  }
}

static void the_least_cpus_of_a_node_are_told(void**) {
  auto info = pending_job();
  info.pn_min_cpus = 96;
  assert_int_equal(read(info).cpus_per_node_min, 96);
  info.pn_min_cpus = NO_VAL16;
  assert_int_equal(read(info).cpus_per_node_min, 1);
}

static void a_start_is_expected_or_has_been(void**) {
  auto info = pending_job();
  info.start_time = 1'700'000'060;
  const std::uint32_t states[] = {JOB_RUNNING, JOB_RUNNING | JOB_CONFIGURING};
  for (const auto state : states) {
    info.job_state = state;
    const auto job = read(info);
    assert_false(job.expected_start.has_value());
    assert_int_equal(to_unix_seconds(job.started_at.value()), 1'700'000'060);
  }
}

static void a_user_without_a_name_is_a_number(void**) {
  auto info = pending_job();
  info.user_id = 3'999'999'999;
  assert_string_equal(read(info).user.c_str(), "3999999999");
  std::string name = "ada";
  info.user_name = name.data();
  assert_string_equal(read(info).user.c_str(), "ada");
}

static void node_states_are_told_apart(void**) {
  const struct {
    std::uint32_t state;
    NodeBase base;
    bool Node::*flag;  // the only one that is set
  } cases[] = {
      {NODE_STATE_IDLE | NODE_STATE_CLOUD, NodeBase::kIdle, &Node::cloud},
      {NODE_STATE_ALLOCATED | NODE_STATE_POWERING_UP, NodeBase::kAllocated, &Node::powering_up},
      {NODE_STATE_IDLE | NODE_STATE_POWERED_DOWN, NodeBase::kIdle, &Node::powered_down},
      {NODE_STATE_DOWN | NODE_STATE_POWERING_DOWN, NodeBase::kDown, &Node::powering_down},
      {NODE_STATE_MIXED | NODE_STATE_POWER_DOWN, NodeBase::kMixed, &Node::power_down_asked},
      {NODE_STATE_IDLE | NODE_STATE_DRAIN, NodeBase::kIdle, &Node::draining},
      {NODE_STATE_IDLE | NODE_STATE_FAIL, NodeBase::kIdle, &Node::draining},
      {NODE_STATE_IDLE | NODE_STATE_COMPLETING, NodeBase::kIdle, &Node::completing},
      {NODE_STATE_DOWN | NODE_STATE_NO_RESPOND, NodeBase::kDown, &Node::not_responding},
      {NODE_STATE_IDLE | NODE_STATE_RES, NodeBase::kIdle, &Node::reserved},
      {NODE_STATE_IDLE | NODE_STATE_MAINT, NodeBase::kIdle, &Node::maintenance},
      {NODE_STATE_IDLE | NODE_STATE_INVALID_REG, NodeBase::kIdle, &Node::invalid},
      {NODE_STATE_ERROR | NODE_STATE_CLOUD, NodeBase::kError, &Node::cloud},
      {NODE_STATE_FUTURE | NODE_STATE_CLOUD, NodeBase::kOther, &Node::cloud},
  };
  constexpr bool Node::*kFlags[] = {&Node::cloud,
                                    &Node::powered_down,
                                    &Node::powering_up,
                                    &Node::powering_down,
                                    &Node::power_down_asked,
                                    &Node::draining,
                                    &Node::completing,
                                    &Node::not_responding,
                                    &Node::reserved,
                                    &Node::maintenance,
                                    &Node::invalid};
  std::string name = "n1";
  for (const auto& c : cases) {
    node_info_t info{};
    info.name = name.data();
    info.node_state = c.state;
    const auto node = read(info);
    if (node.base != c.base) fail_msg("state %x: another base", c.state);
    for (const auto flag : kFlags) {
      if (node.*flag != (flag == c.flag)) fail_msg("state %x: another flag", c.state);
    }
  }
}

static void hidden_nodes_are_left_out(void**) {
  node_info_t infos[2] = {};
  std::string empty;
  infos[1].name = empty.data();
  node_info_msg_t message{};
  message.record_count = 2;
  message.node_array = infos;
  assert_true(make_nodes(message).empty());
}

static void partitions_have_their_nodes(void**) {
  std::string names[] = {"gpu", "n[1-3]", "bad", "n["};
  partition_info_t infos[2] = {};
  infos[0].name = names[0].data();
  infos[0].nodes = names[1].data();
  infos[0].state_up = PARTITION_UP;
  infos[1].name = names[2].data();
  infos[1].state_up = PARTITION_DRAIN;
  partition_info_msg_t message{};
  message.record_count = 2;
  message.partition_array = infos;
  const auto partitions = make_partitions(message);
  assert_true(static_cast<bool>(partitions));
  assert_int_equal(partitions->at("gpu").nodes.size(), 3);
  assert_true(partitions->at("gpu").up);
  assert_true(partitions->at("bad").nodes.empty());
  assert_false(partitions->at("bad").up);
  infos[1].nodes = names[3].data();
  const auto broken = make_partitions(message);
  assert_false(static_cast<bool>(broken));
  assert_int_equal(broken.error().code, ErrorCode::kProtocol);
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(array_tasks_are_counted),
      cmocka_unit_test(what_nobody_set_is_absent),
      cmocka_unit_test(memory_is_asked_for_by_node_or_by_cpu),
      cmocka_unit_test(job_states_are_told_apart),
      cmocka_unit_test(lists_and_times_are_read),
      cmocka_unit_test(what_no_other_member_tells_is_told_by_its_option),
      cmocka_unit_test(the_least_cpus_of_a_node_are_told),
      cmocka_unit_test(a_start_is_expected_or_has_been),
      cmocka_unit_test(a_user_without_a_name_is_a_number),
      cmocka_unit_test(node_states_are_told_apart),
      cmocka_unit_test(hidden_nodes_are_left_out),
      cmocka_unit_test(partitions_have_their_nodes),
  };
  return cmocka_run_group_tests_name("cluster.slurm_records", tests, nullptr, nullptr);
}
