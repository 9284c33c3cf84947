// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/why.h"

#include <cstdlib>
#include <ctime>

#include "tests/cli/screens.h"

using namespace spillway;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

const Error kNoSlurm{ErrorCode::kIo, "no answer after 3 s", {}};
const Error kNoSuchJob{ErrorCode::kNotFound, "slurm: load job 1234: Invalid job id", {}};
const Error kNoFile{ErrorCode::kNotFound, "/x/explanations.json: no such file or directory", {}};

Config some_config() {
  Config config;
  Pool pool;
  pool.name = "h100ib";
  pool.nodes = {"h100ib-001", "h100ib-002"};
  config.pools = {pool};
  config.pool_of_node = {{"h100ib-001", 0}, {"h100ib-002", 0}};
  config.policy.partitions["gpu"].rule.after = minutes(10);
  return config;
}

Verdict waiting_verdict() {
  Verdict verdict;
  verdict.job = 1234;
  verdict.standing = Standing::kWaiting;
  verdict.partition = "gpu";
  verdict.rule = "gpu: burst after 10 min of waiting";
  verdict.sentence = "waits for local nodes; " + verdict.rule;
  verdict.not_before = kNow + minutes(3);
  VerdictPlan plan;
  plan.pool = "h100ib";
  plan.nodes = 4;
  plan.machines = 4;
  plan.offer = {"voltage-park", "3f2a", "bare-metal", "infiniband"};
  plan.per_hour = Money::from_cents(7'968);
  plan.at_most = Money::from_cents(47'800);
  plan.ready_in = minutes(15);
  verdict.plan = plan;
  verdict.instead = {"hyperstack CANADA-1 n3: no InfiniBand", "lambda us-east-1 gpu_8x: sold out"};
  verdict.change = "a free local node, or time";
  return verdict;
}

JobNow pending_job() {
  JobNow job;
  job.state = JobState::kPending;
  job.name = "train.sh";
  job.user = "ada";
  job.request = "4 nodes x 8 H100, needs InfiniBand";
  job.partitions = {"gpu"};
  job.reason = "Priority";
  job.waits_since = kNow - minutes(7);
  job.expected_start = kNow + minutes(130);
  job.time_limit = minutes(360);
  return job;
}

JobNow running_job() {
  auto job = pending_job();
  job.state = JobState::kRunning;
  job.reason = "";
  job.waits_since.reset();
  job.expected_start.reset();
  job.started_at = kNow - minutes(42);
  job.nodes = "h100ib-[001-002]";
  return job;
}

// Two machines of one lease; the second node was rented for an earlier job.
Books some_books() {
  Books books;
  for (const std::int64_t id : {1, 2}) {
    Lease lease;
    lease.id = id;
    lease.pool = "h100ib";
    lease.job = id == 1 ? 1234 : 1200;
    lease.offer = h100_offer();
    lease.price_per_hour = Money::from_cents(3'192);
    books.leases[id] = lease;
    Machine machine;
    machine.id = id;
    machine.lease = id;
    machine.node = "h100ib-00" + std::to_string(id);
    machine.state = MachineState::kReady;
    machine.state_since = kNow - minutes(40 * id);
    machine.billed_from = kNow - minutes(60 * id);
    books.machines[id] = machine;
  }
  return books;
}

struct Case {
  Result<Explanations> told = Explanations{kNow - seconds(4), seconds(120), {}};
  Result<JobNow> slurm = kNoSlurm;
  std::optional<Books> books;
  Config config = some_config();

  [[nodiscard]] WhyInput input() const {
    return {1234, config, told, slurm, books ? &*books : nullptr, kNow};
  }
  void think(const Verdict& verdict) { told->verdicts = {verdict}; }
};

void expect_screen(const Case& given, const std::string& text) {
  expect_text(why_screen(given.input(), false), text);
}

std::string first_line(const Case& given) {
  const auto text = why_screen(given.input(), false);
  return text.substr(0, text.find('\n'));
}

}  // namespace

static void a_waiting_job_is_told_when_why_and_what_instead(void**) {
  Case given;
  given.think(waiting_verdict());
  given.slurm = pending_job();
  expect_screen(given,
                R"(Job 1234 (train.sh, ada, 4 nodes x 8 H100, needs InfiniBand) may burst in 3 min.

  now        waiting 7 min in partition gpu (Priority); Slurm expects a start at 16:10, in 2 h 10 min
  rule       gpu: burst after 10 min of waiting
  plan       4 nodes of pool h100ib at voltage-park 3f2a bare-metal infiniband, 79.68 $/h; ready about 14:18; at most 478.00 $ for its 6 h limit
  instead    hyperstack CANADA-1 n3: no InfiniBand
             lambda us-east-1 gpu_8x: sold out
  to change  a free local node, or time
)");
  assert_true(has_answer(given.input()));
}

// The broker judges a heterogeneous job by its leader, and an array by its record.
static void a_part_of_a_job_is_told_what_is_thought_of_the_whole(void**) {
  Case given;
  auto verdict = waiting_verdict();
  verdict.job = 1230;
  given.think(verdict);
  auto job = pending_job();
  given.slurm = job;
  assert_false(has_answer(given.input()));
  job.leader = 1230;
  given.slurm = job;
  assert_true(has_answer(given.input()));
  assert_int_equal(*why_json(given.input()).get("verdict").integer("job"), 1230);
}

static void without_slurm_the_brokers_word_is_enough(void**) {
  Case given;
  auto verdict = waiting_verdict();
  verdict.standing = Standing::kHeldBack;
  verdict.sentence = "held back: limit of 64 machines would be passed";
  verdict.not_before.reset();
  verdict.plan.reset();
  verdict.instead.clear();
  given.think(verdict);
  expect_screen(given, R"(Job 1234 would burst, and is held back.

  why        held back: limit of 64 machines would be passed
  rule       gpu: burst after 10 min of waiting
  to change  a free local node, or time

slurmctld adds nothing: no answer after 3 s
)");
  assert_true(has_answer(given.input()));
}

static void each_standing_has_its_answer(void**) {
  const struct {
    Standing standing;
    std::optional<TimePoint> not_before;
    const char* said;
  } cases[] = {
      {Standing::kLocal, {}, "Job 1234 stays local."},
      {Standing::kWaiting, {}, "Job 1234 does not burst yet."},
      {Standing::kWaiting, kNow + seconds(40), "Job 1234 may burst in 40 s."},
      {Standing::kWaiting, kNow, "Job 1234 may burst at any moment."},
      {Standing::kWaiting, kNow - minutes(2), "Job 1234 may burst at any moment."},
      {Standing::kHeldBack, {}, "Job 1234 would burst, and is held back."},
      {Standing::kPermitted,
       {},
       "Job 1234 may use rented nodes; Slurm has not started it on them yet."},
      {Standing::kBursting, {}, "Job 1234 bursts: its machines are on their way."},
  };
  for (const auto& each : cases) {
    Case given;
    auto verdict = waiting_verdict();
    verdict.standing = each.standing;
    verdict.not_before = each.not_before;
    given.think(verdict);
    expect_text(first_line(given), each.said);
  }
}

static void nodes_with_machines_are_not_rented_again(void**) {
  Case given;
  auto verdict = waiting_verdict();
  verdict.plan->machines = 1;
  given.think(verdict);
  auto text = why_screen(given.input(), false);
  assert_true(text.find("4 nodes of pool h100ib, of which 1 is to be rented at voltage-park") !=
              std::string::npos);
  verdict.plan->machines = 0;
  given.think(verdict);
  text = why_screen(given.input(), false);
  assert_true(text.find("plan       4 nodes of pool h100ib, whose machines are rented already\n") !=
              std::string::npos);
}

static void what_is_old_is_told_and_is_no_answer(void**) {
  Case given;
  given.think(waiting_verdict());
  given.told->written = kNow - seconds(120);
  assert_true(has_answer(given.input()));
  given.told->written = kNow - minutes(12);
  const auto text = why_screen(given.input(), false);
  assert_true(text.find("spillwayd last said so 12 min ago, and nothing since") !=
              std::string::npos);
  assert_false(has_answer(given.input()));
  assert_false(*why_json(given.input()).boolean("is_current"));
}

static void a_job_on_rented_nodes_is_told_where_since_when_and_for_how_much(void**) {
  Case given;
  given.think(waiting_verdict());  // from before it started
  given.slurm = running_job();
  given.books = some_books();
  expect_screen(
      given,
      R"(Job 1234 (train.sh, ada, 4 nodes x 8 H100, needs InfiniBand) runs on rented nodes since 42 min.

  on         h100ib-001 of pool h100ib: 1 machine at lambda us-east-1 gpu_8x_h100_sxm5, ready since 40 min, 31.92 $/h, 31.92 $ so far
             h100ib-002 of pool h100ib: 1 machine at lambda us-east-1 gpu_8x_h100_sxm5, ready since 1 h 20 min, 31.92 $/h, 63.84 $ so far
)");
  assert_true(has_answer(given.input()));
}

static void without_the_ledger_a_running_job_is_told_without_cost(void**) {
  Case given;
  given.told = kNoFile;
  given.slurm = running_job();
  expect_screen(
      given,
      R"(Job 1234 (train.sh, ada, 4 nodes x 8 H100, needs InfiniBand) runs on rented nodes since 42 min.

  on         h100ib-[001-002] of pool h100ib
  cost       in the ledger, which you may not read: ask the admin
)");
  assert_true(has_answer(given.input()));
}

static void a_job_on_local_nodes_says_so(void**) {
  Case given;
  auto job = running_job();
  job.nodes = "local-1";
  given.slurm = job;
  given.books = some_books();
  expect_text(first_line(given),
              "Job 1234 (train.sh, ada, 4 nodes x 8 H100, needs InfiniBand) runs on local nodes "
              "since 42 min.");
  job.state = JobState::kConfiguring;
  given.slurm = job;
  expect_text(first_line(given),
              "Job 1234 (train.sh, ada, 4 nodes x 8 H100, needs InfiniBand) starts on local nodes "
              "since 42 min.");
}

static void without_slurm_the_ledger_knows_of_its_machines(void**) {
  Case given;
  given.books = some_books();
  expect_screen(given, R"(Job 1234 has rented nodes.

  on         h100ib-001 of pool h100ib: 1 machine at lambda us-east-1 gpu_8x_h100_sxm5, ready since 40 min, 31.92 $/h, 31.92 $ so far

slurmctld adds nothing: no answer after 3 s
)");
  assert_true(has_answer(given.input()));
}

static void a_partition_without_a_policy_explains_itself(void**) {
  Case given;
  auto job = pending_job();
  job.partitions = {"debug", "cpu"};
  job.expected_start.reset();
  given.slurm = job;
  expect_screen(
      given,
      R"(Job 1234 (train.sh, ada, 4 nodes x 8 H100, needs InfiniBand) stays local: no job of its partition bursts.

  now        waiting 7 min in partition debug,cpu (Priority)
  rule       partition debug,cpu has no policy in spillway.yaml
  to change  submit it to a partition that may burst
)");
  assert_true(has_answer(given.input()));
}

static void what_is_not_known_says_what_that_means(void**) {
  const struct {
    const char* name;
    Result<Explanations> told;
    Result<JobNow> slurm;
    const char* said;
  } cases[] = {
      {"the broker knows other jobs only",
       Explanations{kNow, seconds(120), {}},
       kNoSlurm,
       "Job 1234 does not wait in a partition that may burst: it runs, has ended, or waits "
       "elsewhere."},
      {"Slurm does not know it",
       Explanations{kNow, seconds(120), {waiting_verdict()}},
       kNoSuchJob,
       "Job 1234 is not known to Slurm: it ended a while ago, is not yours to see, or never was."},
      {"submitted just now",
       Explanations{kNow, seconds(120), {}},
       pending_job(),
       "Job 1234 (train.sh, ada, 4 nodes x 8 H100, needs InfiniBand) has not been looked at yet: "
       "ask again in a few seconds."},
      {"no broker has written",
       kNoFile,
       pending_job(),
       "Job 1234 (train.sh, ada, 4 nodes x 8 H100, needs InfiniBand) waits; what the broker thinks "
       "of it is not known."},
      {"nobody answers", kNoFile, kNoSlurm, "Job 1234 is not known here."},
  };
  for (const auto& each : cases) {
    Case given;
    given.told = each.told;
    given.slurm = each.slurm;
    if (first_line(given) != each.said) fail_msg("%s: %s", each.name, first_line(given).c_str());
    if (has_answer(given.input())) fail_msg("%s", each.name);
  }
}

static void an_ended_job_is_told_from_a_waiting_one(void**) {
  Case given;
  auto job = pending_job();
  job.state = JobState::kOther;
  given.slurm = job;
  given.think(waiting_verdict());
  expect_text(first_line(given),
              "Job 1234 (train.sh, ada, 4 nodes x 8 H100, needs InfiniBand) neither waits nor "
              "runs: it has ended, or is suspended.");
  assert_true(has_answer(given.input()));
}

static void a_missing_file_is_told_with_its_name(void**) {
  Case given;
  given.told = kNoFile;
  expect_screen(given, R"(Job 1234 is not known here.

/x/explanations.json: no such file or directory
slurmctld adds nothing: no answer after 3 s
)");
}

// Slurm's job names are anybody's.
static void foreign_words_cannot_reach_the_terminal(void**) {
  Case given;
  auto job = pending_job();
  job.name = "\x1b[31mred\nJob 1 is free";
  given.slurm = job;
  auto verdict = waiting_verdict();
  verdict.instead = {
      "a\x07"
      "b"};
  given.think(verdict);
  const auto text = why_screen(given.input(), false);
  assert_true(text.find_first_of("\x1b\x07") == std::string::npos);
  expect_text(first_line(given).substr(0, 32), "Job 1234 ( [31mred Job 1 is free");
}

static void json_has_the_same_facts(void**) {
  Case given;
  given.think(waiting_verdict());
  given.slurm = pending_job();
  const auto json = why_json(given.input());
  assert_int_equal(*json.integer("job"), 1234);
  expect_text(*json.string("answer"), "may burst in 3 min");
  assert_true(*json.boolean("is_known") && *json.boolean("is_current"));
  expect_text(*json.string("written"), "2026-11-24T13:59:56Z");
  const auto verdict = json.get("verdict");
  expect_text(*verdict.string("standing"), "waiting");
  expect_text(*verdict.string("not_before"), "2026-11-24T14:03:00Z");
  assert_int_equal(*verdict.get("plan").integer("price_microusd_per_hour"), 79'680'000);
  expect_text(*json.get("slurm").string("expected_start"), "2026-11-24T16:10:00Z");
  assert_int_equal(json.get("rented").size(), 0);
  assert_int_equal(json.get("troubles").size(), 0);
  given.slurm = running_job();
  given.books = some_books();
  const auto running = why_json(given.input());
  assert_true(running.get("verdict").is_null());
  expect_text(running.get("rented").at(1).dump(),
              "{\"pool\":\"h100ib\",\"nodes\":\"h100ib-002\",\"machines\":{\"lease\":2,"
              "\"provider\":\"lambda\",\"region\":\"us-east-1\",\"type\":\"gpu_8x_h100_sxm5\","
              "\"fabric\":\"ethernet\",\"state\":\"ready\",\"since\":\"2026-11-24T12:40:00Z\","
              "\"price_microusd_per_hour\":31920000,\"cost_so_far_microusd\":63840000}}");
  given.books.reset();
  assert_true(why_json(given.input()).get("rented").at(0).get("machines").is_null());
}

static void a_job_is_named_as_squeue_does(void**) {
  const struct {
    const char* text;
    std::uint32_t job;
  } good[] = {{"1", 1}, {"1234", 1234}, {"4294967295", 4294967295}, {"1234_7", 1234}, {"12+1", 12}};
  for (const auto& each : good) {
    const auto job = parse_job_id(each.text);
    if (!job || *job != each.job) fail_msg("%s", each.text);
  }
  for (const char* text : {"",
                           "0",
                           "-1",
                           "+1",
                           "_1",
                           "1.0",
                           " 1",
                           "1 ",
                           "1234_",
                           "1234+",
                           "1234_x",
                           "1234_[1-5]",
                           "1234_7_8",
                           "0x10",
                           "4294967296",
                           "99999999999999999999",
                           "train.sh",
                           "1234,1235"}) {
    const auto job = parse_job_id(text);
    if (job) fail_msg("%s: taken", text);
    assert_true(job.error().code == ErrorCode::kInvalid);
  }
}

int main() {
  setenv("TZ", "UTC", 1);
  tzset();
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_waiting_job_is_told_when_why_and_what_instead),
      cmocka_unit_test(a_part_of_a_job_is_told_what_is_thought_of_the_whole),
      cmocka_unit_test(without_slurm_the_brokers_word_is_enough),
      cmocka_unit_test(each_standing_has_its_answer),
      cmocka_unit_test(nodes_with_machines_are_not_rented_again),
      cmocka_unit_test(what_is_old_is_told_and_is_no_answer),
      cmocka_unit_test(a_job_on_rented_nodes_is_told_where_since_when_and_for_how_much),
      cmocka_unit_test(without_the_ledger_a_running_job_is_told_without_cost),
      cmocka_unit_test(a_job_on_local_nodes_says_so),
      cmocka_unit_test(without_slurm_the_ledger_knows_of_its_machines),
      cmocka_unit_test(a_partition_without_a_policy_explains_itself),
      cmocka_unit_test(what_is_not_known_says_what_that_means),
      cmocka_unit_test(an_ended_job_is_told_from_a_waiting_one),
      cmocka_unit_test(a_missing_file_is_told_with_its_name),
      cmocka_unit_test(foreign_words_cannot_reach_the_terminal),
      cmocka_unit_test(json_has_the_same_facts),
      cmocka_unit_test(a_job_is_named_as_squeue_does),
  };
  return cmocka_run_group_tests_name("cli.why", tests, nullptr, nullptr);
}
