// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/need.h"

#include <functional>
#include <string>
#include <vector>

#include "tests/support/cmocka.h"

using namespace spillway;

namespace {

const Shape kShape{"h100", 8, 96, 900 * 1024, false};

using Change = std::function<void(Job&)>;

Job make_job(const Change& change) {
  Job job;
  job.id = 7;
  job.nodes_min = 2;
  job.nodes_max = 2;
  job.cpus_min = 8;
  change(job);
  return job;
}

struct Understood {
  const char* what;
  Change change;
  int gpus_per_node;
  const char* gpu;
};

struct StaysLocal {
  const char* what;
  Change change;
  const char* because;
};

}  // namespace

static void gpu_requests_are_read_in_every_spelling(void**) {
  const std::vector<Understood> cases = {
      {"none", [](Job&) {}, 0, ""},
      {"22.05 per node", [](Job& j) { j.tres_per_node = "gres:gpu:8"; }, 8, ""},
      {"22.05 with model", [](Job& j) { j.tres_per_node = "gres:gpu:h100:8"; }, 8, "h100"},
      {"24.11 per node", [](Job& j) { j.tres_per_node = "gres/gpu:8"; }, 8, ""},
      {"24.11 with model", [](Job& j) { j.tres_per_node = "gres/gpu:H100=4"; }, 4, "h100"},
      {"one, unsaid", [](Job& j) { j.tres_per_node = "gres:gpu"; }, 1, ""},
      {"one of a model", [](Job& j) { j.tres_per_node = "gres/gpu:a100"; }, 1, "a100"},
      {"bare", [](Job& j) { j.tres_per_node = "gpu:2"; }, 2, ""},
      {"per job over two nodes", [](Job& j) { j.tres_per_job = "gres:gpu:16"; }, 8, ""},
      {"per job, uneven", [](Job& j) { j.tres_per_job = "gres:gpu:5"; }, 3, ""},
      {"per task",
       [](Job& j) {
         j.tres_per_task = "gres/gpu:1";
         j.tasks = 6;
       },
       3,
       ""},
      {"CPUs per task beside (23.11 and later)",
       [](Job& j) {
         j.tres_per_task = "cpu=4,gres/gpu=2";
         j.tasks = 4;
       },
       4,
       ""},
      {"CPUs per task alone", [](Job& j) { j.tres_per_task = "cpu=4"; }, 0, ""},
      {"two counts of one model",
       [](Job& j) { j.tres_per_node = "gpu:h100:1,gpu:h100:2"; },
       3,
       "h100"},
  };
  for (const auto& c : cases) {
    const auto need = read_need(make_job(c.change));
    if (!need) fail_msg("%s: %s", c.what, need.error().message.c_str());
    const auto sized = sized_for(*need, kShape);
    if (sized.gpus_per_node != c.gpus_per_node || sized.nodes != 2 || need->gpu != c.gpu) {
      fail_msg("%s: %d GPUs of \"%s\"", c.what, sized.gpus_per_node, need->gpu.c_str());
    }
  }
}

static void what_is_not_understood_keeps_the_job_local_and_says_why(void**) {
  const std::vector<StaysLocal> cases = {
      {"another gres", [](Job& j) { j.tres_per_node = "gres:fpga:1"; }, "fpga"},
      {"gpu and another", [](Job& j) { j.tres_per_node = "gres:gpu:1,gres:nic:1"; }, "nic"},
      {"two models", [](Job& j) { j.tres_per_node = "gpu:a100:1,gpu:h100:1"; }, "two GPU models"},
      {"too many parts", [](Job& j) { j.tres_per_node = "gpu:h100:8:9"; }, "gpu:h100:8:9"},
      {"empty element", [](Job& j) { j.tres_per_node = "gpu:1,"; }, "asks for"},
      {"no number", [](Job& j) { j.tres_per_node = "gpu:h100:x"; }, "not understood"},
      {"per socket", [](Job& j) { j.tres_per_socket = "gres:gpu:1"; }, "socket"},
      {"alternatives", [](Job& j) { j.features = "ib|eth"; }, "constraint"},
      {"counted features", [](Job& j) { j.features = "[a*2&b*2]"; }, "constraint"},
      {"matching features", [](Job& j) { j.features = "[rack1|rack2]"; }, "constraint"},
      {"grouped features", [](Job& j) { j.features = "(a&b)"; }, "constraint"},
      {"broken node list", [](Job& j) { j.required_nodes = "local-[1"; }, "--nodelist"},
      {"license per task", [](Job& j) { j.tres_per_task = "license/x:1"; }, "license"},
      {"reservation", [](Job& j) { j.reservation = "maint"; }, "reservation"},
      {"switches", [](Job& j) { j.switches = "1"; }, "switches"},
      {"neighbours", [](Job& j) { j.other_demands = {"--contiguous"}; }, "--contiguous"},
      {"two more",
       [](Job& j) {
         j.other_demands = {"--tmp", "--x"};
       },
       "uses --tmp, --x"},
      {"broken exclusion", [](Job& j) { j.excluded_nodes = "n[1"; }, "excluded"},
  };
  for (const auto& c : cases) {
    const auto need = read_need(make_job(c.change));
    if (need) fail_msg("%s was understood", c.what);
    if (need.error().message.find(c.because) == std::string::npos) {
      fail_msg("%s: says \"%s\"", c.what, need.error().message.c_str());
    }
  }
}

static void a_feature_in_capitals_is_another_one_to_slurm(void**) {
  for (const auto& [feature, named] : {std::pair("ib", 0), std::pair("IB", 1)}) {
    const auto need = read_need(make_job([&](Job& job) { job.features = feature; }));
    assert_true(need && need->infiniband);
    assert_int_equal(need->features.size(), named);
  }
}

static void cpus_and_memory_are_shared_out_over_the_nodes(void**) {
  const auto need = read_need(make_job([](Job& job) {
    job.cpus_min = 9;
    job.memory_per_cpu_mib = 1024;
    job.features = "ib&fast";
    job.excluded_nodes = "h100-[001-002]";
  }));
  assert_true(static_cast<bool>(need));
  const auto sized = sized_for(*need, kShape);
  assert_int_equal(sized.cpus_per_node, 5);
  assert_int_equal(sized.memory_per_node_mib, 5 * 1024);
  assert_true(need->infiniband);
  assert_int_equal(need->features.size(), 1);
  assert_int_equal(need->excluded_nodes.size(), 2);
}

static void totals_without_a_number_of_nodes_take_as_few_as_hold_them(void**) {
  const auto nodes = [](const Change& change) {
    Job job;
    job.nodes_min = 1;
    change(job);
    const auto need = read_need(job);
    if (!need) fail_msg("%s", need.error().message.c_str());
    return sized_for(*need, kShape).nodes;
  };
  assert_int_equal(nodes([](Job& j) { j.tres_per_job = "gres:gpu:8"; }), 1);
  assert_int_equal(nodes([](Job& j) { j.tres_per_job = "gres:gpu:9"; }), 2);
  assert_int_equal(nodes([](Job& j) { j.tres_per_job = "gres:gpu:32"; }), 4);
  assert_int_equal(nodes([](Job& j) { j.cpus_min = 200; }), 3);
  // A job that says how many nodes it takes at most does not get more, and does not fit.
  Job job;
  job.nodes_max = 1;
  job.tres_per_job = "gres:gpu:16";
  const auto sized = sized_for(*read_need(job), kShape);
  assert_int_equal(sized.nodes, 1);
  assert_string_not_equal(misfit(sized, kShape).c_str(), "");
}

static void a_range_of_nodes_is_kept(void**) {
  Job job;
  job.nodes_min = 2;
  job.nodes_max = 4;
  job.tres_per_node = "gres:gpu:8";
  const auto sized = sized_for(*read_need(job), kShape);
  assert_int_equal(sized.nodes, 2);
  assert_int_equal(sized.nodes_most, 4);
}

static void a_misfit_says_what_is_missing(void**) {
  const Shape shape{"h100", 8, 96, 900 * 1024, false};
  Need need;
  need.gpus_per_node = 8;
  assert_string_equal(misfit(need, shape).c_str(), "");
  const auto check = [&](const std::function<void(Need&)>& change, const char* word) {
    Need changed = need;
    change(changed);
    const auto why = misfit(changed, shape);
    if (why.find(word) == std::string::npos) fail_msg("expected %s in \"%s\"", word, why.c_str());
  };
  check([](Need& n) { n.gpus_per_node = 0; }, "no GPU");
  check([](Need& n) { n.gpus_per_node = 9; }, "GPUs");
  check([](Need& n) { n.gpu = "a100"; }, "a100");
  check([](Need& n) { n.cpus_per_node = 97; }, "CPUs");
  check([](Need& n) { n.memory_per_node_mib = 900 * 1024 + 1; }, "MiB");
  check([](Need& n) { n.infiniband = true; }, "InfiniBand");
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(gpu_requests_are_read_in_every_spelling),
      cmocka_unit_test(what_is_not_understood_keeps_the_job_local_and_says_why),
      cmocka_unit_test(a_feature_in_capitals_is_another_one_to_slurm),
      cmocka_unit_test(cpus_and_memory_are_shared_out_over_the_nodes),
      cmocka_unit_test(totals_without_a_number_of_nodes_take_as_few_as_hold_them),
      cmocka_unit_test(a_range_of_nodes_is_kept),
      cmocka_unit_test(a_misfit_says_what_is_missing)};
  return cmocka_run_group_tests_name("core.need", tests, nullptr, nullptr);
}
