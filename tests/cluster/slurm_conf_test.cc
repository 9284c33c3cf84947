// SPDX-License-Identifier: GPL-2.0-or-later
#include "cluster/slurm_conf.h"

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "lib/file.h"
#include "lib/text.h"
#include "tests/support/cmocka.h"

using namespace spillway;

static SlurmConf parse(const std::string& text) {
  auto conf = parse_slurm_conf(text, "slurm.conf");
  if (!conf) fail_msg("%s", conf.error().message.c_str());
  return *std::move(conf);
}

static void options_are_read_as_slurm_reads_them(void**) {
  const struct {
    const char* text;
    const char* key;
    const char* value;
  } cases[] = {
      {"ClusterName=hpc1", "clustername", "hpc1"},
      {"CLUSTERNAME=hpc1", "clustername", "hpc1"},
      {"ClusterName = hpc1", "clustername", "hpc1"},
      {"  ClusterName=hpc1  ", "clustername", "hpc1"},
      {"\tClusterName=hpc1\r\n", "clustername", "hpc1"},
      {"ClusterName=hpc1 # ours", "clustername", "hpc1"},
      {"ClusterName=hpc1#ours", "clustername", "hpc1"},
      {"ClusterName=a\nClusterName=b", "clustername", "b"},
      {"MailProg=\"/bin/mail -s x\"", "mailprog", "/bin/mail -s x"},
      {"MailProg=\"\"", "mailprog", ""},
      {"A=1 B=2", "b", "2"},
      {"A=\"1 2\" B=2", "b", "2"},
      {"Launch\\\nParameters=x", "launchparameters", "x"},
      {"AuthInfo=socket=/run/x", "authinfo", "socket=/run/x"},
      {"AuthInfo=a,\\\nb", "authinfo", "a,b"},
      {"Prolog=/a\\#b", "prolog", "/a#b"},
      {"SlurmctldParameters=power_save_interval=3,cloud_dns",
       "slurmctldparameters",
       "power_save_interval=3,cloud_dns"},
      {"IncludeX=1", "includex", "1"},
      {"Flags+=x", "flags", "x"},
  };
  for (const auto& c : cases) {
    const auto conf = parse_slurm_conf(c.text, "slurm.conf");
    if (!conf) fail_msg("%s: %s", c.text, conf.error().message.c_str());
    if (value_of(conf->values, c.key) != c.value) {
      fail_msg("%s: \"%s\"", c.text, value_of(conf->values, c.key).c_str());
    }
  }
}

static void nothing_is_read_from_comments_and_blank_lines(void**) {
  const auto conf = parse("# NodeName=a\n\n   \n#\n  # x=1\n\\\n");
  assert_int_equal(conf.values.size(), 0);
  assert_int_equal(conf.nodes.size(), 0);
}

static void what_slurm_cannot_read_is_refused_with_its_line(void**) {
  const struct {
    const char* text;
    const char* place;
  } cases[] = {
      {"x", "slurm.conf:1: "},
      {"\n\nx", "slurm.conf:3: "},
      {"A=1\n=2", "slurm.conf:2: "},
      {"A=", "slurm.conf:1: "},
      {"A=1 B", "slurm.conf:1: "},
      {"A=1 B=", "slurm.conf:1: "},
      {"A=\"1", "slurm.conf:1: "},
      {"A=\"1\"2", "slurm.conf:1: "},
      {"A-B=1", "slurm.conf:1: "},
      {"A\\\nB", "slurm.conf:1: "},
      {"\n\nA=1 \\\n B", "slurm.conf:3: "},
      {"NodeName", "slurm.conf:1: "},
      {"NodeName=", "slurm.conf:1: "},
      {"NodeName=a[", "slurm.conf:1: "},
      {"NodeName=a[3-1]", "slurm.conf:1: "},
      {"NodeName=a,,b", "slurm.conf:1: "},
      {"NodeName=a[1-99999]", "slurm.conf:1: "},
      {"NodeName=a[1-999]b[1-999]", "slurm.conf:1: "},
      {"NodeName=a[1][1][1][1][1][1][1][1][1]", "slurm.conf:1: "},
      {"NodeName=a\nNodeName=a", "slurm.conf:2: "},
      {"NodeName=a[1-3]\nNodeName=a2", "slurm.conf:2: "},
      {"NodeName=a,a", "slurm.conf:1: "},
      {"Include other.conf", "slurm.conf:1: "},
      {"include\tother.conf", "slurm.conf:1: "},
  };
  for (const auto& c : cases) {
    const auto conf = parse_slurm_conf(c.text, "slurm.conf");
    if (conf) fail_msg("accepted: %s", c.text);
    if (conf.error().code != ErrorCode::kInvalid) fail_msg("%s: another code", c.text);
    if (conf.error().message.rfind(c.place, 0) != 0) {
      fail_msg("%s: \"%s\"", c.text, conf.error().message.c_str());
    }
  }
}

static void node_lines_take_over_the_defaults_above_them(void**) {
  const auto conf = parse(
      "NodeName=before CPUs=1\n"
      "NodeName=DEFAULT CPUs=8 RealMemory=1000 State=UNKNOWN\n"
      "NodeName=n[1-2]\n"
      "nodename=default realmemory=2000\n"
      "NodeName=n3 State=CLOUD\n");
  assert_int_equal(conf.node_index.size(), 4);
  assert_null(conf.find_node("DEFAULT"));
  assert_string_equal(value_of(conf.find_node("before")->values, "realmemory").c_str(), "");
  assert_string_equal(value_of(conf.find_node("n1")->values, "cpus").c_str(), "8");
  assert_string_equal(value_of(conf.find_node("n2")->values, "realmemory").c_str(), "1000");
  assert_string_equal(value_of(conf.find_node("n3")->values, "realmemory").c_str(), "2000");
  assert_string_equal(value_of(conf.find_node("n3")->values, "cpus").c_str(), "8");
  assert_string_equal(value_of(conf.find_node("n3")->values, "state").c_str(), "CLOUD");
  assert_int_equal(conf.find_node("n3")->line, 5);
}

static void names_may_have_several_brackets(void**) {
  const struct {
    const char* expression;
    const char* names;
  } cases[] = {
      {"a", "a"},
      {"a,b[1-2]", "a b1 b2"},
      {"r[1-2]n[01-02]", "r1n01 r1n02 r2n01 r2n02"},
      {"r[1-2]n[1]x,z", "r1n1x r2n1x z"},
      {"[1-2][3-4]", "13 14 23 24"},
      {"a[1,3]b[2,4]c[5]", "a1b2c5 a1b4c5 a3b2c5 a3b4c5"},
  };
  for (const auto& c : cases) {
    const auto names = expand_node_names(c.expression);
    if (!names) fail_msg("%s: %s", c.expression, names.error().message.c_str());
    if (join(*names, " ") != c.names) fail_msg("%s: %s", c.expression, join(*names, " ").c_str());
  }
}

static void partitions_know_their_nodes(void**) {
  const auto conf = parse(
      "NodeName=l[1-2] Features=big,old\n"
      "NodeName=c[1-2] State=CLOUD Feature=cloud\n"
      "NodeSet=rented Feature=cloud\n"
      "NodeSet=named Nodes=l2,c2\n"
      "PartitionName=DEFAULT MaxTime=60\n"
      "PartitionName=all Nodes=ALL Default=YES\n"
      "PartitionName=cloud Nodes=rented\n"
      "PartitionName=mixed Nodes=l1,named MaxTime=5\n"
      "PartitionName=none\n");
  const struct {
    const char* partition;
    const char* nodes;
    const char* max_time;
  } cases[] = {
      {"all", "c1 c2 l1 l2", "60"},
      {"cloud", "c1 c2", "60"},
      {"mixed", "l1 l2 c2", "5"},
      {"none", "", "60"},
  };
  for (const auto& c : cases) {
    const auto* partition = conf.find_partition(c.partition);
    if (partition == nullptr) fail_msg("no partition %s", c.partition);
    assert_string_equal(join(conf.nodes_of(*partition), " ").c_str(), c.nodes);
    assert_string_equal(value_of(partition->values, "maxtime").c_str(), c.max_time);
  }
  assert_null(conf.find_partition("DEFAULT"));
}

static int make_scratch(void** state) {
  std::string name = "/tmp/spillway-slurm-conf-XXXXXX";
  if (mkdtemp(name.data()) == nullptr) return -1;
  *state = new std::string(name);
  return 0;
}

static int remove_scratch(void** state) {
  auto* folder = static_cast<std::string*>(*state);
  std::filesystem::remove_all(*folder);
  delete folder;
  return 0;
}

static void write(const std::string& path, const std::string& text) {
  assert_true(static_cast<bool>(write_file_atomically(path, text)));
}

static void includes_are_read_beside_the_file(void** state) {
  const auto& folder = *static_cast<std::string*>(*state);
  write(folder + "/slurm.conf",
        "ClusterName=hpc1\nInclude nodes.conf\ninclude %c.conf\nInclude " + folder +
            "/whole.conf\nLast=1\n");
  write(folder + "/nodes.conf", "\nNodeName=a\n");
  write(folder + "/hpc1.conf", "SuspendTime=5\n");
  write(folder + "/whole.conf", "ResumeRate=0\n");
  const auto conf = read_slurm_conf(folder + "/slurm.conf");
  if (!conf) fail_msg("%s", conf.error().message.c_str());
  const auto* node = conf->find_node("a");
  assert_non_null(node);
  assert_string_equal(node->file.c_str(), (folder + "/nodes.conf").c_str());
  assert_int_equal(node->line, 2);
  assert_string_equal(value_of(conf->values, "suspendtime").c_str(), "5");
  assert_string_equal(value_of(conf->values, "resumerate").c_str(), "0");
  assert_string_equal(value_of(conf->places, "last").c_str(), (folder + "/slurm.conf:5").c_str());
}

static void bad_includes_are_refused(void** state) {
  const auto& folder = *static_cast<std::string*>(*state);
  write(folder + "/slurm.conf", "A=1\nInclude missing.conf\n");
  const auto missing = read_slurm_conf(folder + "/slurm.conf");
  assert_false(static_cast<bool>(missing));
  assert_int_equal(missing.error().code, ErrorCode::kNotFound);
  assert_non_null(strstr(missing.error().message.c_str(), "/slurm.conf:2: "));
  assert_non_null(strstr(missing.error().message.c_str(), "missing.conf"));

  write(folder + "/slurm.conf", "Include slurm.conf\n");
  const auto endless = read_slurm_conf(folder + "/slurm.conf");
  assert_false(static_cast<bool>(endless));
  assert_int_equal(endless.error().code, ErrorCode::kInvalid);

  write(folder + "/slurm.conf", "Include part.conf\n");
  write(folder + "/part.conf", "\nbroken\n");
  const auto broken = read_slurm_conf(folder + "/slurm.conf");
  assert_false(static_cast<bool>(broken));
  assert_non_null(strstr(broken.error().message.c_str(), "/part.conf:2: "));

  const auto absent = read_slurm_conf(folder + "/absent.conf");
  assert_false(static_cast<bool>(absent));
  assert_int_equal(absent.error().code, ErrorCode::kNotFound);
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(options_are_read_as_slurm_reads_them),
      cmocka_unit_test(nothing_is_read_from_comments_and_blank_lines),
      cmocka_unit_test(what_slurm_cannot_read_is_refused_with_its_line),
      cmocka_unit_test(node_lines_take_over_the_defaults_above_them),
      cmocka_unit_test(names_may_have_several_brackets),
      cmocka_unit_test(partitions_know_their_nodes),
      cmocka_unit_test_setup_teardown(
          includes_are_read_beside_the_file, make_scratch, remove_scratch),
      cmocka_unit_test_setup_teardown(bad_includes_are_refused, make_scratch, remove_scratch),
  };
  return cmocka_run_group_tests_name("cluster.slurm_conf", tests, nullptr, nullptr);
}
