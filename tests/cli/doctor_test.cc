// SPDX-License-Identifier: GPL-2.0-or-later
#include "cli/doctor.h"

#include <memory>

#include "cli/watched_transport.h"
#include "tests/cli/screens.h"

using namespace spillway;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

namespace {

Leader leader_until(TimePoint until) {
  return {"head1:123:ab", until, kNow - std::chrono::hours(50)};
}

Status refused(const std::string& why) {
  return Error{ErrorCode::kTransient, why, {}};
}

JoinConfig some_join() {
  JoinConfig join;
  join.url = "https://head:8444";
  return join;
}

JoinSeen all_is_well() {
  return {std::string("sha256//pin"), Status(), Status(), kNow - minutes(90)};
}

std::string screen(const std::vector<CheckLine>& lines) {
  return check_screen(lines, false);
}

// Answers with `date`, and takes `took` by the clock.
class LateTransport final : public Transport {
 public:
  LateTransport(ManualClock& clock, milliseconds took, std::string date)
      : clock_(clock), took_(took), date_(std::move(date)) {}
  Result<HttpAnswer> send(const HttpRequest&) override {
    clock_.advance(took_);
    if (date_ == "none") return Error{ErrorCode::kTransient, "no route", {}};
    HttpAnswer answer;
    answer.status = 200;
    if (!date_.empty()) answer.headers = {{"date", date_}};
    return answer;
  }

 private:
  ManualClock& clock_;
  milliseconds took_;
  std::string date_;
};

std::optional<milliseconds> ahead_by(milliseconds took, const std::string& date) {
  ManualClock clock(kNow);
  WatchedTransport watched(std::make_unique<LateTransport>(clock, took, date), clock);
  (void)watched.send({});
  assert_int_equal(watched.calls().size(), 1);
  assert_true(watched.calls()[0].took == took);
  return clock_ahead(watched.calls());
}

}  // namespace

static void a_leading_broker_is_well_and_none_is_a_failure(void**) {
  const auto led = check_broker(BrokerSeen{leader_until(kNow + seconds(5)), {}}, kNow);
  expect_text(screen(led),
              "LEVEL  WHAT    FOUND\n"
              "ok     broker  spillwayd on head1 leads since 2 d 2 h\n"
              "0 failures, 0 warnings\n");
  const auto ended = check_broker(BrokerSeen{leader_until(kNow - minutes(3)), {}}, kNow);
  assert_true(worst_of(ended) == CheckLevel::kFailure);
  expect_text(ended[0].text,
              "no broker leads: the last one, on head1, was in force until 3 min ago: start "
              "spillwayd: nothing is ordered, and nothing given back");
  const auto never = check_broker(BrokerSeen{}, kNow);
  assert_true(worst_of(never) == CheckLevel::kFailure);
  const auto no_ledger = check_broker(Error{ErrorCode::kNotFound, "/l: no such file", {}}, kNow);
  assert_true(worst_of(no_ledger) == CheckLevel::kFailure);
  expect_text(no_ledger[0].text, "/l: no such file");
}

static void decisions_are_good_as_long_as_they_say(void**) {
  const auto written = [](seconds age) {
    return "spillway-decisions 1\nwritten " + std::to_string(to_unix_seconds(kNow - age)) +
           " valid-for 120\ncloud a[1-2]\nset s a1\njob 7 s\nend 1\n";
  };
  struct Case {
    Result<std::string> text;
    CheckLevel level;
    const char* said;
  };
  const Case cases[] = {
      {written(seconds(12)), CheckLevel::kOk, "decisions: written 12 s ago, 1 job may burst"},
      {written(seconds(120)), CheckLevel::kOk, "decisions: written 2 min ago, 1 job may burst"},
      {written(seconds(121)),
       CheckLevel::kFailure,
       "decisions: written 2 min 1 s ago, good for 2 min: no job may burst until spillwayd writes "
       "them again"},
      {std::string("spillway-decisions 1\n"),
       CheckLevel::kFailure,
       "decisions: damaged: line 2: torn: a whole line is missing: restart spillwayd"},
      {Error{ErrorCode::kNotFound, "/d: no such file", {}},
       CheckLevel::kFailure,
       "decisions: /d: no such file: spillwayd writes them"},
  };
  for (const auto& each : cases) {
    const auto lines = check_decisions(each.text, kNow);
    if (worst_of(lines) != each.level) fail_msg("%s", screen(lines).c_str());
    expect_text(lines.at(0).text, each.said);
  }
}

static void a_join_service_that_answers_by_its_key_is_well(void**) {
  expect_text(screen(check_join(some_join(), all_is_well(), kNow)),
              "LEVEL  WHAT  FOUND\n"
              "ok     join  https://head:8444 answers with the right key, asked from this host\n"
              "ok     join  a machine last joined 1 h 30 min ago\n"
              "0 failures, 0 warnings\n");
}

static void what_keeps_machines_from_joining_is_told(void**) {
  auto unreached = all_is_well();
  unreached.reached = refused("reach https://head:8444: no route");
  assert_true(worst_of(check_join(some_join(), unreached, kNow)) == CheckLevel::kWarning);

  auto elsewhere = unreached;
  elsewhere.listens.reset();
  assert_true(worst_of(check_join(some_join(), elsewhere, kNow)) == CheckLevel::kFailure);

  auto deaf = unreached;
  deaf.listens = refused("reach https://127.0.0.1:8444: connection refused");
  const auto lines = check_join(some_join(), deaf, kNow);
  assert_int_equal(lines.size(), 3);
  expect_text(lines[0].text,
              "listen: reach https://127.0.0.1:8444: connection refused: is spillwayd running "
              "here?");
  assert_true(lines[1].level == CheckLevel::kFailure);

  auto no_pin = all_is_well();
  no_pin.pin = Error{ErrorCode::kIo, "/l.join.pem: permission denied", {}};
  no_pin.last_joined.reset();
  expect_text(screen(check_join(some_join(), no_pin, kNow)),
              "LEVEL    WHAT  FOUND\n"
              "warning  join  key: /l.join.pem: permission denied\n"
              "ok       join  https://head:8444 answers, asked from this host\n"
              "ok       join  no machine has joined lately: only the first one tells whether "
              "machines reach it\n"
              "0 failures, 1 warning\n");
}

static void a_clock_may_be_off_by_seconds_but_not_by_minutes(void**) {
  struct Case {
    milliseconds ahead;
    CheckLevel level;
    const char* said;
  };
  const Case cases[] = {
      {milliseconds(0), CheckLevel::kOk, "clock: agrees with this host's"},
      {milliseconds(29'999), CheckLevel::kOk, "clock: agrees with this host's"},
      {milliseconds(-29'999), CheckLevel::kOk, "clock: agrees with this host's"},
      {milliseconds(30'000), CheckLevel::kWarning, "clock: this host's is 30 s ahead of the"},
      {milliseconds(-30'000), CheckLevel::kWarning, "clock: this host's is 30 s behind the"},
      {milliseconds(299'999), CheckLevel::kWarning, "clock: this host's is 4 min 59 s ahead"},
      {milliseconds(300'000), CheckLevel::kFailure, "clock: this host's is 5 min ahead"},
      {milliseconds(-86'400'000), CheckLevel::kFailure, "clock: this host's is 1 d behind"},
  };
  for (const auto& each : cases) {
    const auto lines = check_clock("lambda", each.ahead);
    assert_int_equal(lines.size(), 1);
    expect_text(lines[0].topic, "lambda");
    if (lines[0].level != each.level || !lines[0].text.starts_with(each.said)) {
      fail_msg("%s", screen(lines).c_str());
    }
  }
  assert_true(check_clock("lambda", std::nullopt).empty());
}

static void a_call_proves_no_more_than_its_dates_can(void**) {
  // It is 14:00:00 when the call leaves.
  struct Case {
    milliseconds took;
    const char* date;
    milliseconds ahead;
  };
  const Case cases[] = {
      {milliseconds(100), "Tue, 24 Nov 2026 14:00:00 GMT", milliseconds(0)},
      {milliseconds(100), "Tue, 24 Nov 2026 13:59:59 GMT", milliseconds(0)},
      {milliseconds(100), "Tue, 24 Nov 2026 13:59:00 GMT", milliseconds(59'000)},
      {milliseconds(100), "Tue, 24 Nov 2026 14:01:00 GMT", milliseconds(-59'900)},
      // A slow answer may have been written at any time of the call.
      {milliseconds(60'000), "Tue, 24 Nov 2026 14:01:00 GMT", milliseconds(0)},
  };
  for (const auto& each : cases) {
    const auto ahead = ahead_by(each.took, each.date);
    if (ahead != each.ahead) fail_msg("%s", each.date);
  }
  assert_false(ahead_by(milliseconds(1), "").has_value());
  assert_false(ahead_by(milliseconds(1), "yesterday").has_value());
  assert_false(ahead_by(milliseconds(1), "none").has_value());
}

static void the_quickest_call_knows_the_clock_best(void**) {
  const std::vector<SeenCall> calls = {{200, milliseconds(900), milliseconds(0)},
                                       {200, milliseconds(10), {}},
                                       {200, milliseconds(50), milliseconds(-700)},
                                       {200, milliseconds(60), milliseconds(-690)}};
  assert_true(clock_ahead(calls) == milliseconds(-700));
  assert_false(clock_ahead({}).has_value());
}

static void what_listens_everywhere_answers_on_loopback(void**) {
  expect_text(local_join_url("0.0.0.0:8444"), "https://127.0.0.1:8444");
  expect_text(local_join_url("[::]:1"), "https://[::1]:1");
  expect_text(local_join_url("[fd00::7]:8444"), "https://[fd00::7]:8444");
  expect_text(local_join_url("head:8444"), "https://head:8444");
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(a_leading_broker_is_well_and_none_is_a_failure),
      cmocka_unit_test(decisions_are_good_as_long_as_they_say),
      cmocka_unit_test(a_join_service_that_answers_by_its_key_is_well),
      cmocka_unit_test(what_keeps_machines_from_joining_is_told),
      cmocka_unit_test(a_clock_may_be_off_by_seconds_but_not_by_minutes),
      cmocka_unit_test(a_call_proves_no_more_than_its_dates_can),
      cmocka_unit_test(the_quickest_call_knows_the_clock_best),
      cmocka_unit_test(what_listens_everywhere_answers_on_loopback),
  };
  return cmocka_run_group_tests_name("cli.doctor", tests, nullptr, nullptr);
}
