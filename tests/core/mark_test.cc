// SPDX-License-Identifier: GPL-2.0-or-later
#include "core/mark.h"

#include <string>

#include "tests/support/cmocka.h"

using namespace spillway;

static void a_mark_is_read_back_as_it_was_written(void**) {
  const Mark marks[] = {{"hpc1", "a3f90c", 12, 1},
                        {"a", "000000", 1, 1},
                        {"my-cluster-2", "ffffff", 999'999'999, 999'999'999}};
  for (const auto& mark : marks) {
    const auto text = format_mark(mark);
    const auto read = parse_mark(text);
    if (!read || *read != mark) fail_msg("%s is not read back", text.c_str());
    if (text.size() > 63) fail_msg("%s does not fit a host name", text.c_str());
  }
}

static void names_that_only_look_like_marks_are_none(void**) {
  const char* names[] = {"",
                         "spillway",
                         "spillway-",
                         "spillway-hpc1",
                         "spillway-hpc1-a3f90c",
                         "spillway-hpc1-a3f90c-12",
                         "spillway-hpc1-a3f90c-12-",
                         "spillway-hpc1-a3f90c--1",
                         "spillway-hpc1-a3f90c-0-1",
                         "spillway-hpc1-a3f90c-12-0",
                         "spillway-hpc1-a3f90c-012-1",
                         "spillway-hpc1-a3f90c-12-01",
                         "spillway-hpc1-a3f90c-12-1x",
                         "spillway-hpc1-a3f90c-1e3-1",
                         "spillway-hpc1-a3f90c-12-1 ",
                         " spillway-hpc1-a3f90c-12-1",
                         "Spillway-hpc1-a3f90c-12-1",
                         "spillway-hpc1-A3F90C-12-1",
                         "spillway-hpc1-a3f90-12-1",
                         "spillway-hpc1-a3f90cc-12-1",
                         "spillway-hpc1-g3f90c-12-1",
                         "spillway-HPC-a3f90c-12-1",
                         "spillway--a3f90c-12-1",
                         "spillway--x-a3f90c-12-1",
                         "spillway-x--a3f90c-12-1",
                         "spillway-abcdefghijklmnopqrstu-a3f90c-12-1",
                         "spillway-hpc1-a3f90c-9999999999-1",
                         "spillway-hpc1-a3f90c-99999999999999999999-1",
                         "someone-hpc1-a3f90c-12-1",
                         "myspillway-hpc1-a3f90c-12-1"};
  for (const auto* name : names) {
    if (parse_mark(name)) fail_msg("\"%s\" was taken for a mark", name);
  }
}

static void cluster_names_fit_a_host_name(void**) {
  for (const auto* good : {"a", "hpc1", "my-cluster", "12345678901234567890"}) {
    if (!is_cluster_name(good)) fail_msg("%s was refused", good);
  }
  for (const auto* bad : {"", "-a", "a-", "HPC", "a_b", "a.b", "a b", "123456789012345678901"}) {
    if (is_cluster_name(bad)) fail_msg("%s was accepted", bad);
  }
}

int main() {
  const CMUnitTest tests[] = {cmocka_unit_test(a_mark_is_read_back_as_it_was_written),
                              cmocka_unit_test(names_that_only_look_like_marks_are_none),
                              cmocka_unit_test(cluster_names_fit_a_host_name)};
  return cmocka_run_group_tests_name("core.mark", tests, nullptr, nullptr);
}
