// SPDX-License-Identifier: GPL-2.0-or-later
//
// How machines, rentals and types are called: machine_id.h and shape.h.
#include <string>

#include "providers/voltage-park/machine_id.h"
#include "providers/voltage-park/shape.h"
#include "tests/support/cmocka.h"

using namespace spillway;

namespace {

using Kind = VoltageParkMachineId::Kind;

Json parse(const std::string& text) {
  const auto json = Json::parse(text, "test");
  if (!json) fail_msg("no JSON: %s", text.c_str());
  return *json;
}

// ---- ids and names

void ids_are_read_back(void**) {
  struct Row {
    std::string text;
    VoltageParkMachineId id;
  };
  const Row rows[] = {
      {voltage_park_node("b6c0-1", "203.0.113.10"), {Kind::kNode, "b6c0-1", "203.0.113.10", 0, 0}},
      {voltage_park_node("b6c0", "2001:db8::1"), {Kind::kNode, "b6c0", "2001:db8::1", 0, 0}},
      {voltage_park_places("b6c0", 2)[0], {Kind::kPlace, "b6c0", "", 1, 2}},
      {voltage_park_places("b6c0", 64)[63], {Kind::kPlace, "b6c0", "", 64, 64}},
      {voltage_park_vm("1a2b"), {Kind::kVm, "1a2b", "", 0, 0}},
  };
  for (const auto& [text, id] : rows) {
    const auto read = parse_voltage_park_id(text);
    if (!read || !(*read == id)) fail_msg("%s", text.c_str());
  }
  assert_string_equal(rows[0].text.c_str(), "b6c0-1/203.0.113.10");
  assert_string_equal(rows[2].text.c_str(), "b6c0#1/2");
  assert_string_equal(rows[4].text.c_str(), "vm/1a2b");
}

void what_is_no_id_is_refused(void**) {
  for (const char* text :
       {"",
        "a",
        "b6c0",
        "/",
        "#",
        "vm/",
        "vm",
        "vm/a/b",
        "vm/a#b",
        "b6c0/",
        "/1.2.3.4",
        "b6c0/1/2",
        "b6c0/a b",
        "b6c0/a#b",
        "b6c0#1",
        "b6c0#/",
        "b6c0#1/",
        "b6c0#/2",
        "b6c0#0/2",
        "b6c0#3/2",
        "b6c0#01/2",
        "b6c0#1/02",
        "b6c0#1/0",
        "b6c0#1/65",
        "b6c0#-1/2",
        "b6c0#1/2/3",
        "b6c0#a/2",
        "#1/2",
        "b6 c0#1/2",
        "b6c0#1 /2",
        "00000000000000000000000000000000000000000000000000000000000000000/1.2.3.4"}) {
    if (parse_voltage_park_id(text)) fail_msg("taken: %s", text);
  }
}

void names_tell_mark_and_nodes(void**) {
  struct Row {
    const char* name;
    int nodes;
  };
  const std::string mark = "spillway-hpc1-0a1b2c-7-2";
  for (const auto& [text, nodes] : {Row{"spillway-hpc1-0a1b2c-7-2", 1},
                                    Row{"spillway-hpc1-0a1b2c-7-2-x1", 1},
                                    Row{"spillway-hpc1-0a1b2c-7-2-x64", 64}}) {
    const auto name = parse_voltage_park_name(text);
    const bool is_read = name && name->nodes == nodes && format_mark(name->mark) == mark;
    if (!is_read) fail_msg("%s", text);
  }
  // A cluster's name may look like a count.
  const auto odd = parse_voltage_park_name("spillway-a-x2-0a1b2c-7-2-x3");
  assert_true(odd && odd->nodes == 3 && odd->mark.cluster == "a-x2");
}

void names_that_are_no_mark_are_foreign(void**) {
  for (const char* name : {"",
                           "my notebook",
                           "-x2",
                           "spillway",
                           "spillway-hpc1-0a1b2c-7-2-x",
                           "spillway-hpc1-0a1b2c-7-2-x0",
                           "spillway-hpc1-0a1b2c-7-2-x02",
                           "spillway-hpc1-0a1b2c-7-2-x65",
                           "spillway-hpc1-0a1b2c-7-2-x-2",
                           "spillway-hpc1-0a1b2c-7-2-x2 ",
                           "spillway-hpc1-0a1b2c-7-2-X2",
                           "spillway-hpc1-0a1b2c-7-2x2",
                           "spillway-hpc1-0a1b2c-7-2-x2-x2",
                           " spillway-hpc1-0a1b2c-7-2-x2",
                           "spillway-hpc1-0a1b2-7-2-x2"}) {
    if (parse_voltage_park_name(name)) fail_msg("taken: %s", name);
  }
}

// ---- shapes

void gpu_model_is_the_word_before_the_socket(void**) {
  struct Row {
    const char* name;
    const char* model;
  };
  for (const auto& [name, model] : {Row{"h100-sxm5-80gb", "h100"},
                                    Row{"a100-sxm4-80gb", "a100"},
                                    Row{"l40s-pcie-48gb", "l40s"},
                                    Row{"h200-sxm5-141gb", "h200"},
                                    Row{"geforcertx4090-pcie-24gb", "rtx4090"},
                                    Row{"quadrortx6000-pcie-48gb", "rtx6000"},
                                    Row{"teslap100-sxm2-16gb", "p100"},
                                    Row{"b300", "b300"},
                                    Row{"", ""},
                                    Row{"-sxm5", ""},
                                    Row{"H100-sxm5", ""},
                                    Row{"h100 sxm5", ""},
                                    Row{"h100/x", ""}}) {
    const auto read = voltage_park_gpu_model(name);
    if (read != model) fail_msg("%s: %s", name, read.c_str());
  }
}

struct ShapeCase {
  const char* json;
  const char* type;
  int gpus;
};

void types_of_nodes_say_what_is_unusual(void**) {
  for (const auto& [json, type, gpus] :
       {ShapeCase{R"({"gpu_model":"h100-sxm5-80gb","gpu_count":8})", "bare-metal", 8},
        ShapeCase{
            R"({"gpu_model":"h100-sxm5-80gb","gpu_count":4})", "bare-metal-4x-h100-sxm5-80gb", 4},
        ShapeCase{
            R"({"gpu_model":"h200-sxm5-141gb","gpu_count":8})", "bare-metal-8x-h200-sxm5-141gb", 8},
        ShapeCase{R"({"gpu_model":"h100-sxm5-80gb"})", "", 0},
        ShapeCase{R"({"gpu_model":"h100-sxm5-80gb","gpu_count":65})", "", 0},
        ShapeCase{R"({"gpu_model":"h100-sxm5-80gb","gpu_count":-8})", "", 0},
        ShapeCase{R"({"gpu_model":"h100-sxm5-80gb","gpu_count":"8"})", "", 0},
        ShapeCase{R"({"gpu_model":"H 100","gpu_count":8})", "", 0},
        ShapeCase{R"({"gpu_count":8})", "", 0},
        ShapeCase{"{}", "", 0},
        ShapeCase{"null", "", 0}}) {
    const auto shape = read_voltage_park_node(parse(json));
    if (shape.type != type) fail_msg("%s: %s", json, shape.type.c_str());
    if (voltage_park_gpus_of_nodes(shape.type) != gpus) fail_msg("%s: not its GPUs", json);
  }
}

void types_of_vms_name_their_gpus(void**) {
  for (const auto& [json, type, gpus] :
       {ShapeCase{R"({"gpus":{"h100-sxm5-80gb":{"count":2}}})", "vm-2x-h100-sxm5-80gb", 2},
        ShapeCase{R"({"gpus":{"l40s-pcie-48gb":{"count":1}}})", "vm-1x-l40s-pcie-48gb", 1},
        ShapeCase{R"({"gpus":{"a":{"count":1},"b":{"count":1}}})", "", 0},
        ShapeCase{R"({"gpus":{"h100-sxm5-80gb":{"count":0}}})", "", 0},
        ShapeCase{R"({"gpus":{"h100-sxm5-80gb":{}}})", "", 0},
        ShapeCase{R"({"gpus":{"h100-sxm5-80gb":2}})", "", 0},
        ShapeCase{R"({"gpus":{"":{"count":2}}})", "", 0},
        ShapeCase{R"({"gpus":{}})", "", 0},
        ShapeCase{R"({"gpus":[{"count":2}]})", "", 0},
        ShapeCase{"{}", "", 0}}) {
    const auto shape = read_voltage_park_vm(parse(json));
    if (shape.type != type || shape.gpus != gpus) fail_msg("%s: %s", json, shape.type.c_str());
    assert_true(is_voltage_park_vm(shape.type) == (gpus > 0));
  }
}

// GB or GiB, the API does not say: the smaller one.
void memory_is_promised_in_decimal_gigabytes(void**) {
  const auto node = read_voltage_park_node(parse(R"({"ram_gb":1000,"cpu_count":104})"));
  assert_int_equal(node.memory_mib, 953'674);
  assert_int_equal(node.cpus, 104);
  const auto vm = read_voltage_park_vm(parse(R"({"ram_gb":180,"vcpu_count":26})"));
  assert_int_equal(vm.memory_mib, 171'661);
  assert_int_equal(vm.cpus, 26);
  assert_int_equal(read_voltage_park_node(parse(R"({"ram_gb":null})")).memory_mib, 0);
}

void types_that_are_no_nodes_have_no_gpus(void**) {
  for (const char* type : {"",
                           "bare",
                           "bare-metal-",
                           "bare-metal-x-h100",
                           "bare-metal-0x-h100",
                           "bare-metal-65x-h100",
                           "bare-metal-4x",
                           "bare-metal-4x-",
                           "bare-metal4x-h100",
                           "bare-metal-4-h100",
                           "vm-8x-h100-sxm5-80gb",
                           "no-such-type"}) {
    if (voltage_park_gpus_of_nodes(type) != 0) fail_msg("taken: %s", type);
  }
}

}  // namespace

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(ids_are_read_back),
      cmocka_unit_test(what_is_no_id_is_refused),
      cmocka_unit_test(names_tell_mark_and_nodes),
      cmocka_unit_test(names_that_are_no_mark_are_foreign),
      cmocka_unit_test(gpu_model_is_the_word_before_the_socket),
      cmocka_unit_test(types_of_nodes_say_what_is_unusual),
      cmocka_unit_test(types_of_vms_name_their_gpus),
      cmocka_unit_test(memory_is_promised_in_decimal_gigabytes),
      cmocka_unit_test(types_that_are_no_nodes_have_no_gpus),
  };
  return cmocka_run_group_tests_name("providers.voltage_park_names", tests, nullptr, nullptr);
}
