// SPDX-License-Identifier: GPL-2.0-or-later
#include "broker/explainer.h"

#include "tests/support/cmocka.h"

using namespace spillway;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr TimePoint kNow = from_unix_seconds(1'795'528'800);

std::vector<Verdict> saying(const std::string& sentence) {
  Verdict verdict;
  verdict.job = 7;
  verdict.sentence = sentence;
  return {verdict};
}

}  // namespace

static void the_first_thought_is_told_even_when_there_is_none(void**) {
  Explainer explainer;
  const auto told = explainer.tell({}, kNow);
  assert_true(told.has_value());
  assert_true(told->verdicts.empty() && told->written == kNow);
}

static void a_change_is_told_at_once_after_a_quiet_time(void**) {
  Explainer explainer;
  assert_true(explainer.tell(saying("a"), kNow).has_value());
  assert_false(explainer.tell(saying("a"), kNow + seconds(5)).has_value());
  const auto told = explainer.tell(saying("b"), kNow + seconds(5));
  assert_true(told.has_value());
  assert_true(told->verdicts == saying("b"));
}

static void a_hasty_mind_is_told_every_two_seconds(void**) {
  Explainer explainer;
  assert_true(explainer.tell(saying("a"), kNow).has_value());
  assert_false(explainer.tell(saying("b"), kNow + milliseconds(1'999)).has_value());
  assert_true(explainer.tell(saying("c"), kNow + milliseconds(2'000)).has_value());
  assert_false(explainer.tell(saying("d"), kNow + milliseconds(3'000)).has_value());
  // What was held back is told, also when nothing changes any more.
  assert_true(explainer.tell(saying("d"), kNow + milliseconds(4'000)).has_value());
}

static void a_long_queue_is_told_less_often(void**) {
  const struct {
    std::size_t jobs;
    seconds pause;
  } cases[] = {{0, seconds(2)}, {1'000, seconds(3)}, {10'000, seconds(12)}, {40'000, seconds(30)}};
  for (const auto& each : cases) {
    Explainer explainer;
    assert_true(explainer.tell(std::vector<Verdict>(each.jobs), kNow).has_value());
    const auto at = kNow + each.pause;
    if (explainer.tell(saying("b"), at - milliseconds(1))) fail_msg("%zu: too soon", each.jobs);
    if (!explainer.tell(saying("b"), at)) fail_msg("%zu: too late", each.jobs);
  }
}

static void an_unchanged_mind_is_told_again_before_it_looks_old(void**) {
  Explainer explainer;
  const auto told = explainer.tell(saying("a"), kNow);
  assert_false(explainer.tell(saying("a"), kNow + milliseconds(29'999)).has_value());
  const auto again = explainer.tell(saying("a"), kNow + seconds(30));
  assert_true(again.has_value());
  assert_true(again->written == kNow + seconds(30));
  assert_true(told->valid_for > seconds(30));
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(the_first_thought_is_told_even_when_there_is_none),
      cmocka_unit_test(a_change_is_told_at_once_after_a_quiet_time),
      cmocka_unit_test(a_hasty_mind_is_told_every_two_seconds),
      cmocka_unit_test(a_long_queue_is_told_less_often),
      cmocka_unit_test(an_unchanged_mind_is_told_again_before_it_looks_old),
  };
  return cmocka_run_group_tests_name("broker.explainer", tests, nullptr, nullptr);
}
