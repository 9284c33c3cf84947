// SPDX-License-Identifier: GPL-2.0-or-later
//
// `spillway why` as a user runs it, with what a broker wrote, and without a Slurm.
#include <unistd.h>

#include <filesystem>

#include "explain/explanations.h"
#include "tests/cli/place.h"

using namespace spillway;

namespace {

constexpr const char* kNoSlurm = "SLURM_CONF=/nowhere/slurm.conf";

// A broker that has looked `ago` before now, and thought something of job 1234.
class Told : public Place {
 public:
  explicit Told(std::chrono::seconds ago) {
    Verdict verdict;
    verdict.job = 1234;
    verdict.standing = Standing::kHeldBack;
    verdict.sentence = "held back: limit of 64 machines would be passed";
    verdict.partition = "gpu";
    verdict.rule = "gpu: burst after 10 min of waiting";
    verdict.change = "an admin who lifts the limit";
    const Explanations told{SystemClock().now() - ago, std::chrono::seconds(120), {verdict}};
    must(write_file_atomically(explanations_file(folder.file("decisions")),
                               format_explanations(told)));
  }
};

}  // namespace

static void what_the_broker_wrote_is_told(void**) {
  const Told place(std::chrono::seconds(1));
  const auto ran = place.run("why 1234", kNoSlurm);
  expect_ran(ran, 0, "Job 1234 would burst, and is held back.\n");
  expect_ran(ran, 0, "why        held back: limit of 64 machines would be passed\n");
  expect_ran(ran, 0, "slurmctld adds nothing: SLURM_CONF: /nowhere/slurm.conf");
  const auto json = json_of(place.run("why 1234 --json", kNoSlurm));
  expect_text(*json.get("verdict").string("standing"), "held-back");
  expect_ran(place.run("why 1234_7", kNoSlurm), 0, "Job 1234 would burst");
}

static void what_is_old_or_unknown_exits_with_1(void**) {
  const Told old(std::chrono::minutes(12));
  expect_ran(old.run("why 1234", kNoSlurm), 1, "spillwayd last said so 12 min ago");
  expect_ran(old.run("why 7", kNoSlurm), 1, "does not wait in a partition that may burst");
  const Place silent;
  expect_ran(silent.run("why 1234", kNoSlurm), 1, "explanations.json: no such file or directory");
  must(write_file_atomically(silent.folder.file("explanations.json"), "{\"jobs\":["));
  expect_ran(silent.run("why 1234", kNoSlurm), 1, "explanations: not JSON: ");
}

static void what_is_no_job_is_refused(void**) {
  const Told place(std::chrono::seconds(1));
  for (const char* job : {"''", "0", "train.sh", "1234x", "1234,1235", "99999999999"}) {
    expect_ran(place.run("why " + std::string(job), kNoSlurm), 2, "a job's number belongs here");
  }
  expect_ran(place.run("why"), 2, "jobid");
  expect_ran(place.run("why 1 2"), 2, "2");
}

// The ledger is the broker's; the folder lets everybody pass (etc/tmpfiles.conf.in).
static void a_user_who_may_not_read_the_ledger_gets_the_same_answer(void**) {
  if (geteuid() != 0) skip();
  const Told place(std::chrono::seconds(1));
  (void)place.open();
  const auto as_nobody = "setpriv --reuid=65534 --regid=65534 --clear-groups env SLURM_CONF=/x";
  std::filesystem::permissions(place.folder.path(), std::filesystem::perms(0711));
  expect_ran(place.run("why 1234", as_nobody), 0, "Job 1234 would burst, and is held back.\n");
  expect_ran(place.run("set policy.limits.machines 1", as_nobody),
             1,
             "run this as the user that runs spillwayd: ");
  std::filesystem::permissions(place.folder.path(), std::filesystem::perms(0700));
  expect_ran(place.run("why 1234", as_nobody), 2, "permission denied");
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(what_the_broker_wrote_is_told),
      cmocka_unit_test(what_is_old_or_unknown_exits_with_1),
      cmocka_unit_test(what_is_no_job_is_refused),
      cmocka_unit_test(a_user_who_may_not_read_the_ledger_gets_the_same_answer),
  };
  return cmocka_run_group_tests_name("cli.why_program", tests, nullptr, nullptr);
}
