// SPDX-License-Identifier: GPL-2.0-or-later
//
// Runs inside the cluster that libslurm_cluster.py makes: slurmctld without any slurmd, power
// programs that do nothing. With SPILLWAY_SLURMCTLD=gone it runs after slurmctld's end.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "cluster/slurm.h"
#include "lib/file.h"
#include "lib/text.h"
#include "tests/support/cmocka.h"

using namespace spillway;
using namespace std::chrono_literals;

namespace {

std::unique_ptr<Slurm> slurm;

int connect(void**) {
  auto made = make_libslurm();
  if (!made) return -1;
  slurm = *std::move(made);
  return 0;
}

int disconnect(void**) {
  slurm.reset();
  return 0;
}

std::string output_of(const std::string& command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  assert_non_null(pipe.get());
  std::string output;
  char buffer[512];
  while (fgets(buffer, sizeof buffer, pipe.get()) != nullptr)
    output += buffer;
  return std::string(trim(output));
}

std::uint32_t submit(const std::string& options) {
  const auto id = parse_whole_number(
      output_of("sbatch --parsable --output=/dev/null " + options + " --wrap=true"));
  if (!id) fail_msg("sbatch %s", options.c_str());
  return static_cast<std::uint32_t>(*id);
}

SlurmView observe() {
  auto view = slurm->observe();
  if (!view) fail_msg("%s", view.error().message.c_str());
  return *std::move(view);
}

// Looks again until `holds`; slurmctld acts on power states in a thread of its own.
void await(const std::string& what, const std::function<bool(const SlurmView&)>& holds) {
  const auto deadline = std::chrono::steady_clock::now() + 60s;
  while (!holds(observe())) {
    if (std::chrono::steady_clock::now() > deadline) fail_msg("waited for: %s", what.c_str());
    std::this_thread::sleep_for(100ms);
  }
}

void expect_done(const Status& status) {
  if (!status) fail_msg("%s", status.error().message.c_str());
}

std::size_t count_no_change(const std::string& part) {
  const auto log = read_file(std::getenv("SPILLWAY_SLURMCTLD_LOG"));
  assert_true(static_cast<bool>(log));
  std::size_t count = 0;
  for (const auto line : split(*log, '\n')) {
    if (line.find(part) != std::string_view::npos &&
        line.find("no change") != std::string_view::npos)
      ++count;
  }
  return count;
}

}  // namespace

static void nodes_and_partitions_are_seen(void**) {
  const auto view = observe();
  assert_int_equal(view.nodes.size(), 6);
  const auto& cloud = view.nodes.at("h100-001");
  assert_true(cloud.cloud);
  assert_true(cloud.powered_down);
  assert_int_equal(cloud.base, NodeBase::kIdle);
  assert_int_equal(cloud.cpus, 1);
  assert_int_equal(cloud.memory_mib, 256);
  assert_int_equal(cloud.gres.rfind("gpu:h100:8", 0), 0);
  assert_string_equal(cloud.address.c_str(), "h100-001");
  assert_false(cloud.registered_at.has_value());
  const auto& local = view.nodes.at("local-1");
  assert_false(local.cloud);
  assert_string_equal(local.address.c_str(), "127.0.0.1");
  const auto& partition = view.partitions.at("gpu");
  assert_true(partition.up);
  assert_int_equal(partition.nodes.size(), 6);
}

static void the_running_options_are_told(void**) {
  const auto running = ask_running_slurm();
  if (!running) fail_msg("%s", running.error().message.c_str());
  assert_true(running->version.starts_with(std::string(built_slurm_version()).substr(0, 5)));
  assert_string_equal(running->options.at("SelectType").c_str(), "select/cons_tres");
  assert_true(running->options.at("ResumeProgram").ends_with("/power/spillway-resume"));
  assert_true(running->options.at("ResumeFailProgram").ends_with("/power/spillway-resume-fail"));
  assert_true(parse_whole_number(running->options.at("ResumeTimeout")).has_value());
  assert_false(running->options.at("PluginDir").empty());
}

static void a_waiting_job_is_seen_with_what_it_asks(void**) {
  const auto id = submit(
      "-J train -p gpu -N2 --gres=gpu:h100:8 --mem=100 -t 1:30:00 --exclusive "
      "--begin=now+1hour --exclude=h100-004 -c 1");
  const auto view = observe();
  const auto& job = view.jobs.at(id);
  assert_int_equal(job.state, JobState::kPending);
  assert_string_equal(job.name.c_str(), "train");
  assert_false(job.user.empty());
  assert_int_equal(job.partitions.size(), 1);
  assert_string_equal(job.partitions[0].c_str(), "gpu");
  assert_int_equal(job.nodes_min, 2);
  assert_int_equal(job.nodes_max, 2);
  assert_int_equal(job.tasks, 2);
  assert_int_equal(job.memory_per_node_mib, 100);
  assert_non_null(strstr(job.tres_per_node.c_str(), "gpu:h100:8"));
  assert_true(job.time_limit == 90min);
  assert_true(job.exclusive);
  assert_string_equal(job.excluded_nodes.c_str(), "h100-004");
  assert_true(job.priority > 0);
  assert_true(job.nodes.empty());
  assert_int_equal(job.array_tasks, 0);
  assert_true(job.submitted_at <= view.at + 2s);
}

static void held_jobs_and_arrays_are_seen(void**) {
  const auto held = submit("-p gpu -N1 --hold");
  const auto array = submit("-p gpu -N1 --hold --array=1-301:3,1000%5");
  const auto view = observe();
  assert_int_equal(view.jobs.at(held).priority, 0);
  assert_string_equal(view.jobs.at(held).state_reason.c_str(), "JobHeldUser");
  assert_int_equal(view.jobs.at(array).array_id, array);
  assert_int_equal(view.jobs.at(array).array_tasks, 102);
}

static void one_job_is_asked_for_alone(void**) {
  const auto id = submit("-J train -p gpu -N2 --gres=gpu:h100:8 -t 1:30:00 --hold");
  const auto job = ask_job(id);
  if (!job) fail_msg("%s", job.error().message.c_str());
  assert_int_equal(job->id, id);
  assert_int_equal(job->state, JobState::kPending);
  assert_string_equal(job->name.c_str(), "train");
  assert_int_equal(job->nodes_min, 2);
  assert_false(job->started_at.has_value());
  const auto array = submit("-p gpu -N1 --hold --array=1-4");
  const auto waiting = ask_job(array);
  assert_true(waiting && waiting->id == array && waiting->array_tasks == 4);
  const auto unknown = ask_job(99'999'999);
  assert_true(!unknown && unknown.error().code == ErrorCode::kNotFound);
}

static void an_admin_comment_is_set_and_replaced(void**) {
  const auto id = submit("-p gpu -N1 --hold");
  expect_done(slurm->set_admin_comment(id, "spillway: waits for \"lambda\", 4 nodes"));
  assert_string_equal(observe().jobs.at(id).admin_comment.c_str(),
                      "spillway: waits for \"lambda\", 4 nodes");
  expect_done(slurm->set_admin_comment(id, "spillway: ordered"));
  assert_string_equal(observe().jobs.at(id).admin_comment.c_str(), "spillway: ordered");
  const auto unknown = slurm->set_admin_comment(99'999'999, "x");
  assert_false(static_cast<bool>(unknown));
  assert_int_equal(unknown.error().code, ErrorCode::kNotFound);
}

static void addresses_are_set_pairwise(void**) {
  expect_done(slurm->set_addresses(
      {{"h100-003", "127.77.0.33"}, {"h100-001", "127.77.0.11"}, {"h100-002", "127.77.0.22"}}));
  const auto view = observe();
  assert_string_equal(view.nodes.at("h100-001").address.c_str(), "127.77.0.11");
  assert_string_equal(view.nodes.at("h100-002").address.c_str(), "127.77.0.22");
  assert_string_equal(view.nodes.at("h100-003").address.c_str(), "127.77.0.33");
  assert_string_equal(view.nodes.at("h100-004").address.c_str(), "h100-004");
  assert_string_equal(view.nodes.at("h100-003").hostname.c_str(), "h100-003");
  expect_done(slurm->set_addresses({{"h100-003", "h100-003"}}));
  assert_string_equal(observe().nodes.at("h100-003").address.c_str(), "h100-003");
  expect_done(slurm->set_addresses({}));
}

static void bad_addresses_and_nodes_are_refused(void**) {
  for (const auto* address : {"", "127.0.0.1,127.0.0.2", "a b", "a[1-2]", "a\n"}) {
    const auto status = slurm->set_addresses({{"h100-001", address}});
    if (status) fail_msg("accepted \"%s\"", address);
    assert_int_equal(status.error().code, ErrorCode::kInvalid);
  }
  const auto unknown = slurm->set_addresses({{"nobody", "127.0.0.1"}});
  assert_false(static_cast<bool>(unknown));
  assert_int_equal(unknown.error().code, ErrorCode::kNotFound);
  assert_int_equal(slurm->resume("nobody").error().code, ErrorCode::kNotFound);
  assert_int_equal(slurm->down_and_power_down("nobody", "x").error().code, ErrorCode::kNotFound);
}

static void nodes_that_power_up_are_given_up_and_taken_back(void**) {
  output_of("scontrol update nodename=h100-[001-002] state=power_up");
  await("h100-[001-002] powering up", [](const SlurmView& view) {
    return view.nodes.at("h100-001").powering_up && view.nodes.at("h100-002").powering_up;
  });
  expect_done(slurm->down_and_power_down("h100-[001-002]", "spillway: out of capacity"));
  await("h100-[001-002] down and powering down", [](const SlurmView& view) {
    const auto& node = view.nodes.at("h100-002");
    return node.base == NodeBase::kDown && !node.powering_up &&
           (node.powering_down || node.powered_down) &&
           node.reason.find("spillway: out of capacity") == 0;
  });
  expect_done(slurm->resume("h100-[001-002]"));
  await("h100-[001-002] idle and powered down", [](const SlurmView& view) {
    const auto& node = view.nodes.at("h100-001");
    return node.base == NodeBase::kIdle && !node.powering_down && node.powered_down;
  });
}

// slurmd is away in this cluster: a node is idle only because somebody says so.
static void the_idle_clock_is_set_back(void**) {
  output_of("scontrol update nodename=local-2 state=down reason=test");
  output_of("scontrol update nodename=local-2 state=idle");
  const auto first = observe().nodes.at("local-2").last_busy;
  assert_true(first.has_value());
  await("a later idle clock", [&](const SlurmView&) {
    expect_done(slurm->keep_idle("local-2"));
    return observe().nodes.at("local-2").last_busy > first;
  });
  assert_int_equal(slurm->keep_idle("nobody").error().code, ErrorCode::kNotFound);
  output_of("scontrol update nodename=local-2 state=down reason=test");
}

static void what_did_not_change_is_not_sent_again(void**) {
  const auto before = observe();
  for (const std::string part : {"jobs", "nodes", "partitions"}) {
    const auto count = count_no_change(part);
    await("\"no change\" for " + part,
          [&](const SlurmView&) { return count_no_change(part) > count; });
  }
  const auto after = observe();
  assert_int_equal(after.nodes.size(), before.nodes.size());
  assert_int_equal(after.jobs.size(), before.jobs.size());
  assert_int_equal(after.partitions.size(), before.partitions.size());
  assert_true(after.at > before.at);
}

static void without_slurmctld_nothing_is_concluded(void**) {
  const auto view = slurm->observe();
  assert_false(static_cast<bool>(view));
  assert_int_equal(view.error().code, ErrorCode::kTransient);
  assert_int_equal(view.error().message.rfind("slurm: ", 0), 0);
  const auto running = ask_running_slurm();
  assert_true(!running && running.error().code == ErrorCode::kTransient);
  const auto job = ask_job(1);
  assert_true(!job && job.error().code == ErrorCode::kTransient);
}

static void a_missing_configuration_is_said(void**) {
  const std::string path = std::getenv("SLURM_CONF");
  setenv("SLURM_CONF", "/nowhere/slurm.conf", 1);
  const auto made = make_libslurm();
  setenv("SLURM_CONF", path.c_str(), 1);
  assert_false(static_cast<bool>(made));
  assert_int_equal(made.error().code, ErrorCode::kInvalid);
  assert_non_null(strstr(made.error().message.c_str(), "/nowhere/slurm.conf"));
}

static void the_built_release_is_the_installed_one(void**) {
  const auto said = output_of("slurmctld -V");  // "slurm-wlm 22.05.8" or "slurm 24.11.5"
  assert_string_equal(said.substr(said.rfind(' ') + 1).c_str(), built_slurm_version());
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_missing_configuration_is_said),
      cmocka_unit_test(the_built_release_is_the_installed_one),
      cmocka_unit_test(nodes_and_partitions_are_seen),
      cmocka_unit_test(the_running_options_are_told),
      cmocka_unit_test(a_waiting_job_is_seen_with_what_it_asks),
      cmocka_unit_test(held_jobs_and_arrays_are_seen),
      cmocka_unit_test(one_job_is_asked_for_alone),
      cmocka_unit_test(an_admin_comment_is_set_and_replaced),
      cmocka_unit_test(addresses_are_set_pairwise),
      cmocka_unit_test(bad_addresses_and_nodes_are_refused),
      cmocka_unit_test(nodes_that_power_up_are_given_up_and_taken_back),
      cmocka_unit_test(the_idle_clock_is_set_back),
      cmocka_unit_test(what_did_not_change_is_not_sent_again),
  };
  const CMUnitTest tests_without_slurmctld[] = {
      cmocka_unit_test(without_slurmctld_nothing_is_concluded),
  };
  const char* slurmctld = std::getenv("SPILLWAY_SLURMCTLD");
  if (slurmctld != nullptr && std::string_view(slurmctld) == "gone") {
    return cmocka_run_group_tests_name(
        "cluster.libslurm, slurmctld gone", tests_without_slurmctld, connect, disconnect);
  }
  return cmocka_run_group_tests_name("cluster.libslurm", tests, connect, disconnect);
}
