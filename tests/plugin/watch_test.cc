// SPDX-License-Identifier: GPL-2.0-or-later
#include "plugin/watch.h"

#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "tests/plugin/decisions_folder.h"
#include "tests/plugin/fake_slurm.h"
#include "tests/support/cmocka.h"

using namespace spillway;

static const char kRecord = 'r';

static std::string decisions(int written, const std::string& job = "job 7 a\nend 1\n") {
  return "spillway-decisions 1\nwritten " + std::to_string(written) +
         " valid-for 120\ncloud h100-[001-004]\nset a h100-001\n" + job;
}

struct World {
  DecisionsFolder folder;
  Watch watch;

  World() : watch(folder.path(), fake_clocks()) {
    fake_slurm() = FakeSlurm();
    fake_slurm().nodes = {"h100-001", "h100-002", "h100-003", "h100-004"};
    fake_slurm().records = {{7, &kRecord}};
    fake_slurm().unix_seconds = 1000;
  }

  // Lets time pass, and asks as a scheduling pass would.
  void look(std::int64_t later_ms = 100) {
    fake_slurm().monotonic_ms += later_ms;
    watch.refresh();
  }

  bool permits() { return watch.is_permitting() && !watch.known()->sets_of(&kRecord).empty(); }
};

static std::size_t error_count() {
  return fake_slurm().errors.size();
}

static bool last_error_says(const std::string& words) {
  return !fake_slurm().errors.empty() &&
         fake_slurm().errors.back().find(words) != std::string::npos;
}

static void a_good_file_permits_and_is_announced_once(void**) {
  World world;
  world.folder.write(decisions(990));
  for (int i = 0; i < 5; ++i)
    world.look();
  assert_true(world.permits());
  assert_int_equal(error_count(), 0);
  assert_int_equal(fake_slurm().infos.size(), 1);
  assert_true(fake_slurm().infos[0].find(world.folder.path()) != std::string::npos);
}

static void a_file_missing_from_the_start_is_one_error(void**) {
  World world;
  for (int i = 0; i < 5; ++i)
    world.look();
  assert_null(world.watch.known());
  assert_false(world.watch.is_permitting());
  assert_int_equal(error_count(), 1);
  assert_true(last_error_says("No such file"));
  assert_true(last_error_says("open to every job"));

  world.folder.write(decisions(990));
  world.look();
  assert_true(world.permits());
}

static void the_file_is_looked_at_every_100_ms_at_most(void**) {
  World world;
  world.folder.write(decisions(990));
  world.look();
  world.folder.write(decisions(990, "end 0\n"));
  world.look(99);
  assert_true(world.permits());
  world.look(1);
  assert_false(world.permits());
}

static void a_new_file_of_the_same_size_is_seen(void**) {
  World world;
  world.folder.write(decisions(990));
  world.look();
  world.folder.write(decisions(990, "job 8 a\nend 1\n"));
  world.look();
  assert_false(world.permits());
}

static void a_bad_file_leaves_the_last_good_one_in_force_until_its_validity_ends(void**) {
  const std::string whole = decisions(995);
  const struct {
    const char* what;
    std::string text;
    const char* said;
  } cases[] = {
      {"empty", "", "line 1"},
      {"torn in the middle", whole.substr(0, whole.size() / 2), "line"},
      {"without its last line", whole.substr(0, whole.rfind("end")), "torn"},
      {"of an unknown version", "spillway-decisions 2\n", "line 1"},
      {"no text", std::string("\0\xff\x01", 3), "line 1"},
      {"with a cloud line that is no host list",
       "spillway-decisions 1\nwritten 995 valid-for 120\ncloud h100-[001-\nend 0\n",
       "host list"},
      {"larger than can be", std::string(), "larger"},
  };
  for (const auto& c : cases) {
    World world;
    world.folder.write(decisions(990));
    world.look();
    world.folder.write(c.text);
    if (std::string(c.said) == "larger")
      assert_int_equal(truncate(world.folder.path().c_str(), 65 << 20), 0);
    for (int i = 0; i < 5; ++i)
      world.look();
    if (!world.permits()) fail_msg("%s: permission lost", c.what);
    if (error_count() != 1) fail_msg("%s: %zu errors", c.what, error_count());
    if (!last_error_says(c.said)) fail_msg("%s: %s", c.what, fake_slurm().errors[0].c_str());

    fake_slurm().unix_seconds = 990 + 120;
    for (int i = 0; i < 5; ++i)
      world.look();
    if (world.permits()) fail_msg("%s: permission past its validity", c.what);
    if (world.watch.known() == nullptr) fail_msg("%s: cloud nodes forgotten", c.what);
    if (error_count() != 2) fail_msg("%s: %zu errors past validity", c.what, error_count());
  }
}

static void a_bad_file_from_the_start_is_one_error(void**) {
  World world;
  world.folder.write("nonsense");
  for (int i = 0; i < 5; ++i)
    world.look();
  assert_null(world.watch.known());
  assert_int_equal(error_count(), 1);
  assert_true(last_error_says("line 1"));
}

static void what_is_no_file_is_neither_read_nor_waited_for(void**) {
  World world;
  world.folder.write(decisions(990));
  world.look();
  world.folder.remove();
  assert_int_equal(mkfifo(world.folder.path().c_str(), 0600), 0);
  world.look();
  assert_true(world.permits());
  assert_true(last_error_says("no regular file"));

  world.folder.remove();
  assert_int_equal(mkdir(world.folder.path().c_str(), 0700), 0);
  world.look();
  assert_true(world.permits());
}

static void a_file_that_vanished_permits_nothing_and_cloud_nodes_stay_known(void**) {
  World world;
  world.folder.write(decisions(990));
  world.look();
  world.folder.remove();
  for (int i = 0; i < 5; ++i)
    world.look();
  assert_false(world.watch.is_permitting());
  assert_non_null(world.watch.known());
  assert_int_equal(error_count(), 1);
  assert_true(last_error_says("hidden from every job"));

  world.folder.write(decisions(995));
  world.look();
  assert_true(world.permits());
}

static void a_broker_that_fell_silent_is_told_once_and_its_return_too(void**) {
  World world;
  world.folder.write(decisions(990));
  world.look();
  fake_slurm().unix_seconds = 1109;
  world.look();
  assert_true(world.permits());
  fake_slurm().unix_seconds = 1110;
  for (int i = 0; i < 5; ++i)
    world.look();
  assert_false(world.permits());
  assert_int_equal(error_count(), 1);
  assert_true(last_error_says("written 120 s ago, valid for 120 s"));

  world.folder.write(decisions(1110));
  world.look();
  assert_true(world.permits());
  assert_int_equal(error_count(), 1);
  assert_int_equal(fake_slurm().infos.size(), 2);
}

static void a_stale_file_at_the_start_hides_cloud_nodes(void**) {
  World world;
  world.folder.write(decisions(100));
  world.look();
  assert_false(world.watch.is_permitting());
  assert_non_null(world.watch.known());
  assert_int_equal(error_count(), 1);
}

static void a_file_from_the_future_permits_nothing(void**) {
  World world;
  world.folder.write(decisions(1060));
  world.look();
  assert_true(world.permits());
  world.folder.write(decisions(1061));
  world.look();
  assert_false(world.permits());
}

int main() {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_good_file_permits_and_is_announced_once),
      cmocka_unit_test(a_file_missing_from_the_start_is_one_error),
      cmocka_unit_test(the_file_is_looked_at_every_100_ms_at_most),
      cmocka_unit_test(a_new_file_of_the_same_size_is_seen),
      cmocka_unit_test(a_bad_file_leaves_the_last_good_one_in_force_until_its_validity_ends),
      cmocka_unit_test(a_bad_file_from_the_start_is_one_error),
      cmocka_unit_test(what_is_no_file_is_neither_read_nor_waited_for),
      cmocka_unit_test(a_file_that_vanished_permits_nothing_and_cloud_nodes_stay_known),
      cmocka_unit_test(a_broker_that_fell_silent_is_told_once_and_its_return_too),
      cmocka_unit_test(a_stale_file_at_the_start_hides_cloud_nodes),
      cmocka_unit_test(a_file_from_the_future_permits_nothing),
  };
  return cmocka_run_group_tests_name("plugin.watch", tests, nullptr, nullptr);
}
