// SPDX-License-Identifier: GPL-2.0-or-later
#include "explain/explanations.h"

#include <string>

#include "tests/support/cmocka.h"

using namespace spillway;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

constexpr TimePoint kNow = from_unix_seconds(1'795'528'800);  // 2026-11-24T14:00:00Z

const std::string kHead =
    R"({"spillway_explanations":1,"written":"2026-11-24T14:00:00Z","valid_for_seconds":120,)";

const std::string kPlan =
    R"({"pool":"h100ib","tasks":1,"nodes":4,"machines":3,"provider":"voltage-park","region":"3f2a",)"
    R"("type":"bare-metal","fabric":"infiniband","price_microusd_per_hour":59760000,)"
    R"("at_most_microusd":478000000,"ready_in_seconds":900})";

const std::string kWaiting =
    R"({"job":1234,"standing":"waiting","sentence":"waits for its rule","partition":"gpu",)"
    R"("rule":"gpu: burst after 10 min","not_before":"2026-11-24T14:03:00Z","plan":)" +
    kPlan + R"(,"instead":["lambda: no InfiniBand","hyperstack: sold out"],"change":"less"})";

const std::string kLocal =
    R"({"job":4294967295,"standing":"local","sentence":"","partition":"","rule":"",)"
    R"("not_before":null,"plan":null,"instead":[],"change":""})";

std::string file_of(const std::string& jobs) {
  return kHead + R"("jobs":[)" + jobs + "]}";
}

// `text` with its first `from` replaced, which must be there.
std::string with(std::string text, const std::string& from, const std::string& to) {
  const auto at = text.find(from);
  if (at == std::string::npos) fail_msg("%s: not in %s", from.c_str(), text.c_str());
  return text.replace(at, from.size(), to);
}

Verdict waiting_verdict() {
  Verdict verdict;
  verdict.job = 1234;
  verdict.standing = Standing::kWaiting;
  verdict.sentence = "waits for its rule";
  verdict.partition = "gpu";
  verdict.rule = "gpu: burst after 10 min";
  verdict.not_before = kNow + minutes(3);
  VerdictPlan plan;
  plan.pool = "h100ib";
  plan.nodes = 4;
  plan.machines = 3;
  plan.offer = {"voltage-park", "3f2a", "bare-metal", "infiniband"};
  plan.per_hour = Money::from_cents(5'976);
  plan.at_most = Money::from_cents(47'800);
  plan.ready_in = minutes(15);
  verdict.plan = plan;
  verdict.instead = {"lambda: no InfiniBand", "hyperstack: sold out"};
  verdict.change = "less";
  return verdict;
}

Explanations parsed(const std::string& text) {
  auto told = parse_explanations(text);
  if (!told) fail_msg("%s: %s", text.c_str(), told.error().message.c_str());
  return *std::move(told);
}

}  // namespace

static void what_is_written_is_read_the_same(void**) {
  Verdict local;
  local.job = 7;
  const auto text = format_explanations({kNow, seconds(120), {waiting_verdict(), local}});
  const auto told = parsed(text);
  assert_true(told.written == kNow && told.valid_for == seconds(120));
  assert_int_equal(told.verdicts.size(), 2);
  assert_true(told.verdicts[0] == waiting_verdict());
  assert_true(told.verdicts[1] == local);
}

static void each_job_has_its_line(void**) {
  const auto text = format_explanations({kNow, seconds(120), {waiting_verdict()}});
  const auto expected = kHead + "\"jobs\":[\n" + kWaiting + "\n]}\n";
  if (text != expected) fail_msg("wrote\n%sinstead of\n%s", text.c_str(), expected.c_str());
  const auto empty = format_explanations({kNow, seconds(120), {}});
  if (empty != kHead + "\"jobs\":[\n]}\n") fail_msg("wrote %s", empty.c_str());
}

static void every_standing_has_a_name_that_is_read(void**) {
  for (const auto standing : {Standing::kLocal,
                              Standing::kWaiting,
                              Standing::kHeldBack,
                              Standing::kPermitted,
                              Standing::kBursting}) {
    auto verdict = waiting_verdict();
    verdict.standing = standing;
    const auto told = parsed(format_explanations({kNow, seconds(1), {verdict}}));
    if (told.verdicts[0].standing != standing) fail_msg("%s", standing_name(standing));
  }
}

// What a cloud said may be in it.
static void foreign_words_become_one_line_of_text(void**) {
  auto verdict = waiting_verdict();
  verdict.sentence = std::string("a\nb\x1b[31m\0c\xff", 11) + std::string(9'000, 'x');
  verdict.instead = {std::string("\0", 1)};
  const auto told = parsed(format_explanations({kNow, seconds(1), {verdict}}));
  assert_int_equal(told.verdicts[0].sentence.size(), 4'000);
  assert_string_equal(told.verdicts[0].sentence.substr(0, 12).c_str(), "a b [31m c?x");
  assert_string_equal(told.verdicts[0].instead.at(0).c_str(), " ");
}

static void good_files_are_understood(void**) {
  const struct {
    const char* name;
    std::string text;
    std::size_t jobs;
  } cases[] = {
      {"no job", file_of(""), 0},
      {"one job", file_of(kWaiting), 1},
      {"two jobs", file_of(kWaiting + "," + kLocal), 2},
      {"blanks and line ends", file_of("\n " + kWaiting + " ,\n\t" + kLocal + "\n"), 2},
      {"an unknown key in the head",
       with(file_of(kLocal), "\"written\"", "\"a\":[1],\"written\""),
       1},
      {"an unknown key in a job", file_of(with(kLocal, "\"job\"", "\"new\":{},\"job\"")), 1},
      {"an unknown key in a plan", file_of(with(kWaiting, "\"pool\"", "\"new\":0,\"pool\"")), 1},
      {"the head after the jobs",
       "{\"jobs\":[" + kLocal + "]," + kHead.substr(1, kHead.size() - 2) + "}",
       1},
      {"fractions of a second", with(file_of(kLocal), "14:00:00Z", "14:00:00.999Z"), 1},
      {"another offset", with(file_of(kLocal), "14:00:00Z", "16:00:00+02:00"), 1},
      {"no machine to be rented", file_of(with(kWaiting, "\"machines\":3", "\"machines\":0")), 1},
      {"a plan without an offer yet",
       file_of(with(kWaiting, "\"provider\":\"voltage-park\"", "\"provider\":\"\"")),
       1},
  };
  for (const auto& each : cases) {
    const auto told = parse_explanations(each.text);
    if (!told) fail_msg("%s: %s", each.name, told.error().message.c_str());
    if (told->verdicts.size() != each.jobs || told->written != kNow) fail_msg("%s", each.name);
  }
}

static void bad_files_are_refused_with_the_place(void**) {
  const std::string version =
      "explanations: no file of this program's version: is spillwayd of the same release?";
  const struct {
    const char* name;
    std::string text;
    std::string why;
  } cases[] = {
      {"nothing", "", "explanations: not JSON: "},
      {"a list", "[]", "explanations: not JSON: "},
      {"other words", "spillway-decisions 1\n", "explanations: not JSON: "},
      {"text after its end", file_of(kLocal) + "{}", "explanations: not JSON: "},
      {"a byte order mark", "\xef\xbb\xbf" + file_of(kLocal), "explanations: not JSON: "},
      {"bytes that are no UTF-8",
       file_of(with(kLocal, "\"rule\":\"\"", "\"rule\":\"\xff\"")),
       "explanations: not JSON: "},
      {"a key twice",
       file_of(with(kLocal, "\"job\"", "\"rule\":\"\",\"job\"")),
       "explanations: not JSON: "},
      {"jobs twice",
       with(file_of(kLocal), "\"jobs\"", "\"jobs\":[],\"jobs\""),
       "explanations: not JSON: "},
      {"an empty object", "{}", version},
      {"no version", with(file_of(kLocal), "\"spillway_explanations\":1,", ""), version},
      {"another version", with(file_of(kLocal), "explanations\":1", "explanations\":2"), version},
      {"a version that is a text",
       with(file_of(kLocal), "explanations\":1", "explanations\":\"1\""),
       version},
      {"no time",
       with(file_of(kLocal), "\"written\":\"2026-11-24T14:00:00Z\",", ""),
       "explanations: written: a text belongs here"},
      {"a time that is a number",
       with(file_of(kLocal), "\"2026-11-24T14:00:00Z\"", "1795528800"),
       "explanations: written: a text belongs here"},
      {"a time without an offset",
       with(file_of(kLocal), "14:00:00Z", "14:00:00"),
       "explanations: written: a time belongs here"},
      {"a time before 1970",
       with(file_of(kLocal), "2026-11", "1969-11"),
       "explanations: written: a time belongs here"},
      {"a time past the year 9987",
       with(file_of(kLocal), "2026-11", "9999-11"),
       "explanations: written: a time belongs here"},
      {"no validity",
       with(file_of(kLocal), "\"valid_for_seconds\":120,", ""),
       "explanations: valid_for_seconds: a whole number in its range belongs here"},
      {"a negative validity",
       with(file_of(kLocal), ":120", ":-1"),
       "explanations: valid_for_seconds: a whole number in its range belongs here"},
      {"a validity of ages",
       with(file_of(kLocal), ":120", ":9000000000000000000"),
       "explanations: valid_for_seconds: a whole number in its range belongs here"},
      {"no jobs",
       kHead.substr(0, kHead.size() - 1) + "}",
       "explanations: jobs: a list belongs here"},
      {"jobs that are an object",
       with(file_of(""), "[]", "{}"),
       "explanations: jobs: a list belongs here"},
      {"a job that is a number",
       file_of("1234"),
       "explanations: job number 1: job: a whole number in its range belongs here"},
      {"a job that is null",
       file_of(kLocal + ",null"),
       "explanations: job number 2: job: a whole number in its range belongs here"},
      {"job 0",
       file_of(with(kWaiting, "1234", "0")),
       "explanations: job 0: job: a whole number in its range belongs here"},
      {"a negative job",
       file_of(with(kWaiting, "1234", "-7")),
       "explanations: job -7: job: a whole number in its range belongs here"},
      {"a job past 32 bits",
       file_of(with(kLocal, "4294967295", "4294967296")),
       "explanations: job 4294967296: job: a whole number in its range belongs here"},
      {"a job that is a text",
       file_of(with(kWaiting, "1234", "\"1234\"")),
       "explanations: job number 1: job: a whole number in its range belongs here"},
      {"a job with a fraction",
       file_of(with(kWaiting, "1234", "1234.0")),
       "explanations: job number 1: job: a whole number in its range belongs here"},
      {"a job told twice",
       file_of(kWaiting + "," + kWaiting),
       "explanations: job 1234: job: is told twice"},
      {"an unknown standing",
       file_of(with(kWaiting, "waiting", "wishing")),
       "explanations: job 1234: standing: an unknown word"},
      {"a standing in capitals",
       file_of(with(kWaiting, "waiting", "Waiting")),
       "explanations: job 1234: standing: an unknown word"},
      {"no sentence",
       file_of(with(kWaiting, "\"sentence\":\"waits for its rule\",", "")),
       "explanations: job 1234: sentence: a text belongs here"},
      {"a sentence that is null",
       file_of(with(kLocal, "\"sentence\":\"\"", "\"sentence\":null")),
       "explanations: job 4294967295: sentence: a text belongs here"},
      {"no not_before",
       file_of(with(kLocal, "\"not_before\":null,", "")),
       "explanations: job 4294967295: not_before: is missing"},
      {"a not_before that is a number",
       file_of(with(kLocal, "before\":null", "before\":12")),
       "explanations: job 4294967295: not_before: a text belongs here"},
      {"a not_before that is a word",
       file_of(with(kLocal, "before\":null", "before\":\"soon\"")),
       "explanations: job 4294967295: not_before: a time belongs here"},
      {"no plan",
       file_of(with(kLocal, "\"plan\":null,", "")),
       "explanations: job 4294967295: plan: is missing"},
      {"a plan that is a list",
       file_of(with(kLocal, "plan\":null", "plan\":[]")),
       "explanations: job 4294967295: plan: pool: a text belongs here"},
      {"a plan for fewer than no nodes",
       file_of(with(kWaiting, "nodes\":4", "nodes\":-4")),
       "explanations: job 1234: plan: nodes: a whole number in its range belongs here"},
      {"a plan for no tasks",
       file_of(with(kWaiting, "tasks\":1", "tasks\":0")),
       "explanations: job 1234: plan: tasks: a whole number in its range belongs here"},
      {"a plan for too many machines",
       file_of(with(kWaiting, "machines\":3", "machines\":1000001")),
       "explanations: job 1234: plan: machines: a whole number in its range belongs here"},
      {"a price with a fraction",
       file_of(with(kWaiting, "59760000", "59.76")),
       "explanations: job 1234: plan: price_microusd_per_hour: a whole number in its range belongs "
       "here"},
      {"a negative cost",
       file_of(with(kWaiting, "478000000", "-478000000")),
       "explanations: job 1234: plan: at_most_microusd: a whole number in its range belongs here"},
      {"a plan without its fabric",
       file_of(with(kWaiting, "\"fabric\":\"infiniband\",", "")),
       "explanations: job 1234: plan: fabric: a text belongs here"},
      {"ready in ages",
       file_of(with(kWaiting, ":900", ":9000000000000000000")),
       "explanations: job 1234: plan: ready_in_seconds: a whole number in its range belongs here"},
      {"instead that is a text",
       file_of(with(kLocal, "[]", "\"\"")),
       "explanations: job 4294967295: instead: a list belongs here"},
      {"instead that holds a number",
       file_of(with(kLocal, "[]", "[\"a\",1]")),
       "explanations: job 4294967295: instead: a list of texts belongs here"},
      {"no change",
       file_of(with(kLocal, ",\"change\":\"\"", "")),
       "explanations: job 4294967295: change: a text belongs here"},
      {"a good job, then a bad one",
       file_of(kLocal + "," + with(kWaiting, "1234", "0")),
       "explanations: job 0: job: a whole number in its range belongs here"},
  };
  for (const auto& each : cases) {
    const auto told = parse_explanations(each.text);
    if (told) fail_msg("%s: taken", each.name);
    assert_true(told.error().code == ErrorCode::kProtocol);
    if (!told.error().message.starts_with(each.why)) {
      fail_msg("%s: said %s", each.name, told.error().message.c_str());
    }
  }
}

static void a_file_cut_anywhere_is_refused(void**) {
  const auto whole = format_explanations({kNow, seconds(120), {waiting_verdict()}});
  for (std::size_t length = 0; length + 1 < whole.size(); ++length) {
    if (parse_explanations(whole.substr(0, length))) fail_msg("cut after %zu bytes: taken", length);
  }
}

static void it_stands_beside_the_decisions(void**) {
  assert_string_equal(explanations_file("/var/spool/spillway/decisions").c_str(),
                      "/var/spool/spillway/explanations.json");
  assert_string_equal(explanations_file("/decisions").c_str(), "/explanations.json");
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(what_is_written_is_read_the_same),
      cmocka_unit_test(each_job_has_its_line),
      cmocka_unit_test(every_standing_has_a_name_that_is_read),
      cmocka_unit_test(foreign_words_become_one_line_of_text),
      cmocka_unit_test(good_files_are_understood),
      cmocka_unit_test(bad_files_are_refused_with_the_place),
      cmocka_unit_test(a_file_cut_anywhere_is_refused),
      cmocka_unit_test(it_stands_beside_the_decisions),
  };
  return cmocka_run_group_tests_name("explain.explanations", tests, nullptr, nullptr);
}
