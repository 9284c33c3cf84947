// SPDX-License-Identifier: GPL-2.0-or-later
#include "sim/sim_slurm.h"

#include <string>
#include <vector>

#include "cluster/resume_file.h"
#include "core/decisions.h"
#include "tests/support/cmocka.h"

using namespace spillway;
using std::chrono::seconds;

namespace {

constexpr TimePoint kNow = from_unix_seconds(1'795'000'000);

// Partition gpu: one local node, three cloud nodes.
class Cluster {
 public:
  explicit Cluster(SimSlurmSettings settings = {}) : slurm(settings, clock) {
    slurm.add_partition("gpu");
    add("local", false);
    for (const auto* name : {"c1", "c2", "c3"})
      add(name, true);
  }

  void add(const std::string& name, bool cloud) {
    Node node;
    node.name = name;
    node.cloud = cloud;
    slurm.add_node(node, {"gpu"});
  }
  void submit(std::uint32_t id, std::uint32_t nodes) {
    Job job;
    job.id = id;
    job.partitions = {"gpu"};
    job.nodes_min = nodes;
    slurm.submit(job, seconds(100));
  }
  void permit(std::uint32_t job, const std::string& nodes, seconds valid_for = seconds(100'000)) {
    Decisions decisions;
    decisions.written = to_unix_seconds(clock.now());
    decisions.valid_for = valid_for.count();
    decisions.cloud = "c[1-3]";
    decisions.sets = {{"set", nodes}};
    decisions.jobs = {{job, {"set"}}};
    slurm.read_decisions(format_decisions(decisions));
  }
  void pass(seconds later = seconds(1)) {
    clock.advance(later);
    slurm.pass();
  }
  void come_up(const std::string& node) {
    const auto registration = slurm.register_slurmd(node, "m-" + node, "10.0.0.1", clock.now());
    assert_true(registration == SimRegistration::kAccepted);
  }
  // "resume c[1-2]", the calls since the last time
  std::string calls() {
    std::string text;
    last_calls = slurm.take_calls();
    for (const auto& call : last_calls) {
      text +=
          (text.empty() ? "" : ", ") + std::string(request_kind_name(call.kind)) + " " + call.nodes;
    }
    return text;
  }
  std::string sign(const std::string& node) { return facts_of(slurm.find_node(node)->state).sign; }
  JobState state(std::uint32_t job) { return slurm.jobs().at(job).job.state; }
  // Job 1 runs on c1 and c2.
  void burst() {
    submit(1, 2);
    permit(1, "c[1-2]");
    pass();
    calls();
    come_up("c1");
    come_up("c2");
    pass();
  }

  ManualClock clock{kNow};
  SimSlurm slurm;
  std::vector<SimPowerCall> last_calls;
};

void is_sign(Cluster& cluster, const std::string& node, const char* sign) {
  assert_string_equal(cluster.sign(node).c_str(), sign);
}

void is_calls(Cluster& cluster, const char* calls) {
  assert_string_equal(cluster.calls().c_str(), calls);
}

void a_job_without_permission_waits_beside_cloud_nodes(void**) {
  Cluster cluster;
  cluster.submit(1, 2);
  cluster.pass();
  assert_true(cluster.state(1) == JobState::kPending);
  is_calls(cluster, "");
}

void a_permission_that_is_over_permits_nothing(void**) {
  Cluster cluster;
  cluster.permit(1, "c[1-2]", seconds(120));
  cluster.clock.advance(seconds(121));
  cluster.submit(1, 2);
  cluster.pass();
  is_calls(cluster, "");
}

void local_nodes_go_first(void**) {
  Cluster cluster;
  cluster.submit(1, 1);
  cluster.permit(1, "c1");
  cluster.pass();
  is_sign(cluster, "local", "alloc");
  is_calls(cluster, "");
}

void a_gang_starts_when_all_its_nodes_have_registered(void**) {
  Cluster cluster;
  cluster.submit(1, 2);
  cluster.permit(1, "c[1-2]");
  cluster.pass();
  is_calls(cluster, "resume c[1-2]");
  cluster.come_up("c1");
  cluster.pass();
  assert_true(cluster.state(1) == JobState::kConfiguring);
  cluster.come_up("c2");
  cluster.pass();
  assert_true(cluster.state(1) == JobState::kRunning);
  assert_int_equal(cluster.slurm.take_starts().size(), 1);
}

void the_resume_file_reads_as_slurms(void**) {
  Cluster cluster;
  cluster.submit(7, 2);
  cluster.permit(7, "c[2-3]");
  cluster.pass();
  is_calls(cluster, "resume c[2-3]");
  const auto jobs = parse_resume_file(cluster.last_calls[0].resume_file, {"c2", "c3"});
  assert_true(static_cast<bool>(jobs));
  assert_int_equal(jobs->size(), 1);
  assert_int_equal(jobs->front().id, 7);
  assert_int_equal(jobs->front().nodes.size(), 2);
}

void resume_rate_splits_a_gang_over_calls(void**) {
  SimSlurmSettings settings;
  settings.resume_rate = 1;
  Cluster cluster(settings);
  cluster.submit(1, 2);
  cluster.permit(1, "c[1-2]");
  cluster.pass();
  is_calls(cluster, "resume c1");
  cluster.pass();
  is_calls(cluster, "resume c2");
  assert_true(cluster.last_calls[0].resume_file.find(R"("nodes_alloc":"c[1-2]")") !=
              std::string::npos);
}

void a_node_powered_up_by_hand_has_no_job(void**) {
  Cluster cluster;
  cluster.slurm.set_power_up("c3");
  cluster.pass();
  is_calls(cluster, "resume c3");
  assert_true(cluster.last_calls[0].resume_file.find("\"jobs\":[]") != std::string::npos);
}

void resume_timeout_gives_the_node_up_and_never_suspends_it(void**) {
  Cluster cluster;
  cluster.submit(1, 2);
  cluster.permit(1, "c[1-2]");
  cluster.pass();
  cluster.calls();
  cluster.come_up("c1");
  cluster.pass(seconds(2100));
  is_calls(cluster, "resume-fail c2");
  is_sign(cluster, "c2", "down~");
  assert_true(cluster.state(1) == JobState::kPending);
  assert_string_equal(cluster.slurm.find_node("c2")->node.reason.c_str(), "ResumeTimeout reached");
  cluster.pass(seconds(10'000));
  is_calls(cluster, "suspend c1");
}

void a_requeued_job_waits_for_the_requeue_delay(void**) {
  Cluster cluster;
  cluster.burst();
  cluster.slurm.set_down("c1", "broken");
  assert_true(cluster.state(1) == JobState::kPending);
  cluster.permit(1, "c[2-3]");
  cluster.pass();
  assert_true(cluster.state(1) == JobState::kPending);
  cluster.pass(seconds(120));
  assert_true(cluster.state(1) == JobState::kConfiguring);
}

void an_idle_node_is_suspended_and_comes_back_with_its_name_as_address(void**) {
  Cluster cluster;
  cluster.burst();
  cluster.pass(seconds(101));
  assert_true(cluster.slurm.jobs().at(1).done);
  assert_string_equal(cluster.slurm.find_node("c1")->node.address.c_str(), "10.0.0.1");
  cluster.pass(seconds(600));
  is_calls(cluster, "suspend c[1-2]");
  is_sign(cluster, "c1", "idle%");
  cluster.pass(seconds(300));
  is_sign(cluster, "c1", "idle~");
  assert_string_equal(cluster.slurm.find_node("c1")->node.address.c_str(), "c1");
}

void a_power_down_that_was_asked_waits_for_the_end_of_the_job(void**) {
  Cluster cluster;
  cluster.burst();
  cluster.slurm.set_power_down("c1");
  cluster.pass();
  is_sign(cluster, "c1", "alloc");
  cluster.pass(seconds(101));
  cluster.pass();
  is_calls(cluster, "suspend c1");
}

void a_restart_calls_again_for_what_is_powering_up(void**) {
  Cluster cluster;
  cluster.submit(1, 2);
  cluster.permit(1, "c[1-2]");
  cluster.pass();
  cluster.calls();
  cluster.come_up("c1");
  cluster.slurm.restart();
  is_calls(cluster, "resume c2");
}

void a_slurmd_from_before_the_power_up_is_not_accepted(void**) {
  Cluster cluster;
  const auto before = cluster.clock.now();
  cluster.submit(1, 2);
  cluster.permit(1, "c[1-2]");
  cluster.pass();
  assert_true(cluster.slurm.register_slurmd("c1", "old", "10.0.0.9", before) ==
              SimRegistration::kWaiting);
  is_sign(cluster, "c1", "alloc#");
  assert_true(cluster.slurm.register_slurmd("c9", "old", "10.0.0.9", before) ==
              SimRegistration::kUnknown);
}

void a_ghost_brings_its_node_back(void**) {
  Cluster cluster;
  cluster.come_up("c1");
  is_sign(cluster, "c1", "idle");
}

void a_dead_slurmd_sets_its_node_down_and_requeues_the_job(void**) {
  SimSlurmSettings settings;
  settings.slurmd_timeout = seconds(60);
  Cluster cluster(settings);
  cluster.burst();
  cluster.slurm.lose_slurmd("m-c2");
  cluster.pass(seconds(10));
  assert_true(cluster.state(1) == JobState::kRunning);
  cluster.pass(seconds(50));
  assert_true(cluster.state(1) == JobState::kPending);
  is_sign(cluster, "c1", "idle");
  is_sign(cluster, "c2", "down");
  assert_string_equal(cluster.slurm.find_node("c2")->node.reason.c_str(), "Not responding");
}

void what_is_observed_says_what_sinfo_shows(void**) {
  Cluster cluster;
  cluster.submit(1, 2);
  cluster.permit(1, "c[1-2]");
  cluster.pass();
  const auto view = cluster.slurm.observe();
  const auto& node = view.nodes.at("c1");
  assert_true(node.base == NodeBase::kAllocated && node.powering_up && !node.powered_down);
  assert_true(view.nodes.at("c3").powered_down && view.nodes.at("c3").base == NodeBase::kIdle);
  assert_string_equal(view.jobs.at(1).nodes.c_str(), "c[1-2]");
  assert_int_equal(view.partitions.at("gpu").nodes.size(), 4);
}

void a_node_that_slurm_conf_loses_takes_its_job_along(void**) {
  Cluster cluster;
  cluster.burst();
  cluster.slurm.remove_node("c1");
  assert_true(cluster.state(1) == JobState::kPending);
  assert_false(cluster.slurm.observe().nodes.contains("c1"));
  is_sign(cluster, "c2", "idle");
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_job_without_permission_waits_beside_cloud_nodes),
      cmocka_unit_test(a_permission_that_is_over_permits_nothing),
      cmocka_unit_test(local_nodes_go_first),
      cmocka_unit_test(a_gang_starts_when_all_its_nodes_have_registered),
      cmocka_unit_test(the_resume_file_reads_as_slurms),
      cmocka_unit_test(resume_rate_splits_a_gang_over_calls),
      cmocka_unit_test(a_node_powered_up_by_hand_has_no_job),
      cmocka_unit_test(resume_timeout_gives_the_node_up_and_never_suspends_it),
      cmocka_unit_test(a_requeued_job_waits_for_the_requeue_delay),
      cmocka_unit_test(an_idle_node_is_suspended_and_comes_back_with_its_name_as_address),
      cmocka_unit_test(a_power_down_that_was_asked_waits_for_the_end_of_the_job),
      cmocka_unit_test(a_restart_calls_again_for_what_is_powering_up),
      cmocka_unit_test(a_slurmd_from_before_the_power_up_is_not_accepted),
      cmocka_unit_test(a_ghost_brings_its_node_back),
      cmocka_unit_test(a_dead_slurmd_sets_its_node_down_and_requeues_the_job),
      cmocka_unit_test(what_is_observed_says_what_sinfo_shows),
      cmocka_unit_test(a_node_that_slurm_conf_loses_takes_its_job_along),
  };
  return cmocka_run_group_tests_name("sim.sim_slurm", tests, nullptr, nullptr);
}
