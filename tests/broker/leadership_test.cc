// SPDX-License-Identifier: GPL-2.0-or-later
//
// Two brokers on one ledger, each with its own connection and its own clocks.
#include "broker/leadership.h"

#include <sqlite3.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>

#include "tests/support/cmocka.h"
#include "tests/support/temporary_folder.h"

using namespace spillway;
using std::chrono::hours;
using std::chrono::seconds;

namespace {

const TimePoint kStart = from_unix_seconds(1'795'277'410);

std::unique_ptr<Ledger> open_ledger(const std::string& path) {
  auto ledger = Ledger::open(path, Ledger::Access::kReadWrite);
  if (!ledger) fail_msg("%s", ledger.error().message.c_str());
  return *std::move(ledger);
}

struct Host {
  explicit Host(const std::string& path) : ledger(open_ledger(path)) {}

  void pass(seconds time) {
    wall.advance(time);
    steady.advance(time);
  }
  // Writes one event under its lead.
  Status write() {
    Changes changes;
    Event event;
    event.kind = "order";
    changes.events.push_back(event);
    return leadership.commit(std::move(changes));
  }

  std::unique_ptr<Ledger> ledger;
  ManualClock wall{kStart};
  ManualClock steady{TimePoint(hours(7))};
  Leadership leadership{*ledger, wall, steady};
};

struct Pair {
  void pass(seconds time) {
    one.pass(time);
    other.pass(time);
  }
  [[nodiscard]] std::size_t events() const {
    const auto events = one.ledger->events(0, 100);
    if (!events) fail_msg("%s", events.error().message.c_str());
    return events->size();
  }
  TemporaryFolder folder;
  Host one{folder.file("l")};
  Host other{folder.file("l")};
};

void expect_fenced(Pair& pair, Host& host) {
  const auto before = pair.events();
  assert_false(host.leadership.is_in_force());
  const auto written = host.write();
  assert_true(!written && written.error().code == ErrorCode::kUnauthorized);
  assert_false(host.leadership.hold());
  assert_false(host.leadership.is_in_force());
  assert_int_equal(pair.events(), before);
}

}  // namespace

static void one_leads_and_the_other_waits_while_it_renews(void**) {
  Pair pair;
  assert_true(pair.one.leadership.hold());
  assert_true(pair.one.leadership.is_in_force());
  for (int second = 0; second < 60; ++second) {
    pair.pass(seconds(1));
    assert_true(pair.one.leadership.hold());
    assert_false(pair.other.leadership.hold());
    assert_false(pair.other.leadership.is_in_force());
  }
}

static void what_is_committed_renews_the_lead(void**) {
  Pair pair;
  assert_true(pair.one.leadership.hold());
  pair.pass(seconds(11));
  assert_true(static_cast<bool>(pair.one.write()));
  pair.pass(seconds(11));
  assert_true(pair.one.leadership.is_in_force());
  assert_false(pair.other.leadership.hold());
}

static void the_other_takes_over_when_the_lead_has_expired(void**) {
  Pair pair;
  assert_true(pair.one.leadership.hold());
  pair.pass(seconds(14));
  assert_false(pair.other.leadership.hold());
  // Not for the last moments of its lead either: what is sent then arrives later.
  assert_false(pair.one.leadership.is_in_force());
  pair.pass(seconds(1));
  assert_true(pair.other.leadership.hold());
  assert_true(pair.other.leadership.is_in_force());
}

static void a_leader_that_stalled_finds_itself_fenced(void**) {
  Pair pair;
  assert_true(pair.one.leadership.hold());
  pair.pass(seconds(60));
  assert_true(pair.other.leadership.hold());
  expect_fenced(pair, pair.one);
  assert_true(static_cast<bool>(pair.other.write()));
}

// What is in its memory is older than the ledger: it may not simply lead again.
static void a_leader_that_slept_through_anothers_reign_stays_fenced(void**) {
  for (const bool given_up : {false, true}) {
    Pair pair;
    assert_true(pair.one.leadership.hold());
    pair.pass(seconds(20));
    assert_true(pair.other.leadership.hold());
    assert_true(static_cast<bool>(pair.other.write()));
    if (given_up) pair.other.leadership.give_up();
    pair.pass(hours(1));
    expect_fenced(pair, pair.one);
  }
}

static void a_leader_that_stalled_alone_leads_on(void**) {
  Pair pair;
  assert_true(pair.one.leadership.hold());
  pair.pass(seconds(600));
  assert_false(pair.one.leadership.is_in_force());  // until it has asked
  assert_true(pair.one.leadership.hold());
  assert_true(pair.one.leadership.is_in_force());
}

static void a_clock_that_is_set_back_does_not_prolong_a_lead(void**) {
  Pair pair;
  assert_true(pair.one.leadership.hold());
  pair.one.wall.set(kStart - hours(1));
  pair.one.steady.advance(seconds(14));
  assert_false(pair.one.leadership.is_in_force());
}

// It died, and its clock was two hours ahead: the cluster does not wait for that.
static void a_lead_that_nobody_renews_ends_whatever_its_clock_said(void**) {
  Pair pair;
  pair.one.wall.advance(hours(2));
  assert_true(pair.one.leadership.hold());
  for (int second = 0; second < 30; ++second) {
    assert_false(pair.other.leadership.hold());
    pair.other.pass(seconds(1));
  }
  assert_true(pair.other.leadership.hold());
  pair.one.pass(seconds(30));
  expect_fenced(pair, pair.one);
}

static void a_lead_that_is_given_up_is_free_at_once(void**) {
  Pair pair;
  assert_true(pair.one.leadership.hold());
  pair.one.leadership.give_up();
  assert_false(pair.one.leadership.is_in_force());
  assert_true(pair.other.leadership.hold());
  assert_false(pair.one.leadership.hold());
}

static void a_ledger_that_cannot_be_written_ends_the_lead_with_its_time(void**) {
  Pair pair;
  assert_true(pair.one.leadership.hold());
  sqlite3* writer = nullptr;
  assert_int_equal(sqlite3_open(pair.folder.file("l").c_str(), &writer), SQLITE_OK);
  assert_int_equal(sqlite3_exec(writer, "BEGIN IMMEDIATE", nullptr, nullptr, nullptr), SQLITE_OK);
  pair.pass(seconds(6));
  assert_true(pair.one.leadership.hold());
  pair.pass(seconds(7));
  assert_false(pair.one.leadership.hold());
  assert_int_equal(sqlite3_exec(writer, "ROLLBACK", nullptr, nullptr, nullptr), SQLITE_OK);
  sqlite3_close(writer);
}

int main() {
  const CMUnitTest tests[] = {
      cmocka_unit_test(one_leads_and_the_other_waits_while_it_renews),
      cmocka_unit_test(what_is_committed_renews_the_lead),
      cmocka_unit_test(the_other_takes_over_when_the_lead_has_expired),
      cmocka_unit_test(a_leader_that_stalled_finds_itself_fenced),
      cmocka_unit_test(a_leader_that_slept_through_anothers_reign_stays_fenced),
      cmocka_unit_test(a_leader_that_stalled_alone_leads_on),
      cmocka_unit_test(a_clock_that_is_set_back_does_not_prolong_a_lead),
      cmocka_unit_test(a_lead_that_nobody_renews_ends_whatever_its_clock_said),
      cmocka_unit_test(a_lead_that_is_given_up_is_free_at_once),
      cmocka_unit_test(a_ledger_that_cannot_be_written_ends_the_lead_with_its_time),
  };
  return cmocka_run_group_tests_name("broker.leadership", tests, nullptr, nullptr);
}
